/* Frames coming in: cut out of the stream, each header judged by the table of what may come when. */

#include "cell/frames.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define HEAD sizeof(struct wire_frame)

struct rule {
	uint16_t type;
	uint16_t phases;
	uint32_t fixed; /* bytes of the struct that begins the body */
	uint32_t max;   /* of the whole body */
	const char *name;
};

static const struct rule rules[] = {
    {WIRE_HELLO, PHASE_NEW, sizeof(struct wire_hello), sizeof(struct wire_hello), "HELLO"},
    {WIRE_READY, PHASE_LOADING, sizeof(struct wire_hello), sizeof(struct wire_hello) + FRAMES_REPORT_MAX, "READY"},
    {WIRE_FAILED, PHASE_NEW | PHASE_LOADING, 0, 16 * KIB, "FAILED"},
    {WIRE_OP, PHASE_READY, sizeof(struct wire_op), WIRE_FRAME_MAX, "OP"},
    {WIRE_PARK, PHASE_READY, 0, 0, "PARK"},
    {WIRE_PART, PHASE_READY, 0, WIRE_FRAME_MAX, "PART"},
    {WIRE_REPLY, PHASE_READY, sizeof(struct wire_reply), WIRE_FRAME_MAX, "REPLY"},
    {WIRE_LOG, PHASE_LOADING | PHASE_READY | PHASE_STOPPING, 0, WIRE_LOG_MAX, "LOG"},
    {WIRE_PROGRESS, PHASE_READY, sizeof(double), sizeof(double) + WIRE_LOG_MAX, "PROGRESS"},
    {WIRE_PONG, PHASE_READY | PHASE_STOPPING, sizeof(struct wire_pong), sizeof(struct wire_pong), "PONG"},
    {WIRE_ABANDON, PHASE_READY, 0, 0, "ABANDON"},
    {WIRE_EVICTED, PHASE_READY, sizeof(struct wire_pong), sizeof(struct wire_pong), "EVICTED"},
    {WIRE_BYE, PHASE_STOPPING, 0, 0, "BYE"},
};

static const char *
phase_name(enum cell_phase phase)
{
	switch (phase) {
	case PHASE_NEW:
		return "before HELLO";
	case PHASE_LOADING:
		return "while it loads";
	case PHASE_READY:
		return "once it is ready";
	case PHASE_STOPPING:
		return "after STOP";
	case PHASE_KILLED:
	case PHASE_DEAD:
		break;
	}
	return "after its end";
}

/* The rule that the header keeps, or NULL. */
static const struct rule *
judge(const struct wire_frame *head, enum cell_phase phase, struct fault *fault)
{
	const struct rule *rule = NULL;

	for (size_t i = 0; i < ARRAY_LEN(rules) && rule == NULL; i++)
		if (rules[i].type == head->type)
			rule = &rules[i];
	if (rule == NULL)
		fault_set(fault, HOSPES_EPROTOCOL, "it sent a frame of type %u, which there is not", head->type);
	else if ((rule->phases & phase) == 0)
		fault_set(fault, HOSPES_EPROTOCOL, "it sent %s %s, where that is not permitted", rule->name,
		    phase_name(phase));
	else if (head->flags != 0)
		fault_set(
		    fault, HOSPES_EPROTOCOL, "it sent %s with flags %#x; they must be zero", rule->name, head->flags);
	else if (head->length < rule->fixed || head->length > rule->max)
		fault_set(fault, HOSPES_EPROTOCOL, "it sent %s of %u bytes; %u to %u are allowed", rule->name,
		    head->length, rule->fixed, rule->max);
	else
		return rule;
	return NULL;
}

/* How many bytes come before the payload.  The fixed struct is at `body`; an op's texts may not be there yet. */
static int
prefix_of(const struct rule *rule, const struct wire_frame *head, const uint8_t *body, size_t *ret, struct fault *fault)
{
	size_t len = rule->fixed;

	if (rule->type == WIRE_OP) {
		struct wire_op op;

		memcpy(&op, body, sizeof(op));
		len += (size_t)op.target_len + op.version_len + op.key_len;
	}
	if (len > head->length)
		return fault_set(fault, HOSPES_EPROTOCOL, "it sent %s of %u bytes whose texts would need %zu",
		    rule->name, head->length, len);
	*ret = len;
	return 0;
}

