/* Reviews in the store, over a real journal and a real store: listed in their order, shown with what was asked and said, gone
 * with the records that had it, and with their run. */

#include "config.h"

#include <ctype.h>
#include <sched.h>

#include "store_place.h"

#include "base/json.h"
#include "run/reviews.h"
#include "run/state.h"

struct fixture {
	struct store_place at;
	struct runs runs;
	struct run_slot slot; /* of the one run */
	json_t *view;
	struct fault fault;
	bool came;
	char said[64]; /* what dispatch was told */
};

static struct fixture *now;

/* ---- What is above and beside this room -------------------------------------------------------------------------- */

struct run *
run_find(struct runs *r, const char *id_text)
{
	return map_get(&r->by_id, id_text);
}

json_t *
dispatch_reviews(const struct run *run)
{
	(void)run;
	return json_pack("[{s:s s:s s:s}]", "id", "none", "question", "q", "default", "reject");
}

int
dispatch_review(
    struct dispatch *d, struct run *run, const char *id, const struct review_said *said, struct fault *fault)
{
	(void)d, (void)run, (void)fault;
	snprintf(now->said, sizeof now->said, "%s %s %s", strrchr(id, '-'), said->decision, said->who);
	return 0;
}

static const struct store_apply rows[] = {
    {RECORD_REVIEW, NULL, review_apply},
    {RECORD_RESOLVED, NULL, reviewed_apply},
    {RECORD_COMMAND, COMMAND_DROPPED, reviews_dropped_apply},
    {RECORD_COMMAND, COMMAND_ERASE, reviews_erased_apply},
    {0, NULL, NULL},
};

static void
open_both(struct fixture *f)
{
	static const struct store_apply *const tables[] = {rows, NULL};

	store_place_both(&f->at, tables, &f->runs.journal, &f->runs.store);
}

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	store_place_open(&f->at);
	open_both(f);
	f->slot.run.id = ulid_new();
	ulid_format(&f->slot.run.id, f->slot.run.id_text);
	map_put(&f->runs.by_id, f->slot.run.id_text, &f->slot);
	*state = now = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	json_decref(f->view);
	store_close(&f->runs.store);
	journal_close(&f->runs.journal);
	map_free(&f->runs.by_id);
	store_place_close(&f->at);
	free(f);
	return 0;
}

/* ---- Playing it -------------------------------------------------------------------------------------------------- */

static char *
id_of(const struct fixture *f, unsigned nth)
{
	return xasprintf("%s-%u", f->slot.run.id_text, nth);
}

static uint64_t
append(struct fixture *f, struct record *r)
{
	struct run *run = &f->slot.run;

	memcpy(r->head.run, run->id.bytes, sizeof(r->head.run));
	r->head.prev = run->last_lsn;
	r->head.seq = run->seq++;
	return run->last_lsn = store_append(f->runs.store, r);
}

static uint64_t
raised(struct fixture *f, unsigned nth, const char *question)
{
	_cleanup_(free_p) char *id = id_of(f, nth);
	_cleanup_(json_p) json_t *body =
	    json_pack("{s:s s:s s:s s:s s:s s:s s:[i]}", "run", f->slot.run.id_text, "cause", "agent", "question",
		question, "hash", "00ff", "default", "reject", "plugin", "asker", "context", (int)nth);
	_cleanup_(free_p) char *text = json_text(body);
	int64_t deadline = 1700000000 * NS_PER_S;
	struct record r;

	record_init(&r, RECORD_REVIEW);
	record_add_text(&r, TAG_PATH, "/0/3");
	record_add_text(&r, TAG_REVIEW, id);
	record_add(&r, TAG_DEADLINE, &deadline, sizeof(deadline));
	record_add_text(&r, TAG_BODY, text);
	return append(f, &r);
}

static uint64_t
decided(struct fixture *f, unsigned nth, const char *decision, const char *value)
{
	_cleanup_(free_p) char *id = id_of(f, nth);
	struct record r;

	record_init(&r, RECORD_RESOLVED);
	record_add_text(&r, TAG_PATH, "/0/3");
	record_add_text(&r, TAG_REVIEW, id);
	record_add_text(&r, TAG_DECISION, decision);
	record_add_text(&r, TAG_ACTOR, "uid:7");
	record_add_text(&r, TAG_REASON, "so it is");
	record_add_text(&r, TAG_BODY, value);
	return append(f, &r);
}

static void
command(struct fixture *f, const char *name, const char *body)
{
	struct record r;

	record_init(&r, RECORD_COMMAND);
	record_add_text(&r, TAG_COMMAND, name);
	record_add_text(&r, TAG_BODY, body);
	store_append(f->runs.store, &r);
}

