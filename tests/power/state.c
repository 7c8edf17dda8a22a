/* See state.h. */

#include "power/state.h"

#include <inttypes.h>
#include <string.h>

#include "backup/backup.h"
#include "base/util.h"
#include "run/run.h"

static void
count_key(const struct record *r, char out[128])
{
	const struct record_field *f = record_find(r, TAG_TARGET);

	snprintf(out, 128, "n/%.*s", (int)f->len, (const char *)f->data);
}

static void
value_key(const char *count, uint64_t n, char out[160])
{
	snprintf(out, 160, "v/%s/%" PRIu64, count + 2, n % 1000);
}

uint64_t
power_count(struct store_txn *txn, const char *key)
{
	const void *data;
	uint64_t n = 0;
	size_t len;

	if (store_get(txn, STORE_LEDGER, key, strlen(key), &data, &len) && len == sizeof n)
		memcpy(&n, data, sizeof n);
	return n;
}

static int
apply_add(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	const struct record_field *value = record_find(r, TAG_INPUT);
	uint64_t n = (uint64_t)record_int(r, TAG_NUMBER), had;
	char key[128], name[160];

	count_key(r, key);
	had = power_count(txn, key);
	if (n != had + 1)
		return fault_set(
		    fault, HOSPES_EDAMAGED, "%s is at %" PRIu64 " and the record says %" PRIu64, key, had, n);
	value_key(key, n, name);
	if (value != NULL && store_put(txn, STORE_LEDGER, name, strlen(name), value->data, value->len, fault) != 0)
		return fault->status;
	if (n > POWER_KEEP) {
		value_key(key, n - POWER_KEEP, name);
		if (store_del(txn, STORE_LEDGER, name, strlen(name), fault) != 0)
			return fault->status;
	}
	return store_put(txn, STORE_LEDGER, key, strlen(key), &n, sizeof n, fault);
}

static int
apply_document(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	const struct record_field *f = record_find(r, TAG_TARGET);

	return store_put(txn, STORE_MEMORY, f->data, f->len, "", 0, fault);
}

static int
apply_forget(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	const struct record_field *f = record_find(r, TAG_TARGET);

	return store_del(txn, STORE_MEMORY, f->data, f->len, fault);
}

static int
apply_drop(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	uint64_t below = (uint64_t)record_int(r, TAG_NUMBER);

	return store_put(txn, STORE_META, STORE_DROPPED, strlen(STORE_DROPPED), &below, sizeof below, fault);
}

static const struct store_apply rows[] = {
    {RECORD_COMMAND, "power.add", apply_add},
    {RECORD_COMMAND, "power.document", apply_document},
    {RECORD_COMMAND, "power.forget", apply_forget},
    {RECORD_COMMAND, "power.drop", apply_drop},
    {0},
};

const struct store_apply *const power_tables[] = {rows, run_apply, NULL};

static void
failed(const struct fault *fault, void *arg)
{
	(void)arg;
	fprintf(stderr, "journal or store: %s\n", fault->text);
	_exit(3);
}

int
power_open(struct power_state *s, const char *root, struct fault *fault)
{
	struct journal_options journal = {.segment_bytes = POWER_SEGMENT, .failed = failed};
	struct store_options store = {.map_bytes = POWER_MAP, .tables = power_tables, .failed = failed};
	int rc;

	*s = (struct power_state){.dir.lock_fd = -1};
	s->policy.state_dir = xasprintf("%s/state", root);
	s->policy.socket_path = xasprintf("%s/run/socket", root);
	s->loop = journal.loop = store.loop = event_base_new();
	state_dir_user(&s->policy, &s->dir);
	rc = state_dir_open(&s->policy, &s->dir, fault);
	if (rc == 0)
		rc = state_format_check(s->policy.state_dir, fault);
	journal.dir = s->dir.journal;
	if (rc == 0)
		rc = journal_open(&s->journal, &journal, fault);
	store.dir = s->dir.store;
	store.journal = s->journal;
	return rc != 0 ? rc : store_open(&s->store, &store, fault);
}

void
power_close(struct power_state *s)
{
	store_close(&s->store);
	journal_close(&s->journal);
	event_base_free(s->loop);
	state_dir_close(&s->dir);
	free(s->policy.state_dir);
	free(s->policy.socket_path);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
}

void
power_turn_once(struct power_state *s)
{
	struct timeval soon = {.tv_usec = 2000};

	event_base_once(s->loop, -1, EV_TIMEOUT, on_tick, NULL, &soon);
	event_base_loop(s->loop, EVLOOP_ONCE);
}

void
power_turn(struct power_state *s, const bool *over)
{
	while (!*over)
		power_turn_once(s);
}

void
power_committed(struct power_state *s, uint64_t lsn)
{
	while (store_committed(s->store) < lsn)
		power_turn_once(s);
}
