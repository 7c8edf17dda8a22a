/*
 * power_runs ROOT: a small workload of runs on a state directory, under the shim.
 *
 * Runs as a host records them: each names an object that was put into the object store, makes an effect, and ends.  One is
 * open through a restart, in which its effect is begun again under its key, and is moved to the end of the log while the
 * journal before it is dropped.
 *
 * What it has been told is durable, and the effects, which are what happens outside once an intent is, it says in ROOT/said:
 * "object HEX", "run ID", "did ID KEY", "known ID KEY", "ended ID"; and "dropping LSN" before it lets something go.
 */

#include <string.h>

#include <sodium.h>

#include "base/fd.h"
#include "base/id.h"
#include "power/workload.h"
#include "registry/state.h"
#include "wire.h"

#define SHORT_RUNS 3 /* before the restart, and after it */
#define INPUT      2600

struct run_on {
	struct ulid id;
	char id_text[ULID_TEXT];
	uint64_t prev;
	uint32_t seq;
};

struct work {
	struct workload base;
	struct registry registry; /* its folder alone */
	uint8_t object[32];

	/* being moved */
	struct run_on *moves;
	uint64_t first_copy, last_copy;
};

/* Returns when it was said. */
static void
promise(struct work *w, uint64_t lsn, const char *what, const struct run_on *run, const char *key)
{
	workload_promise(&w->base, lsn, "%s %s %s", what, run->id_text, key);
	workload_kept(&w->base);
}

/* ---- Records of a run -------------------------------------------------------------------------------------------- */

static uint64_t
append(struct work *w, struct run_on *run, struct record *r)
{
	memcpy(r->head.run, run->id.bytes, sizeof r->head.run);
	r->head.prev = run->prev;
	r->head.seq = run->seq++;
	return run->prev = store_append(w->base.s.store, r);
}

static void
start(struct work *w, struct run_on *run)
{
	_cleanup_(free_p) char *input = xmalloc(INPUT);
	struct record r;
	uint64_t lsn;

	*run = (struct run_on){.id = ulid_new()};
	ulid_format(&run->id, run->id_text);
	memset(input, 'i', INPUT);
	record_init(&r, RECORD_RUN_START);
	record_add_text(&r, TAG_TARGET, "power");
	record_add_text(&r, TAG_CLIENT, "uid:0");
	record_add_text(&r, TAG_KEY, run->id_text);
	record_add(&r, TAG_REQUEST, w->object, 16);
	record_add(&r, TAG_INPUT, input, INPUT);
	lsn = append(w, run, &r);
	promise(w, lsn, "run", run, "");
	record_init(&r, RECORD_CALL_START);
	record_add_text(&r, TAG_PATH, "/0");
	record_add_text(&r, TAG_TARGET, "power");
	record_add(&r, TAG_OBJECT, w->object, sizeof w->object);
	append(w, run, &r);
}

static void
op_init(struct record *r, enum record_kind kind, const uint16_t *op, char key[64], const struct run_on *run)
{
	snprintf(key, 64, "%s:/0/0:1", run->id_text);
	record_init(r, kind);
	r->head.attempt = 1;
	record_add_text(r, TAG_PATH, "/0/0");
	record_add(r, TAG_OP_KIND, op, sizeof *op);
	record_add_text(r, TAG_TARGET, "http://world/");
	record_add_text(r, TAG_KEY, key);
}

/* Its intent, and when that is durable the effect. */
static void
effect(struct work *w, struct run_on *run, int64_t before)
{
	uint16_t op = WIRE_OP_HTTP;
	struct record r;
	char key[64];

	op_init(&r, RECORD_OP_INTENT, &op, key, run);
	if (before > 0)
		record_add(&r, TAG_NUMBER, &before, sizeof before);
	promise(w, append(w, run, &r), "did", run, key);
}

static void
outcome(struct work *w, struct run_on *run)
{
	uint16_t op = WIRE_OP_HTTP;
	struct record r;
	char key[64];

	op_init(&r, RECORD_OP_OUTCOME, &op, key, run);
	record_add(&r, TAG_OUTPUT, "200", 3);
	promise(w, append(w, run, &r), "known", run, key);
}

