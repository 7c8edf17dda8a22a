/*
 * Fuzz: what a hostile cell may send: pieces of any size over the socket and batches in the box of the shared page, one after the
 * other, cut into frames by the host.
 *
 * The first byte is the phase, and how many frames are served in a turn: while more are left, nothing is read of the cell, but a
 * batch that was taken is taken whole.  Then each step is a byte that says where, and two of a length: over the socket as many bytes follow
 * (as there are); in the box they are put, and the length that the box says is one of its own.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "cell/frames.h"
#include "mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct input {
	const uint8_t *at;
	size_t left;
};

static size_t
take(struct input *input, size_t n)
{
	n = n < input->left ? n : input->left;
	input->at += n;
	input->left -= n;
	return n;
}

static unsigned
number(struct input *input)
{
	const uint8_t *at = input->at;

	return take(input, 2) < 2 ? 0 : at[0] | (unsigned)at[1] << 8;
}

struct reader {
	struct frames_in in;
	enum cell_phase phase;
	unsigned slice;
	bool late; /* not all was served that was read */
};

/* Every byte that a frame has is read. */
static void
read_frame(const struct frame *frame)
{
	struct payload *payload = frames_payload(frame);
	uint8_t *prefix = malloc(frame->prefix_len + 1);

	assert(frame->prefix_len + frame->rest_len == frame->head.length);
	assert(payload->len == frame->rest_len && prefix != NULL);
	memcpy(prefix, frame->prefix, frame->prefix_len);
	free(prefix);
	payload_unref(&payload);
}

/* A turn.  False: the host would end the cell. */
static bool
serve(struct reader *reader)
{
	struct fault fault;
	struct frame frame;
	unsigned n = 0;
	int rc = 1;

	while (n < reader->slice && (rc = frames_next(&reader->in, reader->phase, &frame, &fault)) == 1) {
		read_frame(&frame);
		n++;
	}
	reader->late = n == reader->slice;
	return rc >= 0;
}

static bool
serve_rest(struct reader *reader)
{
	bool good = true;

	while (good && reader->late)
		good = serve(reader);
	return good;
}

static bool
give(struct reader *reader, const uint8_t *bytes, size_t len, bool whole)
{
	bool good = true;

	while (good && len > 0) {
		size_t given;

		if (!whole && !serve_rest(reader))
			return false;
		given = frames_give(&reader->in, bytes, len);
		assert(given > 0 && given <= len);
		bytes += given;
		len -= given;
		if (!reader->late)
			good = serve(reader);
	}
	return good && serve_rest(reader);
}

/* What the box says of its length: the truth, or anything. */
static uint32_t
said(unsigned how, size_t n)
{
	static const uint32_t lies[] = {
	    0, 1, WIRE_MAIL_MAX - 1, WIRE_MAIL_MAX, WIRE_MAIL_MAX + 1, 1u << 31, UINT32_MAX};

	return how < ARRAY_LEN(lies) ? lies[how] : (uint32_t)n;
}

static bool
boxed(struct reader *reader, struct wire_mail *box, struct input *input, unsigned how)
{
	unsigned wanted = number(input);
	const uint8_t *from = input->at;
	size_t n = take(input, wanted % (WIRE_MAIL_MAX + 1)), len;
	uint32_t says = said(how, n);
	uint8_t *batch = malloc(WIRE_MAIL_MAX);
	bool good, there;

	assert(batch != NULL);
	memcpy(box->bytes, from, n);
	atomic_store(&box->len, says);
	there = mail_there(box);
	len = mail_take(box, batch);
	assert(there == (len > 0));
	assert(len == 0 ? atomic_load(&box->len) == says : len == says && atomic_load(&box->len) == 0);
	good = give(reader, batch, len, true);
	free(batch);
	return good;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const enum cell_phase phases[] = {PHASE_NEW, PHASE_LOADING, PHASE_READY, PHASE_STOPPING};
	struct input input = {data, len};
	struct wire_mail *box = calloc(1, sizeof(*box));
	struct reader reader = {0};
	bool good = true;

	assert(box != NULL);
	reader.phase = phases[len == 0 ? 0 : data[0] % ARRAY_LEN(phases)];
	reader.slice = len == 0 ? 1 : 1 + data[0] / 4 % 16;
	(void)take(&input, 1);
	while (good && input.left > 0) {
		unsigned where = *input.at;

		(void)take(&input, 1);
		if (where >= 128) {
			good = boxed(&reader, box, &input, where - 128);
		} else {
			unsigned wanted = number(&input);
			const uint8_t *from = input.at;

			good = give(&reader, from, take(&input, wanted + 1), false);
		}
	}
	frames_in_free(&reader.in);
	free(box);
	return 0;
}
