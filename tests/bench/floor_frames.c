/* Frames of the floor: into a buffer, out of a buffer, a whole buffer at a time over the socket. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "floor.h"

#define READ_AT_ONCE (256u * 1024)

static void
floor_room(struct floor_bytes *b, size_t len)
{
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
floor_frame(struct floor_bytes *b, const struct wire_frame *frame, const void *head, size_t head_len, const void *payload,
    size_t len)
{
	struct wire_frame whole = *frame;

	whole.length = (uint32_t)(head_len + len);
	floor_append(b, &whole, sizeof(whole));
	floor_append(b, head, head_len);
	floor_append(b, payload, len);
}

bool
floor_read(int fd, struct floor_bytes *in)
{
	ssize_t n;

	floor_room(in, READ_AT_ONCE);
	do
		n = read(fd, in->data + in->len, READ_AT_ONCE);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		in->len += (size_t)n;
	return n > 0 || (n < 0 && errno == EAGAIN);
}

bool
floor_flush(int fd, struct floor_bytes *out)
{
	size_t at = 0;

	while (at < out->len) {
		ssize_t n = write(fd, out->data + at, out->len - at);

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0 && errno != EINTR) {
			perror("floor: write");
			exit(1);
		}
		at += n > 0 ? (size_t)n : 0;
	}
	floor_drop(out, at);
	return out->len == 0;
}

size_t
floor_next(const struct floor_bytes *in, size_t at, struct wire_frame *frame)
{
	if (in->len - at < sizeof(*frame))
		return 0;
	memcpy(frame, in->data + at, sizeof(*frame));
	if (in->len - at < sizeof(*frame) + frame->length)
		return 0;
	return sizeof(*frame) + frame->length;
}

void
floor_drop(struct floor_bytes *in, size_t len)
{
	if (len > 0 && len < in->len)
		memmove(in->data, in->data + len, in->len - len);
	in->len -= len;
}
