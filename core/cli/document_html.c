/*
 * The text of a page, by libxml2's HTML parser as events: no tree is built, so that memory is bounded by the text.
 *
 * Blocks stand apart by an empty line, headings are lines of their own, list items begin with "- ", cells of a table's row
 * stand apart by a tab; white space is one space outside <pre>.  Scripts, styles and templates are left out.  Pages are
 * broken in every way there is; the parser mends what it can.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <libxml/HTMLparser.h>

#include "base/clock.h"
#include "base/util.h"
#include "cli/document.h"

#define CHUNK        (16 * KIB)
#define WORDS_MAX    50000 /* within one tag */
#define WALL_S       20
#define DEPTH_MAX    2000 /* the parser looks through all open elements at each that closes */
#define INDENT_MAX   8
#define CHARSET_LOOK 1024 /* where a page says its encoding, as browsers have it */

enum role { ROLE_BLOCK, ROLE_BREAK, ROLE_CELL, ROLE_ITEM, ROLE_LINE, ROLE_LIST, ROLE_PRE, ROLE_ROW, ROLE_SKIP };

static const struct element {
	const char *name;
	enum role role;
} elements[] = {/* in order of names */
    {"address", ROLE_BLOCK}, {"article", ROLE_BLOCK}, {"aside", ROLE_BLOCK}, {"blockquote", ROLE_BLOCK},
    {"body", ROLE_BLOCK}, {"br", ROLE_BREAK}, {"caption", ROLE_BLOCK}, {"center", ROLE_BLOCK}, {"dd", ROLE_LINE},
    {"details", ROLE_BLOCK}, {"dialog", ROLE_BLOCK}, {"dir", ROLE_LIST}, {"div", ROLE_BLOCK}, {"dl", ROLE_BLOCK},
    {"dt", ROLE_LINE}, {"fieldset", ROLE_BLOCK}, {"figcaption", ROLE_BLOCK}, {"figure", ROLE_BLOCK},
    {"footer", ROLE_BLOCK}, {"form", ROLE_BLOCK}, {"h1", ROLE_BLOCK}, {"h2", ROLE_BLOCK}, {"h3", ROLE_BLOCK},
    {"h4", ROLE_BLOCK}, {"h5", ROLE_BLOCK}, {"h6", ROLE_BLOCK}, {"header", ROLE_BLOCK}, {"hr", ROLE_BLOCK},
    {"legend", ROLE_BLOCK}, {"li", ROLE_ITEM}, {"main", ROLE_BLOCK}, {"menu", ROLE_LIST}, {"nav", ROLE_BLOCK},
    {"ol", ROLE_LIST}, {"option", ROLE_LINE}, {"p", ROLE_BLOCK}, {"pre", ROLE_PRE}, {"script", ROLE_SKIP},
    {"section", ROLE_BLOCK}, {"select", ROLE_BLOCK}, {"style", ROLE_SKIP}, {"summary", ROLE_BLOCK}, {"svg", ROLE_SKIP},
    {"table", ROLE_BLOCK}, {"td", ROLE_CELL}, {"template", ROLE_SKIP}, {"textarea", ROLE_PRE}, {"th", ROLE_CELL},
    {"title", ROLE_BLOCK}, {"tr", ROLE_ROW}, {"ul", ROLE_LIST}};

struct page {
	struct buf out;
	htmlParserCtxt *parser;
	unsigned depth, skipping, pre, lists;
	unsigned breaks;        /* line ends that are owed before the next text */
	bool space, cell, item; /* the same for a space, a tab, the "- " of a list */
	bool row_begun, too_deep, too_large, too_slow;
	size_t words; /* of a tag that has not ended yet */
	int64_t until;
};

static int
compare_names(const void *name, const void *element)
{
	return strcmp(name, ((const struct element *)element)->name);
}

static const struct element *
element_of(const xmlChar *name)
{
	return bsearch(name, elements, ARRAY_LEN(elements), sizeof(elements[0]), compare_names);
}

static void
owe_breaks(struct page *p, unsigned n)
{
	if (p->breaks < n)
		p->breaks = n;
	p->space = p->cell = false;
}

static void
begins(void *arg, const xmlChar *name, const xmlChar **attributes)
{
	const struct element *e = element_of(name);
	struct page *p = arg;

	(void)attributes;
	if (++p->depth > DEPTH_MAX && !p->too_deep) {
		p->too_deep = true;
		xmlStopParser(p->parser);
	}
	if (e == NULL)
		return;
	switch (e->role) {
	case ROLE_SKIP:
		p->skipping++;
		break;
	case ROLE_PRE:
		p->pre++;
		owe_breaks(p, 2);
		break;
	case ROLE_BLOCK:
		owe_breaks(p, 2);
		break;
	case ROLE_LIST:
		owe_breaks(p, p->lists++ == 0 ? 2 : 1);
		break;
	case ROLE_ITEM:
		owe_breaks(p, 1);
		p->item = true;
		break;
	case ROLE_LINE:
		owe_breaks(p, 1);
		break;
	case ROLE_BREAK:
		owe_breaks(p, p->breaks < 2 ? p->breaks + 1 : 2);
		break;
	case ROLE_ROW:
		owe_breaks(p, 1);
		p->row_begun = false;
		break;
	case ROLE_CELL:
		p->cell = p->row_begun;
		p->row_begun = true;
		break;
	}
}

