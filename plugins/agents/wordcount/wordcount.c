/*
 * wordcount: lines, words, characters, the longest line and a guess at the language of a text.
 *
 * Characters are code points, words are runs of anything but Unicode white space.  The language is the one most of whose
 * commonest words turn up at the beginning of the text.  Of a file that is not text only the size is told.
 */

#include <string.h>

#include <hospes.h>

#ifdef WORDCOUNT_1_1
#define VERSION "1.1.0"
#else
#define VERSION "1.0.0"
#endif

#define SAMPLE   2000 /* words that the guess looks at */
#define WORD_MAX 12   /* bytes; no stop word is longer */

static const struct {
	const char *code, *words;
} languages[] = {
    {"en", " the of and to in is that it for was with as on be by are this not or from at which an have you "},
    {"de", " der die und das den von zu mit sich auf für ist im dem nicht ein eine als auch es wird bei oder sind "},
    {"fr", " le la les et des du un une est que dans pour qui sur au pas par avec ce il sont ou vous être "},
    {"es", " el la los las y de que en un una por con para se del al es no lo como más pero está son "},
    {"it", " il la di che e un una per non con del della sono si da le dei gli nel anche alla più è come "},
    {"pt", " o a os as e do da que em um uma para com não por no na dos das se mais ao é são como você "},
    {"nl", " de het een en van ik te dat die in niet zijn is op aan met voor als er maar om hem dan zou deze "},
    {"sv", " och att det som en på är av för med till den har inte om ett var jag men sig från vi kan så "},
};
#define LANGUAGES (sizeof languages / sizeof languages[0])

struct count {
	int64_t lines, words, characters, longest_line, sentences, paragraphs;
	int64_t line; /* characters in the line so far */
	bool in_word, in_paragraph, blank, stopped;
	char word[WORD_MAX + 2]; /* " word", as far as it fits */
	size_t word_len;
	int hits[LANGUAGES];
};

/* The code point at `s` and how many bytes it takes.  The text came as JSON, so it is well-formed. */
static uint32_t
decode(const char *s, size_t *len)
{
	const unsigned char *u = (const unsigned char *)s;
	uint32_t c = u[0] < 0x80 ? u[0] : u[0] < 0xe0 ? u[0] & 0x1f : u[0] < 0xf0 ? u[0] & 0x0f : u[0] & 0x07;
	size_t n;

	for (n = 1; (u[n] & 0xc0) == 0x80; n++)
		c = c << 6 | (u[n] & 0x3f);
	*len = n;
	return c;
}

