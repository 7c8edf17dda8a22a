/*
 * The floor: what the machine charges for the messages of a bench row when nobody does anything but pass them on.
 *
 * A core and cells of three roles (lane, join, work), as many of each as a host starts, bare processes on the host's own
 * kind of socket, with its frames (sdk/wire.h), its fibers (sdk/fiber.h), its batching (all that was read is handled
 * before anything is written) and the same JSON work in the handlers.  No guards, no journal, no accounts, no sandbox.
 *
 * Runs come from nowhere: the core begins the next one when one has ended.
 */

#ifndef FLOOR_H
#define FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

#define FLOOR_WORKERS 10

enum floor_role { FLOOR_LANE, FLOOR_JOIN, FLOOR_WORK, FLOOR_ROLES };

#define FLOOR_EACH  4 /* cells of a role at most, as cells.per_version */
#define FLOOR_CELLS (FLOOR_ROLES * FLOOR_EACH)
#define FLOOR_CALLS 16384 /* in flight in a cell at most */

struct floor_row {
	enum floor_role callee; /* of a lane: FLOOR_WORK is one call, FLOOR_JOIN a supervisor with its workers */
	bool runs;              /* no lanes: the core itself has `lanes` supervisors at work, `rounds` times */
	bool json;              /* payloads are parsed and made, else passed on as bytes */
	bool spin;              /* who has just worked looks again for a while before it sleeps */
	unsigned cells;         /* of each role that calls are spread over */
	unsigned lanes;         /* at once */
	unsigned rounds;        /* of each lane, one after the other */
};

/* Bytes from `at` to `len` are still to be used. */
struct floor_bytes {
	uint8_t *data;
	size_t at, len, cap;
};

void floor_append(struct floor_bytes *b, const void *data, size_t len);
/* A frame of up to three parts; its length is filled in. */
void floor_frame(struct floor_bytes *b, const struct wire_frame *frame, const void *head, size_t head_len,
    const void *text, size_t text_len, const void *payload, size_t len);
bool floor_flush(int fd, struct floor_bytes *out); /* false: a socket that does not block is full */
/* The next frame of what was read, its bytes in *data; false: none is whole. */
bool floor_next(struct floor_bytes *in, struct wire_frame *frame, const uint8_t **data);

enum floor_came { FLOOR_CAME, FLOOR_NOTHING, FLOOR_END };
enum floor_came floor_read(int fd, struct floor_bytes *in, bool wait);

/* Is it worth to look once more, so long after the last work?  Lets others run meanwhile. */
bool floor_again(bool spin, double worked);
double floor_seconds(void);

/* A cell: serves calls on `fd` until its end. */
void floor_cell(int fd, enum floor_role role, const struct floor_row *row, const char *payload);

/* The core: runs the row over the cells' sockets (FLOOR_EACH of a role, then the next), and returns how many calls there
 * were; with one lane, *p50 is the median time in seconds from one round to the next. */
uint64_t floor_core(const int fd[FLOOR_CELLS], const struct floor_row *row, const char *payload, double *p50);

double floor_median(double *times, size_t n);

/* A hop and a synced write of 4 KB, so many times; prints what they took. */
int floor_durable(const char *file, unsigned rounds, bool spin);

#endif
