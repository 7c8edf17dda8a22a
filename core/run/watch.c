/* Watching a run: events as they come, and its end once that is durable. */

#include "run/state.h"

struct run_watch *
run_watch(struct run *run, run_event *event, void *arg)
{
	struct run_watch *w = xcalloc(1, sizeof(*w));
	struct run_slot *slot = slot_of(run);

	*w = (struct run_watch){.run = run, .event = event, .arg = arg};
	TAILQ_INSERT_TAIL(&slot->watchers, w, entry);
	run->watchers = &slot->watchers;
	if (run->state == RUN_ENDED)
		event(NULL, arg);
	return w;
}

void
run_unwatch(struct run_watch **w)
{
	struct run_slot *slot;

	if (*w == NULL)
		return;
	slot = slot_of((*w)->run);
	TAILQ_REMOVE(&slot->watchers, *w, entry);
	if (TAILQ_EMPTY(&slot->watchers))
		slot->run.watchers = NULL;
	free(*w);
	*w = NULL;
}

void
run_progress(struct run *run, const json_t *event)
{
	struct run_watch *w, *next;

	for (w = TAILQ_FIRST(&slot_of(run)->watchers); w != NULL; w = next) {
		next = TAILQ_NEXT(w, entry);
		w->event(event, w->arg);
	}
}

void
watch_end(struct run_slot *slot)
{
	struct run_watch *w, *next;

	for (w = TAILQ_FIRST(&slot->watchers); w != NULL; w = next) {
		next = TAILQ_NEXT(w, entry);
		w->event(NULL, w->arg);
	}
}
