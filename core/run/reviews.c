/*
 * Reviews as clients see them: the list, one of them, and what a client says of it.
 *
 * Which there are is in the store, those of runs too that have ended, or have not come back yet since the host was started; what
 * was asked and said is in the journal.  Dispatch knows what an answer does to the op.
 */

#include "run/reviews.h"

#include <string.h>

#include "base/json.h"
#include "run/state.h"

#define WHY_MAX 1024 /* bytes */

struct reviews_view {
	struct runs *runs;
	bool all;
	unsigned limit;
	struct review_id id;
	char id_text[64];
	uint64_t last_lsn; /* of its run, where that is in memory; else 0 */
	run_viewed *done;
	void *arg;

	/* made in the store thread */
	struct store_txn *txn;
	struct journal *journal;
	json_t *json;
	size_t bytes; /* of records that were read for it */
};

#define LIST_BYTES (64 * MIB)

/* ---- What was asked and said [store thread] ---------------------------------------------------------------------- */

/* Is this the record, of this kind, of the review? */
static bool
is_of(const struct record *r, enum record_kind kind, const char *id)
{
	const struct record_field *f = record_find(r, TAG_REVIEW);

	return record_kind(&r->head) == kind && f != NULL && f->len == strlen(id) && memcmp(f->data, id, f->len) == 0;
}

/* At its LSN, or, where its run was moved to the end of the log since, among the run's records. */
static bool
find_record(struct reviews_view *view, const json_t *entry, const char *lsn_key, enum record_kind kind,
    struct buf *storage, struct record *ret)
{
	const char *id = json_string_value(json_object_get(entry, "id"));
	uint64_t lsn = (uint64_t)json_integer_value(json_object_get(entry, lsn_key));

	if (lsn == 0 || id == NULL)
		return false;
	if (journal_read(view->journal, lsn, storage, ret, NULL) == 0) {
		view->bytes += ret->head.length;
		return is_of(ret, kind, id);
	}
	for (lsn = view->last_lsn; lsn != 0 && journal_read(view->journal, lsn, storage, ret, NULL) == 0;
	     lsn = ret->head.prev < lsn ? ret->head.prev : 0) {
		if (is_of(ret, kind, id))
			return true;
	}
	return false;
}

static void
join_asked(struct reviews_view *view, json_t *entry, bool whole)
{
	static const char *const always[] = {"plugin", "question", "choices", "default"}, *const more[] = {
											      "context", "answers"};
	_cleanup_(buf_free) struct buf storage = {0};
	_cleanup_(json_p) json_t *asked = NULL;
	const struct record_field *body;
	struct record r;

	if (!find_record(view, entry, "asked", RECORD_REVIEW, &storage, &r))
		return;
	body = record_find(&r, TAG_BODY);
	asked = body == NULL ? NULL : json_loadb(body->data, body->len, 0, NULL);
	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		json_object_set(entry, always[i], json_object_get(asked, always[i]));
	for (size_t i = 0; whole && i < ARRAY_LEN(more); i++)
		json_object_set(entry, more[i], json_object_get(asked, more[i]));
}

static void
join_said(struct reviews_view *view, json_t *entry, bool whole)
{
	_cleanup_(buf_free) struct buf storage = {0};
	const struct record_field *why, *body;
	struct record r;
	json_t *json;

	if (!find_record(view, entry, "said", RECORD_RESOLVED, &storage, &r))
		return;
	why = record_find(&r, TAG_REASON);
	json = why == NULL ? NULL : json_stringn(why->data, why->len);
	if (json != NULL)
		json_object_set_new(entry, "why", json);
	body = record_find(&r, TAG_BODY);
	json = body == NULL || !whole ? NULL : json_loadb(body->data, body->len, JSON_DECODE_ANY, NULL);
	if (json != NULL)
		json_object_set_new(entry, "value", json);
}

