/*
 * Words of a text.  A word is a run of letters and digits, so that a search and a reader agree on it; apostrophes inside
 * belong to it, and dots and commas between digits ("3.2", "1,000").
 */

#include "common/need.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

/* In the order of bytes.  Words that carry no subject of their own, whatever the text is about. */
static const char *const stop_words[] = {"a", "about", "above", "after", "again", "against", "all", "also", "although",
    "always", "am", "among", "an", "and", "another", "any", "anybody", "anyone", "anything", "are", "arent", "as", "at",
    "be", "became", "because", "been", "before", "being", "below", "between", "both", "but", "by", "can", "cannot",
    "cant", "could", "couldnt", "did", "didnt", "do", "does", "doesnt", "doing", "done", "dont", "down", "during",
    "each", "eg", "either", "else", "etc", "even", "ever", "every", "everybody", "everyone", "everything", "few", "for",
    "from", "further", "get", "gets", "give", "given", "gives", "go", "goes", "had", "has", "have", "having", "he",
    "hence", "her", "here", "hers", "herself", "him", "himself", "his", "how", "however", "i", "ie", "if", "in", "into",
    "is", "isnt", "it", "its", "itself", "just", "let", "lets", "may", "me", "might", "more", "most", "much", "must",
    "my", "myself", "neither", "no", "nobody", "none", "nor", "not", "nothing", "now", "of", "off", "on", "once", "one",
    "ones", "only", "onto", "or", "other", "others", "otherwise", "ought", "our", "ours", "ourselves", "out", "over",
    "own", "per", "perhaps", "please", "put", "quite", "rather", "really", "same", "say", "says", "shall", "she",
    "should", "shouldnt", "since", "so", "some", "somebody", "somehow", "someone", "something", "still", "such", "tell",
    "tells", "than", "that", "thats", "the", "their", "theirs", "them", "themselves", "then", "there", "thereby",
    "therefore", "therein", "thereof", "these", "they", "thing", "things", "this", "those", "though", "through", "thus",
    "to", "too", "under", "until", "up", "upon", "us", "very", "was", "wasnt", "we", "well", "were", "what", "whatever",
    "when", "where", "whereas", "whether", "which", "while", "who", "whoever", "whom", "whose", "why", "will", "with",
    "within", "without", "would", "you", "your", "yours", "yourself", "yourselves"};

static int
by_text(const void *word, const void *entry)
{
	return strcmp(word, *(const char *const *)entry);
}

bool
text_is_stop(const char *word, size_t len)
{
	char key[16];

	if (len >= sizeof(key))
		return false;
	memcpy(key, word, len);
	key[len] = '\0';
	return bsearch(key, stop_words, sizeof(stop_words) / sizeof(*stop_words), sizeof(*stop_words), by_text) != NULL;
}

/* Apostrophes of typewriters and of printers (U+2019). */
static size_t
apostrophe(const char *at, const char *end)
{
	if (*at == '\'')
		return 1;
	return end - at >= 3 && memcmp(at, "\xe2\x80\x99", 3) == 0 ? 3 : 0;
}

/* Bytes of punctuation beyond ASCII (U+2000 to U+206F, U+00A0 to U+00BF, U+3000 to U+300F), which no word has. */
static size_t
wide_mark(const char *at, const char *end)
{
	const unsigned char *c = (const unsigned char *)at;

	if (end - at >= 2 && c[0] == 0xc2 && c[1] >= 0xa0)
		return 2;
	if (end - at >= 3 && c[0] == 0xe2 && (c[1] == 0x80 || (c[1] == 0x81 && c[2] <= 0xaf)))
		return 3;
	return end - at >= 3 && c[0] == 0xe3 && c[1] == 0x80 && c[2] <= 0x8f ? 3 : 0;
}

/* Bytes of what divides a word at the end of a line, "hyphe‐" and "nated" of a manual page, or may divide one: U+2010 with a
 * line's end and the blanks of the next, a soft hyphen with or without; 0: nothing does here.  As the index has it. */
static size_t
divides(const char *at, const char *end)
{
	bool hyphen = end - at > 4 && memcmp(at, "\xe2\x80\x90\n", 4) == 0;
	bool soft = end - at > 2 && memcmp(at, "\xc2\xad", 2) == 0;
	const char *to = at + (hyphen ? 4 : soft ? 2 : 0);

	if (to == at)
		return 0;
	if (soft && *to == '\n')
		to++;
	while (to[-1] != '\xad' && to < end && (*to == ' ' || *to == '\t'))
		to++;
	return to < end && *to >= 'a' && *to <= 'z' ? (size_t)(to - at) : 0;
}

