/* The hospes command's own parts: command line, foreign text, tables, event streams. */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/command.h"
#include "cli/request.h"
#include "cli/socket.h"
#include "cli/sse.h"
#include "cli/table.h"
#include "cli/text.h"

/* ---- Text in columns ---- */

static void
test_text_columns(void **state)
{
	static const struct {
		const char *text;
		size_t width;
		const char *shortened;
		size_t line;
	} rows[] = {{"", 4, "", 0}, {"abcd", 4, "abcd", 4}, {"abcde", 4, "abc…", 4}, {"abcde", 0, "abcde", 5},
	    {"äöüß", 4, "äöüß", 8}, {"äöüßx", 4, "äöü…", 8}, {"ab cd", 4, "ab …", 2}, {"abcd ef", 4, "abc…", 4},
	    {"a", 1, "a", 1}, {"ab", 1, "…", 1}, {" abc", 2, " …", 2}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_cleanup_(free_p) char *shortened = text_shortened(rows[i].text, rows[i].width);

		assert_string_equal(shortened, rows[i].shortened);
		assert_int_equal(text_line(rows[i].text, rows[i].width), rows[i].line);
	}
}

/* ---- Command line ---- */

static const struct cli_option options[] = {
    {"set", 0, "X", ""}, {"follow", 'f', NULL, ""}, {"limit", 'n', "N", ""}, {0}};
static const struct command command = {.name = "try", .usage = "", .options = options, .min_args = 1, .max_args = 2};
static const struct command passing = {.name = "pass", .usage = "", .max_args = 9, .passes_on = true};

static int
parse(struct cli *cli, const struct command *c, const char *line)
{
	static char words[256];
	char *argv[32], *rest = NULL;
	struct fault fault;
	int argc = 0, rc;

	free(cli->args);
	*cli = (struct cli){.command = c};
	strcpy(words, line);
	for (char *w = strtok_r(words, " ", &rest); w != NULL; w = strtok_r(NULL, " ", &rest))
		argv[argc++] = w;
	rc = cli_parse(cli, argc, argv, &fault);
	return rc;
}

static void
test_command_line(void **state)
{
	struct cli cli = {0};
	unsigned at = 0;
	double n = 5;
	struct fault fault;

	(void)state;
	assert_int_equal(parse(&cli, &command, "a -f --set x=1 --set=y=2 b -n7 --json --socket /s"), 0);
	assert_int_equal(cli.n_args, 2);
	assert_string_equal(cli.args[1], "b");
	assert_true(cli_flag(&cli, "follow") && cli.json);
	assert_string_equal(cli.socket, "/s");
	assert_string_equal(cli_each(&cli, "set", &at), "x=1");
	assert_string_equal(cli_each(&cli, "set", &at), "y=2");
	assert_null(cli_each(&cli, "set", &at));
	assert_int_equal(cli_number(&cli, "limit", 10, &n, &fault), 0);
	assert_true(n > 6.9 && n < 7.1);
	assert_int_equal(cli_number(&cli, "limit", 6, &n, &fault), HOSPES_EINPUT);

	assert_int_equal(parse(&cli, &command, "- -- --json"), 0);
	assert_string_equal(cli.args[0], "-");
	assert_string_equal(cli.args[1], "--json");
	assert_false(cli.json);

	assert_int_equal(parse(&cli, &command, ""), HOSPES_EINPUT);
	assert_int_equal(parse(&cli, &command, "a b c"), HOSPES_EINPUT);
	assert_int_equal(parse(&cli, &command, "a --nothing"), HOSPES_EINPUT);
	assert_int_equal(parse(&cli, &command, "a --se x"), HOSPES_EINPUT);
	assert_int_equal(parse(&cli, &command, "a -fx"), HOSPES_EINPUT);
	assert_int_equal(parse(&cli, &command, "a --follow=yes"), HOSPES_EINPUT);
	assert_int_equal(parse(&cli, &command, "a --set"), HOSPES_EINPUT);
	assert_int_equal(parse(&cli, &command, "--help"), 0);
	assert_true(cli.help);

	assert_int_equal(parse(&cli, &passing, "--state /x -c y"), 0);
	assert_int_equal(cli.n_args, 4);
	free(cli.args);
}

