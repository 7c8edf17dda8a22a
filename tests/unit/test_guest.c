/*
 * Cells as the host meets them: spawned, sandboxed, loaded, called, ended.  The probe has to prove every layer that this
 * machine gives, for root and for an ordinary user.
 */

#include "cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"

#include "base/fd.h"
#include "base/json.h"
#include "cell/cell.h"
#include "guest_host.h"

#define LIBEXEC       "core/cell"
#define NOBODY        65534
#define FIXTURE(name) "tests/unit/guest-" name ".so"

static char libexec[4096];

#define ALL_NS                                                                                                         \
	(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWCGROUP | CLONE_NEWUTS)

static uint32_t
proven(uid_t uid, unsigned refused)
{
	struct guest_host host;
	struct guest guest;
	struct wire_setup setup;
	struct wire_hello hello;
	struct spawn_status status;
	_cleanup_(buf_free) struct buf b = {0};
	_cleanup_(json_p) json_t *report = NULL;
	struct utsname kernel;
	json_t *layer;
	size_t i;
	char printed;

	guest_host_start_without(&host, libexec, uid, refused);
	guest_start(&host, SPAWN_PROBE, NULL, &guest);
	setup = guest_setup(&host);
	setup.required = LAYERS_REQUIRED;
	assert_int_equal(guest_load(&guest, &setup, &b).type, WIRE_READY);
	assert_true(b.len > sizeof(hello));
	memcpy(&hello, b.data, sizeof(hello));
	report = json_loadb((char *)b.data + sizeof(hello), b.len - sizeof(hello), 0, NULL);
	assert_non_null(report);
	assert_int_equal(uname(&kernel), 0);
	assert_string_equal(json_string_value(json_object_get(report, "kernel")), kernel.release);
	assert_int_equal(json_array_size(json_object_get(report, "layers")), 13);
	json_array_foreach(
	    json_object_get(report, "layers"), i, layer) if (!json_is_true(json_object_get(layer, "holds")))
	    print_message("# %s: %s: %s\n", json_string_value(json_object_get(layer, "name")),
		json_string_value(json_object_get(layer, "tried")), json_string_value(json_object_get(layer, "found")));
	guest_send(&guest, WIRE_STOP, 0, NULL, 0); /* it stays to be looked at until then */
	/* It has nothing to complain of, as of a clock that is used outside a call. */
	assert_int_equal(read(guest.log, &printed, 1), 0);
	status = guest_end(&guest);
	assert_int_equal(status.wait_status, 0);
	guest_host_stop(&host);
	return hello.layers;
}

/* What sanitizers take away, and what a user without a cgroup of his own does not have. */
static uint32_t
expected(uint32_t without)
{
	uint32_t all = (LAYER_READONLY << 1) - 1;

#ifdef HOSPES_SANITIZERS
	without |= LAYER_TSC;
#endif
	return all & ~without;
}

