/* Watching a run: events as they come, parts of its reply and its end once they are durable. */

#include <string.h>

#include "base/json.h"
#include "journal/journal.h"
#include "run/state.h"

/* Events are made for a run that has watchers: who only waits for its end is none. */
static void
count_watchers(struct run_slot *slot)
{
	const struct run_watch *w;

	slot->run.watchers = NULL;
	TAILQ_FOREACH(w, &slot->watchers, entry)
	if (!w->only_end)
		slot->run.watchers = &slot->watchers;
}

static struct run_watch *
watch(struct run *run, bool only_end, run_event *event, void *arg)
{
	struct run_watch *w = xcalloc(1, sizeof(*w));
	struct run_slot *slot = slot_of(run);

	*w = (struct run_watch){.run = run, .event = event, .arg = arg, .only_end = only_end};
	TAILQ_INSERT_TAIL(&slot->watchers, w, entry);
	count_watchers(slot);
	if (run->state == RUN_ENDED)
		event(NULL, arg);
	return w;
}

struct run_watch *
run_watch(struct run *run, run_event *event, void *arg)
{
	return watch(run, false, event, arg);
}

struct run_watch *
run_watch_end(struct run *run, run_event *event, void *arg)
{
	return watch(run, true, event, arg);
}

void
run_unwatch(struct run_watch **w)
{
	struct run_slot *slot;

	if (*w == NULL)
		return;
	slot = slot_of((*w)->run);
	TAILQ_REMOVE(&slot->watchers, *w, entry);
	count_watchers(slot);
	free(*w);
	*w = NULL;
}

bool
run_watch_open(const struct run_watch *w)
{
	return w->run->state == RUN_OPEN;
}

void
run_progress(struct run *run, const json_t *event)
{
	struct run_watch *w, *next;

	for (w = TAILQ_FIRST(&slot_of(run)->watchers); w != NULL; w = next) {
		next = TAILQ_NEXT(w, entry);
		if (!w->only_end)
			w->event(event, w->arg);
	}
}

/* ---- Parts ------------------------------------------------------------------------------------------------------- */

static void await_parts(struct run_slot *slot);

static void
parts_durable(void *arg)
{
	struct run_slot *slot = arg;
	_cleanup_(json_p) json_t *event = json_pack("{s:s}", "type", "parts");

	slot->parts_awaited = false;
	slot->parts_durable = slot->parts_next;
	if (op_parts(&slot->run.root) > slot->parts_durable)
		await_parts(slot);
	run_progress(&slot->run, event);
}

/* Those that come while some are awaited are awaited together. */
static void
await_parts(struct run_slot *slot)
{
	slot->parts_awaited = true;
	slot->parts_next = op_parts(&slot->run.root);
	journal_await(slot->runs->journal, slot->run.last_lsn, parts_durable, slot);
}

void
runs_parted(struct run *run, void *runs)
{
	(void)runs;
	if (!slot_of(run)->parts_awaited)
		await_parts(slot_of(run));
}

uint32_t
run_parts(const struct run *run)
{
	return run->state == RUN_ENDED ? op_parts(&run->root) : ((const struct run_slot *)run)->parts_durable;
}

static json_t *
part_event(const struct payload *part, uint32_t nth)
{
	json_t *json = json_read(part->data, part->len, "a part", NULL);

	/* An agent may say bytes that are no JSON; they are shown as text. */
	if (json == NULL)
		json = json_stringn((const char *)part->data, part->len);
	return json_pack("{s:s s:s s:I s:o}", "type", "part", "path", "/0", "n", (json_int_t)nth, "part", json);
}

json_t *
run_part(const struct run *run, uint32_t nth)
{
	return part_event(op_part(&run->root, nth), nth);
}

static bool
is_of_root(const struct record *r)
{
	_cleanup_(free_p) char *path = record_text(r, TAG_PATH);

	return path != NULL && strncmp(path, "/0", 2) == 0 && (path[2] == '\0' || path[2] == '#') &&
	       strchr(path + 1, '/') == NULL;
}

/* What had to pass a guard is there when the run ended well; of an attempt that was not the last nothing is. */
json_t *
parts_of(const struct record_list *list)
{
	const struct record *end = &list->records[list->n - 1];
	bool passed = end->head.kind == RECORD_RUN_END && end->head.status == 0;
	_cleanup_(carried_free) struct carried carried = {0};
	json_t *parts = json_array();

	for (size_t i = 0; i < list->n; i++) {
		const struct record *r = &list->records[i];
		_cleanup_(payload_unref) struct payload *part = carried_read(&carried, r, TAG_OUTPUT, NULL);

		if (r->head.kind == RECORD_STAGE && is_of_root(r))
			json_array_clear(parts);
		if (r->head.kind != RECORD_PART || part == NULL || !is_of_root(r) ||
		    (record_find(r, TAG_GUARD) != NULL && !passed))
			continue;
		json_array_append_new(parts, part_event(part, (uint32_t)json_array_size(parts)));
	}
	return parts;
}

/* ---- The end ----------------------------------------------------------------------------------------------------- */

void
watch_end(struct run_slot *slot)
{
	struct run_watch *w, *next;

	for (w = TAILQ_FIRST(&slot->watchers); w != NULL; w = next) {
		next = TAILQ_NEXT(w, entry);
		w->event(NULL, w->arg);
	}
}
