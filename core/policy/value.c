/* Putting one checked value where its key says, whatever notation it came in. */

#include "policy/value.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/util.h"
#include "policy/match.h"
#include "policy/numbers.h"
#include "policy/units.h"

static void *
place(const struct key *key, void *base)
{
	return (char *)base + key->at;
}

static void
put_integer(const struct key *key, void *base, int64_t number)
{
	void *to = place(key, base);
	uint32_t narrow = (uint32_t)number;

	assert(key->width == sizeof number || (key->width == sizeof narrow && number >= 0 && number <= UINT32_MAX));
	if (key->width == sizeof number)
		memcpy(to, &number, sizeof number);
	else
		memcpy(to, &narrow, sizeof narrow);
}

static bool
put_in_range(const struct key *key, void *base, int64_t number)
{
	if (number < key->min || number > key->max)
		return false;
	put_integer(key, base, number);
	return true;
}

static void
put_string(const struct key *key, void *base, const char *text)
{
	char **to = place(key, base);

	free(*to);
	*to = text[0] != '\0' ? xstrdup(text) : NULL;
}

/* One number of a range, digits only. */
static bool
read_uid(const char **at, int64_t *ret)
{
	int64_t n = 0;

	if (**at < '0' || **at > '9')
		return false;
	for (; **at >= '0' && **at <= '9' && n <= UINT32_MAX; (*at)++)
		n = n * 10 + (**at - '0');
	*ret = n;
	return true;
}

static bool
put_uids(const struct key *key, struct policy *p, const char *text)
{
	int64_t first, last;

	if (!read_uid(&text, &first) || *text++ != '-' || !read_uid(&text, &last) || *text != '\0')
		return false;
	if (first < key->min || last < first || last > key->max || last - first >= POLICY_CELL_UIDS_MAX)
		return false;
	p->cell_uid_first = (uid_t)first;
	p->cell_uids = (unsigned)(last - first + 1);
	return true;
}

static const char *const isolations[] = {
    [ISOLATION_CLIENT] = "client", [ISOLATION_VERSION] = "version", [ISOLATION_RUN] = "run"};

static const char *const on_cycles[] = {[ON_CYCLE_REFUSE] = "refuse", [ON_CYCLE_END_RUN] = "end_run"};

const char *const policy_routings[ROUTINGS] = {[ROUTING_NAME] = "name",
    [ROUTING_LEAST_LOADED] = "least_loaded",
    [ROUTING_CHEAPEST] = "cheapest",
    [ROUTING_BEST_SCORE] = "best_score",
    [ROUTING_WEIGHTED] = "weighted"};
static const char *const answers[] = {[ANSWER_REJECT] = "reject", [ANSWER_APPROVE] = "approve"};
static const char *const steps[] = {[STEP_FAIL] = "fail",
    [STEP_PASS] = "pass",
    [STEP_RETRY] = "retry",
    [STEP_ESCALATE] = "escalate",
    [STEP_REVIEW] = "review"};

bool
value_step(const char *text, enum policy_step *ret)
{
	for (unsigned i = 0; i < ARRAY_LEN(steps); i++) {
		if (strcmp(text, steps[i]) == 0) {
			*ret = (enum policy_step)i;
			return true;
		}
	}
	return false;
}

/* Each once, and nothing after what ends it. */
static bool
steps_fit(char *const *texts)
{
	unsigned seen = 0;

	for (; *texts != NULL; texts++) {
		enum policy_step step;

		if (!value_step(*texts, &step) || (seen & (1u << step | 1u << STEP_FAIL | 1u << STEP_PASS)) != 0)
			return false;
		seen |= 1u << step;
	}
	return true;
}

static bool
put_word(const struct key *key, void *base, const char *text, const char *const *words, size_t n)
{
	for (unsigned i = 0; i < n; i++) {
		if (strcmp(text, words[i]) == 0) {
			put_integer(key, base, i);
			return true;
		}
	}
	return false;
}

bool
policy_is_plugin_name(const char *name)
{
	return name[0] >= 'a' && name[0] <= 'z' && strlen(name) <= 64 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

static bool
need_fits(const char *text)
{
	static const char *const kinds[] = {"call:", "http:", "memory:"};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		size_t len = strlen(kinds[i]);

		if (strncmp(text, kinds[i], len) == 0)
			return text[len] != '\0';
	}
	return false;
}

/* As far as is seen without taking it apart, which whoever uses it does; no user, no password. */
static bool
url_fits(const char *text)
{
	const char *host = NULL;

	if (strncmp(text, "https://", 8) == 0)
		host = text + 8;
	else if (strncmp(text, "http://", 7) == 0)
		host = text + 7;
	return host != NULL && strcspn(host, "/?#:") > 0 && strpbrk(host, " *@\"<>\\^`{|}") == NULL;
}

