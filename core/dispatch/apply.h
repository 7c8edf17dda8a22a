/* What the room keeps in the store: functions of the rows of dispatch_apply (apply.c).  Private to it.  [store thread] */

#ifndef DISPATCH_APPLY_H
#define DISPATCH_APPLY_H

#include "dispatch/dispatch.h"

int alert_apply(struct store_txn *txn, const struct record *r, struct fault *fault);
int alert_apply_sent(struct store_txn *txn, const struct record *r, struct fault *fault);

int quality_apply(struct store_txn *txn, const struct record *r, struct fault *fault);
int quality_apply_alert(struct store_txn *txn, const struct record *r, struct fault *fault);

/* The run that a record is about, {"run": id}; damaged: it names none. */
int apply_run_of(const struct record *r, struct ulid *ret, struct fault *fault);

#endif
