/*
 * power_work ROOT: a small workload on a state directory, under the shim.
 *
 * Everything that it has been told is durable it says in ROOT/said, a line each: "add KEY N LSN", "document DIGEST",
 * "erased LSN"; and before it lets something go: "dropping LSN", "forgetting DIGEST", "erasing LSN".
 */

#include <inttypes.h>
#include <string.h>

#include "base/fd.h"
#include "memory/documents.h"
#include "power/workload.h"

#define KEYS     3
#define ROUNDS   20
#define ERASABLE 6

struct work {
	struct workload base;
	uint64_t counts[KEYS];
	uint64_t last; /* LSN */
	struct journal_erasing erasing[ERASABLE];
	size_t n_erasing;
	bool erased;
};

static void
add(struct work *w, unsigned key, size_t len)
{
	_cleanup_(free_p) uint8_t *value = xmalloc(len);
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
	lsn = store_append(w->base.s.store, &r);
	if (w->n_erasing < ERASABLE && w->counts[key] % 5 == 3)
		w->erasing[w->n_erasing++].lsn = lsn;
	w->last = lsn;
	workload_promise(&w->base, lsn, "add %s %" PRIu64 " %" PRIu64, name, w->counts[key], lsn);
}

static void
document_command(struct work *w, const char *command, const char *what, const uint8_t digest[DIGEST])
{
	char text[DIGEST_TEXT];
	struct record r;

	digest_text(digest, text);
	record_init(&r, RECORD_COMMAND);
	record_add_text(&r, TAG_COMMAND, command);
	record_add_text(&r, TAG_TARGET, text);
	w->last = store_append(w->base.s.store, &r);
	workload_promise(&w->base, w->last, "%s %s", what, text);
	workload_kept(&w->base);
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
	workload_check(documents_write(w->base.s.dir.memory, digest, text, sizeof text, &fresh, &fault), &fault);
	workload_check(documents_sync(w->base.s.dir.memory, &fault), &fault);
	document_command(w, "power.document", "document", digest);
	if (n % 2 == 0)
		return;
	digest_text(digest, name);
	workload_say(&w->base, "forgetting %s\n", name);
	document_command(w, "power.forget", "forgot", digest);
	documents_remove(w->base.s.dir.memory, digest);
}

static void
open_state(struct work *w)
{
	_cleanup_(free_p) char *documents = NULL;
	struct fault fault;

	workload_open(&w->base);
	documents = xasprintf("%s/documents", w->base.s.dir.memory);
	workload_check(fd_make_dirs(documents, 0700, &fault), &fault);
}

static void
one_round(struct work *w, unsigned n)
{
	for (unsigned key = 0; key < KEYS; key++)
		add(w, key, n % 4 == key ? 5000 : 60 + 40 * n);
	if (n == ROUNDS / 2)
		add(w, 0, 3 * POWER_SEGMENT); /* a segment of its own */
	workload_kept(&w->base);
	if (n % 4 == 1 && n > 4) /* its sync is one of everything: what is wrong before hides behind it */
		document(w, n / 4);
	if (n % 3 == 0)
		power_committed(&w->base.s, w->last + 1);
}

static void
drop_half(struct work *w)
{
	_cleanup_(free_p) struct journal_segment *segments = NULL;
	size_t n = journal_segments(w->base.s.journal, &segments);

	if (n < 3)
		return;
	workload_drop(&w->base, segments[n / 2].first);
	workload_say(&w->base, "dropped\n");
}

static void
on_erased(const struct fault *fault, void *arg)
{
	struct work *w = arg;

	if (fault != NULL)
		workload_check(fault->status, fault);
	for (size_t i = 0; i < w->n_erasing; i++)
		workload_say(&w->base, "erased %" PRIu64 "\n", w->erasing[i].lsn);
	w->erased = true;
}

static void
erase(struct work *w)
{
	power_committed(&w->base.s, w->last + 1);
	journal_turn(w->base.s.journal);
	add(w, 0, 100);
	workload_kept(&w->base);
	for (size_t i = 0; i < w->n_erasing; i++)
		workload_say(&w->base, "erasing %" PRIu64 "\n", w->erasing[i].lsn);
	journal_erase(w->base.s.journal, w->erasing, w->n_erasing, on_erased, w);
	power_turn(&w->base.s, &w->erased);
}

int
main(int argc, char **argv)
{
	struct work w = {0};

	workload_begin(&w.base, argc, argv);
	open_state(&w);
	for (unsigned n = 0; n < ROUNDS; n++) {
		one_round(&w, n);
		if (n % 4 == 2)
			drop_half(&w);
		if (n == ROUNDS / 3) {
			power_close(&w.base.s);
			open_state(&w);
		}
		if (n == ROUNDS * 2 / 3)
			erase(&w);
	}
	power_close(&w.base.s);
	return 0;
}
