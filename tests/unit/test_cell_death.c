/* Calls whose cell dies, calls that are told to stop, cells that fall silent. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "cell_world.h"

static int
setup(void **state)
{
	struct fault fault;

	(void)state;
	world_new();
	world.policy->cells_per_pool = 1;
	return world_open(&fault);
}

static int
teardown(void **state)
{
	(void)state;
	world_free();
	return 0;
}

/* A ready cell with `n` calls in it; their handles in order. */
static struct guest *
calls_in_cell(unsigned n, uint64_t *handles)
{
	struct guest *g;

	for (unsigned i = 0; i < n; i++)
		(void)world_submit("1");
	g = guest(guests() - 1);
	guest_ready(g);
	assert_int_equal(guest_hears_all(g, WIRE_START, handles, n), n);
	return g;
}

static void
park(struct guest *g, uint64_t handle)
{
	guest_op(g, handle, 0, WIRE_OP_CALL, WIRE_OP_WAITS, "other", "1");
	world_turn();
}

/* ---- Deaths ------------------------------------------------------------------------------------------------------ */

static void
test_innocents_begin_again(void **state)
{
	struct wire_frame head;
	uint64_t h[3], again[3];
	struct guest *g = calls_in_cell(3, h);

	(void)state;
	for (int i = 0; i < 3; i++)
		park(g, h[i]);
	world_outcome(1, 0, 0, "\"recorded\"");
	park(g, h[1]); /* nothing: an op 0 was there already */
	assert_true(g->kill_asked);
	guest_die(g, SIGKILL);
	/* A cell that broke the rules while one call ran: that call is the suspect, the others begin again at once. */
	assert_int_equal(guests(), 3);
	g = guest(1)->request.id < guest(2)->request.id ? guest(1) : guest(2);
	guest_ready(g);
	assert_int_equal(guest_hears_all(g, WIRE_START, again, 3), 2);
	assert_int_equal(again[0], h[0]);
	assert_int_equal(again[1], h[2]);
	assert_int_equal(world.told[0].begins, 2);
	assert_non_null(strstr(world.told[0].why, "was killed by the host"));
	/* what it had waited for arrives before it asks again: nothing is sent until it does */
	world.call[0]->ops[0]->state = OP_DONE;
	world.call[0]->ops[0]->value = payload_text("\"late\"");
	cells_outcome(world.call[0], world.call[0]->ops[0]);
	world_turn();
	assert_false(guest_hears(g, &head, NULL, 0));
	guest_op(g, h[0], 0, WIRE_OP_CALL, WIRE_OP_WAITS, "other", "1");
	world_turn();
	assert_true(guest_hears(g, &head, NULL, 0));
	assert_int_equal(head.type, WIRE_OUTCOME);
	guest_reply(g, h[0], 0, "1");
	guest_reply(g, h[2], 0, "1");
	world_turn();
	assert_int_equal(world.told[0].status, 0);
	assert_int_equal(world.told[2].status, 0);
}

/* Outside SIGKILL where nobody ran: nobody is suspected, however often. */
static void
test_killed_from_outside(void **state)
{
	uint64_t h[2];
	struct guest *g = calls_in_cell(2, h);

	(void)state;
	for (int times = 0; times < 5; times++) {
		park(g, h[0]);
		park(g, h[1]);
		guest_die(g, SIGKILL);
		g = guest(guests() - 1);
		guest_ready(g);
		assert_int_equal(guest_hears_all(g, WIRE_START, h, 2), 2);
	}
	assert_int_equal(world.call[0]->deaths, 0);
	assert_int_equal(world.told[0].losses + world.told[1].losses, 0);
}

static void
test_suspect_runs_alone(void **state)
{
	uint64_t h[3], one;
	struct guest *g = calls_in_cell(3, h), *pool, *alone;

	(void)state;
	park(g, h[0]);
	park(g, h[1]);
	guest_die(g, SIGSEGV);
	assert_int_equal(guests(), 3);
	pool = guest(1);
	alone = guest(2);
	guest_ready(pool);
	guest_ready(alone);
	assert_int_equal(guest_hears_all(pool, WIRE_START, h, 3), 2);
	assert_int_equal(guest_hears_all(alone, WIRE_START, &one, 1), 1);
	assert_int_equal(one, world.call[2]->handle);
	assert_true(world.call[2]->quarantined);
	/* it was innocent: it replies, and the cell is not used again */
	guest_reply(alone, one, 0, "\"fine\"");
	world_turn();
	assert_int_equal(world.told[2].status, 0);
	assert_int_equal(guest_hears_all(alone, WIRE_STOP, &one, 1), 1);
}

