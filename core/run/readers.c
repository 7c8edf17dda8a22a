/*
 * Erasing the runs that read a document: the text of it may be anywhere in them, so they are erased whole.
 *
 * Every op that reads a document or finds something in one has its digest on record, and that is what is looked for.  A
 * payload may be told by what differs from another: half of the digest is enough, since no two documents have a half in
 * common.
 */

#include <string.h>

#include "base/json.h"
#include "run/care.h"
#include "run/state.h"

#define HEX    64u
#define PART   32u /* of the digest, from its middle */
#define ID_LEN 16u

struct readers {
	struct runs *runs;
	char part[PART];
	char *client, *who, *why;
	run_viewed *done;
	void *arg; /* of done */
	struct scan scan;
	struct buf found; /* ids, 16 bytes each, in the order in which they were found */
	json_t *ids;      /* of the client's, in text */
	json_t *open;     /* those of them that have not ended */
	size_t at;
	struct fault failed;
};

static void
readers_free(struct readers *x)
{
	buf_free(&x->found);
	json_decref(x->ids);
	json_decref(x->open);
	free(x->client);
	free(x->who);
	free(x->why);
	free(x);
}

/* ---- Looking [store thread] -------------------------------------------------------------------------------------- */

static int
see_record(const struct record *r, void *arg)
{
	static const uint8_t none[ID_LEN];
	struct readers *x = arg;

	if (memcmp(r->head.run, none, ID_LEN) == 0)
		return 0;
	/* A run's records stand together, mostly. */
	for (size_t at = x->found.len; at >= ID_LEN; at -= ID_LEN)
		if (memcmp(x->found.data + at - ID_LEN, r->head.run, ID_LEN) == 0)
			return 0;
	for (unsigned i = 0; i < r->head.fields; i++) {
		if (memmem(r->field[i].data, r->field[i].len, x->part, PART) == NULL)
			continue;
		buf_append(&x->found, r->head.run, ID_LEN);
		return 0;
	}
	return 0;
}

static void
look_at_entries(struct store_txn *txn, struct journal *j, void *arg)
{
	struct readers *x = arg;

	(void)j;
	for (size_t at = 0; at + ID_LEN <= x->found.len; at += ID_LEN) {
		_cleanup_(json_p) json_t *entry = NULL;
		const void *data;
		size_t len;

		if (!store_get(txn, STORE_RUNS, x->found.data + at, ID_LEN, &data, &len))
			continue;
		entry = json_read(data, len, "the entry of a run", NULL);
		if (entry == NULL || json_object_get(entry, "client") == NULL ||
		    strcmp(json_string_value(json_object_get(entry, "client")), x->client) != 0)
			continue;
		json_array_append(
		    json_object_get(entry, "last_lsn") == NULL ? x->open : x->ids, json_object_get(entry, "id"));
	}
}

/* ---- Erasing ----------------------------------------------------------------------------------------------------- */

static void erase_next(struct readers *x);

static void
one_erased(json_t *answer, const struct fault *fault, void *arg)
{
	struct readers *x = arg;

	json_decref(answer);
	if (fault != NULL && x->failed.status == 0)
		x->failed = *fault;
	erase_next(x);
}

static void
erase_next(struct readers *x)
{
	const char *id = json_string_value(json_array_get(x->ids, x->at++));

	if (id != NULL) {
		run_erase(x->runs, id, x->who, x->why, one_erased, x);
		return;
	}
	if (x->failed.status == 0 && json_array_size(x->open) > 0)
		fault_set(&x->failed, HOSPES_ECONFLICT,
		    "%zu runs that read the document are open, and keep what they read: %s is one; when they have "
		    "ended, erase "
		    "it once more",
		    json_array_size(x->open), json_string_value(json_array_get(x->open, 0)));
	if (x->failed.status != 0)
		x->done(NULL, &x->failed, x->arg);
	else
		x->done(json_incref(x->ids), NULL, x->arg);
	readers_free(x);
}

static void
entries_seen(void *arg)
{
	erase_next(arg);
}

static void
scanned(void *arg)
{
	struct readers *x = arg;

	if (x->scan.fault.status != 0) {
		x->failed = x->scan.fault;
		erase_next(x);
		return;
	}
	store_read(x->runs->store, look_at_entries, entries_seen, x);
}

static void
begin(void *arg)
{
	scan_begin(&((struct readers *)arg)->scan);
}

void
run_erase_readers(struct runs *r, const char *digest, const char *client, const char *who, const char *why,
    run_viewed *done, void *arg)
{
	struct readers *x = xcalloc(1, sizeof(*x));

	assert(strlen(digest) == HEX);
	x->runs = r;
	memcpy(x->part, digest + (HEX - PART) / 2, PART);
	x->client = xstrdup(client);
	x->who = xstrdup(who);
	x->why = why == NULL ? NULL : xstrdup(why);
	x->done = done;
	x->arg = arg;
	x->ids = json_array();
	x->open = json_array();
	x->scan = (struct scan){.runs = r,
	    .from = journal_first(r->journal),
	    .to = journal_end(r->journal),
	    .visit = see_record,
	    .done = scanned,
	    .arg = x};
	journal_await(r->journal, x->scan.to - 1, begin, x);
}
