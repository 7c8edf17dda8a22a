/* Frames going out: gathered while the loop turns, sent together. */

#include "cell/frames.h"
#include "mail.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Below this a copy is cheaper than a vector of its own. */
#define COPY_MAX (4 * KIB)

static struct frames_piece *
piece_add(struct frames_out *out)
{
	if (out->first + out->n == out->cap) {
		if (out->first > 0) {
			memmove(out->pieces, out->pieces + out->first, out->n * sizeof(*out->pieces));
			out->first = 0;
		} else {
			out->cap = out->cap == 0 ? 16 : out->cap * 2;
			out->pieces = xrealloc(out->pieces, out->cap * sizeof(*out->pieces));
		}
	}
	return &out->pieces[out->first + out->n++];
}

static void
put_bytes(struct frames_out *out, const void *data, size_t len)
{
	struct frames_piece *last = out->n == 0 ? NULL : &out->pieces[out->first + out->n - 1];

	if (len == 0)
		return;
	buf_append(&out->bytes, data, len);
	if (last != NULL && last->payload == NULL)
		last->len += len;
	else
		*piece_add(out) = (struct frames_piece){.len = len};
}

void
frames_put(struct frames_out *out, const struct wire_frame *head, const struct iovec *parts, int n_parts,
    struct payload *payload)
{
	struct wire_frame h = *head;
	size_t length = payload == NULL ? 0 : payload->len;

	for (int i = 0; i < n_parts; i++)
		length += parts[i].iov_len;
	assert(length <= WIRE_FRAME_MAX);
	h.length = (uint32_t)length;
	put_bytes(out, &h, sizeof(h));
	for (int i = 0; i < n_parts; i++)
		put_bytes(out, parts[i].iov_base, parts[i].iov_len);
	if (payload == NULL)
		return;
	if (payload->len <= COPY_MAX)
		put_bytes(out, payload->data, payload->len);
	else
		*piece_add(out) = (struct frames_piece){.payload = payload_ref(payload), .len = payload->len};
}

/* Drops what was sent from the front. */
static void
sent(struct frames_out *out, size_t n)
{
	while (n > 0) {
		struct frames_piece *piece = &out->pieces[out->first];
		size_t part = piece->len < n ? piece->len : n;

		if (piece->payload == NULL)
			out->at += part;
		piece->len -= part;
		n -= part;
		if (piece->len > 0)
			break;
		payload_unref(&piece->payload);
		out->first++;
		out->n--;
	}
	if (out->at == out->bytes.len) {
		buf_clear(&out->bytes);
		out->at = 0;
	} else if (out->at > 64 * KIB && out->at > out->bytes.len / 2) {
		buf_consume(&out->bytes, out->at);
		out->at = 0;
	}
	if (out->n == 0)
		out->first = 0;
}

static size_t
gather(const struct frames_out *out, struct iovec iov[FRAMES_PIECES])
{
	size_t n = 0, at = out->at;

	for (; n < out->n && n < FRAMES_PIECES; n++) {
		const struct frames_piece *piece = &out->pieces[out->first + n];

		if (piece->payload == NULL) {
			iov[n] = (struct iovec){out->bytes.data + at, piece->len};
			at += piece->len;
		} else {
			iov[n] = (struct iovec){piece->payload->data + piece->payload->len - piece->len, piece->len};
		}
	}
	return n;
}

int
frames_flush(struct frames_out *out, int fd)
{
	while (out->n > 0) {
		struct iovec iov[FRAMES_PIECES];
		struct msghdr msg = {.msg_iov = iov, .msg_iovlen = gather(out, iov)};
		ssize_t n = sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == ENOBUFS))
			return 1;
		if (n < 0)
			return -errno;
		out->sent_bytes += (uint32_t)n;
		sent(out, (size_t)n);
	}
	return 0;
}

bool
frames_mail(struct frames_out *out, struct wire_page *page)
{
	size_t len = frames_copied(out);

	assert(out->mailed == 0);
	if (out->n != 1 || out->pieces[out->first].payload != NULL || atomic_load(&page->cell_looks) == 0 ||
	    atomic_load(&page->cell_heard) != out->sent_bytes ||
	    !mail_put(&page->to_cell, out->bytes.data + out->at, len))
		return false;
	out->mailed = len;
	if (atomic_load(&page->cell_looks) != 0)
		return true;
	frames_settle(out, page);
	return out->n == 0;
}

void
frames_settle(struct frames_out *out, struct wire_page *page)
{
	if (out->mailed > 0 && !mail_back(&page->to_cell, out->mailed))
		sent(out, out->mailed);
	out->mailed = 0;
}

size_t
frames_copied(const struct frames_out *out)
{
	return out->bytes.len - out->at;
}

void
frames_out_free(struct frames_out *out)
{
	for (size_t i = 0; i < out->n; i++)
		payload_unref(&out->pieces[out->first + i].payload);
	free(out->pieces);
	buf_free(&out->bytes);
	*out = (struct frames_out){0};
}
