/* Frames over the page that host and cell share: the host's side, with cells that keep to the rules and cells that do not. */

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

#include "cell_world.h"
#include "mail.h"

static uint32_t heard; /* bytes that the one guest took from its socket */

static int
setup(void **state)
{
	if (world_setup(state) != 0)
		return -1;
	world.cells->serves = true;
	world.cells->cpus = 2;
	heard = 0;
	return 0;
}

static int
teardown(void **state)
{
	world.cells->serves = false;
	return world_teardown(state);
}

/* Turns the loop and looks, without time going by. */
static void
turn(void)
{
	world_turn();
	(void)spin_look(world.cells);
	world_turn();
}

/* The next frame over the socket, if any; counted. */
static bool
hears(struct guest *g, struct wire_frame *head)
{
	char body[512];

	if (!guest_hears(g, head, body, sizeof(body)))
		return false;
	heard += (uint32_t)sizeof(*head) + head->length;
	return true;
}

static struct guest *
one_call(unsigned *i, uint64_t *handle)
{
	struct wire_frame head = {0};
	struct guest *g;

	*i = world_submit("{\"a\":1}");
	g = guest(guests() - 1);
	guest_ready(g);
	while (head.type != WIRE_START)
		assert_true(hears(g, &head));
	*handle = head.call;
	return g;
}

static size_t
frame(uint8_t *to, uint16_t type, uint64_t call, const void *body, size_t len)
{
	struct wire_frame head = {.length = (uint32_t)len, .type = type, .call = call, .ordinal = WIRE_NO_ORDINAL};

	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), body, len);
	return sizeof(head) + len;
}

static size_t
reply(uint8_t *to, uint64_t call, const char *value)
{
	struct wire_reply head = {.confidence = 1};
	uint8_t body[sizeof(head) + 64];

	memcpy(body, &head, sizeof(head));
	memcpy(body + sizeof(head), value, strlen(value));
	return frame(to, WIRE_REPLY, call, body, sizeof(head) + strlen(value));
}

static void
test_from_cell(void **state)
{
	uint8_t bytes[256] = {0};
	uint64_t handle;
	unsigned i;
	struct guest *g = one_call(&i, &handle);
	size_t len = reply(bytes, handle, "17");

	(void)state;
	assert_int_equal(atomic_load(&g->page->host_looks), 1);
	/* In two halves: it is a stream as the socket is. */
	assert_true(mail_put(&g->page->to_host, bytes, 30));
	assert_false(mail_put(&g->page->to_host, bytes, 30));
	turn();
	assert_int_equal(world.told[i].replies, 0);
	assert_true(mail_put(&g->page->to_host, bytes + 30, len - 30));
	turn();
	assert_string_equal(world.told[i].text, "17");
	assert_int_equal(atomic_load(&g->page->to_host.len), 0);
}

/* What is in the box was said before what is in the socket. */
static void
test_order(void **state)
{
	static const struct wire_op now = {.kind = WIRE_OP_NOW};
	struct wire_frame head = {.type = WIRE_OP, .ordinal = 0, .length = sizeof(now)};
	uint8_t bytes[256] = {0};
	uint64_t handle;
	unsigned i;
	struct guest *g = one_call(&i, &handle);

	(void)state;
	head.call = handle;
	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), &now, sizeof(now));
	assert_true(mail_put(&g->page->to_host, bytes, sizeof(head) + sizeof(now)));
	guest_op(g, handle, 1, WIRE_OP_NOW, 0, "", "");
	guest_reply(g, handle, 0, "18");
	turn();
	assert_int_equal(world.told[i].ops, 2);
	assert_string_equal(world.told[i].text, "18");
}

/* Before it sleeps it takes its word back, and looks once more. */
static void
test_before_sleep(void **state)
{
	uint8_t bytes[256] = {0};
	uint64_t handle;
	unsigned i;
	struct guest *g = one_call(&i, &handle);

	(void)state;
	world_mono += NS_PER_S;
	assert_true(mail_put(&g->page->to_host, bytes, frame(bytes, WIRE_LOG, handle, "a", 1)));
	assert_true(spin_look(world.cells));
	assert_int_equal(world.told[i].logs, 1);
	world_mono += NS_PER_S;
	assert_false(spin_look(world.cells));
	assert_int_equal(atomic_load(&g->page->host_looks), 0);
	assert_int_equal(atomic_load(&g->page->may_look), 0);
}

static struct wire_page *late_page;
static uint64_t late_call;

/* Long after the last frame; when it is asked for the time, a cell has just left something. */
static int64_t
late(void)
{
	uint8_t bytes[64] = {0};
	size_t len = frame(bytes, WIRE_LOG, late_call, "a", 1);

	if (late_page != NULL && mail_put(&late_page->to_host, bytes, len))
		late_page = NULL;
	return world_mono;
}

/* What comes after the first look and before the word is taken back. */
static void
test_between(void **state)
{
	unsigned i;
	struct guest *g = one_call(&i, &late_call);

	(void)state;
	late_page = g->page;
	world_mono += NS_PER_S;
	world.cells->mono_ns = late;
	assert_true(spin_look(world.cells));
	assert_null(late_page);
	assert_int_equal(world.told[i].logs, 1);
}