static void
test_poison(void **state)
{
	static const char report[] = "write to `counter`, which is read-only";
	uint64_t h[1];
	struct guest *g = calls_in_cell(1, h);

	(void)state;
	guest_die(g, SIGSEGV);
	assert_int_equal(world.told[0].losses, 0);
	g = guest(1);
	guest_ready(g);
	assert_int_equal(guest_hears_all(g, WIRE_START, h, 1), 1);
	memcpy(g->page->report, report, sizeof(report) - 1);
	g->page->report_len = sizeof(report) - 1;
	guest_die(g, SIGSEGV);
	assert_int_equal(world.told[0].losses, 1);
	assert_int_equal(world.told[0].status, HOSPES_EPOISON);
	assert_non_null(strstr(world.told[0].text, "echo 1.0.0"));
	assert_non_null(strstr(world.told[0].text, "signal 11"));
	assert_non_null(strstr(world.told[0].text, report));
	/* its run's log has both deaths */
	assert_int_equal(world.told[0].logs, 2);
	assert_non_null(strstr(world.told[0].line, report));
}

/* Lines that an execution before has told are not told again, and those that are new are. */
static void
test_lines_are_told_once(void **state)
{
	uint64_t h[1];
	struct guest *g = calls_in_cell(1, h);

	(void)state;
	guest_send(g, WIRE_LOG, h[0], WIRE_NO_ORDINAL, LOG_LEVEL_INFO, "one", 3);
	guest_send(g, WIRE_LOG, h[0], WIRE_NO_ORDINAL, LOG_LEVEL_INFO, "two", 3);
	world_turn();
	assert_int_equal(world.told[0].logs, 2);
	guest_die(g, SIGSEGV);
	assert_int_equal(world.told[0].logs, 3); /* how it died */
	g = guest(1);
	guest_ready(g);
	assert_int_equal(guest_hears_all(g, WIRE_START, h, 1), 1);
	guest_send(g, WIRE_LOG, h[0], WIRE_NO_ORDINAL, LOG_LEVEL_INFO, "one", 3);
	guest_send(g, WIRE_LOG, h[0], WIRE_NO_ORDINAL, LOG_LEVEL_INFO, "two", 3);
	world_turn();
	assert_int_equal(world.told[0].logs, 3);
	guest_send(g, WIRE_LOG, h[0], WIRE_NO_ORDINAL, LOG_LEVEL_INFO, "three", 5);
	world_turn();
	assert_int_equal(world.told[0].logs, 4);
	assert_string_equal(world.told[0].line, "three");
}

/* A death in quarantine while the call waits is not the call's doing. */
static void
test_quarantine_killed_while_parked(void **state)
{
	uint64_t h[1];
	struct guest *g = calls_in_cell(1, h);

	(void)state;
	guest_die(g, SIGSEGV);
	for (int times = 1; times < 8; times++) {
		g = guest((unsigned)times);
		guest_ready(g);
		assert_int_equal(guest_hears_all(g, WIRE_START, h, 1), 1);
		park(g, h[0]);
		guest_die(g, SIGKILL);
	}
	assert_int_equal(world.told[0].losses, 0);
}

/* What eats memory is ended by the kernel with SIGKILL: a few chances, then it is poison. */
static void
test_killed_in_quarantine(void **state)
{
	uint64_t h[1];
	struct guest *g = calls_in_cell(1, h);

	(void)state;
	guest_die(g, SIGKILL);
	for (unsigned times = 1; times <= OUTSIDE_KILLS; times++) {
		assert_int_equal(world.told[0].losses, 0);
		g = guest(times);
		guest_ready(g);
		assert_int_equal(guest_hears_all(g, WIRE_START, h, 1), 1);
		guest_die(g, SIGKILL);
	}
	assert_int_equal(world.told[0].status, HOSPES_EPOISON);
}

/* A cell that lies: all parked, nobody on the page, dead of itself.  Then it may have been anybody. */
static void
test_nobody_did_it(void **state)
{
	uint64_t h[2];
	struct guest *g = calls_in_cell(2, h);

	(void)state;
	park(g, h[0]);
	park(g, h[1]);
	guest_die(g, SIGSEGV);
	assert_true(world.call[0]->quarantined);
	assert_true(world.call[1]->quarantined);
}

