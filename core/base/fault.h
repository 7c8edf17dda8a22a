/*
 * Faults: what is told when something could not be done.
 *
 * A fault is a status (sdk/include/hospes/status.h) and a sentence with what was expected, what was found and what to do.
 * Functions that can fail return 0 or a negative status and take a `struct fault *` last; they fill it in exactly when
 * they fail, and leave their other outputs untouched.  A fault is returned, never printed where it is found.
 */

#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdarg.h>

#include <hospes/status.h>

#define FAULT_TEXT 1024

struct fault {
	int status;
	char text[FAULT_TEXT];
};

/* Fills in `fault` (which may be NULL) and returns `status`.  Text over the limit is cut.  [any thread] */
int fault_set(struct fault *fault, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));
int fault_setv(struct fault *fault, int status, const char *format, va_list args) __attribute__((format(printf, 3, 0)));

/* The same for a failed system call: status from errno (ENOSPC and EDQUOT: disk_full; ENOMEM: out_of_memory; else
 * io_error), ": strerror" appended. */
int fault_errno(struct fault *fault, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts "what: " before the sentence and returns its status.  NULL: nothing to do, returns internal. */
int fault_prefix(struct fault *fault, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Names as in HOSPES_STATUSES; "ok" for 0, "unknown" otherwise; and back (0 when there is no such name). */
const char *status_name(int status);
int status_number(const char *name);

/* One sentence of advice for a status, for `error.hint`; "" where the fault's own sentence says it all. */
const char *status_hint(int status);

#endif
