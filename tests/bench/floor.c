/*
 * One row of the floor's table, as one line of JSON:
 *
 *   floor call 1 20000 1              one call alone; lanes, rounds, cells of a role
 *   floor join 1 2000 1               a supervisor, ten workers and the join, alone
 *   floor join 100 50 4 [--json]      the same, 1,000 workers in flight
 *   floor effect FILE PORT 200        a durable effect: a synced write to FILE, then GET /text of 127.0.0.1:PORT
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "floor.h"

#define TEXT_BYTES 1000 /* of a payload */

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
print_row(uint64_t calls, uint64_t rounds, double took)
{
	printf("{\"calls\": %" PRIu64 ", \"rounds\": %" PRIu64 ", \"us_a_round\": %.2f, \"calls_a_second\": %.0f}\n", calls,
	    rounds, took * 1e6 / (double)rounds, (double)calls / took);
}

static int
messages(struct floor_row *row)
{
	int fd[FLOOR_CELLS], pair[2];
	char payload[TEXT_BYTES + 64];
	double began;
	uint64_t calls;

	snprintf(payload, sizeof(payload), "{\"text\":\"%0*d\"}", TEXT_BYTES, 7);
	for (unsigned i = 0; i < FLOOR_CELLS; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
			fail("socketpair");
		fd[i] = pair[0];
		switch (fork()) {
		case -1:
			fail("fork");
		case 0:
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (unsigned k = 0; k <= i; k++)
				close(fd[k]);
			floor_cell(pair[1], (enum floor_role)(i / FLOOR_EACH), row, payload);
			_exit(0);
		default:
			close(pair[1]);
		}
	}
	for (unsigned i = 0; i < FLOOR_CELLS; i++)
		fcntl(fd[i], F_SETFL, O_NONBLOCK);
	began = seconds();
	calls = floor_core(fd, row, payload);
	print_row(calls, (uint64_t)row->lanes * row->rounds, seconds() - began);
	for (unsigned i = 0; i < FLOOR_CELLS; i++)
		close(fd[i]);
	while (wait(NULL) > 0)
		continue;
	return 0;
}

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
		if (body != NULL && length != NULL && have >= (size_t)(body + 4 - answer) + strtoul(length + 15, NULL, 10))
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
	double began;

	/* Zeros beforehand, as the journal has them: a sync is then one flush.  Only once: blocks that are given back and
	 * taken anew keep the disk busy for a while. */
	if (fd < 0 || fstat(fd, &st) != 0)
		fail(file);
	if (st.st_size == 0 && (write(fd, zeros, sizeof(zeros)) != (ssize_t)sizeof(zeros) || fsync(fd) != 0))
		fail(file);
	if (sock < 0 || connect(sock, (struct sockaddr *)&to, sizeof(to)) != 0)
		fail("connect");
	began = seconds();
	for (unsigned i = 0; i < rounds; i++) {
		if (pwrite(fd, record, sizeof(record), (off_t)(i % 2000 * sizeof(record))) < 0 || fdatasync(fd) != 0)
			fail(file);
		get(sock);
	}
	print_row(rounds, rounds, seconds() - began);
	close(sock);
	close(fd);
	return 0;
}

int
main(int argc, char **argv)
{
	struct floor_row row = {.json = argc == 6 && strcmp(argv[5], "--json") == 0};

	signal(SIGPIPE, SIG_IGN);
	if (argc == 5 && strcmp(argv[1], "effect") == 0)
		return effect(argv[2], atoi(argv[3]), (unsigned)atoi(argv[4]));
	if (argc < 5 || (strcmp(argv[1], "call") != 0 && strcmp(argv[1], "join") != 0)) {
		fputs("usage: floor call|join LANES ROUNDS CELLS [--json]\n       floor effect FILE PORT ROUNDS\n", stderr);
		return 2;
	}
	row.callee = strcmp(argv[1], "join") == 0 ? FLOOR_JOIN : FLOOR_WORK;
	row.lanes = (unsigned)atoi(argv[2]);
	row.rounds = (unsigned)atoi(argv[3]);
	row.cells = (unsigned)atoi(argv[4]);
	if (row.lanes < 1 || row.lanes > 1000 || row.rounds < 1 || row.cells < 1 || row.cells > FLOOR_EACH) {
		fprintf(stderr, "floor: expected 1 to 1000 lanes, a round at least, and 1 to %d cells\n", FLOOR_EACH);
		return 2;
	}
	return messages(&row);
}