/* Can the ordinary user of these tests run the programs where they were built? */
static bool
nobody_may(void)
{
	char path[sizeof(libexec) + 32];
	int status;
	pid_t pid;

	if (geteuid() != 0)
		return true;
	snprintf(path, sizeof(path), "%s/hospes-cell", libexec);
	pid = fork();
	if (pid == 0)
		_exit(setuid(NOBODY) == 0 && access(path, X_OK) == 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status == 0;
}

static void
test_probe_root(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	/* A container may lack the cgroup; all else is there for root. */
	assert_int_equal(proven(0, 0) | LAYER_CGROUP, expected(0));
}

static void
test_probe_user(void **state)
{
	(void)state;
	if (!nobody_may() || access("/proc/sys/user/max_user_namespaces", F_OK) != 0)
		skip();
	assert_int_equal(proven(geteuid() == 0 ? NOBODY : 0, 0) & ~(uint32_t)LAYER_CGROUP, expected(LAYER_CGROUP));
}

/* Root needs no user namespace for the others. */
static void
test_probe_without_user_ns(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(proven(0, CLONE_NEWUSER) | LAYER_CGROUP, expected(0));
}

/* A container that gives no namespaces: those layers are absent and said to be, all required ones hold. */
static void
test_probe_without_namespaces(void **state)
{
	uint32_t spaces = LAYER_NET_NS | LAYER_PID_NS | LAYER_MOUNT_NS | LAYER_IPC_NS;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(proven(0, ALL_NS) | LAYER_CGROUP, expected(spaces));
	if (nobody_may())
		assert_int_equal(proven(NOBODY, ALL_NS), expected(spaces | LAYER_UID | LAYER_CGROUP));
}

static struct wire_frame
load(struct guest_host *host, const char *path, struct guest *guest, struct buf *b)
{
	struct wire_setup setup;

	guest_start(host, SPAWN_CELL, path, guest);
	setup = guest_setup(host);
	return guest_load(guest, &setup, b);
}

static void
test_call_and_stop(void **state)
{
	struct guest_host host;
	struct guest guest;
	_cleanup_(buf_free) struct buf b = {0};
	struct wire_frame frame;
	char log[256] = "";

	(void)state;
	guest_host_start(&host, libexec, 0);
	assert_int_equal(load(&host, FIXTURE("good"), &guest, &b).type, WIRE_READY);
	guest_call(&guest, "{\"do\": \"sum\"}");
	frame = guest_receive(&guest, &b);
	assert_int_equal(frame.type, WIRE_REPLY);
	assert_int_equal(frame.status, 0);
	assert_string_equal(buf_text(&b) + sizeof(struct wire_reply), "107");
	guest_call(&guest, "{\"do\": \"print\"}");
	assert_int_equal(guest_receive(&guest, &b).type, WIRE_REPLY);
	guest_send(&guest, WIRE_STOP, 0, NULL, 0);
	assert_int_equal(guest_receive(&guest, &b).type, WIRE_BYE);
	assert_true(read(guest.log, log, sizeof(log) - 1) > 0);
	assert_non_null(strstr(log, "a line of output\nthe exit hook ran\n"));
	assert_int_equal(guest_end(&guest).wait_status, 0);
	guest_host_stop(&host);
}

static void
refused_with(const char *path, int status, const char *says)
{
	struct guest_host host;
	struct guest guest;
	_cleanup_(buf_free) struct buf b = {0};
	struct wire_frame frame;

	guest_host_start(&host, libexec, 0);
	frame = load(&host, path, &guest, &b);
	assert_int_equal(frame.type, WIRE_FAILED);
	if (strstr(buf_text(&b), says) == NULL)
		fail_msg("%s: %s", path, buf_text(&b));
	assert_int_equal(frame.status, status);
	assert_int_equal(WEXITSTATUS(guest_end(&guest).wait_status), 1);
	guest_host_stop(&host);
}

static void
test_refused_plugins(void **state)
{
	(void)state;
	refused_with(FIXTURE("abi"), HOSPES_EABI, "abi_major: expected 1, found 2");
	refused_with(FIXTURE("symbol"), HOSPES_ESYMBOL, "hospes_plugin_v1");
	refused_with(FIXTURE("init"), HOSPES_ELOAD, "found -20 (failed)");
	refused_with(FIXTURE("init-time"), HOSPES_ENOTINCALL, "time");
	refused_with(FIXTURE("constructor"), HOSPES_ENOTINCALL, "time");
	refused_with("config.status", HOSPES_ELOAD, "dynamic loader");
}

/* A layer that is required and not there keeps the plugin from being loaded at all. */
static void
test_missing_layer(void **state)
{
	struct guest_host host;
	struct guest guest;
	struct wire_setup setup;
	_cleanup_(buf_free) struct buf b = {0};
	struct wire_frame frame;

	(void)state;
	if (geteuid() != 0 || !nobody_may())
		skip();
	guest_host_start(&host, libexec, NOBODY);
	guest_start(&host, SPAWN_CELL, FIXTURE("good"), &guest);
	setup = guest_setup(&host);
	setup.required = LAYERS_REQUIRED | LAYER_CGROUP;
	frame = guest_load(&guest, &setup, &b);
	assert_int_equal(frame.type, WIRE_FAILED);
	assert_int_equal(frame.status, HOSPES_ESANDBOX);
	assert_non_null(strstr(buf_text(&b), "`cgroup`"));
	guest_end(&guest);
	guest_host_stop(&host);
}

/* Ops go to the host: time and rand of libc give what it answers. */
static void
test_interposed(void **state)
{
	static const struct {
		const char *input;
		uint16_t kind;
		const char *answer;
		size_t len;
		const char *reply;
	} cases[] = {
	    {"{\"do\": \"time\"}", WIRE_OP_NOW, "\x00\x94\x35\x77\x00\x00\x00\x00", 8, "2"},
	    {"{\"do\": \"rand\"}", WIRE_OP_RANDOM, "\x2a\x00\x00\x00\x00\x00\x00\x00", 8, "42"},
	};
	struct guest_host host;
	struct guest guest;
	_cleanup_(buf_free) struct buf b = {0}, answer = {0};
	struct wire_outcome outcome = {.confidence = 1};
	struct wire_frame frame;
	struct wire_op op;

	(void)state;
	guest_host_start(&host, libexec, 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct wire_frame head = {.type = WIRE_OUTCOME, .call = 1};

		assert_int_equal(load(&host, FIXTURE("good"), &guest, &b).type, WIRE_READY);
		guest_call(&guest, cases[i].input);
		frame = guest_receive(&guest, &b);
		assert_int_equal(frame.type, WIRE_OP);
		memcpy(&op, b.data, sizeof(op));
		assert_int_equal(op.kind, cases[i].kind);
		buf_clear(&answer);
		head.length = (uint32_t)(sizeof(outcome) + cases[i].len);
		head.ordinal = frame.ordinal;
		buf_append(&answer, &head, sizeof(head));
		buf_append(&answer, &outcome, sizeof(outcome));
		buf_append(&answer, cases[i].answer, cases[i].len);
		assert_int_equal(write(guest.control, answer.data, answer.len), (ssize_t)answer.len);
		frame = guest_receive(&guest, &b);
		assert_int_equal(frame.type, WIRE_REPLY);
		assert_string_equal(buf_text(&b) + sizeof(struct wire_reply), cases[i].reply);
		guest_kill(&host, &guest);
		assert_int_equal(WTERMSIG(guest_end(&guest).wait_status), SIGKILL);
	}
	guest_host_stop(&host);
}

static void
dies(const char *fixture, const char *what, int sig, const char *const *says)
{
	struct guest_host host;
	struct guest guest;
	_cleanup_(buf_free) struct buf b = {0};
	char input[64], report[sizeof(guest.page->report) + 1] = "";
	struct spawn_status status;

	guest_host_start(&host, libexec, 0);
	assert_int_equal(load(&host, fixture, &guest, &b).type, WIRE_READY);
	snprintf(input, sizeof(input), "{\"do\": \"%s\"}", what);
	guest_call(&guest, input);
	while (guest_receive(&guest, &b).type != 0)
		;
	memcpy(report, guest.page->report, guest.page->report_len);
	for (; *says != NULL; says++)
		if (strstr(report, *says) == NULL)
			fail_msg("%s: no \"%s\" in: %s", what, *says, report);
	status = guest_end(&guest);
	assert_true(WIFSIGNALED(status.wait_status));
	assert_int_equal(WTERMSIG(status.wait_status), sig);
	guest_host_stop(&host);
}

static void
test_deaths(void **state)
{
	(void)state;
	dies(FIXTURE("good"), "write", SIGSEGV,
	    (const char *[]){"SIGSEGV", "global variable `tally`", "in call /0/3", "stack `act`", NULL});
	dies(FIXTURE("stripped"), "write", SIGSEGV, (const char *[]){"global variable offset 0x", NULL});
	dies(FIXTURE("good"), "null", SIGSEGV, (const char *[]){"at address 0x0", "in call /0/3", NULL});
	dies(FIXTURE("good"), "abort", SIGABRT, (const char *[]){"SIGABRT", NULL});
	dies(FIXTURE("good"), "deep", SIGSEGV, (const char *[]){"stack is used up", NULL});
#ifndef HOSPES_SANITIZERS
	dies(FIXTURE("good"), "rdtsc", SIGSEGV, (const char *[]){"rdtsc", NULL});
#endif
	dies(FIXTURE("good"), "ptrace", SIGSYS, (const char *[]){"(ptrace) is forbidden", NULL});
}

/* What was said before a crash still leaves: here an op, in the cell of a host the replies of others. */
static void
test_last_words(void **state)
{
	struct guest_host host;
	struct guest guest;
	_cleanup_(buf_free) struct buf b = {0};

	(void)state;
	guest_host_start(&host, libexec, 0);
	assert_int_equal(load(&host, FIXTURE("good"), &guest, &b).type, WIRE_READY);
	guest_call(&guest, "{\"do\": \"start and abort\"}");
	assert_int_equal(guest_receive(&guest, &b).type, WIRE_OP);
	assert_int_equal(guest_receive(&guest, &b).type, 0);
	assert_int_equal(WTERMSIG(guest_end(&guest).wait_status), SIGABRT);
	guest_host_stop(&host);
}

/* A plugin that says so keeps its globals. */
static void
test_state_cell(void **state)
{
	struct guest_host host;
	struct guest guest;
	struct wire_setup setup;
	_cleanup_(buf_free) struct buf b = {0};

	(void)state;
	guest_host_start(&host, libexec, 0);
	guest_start(&host, SPAWN_CELL, FIXTURE("state"), &guest);
	setup = guest_setup(&host);
	setup.state_cell = 1;
	setup.required = LAYERS_REQUIRED | LAYER_READONLY;
	assert_int_equal(guest_load(&guest, &setup, &b).type, WIRE_READY);
	guest_call(&guest, "{\"do\": \"write\"}");
	assert_int_equal(guest_receive(&guest, &b).type, WIRE_REPLY);
	assert_string_equal(buf_text(&b) + sizeof(struct wire_reply), "108");
	guest_kill(&host, &guest);
	guest_end(&guest);
	guest_host_stop(&host);
}

/* The grant of 64 MiB ends in NULL, for an ordinary user too, who has no cgroup. */
static void
test_memory(void **state)
{
	struct guest_host host;
	struct guest guest;
	_cleanup_(buf_free) struct buf b = {0};
	long mib;

	(void)state;
#ifdef HOSPES_SANITIZERS
	skip();
#endif
	guest_host_start(&host, libexec, nobody_may() && geteuid() == 0 ? NOBODY : 0);
	assert_int_equal(load(&host, FIXTURE("good"), &guest, &b).type, WIRE_READY);
	guest_call(&guest, "{\"do\": \"hoard\"}");
	assert_int_equal(guest_receive(&guest, &b).type, WIRE_REPLY);
	mib = strtol(buf_text(&b) + sizeof(struct wire_reply), NULL, 10);
	assert_in_range(mib, 48, 160);
	guest_kill(&host, &guest);
	guest_end(&guest);
	guest_host_stop(&host);
}

/* When the host goes, everything goes: its cell's socket ends although nobody stopped it. */
static void
host_gone(unsigned refused)
{
	struct guest_host host;
	struct guest guest;
	struct spawn_status status;
	_cleanup_(buf_free) struct buf b = {0};

	guest_host_start_without(&host, libexec, 0, refused);
	assert_int_equal(load(&host, FIXTURE("good"), &guest, &b).type, WIRE_READY);
	guest_host_stop(&host);
	assert_int_equal(guest_receive(&guest, &b).type, 0);
	assert_int_equal(read(guest.status, &status, sizeof(status)), 0);
	close(guest.status);
	close(guest.log);
	close(guest.control);
}

static void
test_host_gone(void **state)
{
	(void)state;
	host_gone(0);
	host_gone(ALL_NS);
}

/* The same by kill -9 of the spawner: the inits end with their parent, and the cells with them. */
static void
spawner_killed(unsigned refused)
{
	struct guest_host host;
	struct guest guest;
	_cleanup_(buf_free) struct buf b = {0};

	guest_host_start_without(&host, libexec, 0, refused);
	assert_int_equal(load(&host, FIXTURE("good"), &guest, &b).type, WIRE_READY);
	kill(host.spawner, SIGKILL);
	assert_int_equal(waitpid(host.spawner, NULL, 0), host.spawner);
	assert_int_equal(guest_receive(&guest, &b).type, 0);
	close(host.requests);
	close(guest.status);
	close(guest.log);
	close(guest.control);
}

static void
test_spawner_killed(void **state)
{
	(void)state;
	spawner_killed(0);
	spawner_killed(ALL_NS);
}

/* Root with the programs in somebody's private folder: a user namespace could not even run them there. */
static void
test_private_folder(void **state)
{
	static const char *const programs[] = {"hospes-spawner", "hospes-cell"};
	struct guest_host host;
	struct guest guest;
	struct wire_setup setup;
	_cleanup_(buf_free) struct buf b = {0};
	char from[64], to[64], folder[4096 + 32];

	(void)state;
	if (geteuid() != 0)
		skip();
	/* As deep as core/cell, since hospes-cell finds its library from its own place. */
	mkdir("guest-private", 0700);
	mkdir("guest-private/bin", 0755);
	assert_int_equal(chown("guest-private", NOBODY, NOBODY), 0);
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		snprintf(from, sizeof(from), LIBEXEC "/%s", programs[i]);
		snprintf(to, sizeof(to), "guest-private/bin/%s", programs[i]);
		unlink(to);
		assert_int_equal(link(from, to), 0);
	}
	snprintf(folder, sizeof(folder), "%.4000s/../../guest-private/bin", libexec);
	guest_host_start(&host, folder, 0);
	guest_start(&host, SPAWN_CELL, FIXTURE("good"), &guest);
	setup = guest_setup(&host);
	setup.required = LAYERS_REQUIRED | LAYER_UID | LAYER_NET_NS | LAYER_PID_NS | LAYER_MOUNT_NS;
	assert_int_equal(guest_load(&guest, &setup, &b).type, WIRE_READY);
	guest_kill(&host, &guest);
	guest_end(&guest);
	guest_host_stop(&host);
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		snprintf(to, sizeof(to), "guest-private/bin/%s", programs[i]);
		unlink(to);
	}
	rmdir("guest-private/bin");
	rmdir("guest-private");
}