/* It left a batch there and is gone. */
static void
test_last_words(void **state)
{
	uint8_t bytes[256] = {0};
	uint64_t handle;
	unsigned i;
	struct guest *g = one_call(&i, &handle);

	(void)state;
	assert_true(mail_put(&g->page->to_host, bytes, reply(bytes, handle, "19")));
	guest_die(g, SIGSEGV);
	assert_int_equal(world.told[i].replies, 1);
	assert_string_equal(world.told[i].text, "19");
}

/* Lengths out of bounds are an empty box, and do not keep the loop from sleeping. */
static void
test_lengths(void **state)
{
	static const uint32_t lengths[] = {WIRE_MAIL_MAX + 1, MAIL_TAKEN, INT32_MAX, 1u << 31};
	uint64_t handle;
	unsigned i;
	struct guest *g = one_call(&i, &handle);

	(void)state;
	memset(g->page->to_host.bytes, 0xff, WIRE_MAIL_MAX);
	for (size_t k = 0; k < ARRAY_LEN(lengths); k++) {
		atomic_store(&g->page->to_host.len, lengths[k]);
		turn();
		world_mono += NS_PER_S;
		assert_false(spin_look(world.cells));
	}
	guest_reply(g, handle, 0, "20");
	turn();
	assert_string_equal(world.told[i].text, "20");
}

/* Frames from there are judged as others are. */
static void
test_garbage(void **state)
{
	uint8_t bytes[WIRE_MAIL_MAX] = {0};
	uint64_t handle;
	unsigned i;
	struct guest *g = one_call(&i, &handle);

	(void)state;
	memset(bytes, 0x5a, sizeof(bytes));
	assert_true(mail_put(&g->page->to_host, bytes, sizeof(bytes)));
	turn();
	assert_true(g->kill_asked);
	assert_int_equal(atomic_load(&g->page->host_looks), 0);
}

/* Not before it is ready: its first frames come with its credentials. */
static void
test_too_soon(void **state)
{
	static const struct wire_hello hello = {WIRE_VERSION, LAYERS_REQUIRED};
	uint8_t bytes[64] = {0};
	struct guest *g;

	(void)state;
	(void)world_submit("{}");
	g = guest(guests() - 1);
	assert_true(mail_put(&g->page->to_host, bytes, frame(bytes, WIRE_HELLO, 0, &hello, sizeof(hello))));
	guest_hello(g);
	turn();
	assert_int_not_equal(atomic_load(&g->page->to_host.len), 0);
	assert_false(g->kill_asked);
}

/* A cell that is awake finds the next call in its box; what was said before and is still there is taken back when it
 * sleeps, and all comes over the socket in order. */
static void
test_to_cell(void **state)
{
	uint8_t got[WIRE_MAIL_MAX];
	struct wire_frame head;
	uint64_t handle, second;
	unsigned i;
	struct guest *g = one_call(&i, &handle);

	(void)state;
	atomic_store(&g->page->cell_heard, heard);
	atomic_store(&g->page->cell_looks, 1);
	(void)world_submit("{\"b\":2}");
	turn();
	assert_false(hears(g, &head));
	assert_true(mail_take(&g->page->to_cell, got) > sizeof(head));
	memcpy(&head, got, sizeof(head));
	assert_int_equal(head.type, WIRE_START);
	assert_int_not_equal(head.call, handle);

	(void)world_submit("{\"c\":3}");
	turn();
	assert_true(mail_there(&g->page->to_cell));
	memcpy(&head, g->page->to_cell.bytes, sizeof(head));
	second = head.call;
	atomic_store(&g->page->cell_looks, 0);
	(void)world_submit("{\"d\":4}");
	turn();
	assert_false(mail_there(&g->page->to_cell));
	assert_true(hears(g, &head));
	assert_int_equal(head.call, second);
	assert_true(hears(g, &head));
	assert_int_equal(head.type, WIRE_START);
	assert_int_not_equal(head.call, second);
	assert_false(hears(g, &head));
}

/* Nothing overtakes what is still in its socket. */
static void
test_unread(void **state)
{
	struct wire_frame head;
	uint64_t handle;
	unsigned i;
	struct guest *g = one_call(&i, &handle);

	(void)state;
	atomic_store(&g->page->cell_heard, heard - 1);
	atomic_store(&g->page->cell_looks, 1);
	(void)world_submit("{\"b\":2}");
	turn();
	assert_false(mail_there(&g->page->to_cell));
	assert_true(hears(g, &head));
	assert_int_equal(head.type, WIRE_START);
}

/* A cell that fills its box again and again does not keep the loop from anything else. */
static void
test_flood(void **state)
{
	uint8_t bytes[64] = {0};
	uint64_t handle;
	unsigned i;
	struct guest *g = one_call(&i, &handle);
	size_t len = frame(bytes, WIRE_LOG, handle, "x", 1);

	(void)state;
	for (unsigned k = 0; k < 100; k++) {
		assert_true(mail_put(&g->page->to_host, bytes, len));
		assert_true(spin_look(world.cells));
	}
	assert_int_equal(world.told[i].logs, 100);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_from_cell),
	    T(test_order),
	    T(test_before_sleep),
	    T(test_between),
	    T(test_last_words),
	    T(test_lengths),
	    T(test_garbage),
	    T(test_too_soon),
	    T(test_to_cell),
	    T(test_unread),
	    T(test_flood),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