static bool
begins_word(const char *at, const char *end)
{
	return text_digit(*at) || (text_letter(*at) && wide_mark(at, end) == 0);
}

/* What follows the word that begins here. */
static const char *
word_end(const char *at, const char *end)
{
	bool number = text_digit(*at);

	while (at < end) {
		size_t mark = apostrophe(at, end), divided = number ? 0 : divides(at, end);

		if (divided > 0) {
			at += divided;
		} else if (begins_word(at, end)) {
			at++;
			while (at < end && ((unsigned char)*at & 0xc0) == 0x80)
				at++;
		} else if (mark > 0 && !number && (size_t)(end - at) > mark && text_letter(at[mark])) {
			at += mark;
		} else if (number && (*at == '.' || *at == ',') && end - at > 1 && text_digit(at[1])) {
			at++;
		} else {
			break;
		}
	}
	return at;
}

/* Lower case of ASCII, and of the capital letters of Latin-1, Greek and Cyrillic that lie 32 below the small ones. */
static size_t
lower(const char *from, size_t len, char *to, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < room; i++) {
		unsigned char c = (unsigned char)from[i], before = i > 0 ? (unsigned char)from[i - 1] : 0;
		size_t divided = c == 0xe2 || c == 0xc2 ? divides(from + i, from + len) : 0;

		if (divided > 0) {
			i += divided - 1;
			continue;
		}

		if (c == '\'' || (c == 0xe2 && i + 2 < len && apostrophe(from + i, from + len) == 3)) {
			i += c == '\'' ? 0 : 2;
			continue;
		}
		if (before == 0xc3 && c >= 0x80 && c <= 0x9e && c != 0x97)
			c = (unsigned char)(c + 0x20);
		to[n++] = c < 0x80 ? text_lower((char)c) : (char)c;
	}
	while (n > 0 && n == room && ((unsigned char)to[n - 1] & 0xc0) == 0x80)
		n--; /* perhaps cut in a character: its bytes go, and its first one */
	if (n > 0 && n < room && (unsigned char)to[n - 1] >= 0xc0)
		n--;
	return n;
}

/* Without the 's of a genitive. */
static size_t
without_genitive(const char *word, size_t len)
{
	if (len > 2 && text_lower(word[len - 1]) == 's' && word[len - 2] == '\'')
		return len - 2;
	if (len > 4 && text_lower(word[len - 1]) == 's' && memcmp(word + len - 4, "\xe2\x80\x99", 3) == 0)
		return len - 4;
	return len;
}

static bool
is_ascii_word(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (word[i] < 'a' || word[i] > 'z')
			return false;
	return len > 0;
}

/* The normal form of a word, and whether it is a function word. */
static bool
normal(const char *word, size_t len, char stem[TEXT_STEM])
{
	char text[64];
	size_t n = lower(word, without_genitive(word, len), text, sizeof(text));
	bool stop = text_is_stop(text, n);

	if (is_ascii_word(text, n))
		n = text_porter(text, n);
	if (n >= TEXT_STEM) {
		n = TEXT_STEM - 1;
		while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
	}
	memset(stem, 0, TEXT_STEM); /* all of it: callers may copy and compare it whole */
	memcpy(stem, text, n);
	return stop;
}

void
text_stem(const char *word, size_t len, char stem[TEXT_STEM])
{
	normal(word, len, stem);
}

static uint8_t
flags_of(const char *word, size_t len, bool stop)
{
	unsigned capitals = 0, flags = stop ? TEXT_STOP : 0;

	for (size_t i = 0; i < len; i++)
		capitals += text_capital(word[i]);
	if (text_digit(word[0]))
		flags |= TEXT_NUMBER;
	if (text_capital(word[0]))
		flags |= TEXT_CAPITAL;
	if (len > 1 && capitals == len)
		flags |= TEXT_UPPER;
	return (uint8_t)flags;
}

size_t
text_words(const char *text, size_t len, struct text_word **ret)
{
	const char *at = text, *end = text + len, *next;
	size_t n = 0, room = 0;

	*ret = NULL;
	while (at < end) {
		struct text_word *word;

		if (!begins_word(at, end)) {
			size_t mark = wide_mark(at, end);

			at += mark > 0 ? mark : 1;
			continue;
		}
		if (n == room) {
			struct text_word *more;

			room = room == 0 ? 64 : 2 * room;
			more = need(realloc(*ret, room * sizeof(*more)));
			*ret = more;
		}
		next = word_end(at, end);
		word = &(*ret)[n++];
		word->from = (uint32_t)(at - text);
		word->len = (uint16_t)(next - at > UINT16_MAX ? UINT16_MAX : next - at);
		word->flags = flags_of(at, word->len, normal(at, word->len, word->stem));
		at = next;
	}
	return n;
}
