/*
 * Files of any kind but PDF (which another program reads): encodings and what is compressed, told by their first bytes.
 *
 * The first byte chooses what stands before the rest, since a fuzzer would look long for a whole head of gzip; then also
 * what the rest is when it is compressed for it.
 */

#include <string.h>

#include <zlib.h>

#include "cli/document.h"
#include "fuzz.h"

static void
compressed(struct buf *out, const uint8_t *data, size_t len)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)len};
	size_t room = len + 1024;

	if (deflateInit2(&z, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.next_out = buf_extend(out, room);
	z.avail_out = (uInt)room;
	fuzz_expect(deflate(&z, Z_FINISH) == Z_STREAM_END);
	out->len -= z.avail_out;
	deflateEnd(&z);
}

static void
check(struct buf *b)
{
	const char *media = NULL;
	struct fault fault = {0};
	int rc = document_text(b, "file", &media, &fault);

	if (rc != 0) {
		fuzz_expect(fault.status == rc && fault.text[0] != '\0' && media == NULL);
		return;
	}
	fuzz_expect(b->len > 0 && utf8_valid(b->data, b->len));
	for (size_t i = 0; i < b->len; i++)
		fuzz_expect(b->data[i] >= ' ' || b->data[i] == '\t' || b->data[i] == '\n' || b->data[i] == '\f');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct {
		const char *bytes;
		size_t len;
	} heads[] = {
	    {"", 0}, {"\xff\xfe", 2}, {"\xfe\xff", 2}, {"\xef\xbb\xbf", 3}, {"\x1f\x8b\x08\0\0\0\0\0\0\3", 10}};
	_cleanup_(buf_free) struct buf plain = {0};
	_cleanup_(buf_free) struct buf zipped = {0};
	size_t head;

	if (len == 0 || memmem(data, len, "%PDF-", 5) != NULL)
		return 0;
	head = data[0] % ARRAY_LEN(heads);
	buf_append(&plain, heads[head].bytes, heads[head].len);
	buf_append(&plain, data + 1, len - 1);
	compressed(&zipped, plain.data, plain.len);
	check(&plain);
	check(&zipped);
	return 0;
}
