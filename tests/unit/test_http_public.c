/*
 * What a transfer without a grant for private addresses may reach, and what it may not even when a public server sends it
 * there.  A network namespace of its own gives the loopback device a public address, so nothing leaves the machine; where
 * namespaces are not to be had, the tests are skipped.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/util.h"
#include "webd.h"

#define PUBLIC "11.22.33.44"

static struct event_base *loop;
static struct webd_child webd;
static struct http *http;
static struct outcome o;
static bool isolated;

/* One more address for the loopback device; 0 or -1. */
static int
give_address(const char *name, const char *text)
{
	struct ifreq address = {0};
	struct sockaddr_in in = {.sin_family = AF_INET};
	_cleanup_(close_p) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (inet_pton(AF_INET, text, &in.sin_addr) != 1)
		return -1;
	snprintf(address.ifr_name, sizeof address.ifr_name, "%s", name);
	memcpy(&address.ifr_addr, &in, sizeof in);
	return ioctl(fd, SIOCSIFADDR, &address);
}

static int
make_network(void)
{
	struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	_cleanup_(close_p) int fd = -1;

	if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return ioctl(fd, SIOCSIFFLAGS, &up) != 0 ? -1 : give_address("lo:1", PUBLIC);
}

static void
get(const char *host, const char *path, bool public_only)
{
	_cleanup_(free_p) char *url = xasprintf("http://%s:%u%s", host, webd.port, path);

	if (!isolated)
		skip();
	outcome_clear(&o);
	ask(http, &webd, loop, &(struct asking){.url = url, .public_only = public_only}, &o);
}

static void
test_public_is_reached(void **state)
{
	(void)state;
	get(PUBLIC, "/text", true);
	assert_int_equal(outcome_http_status(&o), 200);
	get("185999660", "/text", true); /* the same, as one number */
	assert_int_equal(outcome_http_status(&o), 200);
}

static void
test_redirect_into_private(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f.1", "0.0.0.0"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		_cleanup_(free_p) char *path = xasprintf("/redirect?to=http://%s:%u/text", hosts[i], webd.port);

		get(PUBLIC, path, true);
		assert_int_equal(o.status, HOSPES_EADDRESS);
		assert_non_null(strstr(o.fault.text, "only public ones are granted"));
		get(PUBLIC, path, false);
		if (o.status != 0)
			fail_msg("%s: %s", hosts[i], o.fault.text);
	}
}

/* A connection that was opened with the right to private addresses is still open; nobody else may have it. */
static void
test_no_connection_is_passed_on(void **state)
{
	(void)state;
	get("127.0.0.1", "/text", false);
	assert_int_equal(outcome_http_status(&o), 200);
	get("127.0.0.1", "/text", true);
	assert_int_equal(o.status, HOSPES_EADDRESS);
	get("127.0.0.1", "/text", false);
	assert_int_equal(outcome_http_status(&o), 200);
}

/* Stands in for the first name server that this machine would ask, and never answers; -1 where that cannot be. */
static int
deaf_name_server(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(53)};
	struct timeval patience = {.tv_sec = 3};
	_cleanup_(fclose_p) FILE *f = fopen("/etc/resolv.conf", "re");
	char line[256], address[64] = "";
	int fd;

	while (f != NULL && address[0] == '\0' && fgets(line, sizeof line, f) != NULL)
		(void)sscanf(line, "nameserver %63[0-9.]", address);
	if (address[0] == '\0' || (strncmp(address, "127.", 4) != 0 && give_address("lo:2", address) != 0))
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (bind(fd, (struct sockaddr *)&in, sizeof in) == 0)
		return fd;
	close(fd);
	return -1;
}

/* The resolver's thread waits for seconds; who cancels, and with it the whole loop, does not. */
static void
test_cancel_does_not_wait_for_names(void **state)
{
	_cleanup_(close_p) int server = isolated ? deaf_name_server() : -1;
	int64_t start, took;
	char query[512];

	(void)state;
	if (server < 0)
		skip();
	outcome_clear(&o);
	ask_start(http, &webd, loop, &(struct asking){.url = "http://slow.example/"}, &o);
	event_base_loop(loop, EVLOOP_NONBLOCK);
	if (recv(server, query, sizeof query, 0) < 0) /* names are found without asking here */
		skip();
	start = clock_mono_ns();
	http_cancel(&o.transfer);
	took = clock_mono_ns() - start;
	assert_true(took < NS_PER_S);
}

static int
setup(void **state)
{
	struct http_options options = {.max_bytes = MIB, .redirects = 3, .at_once = 4};
	struct fault fault;

	(void)state;
	isolated = make_network() == 0;
	if (!isolated)
		return 0;
	loop = event_base_new();
	options.loop = loop;
	webd_start(&webd, "0.0.0.0");
	return http_open(&http, &options, &fault);
}

static int
teardown(void **state)
{
	(void)state;
	if (!isolated)
		return 0;
	outcome_clear(&o);
	http_close(&http);
	webd_stop(&webd);
	event_base_free(loop);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_public_is_reached),
	    cmocka_unit_test(test_redirect_into_private),
	    cmocka_unit_test(test_no_connection_is_passed_on),
	    cmocka_unit_test(test_cancel_does_not_wait_for_names),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
