/* What a service manager is told, over a real datagram socket. */

#include "cmocka_all.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "notify.h"
#include "scratch.h"

static int manager = -1; /* the manager's end */
static char *folder;

/* Binds the manager's socket: a path, or behind an `@` a name in no folder. */
static void
manage(const char *name)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = 10};
	size_t len = strlen(name);

	memcpy(at.sun_path, name, len + 1);
	if (name[0] == '@')
		at.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(manager >= 0);
	setsockopt(manager, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	assert_int_equal(
	    bind(manager, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)), 0);
	setenv("NOTIFY_SOCKET", name, 1);
}

static void
hears(const char *expected)
{
	char text[512];
	ssize_t n = recv(manager, text, sizeof text - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	assert_string_equal(text, expected);
}

static void
hears_nothing(void)
{
	char text[512];

	assert_int_equal(recv(manager, text, sizeof text, MSG_DONTWAIT), -1);
}

static int
set_up(void **state)
{
	_cleanup_(free_p) char *path = NULL;

	(void)state;
	folder = scratch_new();
	path = xasprintf("%s/notify", folder);
	manage(path);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	if (manager >= 0)
		close(manager);
	scratch_free(&folder);
	return 0;
}

static void
states(void **state)
{
	struct notify n;
	char text[512];
	ssize_t len;

	(void)state;
	notify_open(&n);
	assert_null(getenv("NOTIFY_SOCKET"));
	notify_ready(&n, "Serving on /run/x");
	hears("READY=1\nSTATUS=Serving on /run/x");
	notify_reloading(&n, "Reading");
	len = recv(manager, text, sizeof text - 1, 0);
	assert_true(len > 0);
	text[len] = '\0';
	assert_int_equal(strncmp(text, "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
	assert_non_null(strstr(text, "\nSTATUS=Reading"));
	notify_stopping(&n, "Bye");
	hears("STOPPING=1\nSTATUS=Bye");
	notify_close(&n);
	assert_int_equal(n.fd, -1);
}

static void
name_in_no_folder(void **state)
{
	_cleanup_(free_p) char *name = xasprintf("@hospes-unit-%d", (int)getpid());
	struct notify n;

	(void)state;
	close(manager);
	manage(name);
	notify_open(&n);
	notify_ready(&n, "Up");
	hears("READY=1\nSTATUS=Up");
	notify_close(&n);
}

static void
nobody(void **state)
{
	static const char *const bad[] = {"", "relative/socket", "@", "/",
	    "/012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
	    "5678"};
	struct notify n;

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	setenv("WATCHDOG_USEC", "20000", 1);
	notify_open(&n);
	assert_int_equal(n.fd, -1);
	notify_ready(&n, "to nobody");
	notify_close(&n);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		setenv("NOTIFY_SOCKET", bad[i], 1);
		notify_open(&n);
		assert_int_equal(n.fd, -1);
		notify_close(&n);
	}
	/* One that has gone: said in the log, and nothing else comes of it. */
	setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
	notify_open(&n);
	assert_true(n.fd >= 0);
	notify_ready(&n, "to nobody");
	notify_close(&n);
}

static void
beats_come_from_the_loop(void **state)
{
	struct event_base *loop = event_base_new();
	char pid[32];
	struct notify n;

	(void)state;
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	setenv("WATCHDOG_USEC", "40000", 1);
	notify_open(&n);
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
	assert_int_equal(n.watchdog_us, 40000);
	notify_watch(&n, loop);
	hears("WATCHDOG=1");
	while (recv(manager, pid, sizeof pid, MSG_DONTWAIT) < 0)
		event_base_loop(loop, EVLOOP_ONCE);
	assert_memory_equal(pid, "WATCHDOG=1", 10);
	notify_close(&n);
	event_base_free(loop);
}

static void
watchdog_of_another(void **state)
{
	static const char *const bad[] = {"", "0", "-5", "10ms", "99999999999999999999"};
	struct event_base *loop = event_base_new();
	_cleanup_(free_p) char *name = xstrdup(getenv("NOTIFY_SOCKET"));
	struct notify n;

	(void)state;
	setenv("WATCHDOG_PID", "1", 1);
	setenv("WATCHDOG_USEC", "40000", 1);
	notify_open(&n);
	assert_int_equal(n.watchdog_us, 0);
	notify_watch(&n, loop);
	hears_nothing();
	notify_close(&n);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		setenv("NOTIFY_SOCKET", name, 1);
		setenv("WATCHDOG_USEC", bad[i], 1);
		notify_open(&n);
		assert_int_equal(n.watchdog_us, 0);
		notify_close(&n);
	}
	event_base_free(loop);
}

/* The queue of a manager that does not read runs full: the host is held up for a second at most, by beats not at all. */
static void
manager_that_does_not_read(void **state)
{
	struct notify n;

	(void)state;
	notify_open(&n);
	while (sendto(n.fd, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&n.to, n.to_len) == 1)
		;
	notify_ready(&n, "told to nobody");
	notify_close(&n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(states, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(name_in_no_folder, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(nobody, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(beats_come_from_the_loop, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(watchdog_of_another, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(manager_that_does_not_read, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
