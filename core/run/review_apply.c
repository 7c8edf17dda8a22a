/* Reviews in the store: what their records add up to.  See reviews.h. */

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "run/reviews.h"
#include "run/state.h"

/* ---- Keys -------------------------------------------------------------------------------------------------------- */

static void
put_big(uint8_t *out, uint64_t n, size_t size)
{
	for (size_t i = size; i-- > 0; n >>= 8)
		out[i] = (uint8_t)n;
}

bool
review_id_parse(const char *text, size_t len, struct review_id *ret)
{
	char run[ULID_TEXT] = {0};
	uint64_t nth = 0;
	struct ulid id;

	if (len < ULID_TEXT + 1 || len > ULID_TEXT + 10 || text[ULID_TEXT - 1] != '-')
		return false;
	memcpy(run, text, ULID_TEXT - 1);
	for (const char *at = text + ULID_TEXT; at < text + len; at++) {
		if (*at < '0' || *at > '9')
			return false;
		nth = nth * 10 + (uint64_t)(*at - '0');
	}
	if (nth == 0 || nth > UINT32_MAX || !ulid_parse(run, &id))
		return false;
	memcpy(ret->run, id.bytes, sizeof(ret->run));
	put_big(ret->nth, nth, sizeof(ret->nth));
	return true;
}

struct review_key
review_entry_key(const struct review_id *id)
{
	struct review_key key = {.bytes = {REVIEW_KEY_ENTRY}, .len = 1 + sizeof(*id)};

	memcpy(key.bytes + 1, id, sizeof(*id));
	return key;
}

static struct review_key
index_key(uint8_t which, uint64_t order, const struct review_id *id)
{
	struct review_key key = {.bytes = {which}, .len = sizeof(key.bytes)};

	put_big(key.bytes + 1, order, 8);
	memcpy(key.bytes + 9, id, sizeof(*id));
	return key;
}

/* ---- Entries ----------------------------------------------------------------------------------------------------- */

static bool
id_of(const struct record *r, struct review_id *ret)
{
	const struct record_field *f = record_find(r, TAG_REVIEW);

	return f != NULL && review_id_parse(f->data, f->len, ret);
}

static int
put_entry(struct store_txn *txn, const struct review_id *id, const json_t *entry, struct fault *fault)
{
	_cleanup_(free_p) char *text = json_dumps(entry, JSON_COMPACT);
	struct review_key key = review_entry_key(id);

	if (text == NULL)
		return fault_set(fault, HOSPES_EDAMAGED, "a review cannot be written down");
	return store_put(txn, STORE_REVIEWS, key.bytes, key.len, text, strlen(text), fault);
}

static json_t *
get_entry(struct store_txn *txn, const struct review_id *id)
{
	struct review_key key = review_entry_key(id);
	const void *data;
	size_t len;

	if (!store_get(txn, STORE_REVIEWS, key.bytes, key.len, &data, &len))
		return NULL;
	return json_loadb(data, len, 0, NULL);
}

static void
set_time(json_t *json, const char *key, int64_t real_ns)
{
	char text[CLOCK_TEXT];

	clock_format(real_ns, text);
	json_object_set_new(json, key, json_string(text));
}

static void
set_text(json_t *json, const char *key, const struct record *r, enum record_tag tag)
{
	const struct record_field *f = record_find(r, tag);
	json_t *text = f == NULL ? NULL : json_stringn(f->data, f->len);

	if (text != NULL)
		json_object_set_new(json, key, text);
}

/* What stays when the run is erased. */
static json_t *
entry_new(const struct record *r)
{
	const struct record_field *body = record_find(r, TAG_BODY);
	_cleanup_(json_p) json_t *asked = body == NULL ? NULL : json_loadb(body->data, body->len, 0, NULL);
	json_t *entry = json_object();

	set_text(entry, "id", r, TAG_REVIEW);
	json_object_set(entry, "run", json_object_get(asked, "run"));
	set_text(entry, "call", r, TAG_PATH);
	json_object_set(entry, "cause", json_object_get(asked, "cause"));
	json_object_set(entry, "hash", json_object_get(asked, "hash"));
	set_time(entry, "raised", r->head.real_ns);
	set_time(entry, "deadline", record_int(r, TAG_DEADLINE));
	json_object_set_new(entry, "state", json_string("open"));
	json_object_set_new(entry, "raised_ns", json_integer((json_int_t)r->head.real_ns));
	json_object_set_new(entry, "asked", json_integer((json_int_t)r->head.lsn));
	return entry;
}

/* One without a body was erased. */
int
review_apply(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	_cleanup_(json_p) json_t *entry = NULL;
	struct review_key open;
	struct review_id id;

	if (record_find(r, TAG_BODY) == NULL || !id_of(r, &id))
		return 0;
	entry = entry_new(r);
	open = index_key(REVIEW_KEY_OPEN, (uint64_t)r->head.real_ns, &id);
	if (store_put(txn, STORE_REVIEWS, open.bytes, open.len, "", 0, fault) != 0)
		return fault->status;
	return put_entry(txn, &id, entry, fault);
}