static bool
text_fits(const struct key *key, const char *text)
{
	struct url_pattern unused;
	size_t len = strlen(text);

	if ((int64_t)len < key->min || (int64_t)len > key->max)
		return false;
	for (const char *at = text; *at != '\0'; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return false;
	}
	switch (key->type) {
	case KEY_PATH:
	case KEY_PATHS:
		return text[0] == '/';
	case KEY_PATTERNS:
		return url_pattern_read(text, &unused);
	case KEY_NEEDS:
		return need_fits(text);
	case KEY_SPACES:
		return ((text[0] >= 'a' && text[0] <= 'z') || text[0] == '*') &&
		       text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-*")] == '\0';
	case KEY_NAMES:
		return policy_is_plugin_name(text);
	case KEY_NAME:
		return len == 0 || policy_is_plugin_name(text);
	case KEY_URL:
		return len == 0 || url_fits(text);
	case KEY_FILE:
		return len == 0 || text[0] == '/';
	default:
		return true;
	}
}

bool
value_put_text(const struct key *key, void *base, const char *text)
{
	int64_t number;

	switch (key->type) {
	case KEY_TEXT:
	case KEY_NAME:
	case KEY_PATH:
	case KEY_URL:
	case KEY_FILE:
		if (!text_fits(key, text))
			return false;
		put_string(key, base, text);
		return true;
	case KEY_SIZE:
		return unit_read_size(text, &number) && put_in_range(key, base, number);
	case KEY_TIME:
		return unit_read_time(text, &number) && put_in_range(key, base, number);
	case KEY_RATE:
		if (!unit_read_rate(text, &number))
			return false;
		put_integer(key, base, number);
		return true;
	case KEY_MONEY:
		if (text[0] == '\0')
			return put_in_range(key, base, 0);
		return money_read(text, &number) && put_in_range(key, base, number);
	case KEY_UIDS:
		return put_uids(key, base, text);
	case KEY_ISOLATION:
		return put_word(key, base, text, isolations, ARRAY_LEN(isolations));
	case KEY_ON_CYCLE:
		return put_word(key, base, text, on_cycles, ARRAY_LEN(on_cycles));
	case KEY_ROUTING:
		return put_word(key, base, text, policy_routings, ROUTINGS);
	case KEY_ANSWER:
		return put_word(key, base, text, answers, ARRAY_LEN(answers));
	case KEY_COUNT:
	case KEY_BOOL:
	case KEY_PATHS:
	case KEY_PATTERNS:
	case KEY_NEEDS:
	case KEY_SPACES:
	case KEY_NAMES:
	case KEY_STEPS:
	case KEY_REAL:
	case KEY_PERCENTS:
		break;
	}
	return false;
}

bool
value_put_number(const struct key *key, void *base, int64_t number)
{
	switch (key->type) {
	case KEY_COUNT:
	case KEY_SIZE:
		return put_in_range(key, base, number);
	case KEY_TIME:
		return !__builtin_mul_overflow(number, NS_PER_S, &number) && put_in_range(key, base, number);
	case KEY_REAL:
		return value_put_real(key, base, (double)number);
	default:
		return false;
	}
}

bool
value_put_bool(const struct key *key, void *base, bool flag)
{
	if (key->type != KEY_BOOL)
		return false;
	memcpy(place(key, base), &flag, sizeof flag);
	return true;
}

static bool
is_list(const struct key *key)
{
	return key->type == KEY_PATHS || key->type == KEY_PATTERNS || key->type == KEY_NEEDS ||
	       key->type == KEY_SPACES || key->type == KEY_NAMES || key->type == KEY_STEPS;
}

static bool
is_text(const struct key *key)
{
	return key->type == KEY_TEXT || key->type == KEY_PATH || key->type == KEY_NAME || key->type == KEY_URL ||
	       key->type == KEY_FILE;
}

bool
value_put_list(const struct key *key, void *base, char ***list)
{
	char ***to = place(key, base);

	if (!is_list(key))
		return false;
	for (char **text = *list; *text != NULL; text++) {
		if (!text_fits(key, *text))
			return false;
	}
	if (key->type == KEY_STEPS && !steps_fit(*list))
		return false;
	texts_free(to);
	*to = *list;
	*list = NULL;
	return true;
}

