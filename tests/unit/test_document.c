/* The text of files: encodings, pages, what is compressed, and what is no text. */

#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <zlib.h>

#include "base/fd.h"
#include "base/util.h"
#include "cli/document.h"
#include "cmocka_all.h"
#include "scratch.h"

static void
becomes_n(const char *name, const void *bytes, size_t len, const char *text, size_t text_len, const char *media)
{
	_cleanup_(buf_free) struct buf b = {0};
	const char *found = NULL;
	struct fault fault;

	buf_append(&b, bytes, len);
	if (document_text(&b, name, &found, &fault) != 0)
		fail_msg("%s: %s", name, fault.text);
	buf_text(&b);
	if (b.len != text_len || memcmp(b.data, text, text_len) != 0)
		fail_msg("%s: expected [%s], found [%s]", name, text, (const char *)b.data);
	assert_string_equal(found, media);
}

static void
becomes(const char *name, const char *bytes, const char *text)
{
	becomes_n(name, bytes, strlen(bytes), text, strlen(text), "text/plain");
}

static void
page(const char *bytes, const char *text)
{
	becomes_n("a.html", bytes, strlen(bytes), text, strlen(text), "text/html");
}

static void
is_refused_n(const char *name, const void *bytes, size_t len, int status, const char *why)
{
	_cleanup_(buf_free) struct buf b = {0};
	const char *media = NULL;
	struct fault fault = {0};

	buf_append(&b, bytes, len);
	assert_int_equal(document_text(&b, name, &media, &fault), status);
	if (strstr(fault.text, why) == NULL)
		fail_msg("%s: expected \"%s\" in: %s", name, why, fault.text);
	assert_null(media);
}

/* ---- Encodings ---- */

