/* Alerts as they are listed: the newest first, from the store. */

#include <string.h>

#include "base/json.h"
#include "dispatch/alert.h"
#include "dispatch/state.h"

struct listing {
	unsigned most;
	json_t *list;
	dispatch_listed *done;
	void *arg; /* of done */
};

static int
see_alert(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	json_t *alert = json_read(data, len, "an alert", NULL);
	struct listing *l = arg;

	(void)key, (void)key_len;
	if (alert == NULL)
		return 0;
	json_object_del(alert, "lsn");
	json_array_append_new(l->list, alert);
	return json_array_size(l->list) >= l->most;
}

static void
read_list(struct store_txn *txn, struct journal *j, void *arg)
{
	struct listing *l = arg;

	(void)j;
	l->list = json_array();
	store_walk(txn, STORE_ALERTS, "", 0, true, see_alert, l);
}

static void
was_read(void *arg)
{
	struct listing *l = arg;

	l->done(l->list, l->arg);
	free(l);
}

void
dispatch_alerts(struct dispatch *d, unsigned most, dispatch_listed *done, void *arg)
{
	struct listing *l = xcalloc(1, sizeof(*l));

	*l = (struct listing){.most = most, .done = done, .arg = arg};
	store_read(d->store, read_list, was_read, l);
}
