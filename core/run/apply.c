/*
 * Runs in the store: one entry each, saying what it was and where its records lie.
 *
 * Key: the run's id, 16 bytes, so that entries stand in the order of their start.  Value: the summary as JSON, with
 * "first_lsn" and, once the run has ended, "last_lsn"; a run's records are chained backwards from the last.
 *
 * A run that has not ended also has a key of its own in STORE_META, RUN_OPEN_PREFIX and the id, so that a start finds those
 * that go on without looking at all that ever ran (open.c).
 */

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "run/keys.h"
#include "run/care.h"
#include "run/reviews.h"
#include "run/state.h"

static size_t
open_key(const struct record *r, uint8_t key[RUN_OPEN_KEY])
{
	memcpy(key, RUN_OPEN_PREFIX, sizeof(RUN_OPEN_PREFIX) - 1);
	memcpy(key + sizeof(RUN_OPEN_PREFIX) - 1, r->head.run, sizeof(r->head.run));
	return RUN_OPEN_KEY;
}

const struct run_cost run_costs[RUN_COSTS] = {
    {TAG_MICROS, "money_micros"}, {TAG_CPU, "cpu_ns"}, {TAG_BILLED, "maybe_billed"}};

/* An open entry ends in this; the end of the run puts its own members in its place, so that nothing has to be parsed. */
static const char open_members[] = ",\"state\":\"open\",\"status\":\"open\"}";

/* Foreign only as far as a damaged disk is; what is no UTF-8 could not be shown. */
static void
add_text(struct buf *out, const char *key, const struct record_field *f)
{
	_cleanup_(free_p) char *text = f == NULL ? NULL : xstrndup(f->data, f->len);

	buf_appends(out, key);
	json_append(out, text != NULL && utf8_valid(text, strlen(text)) ? text : "");
}

static int
put(struct store_txn *txn, const struct record *r, const struct buf *entry, struct fault *fault)
{
	return store_put(txn, STORE_RUNS, r->head.run, sizeof(r->head.run), entry->data, entry->len, fault);
}

static int
apply_start(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	const struct record_field *sources = record_find(r, TAG_SOURCES);
	char id_text[ULID_TEXT], started[CLOCK_TEXT];
	_cleanup_(buf_free) struct buf entry = {0};
	uint8_t key[RUN_OPEN_KEY];
	struct ulid id;

	memcpy(id.bytes, r->head.run, sizeof(id.bytes));
	ulid_format(&id, id_text);
	clock_format(r->head.real_ns, started);
	buf_printf(&entry, "{\"started_ns\":%lld,\"id\":\"%s\",\"started\":\"%s\",\"first_lsn\":%llu",
	    (long long)r->head.real_ns, id_text, started, (unsigned long long)r->head.lsn);
	add_text(&entry, ",\"plugin\":", record_find(r, TAG_TARGET));
	add_text(&entry, ",\"client\":", record_find(r, TAG_CLIENT));
	if (sources != NULL) {
		buf_appends(&entry, ",\"sources\":");
		buf_append(&entry, sources->data, sources->len);
	}
	buf_appends(&entry, open_members);
	if (store_put(txn, STORE_META, key, open_key(r, key), "", 0, fault) != 0)
		return fault->status;
	return put(txn, r, &entry, fault);
}

/* An entry that was written in another way, by an older host: parsed, and written in this one. */
static int
rewrite(const void *data, size_t len, struct buf *entry, struct fault *fault)
{
	_cleanup_(json_p) json_t *json = json_read(data, len, "the entry of a run", fault);
	_cleanup_(json_p) json_t *first = json_object();
	_cleanup_(free_p) char *text = NULL;

	if (json == NULL)
		return fault->status;
	json_object_set_new(first, "started_ns", json_integer(json_integer_value(json_object_get(json, "started_ns"))));
	json_object_del(json, "started_ns");
	json_object_del(json, "state");
	json_object_del(json, "status");
	json_object_update(first, json);
	text = json_text(first);
	buf_append(entry, text, strlen(text) - 1);
	return 0;
}

/* The entry of an open run without its last members. */
static int
reopen(struct store_txn *txn, const struct record *r, struct buf *entry, int64_t *started_ns, struct fault *fault)
{
	static const char begin[] = "{\"started_ns\":";
	size_t len, tail = sizeof(open_members) - 1, head = sizeof(begin) - 1;
	const char *data;
	const void *found;

	*started_ns = 0;
	if (!store_get(txn, STORE_RUNS, r->head.run, sizeof(r->head.run), &found, &len))
		return fault_set(fault, HOSPES_EDAMAGED, "a run ends at %llu of the journal that never started",
		    (unsigned long long)r->head.lsn);
	data = found;
	if (len >= head + tail && memcmp(data, begin, head) == 0 && memcmp(data + len - tail, open_members, tail) == 0)
		buf_append(entry, data, len - tail);
	else if (rewrite(data, len, entry, fault) != 0)
		return fault->status;
	*started_ns = strtoll(buf_text(entry) + head, NULL, 10);
	return 0;
}