static json_t *
entry_of(struct reviews_view *view, const struct review_id *id, bool whole)
{
	struct review_key key = review_entry_key(id);
	const void *data;
	json_t *entry;
	size_t len;

	if (!store_get(view->txn, STORE_REVIEWS, key.bytes, key.len, &data, &len))
		return NULL;
	entry = json_loadb(data, len, 0, NULL);
	join_asked(view, entry, whole);
	join_said(view, entry, whole);
	json_object_del(entry, "raised_ns");
	json_object_del(entry, "asked");
	json_object_del(entry, "said");
	return entry;
}

/* ---- One --------------------------------------------------------------------------------------------------------- */

static void
read_one(struct store_txn *txn, struct journal *j, void *arg)
{
	struct reviews_view *view = arg;

	view->txn = txn;
	view->journal = j;
	view->json = entry_of(view, &view->id, true);
}

static void
one_done(void *arg)
{
	struct reviews_view *view = arg;
	struct fault fault;

	if (view->json == NULL)
		fault_set(&fault, HOSPES_ENOENT, "there is no review %s; `hospes reviews --all` lists those there are",
		    view->id_text);
	view->done(view->json, view->json == NULL ? &fault : NULL, view->arg);
	free(view);
}

static void
read_one_durable(void *arg)
{
	struct reviews_view *view = arg;

	store_read(view->runs->store, read_one, one_done, view);
}

/* As the host writes it, however somebody else did. */
static void
id_write(const struct review_id *id, char out[REVIEW_ID])
{
	char run[ULID_TEXT];
	uint32_t nth = 0;
	struct ulid ulid;

	memcpy(ulid.bytes, id->run, sizeof(ulid.bytes));
	ulid_format(&ulid, run);
	for (size_t i = 0; i < sizeof(id->nth); i++)
		nth = nth << 8 | id->nth[i];
	(void)snprintf(out, REVIEW_ID, "%s-%u", run, nth);
}

/* The run of a review, where it is in memory. */
static struct run *
run_of(struct runs *r, const char *id_text)
{
	char run_text[ULID_TEXT] = {0};

	memcpy(run_text, id_text, ULID_TEXT - 1);
	return run_find(r, run_text);
}

void
run_review_show(struct runs *r, const char *id_text, run_viewed *done, void *arg)
{
	struct reviews_view *view = xcalloc(1, sizeof(*view));
	struct run *run;

	*view = (struct reviews_view){.runs = r, .done = done, .arg = arg};
	(void)snprintf(view->id_text, sizeof(view->id_text), "%s", id_text);
	if (!review_id_parse(id_text, strlen(id_text), &view->id)) {
		one_done(view);
		return;
	}
	id_write(&view->id, view->id_text);
	run = run_of(r, view->id_text);
	view->last_lsn = run == NULL ? 0 : run->last_lsn;
	journal_await(r->journal, journal_end(r->journal) - 1, read_one_durable, view);
}

/* ---- The list ---------------------------------------------------------------------------------------------------- */

static int
add_entry(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	struct reviews_view *view = arg;
	struct review_id id;
	json_t *entry;

	(void)data, (void)len;
	if (key_len < 1 + 8 + sizeof(id))
		return 0;
	memcpy(&id, (const uint8_t *)key + key_len - sizeof(id), sizeof(id));
	entry = entry_of(view, &id, false);
	if (entry == NULL)
		return 0;
	json_array_append_new(view->json, entry);
	return json_array_size(view->json) >= view->limit || view->bytes > LIST_BYTES;
}

/* Those that are open first, the oldest of them before all; then what was decided, the newest first. */
static void
read_list(struct store_txn *txn, struct journal *j, void *arg)
{
	static const uint8_t open = REVIEW_KEY_OPEN, done = REVIEW_KEY_DONE;
	struct reviews_view *view = arg;

	view->txn = txn;
	view->journal = j;
	view->json = json_array();
	if (store_walk(txn, STORE_REVIEWS, &open, 1, false, add_entry, view) == 0 && view->all)
		(void)store_walk(txn, STORE_REVIEWS, &done, 1, true, add_entry, view);
}