static void
test_page_names_a_suspect(void **state)
{
	uint64_t h[2];
	struct guest *g = calls_in_cell(2, h);

	(void)state;
	park(g, h[0]);
	park(g, h[1]);
	atomic_store(&g->page->current, h[1]);
	guest_die(g, SIGKILL);
	assert_false(world.call[0]->quarantined);
	assert_true(world.call[1]->quarantined);
}

/* A call that begins again and again is no longer taken for innocent, whatever its cells say. */
static void
test_no_endless_innocence(void **state)
{
	uint64_t h[1];
	struct guest *g = calls_in_cell(1, h);

	(void)state;
	for (int times = 0; times < 100 && world.call[0] != NULL; times++) {
		park(g, h[0]);
		guest_die(g, SIGKILL);
		if (world.call[0] == NULL)
			break;
		g = guest(guests() - 1);
		guest_ready(g);
		assert_int_equal(guest_hears_all(g, WIRE_START, h, 1), 1);
	}
	assert_int_equal(world.told[0].status, HOSPES_EPOISON);
}

static void
test_violation_alone(void **state)
{
	uint64_t h[1];
	struct guest *g = calls_in_cell(1, h);

	(void)state;
	for (unsigned times = 0; times < 2; times++) {
		g = guest(times);
		if (times > 0) {
			guest_ready(g);
			assert_int_equal(guest_hears_all(g, WIRE_START, h, 1), 1);
		}
		guest_send(g, 999, 0, 0, 0, NULL, 0);
		world_turn();
		assert_true(g->kill_asked);
		guest_die(g, SIGKILL);
	}
	assert_int_equal(world.told[0].status, HOSPES_EPROTOCOL);
	assert_non_null(strstr(world.told[0].text, "type 999"));
}

/* What a cell had said before it died counts. */
static void
test_last_words(void **state)
{
	uint64_t h[2];
	struct guest *g = calls_in_cell(2, h);

	(void)state;
	guest_reply(g, h[0], 0, "\"last\"");
	guest_bytes(g, "half a header", 13);
	guest_die(g, SIGSEGV);
	assert_string_equal(world.told[0].text, "\"last\"");
	assert_int_equal(world.told[1].losses + world.told[1].replies, 0);
}

static void
test_dies_in_mid_frame(void **state)
{
	struct wire_frame head = {.length = 1000 * 1000, .type = WIRE_REPLY};
	_cleanup_(free_p) char *half = xcalloc(1, 500 * 1000);
	uint64_t h[1];
	struct guest *g = calls_in_cell(1, h);

	(void)state;
	head.call = h[0];
	guest_bytes(g, &head, sizeof(head));
	guest_bytes(g, half, 500 * 1000);
	guest_die(g, SIGSEGV);
	assert_int_equal(world.told[0].replies, 0);
	guest_ready(guest(1));
	assert_int_equal(guest_hears_all(guest(1), WIRE_START, h, 1), 1);
}

/* Many suspects: a few quarantine cells at a time, every call ends. */
static void
test_many_suspects(void **state)
{
	uint64_t h[40];
	struct guest *g = calls_in_cell(40, h);
	unsigned done = 0;

	(void)state;
	guest_die(g, SIGKILL);
	assert_int_equal(guests(), 1 + QUARANTINES);
	for (unsigned at = 1; at < guests(); at++) {
		g = guest(at);
		guest_ready(g);
		assert_int_equal(guest_hears_all(g, WIRE_START, h, 40), 1);
		guest_reply(g, h[0], 0, "1");
		world_turn();
		guest_die(g, 0);
		done++;
	}
	assert_int_equal(done, 40);
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(world.told[i].replies, 1);
}

/* A suspect that waits for a suspect must not wait for ever: parked ones make room. */
static void
test_parked_suspects_make_room(void **state)
{
	uint64_t h[10];
	struct guest *g = calls_in_cell(10, h);

	(void)state;
	guest_die(g, SIGSEGV);
	for (unsigned at = 1; at <= 10; at++) {
		guest_ready(guest(at));
		assert_int_equal(guest_hears_all(guest(at), WIRE_START, h, 1), 1);
		park(guest(at), h[0]);
	}
	assert_int_equal(guests(), 11);
}

/* ---- Stopping ---------------------------------------------------------------------------------------------------- */

static void
test_cancel_queued(void **state)
{
	(void)state;
	(void)world_submit("1");
	cells_cancel(world.call[0], HOSPES_ECANCELLED);
	assert_int_equal(world.told[0].status, HOSPES_ECANCELLED);
	assert_int_equal(world.told[0].losses, 1);
}

