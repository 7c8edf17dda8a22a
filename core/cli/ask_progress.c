/*
 * What goes on, for those who wait: how far the sources are loaded, then a line for each agent at work.
 *
 * On a terminal these lines are redrawn in place at the foot of what was printed, and gone at the end; with --verbose they
 * are plain lines that stay; else there are none.  All of it is on stderr.
 */

#include "config.h"

#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/util.h"
#include "cli/ask.h"
#include "cli/follow.h"
#include "cli/text.h"

#define REDRAW_NS    (100 * NS_PER_MS) /* no sooner than after this */
#define SHOW_AFTER   (150 * NS_PER_MS) /* what is quicker than this is not worth a flicker */
#define LINES_MAX    16                /* agents shown, on a terminal that is high enough */
#define ROOT_PATH    "/0"              /* of the run's first call, which has begun before anybody can watch */
#define LINES_BESIDE 3                 /* rows of the terminal that are left to what was printed before */

/* A call at work. */
struct worker {
	TAILQ_ENTRY(worker) entry;
	char *path, *plugin, *says;
	double done; /* NAN: it did not say */
	int64_t began_ns;
};
TAILQ_HEAD(worker_list, worker);

struct ask_progress {
	bool live, plain;
	struct worker_list workers;
	size_t n_workers;
	unsigned drawn; /* lines at the foot */
	struct buf frame;
	int64_t began_ns, loading_ns, drawn_ns;
};

struct ask_progress *
ask_progress_new(const struct cli *cli, bool verbose)
{
	struct ask_progress *p = xcalloc(1, sizeof(*p));
	const char *term = getenv("TERM");

	p->plain = verbose;
	p->live = !verbose && cli->err_terminal && term != NULL && strcmp(term, "dumb") != 0;
	p->began_ns = clock_mono_ns();
	TAILQ_INIT(&p->workers);
	return p;
}

/* ---- Drawing ----------------------------------------------------------------------------------------------------- */

void
ask_progress_clear(struct ask_progress *p)
{
	if (p->drawn == 0)
		return;
	/* up to the first of ours, and everything from there on away */
	fprintf(stderr, "\r\033[%uA\033[J", p->drawn);
	p->drawn = 0;
}

void
ask_progress_say(struct ask_progress *p, const char *line)
{
	ask_progress_clear(p);
	fprintf(stderr, "%s\n", line);
}

/* Rows and columns of the terminal. */
static void
size_of(size_t *rows, size_t *columns)
{
	struct winsize size;
	bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;

	*rows = known ? size.ws_row : 24;
	*columns = known ? size.ws_col : 80;
}

/* A frame is written in one go, over the one before it, so that nothing flickers. */
static void
frame_begin(struct ask_progress *p)
{
	buf_clear(&p->frame);
	if (p->drawn > 0)
		buf_printf(&p->frame, "\r\033[%uA", p->drawn);
	p->drawn = 0;
}

/* One line, a column narrower than the terminal: a full one would wrap on some. */
static void
frame_line(struct ask_progress *p, const char *text, const char *right, size_t columns)
{
	_cleanup_(free_p) char *safe = text_safe(text, false), *cut = NULL;
	size_t room = columns > text_width(right) + 3 ? columns - text_width(right) - 3 : 1;

	cut = text_shortened(safe, room);
	buf_printf(&p->frame, "%s%*s  %s\033[K\n", cut, (int)(room - text_width(cut)), "", right);
	p->drawn++;
}

static void
frame_end(struct ask_progress *p, int64_t now)
{
	/* what the frame before had more of */
	buf_appends(&p->frame, "\033[J");
	fd_write_all(STDERR_FILENO, p->frame.data, p->frame.len);
	p->drawn_ns = now;
}

static void
draw_worker(struct ask_progress *p, const struct worker *w, int64_t now, size_t columns)
{
	_cleanup_(free_p) char *took = xasprintf("%.1f s", (double)(now - w->began_ns) / NS_PER_S), *text = NULL;
	_cleanup_(free_p) char *share = isnan(w->done) ? xstrdup("") : xasprintf("%3.0f%%  ", w->done * 100);

	text = xasprintf("  %s %s  %s%s", w->plugin, w->path, share, w->says != NULL ? w->says : "");
	frame_line(p, text, took, columns);
}

static void
draw_workers(struct ask_progress *p, int64_t now)
{
	size_t rows, columns, shown = 0, most;
	const struct worker *w;

	size_of(&rows, &columns);
	most = rows > LINES_BESIDE + 1 ? rows - LINES_BESIDE : 1;
	most = most > LINES_MAX ? LINES_MAX : most;
	frame_begin(p);
	TAILQ_FOREACH(w, &p->workers, entry)
	{
		if (shown + 1 == most && p->n_workers > most)
			break;
		draw_worker(p, w, now, columns);
		shown++;
	}
	if (p->n_workers > shown) {
		_cleanup_(free_p) char *more = xasprintf("  and %zu more", p->n_workers - shown);

		frame_line(p, more, "", columns);
	}
	frame_end(p, now);
}

