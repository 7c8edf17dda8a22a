/* See text.h. */

#include "config.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "cli/text.h"

#define WRAP_LEAST 16 /* columns of text in a line, be the indent what it may */

/* Decodes one character; 0 bytes when it is not well-formed. */
static size_t
character(const unsigned char *s, uint32_t *ret)
{
	size_t len = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc2 ? 2 : 0;
	uint32_t c = len == 1 ? s[0] : s[0] & (0xffu >> (len + 1));

	if (len == 0)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fu);
	}
	if (!utf8_valid(s, len))
		return 0;
	*ret = c;
	return len;
}

static bool
harmful(uint32_t c, bool lines)
{
	if (c == '\n' || c == '\t')
		return !lines;
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xe0000 && c <= 0xe007f);
}

char *
text_safe(const char *text, bool lines)
{
	struct buf out = {0};

	for (const unsigned char *s = (const unsigned char *)text; *s != '\0';) {
		uint32_t c;
		size_t len = character(s, &c);

		if (len == 0) {
			buf_printf(&out, "\\x%02x", *s++);
			continue;
		}
		if (!harmful(c, lines))
			buf_append(&out, s, len);
		else if (c < 0x80)
			buf_printf(&out, "\\x%02x", c);
		else
			buf_printf(&out, "\\u{%x}", c);
		s += len;
	}
	buf_text(&out);
	return (char *)out.data;
}

char *
text_in_a_line(const char *text)
{
	_cleanup_(buf_free) struct buf line = {0};

	for (; *text != '\0'; text++) {
		bool space = *text == ' ' || *text == '\n' || *text == '\t' || *text == '\r' || *text == '\f';

		if (!space)
			buf_append(&line, text, 1);
		else if (line.len > 0 && line.data[line.len - 1] != ' ')
			buf_append(&line, " ", 1);
	}
	if (line.len > 0 && line.data[line.len - 1] == ' ')
		line.len--;
	return text_safe(buf_text(&line), false);
}

/* One of more than a byte, or DEL, as a string of JSON may have it: in UTF-16. */
static void
put_escaped(FILE *to, uint32_t c)
{
	if (c > 0xffff)
		fprintf(to, "\\u%04x\\u%04x", 0xd7c0 + (c >> 10), 0xdc00 + (c & 0x3ff));
	else
		fprintf(to, "\\u%04x", c);
}

/* Characters are whole in what jansson gives at a time.  arg: FILE. */
static int
put_json(const char *text, size_t len, void *arg)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t from = 0, n;

	for (size_t i = 0; i < len; i += n) {
		uint32_t c = s[i];

		n = c < 0x7f ? 1 : character(s + i, &c);
		if (n == 0)
			n = 1;
		else if (c >= 0x7f && harmful(c, true)) {
			fwrite(text + from, 1, i - from, arg);
			put_escaped(arg, c);
			from = i + n;
		}
	}
	fwrite(text + from, 1, len - from, arg);
	return 0;
}

void
text_json(FILE *to, const json_t *value, size_t flags)
{
	json_dump_callback(value, put_json, to, flags);
	putc('\n', to);
}

/* Characters that take two columns of a terminal, and those that take none: the blocks of East Asian Width W and F, and
 * the combining marks, as far as documents have them (Unicode 15, EastAsianWidth.txt).  wcwidth() would know only those of
 * the locale that happens to be set. */
static const struct {
	uint32_t from, to;
	unsigned char columns;
} widths[] = {{0x300, 0x36f, 0}, {0x483, 0x489, 0}, {0x591, 0x5bd, 0}, {0x610, 0x61a, 0}, {0x64b, 0x65f, 0},
    {0x1100, 0x115f, 2}, {0x1ab0, 0x1aff, 0}, {0x1dc0, 0x1dff, 0}, {0x20d0, 0x20ff, 0}, {0x2e80, 0x303e, 2},
    {0x3041, 0x33ff, 2}, {0x3400, 0x4dbf, 2}, {0x4e00, 0x9fff, 2}, {0xa000, 0xa4cf, 2}, {0xa960, 0xa97f, 2},
    {0xac00, 0xd7a3, 2}, {0xf900, 0xfaff, 2}, {0xfe00, 0xfe0f, 0}, {0xfe20, 0xfe2f, 0}, {0xfe30, 0xfe6f, 2},
    {0xff00, 0xff60, 2}, {0xffe0, 0xffe6, 2}, {0x1f300, 0x1f64f, 2}, {0x1f680, 0x1f6ff, 2}, {0x1f900, 0x1f9ff, 2},
    {0x20000, 0x3fffd, 2}, {0xe0100, 0xe01ef, 0}};

static size_t
columns_of(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_LEN(widths) && widths[i].from <= c; i++)
		if (c <= widths[i].to)
			return widths[i].columns;
	return 1;
}

/* Steps over one character, or one byte that is none; how many columns it takes. */
static size_t
step(const char **at)
{
	uint32_t c = 0;
	size_t len = character((const unsigned char *)*at, &c);

	*at += len > 0 ? len : 1;
	return columns_of(c);
}

size_t
text_width(const char *text)
{
	size_t n = 0;

	while (*text != '\0')
		n += step(&text);
	return n;
}

/* Where the characters end that fit into `width` columns. */
static const char *
after(const char *text, size_t width)
{
	const char *at = text, *next = text;
	size_t n = 0;

	while (*next != '\0') {
		n += step(&next);
		if (n > width)
			break;
		at = next;
	}
	return at;
}

char *
text_shortened(const char *text, size_t width)
{
	_cleanup_(free_p) char *begin = NULL;

	if (width == 0 || text_width(text) <= width)
		return xstrdup(text);
	begin = xstrndup(text, (size_t)(after(text, width - 1) - text));
	return xasprintf("%s…", begin);
}

size_t
text_line(const char *text, size_t width)
{
	const char *end = after(text, width), *space = end;

	/* a wide character in a narrow line: whoever goes on behind it has to get on */
	if (end == text && *end != '\0')
		step(&end);
	if (width == 0 || *end == '\0')
		return strlen(text);
	while (space > text && *space != ' ')
		space--;
	return (size_t)((space > text ? space : end) - text);
}

void
text_wrap(FILE *to, const char *text, const char *first, const char *rest, size_t width)
{
	const char *indent = first;

	do {
		size_t column = text_width(indent), len;

		while (*text == ' ')
			text++;
		len = text_line(text, width == 0 ? 0 : width > column + WRAP_LEAST ? width - column : WRAP_LEAST);
		fprintf(to, "%s%.*s\n", indent, (int)len, text);
		text += len;
		indent = rest;
		while (*text == ' ')
			text++;
	} while (*text != '\0');
}
