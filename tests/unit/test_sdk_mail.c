/* Frames over the page that host and cell share: the cell's side. */

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#include "mail.h"
#include "sdk_host.h"

/* The handler stays in its call until the test lets it go. */
static struct {
	_Atomic uint32_t in, go;
} * gate;

static int
gated(hospes_ctx *ctx)
{
	atomic_fetch_add(&gate->in, 1);
	while (atomic_load(&gate->go) == 0)
		sched_yield();
	return hospes_reply(ctx, json_string("done"));
}

static int
setup(void **state)
{
	(void)state;
	gate = mmap(NULL, sizeof(*gate), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return gate == MAP_FAILED ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	return munmap(gate, sizeof(*gate));
}

static void
wait_for(const _Atomic uint32_t *what, bool there)
{
	time_t end = time(NULL) + 20;

	while ((atomic_load(what) != 0) != there) {
		assert_true(time(NULL) < end);
		sched_yield();
	}
}

/* START as host_call sends it. */
static size_t
start(uint8_t *to, uint64_t call)
{
	static const char run[] = "01HZZZZZZZZZZZZZZZZZZZZZZZ", path[] = "/0/3";
	struct wire_start head = {.config_len = 2, .run_len = 26, .path_len = 4};
	struct wire_frame frame = {
	    .type = WIRE_START, .call = call, .ordinal = WIRE_NO_ORDINAL, .length = sizeof(head) + 2 + 26 + 4 + 2};
	uint8_t *at = to;

	at = (uint8_t *)memcpy(at, &frame, sizeof(frame)) + sizeof(frame);
	at = (uint8_t *)memcpy(at, &head, sizeof(head)) + sizeof(head);
	at = (uint8_t *)memcpy(at, "{}", 2) + 2;
	at = (uint8_t *)memcpy(at, run, 26) + 26;
	at = (uint8_t *)memcpy(at, path, 4) + 4;
	at = (uint8_t *)memcpy(at, "{}", 2) + 2;
	return (size_t)(at - to);
}

/* While the cell works it says that it will look; what lies in its box then is served before it sleeps. */
static void
test_to_cell(void **state)
{
	uint8_t bytes[128];
	struct host host;

	(void)state;
	host_start(&host, gated, 4);
	host_call(&host, 1, "{}", "{}");
	wait_for(&gate->in, true);
	assert_int_equal(atomic_load(&host.page->cell_looks), 1);
	assert_int_equal(atomic_load(&host.page->cell_heard), start(bytes, 1));
	assert_true(mail_put(&host.page->to_cell, bytes, start(bytes, 2)));
	atomic_store(&gate->go, 1);
	host_expect_reply(&host, 1, 0, "\"done\"");
	host_expect_reply(&host, 2, 0, "\"done\"");
	wait_for(&host.page->cell_looks, false);
	assert_int_equal(atomic_load(&host.page->to_cell.len), 0);
	host_stop(&host);
}

/* The reply of its call 1 is in the box of a host that looks. */
static void
start_and_look(struct host *host)
{
	host_start(host, gated, 4);
	atomic_store(&gate->go, 1);
	atomic_store(&host->page->host_looks, 1);
	host_call(host, 1, "{}", "{}");
	wait_for(&host->page->to_host.len, true);
}

/* A host that looks finds the reply in its box.  When it does not take it and looks no more, it comes over the socket, before
 * what was said later. */
static void
test_to_host(void **state)
{
	uint8_t got[WIRE_MAIL_MAX];
	struct wire_frame frame;
	struct host host;

	(void)state;
	start_and_look(&host);
	assert_true(mail_take(&host.page->to_host, got) > sizeof(frame));
	memcpy(&frame, got, sizeof(frame));
	assert_int_equal(frame.type, WIRE_REPLY);
	assert_int_equal(frame.call, 1);

	host_call(&host, 2, "{}", "{}");
	wait_for(&host.page->to_host.len, true);
	atomic_store(&host.page->host_looks, 0);
	host_call(&host, 3, "{}", "{}");
	host_expect_reply(&host, 2, 0, "\"done\"");
	host_expect_reply(&host, 3, 0, "\"done\"");
	assert_int_equal(atomic_load(&host.page->to_host.len), 0);
	host_stop(&host);
}

/* Nothing overtakes what the host has not received. */
static void
test_unread(void **state)
{
	struct host host;

	(void)state;
	host_start(&host, gated, 4);
	atomic_store(&gate->go, 1);
	host_call(&host, 1, "{}", "{}");
	host_expect_reply(&host, 1, 0, "\"done\"");
	atomic_store(&host.page->host_looks, 1); /* host_heard stays 0 */
	host_call(&host, 2, "{}", "{}");
	host_expect_reply(&host, 2, 0, "\"done\"");
	assert_int_equal(atomic_load(&host.page->to_host.len), 0);
	host_stop(&host);
}

/* It leaves over the socket, whatever lies in the box. */
static void
test_stop(void **state)
{
	struct host host;

	(void)state;
	start_and_look(&host);
	host_send(&host, WIRE_STOP, 0, WIRE_NO_ORDINAL, 0, NULL, 0);
	host_expect_reply(&host, 1, 0, "\"done\"");
	assert_int_equal(atomic_load(&host.page->to_host.len), 0);
	host_kill(&host);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {T(test_to_cell), T(test_to_host), T(test_unread), T(test_stop)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
