/* Looking at values and documents. */

#include <string.h>

#include "base/json.h"
#include "memory/command.h"
#include "memory/documents.h"
#include "memory/state.h"
#include "memory/verified.h"

#define MOST     1000
#define MOST_MAX 10000
#define TEXT_MAX MIB

/* ---- Values ------------------------------------------------------------------------------------------------------- */

struct look {
	struct ask ask;
	char *key, *after;
	size_t most;
	json_t *digests;
	struct buf value;
	uint8_t digest[DIGEST];
	char *name;
	uint64_t version, from, to, bytes;
	bool found;
	size_t space;
	size_t skip; /* of `after` */
};

static void
look_release(struct ask *ask)
{
	struct look *l = (struct look *)ask;

	free(l->key);
	free(l->after);
	free(l->name);
	json_decref(l->digests);
	buf_free(&l->value);
}

static struct look *
look_new(struct memory *m, size_t n, const struct memory_space *spaces, memory_done *done, void *arg)
{
	struct look *l = ask_new(m, sizeof *l, n, spaces, done, arg);

	l->ask.release = look_release;
	for (size_t i = 0; i < n && l->ask.fault.status == 0; i++)
		command_check_space(&spaces[i], &l->ask.fault);
	return l;
}

static void
get_read(struct ask *ask, struct store_txn *txn)
{
	struct look *l = (struct look *)ask;
	struct memory_space s = place_space(&ask->spaces[0]);
	struct value_entry entry;
	const void *data;
	struct key k;
	size_t len;

	key_value(&k, &s, l->key);
	if (!store_get(txn, STORE_MEMORY, k.data, k.len, &data, &len) || len < sizeof entry)
		return;
	memcpy(&entry, data, sizeof entry);
	l->found = true;
	l->version = entry.version;
	buf_append(&l->value, (const uint8_t *)data + sizeof entry, len - sizeof entry);
}

static void
get_then(struct ask *ask)
{
	struct look *l = (struct look *)ask;
	json_t *value;

	if (!l->found) {
		fault_set(&ask->fault, HOSPES_ENOENT, "the space %s has nothing under the key %s", ask->spaces[0].name,
		    l->key);
	} else {
		value = json_read(l->value.data, l->value.len, "the value", &ask->fault);
		if (value != NULL)
			ask->answer = json_pack("{s:o, s:I}", "value", value, "version", (json_int_t)l->version);
	}
	ask_end(ask);
}

void
memory_get(struct memory *m, const struct memory_space *space, const char *key, memory_done *done, void *arg)
{
	struct look *l = look_new(m, 1, space, done, arg);

	l->key = xstrdup(key);
	if (l->ask.fault.status == 0 && !memory_key_valid(key))
		fault_set(&l->ask.fault, HOSPES_EINPUT,
		    "a key must have 1 to %d bytes of UTF-8 without control characters", MEMORY_KEY_MAX);
	if (l->ask.fault.status != 0)
		ask_end(&l->ask);
	else
		ask_read(&l->ask, get_read, get_then);
}

/* The walk begins at `after`, which itself is no more to be told. */
static int
list_visit(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	struct look *l = arg;
	json_t *keys = json_object_get(l->ask.answer, "keys");
	const char *name = (const char *)key + l->skip;
	size_t name_len = key_len - l->skip;
	struct value_entry entry;

	if (len < sizeof entry || (name_len == strlen(l->after) && memcmp(name, l->after, name_len) == 0))
		return 0;
	if (json_array_size(keys) == l->most) {
		json_object_set_new(l->ask.answer, "more", json_true());
		return 1;
	}
	memcpy(&entry, data, sizeof entry);
	json_array_append_new(keys, json_pack("{s:s#, s:I, s:I}", "key", name, (int)name_len, "version",
					(json_int_t)entry.version, "bytes", (json_int_t)(len - sizeof entry)));
	return 0;
}

static void
list_read(struct ask *ask, struct store_txn *txn)
{
	struct look *l = (struct look *)ask;
	struct memory_space s = place_space(&ask->spaces[0]);
	struct key prefix, from;

	ask->answer = json_pack("{s:[], s:b}", "keys", "more", 0);
	key_value(&from, &s, "");
	l->skip = from.len;
	key_value(&prefix, &s, l->key);
	key_value(&from, &s, strcmp(l->after, l->key) > 0 ? l->after : l->key);
	store_walk_from(txn, STORE_MEMORY, prefix.data, prefix.len, from.data, from.len, list_visit, l);
}

static size_t
most_of(size_t most)
{
	return most == 0 ? MOST : most > MOST_MAX ? MOST_MAX : most;
}

void
memory_list(struct memory *m, const struct memory_space *space, const char *prefix, const char *after, size_t most,
    memory_done *done, void *arg)
{
	struct look *l = look_new(m, 1, space, done, arg);

	l->key = xstrdup(prefix);
	l->after = xstrdup(after);
	l->most = most_of(most);
	if (l->ask.fault.status == 0 && (strlen(prefix) > MEMORY_KEY_MAX || strlen(after) > MEMORY_KEY_MAX))
		fault_set(&l->ask.fault, HOSPES_EINPUT,
		    "what keys begin with, and the one to go on after, must have at most %d bytes", MEMORY_KEY_MAX);
	if (l->ask.fault.status != 0)
		ask_end(&l->ask);
	else
		ask_read(&l->ask, list_read, ask_end);
}

