/*
 * power_work ROOT: a small workload on a state directory, under the shim.
 *
 * Everything that it has been told is durable it says in ROOT/said, a line each: "add KEY N LSN", "document DIGEST",
 * "erased LSN"; and before it lets something go: "dropping LSN", "forgetting DIGEST", "erasing LSN".
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include <sodium.h>

#include "base/fd.h"
#include "base/id.h"
#include "memory/documents.h"
#include "power/log.h"
#include "power/state.h"

#define KEYS     3
#define ROUNDS   20
#define ERASABLE 6

struct work {
	struct power_state s;
	const char *root;
	int said;
	uint64_t counts[KEYS];
	uint64_t last; /* LSN */
	unsigned waiting;
	struct journal_erasing erasing[ERASABLE];
	size_t n_erasing;
	bool erased;
};

static void __attribute__((format(printf, 2, 3))) say(struct work *w, const char *format, ...)
{
	char line[200];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (fd_write_all(w->said, line, (size_t)n) != 0)
		abort();
}

static void
check(int rc, const struct fault *fault)
{
	if (rc == 0)
		return;
	fprintf(stderr, "power_work: %s\n", fault->text);
	exit(1);
}

/* What is said once a record is durable. */
struct promise {
	struct work *w;
	char text[160];
};

static void
promised(void *arg)
{
	struct promise *p = arg;

	say(p->w, "%s\n", p->text);
	p->w->waiting--;
	free(p);
}

static void
promise(struct work *w, uint64_t lsn, struct promise *p)
{
	p->w = w;
	w->waiting++;
	w->last = lsn;
	journal_await(w->s.journal, lsn, promised, p);
}

static void
kept(struct work *w)
{
	while (w->waiting > 0)
		event_base_loop(w->s.loop, EVLOOP_ONCE);
}

static void
add(struct work *w, unsigned key, size_t len)
{
	_cleanup_(free_p) uint8_t *value = xmalloc(len);
	struct promise *p = xcalloc(1, sizeof *p);
	struct record r;
	int64_t n = (int64_t)++w->counts[key];
	char name[16];
	uint64_t lsn;

	memset(value, 'a' + (int)((n - 1) % 26), len);
	snprintf(name, sizeof name, "k%u", key);
	record_init(&r, RECORD_COMMAND);
	record_add_text(&r, TAG_COMMAND, "power.add");
	record_add_text(&r, TAG_TARGET, name);
	record_add(&r, TAG_NUMBER, &n, sizeof n);
	record_add(&r, TAG_INPUT, value, len);
	lsn = store_append(w->s.store, &r);
	snprintf(p->text, sizeof p->text, "add %s %" PRIu64 " %" PRIu64, name, w->counts[key], lsn);
	if (w->n_erasing < ERASABLE && w->counts[key] % 5 == 3)
		w->erasing[w->n_erasing++].lsn = lsn;
	promise(w, lsn, p);
}

static void
document_command(struct work *w, const char *command, const char *what, const uint8_t digest[DIGEST])
{
	struct promise *p = xcalloc(1, sizeof *p);
	char text[DIGEST_TEXT];
	struct record r;

	digest_text(digest, text);
	record_init(&r, RECORD_COMMAND);
	record_add_text(&r, TAG_COMMAND, command);
	record_add_text(&r, TAG_TARGET, text);
	snprintf(p->text, sizeof p->text, "%s %s", what, text);
	promise(w, store_append(w->s.store, &r), p);
	kept(w);
}

/* As a load does: the file, the sync, then the record; and the file goes when the record that lets go of it is durable. */
static void
document(struct work *w, unsigned n)
{
	uint8_t digest[DIGEST];
	char text[600], name[DIGEST_TEXT];
	struct fault fault;
	bool fresh;

	memset(text, 'A' + (int)n, sizeof text);
	documents_digest(text, sizeof text, digest);
	check(documents_write(w->s.dir.memory, digest, text, sizeof text, &fresh, &fault), &fault);
	check(documents_sync(w->s.dir.memory, &fault), &fault);
	document_command(w, "power.document", "document", digest);
	if (n % 2 == 0)
		return;
	digest_text(digest, name);
	say(w, "forgetting %s\n", name);
	document_command(w, "power.forget", "forgot", digest);
	documents_remove(w->s.dir.memory, digest);
}

