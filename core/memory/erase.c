/*
 * Erasing a document of a client: it leaves all of the client's spaces, what is left of its words in the index goes, and its
 * bytes are overwritten, unless another client has the same document.
 */

#include <sys/stat.h>
#include <string.h>

#include "base/json.h"
#include "memory/change.h"
#include "memory/documents.h"
#include "memory/files.h"

struct erase {
	struct ask ask;
	char *client, *actor;
	uint8_t digest[DIGEST];
	char hex[DIGEST_TEXT];
	json_t *spaces; /* names of those that had it */
	size_t waits;   /* commands that are not answered yet */
	int fd;         /* of the file, -1: there is none */
	struct fault failed;
};

static void
erase_release(struct ask *ask)
{
	struct erase *e = (struct erase *)ask;

	close_p(&e->fd);
	json_decref(e->spaces);
	free(e->client);
	free(e->actor);
}

/* ---- The bytes [index thread] ------------------------------------------------------------------------------------- */

static enum turn
open_file(struct ask *ask, struct index *index)
{
	struct erase *e = (struct erase *)ask;

	(void)index;
	e->fd = documents_open_to_wipe(ask->m->dir, e->digest);
	return TURN_OVER;
}

static enum turn
wipe_file(struct ask *ask, struct index *index)
{
	struct erase *e = (struct erase *)ask;
	struct stat st;

	(void)index;
	/* One that still has its name is somebody else's too. */
	if (e->fd >= 0 && fstat(e->fd, &st) == 0 && st.st_nlink == 0)
		documents_wipe(e->fd, (uint64_t)st.st_size, &ask->fault);
	return TURN_OVER;
}

/* ---- [loop] ------------------------------------------------------------------------------------------------------- */

static void
wiped(struct ask *ask)
{
	struct erase *e = (struct erase *)ask;

	if (ask->fault.status == 0 && e->failed.status != 0)
		ask->fault = e->failed;
	ask->answer = json_pack("{s:s, s:i}", "document", e->hex, "spaces", (int)json_array_size(e->spaces));
	ask_end(ask);
}

static void
read_nothing(struct ask *ask, struct store_txn *txn)
{
	(void)ask, (void)txn;
}

static void
queue_wipe(struct ask *ask)
{
	ask_work(ask, LANE_FILES, wipe_file, wiped);
}

/* Behind the removal of the file, which goes the same way. */
static void
forgotten_everywhere(struct erase *e)
{
	const json_t *name;
	size_t i;

	json_array_foreach(e->spaces, i, name)
	{
		struct memory_space s = {.client = e->client, .name = json_string_value(name)};

		change_erased(e->ask.m, &s);
	}
	files_forgotten(e->ask.m, e->digest);
	ask_read(&e->ask, read_nothing, queue_wipe);
}

static void
one_forgotten(json_t *answer, const struct fault *fault, void *arg)
{
	struct erase *e = arg;

	json_decref(answer);
	if (fault != NULL)
		e->failed = *fault;
	if (--e->waits == 0)
		forgotten_everywhere(e);
}

static void
forget_all(struct ask *ask)
{
	struct erase *e = (struct erase *)ask;
	const json_t *name;
	size_t i;

	e->waits = 1;
	json_array_foreach(e->spaces, i, name)
	{
		struct memory_space s = {.client = e->client, .name = json_string_value(name)};
		struct memory_command *c;

		if (memory_forget_document(ask->m, &s, e->hex, &c, &e->failed) != 0)
			continue;
		e->waits++;
		memory_append(ask->m, c, e->actor, one_forgotten, e);
	}
	one_forgotten(NULL, NULL, e);
}

/* ---- Which spaces [store thread] ---------------------------------------------------------------------------------- */

struct visit {
	struct erase *e;
	struct store_txn *txn;
};

static int
see_space(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	struct visit *v = arg;
	size_t skip = 1 + strlen(v->e->client) + 1;
	_cleanup_(free_p) char *name = key_len > skip ? xstrndup((const char *)key + skip, key_len - skip) : NULL;
	struct memory_space s = {.client = v->e->client, .name = name};
	struct document_view view;

	(void)data, (void)len;
	if (name != NULL && document_get(v->txn, &s, v->e->digest, &view))
		json_array_append_new(v->e->spaces, json_string(name));
	return 0;
}

static void
find_spaces(struct ask *ask, struct store_txn *txn)
{
	struct visit v = {.e = (struct erase *)ask, .txn = txn};
	struct key prefix;

	key_spaces(&prefix, v.e->client);
	store_walk(txn, STORE_MEMORY, prefix.data, prefix.len, false, see_space, &v);
}

static void
spaces_found(struct ask *ask)
{
	ask_work(ask, LANE_FILES, open_file, forget_all);
}

void
memory_erase(struct memory *m, const char *client, const char *digest, const char *actor, memory_done *done, void *arg)
{
	struct erase *e = ask_new(m, sizeof *e, 0, NULL, done, arg);

	e->ask.release = erase_release;
	e->fd = -1;
	e->client = xstrdup(client);
	e->actor = xstrdup(actor);
	e->spaces = json_array();
	if (!digest_read(digest, e->digest)) {
		fault_set(&e->ask.fault, HOSPES_EINPUT, "a digest must be 64 hexadecimal digits (0-9, a-f)");
		ask_end(&e->ask);
		return;
	}
	digest_text(e->digest, e->hex);
	ask_changes(&e->ask);
	ask_read(&e->ask, find_spaces, spaces_found);
}