/* ---- Documents ---------------------------------------------------------------------------------------------------- */

static void
missing_read(struct ask *ask, struct store_txn *txn)
{
	struct look *l = (struct look *)ask;
	struct memory_space s = place_space(&ask->spaces[0]);
	json_t *missing = json_array(), *d;
	size_t i;

	ask->answer = json_pack("{s:o}", "missing", missing);
	json_array_foreach(l->digests, i, d)
	{
		struct document_view view;
		uint8_t digest[DIGEST];

		if (!digest_read(json_string_value(d), digest)) {
			fault_set(&ask->fault, HOSPES_EINPUT, "a digest must be 64 hexadecimal digits (0-9, a-f)");
			return;
		}
		/* One whose file is lost is missing too: who loads it again mends it. */
		if (!document_get(txn, &s, digest, &view) ||
		    !documents_there(ask->m->dir, digest, view.entry.bytes))
			json_array_append(missing, d);
	}
}

void
memory_missing(struct memory *m, const struct memory_space *space, const json_t *digests, memory_done *done, void *arg)
{
	struct look *l = look_new(m, 1, space, done, arg);

	l->digests = json_deep_copy(digests);
	if (l->ask.fault.status == 0 && !json_is_array(digests))
		fault_set(&l->ask.fault, HOSPES_EINPUT, "digests must be an array");
	if (l->ask.fault.status != 0)
		ask_end(&l->ask);
	else
		ask_read(&l->ask, missing_read, ask_end);
}

/* One page of each space, which then become one. */
struct listing {
	struct look *l;
	struct store_txn *txn;
	struct memory_space space;
	size_t at;   /* which one */
	size_t n;    /* told of it */
	json_t *all; /* by digest */
};

/* A document of two spaces has the name that the first of them knows it under. */
static bool
is_in_earlier(const struct listing *v, const uint8_t digest[DIGEST])
{
	struct document_view view;

	for (size_t i = 0; i < v->at; i++) {
		struct memory_space s = place_space(&v->l->ask.spaces[i]);

		if (document_get(v->txn, &s, digest, &view))
			return true;
	}
	return false;
}

static int
names_visit(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	struct listing *v = arg;
	const uint8_t *digest = (const uint8_t *)key + key_len - DIGEST;
	struct document_view view;
	char hex[DIGEST_TEXT];
	json_t *d;

	(void)data, (void)len;
	if (!document_get(v->txn, &v->space, digest, &view))
		return 0;
	digest_text(digest, hex);
	if ((v->l->after != NULL && strcmp(hex, v->l->after) == 0) || is_in_earlier(v, digest))
		return 0;
	d = json_pack("{s:s, s:s, s:I}", "document", view.name, "digest", hex, "bytes", (json_int_t)view.entry.bytes);
	if (*view.media != '\0')
		json_object_set_new(d, "media", json_string(view.media));
	json_object_set_new(v->all, hex, d);
	return ++v->n > v->l->most;
}

/* As the keys are in the store. */
static int
by_name(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int order = strncmp(json_string_value(json_object_get(x, "document")),
	    json_string_value(json_object_get(y, "document")), NAME_ORDER);

	return order != 0 ? order
			  : strcmp(json_string_value(json_object_get(x, "digest")),
				json_string_value(json_object_get(y, "digest")));
}

/* The name of the document to go on after, which one of the spaces has. */
static bool
name_of(struct look *l, struct store_txn *txn, struct buf *ret)
{
	struct document_view view;

	for (size_t i = 0; i < l->ask.n; i++) {
		struct memory_space s = place_space(&l->ask.spaces[i]);

		if (document_get(txn, &s, l->digest, &view)) {
			buf_appends(ret, view.name);
			return true;
		}
	}
	return false;
}

static json_t *
one_page(json_t *all, size_t most)
{
	json_t **sorted = xcalloc(json_object_size(all) + 1, sizeof *sorted), *list = json_array(), *d;
	const char *hex;
	size_t n = 0;

	json_object_foreach(all, hex, d)
	{
		sorted[n++] = d;
	}
	qsort(sorted, n, sizeof *sorted, by_name);
	for (size_t i = 0; i < n && i < most; i++)
		json_array_append(list, sorted[i]);
	free(sorted);
	return json_pack("{s:o, s:b}", "documents", list, "more", n > most);
}

