/*
 * The checker: runs.
 *
 *   every run that was accepted is there: on record from its start, or in the store where its records were let go of
 *   each that had ended has, with its result, and none that had not ended is lost to those who look for it by its chain
 *   each effect that took place has an intent on record, an attempt has one key and a key one attempt, and what was known
 *   of it is still
 *   each object that was installed, or that a call names, lies in the object store, with its bytes
 */

#include "power/check_runs.h"

#include <inttypes.h>
#include <string.h>

#include <sodium.h>

#include "base/fd.h"
#include "base/id.h"
#include "base/json.h"

#define RUNS_MAX    32
#define OBJECTS_MAX 8
#define KEY_TEXT    64

struct run_seen {
	char id[ULID_TEXT];
	bool accepted, did, known, ended;              /* as was said */
	bool starts, has_intent, has_outcome, has_end; /* as is on record */
	char key[KEY_TEXT], intent[KEY_TEXT];          /* of its effect: said, and on record */
	uint64_t last;                                 /* its newest record */
};

struct run_checks {
	struct checking *c;
	struct run_seen runs[RUNS_MAX];
	size_t n;
	char objects[OBJECTS_MAX][65]; /* that were installed, or that calls name */
	size_t n_objects;
};

struct run_checks *
run_checks_new(struct checking *c)
{
	struct run_checks *x = xcalloc(1, sizeof *x);

	x->c = c;
	return x;
}

void
run_checks_free(struct run_checks *x)
{
	free(x);
}

static struct run_seen *
run_of(struct run_checks *x, const char *id)
{
	for (size_t i = 0; i < x->n; i++)
		if (strcmp(x->runs[i].id, id) == 0)
			return &x->runs[i];
	if (x->n == RUNS_MAX) {
		wrong(x->c, "there are more runs than were started");
		return &x->runs[0];
	}
	snprintf(x->runs[x->n].id, ULID_TEXT, "%s", id);
	return &x->runs[x->n++];
}

static void
add_object(struct run_checks *x, const char *hex)
{
	for (size_t i = 0; i < x->n_objects; i++)
		if (strcmp(x->objects[i], hex) == 0)
			return;
	if (x->n_objects < OBJECTS_MAX)
		snprintf(x->objects[x->n_objects++], sizeof x->objects[0], "%s", hex);
}

bool
run_checks_said(struct run_checks *x, const char *line)
{
	char id[ULID_TEXT], key[KEY_TEXT], hex[65];
	struct run_seen *run;

	if (sscanf(line, "did %26s %63s", id, key) == 2) {
		run = run_of(x, id);
		run->did = true;
		snprintf(run->key, sizeof run->key, "%s", key);
	} else if (sscanf(line, "known %26s", id) == 1) {
		run_of(x, id)->known = true;
	} else if (sscanf(line, "ended %26s", id) == 1) {
		run_of(x, id)->ended = true;
	} else if (sscanf(line, "run %26s", id) == 1) {
		run_of(x, id)->accepted = true;
	} else if (sscanf(line, "object %64s", hex) == 1) {
		add_object(x, hex);
	} else {
		return false;
	}
	return true;
}

/* ---- The journal ------------------------------------------------------------------------------------------------- */

static void
take_object(struct run_checks *x, const struct record *r)
{
	const struct record_field *f = record_find(r, TAG_OBJECT);
	char hex[65];

	if (f == NULL || f->len != 32)
		return;
	sodium_bin2hex(hex, sizeof hex, f->data, f->len);
	add_object(x, hex);
}

static void
take_intent(struct run_checks *x, struct run_seen *run, const struct record *r)
{
	_cleanup_(free_p) char *key = record_text(r, TAG_KEY);

	if (key == NULL)
		wrong(x->c, "the intent at %" PRIu64 " has no key", r->head.lsn);
	else if (run->has_intent && strcmp(run->intent, key) != 0)
		wrong(x->c, "one attempt of %s has the keys %s and %s", run->id, run->intent, key);
	else
		snprintf(run->intent, sizeof run->intent, "%s", key);
	run->has_intent = true;
}

static void
take_end(struct run_checks *x, struct run_seen *run, const struct record *r)
{
	_cleanup_(free_p) char *result = record_text(r, TAG_OUTPUT);

	if (run->has_end)
		wrong(x->c, "%s ends twice", run->id);
	if (result == NULL || strcmp(result, run->id) != 0)
		wrong(x->c, "%s ends with another result", run->id);
	run->has_end = true;
}