int
frames_room(struct frames_in *in, struct iovec iov[2])
{
	int n = 0;

	if (in->buf == NULL)
		in->buf = xmalloc(FRAMES_BUFFER);
	if (in->at > 0) {
		memmove(in->buf, in->buf + in->at, in->len - in->at);
		in->len -= in->at;
		in->at = 0;
	}
	if (in->rest != NULL && in->have < in->rest->len) {
		assert(in->len == 0);
		iov[n++] = (struct iovec){in->rest->data + in->have, in->rest->len - in->have};
	}
	assert(in->len < FRAMES_BUFFER);
	iov[n++] = (struct iovec){in->buf + in->len, FRAMES_BUFFER - in->len};
	return n;
}

void
frames_filled(struct frames_in *in, size_t n)
{
	if (in->rest != NULL) {
		size_t part = in->rest->len - in->have < n ? in->rest->len - in->have : n;

		in->have += part;
		n -= part;
	}
	in->len += n;
	assert(in->len <= FRAMES_BUFFER);
}

size_t
frames_give(struct frames_in *in, const uint8_t *bytes, size_t len)
{
	struct iovec iov[2];
	int n = frames_room(in, iov);
	size_t given = 0;

	for (int i = 0; i < n; i++) {
		size_t part = iov[i].iov_len < len - given ? iov[i].iov_len : len - given;

		memcpy(iov[i].iov_base, bytes + given, part);
		given += part;
	}
	frames_filled(in, given);
	return given;
}

static void
drop_large(struct frames_in *in)
{
	payload_unref(&in->rest);
	free(in->prefix);
	in->prefix = NULL;
	in->have = 0;
	in->given = false;
}

/* The frame that was received as a payload: handed out while its payload is kept here until the next look. */
static int
large_next(struct frames_in *in, struct frame *ret)
{
	if (in->have < in->rest->len)
		return 0;
	in->given = true;
	*ret = (struct frame){
	    .head = in->head,
	    .prefix = in->prefix,
	    .prefix_len = in->prefix_len,
	    .rest = in->rest->data,
	    .rest_len = in->rest->len,
	    .payload = in->rest,
	};
	return 1;
}

/* A frame larger than the buffer begins: from here on its bytes go where they will stay. */
static void
large_begin(struct frames_in *in, const struct wire_frame *head, size_t prefix_len)
{
	size_t have = in->len - in->at - HEAD - prefix_len;

	in->head = *head;
	in->prefix = xmalloc(prefix_len + 1);
	in->prefix_len = prefix_len;
	memcpy(in->prefix, in->buf + in->at + HEAD, prefix_len);
	in->rest = payload_alloc(head->length - prefix_len);
	memcpy(in->rest->data, in->buf + in->at + HEAD + prefix_len, have);
	in->have = have;
	in->at = in->len = 0;
}

int
frames_next(struct frames_in *in, enum cell_phase phase, struct frame *ret, struct fault *fault)
{
	const struct rule *rule;
	struct wire_frame head;
	size_t have, prefix_len = 0;

	if (in->given)
		drop_large(in);
	if (in->rest != NULL)
		return large_next(in, ret);
	have = in->len - in->at;
	if (have < HEAD)
		return 0;
	memcpy(&head, in->buf + in->at, HEAD);
	rule = judge(&head, phase, fault);
	if (rule == NULL)
		return HOSPES_EPROTOCOL;
	have -= HEAD;
	if (have < rule->fixed)
		return 0;
	if (prefix_of(rule, &head, in->buf + in->at + HEAD, &prefix_len, fault) != 0)
		return HOSPES_EPROTOCOL;
	if (head.length > FRAMES_BUFFER - HEAD) {
		if (have >= prefix_len)
			large_begin(in, &head, prefix_len);
		return 0;
	}
	if (have < head.length)
		return 0;
	*ret = (struct frame){
	    .head = head,
	    .prefix = in->buf + in->at + HEAD,
	    .prefix_len = prefix_len,
	    .rest = in->buf + in->at + HEAD + prefix_len,
	    .rest_len = head.length - prefix_len,
	};
	in->at += HEAD + head.length;
	return 1;
}

struct payload *
frames_payload(const struct frame *f)
{
	return f->payload != NULL ? payload_ref(f->payload) : payload_new(f->rest, f->rest_len);
}

void
frames_in_free(struct frames_in *in)
{
	drop_large(in);
	free(in->buf);
	*in = (struct frames_in){0};
}
