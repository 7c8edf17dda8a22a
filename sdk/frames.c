/*
 * Frames over the control socket.  Only recvmsg and sendmsg are used: a cell may make no other call on it.
 */

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <hospes/status.h>

#include "fiber.h"
#include "frames.h"
#include "mail.h"

/* Bytes over the one socket of this process, before its frames were opened too. */
static uint32_t sent_bytes, received_bytes;

int
frames_open(struct frames *frames, int fd, struct wire_page *page)
{
	memset(frames, 0, sizeof(*frames));
	frames->fd = fd;
	frames->page = page;
	if (page != NULL) {
		atomic_store(&page->cell_heard, received_bytes);
		atomic_store(&page->cell_looks, 1);
	}
	frames->out = malloc(FRAMES_OUT);
	frames->in = malloc(FRAMES_IN + 1);
	if (frames->out != NULL && frames->in != NULL)
		return 0;
	free(frames->out);
	free(frames->in);
	return HOSPES_ENOMEM;
}

/* Learns what became of the batch in the box; comes before whatever leaves next.  What the host has not taken is at the
 * front of what is to be sent, and in the box no more.  [async-signal-safe] */
static void
frames_settle(struct frames *frames)
{
	if (frames->mailed == 0)
		return;
	if (!mail_back(&frames->page->to_host, frames->mailed)) {
		frames->out_len -= frames->mailed;
		memmove(frames->out, frames->out + frames->mailed, frames->out_len);
	}
	frames->mailed = 0;
}

void
frames_rest(struct frames *frames)
{
	frames_settle(frames);
	if (frames->out_len == 0)
		memory_rest(frames->out, FRAMES_OUT);
	if (frames->in_start < frames->in_end)
		return;
	frames->in_start = frames->in_end = 0;
	memory_rest(frames->in, FRAMES_IN);
}

/* ---- Sending ----------------------------------------------------------------------------------------------------- */

int
frames_write_all(int fd, struct iovec *parts, size_t n)
{
	while (n > 0) {
		struct msghdr message = {.msg_iov = parts, .msg_iovlen = n};
		ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return HOSPES_EIO;
		sent_bytes += (uint32_t)sent;
		while (n > 0 && (size_t)sent >= parts->iov_len) {
			sent -= (ssize_t)parts->iov_len;
			parts++;
			n--;
		}
		if (n > 0) {
			parts->iov_base = (char *)parts->iov_base + sent;
			parts->iov_len -= (size_t)sent;
		}
	}
	return 0;
}

/* Leaves it all in the box of a host that looks.  False: it has to go over the socket. */
static bool
frames_mail(struct frames *frames)
{
	struct wire_page *page = frames->page;

	if (page == NULL || atomic_load(&page->host_looks) == 0 || atomic_load(&page->host_heard) != sent_bytes ||
	    !mail_put(&page->to_host, frames->out, frames->out_len))
		return false;
	frames->mailed = frames->out_len;
	if (atomic_load(&page->host_looks) != 0)
		return true;
	frames_settle(frames);
	return frames->out_len == 0;
}

int
frames_leave(struct frames *frames)
{
	struct iovec gathered;

	frames_settle(frames);
	gathered = (struct iovec){.iov_base = frames->out, .iov_len = frames->out_len};
	frames->out_len = 0;
	return gathered.iov_len == 0 ? 0 : frames_write_all(frames->fd, &gathered, 1);
}

int
frames_flush(struct frames *frames)
{
	if (frames->out_len == frames->mailed)
		return 0;
	frames_settle(frames);
	return frames_mail(frames) ? 0 : frames_leave(frames);
}

/* All that was gathered, the header and the payload in one go, without copying the payload. */
static int
frames_send_big(struct frames *frames, struct wire_frame *head, const struct iovec *parts, size_t n)
{
	struct iovec all[FRAMES_PARTS + 2] = {[1] = {.iov_base = head, .iov_len = sizeof(*head)}};

	frames_settle(frames);
	all[0] = (struct iovec){.iov_base = frames->out, .iov_len = frames->out_len};
	if (n > 0)
		memcpy(all + 2, parts, n * sizeof(*parts));
	frames->out_len = 0;
	return frames_write_all(frames->fd, all, n + 2);
}

