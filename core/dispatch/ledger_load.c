/*
 * The ledger in the store: added up from what it was told, and read when the host is started.
 *
 * Its table has for each day and account what was spent, and LEDGER_LSN: the command that was added last.  Every call that ended
 * before that is in it, none that ended after it.
 */

#include <endian.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "dispatch/ledger.h"

#define LEDGER_LSN "lsn"
#define DROP_MOST  256 /* entries of old days, with each command */

/* "d", the day (8 bytes, so that days stand in their order), one of "hca", the name. */
struct ledger_key {
	uint8_t bytes[STORE_KEY_MAX];
	size_t len;
};
#define KEY_NAME 10

struct amounts {
	int64_t n[QUANTITIES];
};
static_assert(sizeof(struct amounts) == 24, "amounts");

static struct ledger_key
key_of(int64_t day, char kind, const char *name)
{
	uint64_t big = htobe64((uint64_t)day);
	size_t len = strnlen(name, STORE_KEY_MAX - KEY_NAME);
	struct ledger_key key = {.len = KEY_NAME + len};

	key.bytes[0] = 'd';
	memcpy(key.bytes + 1, &big, sizeof(big));
	key.bytes[9] = (uint8_t)kind;
	memcpy(key.bytes + KEY_NAME, name, len);
	return key;
}

static bool
read_amounts(const void *data, size_t len, struct amounts *ret)
{
	if (len != sizeof(*ret))
		return false;
	memcpy(ret, data, len);
	return true;
}

/* ---- Added up ---------------------------------------------------------------------------------------------------- */

static int
add(struct store_txn *txn, int64_t day, char kind, const char *name, const json_t *more, struct fault *fault)
{
	struct ledger_key key = key_of(day, kind, name);
	struct amounts sum = {0};
	const void *data;
	size_t len;

	if (store_get(txn, STORE_LEDGER, key.bytes, key.len, &data, &len) && !read_amounts(data, len, &sum))
		return fault_set(
		    fault, HOSPES_EDAMAGED, "an entry of the ledger has %zu bytes in place of %zu", len, sizeof(sum));
	for (size_t q = 0; q < QUANTITIES; q++) {
		if (__builtin_add_overflow(sum.n[q], json_integer_value(json_array_get(more, q)), &sum.n[q]))
			sum.n[q] = INT64_MAX;
	}
	return store_put(txn, STORE_LEDGER, key.bytes, key.len, &sum, sizeof(sum), fault);
}

static int
add_all(struct store_txn *txn, int64_t day, char kind, json_t *of, struct fault *fault)
{
	const char *name;
	json_t *more;
	int rc = 0;

	json_object_foreach(of, name, more)
	{
		rc = add(txn, day, kind, name, more, fault);
		if (rc != 0)
			break;
	}
	return rc;
}

/* arg: struct ledger_key. */
static int
take_first(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	struct ledger_key *first = arg;

	(void)data, (void)len;
	memcpy(first->bytes, key, key_len);
	first->len = key_len;
	return 1;
}

