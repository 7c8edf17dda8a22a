/*
 * Fuzz: what a hostile cell may send: pieces of any size over the socket and batches in the box of the shared page, one after the
 * other, cut into frames by the host.
 *
 * The first byte is the phase.  Then each step is a byte that says where, and two of a length: over the socket as many bytes follow
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

/* False: the host would end the cell.  Every byte that a frame has is read. */
static bool
frames(struct frames_in *in, enum cell_phase phase, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		size_t given = frames_give(in, bytes, len);
		struct fault fault;
		struct frame frame;
		int rc;

		assert(given <= len);
		bytes += given;
		len -= given;
		while ((rc = frames_next(in, phase, &frame, &fault)) == 1) {
			struct payload *payload = frames_payload(&frame);
			uint8_t *prefix = malloc(frame.prefix_len + 1);

			assert(frame.prefix_len + frame.rest_len == frame.head.length);
			assert(payload->len == frame.rest_len && prefix != NULL);
			memcpy(prefix, frame.prefix, frame.prefix_len);
			free(prefix);
			payload_unref(&payload);
		}
		if (rc < 0)
			return false;
		assert(given > 0);
	}
	return true;
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
boxed(struct frames_in *in, enum cell_phase phase, struct wire_mail *box, struct input *input, unsigned how)
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
	good = frames(in, phase, batch, len);
	free(batch);
	return good;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const enum cell_phase phases[] = {PHASE_NEW, PHASE_LOADING, PHASE_READY, PHASE_STOPPING};
	struct input input = {data, len};
	struct frames_in in = {0};
	struct wire_mail *box = calloc(1, sizeof(*box));
	enum cell_phase phase;
	bool good = true;

	assert(box != NULL);
	phase = phases[len == 0 ? 0 : data[0] % ARRAY_LEN(phases)];
	(void)take(&input, 1);
	while (good && input.left > 0) {
		unsigned where = *input.at;

		(void)take(&input, 1);
		if (where >= 128) {
			good = boxed(&in, phase, box, &input, where - 128);
		} else {
			unsigned wanted = number(&input);
			const uint8_t *from = input.at;

			good = frames(&in, phase, from, take(&input, wanted + 1));
		}
	}
	frames_in_free(&in);
	free(box);
	return 0;
}
