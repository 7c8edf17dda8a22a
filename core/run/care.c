/*
 * How long records are kept.
 *
 * Now and then the store's thread looks how much of the journal's beginning is older than `journal.keep`, or past
 * `journal.size`.  That goes, but for what is needed: the store reflects nothing that is dropped, a start needs the newest
 * RUNS_OPEN, and an open run its records.  An open run that stands in the way is moved to the end of the log (forward.c); a
 * later look finds it there.
 *
 * What may go is on record ("journal.dropped"), and in the store, before the first file goes: a journal that begins later
 * than that has lost a file.
 */

#include "run/care.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "run/state.h"

#define SOON_NS    NS_PER_S
#define START_NS   (10 * NS_PER_S)
#define SELDOM_NS  (3600 * NS_PER_S) /* when nothing grows: for the age of what is there */
#define AGE_PARTS  8                 /* looks in the time that records are kept */
#define TURN_PARTS 4                 /* a segment is not written to for longer than such a part of that */
#define COMMIT_MS  20
#define LATE_MAX   64u /* open runs to be moved before the next look */
#define COPY_SHARE 4u  /* a run is moved again when a quarter of `journal.size` was written since, copies not counted */

struct care {
	struct runs *runs;
	struct event *tick;
	bool resting; /* until it is time, or something grows */
	bool moved;   /* runs, since the last look */
	int64_t turned_ns; /* monotonic: asked for a turn, which a full disk may not have granted */
	struct forward *forward;
	uint64_t copied; /* bytes of copies */

	/* the look [store thread while `looking`] */
	int64_t old_ns;  /* real: what is older may go; INT64_MIN: nothing */
	int64_t turn_ns; /* real: a segment that begins before is not written to any more */
	bool turn;
	uint64_t size;
	uint64_t want;    /* all before should go */
	uint64_t may;     /* and may */
	uint64_t dropped; /* may have gone already, as the store knows */
	struct ulid late[LATE_MAX];
	size_t n_late, at_late;

	uint64_t drop_lsn, drop_below; /* waits for the store */
};

/* ---- Looking [store thread] -------------------------------------------------------------------------------------- */

static uint64_t
read_lsn(struct store_txn *txn, const char *key)
{
	uint64_t lsn = 0;
	const void *data;
	size_t len;

	if (store_get(txn, STORE_META, key, strlen(key), &data, &len) && len == sizeof(lsn))
		memcpy(&lsn, data, sizeof(lsn));
	return lsn;
}

/* Everything before the record is older than that. */
static bool
is_older(struct journal *j, uint64_t lsn, int64_t real_ns)
{
	_cleanup_(buf_free) struct buf storage = {0};
	struct record r;

	return journal_read(j, lsn, &storage, &r, NULL) == 0 && r.head.real_ns < real_ns;
}

/* Where the journal should begin. */
static uint64_t
wanted(const struct care *c, struct journal *j, const struct journal_segment *s, size_t n)
{
	uint64_t bytes = 0, want = 0;

	for (size_t i = 0; i < n; i++)
		bytes += s[i].bytes;
	for (size_t i = 0; i + 1 < n; i++) {
		if (bytes <= c->size && !is_older(j, s[i + 1].first, c->old_ns))
			break;
		want = s[i + 1].first;
		bytes -= s[i].bytes;
	}
	return want;
}

struct late_look {
	struct care *care;
	struct store_txn *txn;
};

/* An open run that began before that. */
static int
see_open(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	struct late_look *l = arg;
	_cleanup_(json_p) json_t *entry = NULL;
	const void *found;
	uint64_t first;
	struct ulid id;

	(void)data;
	if (key_len != RUN_OPEN_KEY)
		return 0;
	memcpy(id.bytes, (const uint8_t *)key + key_len - sizeof(id.bytes), sizeof(id.bytes));
	if (!store_get(l->txn, STORE_RUNS, id.bytes, sizeof(id.bytes), &found, &len))
		return 0;
	entry = json_read(found, len, "the entry of a run", NULL);
	first = (uint64_t)json_integer_value(json_object_get(entry, "first_lsn"));
	if (first >= l->care->want)
		return 0;
	if (first < l->care->may)
		l->care->may = first;
	if (l->care->n_late < LATE_MAX)
		l->care->late[l->care->n_late++] = id;
	return 0;
}

