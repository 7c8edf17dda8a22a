/* Words and phrases of a query. */

#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "memory/query.h"

/* What people ask with, beside the smallest words that the index does not have. */
static bool
asks(const char *stem, size_t len)
{
	static const char *const words[] = {"what", "who", "whom", "whose", "how", "when", "where", "why", "do", "doe",
	    "did", "can", "could", "should", "i", "me", "my", "about", "am", "tell", "pleas", "someon", "somebodi",
	    "somewhat"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i]) == len && memcmp(words[i], stem, len) == 0)
			return true;
	return false;
}

/* Where an item ends: a phrase at the next quotation mark (or the end), else at the next one that begins a phrase. */
static size_t
until_quote(const char *text, size_t at, size_t len)
{
	const char *quote = memchr(text + at, '"', len - at);

	return quote == NULL ? len : (size_t)(quote - text);
}

static bool
known(const struct query *q, const struct query_item *item)
{
	for (size_t i = 0; i < q->n_items; i++) {
		const struct query_item *o = &q->items[i];
		size_t same = 0;

		while (o->n == item->n && same < o->n &&
		       strcmp(q->words[o->first + same].stem, q->words[item->first + same].stem) == 0)
			same++;
		if (o->n == item->n && same == o->n)
			return true;
	}
	return false;
}

static void
add_item(struct query *q, size_t first)
{
	struct query_item item = {.first = first, .n = q->n_words - first};

	if (item.n == 0)
		return;
	if (known(q, &item))
		q->n_words = first;
	else
		q->items[q->n_items++] = item;
}

static void
add_word(struct query *q, const struct word *w)
{
	struct query_word *to = &q->words[q->n_words++];

	memcpy(to->word, w->word, w->word_len);
	to->word[w->word_len] = '\0';
	memcpy(to->stem, w->stem, w->len);
	to->stem[w->len] = '\0';
	to->len = w->len;
	to->gap = w->gap;
}

/* The words of text[at, end): one item together, or one each. */
static void
read_part(struct query *q, struct words *words, const char *text, size_t at, size_t end, bool phrase, bool all)
{
	size_t first = q->n_words;
	struct word w;

	while (q->n_words < QUERY_WORDS && words_next(words, text, end, &at, &w)) {
		if (!phrase && !all && asks(w.stem, w.len))
			continue;
		add_word(q, &w);
		if (!phrase) {
			add_item(q, first);
			first = q->n_words;
		}
	}
	add_item(q, first);
}

static void
read_all(struct query *q, struct words *words, const char *text, size_t len, bool all)
{
	bool phrase = false;
	size_t at = 0;

	q->n_words = q->n_items = 0;
	words_begin(words);
	for (;;) {
		size_t end = until_quote(text, at, len);

		read_part(q, words, text, at, end, phrase, all);
		if (end == len)
			return;
		phrase = !phrase;
		at = end + 1;
	}
}

int
query_read(const char *text, struct query *ret, struct fault *fault)
{
	size_t len = strnlen(text, QUERY_BYTES);
	struct words *words;

	if (len == QUERY_BYTES)
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	if (!utf8_valid(text, len))
		return fault_set(fault, HOSPES_EINPUT, "a query must be UTF-8");
	words = words_new();
	read_all(ret, words, text, len, false);
	if (ret->n_items == 0)
		read_all(ret, words, text, len, true);
	words_free(&words);
	if (ret->n_items == 0)
		return fault_set(fault, HOSPES_EINPUT,
		    "a query must have a word to look for, beside the smallest (the, of, and the like)");
	return 0;
}

/* Each word in quotes, and there are none in it. */
void
query_match(const struct query *q, const struct query_item *item, struct buf *ret)
{
	for (size_t i = 0; i < item->n; i++)
		buf_printf(ret, "%s\"%s\"", i == 0 ? "" : " AND ", q->words[item->first + i].word);
}