static void
ends(void *arg, const xmlChar *name)
{
	const struct element *e = element_of(name);
	struct page *p = arg;

	if (p->depth > 0)
		p->depth--;
	if (e == NULL)
		return;
	if (e->role == ROLE_SKIP && p->skipping > 0)
		p->skipping--;
	if (e->role == ROLE_PRE && p->pre > 0)
		p->pre--;
	if (e->role == ROLE_LIST && p->lists > 0)
		p->lists--;
	if (e->role == ROLE_BLOCK || e->role == ROLE_PRE || (e->role == ROLE_LIST && p->lists == 0))
		owe_breaks(p, 2);
	else if (e->role == ROLE_ITEM || e->role == ROLE_LINE || e->role == ROLE_ROW || e->role == ROLE_LIST)
		owe_breaks(p, 1);
	if (e->role == ROLE_ITEM)
		p->item = false;
}

/* Writes what is owed before text. */
static void
settle(struct page *p)
{
	size_t there = 0;

	if (p->breaks > 0 && p->out.len > 0) {
		while (p->out.len > 0 && (p->out.data[p->out.len - 1] == ' ' || p->out.data[p->out.len - 1] == '\t'))
			p->out.len--;
		while (there < p->out.len && there < p->breaks && p->out.data[p->out.len - 1 - there] == '\n')
			there++;
		buf_append(&p->out, "\n\n", p->breaks - there);
	} else if (p->cell) {
		buf_append(&p->out, "\t", 1);
	} else if (p->space && p->out.len > 0 && p->out.data[p->out.len - 1] != '\n') {
		buf_append(&p->out, " ", 1);
	}
	if (p->item) {
		unsigned indent = p->lists > INDENT_MAX ? INDENT_MAX : p->lists;

		for (unsigned i = 1; i < indent; i++)
			buf_append(&p->out, "  ", 2);
		buf_append(&p->out, "- ", 2);
	}
	p->breaks = 0;
	p->space = p->cell = p->item = false;
}