/* The first record of the segment that has `lsn`: before it, files go. */
static uint64_t
round_down(uint64_t lsn, const struct journal_segment *s, size_t n)
{
	uint64_t first = 0;

	for (size_t i = 0; i < n && s[i].first <= lsn; i++)
		first = s[i].first;
	return first;
}

static void
look(struct store_txn *txn, struct journal *j, void *arg)
{
	struct care *c = arg;
	struct late_look l = {.care = c, .txn = txn};
	_cleanup_(free_p) struct journal_segment *s = NULL;
	uint64_t committed = store_committed(c->runs->store), checkpoint = read_lsn(txn, RUNS_OPEN_AT);
	size_t n = journal_segments(j, &s);

	c->n_late = c->at_late = 0;
	c->dropped = read_lsn(txn, STORE_DROPPED);
	c->want = wanted(c, j, s, n);
	c->turn = n > 0 && is_older(j, s[n - 1].first, c->turn_ns);
	c->may = c->want;
	/* The record that the store stands at has to be there when it is opened. */
	if (c->may > committed - 1)
		c->may = committed - 1;
	if (checkpoint != 0 && c->may > checkpoint)
		c->may = checkpoint;
	store_walk(txn, STORE_META, RUN_OPEN_PREFIX, sizeof(RUN_OPEN_PREFIX) - 1, false, see_open, &l);
	c->may = round_down(c->may, s, n);
}

/* ---- Time ------------------------------------------------------------------------------------------------------- */

static void
set_times(struct care *c)
{
	int64_t keep = c->runs->policy->journal_keep_ns, now = clock_real_ns();

	c->old_ns = keep == 0 ? INT64_MIN : now - keep;
	c->turn_ns = keep == 0 ? INT64_MIN : now - keep / TURN_PARTS;
	c->size = c->runs->policy->journal_size;
}

/* Nothing happens on a host that has nothing to do, but for this. */
static int64_t
seldom(const struct care *c)
{
	int64_t part = c->runs->policy->journal_keep_ns / AGE_PARTS;

	if (part == 0 || part > SELDOM_NS)
		return SELDOM_NS;
	return part < START_NS ? START_NS : part;
}

/* ---- Dropping ---------------------------------------------------------------------------------------------------- */

static void
again_in(struct care *c, int64_t ns)
{
	struct timeval tv = {.tv_sec = (time_t)(ns / NS_PER_S), .tv_usec = (suseconds_t)(ns % NS_PER_S / NS_PER_US)};

	evtimer_add(c->tick, &tv);
}

static void
record_drop(struct care *c)
{
	_cleanup_(free_p) char *body = xasprintf("{\"below\":%llu}", (unsigned long long)c->may);
	struct record rec;

	record_init(&rec, RECORD_COMMAND);
	record_add_text(&rec, TAG_COMMAND, COMMAND_DROPPED);
	record_add_text(&rec, TAG_ACTOR, "host");
	record_add_text(&rec, TAG_REASON, "past journal.keep or journal.size");
	record_add_text(&rec, TAG_BODY, body);
	c->drop_lsn = store_append(c->runs->store, &rec);
	c->drop_below = c->may;
	again_in(c, COMMIT_MS * NS_PER_MS);
}

static void
drop(struct care *c)
{
	uint64_t before, after;
	unsigned segments;

	journal_usage(c->runs->journal, &before, &segments);
	journal_drop(c->runs->journal, c->drop_below);
	journal_usage(c->runs->journal, &after, &segments);
	if (after < before) {
		log_info("the oldest records were dropped", LOG_U("bytes", before - after), LOG_U("left", after),
		    LOG_U("from", c->drop_below));
		registry_dropped(c->runs->registry, c->drop_below, journal_end(c->runs->journal));
	}
	c->drop_lsn = 0;
}

