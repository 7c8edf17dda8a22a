/*
 * The log: one line, one write.
 *
 * Everything in a line but the keys may come from outside.  A value that is more than plain printable characters is
 * quoted, and inside quotes whatever could end the line, move a terminal's cursor or reorder text on a screen is
 * written as an escape.
 */

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"

#define LOG_VALUE_MAX 4096 /* bytes of one value; the rest is cut */

static struct {
	_Atomic int level;
	pthread_mutex_t lock; /* for tap and arg together */
	log_tap *tap;
	void *arg;
} state = {.level = LOG_LEVEL_INFO, .lock = PTHREAD_MUTEX_INITIALIZER};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static bool
is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] >= 0x7f || text[i] == '"' || text[i] == '=' || text[i] == '\\')
			return false;
	return len > 0;
}

/* Of n bytes: one that ends a line, turns the direction of writing, or is not seen. */
static bool
turns_or_hides(const uint8_t *at, size_t n)
{
	if (n == 2)
		return at[0] == 0xd8 && at[1] == 0x9c;
	if (n == 3 && at[0] == 0xe2 && at[1] == 0x80)
		return (at[2] >= 0x8b && at[2] <= 0x8f) || (at[2] >= 0xa8 && at[2] <= 0xae);
	if (n == 3 && at[0] == 0xe2)
		return at[1] == 0x81 && at[2] >= 0xa0 && at[2] <= 0xaf;
	if (n == 3)
		return at[0] == 0xef && at[1] == 0xbb && at[2] == 0xbf;
	return n == 4 && at[0] == 0xf3 && at[1] == 0xa0 && at[2] <= 0x81;
}

/* Bytes of the character at `at` that may stand in the log as it is, or 0. */
static size_t
printable(const char *text, size_t left)
{
	const uint8_t *at = (const uint8_t *)text;
	size_t n = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

	if (at[0] < ' ' || at[0] == 0x7f || n > left || !utf8_valid(at, n))
		return 0;
	if (n == 2 && at[0] == 0xc2 && at[1] < 0xa0) /* the other control characters */
		return 0;
	return turns_or_hides(at, n) ? 0 : n;
}

static void
add_quoted(struct buf *line, const char *text, size_t len)
{
	buf_appends(line, "\"");
	for (size_t i = 0; i < len;) {
		size_t n = printable(text + i, len - i);

		if (text[i] == '"' || text[i] == '\\')
			buf_printf(line, "\\%c", text[i]);
		else if (n > 0)
			buf_append(line, text + i, n);
		else if (text[i] == '\n')
			buf_appends(line, "\\n");
		else if (text[i] == '\t')
			buf_appends(line, "\\t");
		else
			buf_printf(line, "\\x%02x", (unsigned)(uint8_t)text[i]);
		i += n > 0 ? n : 1;
	}
	buf_appends(line, "\"");
}

static void
add_text(struct buf *line, const char *text)
{
	size_t len;

	if (text == NULL)
		text = "";
	len = strnlen(text, LOG_VALUE_MAX);
	if (is_plain(text, len))
		buf_append(line, text, len);
	else
		add_quoted(line, text, len);
}

static void
add_field(struct buf *line, const struct log_field *f)
{
	buf_printf(line, " %s=", f->key);
	switch (f->type) {
	case LOG_FIELD_TEXT:
		add_text(line, f->text);
		break;
	case LOG_FIELD_INT:
		buf_printf(line, "%" PRId64, f->i);
		break;
	case LOG_FIELD_UINT:
		buf_printf(line, "%" PRIu64, f->u);
		break;
	case LOG_FIELD_END:
		break;
	}
}

void
log_write(enum log_level level, const char *msg, const struct log_field *fields)
{
	_cleanup_(buf_free) struct buf line = {0};
	char time[CLOCK_TEXT];
	log_tap *tap;
	void *arg;

	if ((int)level < atomic_load_explicit(&state.level, memory_order_relaxed))
		return;
	clock_format(clock_real_ns(), time);
	buf_printf(&line, "time=%s level=%s msg=", time, level_names[level]);
	add_text(&line, msg);
	for (; fields->type != LOG_FIELD_END; fields++)
		add_field(&line, fields);

	pthread_mutex_lock(&state.lock);
	tap = state.tap;
	arg = state.arg;
	pthread_mutex_unlock(&state.lock);
	if (tap != NULL)
		tap(level, buf_text(&line), arg);
	buf_appends(&line, "\n");
	fd_write_all(STDERR_FILENO, line.data, line.len); /* nobody is left to be told when this fails */
}

void
log_set_level(enum log_level level)
{
	atomic_store(&state.level, (int)level);
}

void
log_set_tap(log_tap *tap, void *arg)
{
	pthread_mutex_lock(&state.lock);
	state.tap = tap;
	state.arg = arg;
	pthread_mutex_unlock(&state.lock);
}