static void
viewed(json_t *view, const struct fault *fault, void *arg)
{
	struct fixture *f = arg;

	json_decref(f->view);
	f->view = view;
	f->fault = fault == NULL ? (struct fault){0} : *fault;
	f->came = true;
}

static json_t *
list(struct fixture *f, bool all, unsigned limit)
{
	f->came = false;
	run_review_list(&f->runs, all, limit, viewed, f);
	while (!f->came)
		event_base_loop(f->at.loop, EVLOOP_ONCE);
	return f->view;
}

/* "3 2 1": the numbers of those that are listed. */
static void
lists(struct fixture *f, bool all, unsigned limit, const char *expected)
{
	_cleanup_(buf_free) struct buf found = {0};
	json_t *one;
	size_t i;

	json_array_foreach(list(f, all, limit), i, one)
	{
		buf_printf(
		    &found, "%s%s", i > 0 ? " " : "", strrchr(json_string_value(json_object_get(one, "id")), '-') + 1);
		assert_null(json_object_get(one, "context"));
		assert_non_null(json_object_get(one, "question"));
	}
	assert_string_equal(buf_text(&found), expected);
}

static json_t *
show(struct fixture *f, const char *id)
{
	f->came = false;
	run_review_show(&f->runs, id, viewed, f);
	while (!f->came)
		event_base_loop(f->at.loop, EVLOOP_ONCE);
	return f->view;
}

static void
shows(struct fixture *f, unsigned nth, const char *expected)
{
	_cleanup_(free_p) char *id = id_of(f, nth);
	_cleanup_(json_p) json_t *want = json_loads(expected, 0, NULL);
	const json_t *found = show(f, id), *value;
	const char *key;

	assert_non_null(want);
	json_object_foreach(want, key, value)
	{
		if (json_equal(json_object_get(found, key), value) != 1)
			fail_msg("%s of %s", key, expected);
	}
}

/* ---- The tests --------------------------------------------------------------------------------------------------- */

static void
test_in_their_order(void **state)
{
	struct fixture *f = *state;

	lists(f, true, 10, "");
	for (unsigned i = 1; i <= 4; i++)
		raised(f, i, "Is it?");
	lists(f, false, 10, "1 2 3 4");
	lists(f, false, 2, "1 2");
	decided(f, 2, "edit", "{\"a\":1}");
	decided(f, 1, "reject", NULL);
	lists(f, false, 10, "3 4");
	lists(f, true, 10, "3 4 1 2");
	lists(f, true, 3, "3 4 1");
	store_close(&f->runs.store);
	journal_close(&f->runs.journal);
	open_both(f);
	lists(f, true, 10, "3 4 1 2");
}

static void
test_what_was_asked_and_said(void **state)
{
	struct fixture *f = *state;

	raised(f, 1, "Is it?");
	shows(f, 1,
	    "{\"state\":\"open\",\"cause\":\"agent\",\"question\":\"Is it?\",\"context\":[1],\"hash\":\"00ff\","
	    "\"default\":\"reject\",\"plugin\":\"asker\",\"call\":\"/0/3\",\"deadline\":\"2023-11-14T22:13:20.000Z\"}");
	decided(f, 1, "edit", "{\"a\":1}");
	shows(f, 1,
	    "{\"state\":\"decided\",\"decision\":\"edit\",\"by\":\"uid:7\",\"why\":\"so it is\",\"value\":{\"a\":1},"
	    "\"context\":[1]}");
	assert_null(json_object_get(f->view, "raised_ns"));
	assert_null(json_object_get(f->view, "asked"));
}

static void
test_ids_that_are_none(void **state)
{
	struct fixture *f = *state;
	_cleanup_(free_p) char *none = id_of(f, 9);
	const char *const ids[] = {"", "x", f->slot.run.id_text, none, "01ARZ3NDEKTSV4RRFFQ69G5FAV-",
	    "01ARZ3NDEKTSV4RRFFQ69G5FAV-0", "01ARZ3NDEKTSV4RRFFQ69G5FAV-x", "01ARZ3NDEKTSV4RRFFQ69G5FAV-4294967296",
	    "01ARZ3NDEKTSV4RRFFQ69G5FAV-11111111111111", "!1ARZ3NDEKTSV4RRFFQ69G5FAV-1"};

	raised(f, 1, "Is it?");
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		assert_null(show(f, ids[i]));
		assert_int_equal(f->fault.status, HOSPES_ENOENT);
	}
}