/* One whose run was moved to the end of the log, where a list does not look for it. */
static void
join_moved(struct runs *r, json_t *entry)
{
	const char *id = json_string_value(json_object_get(entry, "id"));
	struct run *run = id == NULL ? NULL : run_of(r, id);
	_cleanup_(json_p) json_t *open = NULL;
	const json_t *one;
	size_t i;

	if (run == NULL || json_object_get(entry, "question") != NULL)
		return;
	open = dispatch_reviews(run);
	json_array_foreach(open, i, one)
	{
		if (strcmp(json_string_value(json_object_get(one, "id")), id) != 0)
			continue;
		json_object_set(entry, "question", json_object_get(one, "question"));
		json_object_set(entry, "default", json_object_get(one, "default"));
	}
}

static void
list_done(void *arg)
{
	struct reviews_view *view = arg;
	json_t *entry;
	size_t i;

	json_array_foreach(view->json, i, entry)
	{
		join_moved(view->runs, entry);
	}
	view->done(view->json, NULL, view->arg);
	free(view);
}

static void
read_list_durable(void *arg)
{
	struct reviews_view *view = arg;

	store_read(view->runs->store, read_list, list_done, view);
}

void
run_review_list(struct runs *r, bool all, unsigned limit, run_viewed *done, void *arg)
{
	struct reviews_view *view = xcalloc(1, sizeof(*view));

	*view = (struct reviews_view){.runs = r, .all = all, .limit = limit, .done = done, .arg = arg};
	journal_await(r->journal, journal_end(r->journal) - 1, read_list_durable, view);
}

/* ---- Deciding ---------------------------------------------------------------------------------------------------- */

static int
read_request(const json_t *request, struct review_said *said, struct fault *fault)
{
	static const char *const members[] = {"decision", "hash", "value", "why", NULL};
	const json_t *why = json_object_get(request, "why");
	const char *stranger = json_stranger(request, members);

	if (stranger != NULL)
		return fault_set(fault, HOSPES_EINPUT,
		    "the request has a member %.60s; it takes decision, hash, value and why", stranger);
	said->decision = json_string_value(json_object_get(request, "decision"));
	said->hash = json_string_value(json_object_get(request, "hash"));
	said->value = json_object_get(request, "value");
	if (said->decision == NULL)
		return fault_set(
		    fault, HOSPES_EINPUT, "decision has to be \"approve\", \"reject\", \"edit\" or \"answer\"");
	if (said->hash == NULL)
		return fault_set(fault, HOSPES_EINPUT,
		    "hash has to be that of the review as it was shown, so that nothing else is decided");
	if (why != NULL && !json_is_null(why) && (!json_is_string(why) || json_string_length(why) > WHY_MAX))
		return fault_set(fault, HOSPES_EINPUT, "why has to be a text of at most %d bytes", WHY_MAX);
	said->why = json_string_value(why);
	return 0;
}

int
run_review_decide(struct runs *r, const char *id_text, const json_t *request, const char *who, struct fault *fault)
{
	struct review_said said = {.who = who};
	char own_text[REVIEW_ID];
	struct review_id id;
	struct run *run;

	if (read_request(request, &said, fault) != 0)
		return fault->status;
	if (!review_id_parse(id_text, strlen(id_text), &id))
		return fault_set(fault, HOSPES_ENOENT,
		    "%.60s is no id of a review; `hospes reviews` lists those there are", id_text);
	id_write(&id, own_text);
	run = run_of(r, own_text);
	if (run == NULL)
		return fault_set(fault, HOSPES_ENOENT, "no review %s is open", own_text);
	if (slot_of(run)->step >= RESUME_WAITS && slot_of(run)->step <= RESUME_BUILDS)
		return fault_set(fault, HOSPES_EBUSY,
		    "run %s was open when the host ended and is coming back; try again in a moment", run->id_text);
	return dispatch_review(r->dispatch, run, own_text, &said, fault);
}