static void
test_cancel_with_reply(void **state)
{
	struct wire_frame head;
	uint64_t h[1];
	struct guest *g = calls_in_cell(1, h);

	(void)state;
	park(g, h[0]);
	cells_cancel(world.call[0], HOSPES_EDEADLINE);
	cells_cancel(world.call[0], HOSPES_ECANCELLED);
	world_turn();
	assert_true(guest_hears(g, &head, NULL, 0));
	assert_int_equal(head.type, WIRE_CANCEL);
	assert_int_equal(head.status, HOSPES_EDEADLINE);
	assert_false(guest_hears(g, &head, NULL, 0));
	guest_reply(g, h[0], HOSPES_EDEADLINE, "cleaned up");
	world_turn();
	assert_int_equal(world.told[0].replies, 1);
	assert_string_equal(world.told[0].text, "cleaned up");
	assert_true(TAILQ_EMPTY(&world.cells->graces));
}

static void
test_cancel_without_reply(void **state)
{
	uint64_t h[1], other;
	struct guest *g = calls_in_cell(1, h);

	(void)state;
	world.policy->kill_grace_ns = 0;
	cells_cancel(world.call[0], HOSPES_ECANCELLED);
	world_turn();
	assert_int_equal(world.told[0].losses, 1);
	assert_int_equal(world.told[0].status, HOSPES_ECANCELLED);
	/* what still comes for it is passed over, and the cell goes on */
	guest_op(g, h[0], 0, WIRE_OP_CALL, WIRE_OP_WAITS, "other", "1");
	guest_send(g, WIRE_LOG, h[0], WIRE_NO_ORDINAL, 1, "x", 1);
	guest_reply(g, h[0], 0, "\"late\"");
	world_turn();
	assert_false(g->kill_asked);
	assert_int_equal(world.told[0].ops + world.told[0].replies + world.told[0].logs, 0);
	(void)world_submit("2");
	guest_hears_all(g, WIRE_START, &other, 1);
	guest_reply(g, other, 0, "2");
	world_turn();
	assert_int_equal(world.told[1].replies, 1);
	/* its reply has come: now the handle is foreign */
	guest_reply(g, h[0], 0, "\"later\"");
	world_turn();
	assert_true(g->kill_asked);
}

static void
test_cancelled_is_not_replayed(void **state)
{
	uint64_t h[1];
	struct guest *g = calls_in_cell(1, h);

	(void)state;
	park(g, h[0]);
	cells_cancel(world.call[0], HOSPES_ECANCELLED);
	guest_die(g, SIGKILL);
	assert_int_equal(world.told[0].status, HOSPES_ECANCELLED);
	assert_int_equal(world.told[0].losses, 1);
}

/* ---- Silence ----------------------------------------------------------------------------------------------------- */

static void
look(int64_t wall_ns, int64_t cpu_ns)
{
	world_mono += wall_ns;
	world_cpu += cpu_ns;
	watchdog_look(world.cells);
	world_turn();
}

static void
test_stuck(void **state)
{
	uint64_t h[1];
	struct guest *g = calls_in_cell(1, h);

	(void)state;
	for (unsigned times = 0; times < 2; times++) {
		g = guest(times);
		if (times > 0) {
			guest_ready(g);
			assert_int_equal(guest_hears_all(g, WIRE_START, h, 1), 1);
		}
		atomic_store(&g->page->current, h[0]);
		look(NS_PER_S, 0);
		look(NS_PER_S, NS_PER_S);
		look(NS_PER_S, NS_PER_S);
		assert_false(g->kill_asked);
		look(NS_PER_S, NS_PER_S);
		assert_true(g->kill_asked);
		guest_die(g, SIGKILL);
	}
	assert_int_equal(world.told[0].status, HOSPES_ESTUCK);
	assert_non_null(strstr(world.told[0].text, "2000 ms"));
}

/* Frames show that it lives, and so does waiting without the CPU. */
static void
test_busy_is_not_stuck(void **state)
{
	struct wire_pong pong = {0};
	uint64_t h[1];
	struct guest *g = calls_in_cell(1, h);

	(void)state;
	for (int i = 0; i < 20; i++) {
		guest_send(g, WIRE_LOG, h[0], WIRE_NO_ORDINAL, 1, "x", 1);
		world_turn();
		look(NS_PER_S, NS_PER_S);
	}
	park(g, h[0]);
	for (int i = 0; i < 100; i++) {
		guest_send(g, WIRE_PONG, 0, WIRE_NO_ORDINAL, 0, &pong, sizeof(pong));
		world_turn();
		look(NS_PER_S, 0);
	}
	assert_false(g->kill_asked);
}

