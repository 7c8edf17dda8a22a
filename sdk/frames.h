/*
 * Frames to and from the host, in batches.
 *
 * A batch goes over the shared page while the host looks there (mail.h), else over the socket.
 *
 * What is sent is gathered and leaves with one sendmsg, at frames_flush or when much has come together; a big payload is
 * not copied but leaves at once, after all that was gathered before it.  frames_read blocks in one recvmsg and hands
 * over every whole frame that it brought; a big payload is received straight into a block of its own.
 */

#ifndef HOSPES_FRAMES_H
#define HOSPES_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "wire.h"

#pragma GCC visibility push(hidden)

#define FRAMES_IN    (256u * 1024) /* read at a time */
#define FRAMES_OUT   (128u * 1024) /* gathered at most */
#define FRAMES_BIG   (32u * 1024)  /* from here on a payload is not copied on its way */
#define FRAMES_PARTS 7             /* pieces of one payload at most */

/* A frame as it came.  `payload` has `frame.length` bytes and a zero behind them. */
struct received {
	struct wire_frame frame;
	const uint8_t *payload;
	void *block; /* the block that the payload lies in alone, for the taker to keep by setting this NULL; or NULL */
};

struct frames {
	int fd;
	struct wire_page *page; /* shared with the host, or NULL */
	uint32_t rings;         /* of the host, that were heard */
	size_t out_len;
	size_t mailed; /* of these, that lie in the box: taken by the host or not, nobody has looked yet */
	size_t in_start, in_end;
	struct received big; /* the frame whose payload is still coming into big.block */
	size_t big_have;
	uint8_t *out; /* FRAMES_OUT bytes */
	uint8_t *in;  /* FRAMES_IN bytes and one */
};

/* 0 or HOSPES_ENOMEM.  The descriptor stays the caller's; `page` may be NULL. */
int frames_open(struct frames *frames, int fd, struct wire_page *page);

/* Queues one frame whose payload is the parts in turn; the parts are free again when it returns.  0, or a status when the
 * socket broke or the payload is over WIRE_FRAME_MAX (HOSPES_ETOOLARGE: nothing was sent). */
int frames_send(struct frames *frames, const struct wire_frame *head, const struct iovec *parts, size_t n);
int frames_flush(struct frames *frames);

/* The same over the socket alone: whatever comes next goes there without us. */
int frames_leave(struct frames *frames);

/* The same for the last time, from a handler of a fatal signal: async-signal-safe, tries once and never blocks. */
void frames_flush_dying(struct frames *frames);

/* Blocks for more, then calls taker(arg, received) for each whole frame.  0, or a status: of the socket, HOSPES_EPROTOCOL
 * for a length over the limit, or what the taker returned, which ends the reading. */
int frames_read(struct frames *frames, int (*taker)(void *arg, struct received *received), void *arg);

/* Gives back the memory of the buffers, when nothing is in them. */
void frames_rest(struct frames *frames);

/* Blocking and without a buffer, for the time before there is one. */
int frames_read_exact(int fd, void *bytes, size_t len);
int frames_write_all(int fd, struct iovec *parts, size_t n);

#pragma GCC visibility pop

#endif
