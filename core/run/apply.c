/*
 * Runs in the store: one entry each, saying what it was and where its records lie.
 *
 * Key: the run's id, 16 bytes, so that entries stand in the order of their start.  Value: the summary as JSON, with
 * "first_lsn" and, once the run has ended, "last_lsn"; a run's records are chained backwards from the last.
 *
 * A run that has not ended also has a key of its own in STORE_META, RUN_OPEN_PREFIX and the id, so that a start finds those
 * that were cut off without looking at all that ever ran.
 */

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "run/state.h"

static int
put(struct store_txn *txn, const struct record *r, json_t *entry, struct fault *fault)
{
	_cleanup_(free_p) char *text = json_text(entry);

	return store_put(txn, STORE_RUNS, r->head.run, sizeof(r->head.run), text, strlen(text), fault);
}

static size_t
open_key(const struct record *r, uint8_t key[RUN_OPEN_KEY])
{
	memcpy(key, RUN_OPEN_PREFIX, sizeof(RUN_OPEN_PREFIX) - 1);
	memcpy(key + sizeof(RUN_OPEN_PREFIX) - 1, r->head.run, sizeof(r->head.run));
	return RUN_OPEN_KEY;
}

static int
apply_start(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	_cleanup_(free_p) char *target = record_text(r, TAG_TARGET), *client = record_text(r, TAG_CLIENT);
	const struct record_field *sources = record_find(r, TAG_SOURCES);
	_cleanup_(json_p) json_t *entry = NULL;
	char id_text[ULID_TEXT], started[CLOCK_TEXT];
	uint8_t key[RUN_OPEN_KEY];
	struct ulid id;

	memcpy(id.bytes, r->head.run, sizeof(id.bytes));
	ulid_format(&id, id_text);
	clock_format(r->head.real_ns, started);
	entry = json_pack("{s:s s:s s:s s:s s:s s:s s:I s:I}", "id", id_text, "plugin", target == NULL ? "" : target,
	    "client", client == NULL ? "" : client, "state", "open", "status", "open", "started", started, "started_ns",
	    (json_int_t)r->head.real_ns, "first_lsn", (json_int_t)r->head.lsn);
	if (sources != NULL)
		json_object_set_new(entry, "sources", json_read(sources->data, sources->len, "sources", NULL));
	if (store_put(txn, STORE_META, key, open_key(r, key), "", 0, fault) != 0)
		return fault->status;
	return put(txn, r, entry, fault);
}

static int
apply_end(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	_cleanup_(free_p) char *message = record_text(r, TAG_MESSAGE);
	_cleanup_(json_p) json_t *entry = NULL;
	uint8_t key[RUN_OPEN_KEY];
	char ended[CLOCK_TEXT];
	const void *data;
	size_t len;
	const char *status = status_name(r->head.status);

	if (!store_get(txn, STORE_RUNS, r->head.run, sizeof(r->head.run), &data, &len))
		return fault_set(fault, HOSPES_EDAMAGED, "a run ends at %llu of the journal that never started",
		    (unsigned long long)r->head.lsn);
	entry = json_read(data, len, "the entry of a run", fault);
	if (entry == NULL)
		return fault->status;
	if (r->head.status == 0 && record_find(r, TAG_PARTIAL) != NULL)
		status = "partial";
	clock_format(r->head.real_ns, ended);
	json_object_set_new(entry, "state", json_string("ended"));
	json_object_set_new(entry, "status", json_string(status));
	json_object_set_new(entry, "ended", json_string(ended));
	json_object_set_new(entry, "calls", json_integer(record_int(r, TAG_NUMBER)));
	json_object_set_new(entry, "last_lsn", json_integer((json_int_t)r->head.lsn));
	json_object_set_new(entry, "duration_ms",
	    json_real(
		(double)(r->head.real_ns - json_integer_value(json_object_get(entry, "started_ns"))) / NS_PER_MS));
	if (message != NULL)
		json_object_set_new(entry, "message", json_string(message));
	if (store_del(txn, STORE_META, key, open_key(r, key), fault) != 0)
		return fault->status;
	return put(txn, r, entry, fault);
}

const struct store_apply run_apply[] = {
    {RECORD_RUN_START, NULL, apply_start},
    {RECORD_RUN_END, NULL, apply_end},
    {0, NULL, NULL},
};