void
run_checks_record(struct run_checks *x, const struct record *r)
{
	static const uint8_t none[16];
	char id_text[ULID_TEXT];
	struct run_seen *run;
	struct ulid id;

	if (memcmp(r->head.run, none, sizeof none) == 0)
		return;
	memcpy(id.bytes, r->head.run, sizeof id.bytes);
	ulid_format(&id, id_text);
	run = run_of(x, id_text);
	if (!record_is_copy(&r->head))
		run->last = r->head.lsn;
	switch (record_kind(&r->head)) {
	case RECORD_RUN_START:
		run->starts = true;
		break;
	case RECORD_CALL_START:
		take_object(x, r);
		break;
	case RECORD_OP_INTENT:
		take_intent(x, run, r);
		break;
	case RECORD_OP_OUTCOME:
		run->has_outcome = true;
		break;
	case RECORD_RUN_END:
		take_end(x, run, r);
		break;
	default:
		break;
	}
}

static void
check_object(struct run_checks *x, const char *folder, const char *hex)
{
	_cleanup_(free_p) char *path = xasprintf("%s/%s", folder, hex);
	_cleanup_(buf_free) struct buf bytes = {0};
	uint8_t digest[32];
	char found[65];
	struct fault fault;

	if (fd_read_file(path, &bytes, MIB, &fault) != 0) {
		wrong(x->c, "the object %s was installed: %s", hex, fault.text);
		return;
	}
	crypto_hash_sha256(digest, bytes.data, bytes.len);
	sodium_bin2hex(found, sizeof found, digest, sizeof digest);
	if (strcmp(found, hex) != 0)
		wrong(x->c, "the object %s has other bytes", hex);
}

/* Where its start is not on record it had ended, and was let go of. */
static void
check_run(struct run_checks *x, const struct run_seen *run)
{
	if (!run->starts)
		return;
	if (run->did && (!run->has_intent || strcmp(run->intent, run->key) != 0))
		wrong(x->c, "%s had an effect under %s and has no intent of it", run->id, run->key);
	if (run->known && !run->has_outcome)
		wrong(x->c, "what came of the effect of %s was known and is not on record", run->id);
	if (run->ended && !run->has_end)
		wrong(x->c, "%s had ended and has no end on record", run->id);
}

void
run_checks_end(struct run_checks *x, struct power_state *s)
{
	for (size_t i = 0; i < x->n; i++)
		check_run(x, &x->runs[i]);
	for (size_t i = 0; i < x->n_objects; i++)
		check_object(x, s->dir.objects, x->objects[i]);
}

/* ---- The store --------------------------------------------------------------------------------------------------- */

/* Goes back from the newest record, as a start does. */
static void
check_chain(struct run_checks *x, const struct run_seen *run, struct journal *j)
{
	_cleanup_(buf_free) struct buf storage = {0};
	struct record r = {.head = {.prev = run->last}};
	struct fault fault;

	while (r.head.prev != 0) {
		if (journal_read(j, r.head.prev, &storage, &r, &fault) != 0) {
			wrong(x->c, "%s is open, and its records cannot be read: %s", run->id, fault.text);
			return;
		}
	}
	if (run->last == 0 || record_kind(&r.head) != RECORD_RUN_START)
		wrong(x->c, "%s is open, and its oldest record is not its start", run->id);
}

static void
check_entry(struct run_checks *x, const struct run_seen *run, struct store_txn *txn, struct journal *j)
{
	_cleanup_(json_p) json_t *entry = NULL;
	const char *state;
	struct ulid id;
	const void *data;
	size_t len;

	if (!ulid_parse(run->id, &id) || !store_get(txn, STORE_RUNS, id.bytes, sizeof id.bytes, &data, &len)) {
		if (run->accepted || run->starts)
			wrong(x->c, "%s was accepted and is not in the store", run->id);
		return;
	}
	entry = json_read(data, len, "the entry of a run", NULL);
	state = json_string_value(json_object_get(entry, "state"));
	if (state == NULL || (strcmp(state, "ended") == 0) != (run->has_end || (!run->starts && run->ended)))
		wrong(x->c, "%s is %s in the store, and not on record", run->id, state);
	else if (strcmp(state, "open") == 0)
		check_chain(x, run, j);
}

void
run_checks_store(struct run_checks *x, struct store_txn *txn, struct journal *j)
{
	for (size_t i = 0; i < x->n; i++)
		check_entry(x, &x->runs[i], txn, j);
}