static void
test_plain(void **state)
{
	(void)state;
	becomes("a", "as it is\n\ttab\fpage\n", "as it is\n\ttab\fpage\n");
	becomes("a", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
	becomes("a", "\xef\xbb\xbfmark", "mark");
	becomes("a", "one\r\ntwo\r\n", "one\ntwo\n");
	becomes("a", "old\rmac\r", "old\nmac\n");
}

static void
test_latin(void **state)
{
	(void)state;
	becomes("a", "caf\xe9 na\xefve\n", "caf\xc3\xa9 na\xc3\xafve\n");
	becomes("a", "\x93quoted\x94 \x80 5", "\xe2\x80\x9cquoted\xe2\x80\x9d \xe2\x82\xac 5");
	/* Both in one file: each character for itself. */
	becomes("a", "caf\xe9 caf\xc3\xa9\n", "caf\xc3\xa9 caf\xc3\xa9\n");
	/* No surrogates, no overlong forms, none cut off at the end. */
	becomes("a", "x\xed\xa0", "x\xc3\xad\xc2\xa0");
	becomes("a", "x\xc0\xaf", "x\xc3\x80\xc2\xaf");
	is_refused_n("a", "x\x81y", 3, HOSPES_EINPUT, "neither UTF-8 nor Latin-1: there is a byte 0x81 at position 1");
}

static void
test_utf16(void **state)
{
	static const char little[] = "\xff\xfe"
				     "c\0a\0f\0\xe9\0\r\0\n\0\x3d\xd8\0\xde\x3d\xd8x\0\0";
	static const char big[] = "\xfe\xff\0c\0a\0f\0\xe9";

	(void)state;
	becomes_n("a", little, sizeof(little) - 1, "caf\xc3\xa9\n\xf0\x9f\x98\x80\xef\xbf\xbdx", 14, "text/plain");
	becomes_n("a", big, sizeof(big) - 1, "caf\xc3\xa9", 5, "text/plain");
}

static void
test_binary(void **state)
{
	_cleanup_(free_p) char *text = xcalloc(1, 5000);

	(void)state;
	is_refused_n("a",
	    "\x7f"
	    "ELF\2\1\1\0\0",
	    9, HOSPES_EINPUT, "it is no text: there is a byte 0x7f at position 0");
	is_refused_n("a", "x\x1by", 3, HOSPES_EINPUT, "0x1b at position 1");
	is_refused_n("a", "", 0, HOSPES_EINPUT, "no text in it");
	is_refused_n("a", " \r\n\f", 4, HOSPES_EINPUT, "no text in it");
	/* A stray one in a long text is let pass, a second one close to it and a zero are not. */
	memset(text, 'x', 4999);
	text[1234] = '\x07';
	{
		_cleanup_(free_p) char *cleaned = xstrdup(text);

		cleaned[1234] = ' ';
		becomes("a", text, cleaned);
	}
	memset(text + 1234, '\x07', 5);
	is_refused_n("a", text, 4999, HOSPES_EINPUT, "0x07 at position 1234");
	memset(text + 1234, 'x', 5);
	text[4321] = '\0';
	is_refused_n("a", text, 4999, HOSPES_EINPUT, "0x00 at position 4321");
}

/* A manual of info: its nodes' text, without what is for the program that reads it. */
static void
test_info(void **state)
{
	static const char manual[] =
	    "This is a.info, produced by makeinfo.\n\nCopyright of A.\n\n"
	    "INFO-DIR-SECTION Math\nSTART-INFO-DIR-ENTRY\n* a: (a).  An a.\nEND-INFO-DIR-ENTRY\n"
	    "\n\x1f\nFile: a.info,  Node: Top,  Next: One\n\nThe top.\n\n* Menu:\n\n"
	    "* One::      The one\n                         and only.\nSaid below.\n"
	    "\x1f\nFile: a.info,  Node: One,  Prev: Top\n\n1 One\n*****\n\n* an item\n"
	    "\0\b[image src=\"a.png\"\0\b]shown\n"
	    "\x1f\nTag Table:\nNode: Top\x7f"
	    "123\n\x1f\nEnd Tag Table\n\n\x1f\nLocal Variables:\nEnd:";
	static const char text[] = "\nCopyright of A.\n\n\n\nThe top.\n\n\nSaid below.\n\n1 One\n*****\n\n* an item\n"
				   "shown\n";

	(void)state;
	becomes_n("a.info", manual, sizeof(manual) - 1, text, sizeof(text) - 1, "text/plain");
	becomes("a.info", "\x1f\nFile: a.info, Node: Top\nlast", "last\n");
	is_refused_n("a.info", "a\n\x1f\nFile: a\nb\0c", 16, HOSPES_EINPUT, "no text");
	is_refused_n("a.info", "a\n\x1f\nFile: a\nb\0\b[c", 18, HOSPES_EINPUT, "no text");
}

/* ---- Pages ---- */

static void
test_page(void **state)
{
	(void)state;
	page("<!DOCTYPE html><html><head><title>T &amp; x</title><style>p{}</style></head><body>"
	     "<h1>Head <b>one</b></h1><p>Para&nbsp;one\n goes   on &eacute; &#x2014;<br>after</p>"
	     "<script>var a = '<p>no</p>';</script><template><p>hidden</p></template></body></html>",
	    "T & x\n\nHead one\n\nPara one goes on \xc3\xa9 \xe2\x80\x94\nafter\n");
	page("<ul><li>one <i>a</i><li><p>two</p><ul><li>sub</ul></ul>after", "- one a\n\n- two\n\n  - sub\n\nafter\n");
	page("<table><tr><th>A<th>B</tr><tr><td>1</td><td></td><td>3</td></tr></table>x", "A\tB\n1\t3\n\nx\n");
	page("<pre>  keep   this\n\n\n    too</pre>done", "  keep   this\n\n\n    too\n\ndone\n");
	page("caf<b>\xc3\xa9</b>s <!-- not this --> here", "caf\xc3\xa9s here\n");
}

static void
test_page_broken(void **state)
{
	(void)state;
	page("<p>un<b>closed <div>x</p></i></table>y &nosuch; &amp; z", "unclosed\n\nxy &nosuch; & z\n");
	page("<p>a</p><p", "a\n");
	page("text < 5 and > 3", "text < 5 and > 3\n");
	is_refused_n("a.html", "<script>alert(1)</script>", 25, HOSPES_EINPUT, "no text in it");
	is_refused_n("a.html", "<p>x\0y", 6, HOSPES_EINPUT, "0x00");
}

static void
test_page_encodings(void **state)
{
	(void)state;
	page("<p>caf\xe9</p>", "caf\xc3\xa9\n");
	page("<meta charset=iso-8859-1><p>caf\xe9</p>", "caf\xc3\xa9\n");
	/* What it says is wrong, and that it is UTF-8 cannot be chance. */
	page("<meta charset=\"iso-8859-1\"><p>caf\xc3\xa9</p>", "caf\xc3\xa9\n");
	/* Only the parser knows this one: Cyrillic. */
	page("<meta http-equiv='Content-Type' content='text/html; charset=koi8-r'><p>\xcd\xc9\xd2</p>",
	    "\xd0\xbc\xd0\xb8\xd1\x80\n");
}

/* By name, or by how it begins. */
static void
test_page_known(void **state)
{
	static const char *const pages[] = {
	    "<!DOCTYPE HTML><p>x", "\xef\xbb\xbf \n<html><p>x", "<?xml version='1.0'?>\n<!-- c --><!doctype html><p>x"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pages); i++)
		becomes_n("a", pages[i], strlen(pages[i]), "x\n", 2, "text/html");
	becomes_n("A.HTM", "<p>x", 4, "x\n", 2, "text/html");
	becomes("a.txt", "<p>x", "<p>x");
	becomes("a", "<!-- ", "<!-- ");
}