/* Days long past go. */
static int
drop_old(struct store_txn *txn, int64_t day, struct fault *fault)
{
	struct ledger_key end = key_of(day < LEDGER_DAYS_KEPT ? 0 : day - LEDGER_DAYS_KEPT, 0, "");

	for (unsigned i = 0; i < DROP_MOST; i++) {
		struct ledger_key first = {0};
		int rc;

		if (store_walk(txn, STORE_LEDGER, "d", 1, false, take_first, &first) == 0 ||
		    memcmp(first.bytes, end.bytes, KEY_NAME) >= 0)
			return 0;
		rc = store_del(txn, STORE_LEDGER, first.bytes, first.len, fault);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
apply_spent(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	const struct record_field *body = record_find(r, TAG_BODY);
	_cleanup_(json_p) json_t *json =
	    body == NULL ? NULL : json_read(body->data, body->len, "a command of the ledger", fault);
	int64_t day = json_integer_value(json_object_get(json, "day"));
	int rc = 0;

	if (!json_is_object(json) || day < 0)
		return fault_set(fault, HOSPES_EDAMAGED, "the command at %llu of the journal names no day",
		    (unsigned long long)r->head.lsn);
	if (json_object_get(json, "host") != NULL)
		rc = add(txn, day, 'h', "", json_object_get(json, "host"), fault);
	if (rc == 0)
		rc = add_all(txn, day, 'c', json_object_get(json, "clients"), fault);
	if (rc == 0)
		rc = add_all(txn, day, 'a', json_object_get(json, "agents"), fault);
	if (rc == 0)
		rc = drop_old(txn, day, fault);
	if (rc != 0)
		return rc;
	return store_put(
	    txn, STORE_LEDGER, LEDGER_LSN, sizeof(LEDGER_LSN) - 1, &r->head.lsn, sizeof(r->head.lsn), fault);
}

const struct store_apply ledger_apply[] = {
    {RECORD_COMMAND, LEDGER_COMMAND, apply_spent},
    {0},
};

/* ---- Read -------------------------------------------------------------------------------------------------------- */

struct load {
	struct store_txn *txn;
	int64_t day;
	json_t *known;   /* of that day, as the table has it: a body */
	json_t *untold;  /* of any day, behind the last command: {"20777": body} */
	bool first;      /* there was no command yet */
	uint8_t run[16]; /* whose client that is */
	char *client;
	struct fault fault;
};

static const char *
client_of(struct load *load, const uint8_t run[16])
{
	_cleanup_(json_p) json_t *entry = NULL;
	const char *client;
	const void *data;
	size_t len;

	if (load->client != NULL && memcmp(load->run, run, sizeof(load->run)) == 0)
		return load->client;
	if (store_get(load->txn, STORE_RUNS, run, sizeof(load->run), &data, &len))
		entry = json_read(data, len, "the entry of a run", NULL);
	client = json_string_value(json_object_get(entry, "client"));
	memcpy(load->run, run, sizeof(load->run));
	free(load->client);
	load->client = xstrdup(client == NULL ? "" : client);
	return load->client;
}

static json_t *
body_of(struct load *load, int64_t day)
{
	char key[24];
	json_t *body;

	snprintf(key, sizeof(key), "%lld", (long long)day);
	body = json_object_get(load->untold, key);
	if (body != NULL)
		return body;
	body = ledger_body(day);
	json_object_set_new(load->untold, key, body);
	return body;
}

/* Has a call ended with it?  Where none had begun it says that it cost nothing. */
static bool
ends_call(const struct record *r)
{
	if (r->head.kind != RECORD_CALL_END && r->head.kind != RECORD_STAGE)
		return false;
	return record_find(r, TAG_MICROS) == NULL || record_int(r, TAG_MICROS) > 0;
}

/* What it says that a call or an effect has cost; false: it tells of none. */
static bool
costs(const struct record *r, int64_t n[QUANTITIES], char **agent)
{
	bool call = ends_call(r), effect = r->head.kind == RECORD_OP_OUTCOME && record_int(r, TAG_MICROS) > 0;

	if (!call && !effect)
		return false;
	n[QUANTITY_CALLS] = call ? 1 : 0;
	n[QUANTITY_MONEY] = record_int(r, TAG_MICROS);
	n[QUANTITY_CPU] = record_int(r, TAG_CPU);
	*agent = record_text(r, effect ? TAG_ACTOR : record_find(r, TAG_CALLEE) != NULL ? TAG_CALLEE : TAG_TARGET);
	return true;
}

/* arg: struct load. */
static int
see_record(const struct record *r, void *arg)
{
	struct load *load = arg;
	_cleanup_(free_p) char *agent = NULL;
	int64_t n[QUANTITIES];
	const char *client;
	json_t *body;

	if (r->head.real_ns < 0 || !costs(r, n, &agent) || n[QUANTITY_CPU] < 0)
		return 0;
	body = body_of(load, r->head.real_ns / DAY_NS);
	ledger_add(body, NULL, NULL, n);
	client = client_of(load, r->head.run);
	if (client[0] != '\0')
		ledger_add(body, "clients", client, n);
	if (agent != NULL)
		ledger_add(body, "agents", agent, n);
	return 0;
}

/* arg: struct load. */
static int
see_entry(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	struct load *load = arg;
	_cleanup_(free_p) char *name = NULL;
	struct amounts amounts;
	char kind;

	if (key_len < KEY_NAME || !read_amounts(data, len, &amounts))
		return 0;
	kind = ((const char *)key)[9];
	name = xstrndup((const char *)key + KEY_NAME, key_len - KEY_NAME);
	ledger_add(load->known, kind == 'h' ? NULL : kind == 'c' ? "clients" : "agents", name, amounts.n);
	return 0;
}

static void
read_ledger(struct store_txn *txn, struct journal *j, void *arg)
{
	struct load *load = arg;
	struct ledger_key day = key_of(load->day, 0, "");
	uint64_t told = 0;
	const void *data;
	size_t len;

	load->txn = txn;
	if (store_get(txn, STORE_LEDGER, LEDGER_LSN, sizeof(LEDGER_LSN) - 1, &data, &len) && len == sizeof(told))
		memcpy(&told, data, sizeof(told));
	load->first = told == 0;
	(void)store_walk(txn, STORE_LEDGER, day.bytes, KEY_NAME - 1, false, see_entry, load);
	if (told == 0)
		return;
	if (told + 1 < journal_first(j))
		told = journal_first(j) - 1;
	(void)journal_scan(j, told + 1, see_record, load, &load->fault);
}

static void
begin_with(struct day_account *a, const json_t *n)
{
	for (enum quantity q = 0; q < QUANTITIES; q++)
		account_add(&a->account, q, json_integer_value(json_array_get(n, q)));
	memcpy(a->saved, a->account.spent, sizeof(a->saved));
}

static void
begin_all(struct dispatch *d, const json_t *body)
{
	const char *name;
	json_t *n;

	begin_with(&d->accounts.host, json_object_get(body, "host"));
	json_object_foreach(json_object_get(body, "clients"), name, n) begin_with(accounts_client(d, name), n);
	json_object_foreach(json_object_get(body, "agents"), name, n) begin_with(accounts_agent(d, name), n);
}

static void
take(struct dispatch *d, const struct load *load)
{
	const char *key;
	json_t *body;

	watch_day_told(d, &d->accounts.host);
	begin_all(d, load->known);
	json_object_foreach(load->untold, key, body)
	{
		if (json_integer_value(json_object_get(body, "day")) == load->day)
			begin_all(d, body);
		ledger_tell(d, body);
	}
	/* From the first command on all that is spent is found behind it. */
	if (load->first) {
		_cleanup_(json_p) json_t *nothing = ledger_body(load->day);

		ledger_tell(d, nothing);
	}
}

int
dispatch_open_ledger(struct dispatch *d, struct fault *fault)
{
	struct load load = {.day = d->accounts.day, .known = ledger_body(d->accounts.day), .untold = json_object()};

	store_read_now(d->store, read_ledger, &load);
	if (load.fault.status == 0)
		take(d, &load);
	json_decref(load.known);
	json_decref(load.untold);
	free(load.client);
	return load.fault.status == 0 ? 0 : fault_set(fault, load.fault.status, "%s", load.fault.text);
}
