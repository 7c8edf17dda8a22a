/*
 * Waiting for many runs with one request.
 *
 * Each run's place in the answer is filled in as it ends, from memory, or by the store when it ended long ago; the answer
 * leaves when no place is empty.
 */

#include "config.h"

#include <assert.h>
#include <string.h>

#include "api/serve.h"
#include "base/id.h"
#include "base/json.h"
#include "base/util.h"

struct place {
	struct many *many;
	size_t nth;
	struct run *run; /* that is watched */
	struct run_watch *watch;
};

struct many {
	struct exchange *x; /* NULL once nobody waits any more */
	json_t *answers;
	size_t empty; /* places */
	size_t owed;  /* views under way: this stays until they have come */
	size_t n;
	struct place places[];
};

static void
many_free(struct many *many)
{
	for (size_t i = 0; i < many->n; i++)
		run_unwatch(&many->places[i].watch);
	json_decref(many->answers);
	free(many);
}

void
many_forget(struct exchange *x)
{
	struct many *many = x->many;

	if (many == NULL)
		return;
	x->many = NULL;
	many->x = NULL;
	if (many->owed == 0)
		many_free(many);
}

static void
fill(struct place *place, json_t *answer)
{
	struct many *many = place->many;

	json_array_set_new(many->answers, place->nth, answer);
	if (--many->empty == 0)
		reply_json(many->x, 200, json_incref(many->answers)); /* comes back to many_forget */
}

static void
ended(const json_t *event, void *arg)
{
	struct place *place = arg;
	struct run *run = place->run;

	(void)event;
	run_unwatch(&place->watch);
	fill(place, run_json(run, true));
}

static void
viewed(json_t *view, const struct fault *fault, void *arg)
{
	struct place *place = arg;
	struct many *many = place->many;

	many->owed--;
	if (many->x == NULL) {
		json_decref(view);
		if (many->owed == 0)
			many_free(many);
		return;
	}
	if (view == NULL)
		view = api_error(fault->status, fault->text);
	json_object_del(view, "tree");
	fill(place, view);
}

/* Ended runs in memory have ended durably. */
static void
ask(struct place *place, const char *id_text)
{
	struct many *many = place->many;
	struct runs *runs = many->x->api->runs;
	struct run *run = run_find(runs, id_text);

	if (run == NULL) {
		many->owed++;
		run_show(runs, id_text, viewed, place);
	} else if (run->state == RUN_OPEN) {
		place->run = run;
		place->watch = run_watch_end(run, ended, place);
	} else {
		fill(place, run_json(run, true));
	}
}

static bool
ids_valid(const json_t *ids)
{
	const json_t *id;
	struct ulid ulid;
	size_t i;

	json_array_foreach(ids, i, id)
	{
		if (!json_is_string(id) || !ulid_parse(json_string_value(id), &ulid))
			return false;
	}
	return true;
}

void
handle_runs_wait(struct exchange *x)
{
	const json_t *ids = json_object_get(x->body, "runs");
	size_t n = json_array_size(ids);
	struct many *many;

	if (json_object_size(x->body) != 1 || n < 1 || n > MANY_MAX || !ids_valid(ids)) {
		reply_error(x, 400, HOSPES_EINPUT, "the request has to be {\"runs\": [...]} with 1 to %d ids of runs",
		    MANY_MAX);
		return;
	}
	many = xcalloc(1, sizeof(*many) + n * sizeof(many->places[0]));
	*many = (struct many){.x = x, .answers = json_array(), .n = n, .empty = n + 1};
	for (size_t i = 0; i < n; i++) {
		many->places[i] = (struct place){.many = many, .nth = i};
		json_array_append_new(many->answers, json_null());
	}
	x->many = many;
	/* One place more than there are keeps the answer here until all were asked for. */
	for (size_t i = 0; i < n; i++)
		ask(&many->places[i], json_string_value(json_array_get(ids, i)));
	if (--many->empty == 0)
		reply_json(x, 200, json_incref(many->answers));
}