/* The record lies elsewhere since its run was moved to the end of the log: the run knows where. */
static void
test_found_where_its_run_went(void **state)
{
	struct fixture *f = *state;
	_cleanup_(buf_free) struct buf storage = {0};
	struct record copy;
	struct fault fault;
	uint64_t end = raised(f, 1, "Is it?"), first = end;

	shows(f, 1, "{\"question\":\"Is it?\"}");
	assert_int_equal(journal_read(f->runs.journal, end, &storage, &copy, &fault), 0);
	journal_turn(f->runs.journal);
	copy.head.kind |= RECORD_COPY;
	copy.head.prev = 0;
	f->slot.run.last_lsn = end = store_append(f->runs.store, &copy);
	(void)list(f, true, 1);
	journal_drop(f->runs.journal, end);
	while (journal_first(f->runs.journal) <= first)
		sched_yield();
	shows(f, 1, "{\"question\":\"Is it?\",\"context\":[1]}");
	(void)list(f, true, 1);
	assert_null(json_object_get(json_array_get(f->view, 0), "question")); /* a list does not look that far */
	map_free(&f->runs.by_id);
	shows(f, 1, "{\"cause\":\"agent\"}");
	assert_null(json_object_get(f->view, "question"));
}

static void
test_gone_with_its_records(void **state)
{
	struct fixture *f = *state;
	_cleanup_(free_p) char *body = NULL;
	uint64_t below;

	for (unsigned i = 1; i <= 4; i++)
		raised(f, i, "Is it?");
	decided(f, 1, "approve", NULL);
	below = decided(f, 2, "approve", NULL);
	decided(f, 3, "approve", NULL);
	body = xasprintf("{\"below\":%llu}", (unsigned long long)below);
	command(f, COMMAND_DROPPED, body);
	lists(f, true, 10, "4 3 2"); /* the first was decided before; the last is open, however old */
}

static void
test_gone_with_its_run(void **state)
{
	struct fixture *f = *state;
	_cleanup_(free_p) char *body = xasprintf("{\"run\":\"%s\"}", f->slot.run.id_text);

	raised(f, 1, "Is it?");
	raised(f, 2, "And that?");
	decided(f, 1, "approve", NULL);
	command(f, COMMAND_ERASE, "{\"run\":\"01ARZ3NDEKTSV4RRFFQ69G5FAV\"}");
	lists(f, true, 10, "2 1");
	command(f, COMMAND_ERASE, body);
	lists(f, true, 10, "");
}

static void
test_requests_to_decide(void **state)
{
	static const struct {
		const char *request;
		int status;
	} rows_of[] = {
	    {"{\"decision\":\"approve\",\"hash\":\"00\"}", 0},
	    {"{\"decision\":\"approve\",\"hash\":\"00\",\"why\":null}", 0},
	    {"{\"decision\":\"approve\"}", HOSPES_EINPUT},
	    {"{\"decision\":1,\"hash\":\"00\"}", HOSPES_EINPUT},
	    {"{\"hash\":\"00\"}", HOSPES_EINPUT},
	    {"{\"decision\":\"approve\",\"hash\":\"00\",\"more\":1}", HOSPES_EINPUT},
	    {"{\"decision\":\"approve\",\"hash\":\"00\",\"why\":7}", HOSPES_EINPUT},
	};
	struct fixture *f = *state;
	_cleanup_(free_p) char *id = id_of(f, 1);
	struct fault fault;

	for (size_t i = 0; i < ARRAY_LEN(rows_of); i++) {
		_cleanup_(json_p) json_t *request = json_loads(rows_of[i].request, 0, NULL);

		assert_int_equal(run_review_decide(&f->runs, id, request, "uid:7", &fault), rows_of[i].status);
	}
	assert_string_equal(f->said, "-1 approve uid:7");
	for (char *at = id; *at != '\0'; at++)
		*at = (char)tolower(*at);
	for (int step = RESUME_WAITS; step <= RESUME_REPEATS; step++) {
		_cleanup_(json_p) json_t *request = json_loads(rows_of[0].request, 0, NULL);

		f->slot.step = (enum resume_step)step;
		assert_int_equal(run_review_decide(&f->runs, id, request, "uid:7", &fault),
		    step == RESUME_REPEATS ? 0 : HOSPES_EBUSY);
		assert_int_equal(run_review_decide(&f->runs, "01ARZ3NDEKTSV4RRFFQ69G5FAV-1", request, "uid:7", &fault),
		    HOSPES_ENOENT);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_in_their_order),
	    TEST(test_what_was_asked_and_said),
	    TEST(test_ids_that_are_none),
	    TEST(test_found_where_its_run_went),
	    TEST(test_gone_with_its_records),
	    TEST(test_gone_with_its_run),
	    TEST(test_requests_to_decide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
