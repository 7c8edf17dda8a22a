/*
 * Views: what clients are shown of runs, read in the store thread once it is durable.
 *
 * A run's records are read backwards along their chain, from the newest that is known: of an open run it is in memory, of
 * one that has ended in its entry.
 */

#include <string.h>

#include "base/json.h"
#include "run/state.h"

#define READ_BYTES (4 * MIB) /* at a time */

struct view {
	struct runs *runs;
	struct ulid id;
	char id_text[ULID_TEXT];
	uint64_t last_lsn; /* of a run in memory; 0: see the store */
	json_t *undecided; /* of a run in memory: its ops that wait for a decision, or NULL */
	bool all;
	enum { VIEW_RECORDS, VIEW_TREE, VIEW_REPLY, VIEW_BUDGET } what;
	unsigned limit;
	run_viewed *done;
	void *arg;

	/* made in the store thread */
	json_t *json;
	struct fault fault;
	bool failed;
};

static void
view_free(struct view *view)
{
	json_decref(view->json);
	json_decref(view->undecided);
	free(view);
}

/* What it waits for is no record: it is as the loop has it now. */
static void
join_open(struct view *view)
{
	struct run *run = view->failed ? NULL : run_find(view->runs, view->id_text);

	if (run == NULL || run->state != RUN_OPEN)
		return;
	if (view->what == VIEW_TREE)
		waits_join(view->json, run);
	else if (view->what == VIEW_BUDGET)
		budget_join(view->json, run);
}

static void
view_done(void *arg)
{
	struct view *view = arg;

	join_open(view);
	if (view->failed)
		view->done(NULL, &view->fault, view->arg);
	else
		view->done(json_incref(view->json), NULL, view->arg);
	view_free(view);
}

/* ---- Reading a run's records (store thread) ---------------------------------------------------------------------- */

void
record_list_free(struct record_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		buf_free(&list->storage[i]);
	free(list->storage);
	free(list->records);
	*list = (struct record_list){0};
}

static struct record *
list_grow(struct record_list *list)
{
	list->n++;
	if ((list->n & (list->n - 1)) == 0) {
		list->storage = xrealloc(list->storage, 2 * list->n * sizeof(*list->storage));
		list->records = xrealloc(list->records, 2 * list->n * sizeof(*list->records));
	}
	list->storage[list->n - 1] = (struct buf){0};
	return &list->records[list->n - 1];
}

int
record_list_read(struct record_list *list, struct journal *j, uint64_t *lsn, size_t most, struct fault *fault)
{
	for (size_t bytes = 0; *lsn != 0 && most > 0 && bytes < READ_BYTES; most--) {
		struct record *r = list_grow(list);
		int rc = journal_read(j, *lsn, &list->storage[list->n - 1], r, fault);

		if (rc != 0) {
			buf_free(&list->storage[--list->n]);
			return rc;
		}
		r->head.kind &= (uint16_t)~RECORD_COPY; /* a copy is what it is a copy of */
		if (r->head.prev >= *lsn)
			return fault_set(fault, HOSPES_EDAMAGED,
			    "the record at %llu of the journal says that the one before it is at %llu",
			    (unsigned long long)*lsn, (unsigned long long)r->head.prev);
		*lsn = r->head.prev;
		bytes += r->head.length;
	}
	return 0;
}

void
record_list_turn(struct record_list *list)
{
	for (size_t i = 0; i < list->n / 2; i++) {
		struct record r = list->records[i];
		struct buf b = list->storage[i];

		list->records[i] = list->records[list->n - 1 - i];
		list->storage[i] = list->storage[list->n - 1 - i];
		list->records[list->n - 1 - i] = r;
		list->storage[list->n - 1 - i] = b;
	}
}

/* What the store keeps for ever. */
static json_t *
entry_of(struct store_txn *txn, const struct view *view)
{
	const void *data;
	size_t len;

	if (!store_get(txn, STORE_RUNS, view->id.bytes, sizeof(view->id.bytes), &data, &len))
		return NULL;
	return json_read(data, len, "the entry of a run", NULL);
}

