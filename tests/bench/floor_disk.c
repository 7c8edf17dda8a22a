/*
 * The floor of what is durable: a hop and a raw write.
 *
 * A cell asks, the core writes 4 KB into a file of zeros and syncs it, and answers: frames over the same kind of socket as
 * everywhere, nothing else.  Prints p50 and p99 of a round, and of the write with its sync alone.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "floor.h"

#define RECORD      4096u
#define RECORDS     2000u /* in the file */
#define ASKED_BYTES 256u

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int
order(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* As floor_read, by one who sleeps or who looks again for a while before. */
static bool
read_frame(int fd, struct floor_bytes *in, bool spin, struct wire_frame *frame)
{
	const uint8_t *data;
	double worked = floor_seconds();

	while (!floor_next(in, frame, &data)) {
		enum floor_came came = floor_read(fd, in, !floor_again(spin, worked));

		if (came == FLOOR_END)
			return false;
	}
	return true;
}

static _Noreturn void
asks(int fd, bool spin)
{
	static const char text[ASKED_BYTES];
	struct floor_bytes in = {0}, out = {0};
	struct wire_frame frame = {.type = WIRE_OP};
	struct wire_op op = {.kind = WIRE_OP_HTTP};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	do {
		floor_frame(&out, &(struct wire_frame){.type = WIRE_OP}, &op, sizeof(op), NULL, 0, text, sizeof(text));
		floor_flush(fd, &out);
	} while (read_frame(fd, &in, spin, &frame));
	_exit(0);
}

/* Zeros beforehand, as the journal has them: a sync is then one flush.  Only once: blocks that are given back and taken
 * anew keep the disk busy for a while. */
static int
open_file(const char *file)
{
	static const char zeros[RECORD * RECORDS];
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		fail(file);
	if (st.st_size == 0 && (write(fd, zeros, sizeof(zeros)) != (ssize_t)sizeof(zeros) || fsync(fd) != 0))
		fail(file);
	return fd;
}

int
floor_durable(const char *file, unsigned rounds, bool spin)
{
	static char record[RECORD];
	double *times = calloc(rounds, sizeof(*times)), *writes = calloc(rounds, sizeof(*writes)), began = 0;
	struct floor_bytes in = {0}, out = {0};
	struct wire_frame frame;
	struct wire_outcome head = {.confidence = 1};
	int pair[2], fd = open_file(file);

	memset(record, 'x', sizeof(record));
	if (times == NULL || writes == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		fail("socketpair");
	switch (fork()) {
	case -1:
		fail("fork");
	case 0:
		close(pair[0]);
		asks(pair[1], spin);
	default:
		close(pair[1]);
	}
	for (unsigned i = 0; i <= rounds; i++) {
		double now;

		if (!read_frame(pair[0], &in, spin, &frame))
			fail("the cell went away");
		now = floor_seconds();
		if (i > 0)
			times[i - 1] = now - began;
		began = now;
		if (i == rounds)
			break;
		if (pwrite(fd, record, sizeof(record), (off_t)(i % RECORDS * RECORD)) < 0 || fdatasync(fd) != 0)
			fail(file);
		writes[i] = floor_seconds() - now;
		floor_frame(&out, &(struct wire_frame){.type = WIRE_OUTCOME}, &head, sizeof(head), NULL, 0, "{}", 2);
		floor_flush(pair[0], &out);
	}
	close(pair[0]);
	while (wait(NULL) > 0)
		continue;
	qsort(times, rounds, sizeof(*times), order);
	qsort(writes, rounds, sizeof(*writes), order);
	printf("{\"p50_us\": %.2f, \"p99_us\": %.2f, \"write_p50_us\": %.2f, \"write_p99_us\": %.2f}\n",
	    times[rounds / 2] * 1e6, times[rounds * 99 / 100] * 1e6, writes[rounds / 2] * 1e6,
	    writes[rounds * 99 / 100] * 1e6);
	free(times);
	free(writes);
	close(fd);
	return 0;
}
