/* See keys.h. */

#include "run/keys.h"

#include <assert.h>
#include <string.h>

#include <xxhash.h>

#include "base/json.h"
#include "base/util.h"
#include "run/state.h"

/* What STORE_REQUESTS has under "client key". */
struct stored_request {
	uint8_t run[16];
	uint8_t request[16];
};
static_assert(sizeof(struct stored_request) == 32, "stored_request");

bool
run_key_valid(const char *key, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (key[i] <= ' ' || key[i] > '~')
			return false;
	}
	return len > 0 && len <= RUN_KEY_MAX;
}

/* The name of a client has no space. */
const char *
key_text(const struct run_key *key)
{
	return strchr(key->name, ' ') + 1;
}

/* ---- Entries ----------------------------------------------------------------------------------------------------- */

/* Made when there is none; every hold is let go once. */
static struct run_key *
hold(struct runs *r, const char *client, const char *key)
{
	_cleanup_(free_p) char *name = xasprintf("%s %s", client, key);
	struct run_key *k = map_get(&r->keys, name);

	if (k == NULL) {
		k = xcalloc(1, sizeof(*k) + strlen(name) + 1);
		strcpy(k->name, name);
		map_put(&r->keys, k->name, k);
	}
	k->holders++;
	return k;
}

static void
release(struct runs *r, struct run_key *k)
{
	if (k == NULL || --k->holders > 0)
		return;
	map_del(&r->keys, k->name);
	free(k->summary);
	free(k);
}

void
key_starts(struct run_key *key, struct run_slot *slot, const uint8_t request[16])
{
	assert(!key->known);
	key->known = true;
	key->run = slot->run.id;
	memcpy(key->request, request, sizeof(key->request));
	key->holders++;
	slot->key = key;
}

void
key_leave(struct run_slot *slot)
{
	struct run_key *key = slot->key;
	struct buf text = {0};

	slot->key = NULL;
	if (key != NULL && key->holders > 1) { /* somebody is about to be told of it */
		run_text(&slot->run, false, &text);
		buf_text(&text);
		key->summary = (char *)text.data;
	}
	release(slot->runs, key);
}

void
run_key_text(struct runs *r, const struct run_key *key, struct buf *out)
{
	char id_text[ULID_TEXT];
	struct run *run;

	assert(key->known);
	ulid_format(&key->run, id_text);
	run = run_find(r, id_text);
	if (run != NULL)
		run_text(run, false, out);
	else
		buf_appends(out, key->summary);
	assert(out->data[out->len - 1] == '}');
	out->len--;
	buf_appends(out, ",\"repeated\":true}");
}

/* ---- What a request was ------------------------------------------------------------------------------------------ */

/* JSON without the white space between its values. */
static void
hash_json(XXH3_state_t *state, const char *text, size_t len)
{
	bool within = false;
	size_t from = 0;

	for (size_t i = 0; i < len; i++) {
		if (within && text[i] == '\\') {
			i++;
		} else if (text[i] == '"') {
			within = !within;
		} else if (!within && memchr(" \t\r\n", text[i], 4) != NULL) {
			XXH3_128bits_update(state, text + from, i - from);
			from = i + 1;
		}
	}
	XXH3_128bits_update(state, text + from, len - from);
}

void
key_request_hash(const json_t *request, const struct payload *input, uint8_t ret[16])
{
	_cleanup_(json_p) json_t *rest = json_copy((json_t *)(uintptr_t)request);
	_cleanup_(free_p) char *text = NULL;
	XXH3_state_t *state = XXH3_createState();
	XXH128_hash_t h;

	json_object_del(rest, "input");
	json_object_del(rest, "key");
	text = json_dumps(rest, JSON_COMPACT | JSON_SORT_KEYS);
	if (state == NULL || text == NULL)
		abort();
	XXH3_128bits_reset(state);
	XXH3_128bits_update(state, text, strlen(text) + 1);
	hash_json(state, (const char *)input->data, input->len);
	h = XXH3_128bits_digest(state);
	XXH3_freeState(state);
	memcpy(ret, &h.low64, 8);
	memcpy(ret + 8, &h.high64, 8);
}

