/*
 * Which file is taken next, which are tried, and which are put aside until a version of the same name has been tried.
 *
 *   waiting -> current -> trying -> (ended)
 *      ^          |
 *      +-- held <-+
 */

#include "registry/take.h"

#include <assert.h>
#include <string.h>

#define TRIALS 4u /* versions of different names that are tried at the same time */

/* ---- One version of a name at a time ----------------------------------------------------------------------------- */

static struct take *
find(const struct take_list *list, const char *plugin)
{
	struct take *t;

	TAILQ_FOREACH(t, list, queued)
	{
		if (strcmp(t->plugin, plugin) == 0)
			return t;
	}
	return NULL;
}

/* The next of those put aside for a name is the next of all. */
static void
call_held(struct registry *r, const char *plugin)
{
	struct take *t = find(&r->held, plugin);

	if (t == NULL)
		return;
	TAILQ_REMOVE(&r->held, t, queued);
	t->its_turn = true;
	TAILQ_INSERT_HEAD(&r->waiting, t, queued);
}

/* Must it wait for another of its name: one that is tried, or that was put aside before it? */
bool
take_must_wait(const struct take *t, const char *plugin)
{
	const struct registry *r = t->registry;

	if (find(&r->trying, plugin) != NULL)
		return true;
	if (t->its_turn && strcmp(t->plugin, plugin) == 0)
		return false;
	return find(&r->held, plugin) != NULL || find(&r->waiting, plugin) != NULL;
}

/* Puts it aside; it will begin anew. */
void
take_hold(struct take *t, const char *plugin)
{
	struct registry *r = t->registry;
	char before[sizeof t->plugin];

	assert(r->current == t);
	memcpy(before, t->plugin, sizeof before);
	object_abandon(r);
	take_close_fd(&t->copy_fd);
	if (t->folder != NULL)
		take_close_fd(&t->fd);
	t->copied = 0;
	(void)snprintf(t->plugin, sizeof t->plugin, "%s", plugin); /* it may be the version's */
	version_unref(&t->version);
	/* The file may have become another plugin while it waited. */
	if (t->its_turn && strcmp(before, t->plugin) != 0)
		call_held(r, before);
	t->its_turn = false;
	TAILQ_INSERT_TAIL(&r->held, t, queued);
	r->current = NULL;
	take_wake(r);
}

void
take_try(struct take *t)
{
	struct registry *r = t->registry;

	assert(r->current == t);
	take_close_fd(&t->fd);
	take_close_fd(&t->copy_fd);
	r->current = NULL;
	t->trying = true;
	r->n_trying++;
	TAILQ_INSERT_TAIL(&r->trying, t, queued);
	if (t->its_turn && strcmp(t->plugin, t->version->name) != 0)
		call_held(r, t->plugin);
	(void)snprintf(t->plugin, sizeof t->plugin, "%s", t->version->name);
	take_wake(r);
}

bool
take_is_trying(const struct registry *r, const struct version *v)
{
	const struct take *t = find(&r->trying, v->name);

	return t != NULL && t->version == v;
}

void
take_leave(struct take *t)
{
	struct registry *r = t->registry;

	if (t->trying) {
		TAILQ_REMOVE(&r->trying, t, queued);
		r->n_trying--;
	} else {
		assert(r->current == t);
		r->current = NULL;
	}
	if (t->trying || t->its_turn)
		call_held(r, t->plugin);
}

/* ---- The next one ------------------------------------------------------------------------------------------------ */

static void
take_next(struct registry *r)
{
	struct take *t = TAILQ_FIRST(&r->waiting);

	/* The end of a trial wakes us again. */
	if (r->n_trying == TRIALS)
		return;
	if (t != NULL) {
		TAILQ_REMOVE(&r->waiting, t, queued);
		r->current = t;
		take_begin(t);
		if (r->current == t)
			take_wake(r);
	} else if (r->settling && r->n_trying == 0) {
		r->settling = false;
		configured_check_all(r);
	}
}

/* One step a turn, so that calls in flight are not held up by a large file. */
static void
on_turn(evutil_socket_t unused, short what, void *arg)
{
	struct registry *r = arg;

	(void)unused;
	(void)what;
	if (r->current != NULL)
		take_step(r->current);
	else
		take_next(r);
}

/* By the timer and not by event_active: what is activated from a callback runs in the same pass of the loop, before
 * anybody else's events are looked at. */
void
take_wake(struct registry *r)
{
	struct timeval now = {0};

	if (r->turn == NULL)
		r->turn = evtimer_new(r->options.loop, on_turn, r);
	assert(r->turn != NULL);
	evtimer_add(r->turn, &now);
}

static struct take *
take_new(struct registry *r, const char *actor)
{
	struct take *t = xcalloc(1, sizeof *t);

	t->registry = r;
	t->fd = t->copy_fd = -1;
	t->actor = xstrdup(actor);
	t->first_look = r->settling;
	return t;
}

void
take_file(struct registry *r, const struct folder *folder, const char *name, bool created)
{
	struct take *t, *after = NULL;

	assert(folder != NULL);
	TAILQ_FOREACH(t, &r->held, queued)
	{
		if (t->folder == folder && strcmp(t->name, name) == 0)
			return;
	}
	TAILQ_FOREACH(t, &r->waiting, queued)
	{
		if (t->folder == folder && strcmp(t->name, name) == 0) {
			t->created = t->created && created;
			return;
		}
		if (t->folder != NULL && strcmp(t->name, name) <= 0)
			after = t;
	}
	t = take_new(r, "folder");
	t->folder = folder;
	t->name = xstrdup(name);
	t->shown = xasprintf("%s/%s", folder->path, name);
	t->created = created;
	if (after != NULL)
		TAILQ_INSERT_AFTER(&r->waiting, after, t, queued);
	else
		TAILQ_INSERT_HEAD(&r->waiting, t, queued);
	if (r->current == NULL)
		take_wake(r);
}

void
registry_install(struct registry *r, int file_fd, const char *actor, registry_installed *done, void *arg)
{
	struct take *t = take_new(r, actor);

	t->fd = file_fd;
	t->name = xstrdup("");
	t->shown = xstrdup("the file to install");
	t->done = done;
	t->done_arg = arg;
	TAILQ_INSERT_TAIL(&r->waiting, t, queued);
	if (r->current == NULL)
		take_wake(r);
}

static void
list_free(struct take_list *list)
{
	struct take *t;

	while ((t = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, t, queued);
		take_free(t);
	}
}

void
take_close(struct registry *r)
{
	if (r->turn != NULL)
		event_free(r->turn);
	if (r->current != NULL)
		take_free(r->current);
	list_free(&r->trying);
	list_free(&r->held);
	list_free(&r->waiting);
}
