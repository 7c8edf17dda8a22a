/* See workload.h. */

#include "power/workload.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>

#include <sodium.h>

#include "base/fd.h"
#include "power/log.h"

void
workload_begin(struct workload *w, int argc, char **argv)
{
	_cleanup_(free_p) char *said = NULL;

	*w = (struct workload){.root = argv[1]};
	if (argc != 2 || sodium_init() < 0)
		exit(2);
	said = xasprintf("%s/" POWER_SAID_FILE, w->root);
	w->said = open(said, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (w->said < 0)
		exit(2);
}

void
workload_open(struct workload *w)
{
	struct fault fault;

	workload_check(power_open(&w->s, w->root, &fault), &fault);
}

void
workload_check(int rc, const struct fault *fault)
{
	if (rc == 0)
		return;
	fprintf(stderr, "%s: %s\n", program_invocation_name, fault->text);
	exit(1);
}

void
workload_say(struct workload *w, const char *format, ...)
{
	_cleanup_(free_p) char *line = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&line, format, args);
	va_end(args);
	if (n < 0 || fd_write_all(w->said, line, (size_t)n) != 0)
		abort();
}

/* What is said once a record is durable. */
struct promise {
	struct workload *w;
	char *text;
};

static void
promised(void *arg)
{
	struct promise *p = arg;

	workload_say(p->w, "%s\n", p->text);
	p->w->waiting--;
	free(p->text);
	free(p);
}

void
workload_promise(struct workload *w, uint64_t lsn, const char *format, ...)
{
	struct promise *p = xcalloc(1, sizeof *p);
	va_list args;

	p->w = w;
	va_start(args, format);
	if (vasprintf(&p->text, format, args) < 0)
		abort();
	va_end(args);
	w->waiting++;
	journal_await(w->s.journal, lsn, promised, p);
}

void
workload_kept(struct workload *w)
{
	while (w->waiting > 0)
		event_base_loop(w->s.loop, EVLOOP_ONCE);
}

/* What may go is in the store before anything goes. */
static void
note_drop(struct workload *w, uint64_t below)
{
	int64_t number = (int64_t)below;
	struct record r;

	record_init(&r, RECORD_COMMAND);
	record_add_text(&r, TAG_COMMAND, "power.drop");
	record_add(&r, TAG_NUMBER, &number, sizeof number);
	power_committed(&w->s, store_append(w->s.store, &r) + 1);
}

void
workload_drop(struct workload *w, uint64_t below)
{
	_cleanup_(free_p) char *oldest = NULL;
	struct journal_extent *extents;

	journal_extents(w->s.journal, &extents);
	oldest = xasprintf("%s/%s", w->s.dir.journal, extents[0].name);
	free(extents);
	note_drop(w, below);
	workload_say(w, "dropping %" PRIu64 "\n", below);
	journal_drop(w->s.journal, below);
	while (access(oldest, F_OK) == 0)
		power_turn_once(&w->s);
}
