/* Frames there and back: whatever their sizes, and in whatever pieces the bytes come.  SEED=n repeats a run of it, FRAMES=n has it
 * send so many. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cell/frames.h"

#define FRAMES 400u

static size_t
random_size(void)
{
	switch (rand() % 6) {
	case 0:
		return 0;
	case 1: /* about the size of the buffer */
		return FRAMES_BUFFER - sizeof(struct wire_frame) - 40 + (size_t)(rand() % 80);
	case 2:
		return (size_t)(rand() % 400000);
	default:
		return (size_t)(rand() % 300);
	}
}

/* The i-th frame of a seed: an op or a reply, with bytes that depend on its number. */
static struct payload *
put_frame(struct frames_out *out, unsigned i)
{
	struct payload *payload = payload_alloc(random_size());
	struct wire_frame head = {.call = i, .ordinal = i};
	struct wire_op op = {.kind = WIRE_OP_CALL, .target_len = 5};
	struct wire_reply reply = {.confidence = i};

	memset(payload->data, (int)('a' + i % 26), payload->len);
	if (i % 2 == 0) {
		struct iovec parts[] = {{&op, sizeof(op)}, {"other", 5}};

		head.type = WIRE_OP;
		frames_put(out, &head, parts, 2, payload);
	} else {
		struct iovec part = {&reply, sizeof(reply)};

		head.type = WIRE_REPLY;
		frames_put(out, &head, &part, 1, payload);
	}
	return payload;
}

static void
check_frame(const struct frame *f, unsigned i, const struct payload *expected)
{
	_cleanup_(payload_unref) struct payload *got = frames_payload(f);

	if (expected == NULL) {
		fail_msg("a frame that was not sent");
		return;
	}
	assert_int_equal(f->head.call, i);
	assert_int_equal(f->head.type, i % 2 == 0 ? WIRE_OP : WIRE_REPLY);
	assert_int_equal(f->prefix_len, i % 2 == 0 ? sizeof(struct wire_op) + 5 : sizeof(struct wire_reply));
	if (i % 2 == 0)
		assert_memory_equal(f->prefix + sizeof(struct wire_op), "other", 5);
	assert_int_equal(got->len, expected->len);
	assert_memory_equal(got->data, expected->data, got->len);
}

/* Takes a random number of bytes from the socket into the reader. */
static void
receive_some(int fd, struct frames_in *in)
{
	struct iovec iov[2];
	int n = frames_room(in, iov);
	size_t most = (size_t)(rand() % (rand() % 2 ? 100 : 200000)) + 1, got = 0;

	for (int k = 0; k < n && got < most; k++) {
		size_t want = iov[k].iov_len < most - got ? iov[k].iov_len : most - got;
		ssize_t r = recv(fd, iov[k].iov_base, want, MSG_DONTWAIT);

		if (r <= 0)
			break;
		got += (size_t)r;
		if ((size_t)r < want)
			break;
	}
	frames_filled(in, got);
}

static void
test_there_and_back(void **state)
{
	const char *given = getenv("SEED");
	unsigned seed = given != NULL ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
	const char *few = getenv("FRAMES");
	unsigned frames = few != NULL ? (unsigned)strtoul(few, NULL, 10) : FRAMES;
	struct payload *sent[FRAMES] = {0};
	struct frames_out out = {0};
	struct frames_in in = {0};
	unsigned put = 0, got = 0;
	struct fault fault;
	struct frame f;
	int pair[2], rc;

	(void)state;
	assert_in_range(frames, 1, FRAMES);
	print_message("seed %u\n", seed);
	srand(seed);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	while (got < frames) {
		for (int more = rand() % 4; more > 0 && put < frames; more--, put++)
			sent[put] = put_frame(&out, put);
		assert_in_range(frames_flush(&out, pair[0]), 0, 1);
		receive_some(pair[1], &in);
		while ((rc = frames_next(&in, PHASE_READY, &f, &fault)) == 1) {
			check_frame(&f, got, sent[got]);
			payload_unref(&sent[got++]);
		}
		assert_int_equal(rc, 0);
	}
	assert_int_equal(frames_copied(&out), 0);
	frames_in_free(&in);
	frames_out_free(&out);
	close(pair[0]);
	close(pair[1]);
}

