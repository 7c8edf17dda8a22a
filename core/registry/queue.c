/*
 * The files that wait to be taken in: one after the other, in the order of their names; what was given to the host comes
 * after them.  One step a turn of the loop, so that calls in flight are not held up by a large file.
 */

#include "registry/take.h"

#include <assert.h>
#include <string.h>

static void
on_turn(evutil_socket_t unused, short what, void *arg)
{
	struct registry *r = arg;
	struct take *t = TAILQ_FIRST(&r->waiting);

	(void)unused;
	(void)what;
	if (r->current != NULL) {
		take_go_on(r->current);
	} else if (t != NULL) {
		TAILQ_REMOVE(&r->waiting, t, queued);
		r->current = t;
		take_begin(t);
		if (r->current == t)
			take_wake(r);
	} else if (r->settling) {
		r->settling = false;
		configured_check_all(r);
	}
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

void
take_close(struct registry *r)
{
	struct take *t;

	if (r->turn != NULL)
		event_free(r->turn);
	if (r->current != NULL)
		take_free(r->current);
	while ((t = TAILQ_FIRST(&r->waiting)) != NULL) {
		TAILQ_REMOVE(&r->waiting, t, queued);
		take_free(t);
	}
}
