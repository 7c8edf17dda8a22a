/*
 * What a cell costs before anybody calls it: the time from asking the spawner to READY, step by step, and the memory of
 * one that idles.
 *
 *   cells LIBEXEC PLUGIN.so N
 *
 * A small host of its own: it starts the spawner, then N cells one after the other, and of each waits for READY, looks
 * at its memory, and lets it end.  Prints one JSON object: times in microseconds, the middle of N, the tenth part that was
 * fastest, and memory in KiB.
 */

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "cell/spawner.h"
#include "wire.h"

#define CELL_UID 64123u

/* What is timed; the steps of a cell are in between. */
enum mark { FIRST_STEP, READY = FIRST_STEP + WIRE_STEPS, MARKS };

static const char *const mark_names[MARKS] = {
    [FIRST_STEP + WIRE_STEP_MAIN] = "clone, fork, exec, dynamic loader",
    [FIRST_STEP + WIRE_STEP_SETUP] = "HELLO, SETUP",
    [FIRST_STEP + WIRE_STEP_ROOT] = "empty root",
    [FIRST_STEP + WIRE_STEP_IDS] = "uid, limits, capabilities",
    [FIRST_STEP + WIRE_STEP_PRIMED] = "libraries primed",
    [FIRST_STEP + WIRE_STEP_ARENA] = "buffers, arena, handlers",
    [FIRST_STEP + WIRE_STEP_LANDLOCK] = "no_new_privs, Landlock",
    [FIRST_STEP + WIRE_STEP_FILTERED] = "seccomp 1 and the pin",
    [FIRST_STEP + WIRE_STEP_LOADED] = "dlopen",
    [FIRST_STEP + WIRE_STEP_INIT] = "init hook",
    [FIRST_STEP + WIRE_STEP_SEALED] = "globals sealed",
    [FIRST_STEP + WIRE_STEP_CLOSED] = "seccomp 2",
    [READY] = "READY is here",
};

struct sample {
	int64_t whole_ns, cpu_ns, took_ns[MARKS];
	long pss_kib, private_kib, rss_kib;
};

_Noreturn static void
die(const char *what)
{
	fprintf(stderr, "cells: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int
spawner(const char *libexec)
{
	char path[4096];
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		die("socketpair");
	snprintf(path, sizeof(path), "%s/hospes-spawner", libexec);
	switch (fork()) {
	case -1:
		die("fork");
	case 0:
		if (pair[1] == 3 ? fcntl(3, F_SETFD, 0) != 0 : dup2(pair[1], 3) < 0)
			_exit(126);
		execl(path, "hospes-spawner", libexec, NULL);
		_exit(127);
	default:
		close(pair[1]);
		return pair[0];
	}
}

/* ---- One cell ---------------------------------------------------------------------------------------------------- */

struct guest {
	int status, log, control;
	pid_t pid;
	struct wire_page *page;
};

static void
ask(int requests, uint64_t id, const char *plugin, struct guest *ret)
{
	struct spawn_request request = {
	    .what = SPAWN_CELL, .uid = geteuid() == 0 ? CELL_UID : UINT32_MAX, .id = id, .memory_bytes = 256 * MIB};
	int status[2], log[2], control[2], one = 1;
	int page = memfd_create("page", MFD_CLOEXEC), object = open(plugin, O_RDONLY | O_CLOEXEC);
	int fds[5];

	if (page < 0 || object < 0 || ftruncate(page, sizeof(struct wire_page)) != 0 || pipe2(status, O_CLOEXEC) != 0 ||
	    pipe2(log, O_CLOEXEC) != 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) != 0)
		die("descriptors");
	setsockopt(control[0], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one));
	*ret = (struct guest){.status = status[0], .log = log[0], .control = control[0]};
	ret->page = mmap(NULL, sizeof(*ret->page), PROT_READ | PROT_WRITE, MAP_SHARED, page, 0);
	fds[0] = status[1];
	fds[1] = log[1];
	fds[2] = control[1];
	fds[3] = page;
	fds[4] = object;
	if (fd_send(requests, &request, sizeof(request), fds, 5) != sizeof(request))
		die("asking");
	for (size_t i = 0; i < 5; i++)
		close(fds[i]);
}

static void
read_whole(int fd, void *to, size_t len)
{
	for (size_t have = 0; have < len;) {
		ssize_t n = read(fd, (char *)to + have, len - have);

		if (n <= 0)
			die("a cell ended early");
		have += (size_t)n;
	}
}

static void
expect(const struct guest *guest, uint16_t type)
{
	struct wire_frame frame;
	char body[4096];

	read_whole(guest->control, &frame, sizeof(frame));
	if (frame.length > sizeof(body))
		die("a frame too long");
	read_whole(guest->control, body, frame.length);
	if (frame.type != type) {
		fprintf(
		    stderr, "cells: expected frame %u, found %u: %.*s\n", type, frame.type, (int)frame.length, body);
		exit(1);
	}
}