/* How many bytes of white space begin `at`: a no-break space is one to whoever searches. */
static size_t
blank(const xmlChar *at, size_t left)
{
	if (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r' || *at == '\f')
		return 1;
	return left >= 2 && at[0] == 0xc2 && at[1] == 0xa0 ? 2 : 0;
}

static void
text(void *arg, const xmlChar *chars, int n)
{
	struct page *p = arg;
	size_t len = n > 0 ? (size_t)n : 0, width;

	if (p->skipping > 0 || p->too_large)
		return;
	if (p->out.len + len > DOCUMENT_MAX) {
		p->too_large = true;
		xmlStopParser(p->parser);
		return;
	}
	for (size_t i = 0; i < len; i += width) {
		size_t stop = i;

		width = blank(chars + i, len - i);
		if (width > 0 && p->pre == 0) {
			p->space = true;
			continue;
		}
		if (width > 0) {
			settle(p);
			buf_append(&p->out, chars[i] == 0xc2 ? " " : (const char *)chars + i, 1);
			continue;
		}
		while (stop < len && blank(chars + stop, len - stop) == 0)
			stop++;
		settle(p);
		width = stop - i;
		buf_append(&p->out, chars + i, width);
	}
}

static void
quiet(void *arg, const char *format, ...)
{
	(void)arg, (void)format;
}

/*
 * Gives the parser a piece, and returns how long it was.  The parser holds each attribute of a tag against all before it, so
 * a tag of more words than any page has is ended, whatever quotes it is in.
 */
static size_t
feed(struct page *p, const char *at, size_t len)
{
	size_t words = 0;

	len = len > CHUNK ? CHUNK : len;
	htmlParseChunk(p->parser, at, (int)len, 0);
	if (p->parser->instate != XML_PARSER_START_TAG) { /* it waits for the end of none */
		p->words = 0;
		return len;
	}
	for (size_t i = 0; i < len; i++)
		words += at[i] == ' ' || at[i] == '\t' || at[i] == '\n' || at[i] == '\r' || at[i] == '\f' ||
			 at[i] == '"' || at[i] == '\'' || at[i] == '=';
	p->words += words;
	if (p->words > WORDS_MAX) {
		htmlParseChunk(p->parser, "\"'>", 3, 0);
		p->words = 0;
	}
	return len;
}

/* Feeds the parser; `encoding` NONE: it finds what the page says of itself. */
static int
parse(struct page *p, const struct buf *content, xmlCharEncoding encoding, struct fault *fault)
{
	htmlSAXHandler sax = {.startElement = begins,
	    .endElement = ends,
	    .characters = text,
	    .cdataBlock = text,
	    .ignorableWhitespace = text,
	    .warning = quiet,
	    .error = quiet,
	    .fatalError = quiet};
	int options = HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET;

	p->parser = htmlCreatePushParserCtxt(&sax, p, NULL, 0, NULL, encoding);
	if (p->parser == NULL)
		abort();
	htmlCtxtUseOptions(p->parser, options | (encoding != XML_CHAR_ENCODING_NONE ? HTML_PARSE_IGNORE_ENC : 0));
	p->until = clock_mono_ns() + WALL_S * NS_PER_S;
	for (size_t at = 0; at < content->len && !p->too_deep && !p->too_large && !p->too_slow;) {
		at += feed(p, (const char *)content->data + at, content->len - at);
		p->too_slow = clock_mono_ns() > p->until;
	}
	htmlParseChunk(p->parser, NULL, 0, 1);
	htmlFreeParserCtxt(p->parser);
	if (p->too_deep)
		return fault_set(fault, HOSPES_EINPUT, "its elements lie in each other more than %d deep", DEPTH_MAX);
	if (p->too_slow)
		return fault_set(fault, HOSPES_EDEADLINE, "its elements cannot be made sense of within %d s", WALL_S);
	if (p->too_large)
		return fault_set(fault, HOSPES_ETOOLARGE, "its text is larger than %zu MiB", DOCUMENT_MAX / MIB);
	return 0;
}

/* The page says that it is in an encoding which only the parser knows. */
static bool
other_encoding(const struct buf *content)
{
	static const char *const ours[] = {"utf-8", "utf8", "iso-8859-1\"", "iso-8859-1'", "iso-8859-1>", "iso-8859-1 ",
	    "latin1", "windows-1252", "us-ascii"};
	size_t len = content->len < CHARSET_LOOK ? content->len : CHARSET_LOOK;
	_cleanup_(free_p) char *head = xstrndup((const char *)content->data, len);
	const char *at = strcasestr(head, "charset");

	if (at == NULL)
		return false;
	at += strlen("charset");
	at += strspn(at, " =\"'");
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		if (strncasecmp(at, ours[i], strlen(ours[i])) == 0)
			return false;
	return true;
}

int
document_html(struct buf *content, struct fault *fault)
{
	struct page page = {0};
	xmlCharEncoding encoding = XML_CHAR_ENCODING_UTF8;
	int rc;

	if (!utf8_valid(content->data, content->len) && other_encoding(content) &&
	    memchr(content->data, '\0', content->len) == NULL)
		encoding = XML_CHAR_ENCODING_NONE;
	else if ((rc = document_plain(content, true, fault)) != 0)
		return rc;
	rc = parse(&page, content, encoding, fault);
	if (rc != 0) {
		buf_free(&page.out);
		return rc;
	}
	buf_free(content);
	*content = page.out;
	buf_append(content, "\n", 1);
	return document_plain(content, false, fault);
}

/* What may stand before the first element: white space, a byte order mark, an XML declaration, comments. */
static size_t
prologue(const char *at, size_t len)
{
	size_t i = len >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	for (;;) {
		const char *end;

		while (i < len && strchr(" \t\r\n", at[i]) != NULL && at[i] != '\0')
			i++;
		if (len - i > 4 && memcmp(at + i, "<!--", 4) == 0)
			end = memmem(at + i + 4, len - i - 4, "-->", 3);
		else if (len - i > 5 && memcmp(at + i, "<?xml", 5) == 0)
			end = memmem(at + i, len - i, ">", 1);
		else
			return i;
		if (end == NULL)
			return i;
		i = (size_t)(end - at) + (*end == '-' ? 3 : 1);
	}
}

bool
document_is_html(const struct buf *content, const char *name)
{
	static const char *const endings[] = {".html", ".htm", ".xhtml"};
	static const char *const openings[] = {"<!doctype html", "<html"};
	const char *at = (const char *)content->data;
	size_t len = content->len < CHUNK ? content->len : CHUNK, begin, name_len = strlen(name);

	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		if (name_len > strlen(endings[i]) && strcasecmp(name + name_len - strlen(endings[i]), endings[i]) == 0)
			return true;
	begin = prologue(at, len);
	for (size_t i = 0; i < ARRAY_LEN(openings); i++)
		if (len - begin > strlen(openings[i]) && strncasecmp(at + begin, openings[i], strlen(openings[i])) == 0)
			return true;
	return false;
}
