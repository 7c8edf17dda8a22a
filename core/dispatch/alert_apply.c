/*
 * Alerts in the store: STORE_ALERTS has the newest ALERTS_KEPT, by number, big-endian, so that they stand in their order; the
 * oldest goes when one comes.  The value is the record's body with "webhook" beside it: "pending", "delivered" or "given_up",
 * and how that came about; none where nobody was to be sent it.
 */

#include <endian.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "dispatch/apply.h"

#define NEXT_KEY "alerts-next" /* in STORE_META: the number of the next one */

static int
put(struct store_txn *txn, uint64_t number, const json_t *entry, struct fault *fault)
{
	_cleanup_(free_p) char *text = json_text(entry);
	uint64_t key = htobe64(number);

	return store_put(txn, STORE_ALERTS, &key, sizeof(key), text, strlen(text), fault);
}

static json_t *
get(struct store_txn *txn, uint64_t number)
{
	uint64_t key = htobe64(number);
	const void *data;
	size_t len;

	if (!store_get(txn, STORE_ALERTS, &key, sizeof(key), &data, &len))
		return NULL;
	return json_read(data, len, "an alert", NULL);
}

static int
take_number(struct store_txn *txn, uint64_t *ret, struct fault *fault)
{
	uint64_t next = 0, gone;
	const void *data;
	size_t len;

	if (store_get(txn, STORE_META, NEXT_KEY, strlen(NEXT_KEY), &data, &len) && len == sizeof(next))
		memcpy(&next, data, sizeof(next));
	*ret = next++;
	if (store_put(txn, STORE_META, NEXT_KEY, strlen(NEXT_KEY), &next, sizeof(next), fault) != 0)
		return fault->status;
	if (*ret < ALERTS_KEPT)
		return 0;
	gone = htobe64(*ret - ALERTS_KEPT);
	return store_del(txn, STORE_ALERTS, &gone, sizeof(gone), fault);
}

int
alert_apply(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	const struct record_field *body = record_find(r, TAG_BODY);
	_cleanup_(json_p) json_t *entry = NULL;
	uint64_t number;

	if (body == NULL) /* erased: there was an alert, and nobody knows of what */
		return 0;
	entry = json_read(body->data, body->len, "an alert", fault);
	if (entry == NULL || take_number(txn, &number, fault) != 0)
		return fault->status;
	json_object_set_new(entry, "lsn", json_integer((json_int_t)r->head.lsn));
	if (record_int(r, TAG_NUMBER) != 0)
		json_object_set_new(entry, "webhook", json_pack("{s:s}", "state", "pending"));
	return put(txn, number, entry, fault);
}

/* {"number", "id", "state", "tries", "why"?}: what became of one that was pending. */
int
alert_apply_sent(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	const struct record_field *body = record_find(r, TAG_BODY);
	_cleanup_(json_p) json_t *said = body == NULL ? NULL : json_read(body->data, body->len, "a command", fault);
	const char *id = json_string_value(json_object_get(said, "id"));
	uint64_t number = (uint64_t)json_integer_value(json_object_get(said, "number"));
	_cleanup_(json_p) json_t *entry = get(txn, number), *webhook = json_object();
	static const char *const members[] = {"state", "tries", "why"};
	char at[CLOCK_TEXT];

	if (id == NULL)
		return fault_set(fault, HOSPES_EDAMAGED, "a command says what became of an alert, and not of which");
	if (entry == NULL || strcmp(id, json_string_value(json_object_get(entry, "id"))) != 0)
		return 0; /* it has gone in the meantime */
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		json_object_set(webhook, members[i], json_object_get(said, members[i]));
	clock_format(r->head.real_ns, at);
	json_object_set_new(webhook, "at", json_string(at));
	json_object_set(entry, "webhook", webhook);
	return put(txn, number, entry, fault);
}