/* Many short calls that say nothing until all had their turn are not one that never ends; a lie does not last. */
static void
test_turns_are_not_silence(void **state)
{
	uint64_t h[2];
	struct guest *g = calls_in_cell(2, h);

	(void)state;
	for (int i = 0; i < 15; i++) {
		atomic_store(&g->page->current, h[i % 2]);
		look(NS_PER_S / 10, NS_PER_S);
		assert_false(g->kill_asked);
	}
	for (int i = 0; i < 10; i++) {
		atomic_store(&g->page->current, h[i % 2]);
		look(NS_PER_S / 10, NS_PER_S);
	}
	assert_true(g->kill_asked);
}

static void
test_no_pong(void **state)
{
	struct wire_frame head;
	uint64_t h[1];
	struct guest *g = calls_in_cell(1, h);

	(void)state;
	park(g, h[0]);
	look(NS_PER_S, 0);
	assert_true(guest_hears(g, &head, NULL, 0));
	assert_int_equal(head.type, WIRE_PING);
	for (int i = 0; i < 10; i++)
		look(NS_PER_S, 0);
	assert_false(g->kill_asked);
	look(NS_PER_S, 0);
	assert_true(g->kill_asked);
}

/* What it computed after the ping excuses it for as long as it computes, and not for ever. */
static void
test_no_pong_after_computing(void **state)
{
	uint64_t h[1];
	struct guest *g = calls_in_cell(1, h);

	(void)state;
	park(g, h[0]);
	look(NS_PER_S, 0);
	look(NS_PER_S, NS_PER_S);
	for (int i = 0; i < 10; i++)
		look(NS_PER_S, 0);
	assert_false(g->kill_asked);
	look(NS_PER_S, 0);
	assert_true(g->kill_asked);
}

/* Pongs that nobody asked for are no sign of life. */
static void
test_pongs_unasked(void **state)
{
	struct wire_pong pong = {0};
	uint64_t h[1];
	struct guest *g = calls_in_cell(1, h);

	(void)state;
	world.policy->kill_grace_ns = 0;
	cells_cancel(world.call[0], HOSPES_ECANCELLED);
	world_turn();
	for (int i = 0; i < 5 && !g->kill_asked; i++) {
		guest_send(g, WIRE_PONG, 0, WIRE_NO_ORDINAL, 0, &pong, sizeof(pong));
		world_turn();
		look(NS_PER_S, NS_PER_S);
	}
	assert_true(g->kill_asked);
}

/* The machine was paused, not the cell. */
static void
test_pause(void **state)
{
	uint64_t h[1];
	struct guest *g = calls_in_cell(1, h);

	(void)state;
	park(g, h[0]);
	look(NS_PER_S, 0);
	look(3600 * NS_PER_S, 0);
	assert_false(g->kill_asked);
}

/* A call that was given up and still computes: what it says does not count as a sign of life. */
static void
test_gone_and_computing(void **state)
{
	uint64_t h[1];
	struct guest *g = calls_in_cell(1, h);

	(void)state;
	world.policy->kill_grace_ns = 0;
	cells_cancel(world.call[0], HOSPES_ECANCELLED);
	world_turn();
	for (int i = 0; i < 5; i++) {
		guest_send(g, WIRE_LOG, h[0], WIRE_NO_ORDINAL, 1, "x", 1);
		world_turn();
		look(NS_PER_S, NS_PER_S);
	}
	assert_true(g->kill_asked);
}

static void
test_does_not_leave(void **state)
{
	static const uint8_t object[32] = {7};
	uint64_t h[1];
	struct guest *g = calls_in_cell(1, h);

	(void)state;
	guest_reply(g, h[0], 0, "1");
	world_turn();
	cells_retire(world.cells, object, 0);
	look(NS_PER_S, 0);
	assert_false(g->kill_asked);
	look(3 * NS_PER_S, 0);
	assert_true(g->kill_asked);
}

/* ---- Uids -------------------------------------------------------------------------------------------------------- */