#define DROPPED                                                                                                        \
	"the records of the run %s were dropped, since they were past `journal.keep` or `journal.size`: what it was "  \
	"given "                                                                                                       \
	"and what it said is not there any more"

/* Its records are past retention, or some of them, be it in memory or not: its entry is what there is to tell. */
static void
tell_dropped(struct view *view, struct store_txn *txn)
{
	_cleanup_(json_p) json_t *entry = entry_of(txn, view);
	const char *message = json_string_value(json_object_get(entry, "message"));
	const char *ended = json_string_value(json_object_get(entry, "status"));
	int status = ended == NULL ? 0 : status_number(ended); /* one that is open has none */
	_cleanup_(free_p) char *why = xasprintf(DROPPED, view->id_text);

	if (view->what == VIEW_RECORDS || entry == NULL) {
		fault_set(&view->fault, HOSPES_ENOENT, "%s", why);
		view->failed = true;
		return;
	}
	if (status != 0)
		json_object_set_new(entry, "error",
		    json_pack("{s:s s:s s:s}", "code", status_name(status), "message", message == NULL ? "" : message,
			"hint", status_hint(status)));
	json_object_del(entry, "message");
	json_object_set_new(entry, "missing",
	    json_pack("{s:s s:s s:s}", "code", status_name(HOSPES_ENOENT), "message", why, "hint", ""));
	if (view->what == VIEW_BUDGET)
		budget_of_entry(entry);
	view->json = json_incref(entry);
}

/* How it went is there, what it was about is not. */
static void
tell_erased(struct view *view, const json_t *entry)
{
	const char *at = json_string_value(json_object_get(entry, "erased"));
	_cleanup_(free_p) char *why = xasprintf(
	    "the run %s was erased %s: what it was given and what it said is not there any more", view->id_text, at);

	json_object_set(view->json, "erased", json_object_get(entry, "erased"));
	json_object_del(view->json, "result");
	json_object_del(view->json, "partial");
	json_object_set_new(view->json, "missing",
	    json_pack("{s:s s:s s:s}", "code", status_name(HOSPES_EERASED), "message", why, "hint", ""));
}

static void
read_run(struct store_txn *txn, struct journal *j, void *arg)
{
	_cleanup_(record_list_free) struct record_list list = {0};
	struct view *view = arg;
	/* Of a run in memory all is in its records, while they are there. */
	_cleanup_(json_p) json_t *entry = view->last_lsn != 0 ? NULL : entry_of(txn, view);
	uint64_t last =
	    view->last_lsn != 0 ? view->last_lsn : (uint64_t)json_integer_value(json_object_get(entry, "last_lsn"));

	if (last == 0) {
		fault_set(&view->fault, HOSPES_ENORUN, "there is no run %s; `hospes ps --all` lists those there are",
		    view->id_text);
		view->failed = true;
		return;
	}
	while (last != 0) {
		if (record_list_read(&list, j, &last, SIZE_MAX, &view->fault) == 0)
			continue;
		if (view->fault.status == HOSPES_ENOENT && last < journal_first(j))
			tell_dropped(view, txn);
		else
			view->failed = true;
		return;
	}
	record_list_turn(&list);
	if (view->what == VIEW_RECORDS) {
		view->json = records_json(&list);
		return;
	}
	view->json = summary_of(&list);
	if (json_object_get(entry, "erased") != NULL)
		tell_erased(view, entry);
	if (view->what == VIEW_BUDGET) {
		json_object_del(view->json, "result");
		json_object_del(view->json, "partial");
		budget_of(view->json, &list);
	} else if (view->what == VIEW_TREE) {
		json_object_set_new(view->json, "tree", tree_of(&list));
		tree_undecided(json_object_get(view->json, "tree"), view->undecided);
	} else
		json_object_set_new(view->json, "parts", parts_of(&list));
}