static void
open_state(struct work *w)
{
	_cleanup_(free_p) char *documents = NULL;
	struct fault fault;

	check(power_open(&w->s, w->root, &fault), &fault);
	documents = xasprintf("%s/documents", w->s.dir.memory);
	check(fd_make_dirs(documents, 0700, &fault), &fault);
}

static void
one_round(struct work *w, unsigned n)
{
	for (unsigned key = 0; key < KEYS; key++)
		add(w, key, n % 4 == key ? 5000 : 60 + 40 * n);
	if (n == ROUNDS / 2)
		add(w, 0, 3 * POWER_SEGMENT); /* a segment of its own */
	kept(w);
	if (n % 4 == 1 && n > 4) /* its sync is one of everything: what is wrong before hides behind it */
		document(w, n / 4);
	if (n % 3 == 0)
		power_committed(&w->s, w->last + 1);
}

/* What may go is in the store before anything goes. */
static void
note_drop(struct work *w, uint64_t below)
{
	int64_t number = (int64_t)below;
	struct record r;

	record_init(&r, RECORD_COMMAND);
	record_add_text(&r, TAG_COMMAND, "power.drop");
	record_add(&r, TAG_NUMBER, &number, sizeof number);
	power_committed(&w->s, store_append(w->s.store, &r) + 1);
}

/* Waits until the oldest has gone: from then on nobody but the store knows what was in it. */
static void
drop_half(struct work *w)
{
	_cleanup_(free_p) struct journal_segment *segments = NULL;
	size_t n = journal_segments(w->s.journal, &segments);
	_cleanup_(free_p) char *oldest = NULL;
	struct journal_extent *extents;

	if (n < 3)
		return;
	journal_extents(w->s.journal, &extents);
	oldest = xasprintf("%s/%s", w->s.dir.journal, extents[0].name);
	free(extents);
	note_drop(w, segments[n / 2].first);
	say(w, "dropping %" PRIu64 "\n", segments[n / 2].first);
	journal_drop(w->s.journal, segments[n / 2].first);
	while (access(oldest, F_OK) == 0)
		power_turn_once(&w->s);
	say(w, "dropped\n");
}

static void
on_erased(const struct fault *fault, void *arg)
{
	struct work *w = arg;

	if (fault != NULL)
		check(fault->status, fault);
	for (size_t i = 0; i < w->n_erasing; i++)
		say(w, "erased %" PRIu64 "\n", w->erasing[i].lsn);
	w->erased = true;
}

static void
erase(struct work *w)
{
	power_committed(&w->s, w->last + 1);
	journal_turn(w->s.journal);
	add(w, 0, 100);
	kept(w);
	for (size_t i = 0; i < w->n_erasing; i++)
		say(w, "erasing %" PRIu64 "\n", w->erasing[i].lsn);
	journal_erase(w->s.journal, w->erasing, w->n_erasing, on_erased, w);
	power_turn(&w->s, &w->erased);
}

int
main(int argc, char **argv)
{
	_cleanup_(free_p) char *said = NULL;
	struct work w = {0};

	if (argc != 2 || sodium_init() < 0)
		return 2;
	w.root = argv[1];
	said = xasprintf("%s/" POWER_SAID_FILE, w.root);
	w.said = open(said, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (w.said < 0)
		return 2;
	open_state(&w);
	for (unsigned n = 0; n < ROUNDS; n++) {
		one_round(&w, n);
		if (n % 4 == 2)
			drop_half(&w);
		if (n == ROUNDS / 3) {
			power_close(&w.s);
			open_state(&w);
		}
		if (n == ROUNDS * 2 / 3)
			erase(&w);
	}
	power_close(&w.s);
	return 0;
}
