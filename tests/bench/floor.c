/*
 * One row of the floor's table, as one line of JSON:
 *
 *   floor call 1 20000 1 [--json] [--spin]     one call alone; lanes, rounds, cells of a role
 *   floor join 1 2000 1                        a supervisor, ten workers and the join, alone
 *   floor runs 1000 50 4                       1,000 runs in flight, each a supervisor, ten workers and the join
 *   floor effect FILE PORT 200                 a durable effect: a synced write to FILE, then GET /text of 127.0.0.1:PORT
 *   floor durable FILE 1000 [--spin]           a cell asks, a synced write of 4 KB to FILE, the answer
 *   floor trip 20000                           a byte there and back between two sleeping processes on different CPUs
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "floor.h"

#define PAYLOAD_BYTES 256
#define SOCKET_BYTES  (1024 * 1024)

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double
cpu_seconds(int who)
{
	struct rusage used;

	getrusage(who, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* The CPU time is that of all processes, once they have been waited for. */
static void
print_row(uint64_t calls, uint64_t rounds, double took, double p50)
{
	double cpu = cpu_seconds(RUSAGE_SELF) + cpu_seconds(RUSAGE_CHILDREN);

	printf("{\"calls\": %" PRIu64 ", \"rounds\": %" PRIu64
	       ", \"us_a_round\": %.2f, \"p50_us\": %.2f, \"calls_a_second\": %.0f, \"cpu_us_a_call\": %.2f}\n",
	    calls, rounds, took * 1e6 / (double)rounds, (p50 > 0 ? p50 : took / (double)rounds) * 1e6,
	    (double)calls / took, cpu * 1e6 / (double)calls);
}

static _Noreturn void
cell_process(int fd, unsigned i, const struct floor_row *row, const char *payload)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	floor_cell(fd, (enum floor_role)(i / FLOOR_EACH), row, payload);
	_exit(0);
}

static int
messages(struct floor_row *row)
{
	int fd[FLOOR_CELLS], pair[2], size = SOCKET_BYTES;
	char payload[PAYLOAD_BYTES + 1];
	double began, took, p50;
	uint64_t calls;

	snprintf(payload, sizeof(payload), "{\"text\":\"%0*d\"}", PAYLOAD_BYTES - 11, 7);
	for (unsigned i = 0; i < FLOOR_CELLS; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
			fail("socketpair");
		for (int k = 0; k < 2; k++)
			setsockopt(pair[k], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		fd[i] = pair[0];
		switch (fork()) {
		case -1:
			fail("fork");
		case 0:
			for (unsigned k = 0; k <= i; k++)
				close(fd[k]);
			cell_process(pair[1], i, row, payload);
		default:
			close(pair[1]);
		}
	}
	for (unsigned i = 0; i < FLOOR_CELLS; i++)
		fcntl(fd[i], F_SETFL, O_NONBLOCK);
	began = floor_seconds();
	calls = floor_core(fd, row, payload, &p50);
	took = floor_seconds() - began;
	for (unsigned i = 0; i < FLOOR_CELLS; i++)
		close(fd[i]);
	while (wait(NULL) > 0)
		continue;
	print_row(calls, (uint64_t)row->lanes * row->rounds, took, p50);
	return 0;
}

/* ---- Two that sleep ---------------------------------------------------------------------------------------------- */

/* The n-th of the CPUs that we may use. */
static void
stay_on(int nth)
{
	cpu_set_t may, one;

	sched_getaffinity(0, sizeof(may), &may);
	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE && nth >= 0; cpu++) {
		if (CPU_ISSET(cpu, &may) && nth-- == 0)
			CPU_SET(cpu, &one);
	}
	if (sched_setaffinity(0, sizeof(one), &one) != 0)
		fail("two CPUs are needed");
}

