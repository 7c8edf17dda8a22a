/*
 * Records: building, encoding, and decoding from bytes that nobody vouches for.
 *
 * A field is encoded as its tag, two zero bytes, its length and its bytes, padded with zeros to eight; so all data in a
 * record is aligned when the record is.  A record has exactly one encoding: a decoder that finds anything else in the
 * gaps calls it damaged.
 */

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "base/clock.h"
#include "base/record.h"

static_assert(__BYTE_ORDER == __LITTLE_ENDIAN, "records are written as they lie in memory");

struct field_head {
	uint16_t tag;
	uint16_t zero;
	uint32_t len;
};
static_assert(sizeof(struct field_head) == 8, "field_head");

static size_t
padded(size_t len)
{
	return (len + 7) & ~(size_t)7;
}

void
record_init(struct record *r, enum record_kind kind)
{
	r->head = (struct record_head){
	    .format = RECORD_FORMAT,
	    .kind = (uint16_t)kind,
	    .real_ns = clock_real_ns(),
	    .mono_ns = clock_mono_ns(),
	    .ordinal = UINT32_MAX,
	    .attempt = 1,
	};
}

void
record_add(struct record *r, enum record_tag tag, const void *data, size_t len)
{
	if (data == NULL)
		return;
	assert(r->head.fields < RECORD_FIELDS_MAX);
	assert(len <= RECORD_MAX);
	r->field[r->head.fields++] = (struct record_field){.tag = (uint16_t)tag, .len = (uint32_t)len, .data = data};
}

void
record_add_text(struct record *r, enum record_tag tag, const char *text)
{
	if (text != NULL)
		record_add(r, tag, text, strlen(text));
}

const struct record_field *
record_find(const struct record *r, enum record_tag tag)
{
	for (unsigned i = 0; i < r->head.fields; i++)
		if (r->field[i].tag == tag)
			return &r->field[i];
	return NULL;
}

char *
record_text(const struct record *r, enum record_tag tag)
{
	const struct record_field *f = record_find(r, tag);

	return f == NULL ? NULL : xstrndup(f->data, f->len);
}

int64_t
record_int(const struct record *r, enum record_tag tag)
{
	const struct record_field *f = record_find(r, tag);
	uint64_t value = 0;

	/* Shorter ones are unsigned (OP_KIND, EFFECT) and little-endian like all else. */
	if (f == NULL || (f->len != 1 && f->len != 2 && f->len != 4 && f->len != 8))
		return 0;
	memcpy(&value, f->data, f->len);
	return (int64_t)value;
}

double
record_real(const struct record *r, enum record_tag tag)
{
	const struct record_field *f = record_find(r, tag);
	double value;

	if (f == NULL || f->len != sizeof value)
		return 0;
	memcpy(&value, f->data, sizeof value);
	return value;
}

size_t
record_size(const struct record *r)
{
	size_t size = sizeof r->head;

	for (unsigned i = 0; i < r->head.fields; i++)
		size += sizeof(struct field_head) + padded(r->field[i].len);
	return size;
}

void
record_encode(const struct record *r, void *out)
{
	struct record_head head = r->head;
	uint8_t *at = out;

	head.length = (uint32_t)record_size(r);
	memcpy(at, &head, sizeof head);
	at += sizeof head;
	for (unsigned i = 0; i < r->head.fields; i++) {
		const struct record_field *f = &r->field[i];
		struct field_head fh = {.tag = f->tag, .len = f->len};

		memcpy(at, &fh, sizeof fh);
		at += sizeof fh;
		if (f->len > 0)
			memcpy(at, f->data, f->len);
		memset(at + f->len, 0, padded(f->len) - f->len);
		at += padded(f->len);
	}
}

static bool
all_zero(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i] != 0)
			return false;
	return true;
}

static int
decode_field(struct cursor *c, struct record_field *ret, struct fault *fault)
{
	struct field_head fh;
	const uint8_t *data;

	if (!cursor_get(c, &fh, sizeof fh))
		return fault_set(fault, HOSPES_EDAMAGED, "a record ends in the middle of a field's head");
	data = cursor_take(c, padded(fh.len));
	if (data == NULL)
		return fault_set(fault, HOSPES_EDAMAGED, "field %u of a record has %u bytes and only %zu are left",
		    fh.tag, fh.len, cursor_left(c));
	if (fh.zero != 0 || !all_zero(data + fh.len, padded(fh.len) - fh.len))
		return fault_set(fault, HOSPES_EDAMAGED, "field %u of a record has bytes where zeros belong", fh.tag);
	*ret = (struct record_field){.tag = fh.tag, .len = fh.len, .data = data};
	return 0;
}