static void
end(struct work *w, struct run_on *run)
{
	int64_t calls = 1;
	struct record r;

	record_init(&r, RECORD_CALL_END);
	record_add_text(&r, TAG_PATH, "/0");
	record_add_text(&r, TAG_TARGET, "power");
	record_add_text(&r, TAG_OUTPUT, run->id_text);
	append(w, run, &r);
	record_init(&r, RECORD_RUN_END);
	record_add_text(&r, TAG_OUTPUT, run->id_text);
	record_add(&r, TAG_NUMBER, &calls, sizeof calls);
	promise(w, append(w, run, &r), "ended", run, "");
}

/* ---- Moving ------------------------------------------------------------------------------------------------------ */

static int
copy(const struct record *r, void *arg)
{
	struct work *w = arg;
	struct record again = *r;

	if (memcmp(r->head.run, w->moves->id.bytes, sizeof r->head.run) != 0 || record_is_copy(&r->head))
		return 0;
	again.head.kind |= RECORD_COPY;
	again.head.prev = w->last_copy;
	w->last_copy = store_append(w->base.s.store, &again);
	if (w->first_copy == 0)
		w->first_copy = w->last_copy;
	return 0;
}

/* Then all before the copies may go, and goes. */
static void
move(struct work *w, struct run_on *run)
{
	struct fault fault;
	struct record r;
	int64_t first;

	w->moves = run;
	journal_sync(w->base.s.journal, journal_end(w->base.s.journal));
	workload_check(journal_scan(w->base.s.journal, 1, copy, w, &fault), &fault);
	first = (int64_t)w->first_copy;
	record_init(&r, RECORD_RUN_MOVED);
	record_add(&r, TAG_NUMBER, &first, sizeof first);
	run->prev = w->last_copy;
	power_committed(&w->base.s, append(w, run, &r) + 1);
	workload_drop(&w->base, w->first_copy);
}

/* ---- Objects ----------------------------------------------------------------------------------------------------- */

/* In the object store before anything names it. */
static void
install(struct work *w, char letter)
{
	char bytes[3000], hex[65];
	struct fault fault;
	int fd;

	memset(bytes, letter, sizeof bytes);
	crypto_hash_sha256(w->object, (const uint8_t *)bytes, sizeof bytes);
	sodium_bin2hex(hex, sizeof hex, w->object, sizeof w->object);
	workload_check(object_begin(&w->registry, &fd, &fault), &fault);
	if (fd_write_all(fd, bytes, sizeof bytes) != 0)
		abort();
	workload_check(object_commit(&w->registry, fd, hex, &fault), &fault);
	close(fd);
	workload_say(&w->base, "object %s\n", hex);
}

static void
open_state(struct work *w)
{
	struct fault fault;

	workload_open(&w->base);
	w->registry.objects_dir = w->base.s.dir.objects;
	workload_check(object_dirs(w->base.s.dir.objects, &fault), &fault);
}

static void
short_runs(struct work *w)
{
	struct run_on run[SHORT_RUNS];

	for (unsigned i = 0; i < SHORT_RUNS; i++)
		start(w, &run[i]);
	for (unsigned i = 0; i < SHORT_RUNS; i++)
		effect(w, &run[i], 0);
	for (unsigned i = 0; i < SHORT_RUNS; i++) {
		outcome(w, &run[i]);
		end(w, &run[i]);
	}
}

int
main(int argc, char **argv)
{
	struct run_on sleeper;
	struct work w = {0};

	workload_begin(&w.base, argc, argv);
	open_state(&w);
	install(&w, 'a');
	start(&w, &sleeper);
	effect(&w, &sleeper, 0);
	short_runs(&w);
	power_close(&w.base.s);
	open_state(&w);
	effect(&w, &sleeper, 1); /* nobody knows what came of it */
	install(&w, 'b');
	short_runs(&w);
	move(&w, &sleeper);
	short_runs(&w);
	outcome(&w, &sleeper);
	end(&w, &sleeper);
	power_close(&w.base.s);
	return 0;
}