static int
trip(unsigned rounds)
{
	double *times = calloc(rounds, sizeof(*times)), began = floor_seconds();
	int pair[2];
	char byte = 0;

	if (times == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		fail("socketpair");
	switch (fork()) {
	case -1:
		fail("fork");
	case 0:
		close(pair[0]);
		stay_on(1);
		while (recv(pair[1], &byte, 1, 0) == 1 && send(pair[1], &byte, 1, MSG_NOSIGNAL) == 1)
			continue;
		_exit(0);
	default:
		close(pair[1]);
	}
	stay_on(0);
	for (unsigned i = 0; i < rounds; i++) {
		double left = floor_seconds();

		if (send(pair[0], &byte, 1, MSG_NOSIGNAL) != 1 || recv(pair[0], &byte, 1, 0) != 1)
			fail("the other process");
		times[i] = floor_seconds() - left;
	}
	began = floor_seconds() - began;
	close(pair[0]);
	while (wait(NULL) > 0)
		continue;
	print_row(rounds, rounds, began, floor_median(times, rounds));
	free(times);
	return 0;
}

/* ---- An effect --------------------------------------------------------------------------------------------------- */

/* One request over a connection that stays: sent whole, answered whole. */
static void
get(int sock)
{
	static const char request[] = "GET /text HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
	char answer[8192], *body, *length;
	size_t have = 0;

	if (write(sock, request, sizeof(request) - 1) != (ssize_t)sizeof(request) - 1)
		fail("write");
	for (;;) {
		ssize_t n = read(sock, answer + have, sizeof(answer) - 1 - have);

		if (n <= 0)
			fail("read");
		have += (size_t)n;
		answer[have] = '\0';
		body = strstr(answer, "\r\n\r\n");
		length = strcasestr(answer, "content-length:");
		if (body != NULL && length != NULL &&
		    have >= (size_t)(body + 4 - answer) + strtoul(length + 15, NULL, 10))
			return;
	}
}

static int
effect(const char *file, int port, unsigned rounds)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	static const char zeros[1 << 20], record[512] = "an intent";
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;
	double began, *times = calloc(rounds, sizeof(*times));

	/* Zeros beforehand, as the journal has them: a sync is then one flush.  Only once: blocks that are given back and
	 * taken anew keep the disk busy for a while. */
	if (times == NULL || fd < 0 || fstat(fd, &st) != 0)
		fail(file);
	if (st.st_size == 0 && (write(fd, zeros, sizeof(zeros)) != (ssize_t)sizeof(zeros) || fsync(fd) != 0))
		fail(file);
	if (sock < 0 || connect(sock, (struct sockaddr *)&to, sizeof(to)) != 0)
		fail("connect");
	began = floor_seconds();
	for (unsigned i = 0; i < rounds; i++) {
		double left = floor_seconds();

		if (pwrite(fd, record, sizeof(record), (off_t)(i % 2000 * sizeof(record))) < 0 || fdatasync(fd) != 0)
			fail(file);
		get(sock);
		times[i] = floor_seconds() - left;
	}
	print_row(rounds, rounds, floor_seconds() - began, floor_median(times, rounds));
	free(times);
	close(sock);
	close(fd);
	return 0;
}

static int
usage(void)
{
	fprintf(stderr,
	    "usage: floor call|join|runs LANES ROUNDS CELLS [--json] [--spin]\n"
	    "       floor effect FILE PORT ROUNDS\n"
	    "       floor durable FILE ROUNDS [--spin]\n"
	    "       floor trip ROUNDS\n"
	    "1 to 1000 lanes, a round at least, 1 to %d cells\n",
	    FLOOR_EACH);
	return 2;
}

int
main(int argc, char **argv)
{
	struct floor_row row = {.callee = FLOOR_JOIN};

	signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && strcmp(argv[1], "trip") == 0 && atoi(argv[2]) > 0)
		return trip((unsigned)atoi(argv[2]));
	if ((argc == 4 || argc == 5) && strcmp(argv[1], "durable") == 0 && atoi(argv[3]) > 0)
		return floor_durable(argv[2], (unsigned)atoi(argv[3]), argc == 5);
	if (argc == 5 && strcmp(argv[1], "effect") == 0)
		return effect(argv[2], atoi(argv[3]), (unsigned)atoi(argv[4]));
	for (; argc > 5; argc--) {
		row.json |= strcmp(argv[argc - 1], "--json") == 0;
		row.spin |= strcmp(argv[argc - 1], "--spin") == 0;
	}
	if (argc < 5)
		return usage();
	if (strcmp(argv[1], "call") == 0)
		row.callee = FLOOR_WORK;
	else if (strcmp(argv[1], "runs") == 0)
		row.runs = true;
	else if (strcmp(argv[1], "join") != 0)
		return usage();
	row.lanes = (unsigned)atoi(argv[2]);
	row.rounds = (unsigned)atoi(argv[3]);
	row.cells = (unsigned)atoi(argv[4]);
	if (row.lanes < 1 || row.lanes > 1000 || row.rounds < 1 || row.cells < 1 || row.cells > FLOOR_EACH)
		return usage();
	return messages(&row);
}