int64_t
record_decode(const void *data, size_t len, struct record *r, struct fault *fault)
{
	struct cursor c = cursor_of(data, len);
	struct record_head head;

	if (!cursor_get(&c, &head, sizeof head))
		return fault_set(fault, HOSPES_EDAMAGED, "a record needs %zu bytes and %zu are left", sizeof head, len);
	if (head.format != RECORD_FORMAT)
		return fault_set(fault, HOSPES_EDAMAGED, "a record has format %u and this host reads format %d",
		    head.format, RECORD_FORMAT);
	if (head.length < sizeof head || head.length > RECORD_MAX || head.length > len || head.length % 8 != 0)
		return fault_set(
		    fault, HOSPES_EDAMAGED, "a record says that it has %u bytes, where %zu are left", head.length, len);
	if (head.fields > RECORD_FIELDS_MAX)
		return fault_set(fault, HOSPES_EDAMAGED, "a record says that it has %u fields; %d is the limit",
		    head.fields, RECORD_FIELDS_MAX);
	c.end = (const uint8_t *)data + head.length;
	for (unsigned i = 0; i < head.fields; i++) {
		int rc = decode_field(&c, &r->field[i], fault);

		if (rc != 0)
			return rc;
	}
	if (cursor_left(&c) != 0)
		return fault_set(
		    fault, HOSPES_EDAMAGED, "a record has %zu bytes after its last field", cursor_left(&c));
	r->head = head;
	return head.length;
}

const char *
record_kind_name(enum record_kind kind)
{
	switch (kind) {
	case RECORD_HOST_START:
		return "host_start";
	case RECORD_HOST_STOP:
		return "host_stop";
	case RECORD_RUN_START:
		return "run_start";
	case RECORD_RUN_END:
		return "run_end";
	case RECORD_RUNS_OPEN:
		return "runs_open";
	case RECORD_RUN_MOVED:
		return "run_moved";
	case RECORD_CALL_START:
		return "call_start";
	case RECORD_CALL_END:
		return "call_end";
	case RECORD_OP_INTENT:
		return "op_intent";
	case RECORD_OP_OUTCOME:
		return "op_outcome";
	case RECORD_REFUSAL:
		return "refusal";
	case RECORD_REVIEW:
		return "review";
	case RECORD_RESOLVED:
		return "resolved";
	case RECORD_STAGE:
		return "stage";
	case RECORD_COMMAND:
		return "command";
	case RECORD_CELL_START:
		return "cell_start";
	case RECORD_CELL_END:
		return "cell_end";
	case RECORD_REPLAY:
		return "replay";
	case RECORD_PART:
		return "part";
	case RECORD_LOG:
		return "log";
	case RECORD_ALERT:
		return "alert";
	case RECORD_SCORE:
		return "score";
	case RECORD_BREAKER:
		return "breaker";
	}
	return "unknown";
}

const char *
record_tag_name(enum record_tag tag)
{
	static const char *const names[] = {
	    [TAG_PATH] = "path",
	    [TAG_TARGET] = "target",
	    [TAG_VERSION] = "version",
	    [TAG_OBJECT] = "object",
	    [TAG_DEADLINE] = "deadline",
	    [TAG_INPUT] = "input",
	    [TAG_INPUT_HASH] = "input_hash",
	    [TAG_OUTPUT] = "output",
	    [TAG_OUTPUT_HASH] = "output_hash",
	    [TAG_MESSAGE] = "message",
	    [TAG_GUARD] = "guard",
	    [TAG_OP_KIND] = "op_kind",
	    [TAG_EFFECT] = "effect",
	    [TAG_KEY] = "key",
	    [TAG_COMMAND] = "command",
	    [TAG_ACTOR] = "actor",
	    [TAG_REASON] = "reason",
	    [TAG_BODY] = "body",
	    [TAG_CONFIDENCE] = "confidence",
	    [TAG_PARTIAL] = "partial",
	    [TAG_CLIENT] = "client",
	    [TAG_CONFIG] = "config",
	    [TAG_LIMIT_CALLS] = "limit_calls",
	    [TAG_NUMBER] = "number",
	    [TAG_CALLEE] = "callee",
	    [TAG_SOURCES] = "sources",
	    [TAG_INPUT_DELTA] = "input_delta",
	    [TAG_OUTPUT_DELTA] = "output_delta",
	    [TAG_DECISION] = "decision",
	    [TAG_ROUTE] = "route",
	    [TAG_STAGE] = "stage",
	    [TAG_ENDS] = "ends",
	    [TAG_GIVEN] = "given",
	    [TAG_REVIEW] = "review",
	    [TAG_SCORE] = "score",
	    [TAG_REQUEST] = "request",
	    [TAG_INPUT_ERASED] = "input_erased",
	    [TAG_OUTPUT_ERASED] = "output_erased",
	    [TAG_ERASED] = "erased",
	    [TAG_LIMIT_MICROS] = "limit_micros",
	    [TAG_MICROS] = "micros",
	    [TAG_CPU] = "cpu_ns",
	    [TAG_BILLED] = "maybe_billed",
	};

	if ((size_t)tag >= ARRAY_LEN(names) || names[tag] == NULL)
		return "unknown";
	return names[tag];
}