/* ---- The store --------------------------------------------------------------------------------------------------- */

int
key_apply(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	const struct record_field *key = record_find(r, TAG_KEY), *client = record_find(r, TAG_CLIENT);
	const struct record_field *request = record_find(r, TAG_REQUEST);
	_cleanup_(buf_free) struct buf name = {0};
	struct stored_request value;
	const void *old;
	size_t len;

	if (key == NULL || client == NULL || request == NULL || request->len != sizeof(value.request))
		return 0;
	buf_append(&name, client->data, client->len);
	buf_append(&name, " ", 1);
	buf_append(&name, key->data, key->len);
	if (name.len > STORE_KEY_MAX || store_get(txn, STORE_REQUESTS, name.data, name.len, &old, &len))
		return 0; /* there already: the same run, copied forward */
	memcpy(value.run, r->head.run, sizeof(value.run));
	memcpy(value.request, request->data, sizeof(value.request));
	return store_put(txn, STORE_REQUESTS, name.data, name.len, &value, sizeof(value), fault);
}

/* Keys that are looked for together. */
struct run_keys {
	struct runs *runs;
	run_keys_found *found;
	void *arg;
	size_t n;
	struct place {
		struct run_key *key; /* NULL: the request has none */

		/* by the store thread */
		struct stored_request stored;
		char *summary; /* NULL: it is not there */
	} places[];
};

struct run_key *
run_keys_nth(struct run_keys *keys, size_t nth)
{
	return nth < keys->n ? keys->places[nth].key : NULL;
}

/* Of the entries it looks at their names alone, which do not change.  [store thread] */
static void
read_keys(struct store_txn *txn, struct journal *j, void *arg)
{
	struct run_keys *keys = arg;
	const void *data;
	size_t len;

	(void)j;
	for (size_t i = 0; i < keys->n; i++) {
		struct place *p = &keys->places[i];

		if (p->key == NULL ||
		    !store_get(txn, STORE_REQUESTS, p->key->name, strlen(p->key->name), &data, &len) ||
		    len != sizeof(p->stored))
			continue;
		memcpy(&p->stored, data, sizeof(p->stored));
		if (store_get(txn, STORE_RUNS, p->stored.run, sizeof(p->stored.run), &data, &len) && len > 2)
			p->summary = xstrndup(data, len);
		else
			p->summary = xstrdup("{\"state\":\"lost\"}"); /* damage, but no reason to start it again */
	}
}

static void
tell(struct run_keys *keys)
{
	struct runs *r = keys->runs;

	keys->found(keys, keys->arg);
	for (size_t i = 0; i < keys->n; i++)
		release(r, keys->places[i].key);
	free(keys);
}

/* Whoever came in between has started it already, or has looked as well. */
static void
keys_read(void *arg)
{
	struct run_keys *keys = arg;

	for (size_t i = 0; i < keys->n; i++) {
		struct place *p = &keys->places[i];

		if (p->summary == NULL || p->key->known) {
			free(p->summary);
			continue;
		}
		p->key->known = true;
		p->key->summary = p->summary;
		memcpy(p->key->run.bytes, p->stored.run, sizeof(p->key->run.bytes));
		memcpy(p->key->request, p->stored.request, sizeof(p->key->request));
	}
	tell(keys);
}

void
run_keys_find(struct runs *r, const char *client, const char *const *names, size_t n, run_keys_found *found, void *arg)
{
	struct run_keys *keys = xcalloc(1, sizeof(*keys) + n * sizeof(keys->places[0]));
	bool known = true;

	*keys = (struct run_keys){.runs = r, .found = found, .arg = arg, .n = n};
	for (size_t i = 0; i < n; i++) {
		if (names[i] == NULL)
			continue;
		keys->places[i].key = hold(r, client, names[i]);
		known = known && keys->places[i].key->known;
	}
	if (known)
		tell(keys);
	else
		store_read(r->store, read_keys, keys_read, keys);
}
