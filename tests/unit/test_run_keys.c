/* Keys of clients, over a real journal and a real store: one run for each, whoever asks when. */

#include "config.h"

#include "store_place.h"

#include "base/json.h"
#include "run/state.h"

struct fixture {
	struct store_place at;
	struct runs runs;
};

struct run *
run_find(struct runs *r, const char *id_text)
{
	return map_get(&r->by_id, id_text);
}

void
run_text(const struct run *run, bool with_result, struct buf *out)
{
	(void)with_result;
	buf_printf(out, "{\"id\":\"%s\",\"from\":\"memory\"}", run->id_text);
}

/* The summary of a run, as far as these tests look at it. */
static int
apply_summary(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	_cleanup_(buf_free) struct buf summary = {0};
	char id_text[ULID_TEXT];
	struct ulid id;

	memcpy(id.bytes, r->head.run, sizeof(id.bytes));
	ulid_format(&id, id_text);
	buf_printf(&summary, "{\"id\":\"%s\"}", id_text);
	return store_put(txn, STORE_RUNS, r->head.run, sizeof(r->head.run), summary.data, summary.len, fault);
}

static const struct store_apply rows[] = {
    {RECORD_RUN_START, NULL, apply_summary},
    {RECORD_RUN_START, NULL, key_apply},
    {0, NULL, NULL},
};

static void
open_both(struct fixture *f)
{
	static const struct store_apply *const tables[] = {rows, NULL};

	store_place_both(&f->at, tables, &f->runs.journal, &f->runs.store);
}

static void
close_both(struct fixture *f)
{
	store_close(&f->runs.store);
	journal_close(&f->runs.journal);
	assert_int_equal(f->runs.keys.used, 0);
	map_free(&f->runs.keys);
	map_free(&f->runs.by_id);
}

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	store_place_open(&f->at);
	open_both(f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	close_both(f);
	store_place_close(&f->at);
	free(f);
	return 0;
}

/* What run_start does about keys. */
static struct run_slot *
begin(struct fixture *f, struct run_key *key, const char *client, const char *input)
{
	_cleanup_(payload_unref) struct payload *p = payload_text(input);
	_cleanup_(json_p) json_t *request = json_pack("{s:s}", "plugin", "echo");
	struct run_slot *slot = xcalloc(1, sizeof(*slot));
	uint8_t hash[16];
	struct record rec;

	slot->runs = &f->runs;
	slot->run.id = ulid_new();
	ulid_format(&slot->run.id, slot->run.id_text);
	map_put(&f->runs.by_id, slot->run.id_text, slot);
	key_request_hash(request, p, hash);
	key_starts(key, slot, hash);
	record_init(&rec, RECORD_RUN_START);
	memcpy(rec.head.run, slot->run.id.bytes, sizeof(rec.head.run));
	record_add_text(&rec, TAG_TARGET, "echo");
	record_add_text(&rec, TAG_CLIENT, client);
	record_add_text(&rec, TAG_KEY, key_text(key));
	record_add(&rec, TAG_REQUEST, key->request, sizeof(key->request));
	store_append(f->runs.store, &rec);
	return slot;
}

static void
end(struct run_slot **slot)
{
	map_del(&(*slot)->runs->by_id, (*slot)->run.id_text);
	key_leave(*slot);
	free(*slot);
	*slot = NULL;
}

/* One who asks: starts a run when there is none, and notes what he was told. */
struct asker {
	struct fixture *f;
	const char *client;
	struct run_slot *started[4];
	struct buf told[4];
	bool came;
};

static void
asked(struct run_keys *keys, void *arg)
{
	struct asker *a = arg;

	for (size_t i = 0; i < 4; i++) {
		struct run_key *key = run_keys_nth(keys, i);

		if (key == NULL)
			continue;
		if (key->known)
			run_key_text(&a->f->runs, key, &a->told[i]);
		else
			a->started[i] = begin(a->f, key, a->client, "1");
	}
	a->came = true;
}

static void
ask(struct fixture *f, struct asker *a, const char *client, const char *const *keys, size_t n)
{
	*a = (struct asker){.f = f, .client = client};
	run_keys_find(&f->runs, client, keys, n, asked, a);
}