/* The longest prefix that there may be, in front of a large payload. */
static void
test_longest_texts(void **state)
{
	struct wire_op op = {.kind = WIRE_OP_HTTP, .target_len = UINT16_MAX, .version_len = 255, .key_len = 255};
	_cleanup_(free_p) char *texts = xcalloc(1, UINT16_MAX + 510);
	_cleanup_(payload_unref) struct payload *payload = payload_alloc(300000);
	struct wire_frame head = {.type = WIRE_OP, .call = 1};
	struct iovec parts[] = {{&op, sizeof(op)}, {texts, UINT16_MAX + 510}};
	struct frames_out out = {0};
	struct frames_in in = {0};
	struct fault fault;
	struct frame f;
	int pair[2], rc;

	(void)state;
	memset(payload->data, 'x', payload->len);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	frames_put(&out, &head, parts, 2, payload);
	do {
		assert_in_range(frames_flush(&out, pair[0]), 0, 1);
		receive_some(pair[1], &in);
	} while ((rc = frames_next(&in, PHASE_READY, &f, &fault)) == 0);
	assert_int_equal(rc, 1);
	assert_int_equal(f.prefix_len, sizeof(op) + UINT16_MAX + 510);
	assert_int_equal(f.rest_len, 300000);
	frames_in_free(&in);
	frames_out_free(&out);
	close(pair[0]);
	close(pair[1]);
}

/* Every type in every phase: permitted exactly where wire.h says so, and never with flags. */
static void
test_phases(void **state)
{
	static const struct {
		uint16_t type;
		unsigned phases;
		uint32_t length;
	} allowed[] = {
	    {WIRE_HELLO, PHASE_NEW, 8},
	    {WIRE_READY, PHASE_LOADING, 8},
	    {WIRE_FAILED, PHASE_NEW | PHASE_LOADING, 0},
	    {WIRE_OP, PHASE_READY, sizeof(struct wire_op)},
	    {WIRE_PARK, PHASE_READY, 0},
	    {WIRE_REPLY, PHASE_READY, 16},
	    {WIRE_PART, PHASE_READY, 0},
	    {WIRE_LOG, PHASE_LOADING | PHASE_READY | PHASE_STOPPING, 0},
	    {WIRE_PROGRESS, PHASE_READY, 8},
	    {WIRE_PONG, PHASE_READY | PHASE_STOPPING, 8},
	    {WIRE_ABANDON, PHASE_READY, 0},
	    {WIRE_BYE, PHASE_STOPPING, 0},
	};

	(void)state;
	for (unsigned type = 0; type < 200; type++)
		for (unsigned phase = PHASE_NEW; phase <= PHASE_STOPPING; phase <<= 1)
			for (unsigned flags = 0; flags < 2; flags++) {
				struct wire_frame head = {.type = (uint16_t)type, .flags = (uint16_t)flags};
				struct frames_in in = {0};
				struct iovec iov[2];
				struct fault fault;
				struct frame f;
				bool good = false;

				for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
					if (allowed[i].type == type) {
						head.length = allowed[i].length;
						good = flags == 0 && (allowed[i].phases & phase) != 0;
					}
				frames_room(&in, iov);
				memset(iov[0].iov_base, 0, sizeof(head) + 64);
				memcpy(iov[0].iov_base, &head, sizeof(head));
				frames_filled(&in, sizeof(head) + head.length);
				assert_int_equal(
				    frames_next(&in, (enum cell_phase)phase, &f, &fault), good ? 1 : HOSPES_EPROTOCOL);
				frames_in_free(&in);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_there_and_back),
	    cmocka_unit_test(test_longest_texts),
	    cmocka_unit_test(test_phases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
