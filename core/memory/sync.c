/*
 * The index made to agree with the store: what it misses comes in, what the store does not have goes.
 *
 * The store's thread reads a page of entries at a time and the index thread takes it in; meanwhile the ask keeps its place in
 * the lane of the index, and what was changed later stands behind it.
 */

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "memory/change.h"
#include "memory/index.h"

#define PAGE_ENTRIES 1000
#define PAGE_BYTES   (4 * MIB)

struct entry {
	char *client, *space;
	char *key;  /* a value's; NULL: a document */
	char *text; /* of a value, or the name of a document */
	size_t len;
	uint8_t digest[DIGEST];
	struct value_entry entry; /* of a document only the LSN */
};

struct sync {
	struct ask ask;
	bool clear; /* the index begins with nothing */
	bool erase; /* and nothing of what was there before is left in its file */
	bool begun;
	bool documents;  /* values come first */
	bool end;        /* of the store */
	uint64_t newest; /* command that the store had applied when the first page was read */
	uint64_t known;  /* to the index, at the beginning */
	struct key from; /* of the next page */
	struct entry page[PAGE_ENTRIES];
	size_t n, at, bytes;
	int64_t since;
	json_int_t n_values, n_documents;
	uint64_t passages;
};

static void
free_page(struct sync *y)
{
	for (size_t i = 0; i < y->n; i++) {
		free(y->page[i].client);
		free(y->page[i].space);
		free(y->page[i].key);
		free(y->page[i].text);
	}
	y->n = y->at = y->bytes = 0;
}

static void
sync_release(struct ask *ask)
{
	free_page((struct sync *)ask);
}

/* ---- A page from the store [store thread] ------------------------------------------------------------------------------ */

static void
prefix_of(const struct sync *y, struct key *ret)
{
	struct memory_space s;

	if (y->ask.n == 0) {
		*ret = (struct key){.len = 1, .data = {y->documents ? 'D' : 'K'}};
		return;
	}
	s = place_space(&y->ask.spaces[0]);
	if (y->documents)
		key_document(ret, &s, NULL);
	else
		key_value(ret, &s, "");
}

static char *
copy(const char *text, size_t len)
{
	char *c = xmalloc(len + 1);

	memcpy(c, text, len);
	c[len] = '\0';
	return c;
}

static int
take_entry(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	struct sync *y = arg;
	const char *client = (const char *)key + 1, *space = client + strlen(client) + 1,
		   *rest = space + strlen(space) + 1;
	size_t rest_len = key_len - (size_t)(rest - (const char *)key);
	struct entry *e = &y->page[y->n];
	struct document_view view;

	if (y->n == PAGE_ENTRIES || y->bytes >= PAGE_BYTES) {
		memcpy(y->from.data, key, key_len);
		y->from.len = key_len;
		return 1;
	}
	*e = (struct entry){0};
	if (y->documents) {
		if (rest_len != DIGEST || !document_view(data, len, &view))
			return 0;
		memcpy(e->digest, rest, DIGEST);
		e->entry.lsn = view.entry.lsn;
		e->text = xstrdup(view.name);
	} else {
		if (len < sizeof e->entry)
			return 0;
		memcpy(&e->entry, data, sizeof e->entry);
		e->key = copy(rest, rest_len);
		e->len = len - sizeof e->entry;
		e->text = copy((const char *)data + sizeof e->entry, e->len);
	}
	e->client = xstrdup(client);
	e->space = xstrdup(space);
	y->n++;
	y->bytes += e->len + 256;
	return 0;
}

static void
sync_read(struct ask *ask, struct store_txn *txn)
{
	struct sync *y = (struct sync *)ask;
	struct key prefix;

	free_page(y);
	if (y->from.len == 0 && !y->documents) {
		y->newest = outcome_newest(txn);
		y->end = y->newest == 0 || (ask->n == 0 && !y->clear && y->newest == y->known);
	}
	while (!y->end) {
		prefix_of(y, &prefix);
		if (store_walk_from(txn, STORE_MEMORY, prefix.data, prefix.len,
			y->from.len > 0 ? y->from.data : prefix.data, y->from.len > 0 ? y->from.len : prefix.len,
			take_entry, y) != 0)
			return;
		y->from.len = 0;
		y->end = y->documents;
		y->documents = true;
	}
}

/* ---- A page into the index [index thread] ----------------------------------------------------------------------------- */

/* 1: a document is half in. */
static int
put_entry(struct sync *y, struct index *index, const struct entry *e, int64_t until)
{
	struct memory_space s = {.client = e->client, .name = e->space};
	struct fault *fault = &y->ask.fault;
	int rc;

	if (e->key != NULL)
		rc = index_value(index, &s, e->key, &e->entry, e->text, e->len, fault);
	else
		rc = change_document(index, &s, e->digest, e->text, e->entry.lsn, until, fault);
	if (rc == 0)
		rc = index_mark(index, &s, e->key, e->digest, fault);
	if (rc == 0 && e->key != NULL)
		y->n_values++;
	else if (rc == 0)
		y->n_documents++;
	return rc;
}