static void
settle(struct fixture *f, const struct asker *a)
{
	while (!a->came)
		event_base_loop(f->at.loop, EVLOOP_ONCE);
}

static void
clear(struct asker *a)
{
	for (size_t i = 0; i < 4; i++) {
		if (a->started[i] != NULL)
			end(&a->started[i]);
		buf_free(&a->told[i]);
	}
}

static const char *const one_key[] = {"k-1"};

static void
test_valid(void **state)
{
	char longest[RUN_KEY_MAX + 2];

	(void)state;
	memset(longest, 'k', sizeof(longest));
	assert_true(run_key_valid("a", 1));
	assert_true(run_key_valid("\"8e03978e-40d5-43dd\"", 20));
	assert_true(run_key_valid(longest, RUN_KEY_MAX));
	assert_false(run_key_valid(longest, RUN_KEY_MAX + 1));
	assert_false(run_key_valid("", 0));
	assert_false(run_key_valid("a b", 3));
	assert_false(run_key_valid("a\nb", 3));
	assert_false(run_key_valid("a\0b", 3));
	assert_false(run_key_valid("\x7f", 1));
	assert_false(run_key_valid("\xc3\xa4", 2));
}

/* Two at the same time: both look, the one who is told first starts. */
static void
test_two_at_once(void **state)
{
	struct fixture *f = *state;
	struct asker a, b;

	ask(f, &a, "uid:1", one_key, 1);
	ask(f, &b, "uid:1", one_key, 1);
	settle(f, &a);
	settle(f, &b);
	assert_non_null(a.started[0]);
	assert_null(b.started[0]);
	assert_non_null(strstr(buf_text(&b.told[0]), "\"repeated\":true"));
	clear(&a);
	clear(&b);
}

/* The run began and its record is not applied; then it is in the store alone; then the host was started again. */
static void
test_found_everywhere(void **state)
{
	struct fixture *f = *state;
	struct asker a, b, c, d, e;
	char id[ULID_TEXT];

	ask(f, &a, "uid:1", one_key, 1);
	settle(f, &a);
	strcpy(id, a.started[0]->run.id_text);
	ask(f, &b, "uid:1", one_key, 1);
	assert_true(b.came); /* at once */
	assert_non_null(strstr(buf_text(&b.told[0]), "\"from\":\"memory\""));
	clear(&a);
	assert_int_equal(f->runs.keys.used, 0);

	ask(f, &c, "uid:1", one_key, 1);
	settle(f, &c);
	assert_null(c.started[0]);
	assert_non_null(strstr(buf_text(&c.told[0]), id));

	close_both(f);
	open_both(f);
	ask(f, &d, "uid:1", one_key, 1);
	ask(f, &e, "uid:1", one_key, 1); /* both read it */
	settle(f, &d);
	settle(f, &e);
	assert_null(d.started[0]);
	assert_null(e.started[0]);
	assert_non_null(strstr(buf_text(&d.told[0]), id));
	assert_string_equal(buf_text(&d.told[0]), buf_text(&e.told[0]));
	clear(&e);
	clear(&b);
	clear(&c);
	clear(&d);
}

/* It leaves memory between the look and the answer. */
static void
test_leaves_meanwhile(void **state)
{
	static const char *const both[] = {"k-1", "k-2"};
	struct fixture *f = *state;
	struct asker a, b;
	char id[ULID_TEXT];

	ask(f, &a, "uid:1", one_key, 1);
	settle(f, &a);
	strcpy(id, a.started[0]->run.id_text);
	ask(f, &b, "uid:1", both, 2);
	assert_false(b.came);
	clear(&a);
	settle(f, &b);
	assert_null(b.started[0]);
	assert_non_null(b.started[1]);
	assert_non_null(strstr(buf_text(&b.told[0]), id));
	clear(&b);
}

/* Twice in one array, and without a key in between. */
static void
test_array(void **state)
{
	static const char *const keys[] = {"k-1", NULL, "k-1", "k-2"};
	struct fixture *f = *state;
	struct asker a;

	ask(f, &a, "uid:1", keys, 4);
	settle(f, &a);
	assert_non_null(a.started[0]);
	assert_null(a.started[1]);
	assert_int_equal(a.told[1].len, 0);
	assert_null(a.started[2]);
	assert_non_null(strstr(buf_text(&a.told[2]), "repeated"));
	assert_non_null(a.started[3]);
	clear(&a);
}

