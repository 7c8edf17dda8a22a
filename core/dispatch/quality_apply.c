/*
 * Scores in the store: each series as its newest record has it, and which calls of a run people have scored.
 *
 * Why they did is in the journal alone: there it is overwritten when the run is erased, and LMDB would keep it in a page that it
 * has no use for.
 */

#include <endian.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "dispatch/apply.h"

#define KEY_MAX 500u

static size_t
series_key(const char *key, uint8_t out[STORE_KEY_MAX])
{
	size_t len = strnlen(key, KEY_MAX);

	out[0] = SCORE_SERIES[0];
	memcpy(out + 1, key, len);
	return len + 1;
}

static json_t *
json_of(const struct record *r, enum record_tag tag)
{
	const struct record_field *f = record_find(r, tag);

	return f == NULL ? NULL : json_read(f->data, f->len, "a field", NULL);
}

static int
put(struct store_txn *txn, const void *key, size_t key_len, const json_t *value, struct fault *fault)
{
	_cleanup_(free_p) char *text = json_text(value);

	return store_put(txn, STORE_SCORES, key, key_len, text, strlen(text), fault);
}

static json_t *
get(struct store_txn *txn, const void *key, size_t key_len)
{
	const void *data;
	size_t len;

	return store_get(txn, STORE_SCORES, key, key_len, &data, &len) ? json_read(data, len, "an entry", NULL) : NULL;
}

/* ---- What people say of a run ------------------------------------------------------------------------------------ */

static size_t
person_key(const struct ulid *run, uint32_t number, uint8_t out[SCORE_PERSON_KEY])
{
	number = htobe32(number);
	out[0] = SCORE_PERSONS[0];
	memcpy(out + 1, run->bytes, sizeof(run->bytes));
	memcpy(out + 1 + sizeof(run->bytes), &number, sizeof(number));
	return SCORE_PERSON_KEY;
}

static int
count_one(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	uint32_t *n = arg;

	(void)key, (void)key_len, (void)data, (void)len;
	++*n;
	return 0;
}

static uint32_t
count_of(struct store_txn *txn, const struct ulid *run)
{
	uint8_t key[SCORE_PERSON_KEY];
	uint32_t n = 0;

	person_key(run, 0, key);
	store_walk(txn, STORE_SCORES, key, SCORE_PERSON_KEY - sizeof(uint32_t), false, count_one, &n);
	return n;
}

static void
set_text(json_t *json, const char *member, const struct record *r, enum record_tag tag)
{
	_cleanup_(free_p) char *text = record_text(r, tag);

	if (text != NULL)
		json_object_set_new(json, member, json_string(text));
}

static int
apply_person(struct store_txn *txn, const struct record *r, const json_t *score, struct fault *fault)
{
	_cleanup_(json_p) json_t *entry = json_object();
	uint8_t key[SCORE_PERSON_KEY];
	char at[CLOCK_TEXT];
	struct ulid run;

	if (record_find(r, TAG_BODY) == NULL) /* it was erased since */
		return 0;
	if (apply_run_of(r, &run, fault) != 0)
		return fault->status;
	clock_format(r->head.real_ns, at);
	set_text(entry, "path", r, TAG_PATH);
	set_text(entry, "by", r, TAG_ACTOR);
	json_object_set(entry, "score", json_object_get(score, "score"));
	json_object_set_new(entry, "at", json_string(at));
	json_object_set_new(entry, "lsn", json_integer((json_int_t)r->head.lsn));
	return put(txn, key, person_key(&run, count_of(txn, &run), key), entry, fault);
}

/* ---- Series ------------------------------------------------------------------------------------------------------ */

int
quality_apply(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	_cleanup_(json_p) json_t *score = json_of(r, TAG_SCORE), *was = NULL;
	json_t *series = json_object_get(score, "series");
	const char *name = json_string_value(json_object_get(score, "key"));
	static const uint8_t none[sizeof(r->head.run)];
	uint8_t key[STORE_KEY_MAX];
	size_t len;

	if (score == NULL)
		return fault_set(fault, HOSPES_EDAMAGED, "a score is on record without a score");
	if (memcmp(r->head.run, none, sizeof(none)) == 0 && apply_person(txn, r, score, fault) != 0)
		return fault->status;
	if (series == NULL || name == NULL)
		return 0;
	len = series_key(name, key);
	was = get(txn, key, len);
	if (json_object_get(was, "told") != NULL)
		json_object_set(series, "told", json_object_get(was, "told"));
	return put(txn, key, len, series, fault);
}

/* An alert tells of the drop: a start needs not. */
int
quality_apply_alert(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	_cleanup_(json_p) json_t *said = json_of(r, TAG_BODY), *series = NULL;
	const char *name = json_string_value(json_object_get(said, "series"));
	uint8_t key[STORE_KEY_MAX];
	size_t len;

	if (name == NULL)
		return 0;
	len = series_key(name, key);
	series = get(txn, key, len);
	if (series == NULL)
		return 0;
	json_object_set(series, "told", json_object_get(said, "drop"));
	return put(txn, key, len, series, fault);
}
