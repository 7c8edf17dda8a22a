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
	struct run *run; /* that is watched */
	struct run_watch *watch;
	struct buf text; /* the answer's part */
};

struct many {
	struct exchange *x; /* NULL once nobody waits any more */
	size_t empty;       /* places */
	size_t owed;        /* views under way: this stays until they have come */
	size_t n;
	struct place places[];
};

static void
many_free(struct many *many)
{
	for (size_t i = 0; i < many->n; i++) {
		run_unwatch(&many->places[i].watch);
		buf_free(&many->places[i].text);
	}
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

bool
many_open(const struct many *many)
{
	for (size_t i = 0; i < many->n; i++) {
		if (many->places[i].watch != NULL && run_watch_open(many->places[i].watch))
			return true;
	}
	return false;
}

static void
filled(struct many *many)
{
	struct buf all = {0};

	if (--many->empty > 0)
		return;
	for (size_t i = 0; i < many->n; i++) {
		buf_appends(&all, i == 0 ? "[" : ",");
		buf_append(&all, many->places[i].text.data, many->places[i].text.len);
	}
	buf_appends(&all, "]");
	reply_text(many->x, 200, &all); /* comes back to many_forget */
}

static void
ended(const json_t *event, void *arg)
{
	struct place *place = arg;

	(void)event;
	run_unwatch(&place->watch);
	run_text(place->run, true, &place->text);
	filled(place->many);
}

static void
viewed(json_t *view, const struct fault *fault, void *arg)
{
	_cleanup_(json_p) json_t *answer = view != NULL ? view : api_error(fault->status, fault->text);
	_cleanup_(free_p) char *text = NULL;
	struct place *place = arg;
	struct many *many = place->many;

	many->owed--;
	if (many->x == NULL) {
		if (many->owed == 0)
			many_free(many);
		return;
	}
	json_object_del(answer, "tree");
	text = json_text(answer);
	buf_appends(&place->text, text);
	filled(many);
}

/* Ended runs in memory have ended durably. */
static void
ask(struct place *place, const char *id_text)
{
	struct many *many = place->many;
	struct runs *runs = many->x->api->runs;

	place->run = run_find(runs, id_text);
	if (place->run == NULL) {
		many->owed++;
		run_show(runs, id_text, viewed, place);
	} else if (place->run->state == RUN_OPEN) {
		place->watch = run_watch_end(place->run, ended, place);
	} else {
		run_text(place->run, true, &place->text);
		filled(many);
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
	*many = (struct many){.x = x, .n = n, .empty = n + 1};
	for (size_t i = 0; i < n; i++)
		many->places[i].many = many;
	x->many = many;
	/* One place more than there are keeps the answer here until all were asked for. */
	for (size_t i = 0; i < n; i++)
		ask(&many->places[i], json_string_value(json_array_get(ids, i)));
	filled(many);
}