void
frames_flush_dying(struct frames *frames)
{
	struct iovec gathered;
	struct msghdr message = {.msg_iov = &gathered, .msg_iovlen = 1};

	frames_settle(frames);
	gathered = (struct iovec){.iov_base = frames->out, .iov_len = frames->out_len};
	frames->out_len = 0;
	if (gathered.iov_len > 0 && sendmsg(frames->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return; /* it dies anyway */
}

static uint8_t *
frames_append(uint8_t *at, const void *bytes, size_t len)
{
	if (len > 0)
		memcpy(at, bytes, len);
	return at + len;
}

int
frames_send(struct frames *frames, const struct wire_frame *head, const struct iovec *parts, size_t n)
{
	struct wire_frame frame = *head;
	size_t length = 0;
	uint8_t *at;

	assert(n <= FRAMES_PARTS);
	for (size_t i = 0; i < n; i++) {
		if (parts[i].iov_len > WIRE_FRAME_MAX - length)
			return HOSPES_ETOOLARGE;
		length += parts[i].iov_len;
	}
	frame.length = (uint32_t)length;
	if (length >= FRAMES_BIG)
		return frames_send_big(frames, &frame, parts, n);
	if (frames->out_len + sizeof(frame) + length > FRAMES_OUT) {
		int rc = frames_flush(frames);

		if (rc != 0)
			return rc;
	}
	at = frames_append(frames->out + frames->out_len, &frame, sizeof(frame));
	for (size_t i = 0; i < n; i++)
		at = frames_append(at, parts[i].iov_base, parts[i].iov_len);
	/* It counts when it is whole: a fault while the parts are copied must not send half a frame (frames_flush_dying). */
	atomic_signal_fence(memory_order_release);
	frames->out_len = (size_t)(at - frames->out);
	return 0;
}

/* ---- Receiving --------------------------------------------------------------------------------------------------- */

/* What one recvmsg brings, at least a byte; nothing, where it does not block and there is none. */
static int
frames_receive(int fd, int flags, struct iovec *parts, size_t n, size_t *ret)
{
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = n};
	ssize_t got;

	do {
		got = recvmsg(fd, &message, flags);
	} while (got < 0 && errno == EINTR);
	*ret = got > 0 ? (size_t)got : 0;
	received_bytes += (uint32_t)*ret;
	return got > 0 || (got < 0 && errno == EAGAIN && flags != 0) ? 0 : HOSPES_EIO;
}

/* It is the host that sees to it that this ends soon: it takes the permission back before it sleeps itself.  Should it be
 * kept from doing so, so many looks take about the same time. */
#define LOOKS_MOST 400u

/* A batch out of the box, to where the parts are.  There is room: a buffer with a part of a frame has most of it left. */
static size_t
frames_take_mail(struct wire_page *page, const struct iovec *parts, size_t n)
{
	uint8_t *to = parts[n - 1].iov_base;
	size_t got, first;

	if (!mail_there(&page->to_cell))
		return 0;
	assert(parts[n - 1].iov_len >= WIRE_MAIL_MAX);
	got = mail_take(&page->to_cell, to);
	if (n == 1)
		return got;
	first = got < parts[0].iov_len ? got : parts[0].iov_len;
	memcpy(parts[0].iov_base, to, first);
	memmove(to, to + first, got - first);
	return got;
}

static int
frames_receive_told(struct frames *frames, int flags, struct iovec *parts, size_t n, size_t *ret)
{
	int rc = frames_receive(frames->fd, flags, parts, n, ret);

	atomic_store(&frames->page->cell_heard, received_bytes);
	return rc;
}

/* A process that sleeps is woken in tens of microseconds.  While the host permits it, looks again for as long: the host
 * counts what it sends, and only what was counted is asked for.  Who shares a CPU with the host only keeps it from its
 * work by looking.  0 or a status, with nothing received when it is time to sleep. */
static int
frames_look(struct frames *frames, struct iovec *parts, size_t n, size_t *ret)
{
	struct wire_page *page = frames->page;

	*ret = 0;
	for (unsigned looks = 0;; looks++) {
		uint32_t rings = atomic_load(&page->rings);

		*ret = frames_take_mail(page, parts, n);
		if (*ret > 0 || looks == LOOKS_MOST || atomic_load(&page->may_look) == 0)
			return 0;
		if (rings != frames->rings) {
			int rc = frames_receive_told(frames, MSG_DONTWAIT, parts, n, ret);

			frames->rings = rings;
			if (rc != 0 || *ret > 0)
				return rc;
		}
		if ((int)atomic_load_explicit(&page->host_cpu, memory_order_relaxed) == sched_getcpu())
			return 0;
		(void)sched_yield();
	}
}

/* At least a byte. */
static int
frames_await(struct frames *frames, struct iovec *parts, size_t n, size_t *ret)
{
	struct wire_page *page = frames->page;
	int rc;

	if (page == NULL)
		return frames_receive(frames->fd, 0, parts, n, ret);
	rc = frames_look(frames, parts, n, ret);
	if (rc == 0 && *ret == 0) {
		atomic_store(&page->cell_looks, 0);
		*ret = frames_take_mail(page, parts, n);
		if (*ret == 0)
			rc = frames_receive_told(frames, 0, parts, n, ret);
		atomic_store(&page->cell_looks, 1);
	}
	atomic_store_explicit(&page->cell_cpu, (uint32_t)sched_getcpu(), memory_order_relaxed);
	return rc;
}

int
frames_read_exact(int fd, void *bytes, size_t len)
{
	struct iovec rest = {.iov_base = bytes, .iov_len = len};

	while (rest.iov_len > 0) {
		size_t got;
		int rc = frames_receive(fd, 0, &rest, 1, &got);

		if (rc != 0)
			return rc;
		rest.iov_base = (char *)rest.iov_base + got;
		rest.iov_len -= got;
	}
	return 0;
}

/* One batch: first what lacks of a big payload, the rest into the buffer. */
static int
frames_fill(struct frames *frames)
{
	struct iovec parts[2];
	size_t got, lacking = 0, n = 0;
	int rc;

	if (frames->in_start > 0) {
		memmove(frames->in, frames->in + frames->in_start, frames->in_end - frames->in_start);
		frames->in_end -= frames->in_start;
		frames->in_start = 0;
	}
	if (frames->big.block != NULL) {
		lacking = frames->big.frame.length - frames->big_have;
		parts[n++] = (struct iovec){(char *)frames->big.block + frames->big_have, lacking};
	}
	parts[n++] = (struct iovec){frames->in + frames->in_end, FRAMES_IN - frames->in_end};
	rc = frames_await(frames, parts, n, &got);
	if (rc != 0)
		return rc;
	if (got < lacking)
		lacking = got;
	frames->big_have += lacking;
	frames->in_end += got - lacking;
	return 0;
}

/* Gives the payload of a big frame its own block and moves over what has come of it. */
static int
frames_begin_big(struct frames *frames, const struct wire_frame *head)
{
	size_t have = frames->in_end - frames->in_start - sizeof(*head);
	uint8_t *block = malloc((size_t)head->length + 1);

	if (block == NULL)
		return HOSPES_ENOMEM;
	if (have > head->length)
		have = head->length;
	memcpy(block, frames->in + frames->in_start + sizeof(*head), have);
	block[head->length] = 0;
	frames->in_start += sizeof(*head) + have;
	frames->big = (struct received){.frame = *head, .payload = block, .block = block};
	frames->big_have = have;
	return 0;
}

static int
frames_end_big(struct frames *frames, int (*taker)(void *arg, struct received *received), void *arg)
{
	struct received whole = frames->big;
	int rc;

	frames->big.block = NULL;
	frames->big_have = 0;
	rc = taker(arg, &whole);
	free(whole.block);
	return rc;
}

/* A frame that lies in the buffer as a whole.  The byte behind it is lent to the zero and then put back. */
static int
frames_take_small(
    struct frames *frames, const struct wire_frame *head, int (*taker)(void *arg, struct received *received), void *arg)
{
	uint8_t *payload = frames->in + frames->in_start + sizeof(*head);
	struct received whole = {.frame = *head, .payload = payload};
	uint8_t lent = payload[head->length];
	int rc;

	payload[head->length] = 0;
	rc = taker(arg, &whole);
	payload[head->length] = lent;
	frames->in_start += sizeof(*head) + head->length;
	return rc;
}

int
frames_read(struct frames *frames, int (*taker)(void *arg, struct received *received), void *arg)
{
	struct wire_frame head;
	int rc = frames_fill(frames);

	while (rc == 0) {
		if (frames->big.block != NULL) {
			if (frames->big_have < frames->big.frame.length)
				return 0;
			rc = frames_end_big(frames, taker, arg);
			continue;
		}
		if (frames->in_end - frames->in_start < sizeof(head))
			return 0;
		memcpy(&head, frames->in + frames->in_start, sizeof(head));
		if (head.length > WIRE_FRAME_MAX)
			return HOSPES_EPROTOCOL;
		if (head.length >= FRAMES_BIG)
			rc = frames_begin_big(frames, &head);
		else if (frames->in_end - frames->in_start - sizeof(head) < head.length)
			return 0;
		else
			rc = frames_take_small(frames, &head, taker, arg);
	}
	return rc;
}