static int
apply_end(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	const char *status = status_name(r->head.status);
	_cleanup_(buf_free) struct buf entry = {0};
	int64_t started_ns, took_ns;
	uint8_t key[RUN_OPEN_KEY];
	char ended[CLOCK_TEXT];

	if (reopen(txn, r, &entry, &started_ns, fault) != 0)
		return fault->status;
	if (r->head.status == 0 && record_find(r, TAG_PARTIAL) != NULL)
		status = "partial";
	took_ns = r->head.real_ns < started_ns ? 0 : r->head.real_ns - started_ns; /* the clock was set back */
	clock_format(r->head.real_ns, ended);
	buf_printf(&entry,
	    ",\"state\":\"ended\",\"status\":\"%s\",\"ended\":\"%s\",\"calls\":%lld,\"last_lsn\":%llu,\"duration_ms\":%"
	    "lld.%06lld",
	    status, ended, (long long)record_int(r, TAG_NUMBER), (unsigned long long)r->head.lsn,
	    (long long)(took_ns / NS_PER_MS), (long long)(took_ns % NS_PER_MS));
	for (size_t i = 0; i < RUN_COSTS; i++)
		if (record_int(r, run_costs[i].tag) > 0)
			buf_printf(
			    &entry, ",\"%s\":%lld", run_costs[i].name, (long long)record_int(r, run_costs[i].tag));
	if (record_find(r, TAG_MESSAGE) != NULL)
		add_text(&entry, ",\"message\":", record_find(r, TAG_MESSAGE));
	buf_appends(&entry, "}");
	if (store_del(txn, STORE_META, key, open_key(r, key), fault) != 0)
		return fault->status;
	return put(txn, r, &entry, fault);
}

static int
apply_runs_open(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	return store_put(
	    txn, STORE_META, RUNS_OPEN_AT, sizeof(RUNS_OPEN_AT) - 1, &r->head.lsn, sizeof(r->head.lsn), fault);
}

/* The open entry with another place of its start. */
static int
apply_moved(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	static const char member[] = "\"first_lsn\":", start_member[] = "\"start_lsn\":";
	_cleanup_(buf_free) struct buf entry = {0};
	const char *text, *at;
	const void *found;
	size_t len, begin;

	if (!store_get(txn, STORE_RUNS, r->head.run, sizeof(r->head.run), &found, &len))
		return fault_set(fault, HOSPES_EDAMAGED, "a run moves at %llu of the journal that never started",
		    (unsigned long long)r->head.lsn);
	text = found;
	at = memmem(text, len, member, sizeof(member) - 1); /* texts of others come later */
	if (at == NULL)
		return fault_set(fault, HOSPES_EDAMAGED, "the entry of a run does not say where its records begin");
	at += sizeof(member) - 1;
	begin = (size_t)(at - text);
	buf_append(&entry, text, begin);
	buf_printf(&entry, "%lld", (long long)record_int(r, TAG_NUMBER));
	while (at < text + len && *at >= '0' && *at <= '9')
		at++;
	/* Where it began is where its oldest records may still be. */
	if (memmem(text, len, start_member, sizeof(start_member) - 1) == NULL)
		buf_printf(&entry, ",%s%lld", start_member, strtoll(text + begin, NULL, 10));
	buf_append(&entry, at, (size_t)(text + len - at));
	return put(txn, r, &entry, fault);
}

static int
apply_dropped(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	const struct record_field *body = record_find(r, TAG_BODY);
	_cleanup_(json_p) json_t *json = body == NULL ? NULL : json_read(body->data, body->len, "a command", fault);
	uint64_t below = (uint64_t)json_integer_value(json_object_get(json, "below"));

	if (below == 0 || below >= r->head.lsn)
		return fault_set(fault, HOSPES_EDAMAGED, "the journal cannot have been dropped below %llu",
		    (unsigned long long)below);
	return store_put(txn, STORE_META, STORE_DROPPED, sizeof(STORE_DROPPED) - 1, &below, sizeof(below), fault);
}

const struct store_apply run_apply[] = {
    {RECORD_RUN_MOVED, NULL, apply_moved},
    {RECORD_COMMAND, COMMAND_DROPPED, apply_dropped},
    {RECORD_COMMAND, COMMAND_DROPPED, reviews_dropped_apply},
    {RECORD_COMMAND, COMMAND_ERASE, erase_apply},
    {RECORD_COMMAND, COMMAND_ERASE, reviews_erased_apply},
    {RECORD_COMMAND, COMMAND_ERASED, erased_apply},
    {RECORD_RUNS_OPEN, NULL, apply_runs_open},
    {RECORD_RUN_START, NULL, apply_start},
    {RECORD_RUN_START, NULL, key_apply},
    {RECORD_RUN_END, NULL, apply_end},
    {RECORD_REVIEW, NULL, review_apply},
    {RECORD_RESOLVED, NULL, reviewed_apply},
    {0, NULL, NULL},
};
