/*
 * What is shown of a run that is in memory, as text.
 *
 * Most results are JSON that nobody here has to understand: plain ones go into the answer as they are.
 */

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "run/state.h"

static const char *
status_of(const struct run *run)
{
	if (run->state == RUN_OPEN)
		return "open";
	return run->status == 0 && run->partial != NULL ? "partial" : status_name(run->status);
}

/* A sentence may quote foreign bytes and be cut in the middle of a character. */
/* Texts of our own, in which nothing has to be escaped. */
static void
add_plain(struct buf *out, const char *key, const char *text)
{
	size_t key_len = strlen(key), len = strlen(text);
	char *to = buf_extend(out, key_len + len + 2);

	memcpy(to, key, key_len);
	to[key_len] = '"';
	memcpy(to + key_len + 1, text, len);
	to[key_len + 1 + len] = '"';
}

static void
add_number(struct buf *out, const char *key, int64_t n, unsigned digits)
{
	char text[24], *at = text + sizeof(text);
	uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;

	do {
		*--at = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0 || text + sizeof(text) - at < digits);
	buf_appends(out, key);
	if (n < 0)
		buf_append(out, "-", 1);
	buf_append(out, at, (size_t)(text + sizeof(text) - at));
}

static void
add_text(struct buf *out, const char *key, const char *text)
{
	buf_appends(out, key);
	json_append(out, utf8_valid(text, strlen(text)) ? text : "(a text that is not UTF-8)");
}

/* Any bytes: as they are, as the parser writes them, or, where they are no JSON, as a text. */
static void
add_value(struct buf *out, const char *key, const struct payload *value)
{
	_cleanup_(json_p) json_t *json = NULL;
	_cleanup_(free_p) char *text = NULL;
	size_t at = 0;

	buf_appends(out, key);
	if (json_plain((const char *)value->data, value->len, &at) && at == value->len) {
		buf_append(out, value->data, value->len);
		return;
	}
	json = json_read(value->data, value->len, "result", NULL);
	if (json == NULL)
		json = json_stringn((const char *)value->data, value->len);
	text = json_text(json);
	buf_appends(out, text);
}

static void
add_real(struct buf *out, const char *key, double real)
{
	if (fabs(real) < 1e15 && real == (double)(long)real) {
		add_number(out, key, (long)real, 1);
		buf_append(out, ".0", 2);
		return;
	}
	buf_appends(out, key);
	buf_printf(out, "%.17g", real);
}

static void
add_result(struct buf *out, const struct run *run)
{
	if (run->partial != NULL)
		add_value(out, ",\"partial\":", run->partial);
	if (run->status == 0) {
		add_real(out, ",\"confidence\":", run->confidence);
		add_value(out, ",\"result\":", run->result);
		return;
	}
	add_text(out, ",\"error\":{\"code\":", status_name(run->status));
	add_text(out, ",\"message\":", (const char *)run->result->data);
	add_text(out, ",\"hint\":", status_hint(run->status));
	if (run->status == HOSPES_EGROUND && run->findings != NULL)
		add_value(out, ",\"findings\":", run->findings);
	buf_appends(out, "}");
}

static void
add_sources(struct buf *out, char *const *sources)
{
	for (const char *key = ",\"sources\":["; *sources != NULL; sources++, key = ",")
		add_text(out, key, *sources);
	buf_appends(out, "]");
}

/* Takes the list over. */
static void
add_list(struct buf *out, const char *key, json_t *list)
{
	_cleanup_(free_p) char *text = json_text(list);

	buf_appends(out, key);
	buf_appends(out, text);
	json_decref(list);
}

void
run_text(const struct run *run, bool with_result, struct buf *out)
{
	int64_t took_ns = (run->state == RUN_ENDED ? run->ended_real_ns : clock_real_ns()) - run->started_real_ns;
	char when[CLOCK_TEXT];

	add_plain(out, "{\"id\":", run->id_text);
	add_plain(out, ",\"plugin\":", run->target);
	buf_appends(out, run->state == RUN_OPEN ? ",\"state\":\"open\"" : ",\"state\":\"ended\"");
	add_plain(out, ",\"status\":", status_of(run));
	add_text(out, ",\"client\":", run->client);
	clock_format(run->started_real_ns, when);
	add_plain(out, ",\"started\":", when);
	took_ns = took_ns < 0 ? 0 : took_ns; /* the clock was set back */
	add_number(out, ",\"calls\":", run->account.spent[QUANTITY_CALLS] + run->account.reserved[QUANTITY_CALLS], 1);
	if (run->account.spent[QUANTITY_MONEY] > 0)
		add_number(out, ",\"money_micros\":", run->account.spent[QUANTITY_MONEY], 1);
	if (run->account.spent[QUANTITY_CPU] > 0)
		add_number(out, ",\"cpu_ns\":", run->account.spent[QUANTITY_CPU], 1);
	if (run->maybe_billed > 0)
		add_number(out, ",\"maybe_billed\":", run->maybe_billed, 1);
	add_number(out, ",\"duration_ms\":", took_ns / NS_PER_MS, 1);
	add_number(out, ".", took_ns % NS_PER_MS, 6);
	if (run->root.version != NULL)
		add_text(out, ",\"version\":", run->root.version);
	if (run->sources != NULL)
		add_sources(out, run->sources);
	if (run->undecided > 0)
		add_list(out, ",\"undecided\":", dispatch_undecided(run));
	if (run->reviews_open > 0)
		add_list(out, ",\"reviews\":", dispatch_reviews(run));
	if (run->state == RUN_ENDED) {
		clock_format(run->ended_real_ns, when);
		add_plain(out, ",\"ended\":", when);
		if (with_result)
			add_result(out, run);
	}
	buf_appends(out, "}");
}

json_t *
run_json(const struct run *run, bool with_result)
{
	_cleanup_(buf_free) struct buf text = {0};

	/* A result may be as deep as a payload may be, and the run is around it. */
	run_text(run, with_result, &text);
	return json_loadb((const char *)text.data, text.len, 0, NULL);
}
