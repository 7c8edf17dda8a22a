/*
 * Copying a run forward.
 *
 * The copies have the flag RECORD_COPY, the numbers in the run and the times of the originals, and a chain of their own.
 * Until RUN_MOVED they mean nothing: whoever looks for the newest record of a run passes over copies, and a crash leaves the
 * run where it was.  RUN_MOVED is a record of the run like others, but its `prev` is the last copy; from it the run's start
 * is reached through copies alone.  It is appended in the turn of the loop in which the copies have caught up with the run,
 * so nothing of the run comes between.
 */

#include <string.h>

#include "base/log.h"
#include "run/care.h"
#include "run/state.h"

#define READ_AT_ONCE 512u
#define COPY_AT_ONCE (256 * KIB) /* bytes a turn of the loop */
#define ROUNDS_MAX   8u          /* of catching up with a run that is not quiet */

struct forward {
	struct run_slot *slot; /* once is_open() says so */
	struct runs *runs;
	char id_text[ULID_TEXT];
	forward_done *done;
	void *arg; /* of done */
	struct event *turn;
	bool reading;

	/* Records from `upto` back to `since`, which was copied already (0: none). */
	uint64_t upto, since, lsn;
	struct record_list list; /* newest first until all are there */
	size_t copied;           /* of the list */
	unsigned rounds;

	uint64_t first, last; /* of the copies */
	struct map commands;  /* paths of ops whose command has no outcome yet */
	uint64_t bytes;
	struct fault fault;
};

static void
forget_commands(struct forward *f)
{
	size_t at = 0;
	char *path;

	while ((path = map_next(&f->commands, &at)) != NULL)
		free(path);
	map_free(&f->commands);
}

static void
forward_free(struct forward *f)
{
	journal_forget(f->runs->journal, f);
	if (f->turn != NULL)
		event_free(f->turn);
	record_list_free(&f->list);
	forget_commands(f);
	free(f);
}

static void
end(struct forward *f, bool moved)
{
	f->done(moved, f->bytes, f->arg);
	forward_free(f);
}

void
forward_stop(struct forward **fp)
{
	struct forward *f = *fp;

	*fp = NULL;
	if (f == NULL)
		return;
	if (f->reading)
		care_settle(f->runs);
	forward_free(f);
}

/* The run may have ended, and be gone, since the last look. */
static bool
is_open(struct forward *f)
{
	struct run *run = run_find(f->runs, f->id_text);

	return run != NULL && run == &f->slot->run && run->ended_real_ns == 0 && f->slot->step == RESUME_NONE;
}

/* ---- Reading [store thread] -------------------------------------------------------------------------------------- */

static void
read_some(struct store_txn *txn, struct journal *j, void *arg)
{
	struct forward *f = arg;
	size_t n = READ_AT_ONCE;

	(void)txn;
	while (n-- > 0 && f->lsn != f->since && f->lsn != 0 && f->fault.status == 0)
		(void)record_list_read(&f->list, j, &f->lsn, 1, &f->fault);
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

static void read_round(struct forward *f);

/* What came of a command is asked for by its LSN, as long as the op has no outcome: such a run is not moved now. */
static void
note_command(struct forward *f, const struct record *r)
{
	char *path = record_text(r, TAG_PATH);

	if (path == NULL)
		return;
	if (record_kind(&r->head) == RECORD_COMMAND && map_get(&f->commands, path) == NULL) {
		map_put(&f->commands, path, path);
		return;
	}
	if (record_kind(&r->head) == RECORD_OP_OUTCOME || record_kind(&r->head) == RECORD_CALL_END)
		free(map_del(&f->commands, path));
	free(path);
}

static bool
has_open_command(const struct forward *f)
{
	size_t at = 0;

	return map_next(&f->commands, &at) != NULL;
}

static void
copy_one(struct forward *f, const struct record *r)
{
	struct record copy = *r;

	note_command(f, r);
	copy.head.kind |= RECORD_COPY;
	copy.head.prev = f->last;
	f->last = store_append(f->runs->store, &copy);
	if (f->first == 0)
		f->first = f->last;
	f->bytes += record_size(&copy);
}

static void
move(struct forward *f)
{
	struct run *run = &f->slot->run;
	int64_t first = (int64_t)f->first;
	struct record rec;

	record_init(&rec, RECORD_RUN_MOVED);
	record_add(&rec, TAG_NUMBER, &first, sizeof(first));
	run->last_lsn = f->last; /* what RUN_MOVED follows */
	dispatch_record(f->runs->dispatch, run, &rec);
}

/* arg: struct forward. */
static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct forward *f = arg;
	uint64_t before = f->bytes;

	(void)fd, (void)what;
	if (!is_open(f)) {
		end(f, false);
		return;
	}
	while (f->copied < f->list.n && f->bytes - before < COPY_AT_ONCE)
		copy_one(f, &f->list.records[f->copied++]);
	if (f->copied < f->list.n) {
		event_active(f->turn, EV_TIMEOUT, 0);
		return;
	}
	record_list_free(&f->list);
	f->copied = 0;
	f->since = f->upto;
	if (f->slot->run.last_lsn == f->upto && has_open_command(f)) {
		f->slot->moved_at = 0;
		end(f, false);
	} else if (f->slot->run.last_lsn == f->upto) {
		move(f);
		end(f, true);
	} else if (++f->rounds > ROUNDS_MAX) {
		end(f, false);
	} else {
		read_round(f);
	}
}

static void
was_read(void *arg)
{
	struct forward *f = arg;

	f->reading = false;
	if (f->fault.status != 0) {
		log_error("a run's records cannot be copied forward", LOG_S("run", f->id_text),
		    LOG_S("code", status_name(f->fault.status)), LOG_S("reason", f->fault.text));
		end(f, false);
		return;
	}
	if (f->lsn != f->since && f->lsn != 0) {
		f->reading = true;
		store_read(f->runs->store, read_some, was_read, f);
		return;
	}
	record_list_turn(&f->list);
	event_active(f->turn, EV_TIMEOUT, 0);
}

static void
read_durable(void *arg)
{
	struct forward *f = arg;

	f->reading = true;
	store_read(f->runs->store, read_some, was_read, f);
}

/* All that the run has on record by now. */
static void
read_round(struct forward *f)
{
	f->upto = f->lsn = f->slot->run.last_lsn;
	journal_await(f->runs->journal, f->upto, read_durable, f);
}

struct forward *
forward_begin(struct run_slot *slot, forward_done *done, void *arg)
{
	struct forward *f = xcalloc(1, sizeof(*f));

	f->slot = slot;
	f->runs = slot->runs;
	f->done = done;
	f->arg = arg;
	memcpy(f->id_text, slot->run.id_text, sizeof(f->id_text));
	f->turn = event_new(f->runs->loop, -1, 0, on_turn, f);
	read_round(f);
	return f;
}
