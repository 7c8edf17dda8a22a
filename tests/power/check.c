/*
 * The checker.
 *
 *   it opens, with the code of the host: format, journal, store
 *   every record that was acknowledged is there, with what it carried, unless it was let go of or erased
 *   records of each key are counted without a gap; the store has each of them applied once, and none besides
 *   every document that the store has is a file with its text; each that was acknowledged is one of them
 *   what was erased is erased
 *   of runs what check_runs.c says
 *   what `hospes journal verify` looks at finds nothing: the journal for itself, the store, the journal against the store
 *   it goes on: one more record, and opened again
 */

#include "power/check.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/log.h"
#include "memory/documents.h"
#include "cli/journal.h"
#include "power/check_runs.h"
#include "power/state.h"

#define KEYS_MAX 8

struct counted {
	char name[16];
	uint64_t acked;       /* said to be durable */
	uint64_t first, last; /* found in the journal */
};

struct said_add {
	char key[16];
	uint64_t n, lsn;
	bool found;
};

struct checking {
	struct power_state s;
	const char *root;
	char *why;
	size_t size;
	bool wrong;
	struct counted keys[KEYS_MAX];
	size_t n_keys;
	struct said_add *adds;
	size_t n_adds;
	uint64_t dropping;
	char (*documents)[DIGEST_TEXT]; /* said, and not being forgotten */
	size_t n_documents;
	struct run_checks *runs;
	uint64_t *erasing, *erased; /* LSNs */
	size_t n_erasing, n_erased;
};

void
wrong(struct checking *c, const char *format, ...)
{
	va_list args;

	if (c->wrong)
		return; /* the first thing tells most */
	c->wrong = true;
	va_start(args, format);
	vsnprintf(c->why, c->size, format, args);
	va_end(args);
}

static struct counted *
key_of(struct checking *c, const char *name)
{
	for (size_t i = 0; i < c->n_keys; i++)
		if (strcmp(c->keys[i].name, name) == 0)
			return &c->keys[i];
	if (c->n_keys == KEYS_MAX)
		return &c->keys[0];
	snprintf(c->keys[c->n_keys].name, sizeof c->keys[0].name, "%s", name);
	return &c->keys[c->n_keys++];
}

/* ---- What was said ----------------------------------------------------------------------------------------------- */

static void
said_add(struct checking *c, const char *key, uint64_t n, uint64_t lsn)
{
	struct said_add *a;
	struct counted *k = key_of(c, key);

	c->adds = xrealloc(c->adds, (c->n_adds + 1) * sizeof *c->adds);
	a = &c->adds[c->n_adds++];
	*a = (struct said_add){.n = n, .lsn = lsn};
	snprintf(a->key, sizeof a->key, "%.15s", key);
	k->acked = n > k->acked ? n : k->acked;
}

static void
forgetting(struct checking *c, const char *digest)
{
	for (size_t i = 0; i < c->n_documents; i++)
		if (strcmp(c->documents[i], digest) == 0)
			memmove(&c->documents[i], &c->documents[--c->n_documents], sizeof *c->documents);
}

static void
add_lsn(uint64_t **list, size_t *n, uint64_t lsn)
{
	*list = xrealloc(*list, (*n + 1) * sizeof **list);
	(*list)[(*n)++] = lsn;
}

static void
take_line(struct checking *c, const char *line)
{
	char word[DIGEST_TEXT];
	uint64_t n, lsn;

	if (run_checks_said(c->runs, line))
		return;
	if (sscanf(line, "add %15s %" SCNu64 " %" SCNu64, word, &n, &lsn) == 3) {
		said_add(c, word, n, lsn);
	} else if (sscanf(line, "dropping %" SCNu64, &lsn) == 1) {
		c->dropping = lsn;
	} else if (sscanf(line, "erasing %" SCNu64, &lsn) == 1) {
		add_lsn(&c->erasing, &c->n_erasing, lsn);
	} else if (sscanf(line, "erased %" SCNu64, &lsn) == 1) {
		add_lsn(&c->erased, &c->n_erased, lsn);
	} else if (sscanf(line, "document %64s", word) == 1) {
		c->documents = xrealloc(c->documents, (c->n_documents + 1) * sizeof *c->documents);
		snprintf(c->documents[c->n_documents++], sizeof *c->documents, "%s", word);
	} else if (sscanf(line, "forgetting %64s", word) == 1) {
		forgetting(c, word);
	}
}