static void
documents_read_page(struct ask *ask, struct store_txn *txn)
{
	struct look *l = (struct look *)ask;
	struct listing v = {.l = l, .txn = txn, .all = json_object()};
	_cleanup_(buf_free) struct buf name = {0};
	struct key prefix, from;

	if (l->after != NULL && !name_of(l, txn, &name))
		fault_set(&ask->fault, HOSPES_ENOENT, "there is no document with the digest to go on after");
	for (size_t i = 0; i < ask->n && ask->fault.status == 0; i++) {
		v.space = place_space(&ask->spaces[i]);
		v.at = i;
		v.n = 0;
		key_names(&prefix, &v.space);
		from = prefix;
		if (l->after != NULL)
			key_name(&from, &v.space, buf_text(&name), l->digest);
		store_walk_from(txn, STORE_MEMORY, prefix.data, prefix.len, from.data, from.len, names_visit, &v);
	}
	ask->answer = one_page(v.all, l->most);
	json_decref(v.all);
}

void
memory_documents(struct memory *m, size_t n, const struct memory_space *spaces, const char *after, size_t most,
    memory_done *done, void *arg)
{
	struct look *l = look_new(m, n, spaces, done, arg);

	l->after = after == NULL ? NULL : xstrdup(after);
	l->most = most_of(most);
	if (l->ask.fault.status == 0 && after != NULL && !digest_read(after, l->digest))
		fault_set(&l->ask.fault, HOSPES_EINPUT, "a digest must be 64 hexadecimal digits (0-9, a-f)");
	if (l->ask.fault.status != 0)
		ask_end(&l->ask);
	else
		ask_read(&l->ask, documents_read_page, ask_end);
}

static void
document_read(struct ask *ask, struct store_txn *txn)
{
	struct look *l = (struct look *)ask;
	struct document_view view;

	for (size_t i = 0; i < ask->n && !l->found; i++) {
		struct memory_space s = place_space(&ask->spaces[i]);

		if (!document_get(txn, &s, l->digest, &view))
			continue;
		l->found = true;
		l->name = xstrdup(view.name);
		l->bytes = view.entry.bytes;
	}
}

/* Whole characters: up to three bytes more at either side. */
static enum turn
document_work(struct ask *ask, struct index *index)
{
	struct look *l = (struct look *)ask;
	uint64_t from = l->from < 3 ? 0 : l->from - 3, to = l->to + 3 > l->bytes ? l->bytes : l->to + 3;
	size_t a, z;
	_cleanup_(close_p) int fd = -1;
	const char *text;

	(void)index;
	if (documents_open(ask->m->dir, l->digest, &fd, &ask->fault) != 0 ||
	    verified_check(ask->m->verified, fd, l->digest, &ask->fault) != 0 ||
	    documents_read(fd, from, to, &l->value, &ask->fault) != 0)
		return TURN_OVER;
	text = (const char *)l->value.data;
	a = (size_t)(l->from - from);
	z = (size_t)(l->to - from);
	while (a > 0 && a < l->value.len && ((unsigned char)text[a] & 0xc0) == 0x80)
		a--;
	while (z < l->value.len && ((unsigned char)text[z] & 0xc0) == 0x80)
		z++;
	l->from = from + a;
	l->to = from + z;
	ask->answer = json_pack("{s:s, s:I, s:I, s:I, s:s#}", "document", l->name, "bytes", (json_int_t)l->bytes,
	    "from", (json_int_t)l->from, "to", (json_int_t)l->to, "text", text == NULL ? "" : text + a, (int)(z - a));
	return TURN_OVER;
}

static void
document_told(struct ask *ask)
{
	struct look *l = (struct look *)ask;
	char hex[DIGEST_TEXT];

	digest_text(l->digest, hex);
	if (ask->answer != NULL)
		json_object_set_new(ask->answer, "digest", json_string(hex));
	ask_end(ask);
}

static void
document_then(struct ask *ask)
{
	struct look *l = (struct look *)ask;

	if (l->to == 0 || l->to > l->bytes)
		l->to = l->bytes;
	if (!l->found)
		fault_set(&ask->fault, HOSPES_ENOENT, "there is no document with that digest");
	else if (l->from > l->to)
		fault_set(&ask->fault, HOSPES_EINPUT, "%s has %llu bytes, and %llu is not before %llu in it", l->name,
		    (unsigned long long)l->bytes, (unsigned long long)l->from, (unsigned long long)l->to);
	if (ask->fault.status != 0) {
		ask_end(ask);
		return;
	}
	if (l->to - l->from > TEXT_MAX)
		l->to = l->from + TEXT_MAX;
	ask->at_once = true;
	ask_work(ask, LANE_SEARCH, document_work, document_told);
}

void
memory_document(struct memory *m, size_t n, const struct memory_space *spaces, const char *digest, uint64_t from,
    uint64_t to, memory_done *done, void *arg)
{
	struct look *l = look_new(m, n, spaces, done, arg);

	l->from = from;
	l->to = to;
	if (l->ask.fault.status == 0 && !digest_read(digest, l->digest))
		fault_set(&l->ask.fault, HOSPES_EINPUT, "a digest must be 64 hexadecimal digits (0-9, a-f)");
	if (l->ask.fault.status != 0)
		ask_end(&l->ask);
	else
		ask_read(&l->ask, document_read, document_then);
}
