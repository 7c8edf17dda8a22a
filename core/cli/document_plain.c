/*
 * Plain text of some encoding to UTF-8.
 *
 * Most files are UTF-8 already: one look finds that there is nothing to do, and the bytes stay where they are.  Else the
 * text is written anew.  Old files mix encodings (a changelog to which people added lines for twenty years), so this is
 * decided character by character: what is well-formed UTF-8 stays, any other byte over 127 is Windows-1252.
 */

#include "config.h"

#include <stdint.h>
#include <string.h>

#include "base/util.h"
#include "cli/document.h"

#define STEP       4096
#define STRAY_EACH 1024 /* bytes of text for each stray control character that is let pass, as a space */

enum { HAS_CR = 1, HAS_CONTROL = 2, HAS_HIGH = 4, HAS_ZERO = 8 };

/* Windows-1252 from 0x80 to 0x9f; 0: no character.  From 0xa0 on it is Latin-1, which is Unicode. */
static const uint16_t windows_1252[32] = {0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030,
    0x0160, 0x2039, 0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122,
    0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178};

/* What a byte tells of the file that it stands in. */
static const uint8_t tells[256] = {[0] = HAS_CONTROL | HAS_ZERO,
    [1 ... '\t' - 1] = HAS_CONTROL,
    ['\v'] = HAS_CONTROL,
    ['\r'] = HAS_CR,
    ['\r' + 1 ... 0x1f] = HAS_CONTROL,
    [0x7f] = HAS_CONTROL,
    [0x80 ... 0xff] = HAS_HIGH};

/* Stops soon after the first zero: there is no text that has one. */
static unsigned
look(const uint8_t *at, size_t len)
{
	unsigned has = 0;

	for (size_t i = 0; i < len && !(has & HAS_ZERO);) {
		size_t end = len - i > STEP ? i + STEP : len;

		while (i < end)
			has |= tells[at[i++]];
	}
	return has;
}

/* No text, or one into which a stray control character got in twenty years? */
static int
check_controls(const struct buf *content, struct fault *fault)
{
	size_t first = SIZE_MAX, n = 0;

	for (size_t i = 0; i < content->len; i++) {
		if (!(tells[content->data[i]] & HAS_CONTROL))
			continue;
		if (first == SIZE_MAX || content->data[i] == 0)
			first = i;
		if (++n > content->len / STRAY_EACH || content->data[i] == 0)
			return fault_set(fault, HOSPES_EINPUT, "it is no text: there is a byte 0x%02x at position %zu",
			    content->data[first], first);
	}
	return 0;
}

/* `c` is a character of the Basic Multilingual Plane or beyond, no surrogate. */
static size_t
put_utf8(uint8_t *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (uint8_t)(0xc0 | c >> 6);
		to[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (uint8_t)(0xe0 | c >> 12);
		to[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		to[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (uint8_t)(0xf0 | c >> 18);
	to[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	to[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	to[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

/* The length of the well-formed character of two or more bytes at `at`; 0: there is none. */
static size_t
character(const uint8_t *at, size_t left)
{
	size_t len = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : at[0] >= 0xc2 ? 2 : 0;

	return len != 0 && len <= left && utf8_valid(at, len) ? len : 0;
}

/* Three bytes at most for one: no larger buffer is ever needed. */
static int
rewrite(struct buf *content, bool strict, struct fault *fault)
{
	_cleanup_(buf_free) struct buf out = {0};
	const uint8_t *in = content->data;
	struct buf swap;

	for (size_t i = 0; i < content->len;) {
		size_t n, stop = i;
		uint8_t c, wide[4];

		while (stop < content->len && tells[in[stop]] == 0)
			stop++;
		buf_append(&out, in + i, stop - i);
		i = stop;
		if (i == content->len)
			break;
		c = in[i];
		if (c == '\r') { /* alone it ends a line too, as it did on old machines */
			if (i + 1 == content->len || in[i + 1] != '\n')
				buf_append(&out, "\n", 1);
			n = 1;
		} else if (c < 0x80) {
			buf_append(&out, " ", 1);
			n = 1;
		} else if ((n = character(in + i, content->len - i)) > 0) {
			buf_append(&out, in + i, n);
		} else {
			uint32_t wanted = c < 0xa0 ? windows_1252[c - 0x80] : c;

			if (wanted == 0 && strict)
				return fault_set(fault, HOSPES_EINPUT,
				    "it is neither UTF-8 nor Latin-1: there is a byte 0x%02x at position %zu", c, i);
			buf_append(&out, wide, put_utf8(wide, wanted != 0 ? wanted : 0xfffd));
			n = 1;
		}
		i += n;
	}
	swap = *content;
	*content = out;
	out = swap;
	return 0;
}

static bool
is_utf16(const struct buf *b, bool *big)
{
	if (b->len < 2 || (b->data[0] ^ b->data[1]) != (0xfe ^ 0xff) || (b->data[0] != 0xfe && b->data[0] != 0xff))
		return false;
	*big = b->data[0] == 0xfe;
	return true;
}

/* Halves of pairs that stand alone become U+FFFD; an odd byte at the end is left out. */
static void
from_utf16(struct buf *content, bool big)
{
	_cleanup_(buf_free) struct buf out = {0};
	const uint8_t *in = content->data;
	struct buf swap;

	for (size_t i = 2; i + 1 < content->len; i += 2) {
		uint32_t c = big ? in[i] << 8 | in[i + 1] : in[i + 1] << 8 | in[i];
		uint8_t wide[4];

		if (c >= 0xd800 && c < 0xdc00 && i + 3 < content->len) {
			uint32_t low = big ? in[i + 2] << 8 | in[i + 3] : in[i + 3] << 8 | in[i + 2];

			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
				i += 2;
			}
		}
		if (c >= 0xd800 && c < 0xe000)
			c = 0xfffd;
		buf_append(&out, wide, put_utf8(wide, c));
	}
	swap = *content;
	*content = out;
	out = swap;
}

int
document_plain(struct buf *content, bool strict, struct fault *fault)
{
	size_t marks = 0;
	unsigned has;
	bool big;
	int rc;

	if (is_utf16(content, &big))
		from_utf16(content, big);
	while (marks + 3 <= content->len && memcmp(content->data + marks, "\xef\xbb\xbf", 3) == 0)
		marks += 3;
	buf_consume(content, marks);
	has = look(content->data, content->len);
	if ((has & HAS_CONTROL) && strict && (rc = check_controls(content, fault)) != 0)
		return rc;
	if (!(has & (HAS_CR | HAS_CONTROL)) && (!(has & HAS_HIGH) || utf8_valid(content->data, content->len)))
		return 0;
	return rewrite(content, strict, fault);
}