static void
test_page_deep(void **state)
{
	_cleanup_(buf_free) struct buf b = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_appends(&b, "<b>");
	buf_appends(&b, "x");
	is_refused_n("a.html", b.data, b.len, HOSPES_EINPUT, "more than 2000 deep");
}

/* The parser takes the square of their number: what takes minutes is a defence that is not there. */
static void
test_page_attributes(void **state)
{
	_cleanup_(buf_free) struct buf b = {0};
	const char *media = NULL;
	struct fault fault;

	(void)state;
	buf_appends(&b, "<p>before<p title=\"");
	for (int i = 0; i < 300000; i++)
		buf_printf(&b, i % 1000 == 0 ? "a%d='>' " : "a%d=1 ", i);
	buf_appends(&b, "\"");
	for (int i = 0; i < 300000; i++)
		buf_printf(&b, i % 1000 == 0 ? "a%d='>' " : "a%d=1 ", i);
	buf_appends(&b, "><p>after");
	assert_int_equal(document_text(&b, "a.html", &media, &fault), 0);
	assert_non_null(strstr(buf_text(&b), "before"));
	assert_non_null(strstr(buf_text(&b), "after"));
}

/* ---- Compressed ---- */

static void
zip(struct buf *out, const void *bytes, size_t len)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)len};
	size_t room = len + 100;

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = buf_extend(out, room);
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->len -= z.avail_out;
	deflateEnd(&z);
}

static void
test_gzip(void **state)
{
	_cleanup_(buf_free) struct buf one = {0}, two = {0}, html = {0}, twice = {0};

	(void)state;
	zip(&one, "first caf\xe9\r\n", 12);
	becomes_n("a.gz", one.data, one.len, "first caf\xc3\xa9\n", 12, "text/plain");
	buf_append(&two, one.data, one.len);
	zip(&two, "second", 6);
	buf_appends(&two, "\0\0trailing");
	becomes_n("a", two.data, two.len, "first caf\xc3\xa9\nsecond", 18, "text/plain");
	zip(&html, "<p>x", 4);
	becomes_n("a.html.gz", html.data, html.len, "x\n", 2, "text/html");
	zip(&twice, one.data, one.len);
	is_refused_n("a.gz.gz", twice.data, twice.len, HOSPES_EINPUT, "compressed twice");
	is_refused_n("a.gz", one.data, one.len - 9, HOSPES_EINPUT, "cut off");
	one.data[14] ^= 0xff;
	is_refused_n("a.gz", one.data, one.len, HOSPES_EINPUT, "damaged");
}

/* A few kilobytes that stand for very many. */
static void
test_gzip_bomb(void **state)
{
	size_t len = 70 * MIB;
	_cleanup_(free_p) char *same = xmalloc(len);
	_cleanup_(buf_free) struct buf bomb = {0}, large = {0}, mild = {0};

	(void)state;
	memset(same, 'x', len);
	zip(&bomb, same, 3 * MIB);
	is_refused_n("a", bomb.data, bomb.len, HOSPES_ETOOLARGE, "more than 200 times its size");
	zip(&mild, same, MIB / 2);
	becomes_n("a", mild.data, mild.len, same, MIB / 2, "text/plain");
	/* Below that ratio, and over the limit. */
	for (size_t i = 0; i < len; i += 16)
		for (size_t k = 0; k < 4; k++)
			same[i + k] = (char)('a' + (i * 2654435761u >> (8 + 4 * k)) % 20);
	zip(&large, same, len);
	assert_true(large.len > len / 200);
	is_refused_n("a", large.data, large.len, HOSPES_ETOOLARGE, "larger than 64 MiB once it is unpacked");
}

/* ---- PDF: programs that stand in for pdftotext ---- */

struct programs {
	char *dir, *path_before;
};

static int
programs_set_up(void **state)
{
	struct programs *p = xcalloc(1, sizeof(*p));
	_cleanup_(free_p) char *path = NULL;

	p->dir = scratch_new();
	p->path_before = xstrdup(getenv("PATH"));
	path = xasprintf("relative:%s", p->dir);
	setenv("PATH", path, 1);
	*state = p;
	return 0;
}

static int
programs_tear_down(void **state)
{
	struct programs *p = *state;

	setenv("PATH", p->path_before, 1);
	free(p->path_before);
	scratch_free(&p->dir);
	free(p);
	return 0;
}

