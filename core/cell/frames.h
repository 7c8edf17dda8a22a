/*
 * Frames: the bytes of a cell's socket, cut into frames, and frames put together for it.  Private to the room.
 *
 * A reader has one buffer; many frames come with one recv.  A frame that would not fit has its fixed part kept and the
 * rest received straight into a payload.  Every header is judged as soon as it is there, before its body is waited for:
 * known type, permitted in the phase, length within the type's bounds, flags zero.
 *
 * A writer gathers headers and small payloads in a buffer and refers to large ones; one sendmsg takes many frames.
 */

#ifndef CELL_FRAMES_H
#define CELL_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "base/fault.h"
#include "wire.h"

#define FRAMES_BUFFER     (128 * KIB)
#define FRAMES_REPORT_MAX MIB /* of a probe */
#define FRAMES_PIECES     64  /* of one sendmsg */

/* A cell's life, as bits, so that a rule can name several. */
enum cell_phase {
	PHASE_NEW = 1,     /* nothing has come yet */
	PHASE_LOADING = 2, /* HELLO has come */
	PHASE_READY = 4,
	PHASE_STOPPING = 8, /* STOP was sent */
	PHASE_KILLED = 16,  /* its end was ordered: nothing of it counts any more */
	PHASE_DEAD = 32,
};

struct frames_in {
	uint8_t *buf;
	size_t at, len; /* [at, len) is not looked at yet */

	/* the large frame that is being received */
	struct wire_frame head;
	uint8_t *prefix;
	size_t prefix_len;
	struct payload *rest;
	size_t have;
	bool given; /* it was handed out */
};

/* One frame.  `prefix` is the fixed struct and its texts; what follows is in `rest`, and in `payload` too when it was
 * received as one.  All borrowed until the next frames_next or frames_room. */
struct frame {
	struct wire_frame head;
	const uint8_t *prefix;
	size_t prefix_len;
	const uint8_t *rest;
	size_t rest_len;
	struct payload *payload;
};

/* Where the next bytes go: fills one or two vectors; then say how many came. */
int frames_room(struct frames_in *in, struct iovec iov[2]);
void frames_filled(struct frames_in *in, size_t n);

/* The same for bytes that are here: takes what there is room for, and returns how much that was. */
size_t frames_give(struct frames_in *in, const uint8_t *bytes, size_t len);

/* 1 and a frame; 0 when more bytes are needed; protocol_violation. */
int frames_next(struct frames_in *in, enum cell_phase phase, struct frame *ret, struct fault *fault);

/* What follows the prefix, as a payload of the caller's own. */
struct payload *frames_payload(const struct frame *f);
void frames_in_free(struct frames_in *in);

struct frames_piece {
	struct payload *payload; /* NULL: bytes of the buffer */
	size_t len;              /* still to be sent */
};

struct frames_out {
	struct buf bytes;
	size_t at; /* of the first byte not sent */
	struct frames_piece *pieces;
	size_t first, n, cap;
	size_t mailed;       /* of these, that lie in the cell's box: taken or not, nobody has looked yet */
	uint32_t sent_bytes; /* over the socket */
};

/* Adds a frame: `head` (its length is filled in), copied parts, then a payload that may be NULL. */
void frames_put(struct frames_out *out, const struct wire_frame *head, const struct iovec *parts, int n_parts,
    struct payload *payload);

/* 0 when all is out, 1 when the socket is full, or -errno. */
int frames_flush(struct frames_out *out, int fd);

/* Leaves all of it in the box of a cell that looks there (sdk/mail.h).  False: it has to go over the socket.  What is in the
 * box is in the queue too until frames_settle, which comes before anything else that leaves, has asked what became of it. */
bool frames_mail(struct frames_out *out, struct wire_page *page);
void frames_settle(struct frames_out *out, struct wire_page *page);

size_t frames_copied(const struct frames_out *out); /* bytes of the buffer that wait */
void frames_out_free(struct frames_out *out);

#endif