/* A space that is worn is told as such by each change until it is filled anew: once is enough. */
static bool
is_needless(const struct sync *y, struct index *index)
{
	struct memory_space s;

	if (y->ask.n == 0 || y->erase)
		return false;
	s = place_space(&y->ask.spaces[0]);
	return !index_worn(index, &s);
}

static int
begin(struct sync *y, struct index *index)
{
	struct fault *fault = &y->ask.fault;
	struct memory_space s;
	int rc = 0;

	y->begun = true;
	y->known = index_applied(index);
	if (y->clear && y->ask.n == 0)
		rc = index_clear(index, fault);
	if (rc == 0 && y->clear && y->ask.n > 0) {
		s = place_space(&y->ask.spaces[0]);
		rc = index_commit(index, 0, fault); /* should we not get to the end, the whole is compared */
		if (rc == 0)
			rc = index_drop(index, &s, fault);
	}
	return rc == 0 ? index_compare_begin(index, fault) : rc;
}

static int
end(struct sync *y, struct index *index)
{
	struct memory_space s;

	if (y->ask.n == 0 && !y->clear && y->newest == y->known)
		return 0;
	if (y->ask.n > 0)
		s = place_space(&y->ask.spaces[0]);
	if (index_compare_end(index, y->ask.n > 0 ? &s : NULL, &y->ask.fault) != 0)
		return y->ask.fault.status;
	if (y->erase && index_compact(index, &y->ask.fault) != 0)
		return y->ask.fault.status;
	y->passages = index_passages(index, NULL);
	y->ask.lsn = y->newest;
	return 0;
}

static enum turn
sync_work(struct ask *ask, struct index *index)
{
	struct sync *y = (struct sync *)ask;
	int64_t until = clock_mono_ns() + SLICE_NS;

	if (!y->begun && is_needless(y, index))
		return TURN_OVER;
	if (!y->begun)
		return begin(y, index) != 0 ? TURN_OVER : TURN_READ;
	while (y->at < y->n) {
		int rc = put_entry(y, index, &y->page[y->at], until);

		if (rc < 0)
			return TURN_OVER;
		if (rc == 0)
			y->at++;
		if (clock_mono_ns() >= until)
			return TURN_AGAIN;
	}
	if (!y->end)
		return TURN_READ;
	end(y, index);
	return TURN_OVER;
}

/* ---- [loop] ----------------------------------------------------------------------------------------------------------- */

static void sync_then(struct ask *ask);

static void
sync_unblock(struct ask *ask)
{
	struct memory *m = ask->m;

	ask->then = sync_then;
	pthread_mutex_lock(&m->lock);
	ask->blocked = false;
	pthread_cond_signal(&m->work);
	pthread_mutex_unlock(&m->lock);
}

static void
sync_then(struct ask *ask)
{
	struct sync *y = (struct sync *)ask;
	struct memory *m = ask->m;
	double seconds = (double)(clock_mono_ns() - y->since) / (double)NS_PER_S;
	struct fault fault = ask->fault;

	if (ask->blocked) {
		ask_read(ask, sync_read, sync_unblock);
		return;
	}
	if (fault.status == 0) {
		ask->answer = json_pack("{s:I, s:I, s:I, s:f}", "documents", y->n_documents, "values", y->n_values,
		    "passages", (json_int_t)y->passages, "seconds", seconds);
		if (y->n_documents + y->n_values > 0)
			log_info("the index of memory agrees with the store", LOG_I("documents", y->n_documents),
			    LOG_I("values", y->n_values), LOG_U("ms", seconds * 1e3));
	}
	ask_end(ask);
	if (fault.status != 0)
		memory_trouble(m, &fault);
}

static void
sync_start(
    struct memory *m, const struct memory_space *space, bool clear, bool erase, memory_done *done, void *arg)
{
	struct sync *y = ask_new(m, sizeof *y, space == NULL ? 0 : 1, space, done, arg);

	y->ask.release = sync_release;
	y->clear = clear;
	y->erase = erase;
	y->since = clock_mono_ns();
	ask_work(&y->ask, LANE_INDEX, sync_work, sync_then);
}

void
memory_reindex(struct memory *m, memory_done *done, void *arg)
{
	sync_start(m, NULL, true, false, done, arg);
}

void
change_catch_up(struct memory *m, bool all)
{
	sync_start(m, NULL, all, false, NULL, NULL);
}

void
change_renew(struct memory *m, const struct memory_space *space)
{
	sync_start(m, space, true, false, NULL, NULL);
}

void
change_erased(struct memory *m, const struct memory_space *space)
{
	sync_start(m, space, true, true, NULL, NULL);
}
