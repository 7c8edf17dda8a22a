/* Files that nobody names any more. */

#include <string.h>

#include "base/log.h"
#include "memory/documents.h"
#include "memory/files.h"

struct pin {
	char digest[DIGEST_TEXT]; /* the key */
	unsigned n;
};

/* ---- Pins [index thread] --------------------------------------------------------------------------------------------- */

void
files_pin(struct memory *m, const char *digest)
{
	struct pin *pin = map_get(&m->pins, digest);

	if (pin == NULL) {
		pin = xcalloc(1, sizeof *pin);
		snprintf(pin->digest, sizeof pin->digest, "%s", digest);
		map_put(&m->pins, pin->digest, pin);
	}
	pin->n++;
}

static void
unpin(struct memory *m, const char *digest)
{
	struct pin *pin = map_get(&m->pins, digest);

	if (pin != NULL && --pin->n == 0) {
		map_del(&m->pins, digest);
		free(pin);
	}
}

void
files_unpin_all(struct memory *m)
{
	struct pin *pin;
	size_t at = 0;

	while ((pin = map_next(&m->pins, &at)) != NULL)
		free(pin);
	map_free(&m->pins);
}

/* ---- Letting go ------------------------------------------------------------------------------------------------------ */

struct release {
	struct ask ask;
	json_t *pinned;     /* digests; NULL: none */
	struct buf digests; /* to look at, 32 bytes each */
	struct buf gone;    /* of those, what no space has */
};

static void
release_free(struct ask *ask)
{
	struct release *r = (struct release *)ask;

	json_decref(r->pinned);
	buf_free(&r->digests);
	buf_free(&r->gone);
}

static void
release_read(struct ask *ask, struct store_txn *txn)
{
	struct release *r = (struct release *)ask;

	for (size_t at = 0; at < r->digests.len; at += DIGEST) {
		const void *data;
		struct key k;
		size_t len;

		key_file(&k, r->digests.data + at);
		if (!store_get(txn, STORE_MEMORY, k.data, k.len, &data, &len))
			buf_append(&r->gone, r->digests.data + at, DIGEST);
	}
}

/* Is a backup under way, which may name any file that there is? */
static bool
stays(struct memory *m)
{
	if (atomic_load(&m->holds) == 0)
		return false;
	atomic_store(&m->kept, true);
	return true;
}

static enum turn
release_work(struct ask *ask, struct index *index)
{
	struct release *r = (struct release *)ask;
	json_t *digest;
	size_t i;

	(void)index;
	json_array_foreach(r->pinned, i, digest) unpin(ask->m, json_string_value(digest));
	for (size_t at = 0; at < r->gone.len; at += DIGEST) {
		char text[DIGEST_TEXT];

		digest_text(r->gone.data + at, text);
		if (map_get(&ask->m->pins, text) == NULL && !stays(ask->m))
			documents_remove(ask->m->dir, r->gone.data + at);
	}
	return TURN_OVER;
}

static void
release_durable(void *arg)
{
	ask_work(arg, LANE_FILES, release_work, ask_end);
}

/* What let go of a file is durable before the file goes: else a host that dies has the document and not its text. */
static void
release_queue(struct ask *ask)
{
	journal_await(ask->m->journal, journal_end(ask->m->journal) - 1, release_durable, ask);
}

static struct release *
release_new(struct memory *m)
{
	struct release *r = ask_new(m, sizeof *r, 0, NULL, NULL, NULL);

	r->ask.release = release_free;
	return r;
}

void
files_release(struct memory *m, const json_t *documents, bool check)
{
	struct release *r = release_new(m);
	const json_t *d;
	size_t i;

	r->pinned = json_array();
	json_array_foreach(documents, i, d)
	{
		json_t *digest = json_object_get(d, "digest");
		uint8_t bytes[DIGEST];

		json_array_append(r->pinned, digest);
		if (check && digest_read(json_string_value(digest), bytes))
			buf_append(&r->digests, bytes, sizeof bytes);
	}
	ask_read(&r->ask, release_read, release_queue);
}

void
files_forgotten(struct memory *m, const uint8_t digest[DIGEST])
{
	struct release *r = release_new(m);

	buf_append(&r->digests, digest, DIGEST);
	ask_read(&r->ask, release_read, release_queue);
}

/* ---- Sweeping -------------------------------------------------------------------------------------------------------- */

static int
keep_file(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	struct release *r = arg;

	(void)data, (void)len;
	if (key_len == 1 + DIGEST)
		buf_append(&r->digests, (const uint8_t *)key + 1, DIGEST);
	return 0;
}

static void
sweep_read(struct ask *ask, struct store_txn *txn)
{
	struct key k;

	key_file(&k, NULL);
	store_walk(txn, STORE_MEMORY, k.data, k.len, false, keep_file, ask);
}

static int
by_digest(const void *a, const void *b)
{
	return memcmp(a, b, DIGEST);
}

/* The store's list is in order. */
static bool
is_named(const char *file, void *arg)
{
	struct release *r = arg;
	uint8_t digest[DIGEST];

	if (!digest_read(file, digest))
		return false;
	return map_get(&r->ask.m->pins, file) != NULL ||
	       (r->digests.len > 0 &&
		   bsearch(digest, r->digests.data, r->digests.len / DIGEST, DIGEST, by_digest) != NULL);
}

static enum turn
sweep_work(struct ask *ask, struct index *index)
{
	size_t removed;

	(void)index;
	if (stays(ask->m))
		return TURN_OVER;
	removed = documents_sweep(ask->m->dir, is_named, ask);
	if (removed > 0)
		log_debug("removed documents that no space has", LOG_U("files", removed));
	return TURN_OVER;
}

static void
sweep_durable(void *arg)
{
	ask_work(arg, LANE_FILES, sweep_work, ask_end);
}

static void
sweep_queue(struct ask *ask)
{
	journal_await(ask->m->journal, journal_end(ask->m->journal) - 1, sweep_durable, ask);
}

void
files_sweep(struct memory *m)
{
	ask_read(&release_new(m)->ask, sweep_read, sweep_queue);
}

void
memory_hold(struct memory *m)
{
	atomic_fetch_add(&m->holds, 1);
}

void
memory_release(struct memory *m)
{
	if (atomic_fetch_sub(&m->holds, 1) == 1 && atomic_exchange(&m->kept, false))
		files_sweep(m);
}