static void
test_settings(void **state)
{
	static const char *const bad[] = {"", "x", "x=1", "=1", "a.b", ".b=1", "a.=1", "a=b.c"};
	_cleanup_(json_p) json_t *config = json_object(), *expected = NULL;
	struct fault fault;

	(void)state;
	assert_int_equal(request_setting(config, "survey.at_once=2", &fault), 0);
	assert_int_equal(request_setting(config, "survey.who=a.b=c", &fault), 0);
	assert_int_equal(request_setting(config, "other.on=true", &fault), 0);
	assert_int_equal(request_setting(config, "other.empty=", &fault), 0);
	expected = json_pack(
	    "{s:{s:i, s:s}, s:{s:b, s:s}}", "survey", "at_once", 2, "who", "a.b=c", "other", "on", 1, "empty", "");
	assert_true(json_equal(config, expected));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(request_setting(config, bad[i], &fault), HOSPES_EINPUT);
	assert_int_equal(request_setting(config, "a.b=\xff", &fault), HOSPES_EINPUT);
}

/* ---- Foreign text ---- */

static void
safe_is(const char *text, const char *expected)
{
	_cleanup_(free_p) char *safe = text_safe(text, false);

	assert_string_equal(safe, expected);
}

static void
test_text(void **state)
{
	_cleanup_(free_p) char *lines = text_safe("a\nb\033c", true);

	(void)state;
	assert_string_equal(lines, "a\nb\\x1bc");
	safe_is("", "");
	safe_is("gr\xc3\xbc\xc3\x9f \xf0\x9f\x99\x82", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x99\x82");
	safe_is("\033]0;title\007", "\\x1b]0;title\\x07");
	safe_is("a\r\nb\tc\x7f", "a\\x0d\\x0ab\\x09c\\x7f");
	safe_is("\xc2\x9b"
		"31m",
	    "\\u{9b}31m"); /* a control sequence in one character */
	safe_is("\xe2\x80\xae"
		"fdp.so",
	    "\\u{202e}fdp.so");                    /* right to left */
	safe_is("\xd8\x9c", "\\u{61c}");           /* an Arabic mark, which turns what is beside it */
	safe_is("\xf3\xa0\x81\x81", "\\u{e0041}"); /* a letter that nobody sees */
	safe_is("\xff\xfe", "\\xff\\xfe");
	safe_is("\xc3", "\\xc3");                            /* cut off */
	safe_is("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* a surrogate */
	safe_is("\xe0\x80\xaf", "\\xe0\\x80\\xaf");          /* overlong */
	safe_is("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* past the last character */
	assert_int_equal(text_width("gr\xc3\xbc\xc3\x9f"), 4);
}

static void
test_table(void **state)
{
	static const char *const headings[] = {"NAME", "X", NULL};
	struct table *t = table_new(headings);
	struct cli cli = {0};
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	(void)state;
	table_row(t, "\xc3\xbc", "1");
	table_row(t, "longer\033name", (const char *)NULL);
	table_print(t, &cli, to);
	fclose(to);
	assert_string_equal(text, "NAME            X\n\xc3\xbc               1\nlonger\\x1bname  \n");
	assert_int_equal(table_rows(t), 2);
	table_free(&t);
	free(text);
}

/* ---- Event streams ---- */

static char seen[512];

static int
note(const char *event, const char *data, size_t len, void *arg)
{
	(void)arg;
	assert_int_equal(strlen(data), len);
	strcat(seen, event);
	strcat(seen, "=");
	strcat(seen, data);
	strcat(seen, ";");
	return strcmp(event, "stop") == 0 ? 9 : 0;
}

static void
test_sse(void **state)
{
	static const char stream[] = ":\n\ndata: one\n\nevent: log\nid: 4\ndata: a\ndata:b\n\nevent: nothing\n\n"
				     "data\r\n\r\nnoise: x\rdata: {}\r\r";
	static const char expected[] = "message=one;log=a\nb;message=;message={};";

	(void)state;
	/* However the bytes are cut, the events are the same. */
	for (size_t step = 1; step < sizeof(stream); step++) {
		struct sse s = {.event = note};

		seen[0] = '\0';
		for (size_t at = 0; at < sizeof(stream) - 1; at += step) {
			size_t len = sizeof(stream) - 1 - at < step ? sizeof(stream) - 1 - at : step;

			assert_int_equal(sse_feed(&s, stream + at, len), 0);
		}
		assert_string_equal(seen, expected);
		sse_free(&s);
	}
}

static void
test_sse_stops(void **state)
{
	static const char stream[] = "event: stop\ndata: 1\n\ndata: 2\n\n";
	struct sse s = {.event = note};

	(void)state;
	seen[0] = '\0';
	assert_int_equal(sse_feed(&s, stream, sizeof(stream) - 1), 9);
	assert_string_equal(seen, "stop=1;");
	sse_free(&s);
}

/* The id of an event counts once the event is whole; who lost the rest of it asks for it again. */
static void
test_sse_ids(void **state)
{
	static const struct {
		const char *stream, *id;
	} rows[] = {
	    {"id: 1\ndata: a\n", "0"},
	    {"id: 1\ndata: a\n\n", "1"},
	    {"id:1\ndata: a\n\ndata: b\n\n", "1"},
	    {"id: 1\ndata: a\n\nid: 2\nevent: x\ndata: b", "1"},
	    {"id: 1\ndata: a\n\nid: 2\n\ndata: b\n\n", "1"},
	    {"id: 1-a\r\ndata: a\r\n\r\n", "1-a"},
	    {"id: 0123456789012345678901234567890123456789012345678901234567890123\ndata: a\n\n", "0"},
	    {"id\ndata: a\n\n", "0"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char id[SSE_ID_MAX] = "0";
		struct sse s = {.event = note, .last_id = id};

		seen[0] = '\0';
		assert_int_equal(sse_feed(&s, rows[i].stream, strlen(rows[i].stream)), 0);
		assert_string_equal(id, rows[i].id);
		sse_free(&s);
	}
}

/* ---- Which socket ---- */

static void
listen_at(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(at.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	close(fd);
}

static void
socket_is(const char *given, const char *expected)
{
	_cleanup_(free_p) char *found = NULL;
	struct fault fault;

	assert_int_equal(socket_find(given, &found, &fault), 0);
	assert_string_equal(found, expected);
}

static void
test_socket(void **state)
{
	char dir[] = "/tmp/hospes-cli-XXXXXX";
	_cleanup_(free_p) char *hospes = NULL, *path = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	hospes = xasprintf("%s/hospes", dir);
	path = xasprintf("%s/hospes.sock", hospes);
	setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
	setenv("XDG_STATE_HOME", dir, 1);
	unsetenv("HOSPES_SOCKET");
	assert_int_equal(mkdir(hospes, 0700), 0);
	listen_at(path);
	socket_is(NULL, path);
	setenv("XDG_RUNTIME_DIR", dir, 1);
	setenv("XDG_STATE_HOME", "/nonexistent", 1);
	socket_is(NULL, path);
	setenv("HOSPES_SOCKET", "/from/environment", 1);
	socket_is(NULL, "/from/environment");
	socket_is("/given", "/given");
	unsetenv("HOSPES_SOCKET");
	unlink(path);
	rmdir(hospes);
	rmdir(dir);
	if (access("/run/hospes/hospes.sock", F_OK) != 0) {
		struct fault fault;
		char *found;

		assert_int_equal(socket_find(NULL, &found, &fault), HOSPES_ENOHOST);
		assert_non_null(strstr(fault.text, "/nonexistent/hospes/hospes.sock"));
	}
}

static void
test_exit_codes(void **state)
{
	(void)state;
	assert_int_equal(cli_exit_of(0), CLI_OK);
	assert_int_equal(cli_exit_of(HOSPES_EFAILED), CLI_FAULT);
	assert_int_equal(cli_exit_of(HOSPES_ENORUN), CLI_PARTIAL);
	assert_int_equal(cli_exit_of(HOSPES_EDEPTH), CLI_REFUSED);
	assert_int_equal(cli_exit_of(HOSPES_ENOHOST), CLI_NO_HOST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text_columns),
	    cmocka_unit_test(test_command_line),
	    cmocka_unit_test(test_settings),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_sse),
	    cmocka_unit_test(test_sse_stops),
	    cmocka_unit_test(test_sse_ids),
	    cmocka_unit_test(test_socket),
	    cmocka_unit_test(test_exit_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
