/* Buffers, payloads, ids, maps, money, the log and faults. */

#include <errno.h>
#include <stdlib.h>

#include "cmocka_all.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/find.h"
#include "base/id.h"
#include "base/install.h"
#include "base/log.h"
#include "base/map.h"
#include "base/money.h"

/* Each amount as it is read, and as it is written. */
static void
money_is_read_and_written(void **state)
{
	static const struct {
		const char *text, *written;
		int64_t micros;
	} good[] = {{"0", "0.00", 0}, {"0.5", "0.50", 500000}, {"$47000", "47000.00", 47000000000},
	    {"1.000001", "1.000001", 1000001}, {"0.010", "0.01", 10000}, {"1000000000", "1000000000.00", MONEY_MAX}};
	static const char *const bad[] = {"", "$", ".5", "1.", "1.0000001", "-1", "1e3", "1,5", "1.5 ", " 1", "1.2.3",
	    "1000000000.1", "99999999999999999999", "0x1", "$$1"};
	char out[MONEY_TEXT];
	int64_t micros;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_true(money_read(good[i].text, &micros));
		assert_int_equal(micros, good[i].micros);
		money_write(micros, out);
		assert_string_equal(out, good[i].written);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		micros = 7;
		if (money_read(bad[i], &micros) || micros != 7)
			fail_msg("%s was read as %lld", bad[i], (long long)micros);
	}
	money_write(-1500000, out);
	assert_string_equal(out, "-1.50");
	money_write(INT64_MIN, out);
	assert_string_equal(out, "-9223372036854.775808");
}

static void
buffers_grow_and_shrink(void **state)
{
	_cleanup_(buf_free) struct buf b = {0};

	(void)state;
	assert_string_equal(buf_text(&b), "");
	buf_appends(&b, "one ");
	buf_printf(&b, "%d %s", 2, "three");
	assert_string_equal(buf_text(&b), "one 2 three");
	assert_int_equal(b.len, 11);
	buf_consume(&b, 4);
	assert_string_equal(buf_text(&b), "2 three");
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%d,", i);
	assert_memory_equal(b.data + b.len - 4, "999,", 4);
	buf_clear(&b);
	assert_int_equal(b.len, 0);
}

static void
a_cursor_that_failed_stays_so(void **state)
{
	struct cursor c = cursor_of("abcdef", 6);
	char two[2];

	(void)state;
	assert_true(cursor_get(&c, two, 2));
	assert_memory_equal(two, "ab", 2);
	assert_int_equal(cursor_left(&c), 4);
	assert_null(cursor_take(&c, 5));
	assert_null(cursor_take(&c, 1));
	assert_true(c.bad);
}

static void
payloads_are_counted_and_hashed(void **state)
{
	struct payload *a = payload_text("text"), *b = payload_ref(a), *other = payload_text("texu");

	(void)state;
	assert_ptr_equal(a, b);
	assert_int_equal(a->data[4], 0);
	payload_unref(&a);
	assert_null(a);
	assert_true(payload_hash_equal(payload_hash(b), payload_hash(b)));
	assert_false(payload_hash_equal(payload_hash(b), payload_hash(other)));
	assert_null(payload_ref(NULL));
	payload_unref(&b);
	payload_unref(&b);
	payload_unref(&other);
}