int
reviewed_apply(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	_cleanup_(json_p) json_t *entry = NULL;
	struct review_key open, done;
	struct review_id id;

	if (!id_of(r, &id) || (entry = get_entry(txn, &id)) == NULL)
		return 0;
	open = index_key(REVIEW_KEY_OPEN, (uint64_t)json_integer_value(json_object_get(entry, "raised_ns")), &id);
	done = index_key(REVIEW_KEY_DONE, r->head.lsn, &id);
	json_object_set_new(entry, "state", json_string("decided"));
	json_object_set_new(entry, "said", json_integer((json_int_t)r->head.lsn));
	set_text(entry, "decision", r, TAG_DECISION);
	set_text(entry, "by", r, TAG_ACTOR);
	set_time(entry, "decided", r->head.real_ns);
	if (store_del(txn, STORE_REVIEWS, open.bytes, open.len, fault) != 0 ||
	    store_put(txn, STORE_REVIEWS, done.bytes, done.len, "", 0, fault) != 0)
		return fault->status;
	return put_entry(txn, &id, entry, fault);
}

/* ---- What goes --------------------------------------------------------------------------------------------------- */

/* Keys that a walk has found, since it may change nothing on its way. */
struct found {
	struct buf keys; /* struct review_key */
	uint64_t below;
};

static int
remove_found(struct store_txn *txn, struct found *found, struct fault *fault)
{
	const struct review_key *keys = (const struct review_key *)(const void *)found->keys.data;
	size_t n = found->keys.len / sizeof(*keys);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = store_del(txn, STORE_REVIEWS, keys[i].bytes, keys[i].len, fault);
	buf_free(&found->keys);
	return rc;
}

static void
add_found(struct found *found, const struct review_key *key)
{
	buf_append(&found->keys, key, sizeof(*key));
}

/* By LSN, so the first that is kept ends it. */
static int
find_old(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	struct found *found = arg;
	struct review_key index = {.len = key_len}, entry;
	struct review_id id;
	uint64_t lsn = 0;

	(void)data, (void)len;
	if (key_len != sizeof(index.bytes))
		return 0;
	memcpy(index.bytes, key, key_len);
	for (size_t i = 1; i < 9; i++)
		lsn = lsn << 8 | index.bytes[i];
	if (lsn >= found->below)
		return 1;
	memcpy(&id, index.bytes + 9, sizeof(id));
	entry = review_entry_key(&id);
	add_found(found, &index);
	add_found(found, &entry);
	return 0;
}

/* The records before are gone, or may go: with them goes what was decided there. */
int
reviews_dropped_apply(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	static const uint8_t prefix = REVIEW_KEY_DONE;
	const struct record_field *body = record_find(r, TAG_BODY);
	_cleanup_(json_p) json_t *json = body == NULL ? NULL : json_read(body->data, body->len, "a command", fault);
	struct found found = {.below = (uint64_t)json_integer_value(json_object_get(json, "below"))};

	(void)store_walk(txn, STORE_REVIEWS, &prefix, 1, false, find_old, &found);
	return remove_found(txn, &found, fault);
}

static int
find_of_run(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	struct found *found = arg;
	_cleanup_(json_p) json_t *entry = json_loadb(data, len, 0, NULL);
	struct review_key at = {.len = key_len}, index;
	struct review_id id;

	if (key_len != 1 + sizeof(id))
		return 0;
	memcpy(at.bytes, key, key_len);
	memcpy(&id, at.bytes + 1, sizeof(id));
	add_found(found, &at);
	if (json_object_get(entry, "said") != NULL)
		index = index_key(REVIEW_KEY_DONE, (uint64_t)json_integer_value(json_object_get(entry, "said")), &id);
	else
		index =
		    index_key(REVIEW_KEY_OPEN, (uint64_t)json_integer_value(json_object_get(entry, "raised_ns")), &id);
	add_found(found, &index);
	return 0;
}

int
reviews_erased_apply(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	const struct record_field *body = record_find(r, TAG_BODY);
	_cleanup_(json_p) json_t *json = body == NULL ? NULL : json_read(body->data, body->len, "a command", fault);
	const char *id_text = json_string_value(json_object_get(json, "run"));
	uint8_t prefix[1 + sizeof(struct ulid)] = {REVIEW_KEY_ENTRY};
	struct found found = {0};
	struct ulid id;

	if (id_text == NULL || !ulid_parse(id_text, &id))
		return 0; /* erase_apply tells */
	memcpy(prefix + 1, id.bytes, sizeof(id.bytes));
	(void)store_walk(txn, STORE_REVIEWS, prefix, sizeof(prefix), false, find_of_run, &found);
	return remove_found(txn, &found, fault);
}
