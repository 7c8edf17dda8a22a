/* Records that make no sense are told as damage, and nothing of the run is left behind. */

#include "restore_world.h"

#include <sodium.h>

static void
test_damage(void **state)
{
	static const struct {
		const char *path;
		enum record_kind kind;
		uint32_t seq; /* of the record, from the next on */
	} bad[] = {{"/0", RECORD_CALL_START, 0}, {"/0/7/7", RECORD_CALL_START, 0}, {"/1", RECORD_CALL_END, 0},
	    {"", RECORD_OP_OUTCOME, 0}, {"/0/4294967295", RECORD_OP_INTENT, 0}, {"/0/0", RECORD_OP_OUTCOME, 0},
	    {"/0/3", RECORD_PART, 0}, {"/0", RECORD_LOG, 1}, {"0/3", RECORD_LOG, 0}, {"/0/x", RECORD_REFUSAL, 0},
	    {"/0/3", RECORD_RESOLVED, 0}, {"/0", RECORD_RUN_START, 0}};

	plays_until(RECORD_CALL_START, 3);
	begin_anew(state);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct record r;

		record_init(&r, bad[i].kind);
		r.head.seq = n_kept + bad[i].seq;
		record_add_text(&r, TAG_PATH, bad[i].path);
		record_add_text(&r, TAG_TARGET, "b");
		assert_damage(state, n_kept, i, &r);
		world_is_peopled();
	}
	forget_kept();
}

/* What a record says of its op: each of these would be an op that nothing can be done with. */
static void
test_damage_of_ops(void **state)
{
	static const struct {
		const char *path;
		enum record_kind kind;
		uint16_t op;
		int64_t real_ns;
	} bad[] = {{"/0/10", RECORD_CALL_START, WIRE_OP_SLEEP, 1}, {"/0/10", RECORD_OP_INTENT, WIRE_OP_RECALL, 1},
	    {"/0/10", RECORD_COMMAND, WIRE_OP_HTTP, 1}, {"/0/10", RECORD_OP_OUTCOME, WIRE_OP_RECALL, 1},
	    {"/0/10", RECORD_REFUSAL, WIRE_OP_CALL, -1}, {"/0/10", RECORD_REFUSAL, 99, 1}};

	plays_until(RECORD_CALL_START, 3);
	begin_anew(state);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct record r;

		record_init(&r, bad[i].kind);
		r.head.seq = n_kept;
		r.head.real_ns = bad[i].real_ns;
		r.head.status = bad[i].kind == RECORD_REFUSAL ? HOSPES_EPERM : 0;
		record_add_text(&r, TAG_PATH, bad[i].path);
		record_add_text(&r, TAG_TARGET, "b");
		record_add_text(&r, TAG_CALLEE, "b");
		record_add_text(&r, TAG_VERSION, "1.0.0");
		record_add(&r, TAG_OP_KIND, &bad[i].op, sizeof(bad[i].op));
		if (bad[i].kind == RECORD_CALL_START)
			record_add_text(&r, TAG_INPUT, "{}");
		assert_damage(state, n_kept, i, &r);
		world_is_peopled();
	}
	forget_kept();
}

static void
test_damage_of_reviews(void **state)
{
#define ASKED "{\"cause\":\"agent\",\"question\":\"q\",\"default\":\"reject\",\"hash\":\"00\"}"
	static const struct {
		enum record_kind kind;
		const char *id, *body, *decision, *input;
	} bad[] = {{RECORD_REVIEW, NULL, ASKED, NULL, "{}"}, {RECORD_REVIEW, "x", ASKED, NULL, "{}"},
	    {RECORD_REVIEW, "x-0", ASKED, NULL, "{}"}, {RECORD_REVIEW, "x-1", NULL, NULL, "{}"},
	    {RECORD_REVIEW, "x-1", "{}", NULL, "{}"}, {RECORD_REVIEW, "x-1", "[", NULL, "{}"},
	    {RECORD_REVIEW, "x-1", "{\"cause\":1,\"question\":1,\"default\":1,\"hash\":1}", NULL, "{}"},
	    {RECORD_REVIEW, "a much longer id than any review of any run could have-1", ASKED, NULL, "{}"},
	    {RECORD_REVIEW, "x-99999999999", ASKED, NULL, "{}"}, {RECORD_REVIEW, "x-1", ASKED, NULL, NULL},
	    {RECORD_RESOLVED, "x-1", NULL, "approve", NULL}, {RECORD_RESOLVED, "-1", NULL, "so", NULL},
	    {RECORD_RESOLVED, "-1", NULL, NULL, NULL}, {RECORD_RESOLVED, "-1", NULL, "open", NULL},
	    {RECORD_RESOLVED, "-1", NULL, "edit", NULL}, {RECORD_RESOLVED, "-1", NULL, "answer", NULL}};

	plays_until(RECORD_REVIEW, 1);
	begin_anew(state);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		bool another = bad[i].kind == RECORD_REVIEW;
		uint16_t kind = WIRE_OP_REVIEW;
		struct record r;

		record_init(&r, bad[i].kind);
		r.head.seq = n_kept;
		record_add_text(&r, TAG_PATH, another ? "/0/20" : "/0/11");
		record_add_text(&r, TAG_TARGET, "");
		record_add(&r, TAG_OP_KIND, &kind, sizeof(kind));
		record_add_text(&r, TAG_REVIEW, bad[i].id);
		record_add_text(&r, TAG_BODY, bad[i].body);
		record_add_text(&r, TAG_DECISION, bad[i].decision);
		record_add_text(&r, TAG_INPUT, bad[i].input);
		assert_damage(state, n_kept, i, &r);
		world_is_peopled();
	}
	forget_kept();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_damage_of_ops, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_damage_of_reviews, setup, teardown),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