/* Every way in which eight bytes at a time could hide it: at each position of a longer plain text. */
static void
bad_utf8_is_found_anywhere(void **state)
{
	static const char *const bad[] = {"\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf",
	    "\xed\xa0\x80", "\xe2\x82", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
	    "\xff", "\xf0\x9f\x98"};
	static const char *const good[] = {"\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
	    "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"};

	(void)state;
	for (size_t at = 0; at <= 40; at++)
		for (size_t i = 0; i < ARRAY_LEN(bad) + ARRAY_LEN(good); i++) {
			bool is_good = i >= ARRAY_LEN(bad);
			const char *piece = is_good ? good[i - ARRAY_LEN(bad)] : bad[i];
			_cleanup_(free_p) char *text =
			    xasprintf("%.*s%s%.*s", (int)at, "\"plain text of more than forty characters, here", piece,
				(int)(40 - at), "and again so that there is something behind");
			struct fault fault = {0};
			int rc = payload_scan(text, strlen(text), SIZE_MAX, "text", &fault);

			assert_int_equal(utf8_valid(text, strlen(text)), is_good);
			assert_int_equal(rc, is_good ? 0 : HOSPES_EINPUT);
			/* cut at its end, too */
			assert_int_equal(utf8_valid(text, at + strlen(piece)), is_good);
		}
}

static int
scan(const char *text)
{
	return payload_scan(text, strlen(text), SIZE_MAX, "text", NULL);
}

static char *
nested(unsigned depth, const char *open, const char *begin)
{
	struct buf b = {0};

	buf_appends(&b, begin);
	for (unsigned i = 0; i < depth; i++)
		buf_append(&b, open + i % strlen(open), 1);
	buf_text(&b);
	return (char *)b.data;
}

static void
nesting_is_bounded_outside_strings(void **state)
{
	static const char *const begins[] = {"", "\"\\\"[[\" ", "\"\\\\\" ", "   ", "[] {} [{}] ", "\"{{{{[[[[\", ",
	    "]]]]]}}}}", "\"\xc3\xa9\\n[[\"     "};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
		_cleanup_(free_p) char *most = nested(PAYLOAD_NESTING, "[{", begins[i]);
		_cleanup_(free_p) char *more = nested(PAYLOAD_NESTING + 1, "{[", begins[i]);
		_cleanup_(free_p) char *inside = nested(100000, "[", "\"");

		assert_int_equal(scan(most), 0);
		assert_int_equal(scan(more), HOSPES_EINPUT);
		assert_int_equal(scan(inside), 0);
	}
	{
		_cleanup_(free_p) char *deep = nested(100000, "[", "");
		struct fault fault;

		assert_int_equal(payload_scan(deep, strlen(deep), SIZE_MAX, "input", &fault), HOSPES_EINPUT);
		assert_non_null(strstr(fault.text, "input nests brackets more than 128 deep"));
	}
	assert_int_equal(payload_scan("12345", 5, 4, "x", NULL), HOSPES_ETOOLARGE);
	assert_int_equal(payload_scan(NULL, 0, 4, "x", NULL), 0);
}

static void
ulids_sort_as_made(void **state)
{
	char last[ULID_TEXT] = "", text[ULID_TEXT];
	struct ulid id, back;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		id = ulid_new();
		ulid_format(&id, text);
		assert_int_equal(strlen(text), 26);
		assert_true(strcmp(text, last) > 0);
		assert_true(ulid_parse(text, &back));
		assert_memory_equal(id.bytes, back.bytes, sizeof(id.bytes));
		strcpy(last, text);
	}
	assert_true(ulid_parse("01arz3ndektsv4rrffq69g5fav", &id));
	ulid_format(&id, text);
	assert_string_equal(text, "01ARZ3NDEKTSV4RRFFQ69G5FAV");
	assert_true(ulid_parse("7ZZZZZZZZZZZZZZZZZZZZZZZZZ", &id));
	for (size_t i = 0; i < sizeof id.bytes; i++)
		assert_int_equal(id.bytes[i], 0xff);
	assert_false(ulid_parse("8ZZZZZZZZZZZZZZZZZZZZZZZZZ", &id));
	assert_false(ulid_parse("01ARZ3NDEKTSV4RRFFQ69G5FA", &id));
	assert_false(ulid_parse("01ARZ3NDEKTSV4RRFFQ69G5FAVX", &id));
	assert_false(ulid_parse("01ARZ3NDEKTSV4RRFFQ69G5FAU", &id));
	assert_false(ulid_parse("", &id));
}

