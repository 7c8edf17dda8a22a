/* Frames of the floor: into a buffer, out of a buffer, a whole buffer at a time over the socket. */

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "floor.h"

#define READ_AT_ONCE (1024u * 1024)
#define SPIN_SECONDS 50e-6

double
floor_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool
floor_again(bool spin, double worked)
{
	if (!spin || floor_seconds() - worked > SPIN_SECONDS)
		return false;
	sched_yield();
	return true;
}

/* What is left of the bytes goes to the front when it is little, and room is made behind it. */
static void
floor_room(struct floor_bytes *b, size_t len)
{
	if (b->at == b->len)
		b->at = b->len = 0;
	if (b->len + len <= b->cap)
		return;
	if (b->at > 0) {
		memmove(b->data, b->data + b->at, b->len - b->at);
		b->len -= b->at;
		b->at = 0;
	}
	if (b->len + len <= b->cap)
		return;
	b->cap = (b->len + len) * 2;
	b->data = realloc(b->data, b->cap);
	if (b->data == NULL) {
		perror("floor");
		exit(1);
	}
}

void
floor_append(struct floor_bytes *b, const void *data, size_t len)
{
	floor_room(b, len);
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

void
floor_frame(struct floor_bytes *b, const struct wire_frame *frame, const void *head, size_t head_len, const void *text,
    size_t text_len, const void *payload, size_t len)
{
	struct wire_frame whole = *frame;
	uint8_t *to;

	whole.length = (uint32_t)(head_len + text_len + len);
	floor_room(b, sizeof(whole) + whole.length);
	to = b->data + b->len;
	memcpy(to, &whole, sizeof(whole));
	if (head_len > 0)
		memcpy(to + sizeof(whole), head, head_len);
	if (text_len > 0)
		memcpy(to + sizeof(whole) + head_len, text, text_len);
	if (len > 0)
		memcpy(to + sizeof(whole) + head_len + text_len, payload, len);
	b->len += sizeof(whole) + whole.length;
}

enum floor_came
floor_read(int fd, struct floor_bytes *in, bool wait)
{
	ssize_t n;

	floor_room(in, READ_AT_ONCE / 2);
	do
		n = recv(fd, in->data + in->len, in->cap - in->len, wait ? 0 : MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return FLOOR_NOTHING;
	if (n <= 0)
		return FLOOR_END;
	in->len += (size_t)n;
	return FLOOR_CAME;
}

bool
floor_flush(int fd, struct floor_bytes *out)
{
	while (out->at < out->len) {
		ssize_t n = send(fd, out->data + out->at, out->len - out->at, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN)
			return false;
		if (n < 0 && errno != EINTR) {
			perror("floor: send");
			exit(1);
		}
		out->at += n > 0 ? (size_t)n : 0;
	}
	out->at = out->len = 0;
	return true;
}

bool
floor_next(struct floor_bytes *in, struct wire_frame *frame, const uint8_t **data)
{
	if (in->len - in->at < sizeof(*frame))
		return false;
	memcpy(frame, in->data + in->at, sizeof(*frame));
	if (in->len - in->at < sizeof(*frame) + frame->length)
		return false;
	*data = in->data + in->at + sizeof(*frame);
	in->at += sizeof(*frame) + frame->length;
	return true;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
floor_median(double *times, size_t n)
{
	if (n == 0)
		return 0;
	qsort(times, n, sizeof(*times), by_size);
	return times[n / 2];
}