/* ---- Moving ------------------------------------------------------------------------------------------------------ */

static uint64_t
written(const struct care *c)
{
	return journal_end(c->runs->journal) - c->copied;
}

static void move_next(struct care *c);

static void
was_moved(bool moved, uint64_t bytes, void *arg)
{
	struct care *c = arg;

	c->forward = NULL;
	c->moved |= moved;
	c->copied += bytes;
	move_next(c);
}

/* A run that has just been moved is not moved again before much else was written: or open runs that have more on record than
 * `journal.size` would be moved for ever. */
static struct run_slot *
next_late(struct care *c)
{
	while (c->at_late < c->n_late) {
		char id_text[ULID_TEXT];
		struct run *run;
		struct run_slot *slot;

		ulid_format(&c->late[c->at_late++], id_text);
		run = run_find(c->runs, id_text);
		slot = run == NULL ? NULL : slot_of(run);
		if (slot == NULL || run->ended_real_ns != 0 || slot->step != RESUME_NONE)
			continue;
		if (slot->moved_at != 0 && written(c) < slot->moved_at + c->size / COPY_SHARE)
			continue;
		slot->moved_at = written(c);
		return slot;
	}
	return NULL;
}

/* Once all are moved, what they were in may go. */
static void
move_next(struct care *c)
{
	struct run_slot *slot = next_late(c);

	if (slot != NULL) {
		c->forward = forward_begin(slot, was_moved, c);
		return;
	}
	c->resting = true;
	if (c->moved)
		again_in(c, SOON_NS);
	else /* where a backup holds what may go, it is over before long */
		again_in(c, c->may > journal_first(c->runs->journal) ? START_NS : seldom(c));
	c->moved = false;
}

/* ---- Turns ------------------------------------------------------------------------------------------------------- */

/* On a full disk there is none, however often it is tried. */
static void
turn(struct care *c)
{
	int64_t now = clock_mono_ns();

	if (c->turned_ns != 0 && now - c->turned_ns < seldom(c))
		return;
	c->turned_ns = now;
	journal_turn(c->runs->journal);
}

static void
looked(void *arg)
{
	struct care *c = arg;

	if (c->turn)
		turn(c);
	if (c->may > journal_first(c->runs->journal) && c->may > c->dropped) {
		record_drop(c);
		return;
	}
	if (c->may > journal_first(c->runs->journal)) { /* it is on record already */
		c->drop_below = c->may;
		drop(c);
	}
	move_next(c);
}

/* arg: struct care. */
static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct care *c = arg;

	(void)fd, (void)what;
	if (c->drop_lsn != 0) {
		if (store_committed(c->runs->store) <= c->drop_lsn) {
			again_in(c, COMMIT_MS * NS_PER_MS);
			return;
		}
		drop(c);
	}
	c->resting = false;
	set_times(c);
	store_read(c->runs->store, look, looked, c);
}

static void
nothing(struct store_txn *txn, struct journal *j, void *arg)
{
	(void)txn, (void)j, (void)arg;
}

/* Nothing that was asked of the store's thread is still to be done by it. */
void
care_settle(struct runs *r)
{
	store_read_now(r->store, nothing, NULL);
}

void
care_open(struct runs *r)
{
	struct care *c = xcalloc(1, sizeof(*c));

	c->runs = r;
	c->tick = evtimer_new(r->loop, on_tick, c);
	r->care = c;
	c->resting = true;
	again_in(c, START_NS);
}

void
care_grown(struct runs *r)
{
	if (r->care != NULL && r->care->resting)
		again_in(r->care, SOON_NS);
}

void
care_close(struct runs *r)
{
	struct care *c = r->care;

	r->care = NULL;
	if (c == NULL)
		return;
	forward_stop(&c->forward);
	care_settle(r);
	event_free(c->tick);
	free(c);
}