/* HELLO, which says who it is. */
static void
meet(struct guest *guest)
{
	union {
		char space[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	char bytes[sizeof(struct wire_frame) + sizeof(struct wire_hello)];
	struct iovec iov = {bytes, sizeof(bytes)};
	struct msghdr msg = {
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof(control.space)};
	struct ucred who;
	int off = 0;

	if (recvmsg(guest->control, &msg, 0) != (ssize_t)sizeof(bytes) || CMSG_FIRSTHDR(&msg) == NULL)
		die("HELLO");
	memcpy(&who, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(who));
	guest->pid = who.pid;
	setsockopt(guest->control, SOL_SOCKET, SO_PASSCRED, &off, sizeof(off));
}

static void
send_frame(const struct guest *guest, uint16_t type, const void *payload, size_t len)
{
	struct wire_frame frame = {.length = (uint32_t)len, .type = type, .ordinal = WIRE_NO_ORDINAL};

	if (fd_write_all(guest->control, &frame, sizeof(frame)) != 0 ||
	    (len > 0 && fd_write_all(guest->control, payload, len) != 0))
		die("a frame");
}

static void
weigh(pid_t pid, struct sample *ret)
{
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	f = fopen(path, "re");
	if (f == NULL)
		die(path);
	while (fgets(line, sizeof(line), f) != NULL) {
		char name[64];
		long kib;

		if (sscanf(line, "%63[^:]: %ld kB", name, &kib) != 2)
			continue;
		if (strcmp(name, "Pss") == 0)
			ret->pss_kib = kib;
		else if (strcmp(name, "Rss") == 0)
			ret->rss_kib = kib;
		else if (strcmp(name, "Private_Dirty") == 0)
			ret->private_kib = kib;
	}
	fclose(f);
}

static struct sample
measure(int requests, uint64_t id, const char *plugin)
{
	uint32_t uid = geteuid() == 0 ? CELL_UID : UINT32_MAX;
	struct wire_setup setup = {.version = WIRE_VERSION,
	    .fibers = 512,
	    .memory_bytes = 256 * MIB,
	    .stack_bytes = 256 * KIB,
	    .uid = uid,
	    .gid = uid};
	struct sample ret = {0};
	struct spawn_status status;
	struct guest guest;
	int64_t asked = clock_mono_ns(), last = asked, at[MARKS];

	/* As the host does, which does not wait for HELLO either. */
	ask(requests, id, plugin, &guest);
	send_frame(&guest, WIRE_SETUP, &setup, sizeof(setup));
	meet(&guest);
	expect(&guest, WIRE_READY);
	at[READY] = clock_mono_ns();
	read_whole(guest.status, &status, sizeof(status));
	for (int i = 0; i < WIRE_STEPS; i++)
		at[FIRST_STEP + i] = (int64_t)atomic_load(&guest.page->step_ns[i]);
	for (int i = 0; i < MARKS; i++) {
		ret.took_ns[i] = at[i] - last;
		last = at[i];
	}
	ret.whole_ns = at[READY] - asked;
	weigh(guest.pid, &ret);
	send_frame(&guest, WIRE_STOP, NULL, 0);
	expect(&guest, WIRE_BYE);
	read_whole(guest.status, &status, sizeof(status));
	ret.cpu_ns = (int64_t)(status.usage.ru_utime.tv_sec + status.usage.ru_stime.tv_sec) * NS_PER_S +
		     (int64_t)(status.usage.ru_utime.tv_usec + status.usage.ru_stime.tv_usec) * NS_PER_US;
	close(guest.status);
	close(guest.log);
	close(guest.control);
	munmap(guest.page, sizeof(*guest.page));
	return ret;
}

/* ---- Many of them ------------------------------------------------------------------------------------------------ */

static int
ascending(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* The one that `tenths` of all are below. */
static double
part_of(const struct sample *samples, size_t n, size_t offset, size_t tenths, double scale)
{
	int64_t *values = xmalloc(n * sizeof(*values));
	double ret;

	for (size_t i = 0; i < n; i++)
		memcpy(&values[i], (const char *)&samples[i] + offset, sizeof(*values));
	qsort(values, n, sizeof(*values), ascending);
	ret = (double)values[(n - 1) * tenths / 10] / scale;
	free(values);
	return ret;
}

int
main(int argc, char **argv)
{
	size_t n = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	struct sample *samples;
	int requests;

	if (n == 0) {
		fprintf(stderr, "usage: cells LIBEXEC PLUGIN.so N\n");
		return 2;
	}
	samples = xcalloc(n, sizeof(*samples));
	requests = spawner(argv[1]);
	for (size_t i = 0; i < 3; i++)
		(void)measure(requests, i + 1, argv[2]);
	for (size_t i = 0; i < n; i++)
		samples[i] = measure(requests, i + 4, argv[2]);
	printf("{\"ready_us\": %.0f, \"ready_fast_us\": %.0f, \"cell_cpu_us\": %.0f, ",
	    part_of(samples, n, offsetof(struct sample, whole_ns), 5, 1000),
	    part_of(samples, n, offsetof(struct sample, whole_ns), 1, 1000),
	    part_of(samples, n, offsetof(struct sample, cpu_ns), 5, 1000));
	printf("\"pss_kib\": %ld, \"private_kib\": %ld, \"rss_kib\": %ld, \"steps\": [", samples[n - 1].pss_kib,
	    samples[n - 1].private_kib, samples[n - 1].rss_kib);
	for (size_t i = 0; i < MARKS; i++) {
		size_t at = offsetof(struct sample, took_ns) + i * sizeof(int64_t);

		printf("%s\n {\"step\": \"%s\", \"us\": %.0f, \"fast_us\": %.0f}", i == 0 ? "" : ",", mark_names[i],
		    part_of(samples, n, at, 5, 1000), part_of(samples, n, at, 1, 1000));
	}
	printf("]}\n");
	close(requests);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	free(samples);
	return 0;
}