static void
take_said(struct checking *c, const char *said)
{
	_cleanup_(free_p) char *copy = xstrdup(said);
	char *rest = NULL;

	for (char *line = strtok_r(copy, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
		take_line(c, line);
}

static bool
has_lsn(const uint64_t *list, size_t n, uint64_t lsn)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == lsn)
			return true;
	return false;
}

/* ---- The journal ------------------------------------------------------------------------------------------------- */

static void
check_value(struct checking *c, const struct record *r, const char *key, uint64_t n)
{
	const struct record_field *f = record_find(r, TAG_INPUT);

	if (f == NULL) {
		if (!has_lsn(c->erasing, c->n_erasing, r->head.lsn))
			wrong(c, "the record at %" PRIu64 " (%s, %" PRIu64 ") has lost its value", r->head.lsn, key, n);
		return;
	}
	if (has_lsn(c->erased, c->n_erased, r->head.lsn))
		wrong(c, "the record at %" PRIu64 " was erased and has its value still", r->head.lsn);
	for (size_t i = 0; i < f->len; i++)
		if (((const uint8_t *)f->data)[i] != 'a' + (n - 1) % 26) {
			wrong(c, "the record at %" PRIu64 " (%s, %" PRIu64 ") has another value", r->head.lsn, key, n);
			return;
		}
}

static int
visit(const struct record *r, void *arg)
{
	struct checking *c = arg;
	_cleanup_(free_p) char *command = record_text(r, TAG_COMMAND), *name = record_text(r, TAG_TARGET);
	uint64_t n = (uint64_t)record_int(r, TAG_NUMBER);
	struct counted *k;

	run_checks_record(c->runs, r);
	if (command == NULL || strcmp(command, "power.add") != 0 || name == NULL)
		return 0;
	k = key_of(c, name);
	if (k->last != 0 && n != k->last + 1)
		wrong(c, "after %s %" PRIu64 " the journal has %" PRIu64, name, k->last, n);
	k->first = k->first == 0 ? n : k->first;
	k->last = n;
	check_value(c, r, name, n);
	for (size_t i = 0; i < c->n_adds; i++)
		if (c->adds[i].lsn == r->head.lsn && c->adds[i].n == n && strcmp(c->adds[i].key, name) == 0)
			c->adds[i].found = true;
	return 0;
}

static void
check_journal(struct checking *c)
{
	struct fault fault;

	if (journal_scan(c->s.journal, 1, visit, c, &fault) != 0)
		wrong(c, "the journal cannot be read: %s", fault.text);
	for (size_t i = 0; i < c->n_adds; i++)
		if (!c->adds[i].found && c->adds[i].lsn >= c->dropping)
			wrong(c, "%s %" PRIu64 " at %" PRIu64 " was acknowledged and is not in the journal",
			    c->adds[i].key, c->adds[i].n, c->adds[i].lsn);
	run_checks_end(c->runs, &c->s);
}

/* ---- The store --------------------------------------------------------------------------------------------------- */

static void
check_document(struct checking *c, const char *text)
{
	uint8_t digest[DIGEST], found[DIGEST];
	struct buf bytes = {0};
	struct fault fault;
	int fd;

	if (!digest_read(text, digest) || documents_open(c->s.dir.memory, digest, &fd, &fault) != 0) {
		wrong(c, "the document %s is in the store and has no file", text);
		return;
	}
	if (documents_read(fd, 0, UINT64_MAX, &bytes, &fault) != 0)
		wrong(c, "the document %s cannot be read: %s", text, fault.text);
	documents_digest(bytes.data, bytes.len, found);
	if (memcmp(digest, found, DIGEST) != 0)
		wrong(c, "the document %s has another text", text);
	buf_free(&bytes);
	close(fd);
}

static int
visit_document(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	_cleanup_(free_p) char *text = xstrndup(key, key_len);

	(void)data, (void)len;
	check_document(arg, text);
	return 0;
}

static void
check_key(struct checking *c, struct store_txn *txn, const struct counted *k)
{
	char name[32];
	uint64_t n;

	snprintf(name, sizeof name, "n/%s", k->name);
	n = power_count(txn, name);
	if (k->last != 0 && n != k->last)
		wrong(c, "the store has %s at %" PRIu64 " and the journal at %" PRIu64, k->name, n, k->last);
	if (n < k->acked)
		wrong(c, "the store has %s at %" PRIu64 " and %" PRIu64 " was acknowledged", k->name, n, k->acked);
}

