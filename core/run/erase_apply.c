/* Erasing, in the store: the summary says so, and a key remembers what is not done yet. */

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "run/care.h"
#include "run/state.h"

static int
read_command(const struct record *r, struct ulid *ret, struct fault *fault)
{
	const struct record_field *body = record_find(r, TAG_BODY);
	_cleanup_(json_p) json_t *json = body == NULL ? NULL : json_read(body->data, body->len, "a command", fault);
	const char *id = json_string_value(json_object_get(json, "run"));

	if (id == NULL || !ulid_parse(id, ret))
		return fault_set(fault, HOSPES_EDAMAGED, "a command to erase names no run");
	return 0;
}

static void
erase_key(const struct ulid *id, uint8_t key[RUN_ERASE_KEY])
{
	memcpy(key, RUN_ERASE_PREFIX, sizeof(RUN_ERASE_PREFIX) - 1);
	memcpy(key + sizeof(RUN_ERASE_PREFIX) - 1, id->bytes, sizeof(id->bytes));
}

/* The summary has a sentence that may tell of what is erased. */
int
erase_apply(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	_cleanup_(json_p) json_t *entry = NULL;
	_cleanup_(free_p) char *text = NULL;
	uint8_t key[RUN_ERASE_KEY];
	char at[CLOCK_TEXT];
	const void *data;
	struct ulid id;
	size_t len;

	if (read_command(r, &id, fault) != 0)
		return fault->status;
	if (!store_get(txn, STORE_RUNS, id.bytes, sizeof(id.bytes), &data, &len))
		return fault_set(fault, HOSPES_EDAMAGED, "a run is erased that never started");
	entry = json_read(data, len, "the entry of a run", fault);
	if (entry == NULL)
		return fault->status;
	clock_format(r->head.real_ns, at);
	json_object_del(entry, "message");
	if (json_object_get(entry, "erased") == NULL)
		json_object_set_new(entry, "erased", json_string(at));
	text = json_text(entry);
	if (store_put(txn, STORE_RUNS, id.bytes, sizeof(id.bytes), text, strlen(text), fault) != 0)
		return fault->status;
	erase_key(&id, key);
	return store_put(txn, STORE_META, key, sizeof(key), "", 0, fault);
}

bool
erase_is_undone(struct store_txn *txn, const struct ulid *id)
{
	uint8_t key[RUN_ERASE_KEY];
	const void *data;
	size_t len;

	erase_key(id, key);
	return store_get(txn, STORE_META, key, sizeof(key), &data, &len);
}

int
erased_apply(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	uint8_t key[RUN_ERASE_KEY];
	struct ulid id;

	if (read_command(r, &id, fault) != 0)
		return fault->status;
	erase_key(&id, key);
	return store_del(txn, STORE_META, key, sizeof(key), fault);
}
