/* See text.h. */

#include "config.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "cli/text.h"

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
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
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

size_t
text_width(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* The first `n` characters end here. */
static const char *
after(const char *text, size_t n)
{
	for (; *text != '\0'; text++)
		if (((unsigned char)*text & 0xc0) != 0x80 && n-- == 0)
			break;
	return text;
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

	if (width == 0 || *end == '\0')
		return strlen(text);
	while (space > text && *space != ' ')
		space--;
	return (size_t)((space > text ? space : end) - text);
}