static void
check_store(struct store_txn *txn, struct journal *j, void *arg)
{
	struct checking *c = arg;
	const void *data;
	size_t len;

	for (size_t i = 0; i < c->n_keys; i++)
		check_key(c, txn, &c->keys[i]);
	run_checks_store(c->runs, txn, j);
	store_walk(txn, STORE_MEMORY, "", 0, false, visit_document, c);
	for (size_t i = 0; i < c->n_documents; i++)
		if (!store_get(txn, STORE_MEMORY, c->documents[i], strlen(c->documents[i]), &data, &len))
			wrong(c, "the document %s was acknowledged and is not in the store", c->documents[i]);
}

/* ---- Going on ---------------------------------------------------------------------------------------------------- */

static void
one_more(struct checking *c)
{
	struct counted *k = key_of(c, "k0");
	int64_t n = (int64_t)++k->last;
	struct record r;

	record_init(&r, RECORD_COMMAND);
	record_add_text(&r, TAG_COMMAND, "power.add");
	record_add_text(&r, TAG_TARGET, k->name);
	record_add(&r, TAG_NUMBER, &n, sizeof n);
	record_add(&r, TAG_INPUT, "more", 4);
	store_append(c->s.store, &r);
	k->acked = k->last;
}

/* What is there when no record of the key is left: the store knows. */
static void
take_counts(struct store_txn *txn, struct journal *j, void *arg)
{
	struct checking *c = arg;
	char name[32];

	(void)j;
	for (size_t i = 0; i < c->n_keys; i++) {
		snprintf(name, sizeof name, "n/%s", c->keys[i].name);
		c->keys[i].last = power_count(txn, name);
	}
}

struct verify {
	struct checking *c;
	struct journal_check check;
	struct journal_store *store;
};

static int
visit_verified(const struct record *r, void *arg)
{
	struct verify *v = arg;

	journal_store_visit(v->store, &v->check, r);
	return 0;
}

static void
damaged_verified(const char *file, uint64_t offset, const char *what, void *arg)
{
	wrong(((struct verify *)arg)->c, "%s at %" PRIu64 ": %s", file, offset, what);
}

/* As `hospes journal verify` does. */
static void
check_closed(struct checking *c, const char *root)
{
	_cleanup_(free_p) char *state = xasprintf("%s/state", root), *journal = xasprintf("%s/journal", state),
			       *dir = xasprintf("%s/store", state);
	_cleanup_(journal_store_free) struct journal_store *store = NULL;
	struct verify v = {.c = c, .check = {.visit = visit_verified, .damaged = damaged_verified, .arg = &v}};
	struct fault fault = {0};
	uint64_t applied;

	if (store_verify(dir, true, &applied, &fault) != 0 || (store = journal_store_open(state, &fault)) == NULL) {
		wrong(c, "%s", fault.text);
		return;
	}
	v.store = store;
	if (journal_check(journal, &v.check, &fault) != 0)
		wrong(c, "%s", fault.text);
	else
		journal_store_end(store, &v.check);
}

static void
open_and_look(struct checking *c, bool first)
{
	struct fault fault = {0};

	if (power_open(&c->s, c->root, &fault) != 0) {
		wrong(c, "does not open%s: %s", first ? "" : " again", fault.text);
		return;
	}
	if (first)
		check_journal(c);
	store_read_now(c->s.store, check_store, c);
	if (first) {
		key_of(c, "k0");
		store_read_now(c->s.store, take_counts, c);
		one_more(c);
	}
	power_close(&c->s);
}

int
power_check(const char *root, const char *said, char *why, size_t size)
{
	struct checking c = {.root = root, .why = why, .size = size};

	log_set_level(LOG_LEVEL_ERROR);
	c.runs = run_checks_new(&c);
	take_said(&c, said);
	open_and_look(&c, true);
	if (!c.wrong)
		check_closed(&c, root);
	if (!c.wrong)
		open_and_look(&c, false);
	run_checks_free(c.runs);
	free(c.adds);
	free(c.documents);
	free(c.erasing);
	free(c.erased);
	return c.wrong ? 1 : 0;
}
