/*
 * The cutter and the words of what it cuts.
 *
 * Passages lie in the text, one after the other, are neither empty nor too long, have no white space at their ends and cut no
 * character; nothing that is not white space, a rule or a heading is lost.
 */

#include <string.h>

#include "base/buf.h"
#include "fuzz.h"
#include "memory/passage.h"
#include "memory/words.h"

static bool
is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void
check_range(const uint8_t *data, size_t from, size_t to)
{
	fuzz_expect(from < to);
	fuzz_expect((data[from] & 0xc0) != 0x80);
	fuzz_expect(!is_space(data[from]) && !is_space(data[to - 1]));
	fuzz_expect(utf8_valid(data + from, to - from));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct words *words;
	struct cutter c;
	struct passage p;
	size_t last = 0;

	if (!utf8_valid(data, len) || memchr(data, '\0', len) != NULL)
		return 0;
	words = words_new();
	cutter_init(&c, (const char *)data, len);
	while (cutter_next(&c, &p)) {
		struct word w;
		size_t at = 0, before = 0;

		fuzz_expect(p.from >= last && p.to <= len && p.to - p.from <= PASSAGE_MAX);
		check_range(data, p.from, p.to);
		if (p.heading_from != p.heading_to) {
			fuzz_expect(p.heading_to <= len && p.heading_to - p.heading_from <= 320);
			check_range(data, p.heading_from, p.heading_to);
		}
		last = p.to;
		words_begin(words);
		while (words_next(words, (const char *)data + p.from, p.to - p.from, &at, &w)) {
			fuzz_expect(w.len > 0 && w.len <= WORD_MAX && w.from >= before && w.to > w.from &&
				    w.to <= p.to - p.from);
			fuzz_expect(w.word_len <= WORD_MAX && utf8_valid(w.word, w.word_len));
			before = w.to;
		}
	}
	words_free(&words);
	return 0;
}