static void
test_uids(void **state)
{
	uint64_t h[1];
	struct guest *g;

	(void)state;
	world.cells->own_uids = true;
	world.policy->cell_uids = 2;
	g = calls_in_cell(1, h);
	world.run.client = (char *)"uid:2";
	(void)world_submit("2");
	assert_int_not_equal(g->request.uid, guest(1)->request.uid);
	/* a third pool finds none, until an idle cell of another has made room */
	guest_reply(g, h[0], 0, "1");
	world_turn();
	world.run.client = (char *)"uid:3";
	(void)world_submit("3");
	assert_int_equal(guests(), 2);
	assert_int_equal(guest_hears_all(g, WIRE_STOP, h, 1), 1);
	guest_die(g, 0);
	assert_int_equal(guests(), 3);
	assert_int_equal(guest(2)->request.uid, g->request.uid);
}

/* ---- The spawner ------------------------------------------------------------------------------------------------- */

static void
test_spawner_gone(void **state)
{
	uint64_t h[1];
	struct guest *g = calls_in_cell(1, h);

	(void)state;
	event_del(world.spawner_in);
	shutdown(world.spawner, SHUT_RDWR);
	world_turn();
	/* what runs goes on, what would need a new cell is told why not */
	world.run.client = (char *)"uid:2";
	(void)world_submit("2");
	assert_int_equal(world.told[1].status, HOSPES_EIO);
	assert_non_null(strstr(world.told[1].text, "spawner"));
	guest_reply(g, h[0], 0, "1");
	world_turn();
	assert_int_equal(world.told[0].status, 0);
}

/* ---- Chaos ------------------------------------------------------------------------------------------------------- */

/* One random thing that a cell may do with one of the calls it was given. */
static void
chaos_step(struct guest *g, unsigned i)
{
	struct call *call = world.call[i];

	if (call == NULL || call->cell == NULL || call->cell->id != g->request.id || g->dead || g->kill_asked)
		return;
	switch (rand() % 8) {
	case 0:
		guest_reply(g, call->handle, 0, "1");
		break;
	case 1:
		guest_die(g, rand() % 2 ? SIGKILL : SIGSEGV);
		break;
	case 2:
		if (rand() % 8 == 0)
			guest_send(g, (uint16_t)(rand() % 100), call->handle, 0, 0, NULL, 0);
		break;
	case 3:
		if (rand() % 4 == 0)
			cells_cancel(call, HOSPES_ECANCELLED);
		break;
	default:
		if (call->state == CALL_RUNNING)
			guest_op(g, call->handle, call->reissued, WIRE_OP_NOW, WIRE_OP_WAITS, "", "");
	}
	world_turn();
}

/* Whatever cells do, every call is told of exactly one end. */
static void
test_chaos(void **state)
{
	const char *given = getenv("SEED");
	unsigned seed = given != NULL ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	world.policy->kill_grace_ns = 0;
	world.answer_at_once = true;
	for (unsigned i = 0; i < 30; i++)
		(void)world_submit("1");
	for (unsigned steps = 0; steps < 3000 && guests() < WORLD_GUESTS - 20; steps++) {
		struct guest *g = guest((unsigned)rand() % guests());

		if (g->dead)
			continue;
		if (g->kill_asked)
			guest_die(g, SIGKILL);
		else if (g->page->report_len == 0) {
			g->page->report_len = 1; /* our mark: it has been made ready */
			guest_ready(g);
		} else
			chaos_step(g, (unsigned)rand() % 30);
	}
	for (unsigned i = 0; i < 30; i++)
		assert_int_equal(world.told[i].replies + world.told[i].losses, world.call[i] == NULL ? 1 : 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_innocents_begin_again),
	    T(test_killed_from_outside),
	    T(test_suspect_runs_alone),
	    T(test_poison),
	    T(test_lines_are_told_once),
	    T(test_quarantine_killed_while_parked),
	    T(test_killed_in_quarantine),
	    T(test_nobody_did_it),
	    T(test_page_names_a_suspect),
	    T(test_no_endless_innocence),
	    T(test_violation_alone),
	    T(test_last_words),
	    T(test_dies_in_mid_frame),
	    T(test_many_suspects),
	    T(test_parked_suspects_make_room),
	    T(test_cancel_queued),
	    T(test_cancel_with_reply),
	    T(test_cancel_without_reply),
	    T(test_cancelled_is_not_replayed),
	    T(test_stuck),
	    T(test_busy_is_not_stuck),
	    T(test_turns_are_not_silence),
	    T(test_no_pong),
	    T(test_no_pong_after_computing),
	    T(test_pongs_unasked),
	    T(test_pause),
	    T(test_gone_and_computing),
	    T(test_does_not_leave),
	    T(test_uids),
	    T(test_spawner_gone),
	    T(test_chaos),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