static void
test_clients_apart(void **state)
{
	struct fixture *f = *state;
	struct asker a, b, c;

	ask(f, &a, "uid:1", one_key, 1);
	ask(f, &b, "uid:11", one_key, 1);
	settle(f, &a);
	settle(f, &b);
	assert_non_null(a.started[0]);
	assert_non_null(b.started[0]);
	clear(&a);
	clear(&b);
	ask(f, &c, "uid:111", one_key, 1);
	settle(f, &c);
	assert_non_null(c.started[0]);
	clear(&c);
}

static void
hash_of(const char *request, const char *input, uint8_t ret[16])
{
	_cleanup_(json_p) json_t *json = json_loads(request, 0, NULL);
	_cleanup_(payload_unref) struct payload *p = payload_text(input);

	assert_non_null(json);
	key_request_hash(json, p, ret);
}

/* What is the same request, and what is not. */
static void
test_same_request(void **state)
{
	static const struct {
		const char *request, *input;
		bool same;
	} requests[] = {
	    {"{\"budget\":{\"calls\":3},\"plugin\":\"echo\"}", "{\"a\":\"b c\"}", true},
	    {"{\"plugin\":\"echo\",\"budget\":{\"calls\":3},\"key\":\"x\",\"input\":null}", " { \"a\" :\n\"b c\"}",
		true},
	    {"{\"plugin\":\"echo\",\"budget\":{\"calls\":4}}", "{\"a\":\"b c\"}", false},
	    {"{\"plugin\":\"echo\"}", "{\"a\":\"b c\"}", false},
	    {"{\"plugin\":\"echo\",\"budget\":{\"calls\":3},\"version\":\"1.0.0\"}", "{\"a\":\"b c\"}", false},
	    {"{\"plugin\":\"echo\",\"budget\":{\"calls\":3}}", "{\"a\":\"bc\"}", false},
	    {"{\"plugin\":\"echo\",\"budget\":{\"calls\":3}}", "{\"a\":\"b\\\" c\"}", false},
	    {"{\"plugin\":\"echo\",\"budget\":{\"calls\":3}}", "{\"a\":\"b c\"} ", true},
	};
	uint8_t first[16], hash[16];

	(void)state;
	hash_of("{\"plugin\":\"echo\",\"budget\":{\"calls\":3}}", "{\"a\":\"b c\"}", first);
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		hash_of(requests[i].request, requests[i].input, hash);
		assert_int_equal(memcmp(first, hash, sizeof(hash)) == 0, requests[i].same);
	}
}

/* Records of a foreign journal: what has no whole key leaves the table as it is. */
static void
test_foreign_records(void **state)
{
	struct fixture *f = *state;
	char much[600];
	struct asker a;

	memset(much, 'k', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	for (int i = 0; i < 4; i++) {
		struct record rec;

		record_init(&rec, RECORD_RUN_START);
		rec.head.run[0] = (uint8_t)(i + 1);
		record_add_text(&rec, TAG_CLIENT, i == 3 ? NULL : "uid:1");
		record_add_text(&rec, TAG_KEY, i == 2 ? much : "k-1");
		if (i != 0)
			record_add(&rec, TAG_REQUEST, "0123456789abcdef", i == 1 ? 15 : 16);
		store_append(f->runs.store, &rec);
	}
	ask(f, &a, "uid:1", one_key, 1);
	settle(f, &a);
	assert_non_null(a.started[0]);
	clear(&a);
}

int
main(void)
{
#define IN_FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_valid),
	    cmocka_unit_test(test_same_request),
	    IN_FIXTURE(test_two_at_once),
	    IN_FIXTURE(test_found_everywhere),
	    IN_FIXTURE(test_leaves_meanwhile),
	    IN_FIXTURE(test_array),
	    IN_FIXTURE(test_clients_apart),
	    IN_FIXTURE(test_foreign_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
