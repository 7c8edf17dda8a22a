/*
 * What a cell prints: line by line into the host's log, with the plugin and the pid beside it.
 *
 * The pipe is always read, so that printing never stops a cell; past a bound in a window of time lines are counted
 * instead of shown.
 */

#include "cell/host.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Copies text for a sentence or a line: one line, valid UTF-8, cut at a whole character. */
void
text_clean(char *out, size_t size, const void *text, size_t len)
{
	size_t n = len < size - 1 ? len : size - 1;

	memcpy(out, text, n);
	/* cut in the middle of a character: drop what began */
	if (n < len && ((uint8_t)((const uint8_t *)text)[n] & 0xc0) == 0x80) {
		while (n > 0 && ((uint8_t)out[n - 1] & 0xc0) == 0x80)
			n--;
		if (n > 0)
			n--;
	}
	out[n] = '\0';
	for (size_t i = 0; i < n; i++)
		if ((uint8_t)out[i] < 0x20 || out[i] == 0x7f)
			out[i] = ' ';
	if (!utf8_valid(out, n))
		for (size_t i = 0; i < n; i++)
			if ((uint8_t)out[i] >= 0x80)
				out[i] = '?';
}

static void
tell_dropped(struct cell *cell, struct cell_log *l)
{
	if (l->dropped > 0)
		log_warn(l == &cell->printed ? "cell printed more than is shown" : "cell misbehaved more than is shown",
		    LOG_S("plugin", cell->spec.spec.plugin), LOG_I("pid", cell->pid),
		    LOG_U("lines_dropped", l->dropped));
	l->dropped = 0;
}

bool
cell_log_room(struct cell *cell, struct cell_log *l, size_t len)
{
	int64_t now = cell->cells->mono_ns();

	if (now - l->window_ns > CELL_LOG_WINDOW_NS) {
		tell_dropped(cell, l);
		l->window_ns = now;
		l->in_window = 0;
	}
	if (l->in_window + len > CELL_LOG_WINDOW_MAX) {
		l->dropped++;
		return false;
	}
	l->in_window += len;
	return true;
}

void
cell_log_line(struct cell *cell, enum log_level level, const char *line)
{
	if (!cell_log_room(cell, &cell->printed, strlen(line) + 1))
		return;
	log_write(level, "cell",
	    (const struct log_field[]){LOG_S("plugin", cell->spec.spec.plugin),
		LOG_S("version", cell->spec.spec.semver), LOG_I("pid", cell->pid), LOG_S("line", line), {0}});
}

static void
finish_line(struct cell *cell)
{
	char clean[CELL_LINE_MAX + 1];

	if (cell->printed.len == 0)
		return;
	text_clean(clean, sizeof(clean), cell->printed.line, cell->printed.len);
	cell->printed.len = 0;
	cell_log_line(cell, LOG_LEVEL_INFO, clean);
}

static void
take(struct cell *cell, const char *data, size_t len)
{
	struct cell_log *l = &cell->printed;

	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n') {
			finish_line(cell);
			continue;
		}
		l->line[l->len++] = data[i];
		if (l->len == CELL_LINE_MAX)
			finish_line(cell);
	}
}

void
cell_log_read(struct cell *cell)
{
	char chunk[4096];

	for (int times = 0; times < 16; times++) {
		ssize_t n = read(cell->log_fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			event_del(cell->log_in);
			return;
		}
		take(cell, chunk, (size_t)n);
	}
}

/* The cell is dead: what is left in the pipe, a line without an end, the count of what was dropped. */
void
cell_log_end(struct cell *cell)
{
	cell_log_read(cell);
	event_del(cell->log_in);
	finish_line(cell);
	tell_dropped(cell, &cell->printed);
	tell_dropped(cell, &cell->blamed);
}
