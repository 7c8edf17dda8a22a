/* Calls whose cell dies, and who is taken for the one that did it. */

#include "cell_world.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

static void
test_innocents_begin_again(void **state)
{
	struct wire_frame head;
	uint64_t h[3], again[3];
	struct guest *g = guest_with_calls(3, h);

	(void)state;
	for (int i = 0; i < 3; i++)
		guest_waits(g, h[i]);
	world_outcome(1, 0, 0, "\"recorded\"");
	guest_waits(g, h[1]); /* nothing: an op 0 was there already */
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
	struct guest *g = guest_with_calls(2, h);

	(void)state;
	for (int times = 0; times < 5; times++) {
		guest_waits(g, h[0]);
		guest_waits(g, h[1]);
		guest_die(g, SIGKILL);
		g = guest(guests() - 1);
		guest_begins(g, h, 2);
	}
	assert_int_equal(world.call[0]->deaths, 0);
	assert_int_equal(world.told[0].losses + world.told[1].losses, 0);
}

static void
test_suspect_runs_alone(void **state)
{
	uint64_t h[3], one;
	struct guest *g = guest_with_calls(3, h), *pool, *alone;

	(void)state;
	guest_waits(g, h[0]);
	guest_waits(g, h[1]);
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
	struct guest *g = guest_with_calls(1, h);

	(void)state;
	guest_die(g, SIGSEGV);
	assert_int_equal(world.told[0].losses, 0);
	g = guest(1);
	guest_begins(g, h, 1);
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
	struct guest *g = guest_with_calls(1, h);

	(void)state;
	guest_send(g, WIRE_LOG, h[0], WIRE_NO_ORDINAL, LOG_LEVEL_INFO, "one", 3);
	guest_send(g, WIRE_LOG, h[0], WIRE_NO_ORDINAL, LOG_LEVEL_INFO, "two", 3);
	world_turn();
	assert_int_equal(world.told[0].logs, 2);
	guest_die(g, SIGSEGV);
	assert_int_equal(world.told[0].logs, 3); /* how it died */
	g = guest(1);
	guest_begins(g, h, 1);
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
	struct guest *g = guest_with_calls(1, h);

	(void)state;
	guest_die(g, SIGSEGV);
	for (int times = 1; times < 8; times++) {
		g = guest((unsigned)times);
		guest_begins(g, h, 1);
		guest_waits(g, h[0]);
		guest_die(g, SIGKILL);
	}
	assert_int_equal(world.told[0].losses, 0);
}

/* What eats memory is ended by the kernel with SIGKILL: a few chances, then it is poison. */
static void
test_killed_in_quarantine(void **state)
{
	uint64_t h[1];
	struct guest *g = guest_with_calls(1, h);

	(void)state;
	guest_die(g, SIGKILL);
	for (unsigned times = 1; times <= OUTSIDE_KILLS; times++) {
		assert_int_equal(world.told[0].losses, 0);
		g = guest(times);
		guest_begins(g, h, 1);
		guest_die(g, SIGKILL);
	}
	assert_int_equal(world.told[0].status, HOSPES_EPOISON);
}

/* A cell that lies: all parked, nobody on the page, dead of itself.  Then it may have been anybody. */
static void
test_nobody_did_it(void **state)
{
	uint64_t h[2];
	struct guest *g = guest_with_calls(2, h);

	(void)state;
	guest_waits(g, h[0]);
	guest_waits(g, h[1]);
	guest_die(g, SIGSEGV);
	assert_true(world.call[0]->quarantined);
	assert_true(world.call[1]->quarantined);
}

static void
test_page_names_a_suspect(void **state)
{
	uint64_t h[2];
	struct guest *g = guest_with_calls(2, h);

	(void)state;
	guest_waits(g, h[0]);
	guest_waits(g, h[1]);
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
	struct guest *g = guest_with_calls(1, h);

	(void)state;
	for (int times = 0; times < 100 && world.call[0] != NULL; times++) {
		guest_waits(g, h[0]);
		guest_die(g, SIGKILL);
		if (world.call[0] == NULL)
			break;
		g = guest(guests() - 1);
		guest_begins(g, h, 1);
	}
	assert_int_equal(world.told[0].status, HOSPES_EPOISON);
}

static void
test_violation_alone(void **state)
{
	uint64_t h[1];
	struct guest *g = guest_with_calls(1, h);

	(void)state;
	for (unsigned times = 0; times < 2; times++) {
		g = guest(times);
		if (times > 0)
			guest_begins(g, h, 1);
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
	struct guest *g = guest_with_calls(2, h);

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
	struct guest *g = guest_with_calls(1, h);

	(void)state;
	head.call = h[0];
	guest_bytes(g, &head, sizeof(head));
	guest_bytes(g, half, 500 * 1000);
	guest_die(g, SIGSEGV);
	assert_int_equal(world.told[0].replies, 0);
	guest_begins(guest(1), h, 1);
}

/* Many suspects: a few quarantine cells at a time, every call ends. */
static void
test_many_suspects(void **state)
{
	uint64_t h[40];
	struct guest *g = guest_with_calls(40, h);
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
	struct guest *g = guest_with_calls(10, h);

	(void)state;
	guest_die(g, SIGSEGV);
	for (unsigned at = 1; at <= 10; at++) {
		guest_begins(guest(at), h, 1);
		guest_waits(guest(at), h[0]);
	}
	assert_int_equal(guests(), 11);
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
	g = guest_with_calls(1, h);
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
	struct guest *g = guest_with_calls(1, h);

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

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup_one_cell, world_teardown)

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
	    T(test_uids),
	    T(test_spawner_gone),
	    T(test_chaos),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