static void
hex_and_traces(void **state)
{
	uint8_t bytes[3];
	char text[7];
	struct trace_id a = trace_id_new(), b = trace_id_new();

	(void)state;
	assert_memory_not_equal(a.bytes, b.bytes, sizeof a.bytes);
	assert_true(hex_parse("00fFa1", bytes, 3));
	hex_format(bytes, 3, text);
	assert_string_equal(text, "00ffa1");
	assert_false(hex_parse("00ff", bytes, 3));
	assert_false(hex_parse("00ffa10", bytes, 3));
	assert_false(hex_parse("00ffg1", bytes, 3));
}

static void
times_are_written_in_utc(void **state)
{
	char text[CLOCK_TEXT];

	(void)state;
	clock_format(1790856000123456789, text);
	assert_string_equal(text, "2026-10-01T12:00:00.123Z");
	clock_format(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999Z");
	clock_format(INT64_MAX, text);
	clock_format(INT64_MIN, text);
	assert_true(clock_mono_ns() <= clock_mono_ns());
}

/* Against an array that cannot be wrong, with many deletions, so that graves are met, reused and swept out. */
static void
maps_keep_what_is_put(void **state)
{
	enum { KEYS = 500 };
	static char names[KEYS][16], values[KEYS][2];
	void *expected[KEYS] = {0};
	struct map text = {0}, numbers = {0};
	unsigned seed = 20260101;

	(void)state;
	for (int i = 0; i < KEYS; i++)
		snprintf(names[i], sizeof names[i], "key-%d", i);
	for (int step = 0; step < 50000; step++) {
		int i = rand_r(&seed) % KEYS;
		void *value = &values[i][rand_r(&seed) % 2];
		uint64_t number = (uint64_t)i * 4096;

		if (rand_r(&seed) % 4 == 0 && map_at_u64(&numbers, number) != NULL) {
			assert_ptr_equal(*map_at_u64(&numbers, number), expected[i]);
			*map_at_u64(&numbers, number) = value;
			assert_ptr_equal(map_put(&text, names[i], value), expected[i]);
			expected[i] = value;
		} else if (rand_r(&seed) % 4 == 0) {
			void **placed = map_place_u64(&numbers, number, value);

			if (expected[i] == NULL)
				assert_null(map_put(&text, names[i], expected[i] = value));
			assert_ptr_equal(*placed, expected[i]); /* what is there stays */
		} else if (rand_r(&seed) % 2 == 0) {
			assert_ptr_equal(map_put(&text, names[i], value), expected[i]);
			assert_ptr_equal(map_put_u64(&numbers, number, value), expected[i]);
			expected[i] = value;
		} else {
			assert_ptr_equal(map_del(&text, names[i]), expected[i]);
			assert_ptr_equal(map_del_u64(&numbers, number), expected[i]);
			expected[i] = NULL;
		}
		i = rand_r(&seed) % KEYS;
		assert_ptr_equal(map_get(&text, names[i]), expected[i]);
		assert_ptr_equal(map_get_u64(&numbers, (uint64_t)i * 4096), expected[i]);
		assert_true((map_at_u64(&numbers, (uint64_t)i * 4096) != NULL) == (expected[i] != NULL));
	}
	assert_true(text.cap <= 2048);
	map_free(&text);
	map_free(&numbers);
	assert_null(map_get(&text, "key-1"));
	assert_null(map_del_u64(&numbers, 0));
}

static void
a_map_is_walked_while_it_empties(void **state)
{
	static char names[100][8];
	struct map m = {0};
	size_t at = 0, seen = 0;
	char *value;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(names[i], sizeof names[i], "%zu", i);
		map_put(&m, names[i], names[i]);
	}
	while ((value = map_next(&m, &at)) != NULL) {
		assert_ptr_equal(map_del(&m, value), value);
		seen++;
	}
	assert_int_equal(seen, ARRAY_LEN(names));
	assert_int_equal(m.used, 0);
	map_free(&m);
}