/* ---- Asking ------------------------------------------------------------------------------------------------------ */

static void
read_when_durable(void *arg)
{
	struct view *view = arg;

	store_read(view->runs->store, read_run, view_done, view);
}

static void
view_run(struct runs *r, const char *id_text, int what, run_viewed *done, void *arg)
{
	struct run *run = run_find(r, id_text);
	struct view *view = xcalloc(1, sizeof(*view));

	*view = (struct view){.runs = r, .what = what, .done = done, .arg = arg};
	if (!ulid_parse(id_text, &view->id)) {
		fault_set(&view->fault, HOSPES_ENORUN,
		    "a run's id is a ULID of 26 characters, and this is none; `hospes ps --all` lists runs");
		view->failed = true;
		view_done(view);
		return;
	}
	ulid_format(&view->id, view->id_text);
	if (run == NULL) {
		read_when_durable(view);
		return;
	}
	view->last_lsn = run->last_lsn;
	view->undecided = dispatch_undecided(run);
	journal_await(r->journal, run->last_lsn, read_when_durable, view);
}

void
run_show(struct runs *r, const char *id_text, run_viewed *done, void *arg)
{
	view_run(r, id_text, VIEW_TREE, done, arg);
}

void
run_budget(struct runs *r, const char *id_text, run_viewed *done, void *arg)
{
	view_run(r, id_text, VIEW_BUDGET, done, arg);
}

void
run_records(struct runs *r, const char *id_text, run_viewed *done, void *arg)
{
	view_run(r, id_text, VIEW_RECORDS, done, arg);
}

void
run_reply(struct runs *r, const char *id_text, run_viewed *done, void *arg)
{
	view_run(r, id_text, VIEW_REPLY, done, arg);
}

/* ---- Listing ----------------------------------------------------------------------------------------------------- */

static int
add_entry(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	struct view *view = arg;
	json_t *entry = json_read(data, len, "the entry of a run", NULL);

	(void)key, (void)key_len;
	if (entry == NULL)
		return 0;
	json_array_append_new(view->json, entry);
	return json_array_size(view->json) >= view->limit;
}

static void
read_list(struct store_txn *txn, struct journal *j, void *arg)
{
	struct view *view = arg;

	(void)j;
	view->json = json_array();
	store_walk(txn, STORE_RUNS, "", 0, true, add_entry, view);
}

static json_t *
live_entry(struct run *run)
{
	json_t *entry = run_json(run, false), *waits = waits_of_run(run);

	if (waits != NULL)
		json_object_set_new(entry, "waits", waits);
	return entry;
}

static void
list_done(void *arg)
{
	struct view *view = arg;
	json_t *list = json_array(), *entry;
	size_t i;

	json_array_foreach(view->json, i, entry)
	{
		struct run *run = run_find(view->runs, json_string_value(json_object_get(entry, "id")));

		if (run != NULL) {
			json_array_append_new(list, live_entry(run));
			continue;
		}
		json_array_append(list, entry);
	}
	view->done(list, NULL, view->arg);
	view_free(view);
}

static void
list_open(struct view *view)
{
	json_t *list = json_array();
	struct run_slot *slot;

	TAILQ_FOREACH_REVERSE(slot, &view->runs->open, slot_list, entry)
	json_array_append_new(list, live_entry(&slot->run));
	view->done(list, NULL, view->arg);
	view_free(view);
}

static void
list_when_durable(void *arg)
{
	struct view *view = arg;

	if (view->all)
		store_read(view->runs->store, read_list, list_done, view);
	else
		list_open(view);
}

void
run_list(struct runs *r, bool all, unsigned limit, run_viewed *done, void *arg)
{
	struct view *view = xcalloc(1, sizeof(*view));

	*view = (struct view){.runs = r, .all = all, .limit = limit, .done = done, .arg = arg};
	journal_await(r->journal, journal_end(r->journal) - 1, list_when_durable, view);
}
