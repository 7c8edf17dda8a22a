/*
 * What is compressed with gzip: a few bytes may stand for very many, so both the size and how many times larger the text
 * is than the file are bounded.
 */

#include "config.h"

#include <string.h>

#include <zlib.h>

#include "base/util.h"
#include "cli/document.h"

#define RATIO_MAX  200       /* texts come to 3 to 20, logs that repeat themselves to 100 */
#define RATIO_FREE (1 * MIB) /* so much of any ratio */
#define STEP       (256 * KIB)

bool
document_is_gzip(const struct buf *content)
{
	return content->len >= 3 && memcmp(content->data, "\x1f\x8b\x08", 3) == 0;
}

static int
grown_too_large(const z_stream *z, size_t taken, size_t len, struct fault *fault)
{
	taken -= z->avail_in;
	if (len > DOCUMENT_MAX)
		return fault_set(
		    fault, HOSPES_ETOOLARGE, "it is larger than %zu MiB once it is unpacked", DOCUMENT_MAX / MIB);
	if (len > RATIO_FREE && len / RATIO_MAX > taken)
		return fault_set(fault, HOSPES_ETOOLARGE,
		    "it unpacks to more than %d times its size, which no text does", RATIO_MAX);
	return 0;
}

/* One file may be several compressed ones in a row; what follows the last and is none is left alone, as gunzip does. */
static int
inflate_all(z_stream *z, struct buf *out, size_t total, struct fault *fault)
{
	int rc = Z_OK;

	for (;;) {
		size_t room = STEP;
		int told;

		z->next_out = buf_extend(out, room);
		z->avail_out = (uInt)room;
		rc = inflate(z, Z_NO_FLUSH);
		out->len -= z->avail_out;
		told = grown_too_large(z, total, out->len, fault);
		if (told != 0)
			return told;
		if (rc == Z_STREAM_END) {
			if (z->avail_in < 3 || memcmp(z->next_in, "\x1f\x8b\x08", 3) != 0)
				return 0;
			if (inflateReset(z) != Z_OK)
				abort();
		} else if (rc == Z_BUF_ERROR || (rc == Z_OK && z->avail_in == 0 && z->avail_out > 0)) {
			return fault_set(fault, HOSPES_EINPUT, "it is cut off: the compressed data has no end");
		} else if (rc != Z_OK) {
			return fault_set(fault, HOSPES_EINPUT, "its compressed data is damaged: %s",
			    z->msg != NULL ? z->msg : "it is no gzip");
		}
	}
}

int
document_gunzip(struct buf *content, struct fault *fault)
{
	z_stream z = {.next_in = content->data, .avail_in = (uInt)content->len};
	struct buf out = {0};
	int rc;

	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		abort();
	rc = inflate_all(&z, &out, content->len, fault);
	inflateEnd(&z);
	if (rc != 0) {
		buf_free(&out);
		return rc;
	}
	buf_free(content);
	*content = out;
	return 0;
}