void
value_preset(const struct key *keys, void *base)
{
	for (const struct key *k = keys; k->path != NULL; k++) {
		bool fits = true;

		if (k->preset == NULL)
			continue;
		if (k->type == KEY_BOOL)
			fits = value_put_bool(k, base, strcmp(k->preset, "true") == 0);
		else if (k->type == KEY_REAL || k->type == KEY_PERCENTS)
			fits = numbers_preset(k, base);
		else if (k->type == KEY_COUNT)
			fits = value_put_number(k, base, strtoll(k->preset, NULL, 10));
		else
			fits = value_put_text(k, base, k->preset);
		assert(fits);
	}
}

static char **
texts_copy(char *const *texts)
{
	size_t n = 0;
	char **copy;

	if (texts == NULL)
		return NULL;
	while (texts[n] != NULL)
		n++;
	copy = xcalloc(n + 1, sizeof *copy);
	for (size_t i = 0; i < n; i++)
		copy[i] = xstrdup(texts[i]);
	return copy;
}

void
value_copy(const struct key *key, void *to, const void *from)
{
	const void *source = (const char *)from + key->at;

	if (is_list(key)) {
		char ***list = place(key, to);

		texts_free(list);
		*list = texts_copy(*(char **const *)source);
	} else if (is_text(key)) {
		const char *text = *(char *const *)source;

		put_string(key, to, text != NULL ? text : "");
	} else {
		memcpy(place(key, to), source, key->width);
	}
	if (key->type == KEY_UIDS)
		((struct policy *)to)->cell_uids = ((const struct policy *)from)->cell_uids;
}

int64_t
value_integer(const struct key *key, const void *base)
{
	const char *from = (const char *)base + key->at;
	uint32_t narrow;
	int64_t number;

	if (key->width == sizeof number) {
		memcpy(&number, from, sizeof number);
		return number;
	}
	memcpy(&narrow, from, sizeof narrow);
	return narrow;
}

/* A list that is not there is an empty one; of the needs it is all that a plugin declares. */
static void
write_list(const struct key *key, char *const *texts, struct buf *out)
{
	if (texts == NULL && key->type == KEY_NEEDS) {
		buf_appends(out, "(all)");
		return;
	}
	buf_appends(out, "[");
	for (; texts != NULL && *texts != NULL; texts++)
		buf_printf(out, " \"%s\"%s", *texts, texts[1] != NULL ? "," : "");
	buf_appends(out, " ]");
}

void
value_write(const struct key *key, const void *base, struct buf *out)
{
	const char *from = (const char *)base + key->at;
	char text[UNIT_TEXT];

	if (is_list(key)) {
		write_list(key, *(char *const *const *)from, out);
	} else if (key->type == KEY_REAL || key->type == KEY_PERCENTS) {
		numbers_write(key, base, out);
	} else if (is_text(key)) {
		buf_printf(out, "%s", *(char *const *)from != NULL ? *(char *const *)from : "");
	} else if (key->type == KEY_BOOL) {
		buf_appends(out, *(const bool *)from ? "true" : "false");
	} else if (key->type == KEY_UIDS) {
		const struct policy *p = base;

		buf_printf(out, "%u-%u", p->cell_uid_first, p->cell_uid_first + p->cell_uids - 1);
	} else if (key->type == KEY_ISOLATION) {
		buf_appends(out, isolations[value_integer(key, base)]);
	} else if (key->type == KEY_ON_CYCLE) {
		buf_appends(out, on_cycles[value_integer(key, base)]);
	} else if (key->type == KEY_ROUTING) {
		buf_appends(out, policy_routings[value_integer(key, base)]);
	} else if (key->type == KEY_MONEY) {
		char money[MONEY_TEXT];

		money_write(value_integer(key, base), money);
		buf_appends(out, money);
	} else if (key->type == KEY_ANSWER) {
		buf_appends(out, answers[value_integer(key, base)]);
	} else if (key->type == KEY_COUNT) {
		buf_printf(out, "%lld", (long long)value_integer(key, base));
	} else if (key->type == KEY_RATE) {
		unit_write_rate(value_integer(key, base), text);
		buf_appends(out, text);
	} else {
		(key->type == KEY_SIZE ? unit_write_size : unit_write_time)(value_integer(key, base), text);
		buf_appends(out, text);
	}
}

void
value_clear(const struct key *keys, void *base)
{
	for (const struct key *k = keys; k->path != NULL; k++) {
		if (is_list(k))
			texts_free(place(k, base));
		else if (is_text(k))
			put_string(k, base, "");
	}
}

void
texts_free(char ***texts)
{
	if (*texts == NULL)
		return;
	for (char **text = *texts; *text != NULL; text++)
		free(*text);
	free(*texts);
	*texts = NULL;
}