/* The White_Space property of the Unicode character database. */
static bool
is_space(uint32_t c)
{
	return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

static bool
is_stop(uint32_t c)
{
	return c == '.' || c == '!' || c == '?' || c == 0x2026 || c == 0x3002 || c == 0xff01 || c == 0xff1f;
}

static void
word_begin(struct count *n)
{
	n->words++;
	n->in_word = true;
	n->word[0] = ' ';
	n->word_len = 1;
}

static void
word_add(struct count *n, const char *bytes, size_t len)
{
	if (n->word_len + len > WORD_MAX) {
		n->word_len = WORD_MAX + 1; /* too long for a stop word */
		return;
	}
	memcpy(n->word + n->word_len, bytes, len);
	if (len == 1 && *bytes >= 'A' && *bytes <= 'Z')
		n->word[n->word_len] = (char)(*bytes | 0x20);
	n->word_len += len;
}

static void
word_end(struct count *n)
{
	n->sentences += n->stopped;
	n->in_word = n->stopped = false;
	while (n->word_len > 1 && n->word_len <= WORD_MAX && strchr(".,;:!?)\"'", n->word[n->word_len - 1]) != NULL)
		n->word_len--;
	if (n->words > SAMPLE || n->word_len > WORD_MAX)
		return;
	memcpy(n->word + n->word_len, " ", 2);
	for (size_t i = 0; i < LANGUAGES; i++)
		n->hits[i] += strstr(languages[i].words, n->word) != NULL;
}

static void
line_end(struct count *n)
{
	n->lines++;
	if (n->line > n->longest_line)
		n->longest_line = n->line;
	if (n->blank)
		n->in_paragraph = false;
	n->line = 0;
	n->blank = true;
}

static void
count_text(const char *s, struct count *n)
{
	size_t len;

	for (n->blank = true; *s != '\0'; s += len) {
		uint32_t c = decode(s, &len);

		n->characters++;
		if (is_space(c)) {
			if (n->in_word)
				word_end(n);
		} else {
			if (!n->in_word)
				word_begin(n);
			word_add(n, s, len);
			n->stopped = is_stop(c) || (n->stopped && (c == '"' || c == '\'' || c == ')'));
			n->paragraphs += !n->in_paragraph;
			n->in_paragraph = true;
			n->blank = false;
		}
		if (c == '\n')
			line_end(n);
		else if (c != '\r')
			n->line++;
	}
	if (n->in_word)
		word_end(n);
	if (n->line > 0)
		line_end(n);
}

/* The likeliest language and how sure that is; "unknown" where too few of its words, or of two equally many, are there. */
static const char *
guess(const struct count *n, double *confidence)
{
	int64_t sample = n->words < SAMPLE ? n->words : SAMPLE;
	size_t best = 0;
	int second = 0;

	for (size_t i = 1; i < LANGUAGES; i++) {
		if (n->hits[i] > n->hits[best]) {
			second = n->hits[best];
			best = i;
		} else if (n->hits[i] > second) {
			second = n->hits[i];
		}
	}
	if (n->hits[best] < 3 || n->hits[best] == second || n->hits[best] * 12 < sample)
		return "unknown";
	*confidence = (double)n->hits[best] / (n->hits[best] + second);
	return languages[best].code;
}

/* How many bytes a base64 text stands for. */
static int64_t
base64_size(const char *text)
{
	size_t len = strlen(text);

	while (len > 0 && text[len - 1] == '=')
		len--;
	return (int64_t)(len * 3 / 4);
}

static int
wordcount(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx);
	const char *name = hospes_text(input, "name"), *text = hospes_text(input, "text");
	const char *binary = hospes_text(input, "base64"), *language;
	struct count n = {0};
	double confidence = 1;
	json_t *reply;

	if ((text == NULL) == (binary == NULL))
		return hospes_fail(ctx, HOSPES_EINPUT, "expected either text or base64 for %s, found %s", name,
		    text == NULL ? "neither" : "both");
	if (binary != NULL)
		return hospes_reply(
		    ctx, json_pack("{s:s s:I}", "name", name, "bytes", (json_int_t)base64_size(binary)));

	count_text(text, &n);
	language = guess(&n, &confidence);
	hospes_confidence(ctx, confidence);
	reply = json_pack("{s:s s:I s:I s:I s:I s:I s:s s:f}", "name", name, "lines", (json_int_t)n.lines, "words",
	    (json_int_t)n.words, "characters", (json_int_t)n.characters, "bytes", (json_int_t)strlen(text),
	    "longest_line", (json_int_t)n.longest_line, "language", language, "confidence", confidence);
#ifdef WORDCOUNT_1_1
	json_object_set_new(reply, "sentences", json_integer(n.sentences));
	json_object_set_new(reply, "paragraphs", json_integer(n.paragraphs));
#endif
	return hospes_reply(ctx, reply);
}

HOSPES_AGENT("wordcount", VERSION, "Lines, words, characters and the language of a text", wordcount)
HOSPES_CAPABILITY("count.words")
HOSPES_INPUT("{\"type\":\"object\",\"required\":[\"name\"],\"additionalProperties\":false,\"properties\":{"
	     "\"name\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"},\"base64\":{\"type\":\"string\"}}}")
HOSPES_OUTPUT("{\"type\":\"object\",\"required\":[\"name\",\"bytes\"],\"properties\":{\"name\":{\"type\":\"string\"},"
	      "\"bytes\":{\"type\":\"integer\",\"minimum\":0},\"lines\":{\"type\":\"integer\",\"minimum\":0},"
	      "\"words\":{\"type\":\"integer\",\"minimum\":0},\"characters\":{\"type\":\"integer\",\"minimum\":0},"
	      "\"longest_line\":{\"type\":\"integer\",\"minimum\":0},\"language\":{\"type\":\"string\"}}}")