/* Is it time to draw? */
static bool
is_time(const struct ask_progress *p, int64_t now)
{
	return p->live && now - p->began_ns >= SHOW_AFTER && now - p->drawn_ns >= REDRAW_NS;
}

/* ---- Loading ----------------------------------------------------------------------------------------------------- */

void
ask_progress_loading(const struct source_counts *now, void *progress)
{
	struct ask_progress *p = progress;
	int64_t at = clock_mono_ns();
	double mb = (double)now->bytes / 1e6, seconds;
	_cleanup_(free_p) char *text = NULL, *took = NULL;
	bool last = now->files == now->of_files;
	size_t rows, columns;

	if (p->loading_ns == 0)
		p->loading_ns = at;
	if (!is_time(p, at) && !(p->plain && last))
		return;
	seconds = (double)(at - p->loading_ns) / NS_PER_S;
	text = xasprintf("  sources  %zu of %zu files, %.1f of %.1f MB, %.0f MB/s", now->files, now->of_files, mb,
	    (double)now->of_bytes / 1e6, seconds > 0 ? mb / seconds : 0);
	if (p->plain) {
		fprintf(stderr, "%s\n", text + 2);
		return;
	}
	size_of(&rows, &columns);
	took = xasprintf("%.1f s", seconds);
	frame_begin(p);
	frame_line(p, text, took, columns);
	frame_end(p, at);
}

/* ---- Agents at work ---------------------------------------------------------------------------------------------- */

static void
worker_free(struct worker *w)
{
	free(w->path);
	free(w->plugin);
	free(w->says);
	free(w);
}

static struct worker *
worker_at(const struct ask_progress *p, const char *path)
{
	struct worker *w;

	TAILQ_FOREACH(w, &p->workers, entry)
	{
		if (strcmp(w->path, path) == 0)
			return w;
	}
	return NULL;
}

static struct worker *
worker_add(struct ask_progress *p, const char *path, const char *plugin)
{
	struct worker *w = worker_at(p, path);

	if (w != NULL)
		return w;
	w = xcalloc(1, sizeof(*w));
	w->path = xstrdup(path);
	w->plugin = xstrdup(plugin);
	w->done = NAN;
	w->began_ns = clock_mono_ns();
	TAILQ_INSERT_TAIL(&p->workers, w, entry);
	p->n_workers++;
	return w;
}

static void
worker_remove(struct ask_progress *p, struct worker *w)
{
	TAILQ_REMOVE(&p->workers, w, entry);
	p->n_workers--;
	worker_free(w);
}

static void
worker_says(struct worker *w, const json_t *event)
{
	const json_t *done = json_object_get(event, "done");

	free(w->says);
	w->says = xstrdup(cli_text(event, "message"));
	w->done = json_is_number(done) ? json_number_value(done) : NAN;
}

void
ask_progress_event(struct ask_progress *p, const json_t *event)
{
	const char *type = cli_text(event, "type"), *path = cli_text(event, "path");
	struct worker *w = worker_at(p, path);

	if (p->plain) {
		_cleanup_(free_p) char *line = follow_line(event);

		fprintf(stderr, "%s\n", line);
		return;
	}
	/* What began before we watched is known from what it says. */
	if (strcmp(type, "call_started") == 0)
		worker_add(p, path, cli_text(event, "plugin"));
	else if (strcmp(type, "progress") == 0)
		worker_says(worker_add(p, path, cli_text(event, "plugin")), event);
	else if (w != NULL && (strcmp(type, "call_ended") == 0 || strcmp(type, "stage") == 0))
		worker_remove(p, w);
	ask_progress_tick(p);
}

void
ask_progress_run(struct ask_progress *p, const char *plugin)
{
	worker_add(p, ROOT_PATH, plugin);
}

void
ask_progress_tick(void *progress)
{
	struct ask_progress *p = progress;
	int64_t now = clock_mono_ns();

	if (is_time(p, now) && p->n_workers > 0)
		draw_workers(p, now);
}

void
ask_progress_free(struct ask_progress **pp)
{
	struct ask_progress *p = *pp;
	struct worker *w;

	if (p == NULL)
		return;
	ask_progress_clear(p);
	while ((w = TAILQ_FIRST(&p->workers)) != NULL)
		worker_remove(p, w);
	buf_free(&p->frame);
	free(p);
	*pp = NULL;
}
