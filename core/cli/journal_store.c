/*
 * The journal held against the store: every run that started or ended is known to it, where it says, and it reflects nothing
 * that the journal does not have.
 */

#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "base/id.h"
#include "base/json.h"
#include "base/map.h"
#include "base/util.h"
#include "cli/journal.h"
#include "store/store.h"

/* What the store says of a run. */
struct extent {
	struct ulid run;
	uint64_t first, last; /* LSNs; last 0: it has not ended */
	bool first_seen, last_seen;
};

struct journal_store {
	char *dir;
	struct store_applied applied;
	bool applied_seen, epoch_wrong;
	uint64_t dropped; /* all before may be gone */
	struct map runs;  /* the random end of the id -> struct extent */
	char *damage;     /* the first entry that cannot be read, or NULL */
};

static uint64_t
key_of(const uint8_t run[16])
{
	uint64_t key;

	memcpy(&key, run + 8, sizeof key);
	return key;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static int
add_extent(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	_cleanup_(json_p) json_t *entry = json_read(data, len, "the entry of a run", NULL);
	struct journal_store *s = arg;
	struct extent *x;

	if (key_len != 16 || entry == NULL) {
		s->damage = xasprintf("an entry of the runs, with a key of %zu bytes, cannot be read", key_len);
		return 1;
	}
	x = xcalloc(1, sizeof *x);
	memcpy(x->run.bytes, key, sizeof x->run.bytes);
	x->first = (uint64_t)json_integer_value(json_object_get(entry, "first_lsn"));
	x->last = (uint64_t)json_integer_value(json_object_get(entry, "last_lsn"));
	free(map_put_u64(&s->runs, key_of(x->run.bytes), x));
	return 0;
}

static void
read_number(struct store_txn *txn, const char *key, void *ret, size_t size)
{
	const void *data;
	size_t len;

	if (store_get(txn, STORE_META, key, strlen(key), &data, &len) && len == size)
		memcpy(ret, data, size);
}

static void
look(struct store_txn *txn, void *arg)
{
	struct journal_store *s = arg;

	read_number(txn, STORE_APPLIED, &s->applied, sizeof s->applied);
	store_walk(txn, STORE_RUNS, "", 0, false, add_extent, s);
}

static void
look_again(struct store_txn *txn, void *arg)
{
	struct journal_store *s = arg;

	read_number(txn, STORE_DROPPED, &s->dropped, sizeof s->dropped);
}

struct journal_store *
journal_store_open(const char *dir, struct fault *fault)
{
	_cleanup_(journal_store_free) struct journal_store *s = xcalloc(1, sizeof *s);
	struct journal_store *ret;

	s->dir = xasprintf("%s/store", dir);
	if (store_look(s->dir, look, s, fault) != 0)
		return NULL;
	ret = s;
	s = NULL;
	return ret;
}

void
journal_store_free(struct journal_store **sp)
{
	struct journal_store *s = *sp;
	struct extent *x;
	size_t at = 0;

	if (s == NULL)
		return;
	while ((x = map_next(&s->runs, &at)) != NULL)
		free(x);
	map_free(&s->runs);
	free(s->damage);
	free(s->dir);
	free(s);
	*sp = NULL;
}

/* ---- Comparing --------------------------------------------------------------------------------------------------- */

static void __attribute__((format(printf, 3, 4)))
tell(struct journal_check *check, const struct record *r, const char *format, ...)
{
	char what[512];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	journal_check_tell(check, r, what);
}

static void
visit_run(struct journal_store *s, struct journal_check *check, const struct record *r)
{
	struct extent *x = map_get_u64(&s->runs, key_of(r->head.run));
	bool starts = record_kind(&r->head) == RECORD_RUN_START;

	if (x == NULL || memcmp(x->run.bytes, r->head.run, sizeof r->head.run) != 0) {
		tell(check, r, "a run %s here that the store does not know", starts ? "starts" : "ends");
	} else if (starts && x->first == r->head.lsn) {
		x->first_seen = true;
	} else if (starts && x->first < r->head.lsn && !record_is_copy(&r->head)) {
		tell(check, r, "a run starts here, and at %" PRIu64 " as the store has it", x->first);
	} else if (!starts && x->last == r->head.lsn) {
		x->last_seen = true;
	} else if (!starts) {
		tell(check, r, "a run ends here, and at %" PRIu64 " as the store has it", x->last);
	}
}

void
journal_store_visit(struct journal_store *s, struct journal_check *check, const struct record *r)
{
	if (r->head.lsn > s->applied.lsn)
		return;
	if (r->head.lsn == s->applied.lsn) {
		s->applied_seen = true;
		s->epoch_wrong = r->head.epoch != s->applied.epoch;
	}
	if (record_kind(&r->head) == RECORD_RUN_START || record_kind(&r->head) == RECORD_RUN_END)
		visit_run(s, check, r);
}

static void __attribute__((format(printf, 3, 4)))
tell_store(struct journal_store *s, struct journal_check *check, const char *format, ...)
{
	char what[512];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	check->damages++;
	check->damaged(s->dir, 0, what, check->arg);
}

static void
check_extent(struct journal_store *s, struct journal_check *check, const struct extent *x)
{
	char id[ULID_TEXT];

	ulid_format(&x->run, id);
	if (x->first >= check->first_lsn && x->first < check->end_lsn && !x->first_seen)
		tell_store(s, check, "the run %s starts at %" PRIu64 " of the journal, and does not start there", id,
		    x->first);
	if (x->last >= check->first_lsn && x->last < check->end_lsn && !x->last_seen)
		tell_store(
		    s, check, "the run %s ends at %" PRIu64 " of the journal, and does not end there", id, x->last);
	if (x->last == 0 && x->first < check->first_lsn)
		tell_store(s, check,
		    "the run %s is open, and its first record, at %" PRIu64 ", is before all that the journal has", id,
		    x->first);
}

void
journal_store_end(struct journal_store *s, struct journal_check *check)
{
	bool whole = check->damages == 0; /* else what is missing was told where it is missing */
	struct fault fault;
	struct extent *x;
	size_t at = 0;

	if (s->damage != NULL)
		tell_store(s, check, "%s", s->damage);
	if (store_look(s->dir, look_again, s, &fault) != 0)
		tell_store(s, check, "%s", fault.text);
	if (whole && s->applied.lsn >= check->end_lsn)
		tell_store(s, check, "it reflects the journal up to %" PRIu64 ", and the journal ends at %" PRIu64,
		    s->applied.lsn, check->end_lsn);
	else if (whole && s->applied.lsn != 0 && !s->applied_seen)
		tell_store(
		    s, check, "it reflects the journal up to %" PRIu64 ", and there is no record", s->applied.lsn);
	if (s->epoch_wrong)
		tell_store(s, check,
		    "it reflects the journal up to %" PRIu64 " of epoch %" PRIu64 ", and there is another epoch",
		    s->applied.lsn, s->applied.epoch);
	if (whole && check->first_lsn > 1 && check->first_lsn > s->dropped)
		tell_store(s, check,
		    "the journal begins at %" PRIu64 " and was let go of up to %" PRIu64 " only: a segment is missing",
		    check->first_lsn, s->dropped);
	while (whole && (x = map_next(&s->runs, &at)) != NULL)
		check_extent(s, check, x);
}