static char last_line[8192];

static void
keep_line(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	snprintf(last_line, sizeof last_line, "%s", line);
}

static void
assert_logged(const char *value, const char *expected)
{
	_cleanup_(free_p) char *end = xasprintf(" level=error msg=said value=%s", expected);

	log_error("said", LOG_S("value", value));
	assert_string_equal(last_line + strlen("time=2026-10-01T12:00:00.123Z"), end);
}

static void
a_value_cannot_forge_a_line(void **state)
{
	(void)state;
	log_set_tap(keep_line, NULL);
	assert_logged("plain", "plain");
	assert_logged("", "\"\"");
	assert_logged(NULL, "\"\"");
	assert_logged("two words", "\"two words\"");
	assert_logged("x level=info", "\"x level=info\"");
	assert_logged("a\" level=\"info", "\"a\\\" level=\\\"info\"");
	assert_logged("a\ntime=2026", "\"a\\ntime=2026\"");
	assert_logged("a\r\t\x1b[2J\x7f", "\"a\\x0d\\t\\x1b[2J\\x7f\"");
	assert_logged("back\\slash", "\"back\\\\slash\"");
	assert_logged("gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"");
	assert_logged("\xff\xc3", "\"\\xff\\xc3\"");
	assert_logged("\xc2\x85", "\"\\xc2\\x85\"");          /* next line, a control character */
	assert_logged("\xe2\x80\xa8", "\"\\xe2\\x80\\xa8\""); /* line separator */
	assert_logged("\xe2\x80\xae"
		      "gpj",
	    "\"\\xe2\\x80\\xaegpj\"");                                 /* reads backwards from here */
	assert_logged("\xd8\x9c", "\"\\xd8\\x9c\"");                   /* an Arabic mark */
	assert_logged("\xe2\x80\x8f", "\"\\xe2\\x80\\x8f\"");          /* right to left */
	assert_logged("\xf3\xa0\x81\x81", "\"\\xf3\\xa0\\x81\\x81\""); /* a letter that nobody sees */
	log_error("numbers", LOG_I("i", -5), LOG_U("u", UINT64_MAX));
	assert_non_null(strstr(last_line, "msg=numbers i=-5 u=18446744073709551615"));
	last_line[0] = '\0';
	log_debug("below the level");
	assert_string_equal(last_line, "");
	log_set_tap(NULL, NULL);
}

static void
faults_are_sentences(void **state)
{
	struct fault f = {0};
	char large[2000];

	(void)state;
	assert_int_equal(fault_set(&f, HOSPES_EDEPTH, "at %d", 6), HOSPES_EDEPTH);
	assert_string_equal(f.text, "at 6");
	assert_int_equal(fault_prefix(&f, "chain %s", "a"), HOSPES_EDEPTH);
	assert_string_equal(f.text, "chain a: at 6");
	fault_set(&f, HOSPES_EINPUT, "again: %s", f.text); /* its own text as an argument */
	assert_string_equal(f.text, "again: chain a: at 6");
	assert_int_equal(fault_errno(&f, ENOSPC, "cannot write"), HOSPES_EDISK);
	assert_string_equal(f.text, "cannot write: No space left on device");
	assert_int_equal(fault_errno(NULL, EACCES, "x"), HOSPES_EIO);
	for (size_t i = 0; i + 3 < sizeof large; i += 3)
		memcpy(large + i, "\xe2\x82\xac", 4);
	for (int shift = 0; shift < 4; shift++) { /* cut between characters wherever the limit falls */
		fault_set(&f, HOSPES_EINPUT, "%.*s%s", shift, "xxxx", large);
		assert_true(strlen(f.text) > FAULT_TEXT - 6 && strlen(f.text) < FAULT_TEXT);
		assert_true(utf8_valid(f.text, strlen(f.text)));
	}
	fault_set(&f, HOSPES_EINPUT, "a member %.4s; it takes none", "abc\xe2\x82\xac"); /* and in what is quoted */
	assert_string_equal(f.text, "a member abc?; it takes none");
}

static void
statuses_have_names(void **state)
{
	(void)state;
	assert_string_equal(status_name(0), "ok");
	assert_string_equal(status_name(HOSPES_ECYCLE), "cycle");
	assert_string_equal(status_name(-9999), "unknown");
	assert_int_equal(status_number("cycle"), HOSPES_ECYCLE);
	assert_int_equal(status_number("no such"), 0);
	assert_string_equal(status_hint(0), "");
	assert_string_not_equal(status_hint(HOSPES_ENOHOST), "");
}

static void
outside_an_installed_tree_the_configured_folders(void **state)
{
	(void)state;
	assert_string_equal(install_dir(INSTALL_LIBEXEC), LIBEXECDIR);
	assert_string_equal(install_dir(INSTALL_CONF), CONFDIR);
}

static uint8_t
seen_in(const char *text)
{
	uint8_t seen;

	assert_int_equal(payload_look(text, strlen(text), SIZE_MAX, "text", &seen, NULL), 0);
	return seen;
}

static void
a_look_says_what_there_was(void **state)
{
	(void)state;
	assert_int_equal(seen_in("{\"claims\":[{\"text\":\"a claim\",\"sure\":true}]}"), 0);
	assert_int_equal(seen_in("{\"claims\":[{\"text\":\"a critical claim\"}]}"), 0);
	assert_int_equal(seen_in("{\"claims\":[{\"critical\":true}]}"), PAYLOAD_CRITICAL);
	assert_int_equal(seen_in("{\"claims\":[{\"criti\\u0063al\":true}]}"), PAYLOAD_ESCAPES);
	assert_int_equal(seen_in("{\"a\\\\\":1,\"critical\":true}"), PAYLOAD_ESCAPES | PAYLOAD_CRITICAL);
	assert_int_equal(seen_in("{\"an escaped \\\"critical\":1}"), PAYLOAD_ESCAPES);
	assert_int_equal(seen_in("{\"criticality\":true,\"critica"), 0);
	assert_int_equal(seen_in(""), 0);
}

static void
bytes_are_found_wherever_they_are(void **state)
{
	char text[70], wanted[6];
	unsigned seed = 1;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		size_t len, n;

		seed = seed * 1103515245u + 12345u;
		len = (seed >> 16) % (sizeof(text) + 1);
		n = 1 + (seed >> 8) % sizeof(wanted);
		for (size_t i = 0; i < len + n; i++) {
			seed = seed * 1103515245u + 12345u;
			(i < len ? text : wanted)[i < len ? i : i - len] = (seed >> 16) % 4 == 0 ? 'b' : 'a';
		}
		assert_ptr_equal(bytes_find(text, len, wanted, n), memmem(text, len, wanted, n));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(money_is_read_and_written),
	    cmocka_unit_test(buffers_grow_and_shrink),
	    cmocka_unit_test(a_cursor_that_failed_stays_so),
	    cmocka_unit_test(payloads_are_counted_and_hashed),
	    cmocka_unit_test(bad_utf8_is_found_anywhere),
	    cmocka_unit_test(a_look_says_what_there_was),
	    cmocka_unit_test(bytes_are_found_wherever_they_are),
	    cmocka_unit_test(nesting_is_bounded_outside_strings),
	    cmocka_unit_test(ulids_sort_as_made),
	    cmocka_unit_test(hex_and_traces),
	    cmocka_unit_test(times_are_written_in_utc),
	    cmocka_unit_test(maps_keep_what_is_put),
	    cmocka_unit_test(a_map_is_walked_while_it_empties),
	    cmocka_unit_test(a_value_cannot_forge_a_line),
	    cmocka_unit_test(faults_are_sentences),
	    cmocka_unit_test(statuses_have_names),
	    cmocka_unit_test(outside_an_installed_tree_the_configured_folders),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