static void
test_start_fails(void **state)
{
	struct guest_host host;
	struct spawn_status started;
	struct spawn_request request = {.what = SPAWN_INSPECT, .id = 1, .uid = UINT32_MAX};
	int status[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	/* A folder with a spawner and nothing else. */
	assert_int_equal(mkdir("guest-empty", 0755) == 0 || errno == EEXIST, 1);
	unlink("guest-empty/hospes-spawner");
	assert_int_equal(link(LIBEXEC "/hospes-spawner", "guest-empty/hospes-spawner"), 0);
	guest_host_start(&host, "guest-empty", 0);
	assert_int_equal(pipe2(status, O_CLOEXEC), 0);
	assert_int_equal(
	    fd_send(host.requests, &request, sizeof(request), (int[]){status[1], null, null}, 3), sizeof(request));
	close(status[1]);
	assert_int_equal(read(status[0], &started, sizeof(started)), sizeof(started));
	assert_int_equal(started.error, ENOENT);
	assert_non_null(strstr(started.what, "hospes-inspect"));
	assert_int_equal(read(status[0], &started, sizeof(started)), 0);
	close(status[0]);
	close(null);
	guest_host_stop(&host);
	unlink("guest-empty/hospes-spawner");
	rmdir("guest-empty");
}

static void
test_inspect(void **state)
{
	struct guest_host host;
	_cleanup_(buf_free) struct buf b = {0};
	_cleanup_(json_p) json_t *answer = NULL;

	(void)state;
	guest_host_start(&host, libexec, 0);
	assert_int_equal(guest_inspect(&host, FIXTURE("good"), &b).wait_status, 0);
	answer = json_loadb((char *)b.data, b.len, 0, NULL);
	assert_true(json_is_true(json_object_get(answer, "ok")));
	buf_clear(&b);
	assert_int_equal(guest_inspect(&host, FIXTURE("import"), &b).wait_status, 0);
	assert_non_null(strstr(buf_text(&b), "forbidden_import"));
	guest_host_stop(&host);
}

static int
find_programs(void **state)
{
	(void)state;
	return realpath(LIBEXEC, libexec) == NULL ? -1 : 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_probe_root),
	    cmocka_unit_test(test_probe_user),
	    cmocka_unit_test(test_probe_without_user_ns),
	    cmocka_unit_test(test_probe_without_namespaces),
	    cmocka_unit_test(test_call_and_stop),
	    cmocka_unit_test(test_refused_plugins),
	    cmocka_unit_test(test_missing_layer),
	    cmocka_unit_test(test_interposed),
	    cmocka_unit_test(test_deaths),
	    cmocka_unit_test(test_last_words),
	    cmocka_unit_test(test_state_cell),
	    cmocka_unit_test(test_memory),
	    cmocka_unit_test(test_host_gone),
	    cmocka_unit_test(test_spawner_killed),
	    cmocka_unit_test(test_private_folder),
	    cmocka_unit_test(test_start_fails),
	    cmocka_unit_test(test_inspect),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, find_programs, NULL);
}