static void
install(const struct programs *p, const char *body)
{
	_cleanup_(free_p) char *path = xasprintf("%s/pdftotext", p->dir);
	_cleanup_(free_p) char *script = xasprintf("#!/bin/sh\n%s\n", body);
	struct fault fault;

	assert_int_equal(fd_write_file(path, script, strlen(script), 0755, &fault), 0);
}

static void
test_pdf(void **state)
{
	struct programs *p = *state;
	static const char pdf[] = "%PDF-1.4 caf\xe9";

	is_refused_n("a.pdf", pdf, strlen(pdf), HOSPES_ENOENT, "install the package poppler-utils");
	install(p, "[ \"$*\" = '-q -enc UTF-8 /dev/stdin -' ] || exit 9; cat /dev/stdin; printf 'x\\001y\\f'");
	becomes_n("a.pdf", pdf, strlen(pdf), "%PDF-1.4 caf\xc3\xa9x y\f", 18, "application/pdf");
	install(p, "exit 1");
	is_refused_n("a.pdf", pdf, strlen(pdf), HOSPES_EINPUT, "cannot read it");
	install(p, "kill -SEGV $$");
	is_refused_n("a.pdf", pdf, strlen(pdf), HOSPES_EFAILED, "signal 11");
	install(p, "exit 0");
	is_refused_n("a.pdf", pdf, strlen(pdf), HOSPES_EINPUT, "no text in it");
	install(p, "while :; do printf '%065536d' 0; done");
	is_refused_n("a.pdf", pdf, strlen(pdf), HOSPES_ETOOLARGE, "larger than 64 MiB");
}

/* It may write no file, and has no descriptor of ours. */
static void
test_pdf_closed_in(void **state)
{
	struct programs *p = *state;
	_cleanup_(free_p) char *written = xasprintf("%s/written", p->dir);
	_cleanup_(free_p) char *script = xasprintf("(echo x >%s) 2>/dev/null; ls /proc/$$/fd | tr '\\n' ' '", written);
	_cleanup_(close_p) int fd = open("/", O_RDONLY | O_DIRECTORY);
	_cleanup_(buf_free) struct buf b = {0};
	struct stat st;
	struct fault fault;

	fd = fd < 50 ? fcntl(fd, F_DUPFD, 50) : fd;
	install(p, script);
	buf_appends(&b, "%PDF-");
	assert_int_equal(document_pdf(&b, 10, &fault), 0);
	assert_null(strstr(buf_text(&b), "50"));
	assert_true(stat(written, &st) != 0 || st.st_size == 0);
}

/* One that does not end is ended, and what it began too, also when it has closed its output: nobody holds the FIFO open
 * any more. */
static void
test_pdf_endless(void **state)
{
	static const char *const scripts[] = {
	    "sleep 600 & wait", "exec >&-; sleep 600 & wait", "sleep 600 & sleep 600"};
	struct programs *p = *state;
	_cleanup_(free_p) char *fifo = xasprintf("%s/fifo", p->dir);

	assert_int_equal(mkfifo(fifo, 0600), 0);
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		_cleanup_(free_p) char *script = xasprintf("exec 9>%s\n%s", fifo, scripts[i]);
		_cleanup_(close_p) int fd = open(fifo, O_RDONLY | O_NONBLOCK);
		_cleanup_(buf_free) struct buf b = {0};
		struct pollfd hangup = {.fd = fd};
		struct fault fault;

		install(p, script);
		buf_appends(&b, "%PDF-");
		assert_int_equal(document_pdf(&b, 1, &fault), HOSPES_EDEADLINE);
		assert_int_equal(poll(&hangup, 1, 10000), 1);
		assert_true(hangup.revents & POLLHUP);
	}
}

int
main(void)
{
#define WITH_PROGRAMS(f) cmocka_unit_test_setup_teardown(f, programs_set_up, programs_tear_down)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_latin),
	    cmocka_unit_test(test_utf16),
	    cmocka_unit_test(test_binary),
	    cmocka_unit_test(test_info),
	    cmocka_unit_test(test_page),
	    cmocka_unit_test(test_page_broken),
	    cmocka_unit_test(test_page_encodings),
	    cmocka_unit_test(test_page_known),
	    cmocka_unit_test(test_page_deep),
	    cmocka_unit_test(test_page_attributes),
	    cmocka_unit_test(test_gzip),
	    cmocka_unit_test(test_gzip_bomb),
	    WITH_PROGRAMS(test_pdf),
	    WITH_PROGRAMS(test_pdf_closed_in),
	    WITH_PROGRAMS(test_pdf_endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
