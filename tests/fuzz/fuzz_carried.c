/*
 * Payloads as records name them, from records that anybody may have written: nothing is read beyond them, and what is read
 * is written again so that another reader reads the same.
 *
 * The input is a list of short instructions, each a record: bytes of its own, a hash or a delta of a payload before, or
 * fields that are nothing at all.
 */

#include "base/fault.h"
#include "call/carried.h"
#include "fuzz.h"

static struct payload_hash known[16];
static unsigned n_known;

/* A field made of what is left of the input; `room` is what it lies in. */
static void
add_field(struct record *r, struct cursor *in, uint8_t *room)
{
	static const uint16_t tags[] = {
	    TAG_INPUT, TAG_INPUT_HASH, TAG_INPUT_DELTA, TAG_OUTPUT, TAG_OUTPUT_HASH, TAG_OUTPUT_DELTA};
	uint8_t what = 0, nth = 0, len = 0;
	const void *bytes;
	size_t size = 0;

	if (!cursor_get(in, &what, 1) || !cursor_get(in, &nth, 1) || !cursor_get(in, &len, 1))
		return;
	if ((what & 0x80) == 0 && n_known > 0) { /* a hash that is known */
		memcpy(room, &known[nth % n_known], sizeof(*known));
		size = sizeof(*known);
	}
	len = (uint8_t)(len < cursor_left(in) ? len : cursor_left(in));
	bytes = cursor_take(in, len);
	if ((what & 0x70) == 0x70 || tags[what % 6] == TAG_INPUT || tags[what % 6] == TAG_OUTPUT) {
		for (size = 0; len > 0 && size + len <= 600; size += len) /* long enough to have a part in common */
			memcpy(room + size, bytes, len);
	} else if (len > 0 && (tags[what % 6] == TAG_INPUT_DELTA || tags[what % 6] == TAG_OUTPUT_DELTA)) {
		memcpy(room + size, bytes, len);
		size += len;
	}
	record_add(r, tags[what % 6], room, size);
}

static void
write_again(struct carried *writer, struct carried *reader, struct record *from, struct payload *p, enum record_tag tag)
{
	struct record r;
	struct fault fault;
	struct payload *back;

	record_init(&r, from->head.kind);
	r.head.lsn = reader->read_lsn + 1;
	carried_add(writer, &r, tag, p);
	back = carried_read(reader, &r, tag, &fault);
	fuzz_expect(back != NULL && back->len == p->len && memcmp(back->data, p->data, p->len) == 0);
	fuzz_expect(reader->n == writer->n && reader->bytes == writer->bytes);
	payload_unref(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint16_t kinds[] = {RECORD_CALL_START, RECORD_OP_OUTCOME, RECORD_CALL_END, RECORD_PART};
	struct carried c = {0}, writer = {0}, reader = {0};
	struct cursor in = cursor_of(data, len);
	uint8_t first;

	n_known = 0;
	for (uint64_t lsn = 1; cursor_get(&in, &first, 1); lsn++) {
		uint8_t room[3][1024];
		struct record r;

		record_init(&r, kinds[first % 4]);
		r.head.lsn = lsn;
		for (unsigned i = 0; i <= (first >> 2) % 3u; i++)
			add_field(&r, &in, room[i]);
		for (unsigned i = 0; i < 2; i++) {
			enum record_tag tag = i == 0 ? TAG_INPUT : TAG_OUTPUT;
			struct fault fault;
			struct payload *p = carried_read(&c, &r, tag, &fault);

			fuzz_expect(p != NULL || fault.status == 0 || fault.status == HOSPES_EDAMAGED);
			if (p == NULL)
				continue;
			known[n_known++ % 16] = payload_hash(p);
			if (n_known > 16)
				n_known = 16;
			write_again(&writer, &reader, &r, p, tag);
			payload_unref(&p);
		}
	}
	carried_free(&c);
	carried_free(&writer);
	carried_free(&reader);
	return 0;
}
