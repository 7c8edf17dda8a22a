/*
 * Reviews as clients see them: the list, one of them, and what a client says of it.
 *
 * What is shown comes from the store, where those of runs are too that have ended, or have not come back yet since the host
 * was started; dispatch knows what an answer does to the op.
 */

#include "run/reviews.h"

#include <string.h>

#include "base/json.h"
#include "run/state.h"

#define WHY_MAX 1024 /* bytes */

struct reviews_view {
	struct store *store;
	bool all;
	unsigned limit;
	struct review_id id;
	char id_text[64];
	run_viewed *done;
	void *arg;

	/* made in the store thread */
	struct store_txn *txn;
	json_t *json;
};

/* ---- One [store thread] ------------------------------------------------------------------------------------------ */

static json_t *
entry_of(struct store_txn *txn, const struct review_id *id)
{
	struct review_key key = review_entry_key(id);
	const void *data;
	json_t *entry;
	size_t len;

	if (!store_get(txn, STORE_REVIEWS, key.bytes, key.len, &data, &len))
		return NULL;
	entry = json_loadb(data, len, 0, NULL);
	json_object_del(entry, "raised_ns");
	json_object_del(entry, "lsn");
	return entry;
}

static void
read_one(struct store_txn *txn, struct journal *j, void *arg)
{
	struct reviews_view *view = arg;

	(void)j;
	view->json = entry_of(txn, &view->id);
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

void
run_review_show(struct runs *r, const char *id_text, run_viewed *done, void *arg)
{
	struct reviews_view *view = xcalloc(1, sizeof(*view));

	*view = (struct reviews_view){.store = r->store, .done = done, .arg = arg};
	(void)snprintf(view->id_text, sizeof(view->id_text), "%s", id_text);
	if (review_id_parse(id_text, strlen(id_text), &view->id))
		store_read(r->store, read_one, one_done, view);
	else
		one_done(view);
}

/* ---- The list [store thread] ------------------------------------------------------------------------------------- */

/* What a list has no room for. */
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
	entry = entry_of(view->txn, &id);
	if (entry == NULL)
		return 0;
	json_object_del(entry, "context");
	json_object_del(entry, "value");
	json_array_append_new(view->json, entry);
	return json_array_size(view->json) >= view->limit;
}

/* Those that are open first, the oldest of them before all; then what was decided, the newest first. */
static void
read_list(struct store_txn *txn, struct journal *j, void *arg)
{
	static const uint8_t open = REVIEW_KEY_OPEN, done = REVIEW_KEY_DONE;
	struct reviews_view *view = arg;

	(void)j;
	view->txn = txn;
	view->json = json_array();
	if (store_walk(txn, STORE_REVIEWS, &open, 1, false, add_entry, view) == 0 && view->all)
		(void)store_walk(txn, STORE_REVIEWS, &done, 1, true, add_entry, view);
}

static void
list_done(void *arg)
{
	struct reviews_view *view = arg;

	view->done(view->json, NULL, view->arg);
	free(view);
}

void
run_review_list(struct runs *r, bool all, unsigned limit, run_viewed *done, void *arg)
{
	struct reviews_view *view = xcalloc(1, sizeof(*view));

	*view = (struct reviews_view){.store = r->store, .all = all, .limit = limit, .done = done, .arg = arg};
	store_read(r->store, read_list, list_done, view);
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
	char run_text[ULID_TEXT] = {0};
	struct review_id id;
	struct run *run;

	if (read_request(request, &said, fault) != 0)
		return fault->status;
	if (!review_id_parse(id_text, strlen(id_text), &id))
		return fault_set(fault, HOSPES_ENOENT,
		    "%.60s is no id of a review; `hospes reviews` lists those there are", id_text);
	memcpy(run_text, id_text, ULID_TEXT - 1);
	run = run_find(r, run_text);
	if (run == NULL)
		return fault_set(fault, HOSPES_ENOENT, "no review %s is open", id_text);
	if (slot_of(run)->step >= RESUME_WAITS && slot_of(run)->step <= RESUME_BUILDS)
		return fault_set(fault, HOSPES_EBUSY,
		    "run %s was open when the host ended and is coming back; try again in a moment", run->id_text);
	return dispatch_review(r->dispatch, run, id_text, &said, fault);
}
