/*
 * What a transfer without a grant for private addresses may reach, and what it may not even when a public server sends it
 * there.  A network namespace of its own gives the loopback device a public address, so nothing leaves the machine; where
 * namespaces are not to be had, the tests are skipped.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/util.h"
#include "webd.h"

#define PUBLIC "11.22.33.44"

static struct event_base *loop;
static struct webd_child webd;
static struct http *http;
static struct outcome o;
static bool isolated;

/* Brings up lo and gives it another address; 0 or -1. */
static int
make_network(void)
{
	struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP}, address = {.ifr_name = "lo:1"};
	struct sockaddr_in *in = (struct sockaddr_in *)&address.ifr_addr;
	int fd, rc;

	if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	in->sin_family = AF_INET;
	inet_pton(AF_INET, PUBLIC, &in->sin_addr);
	rc = ioctl(fd, SIOCSIFFLAGS, &up) != 0 || ioctl(fd, SIOCSIFADDR, &address) != 0 ? -1 : 0;
	close(fd);
	return rc;
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
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
