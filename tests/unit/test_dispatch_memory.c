/*
 * The ops of memory in the pipeline: whose space they mean, who may use it, what they leave in the journal, and that nothing
 * is changed twice.
 */

#include "dispatch_world.h"

static char *sources[] = {"licences", "house", NULL};

/* A root call of the plugin "a" for uid:1, whose needs are `needs`. */
static struct call *
start_with(char **needs)
{
	version_add("a", "1.0.0")->needs = needs;
	w.run->client = "uid:1";
	w.policy->dev = false;
	return start();
}

static void
ask_memory(struct call *call, uint16_t kind, const char *target, const char *input)
{
	ask_with(call, kind, target, 0, input, strlen(input));
}

static const char *
text_of(const struct record *r, enum record_tag tag)
{
	static char text[512];
	const struct record_field *f = record_find(r, tag);

	snprintf(text, sizeof(text), "%.*s", f == NULL ? 0 : (int)f->len, f == NULL ? "" : (const char *)f->data);
	return text;
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

static void
test_a_change_is_one_command_of_the_run(void **state)
{
	struct call *root = start_with(NULL);
	struct record command, outcome;

	(void)state;
	ask_memory(root, WIRE_OP_REMEMBER, "/last", "{\"value\" : {\"n\": 1}}");
	assert_string_equal(w.memory.what, "put");
	assert_string_equal(w.memory.spaces, "uid:1/a");
	assert_string_equal(w.memory.key, "last");
	assert_string_equal(w.memory.text, "{\"n\":1}");
	assert_true(w.memory.version == MEMORY_ANY);
	command = record_newest(RECORD_COMMAND);
	assert_string_equal(text_of(&command, TAG_PATH), "/0/0");
	assert_string_equal(text_of(&command, TAG_TARGET), "/last");
	assert_string_equal(text_of(&command, TAG_COMMAND), "memory_put");
	assert_int_equal(command.head.ordinal, 0);
	assert_int_equal(w.memory.lsn, w.run->last_lsn);
	assert_int_equal(w.n_outcomes, 0);

	memory_answers("{\"version\": 4}", NULL);
	assert_int_equal(last_status(), 0);
	assert_string_equal(sentence(root, 0), "{\"version\":4}");
	outcome = record_newest(RECORD_OP_OUTCOME);
	assert_string_equal(text_of(&outcome, TAG_OUTPUT), "{\"version\":4}");
	assert_int_equal(outcome.head.seq, command.head.seq + 1);
}

static void
test_a_replay_changes_nothing_twice(void **state)
{
	struct call *root = start_with(NULL);
	unsigned records;

	(void)state;
	/* The cell dies before the answer, the call begins again and asks again. */
	ask_memory(root, WIRE_OP_REMEMBER, "/last", "{\"value\":1}");
	records = w.n_records;
	root->reissued = 0;
	w.events.begins(root, NULL, w.events.arg);
	ask_memory(root, WIRE_OP_REMEMBER, "/last", "{\"value\":1}");
	assert_int_equal(w.memory.asked, 1);
	assert_int_equal(w.n_records, records);
	memory_answers("{\"version\":1}", NULL);
	assert_int_equal(w.n_outcomes, 1);

	/* And again after it. */
	root->reissued = 0;
	w.events.begins(root, NULL, w.events.arg);
	ask_memory(root, WIRE_OP_REMEMBER, "/last", "{\"value\":1}");
	assert_int_equal(w.memory.asked, 1);
	assert_int_equal(w.n_outcomes, 2);
}

static void
test_compare_and_swap(void **state)
{
	struct call *root = start_with(NULL);
	struct fault fault;

	(void)state;
	ask_memory(root, WIRE_OP_REMEMBER, "/last", "{\"value\":1,\"version\":0}");
	assert_int_equal(w.memory.version, 0);
	fault_set(&fault, HOSPES_ECONFLICT, "it is at version 2");
	memory_answers(NULL, &fault);
	assert_int_equal(last_status(), HOSPES_ECONFLICT);
	assert_string_equal(sentence(root, 0), "it is at version 2");
}

static void
test_recall_forget_and_list(void **state)
{
	struct call *root = start_with(NULL);
	struct record r;

	(void)state;
	ask_memory(root, WIRE_OP_RECALL, "/last", "{}");
	assert_string_equal(w.memory.what, "get");
	memory_answers("{\"value\":1,\"version\":1}", NULL);
	assert_string_equal(sentence(root, 0), "{\"value\":1,\"version\":1}");

	ask_memory(root, WIRE_OP_FORGET, "/last", "{}");
	assert_string_equal(w.memory.what, "forget");
	r = record_newest(RECORD_COMMAND);
	assert_string_equal(text_of(&r, TAG_COMMAND), "memory_forget");
	memory_answers("{\"forgotten\":true}", NULL);

	ask_memory(root, WIRE_OP_LIST, "/day/", "{\"after\":\"day/1\",\"most\":7}");
	assert_string_equal(w.memory.what, "list");
	assert_string_equal(w.memory.key, "day/");
	assert_string_equal(w.memory.text, "day/1");
	assert_int_equal(w.memory.most, 7);
	memory_answers("{\"keys\":[],\"more\":false}", NULL);
	r = record_newest(RECORD_OP_OUTCOME);
	assert_string_equal(text_of(&r, TAG_INPUT), "{\"after\":\"day/1\",\"most\":7}");
	assert_true(record_find(&r, TAG_NUMBER) != NULL);

	ask_memory(root, WIRE_OP_LIST, "/", "{}");
	assert_string_equal(w.memory.key, "");
	memory_answers("{\"keys\":[],\"more\":false}", NULL);
}

static void
test_a_stopped_op_waits_for_no_answer(void **state)
{
	struct call *root = start_with(NULL);

	(void)state;
	ask_memory(root, WIRE_OP_RECALL, "/last", "{}");
	w.events.abandon(root, 0, w.events.arg);
	assert_null(w.memory.done);
	assert_int_equal(last_status(), HOSPES_ECANCELLED);
}

/* A hundred thousand searches at once are the run's own affair. */
static void
test_a_run_asks_a_few_at_a_time(void **state)
{
	struct call *root = start_with(NULL);
	unsigned asked;

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		ask_memory(root, WIRE_OP_RECALL, "/k", "{}");
	assert_int_equal(w.memory.asked, 16);
	/* One that has waited is stopped: it is none that goes on. */
	w.events.abandon(root, 16, w.events.arg);
	assert_int_equal(last_status(), HOSPES_ECANCELLED);
	memory_answers("{}", NULL);
	assert_int_equal(w.memory.asked, 17);
	assert_int_equal(root->ops[17]->state, OP_OPEN);

	/* What fails at once makes room at once. */
	asked = w.memory.asked;
	for (unsigned i = 0; i < 100; i++)
		ask_memory(root, WIRE_OP_RECALL, "/k", "[]");
	ask_memory(root, WIRE_OP_RECALL, "/last", "{}");
	for (unsigned i = 18; i < 40; i++)
		w.events.abandon(root, i, w.events.arg);
	assert_int_equal(w.memory.asked, asked);
	memory_answers("{}", NULL);
	assert_int_equal(w.memory.asked, asked + 1);
	assert_string_equal(w.memory.key, "last");
	assert_int_equal(root->ops[139]->status, HOSPES_EINPUT);
}

static void
test_what_a_run_moves_has_an_end(void **state)
{
	struct call *root = start_with(NULL);
	size_t len = w.policy->memory_value_max;
	char *value = xmalloc(len);
	uint32_t asked = 0;

	(void)state;
	memset(value, 'x', len);
	memcpy(value, "{\"value\":\"", 10);
	memcpy(value + len - 2, "\"}", 2);
	do {
		ask_with(root, WIRE_OP_REMEMBER, "/k", 0, value, len);
		if (w.memory.done != NULL)
			memory_answers("{\"version\":1}", NULL);
	} while (last_status() == 0 && ++asked < 1000);
	free(value);
	assert_int_equal(asked, 512);
	assert_int_equal(last_status(), HOSPES_EBUDGET);
	assert_non_null(strstr(sentence(root, asked), "this run has moved 512 MiB to and from memory"));
	ask_memory(root, WIRE_OP_RECALL, "/k", "{}");
	assert_int_equal(last_status(), HOSPES_EBUDGET);
}

/* ---- What is foreign --------------------------------------------------------------------------------------------- */

static void
test_a_bad_input_is_told_by_its_member(void **state)
{
	static const struct {
		uint16_t kind;
		const char *target, *input, *says;
	} tries[] = {
	    {WIRE_OP_REMEMBER, "/k", "{", "must be JSON"},
	    {WIRE_OP_REMEMBER, "/k", "[]", "the input of remember has to be an object"},
	    {WIRE_OP_REMEMBER, "/k", "{}", "has no \"value\""},
	    {WIRE_OP_REMEMBER, "/k", "{\"value\":1,\"verison\":1}", "has a member \"verison\""},
	    {WIRE_OP_REMEMBER, "/k", "{\"value\":1,\"version\":-1}", "\"version\" of remember"},
	    {WIRE_OP_REMEMBER, "/k", "{\"value\":1,\"version\":1.5}", "\"version\" of remember"},
	    {WIRE_OP_REMEMBER, "/", "{\"value\":1}", "remember needs a key"},
	    {WIRE_OP_REMEMBER, "", "{\"value\":1}", "remember needs a key"},
	    {WIRE_OP_RECALL, "/k", "{\"value\":1}", "the input of recall has a member \"value\""},
	    {WIRE_OP_LIST, "/k", "{\"after\":1}", "\"after\" of list"},
	    {WIRE_OP_LIST, "/k", "{\"most\":\"1\"}", "\"most\" of list"},
	    {WIRE_OP_DOCUMENT, "/abc", "{\"from\":-1}", "\"from\" of document"},
	    {WIRE_OP_DOCUMENT, "/abc", "{\"to\":null}", "\"to\" of document"},
	    {WIRE_OP_SEARCH, "", "{}", "\"query\" of search"},
	    {WIRE_OP_SEARCH, "", "{\"query\":\"w\",\"within\":\"abc\"}", "\"within\" of search"},
	    {WIRE_OP_SEARCH, "", "{\"query\":\"w\",\"within\":[\"abc\",1]}", "item 1 of \"within\""},
	    {WIRE_OP_SEARCH, "", "{\"query\":\"w\",\"most_each\":[]}", "\"most_each\" of search"},
	    {WIRE_OP_RECALL, "House/k", "{}", "\"House/k\" names no space"},
	    {WIRE_OP_RECALL, "0123456789012345678901234567890123456789012345678901234567890123456789/k", "{}",
		"names no space"},
	};
	struct call *root = start_with(NULL);

	(void)state;
	for (uint32_t i = 0; i < ARRAY_LEN(tries); i++) {
		ask_memory(root, tries[i].kind, tries[i].target, tries[i].input);
		assert_int_equal(last_status(), HOSPES_EINPUT);
		if (strstr(sentence(root, i), tries[i].says) == NULL)
			fail_msg("%s: %s", tries[i].says, sentence(root, i));
	}
	assert_int_equal(w.memory.asked, 0);
}

static void
test_what_is_too_large_is_not_even_parsed(void **state)
{
	struct call *root = start_with(NULL);
	size_t len = w.policy->memory_value_max + 100;
	char *large = xmalloc(len);

	(void)state;
	memset(large, '[', len);
	ask_with(root, WIRE_OP_REMEMBER, "/k", 0, large, len);
	assert_int_equal(last_status(), HOSPES_ETOOLARGE);
	ask_with(root, WIRE_OP_SEARCH, "", 0, large, len);
	assert_int_equal(last_status(), HOSPES_ETOOLARGE);
	free(large);
	ask_memory(root, WIRE_OP_REMEMBER, "/k", "{\"value\":\"too large\"}");
	assert_int_equal(last_status(), HOSPES_ETOOLARGE);
	assert_string_equal(sentence(root, 2), "the value is too large");
}

/* ---- Whose memory ------------------------------------------------------------------------------------------------ */

static void
test_another_space_needs_a_note_and_a_grant(void **state)
{
	static char *needs[] = {"memory:house*", NULL}, *grants[] = {"house", "gar*", NULL};
	struct policy_plugin *plugin = xcalloc(1, sizeof(*plugin));
	struct call *root;

	(void)state;
	plugin->name = xstrdup("a");
	plugin->config = json_object();
	map_put(&w.policy->plugins, plugin->name, plugin);
	root = start_with(needs);
	ask_memory(root, WIRE_OP_RECALL, "garden/k", "{}");
	assert_int_equal(last_status(), HOSPES_EPERM);
	assert_non_null(strstr(sentence(root, 0), "its notes would have to say \"memory:garden\""));
	ask_memory(root, WIRE_OP_RECALL, "house/k", "{}");
	assert_int_equal(last_status(), HOSPES_EPERM);
	assert_non_null(strstr(sentence(root, 1), "a is not granted the memory house; add it to grants.a.memory"));
	assert_int_equal(w.memory.asked, 0);

	plugin->memory = grants;
	ask_memory(root, WIRE_OP_RECALL, "house/k", "{}");
	assert_string_equal(w.memory.spaces, "uid:1/house");
	memory_answers("{}", NULL);
	ask_memory(root, WIRE_OP_RECALL, "house-2/k", "{}");
	assert_int_equal(last_status(), HOSPES_EPERM);
	plugin->memory = NULL;

	/* What the operator's own list of needs leaves out is not declared. */
	plugin->needs = grants;
	ask_memory(root, WIRE_OP_SEARCH, "house", "{\"query\":\"w\"}");
	assert_int_equal(last_status(), HOSPES_EPERM);
	plugin->needs = NULL;
}

static void
test_the_sources_of_a_run_are_read_only(void **state)
{
	static char *needs[] = {"memory:sources", NULL};
	struct call *root;

	(void)state;
	w.run->sources = sources;
	root = start_with(needs);
	ask_memory(root, WIRE_OP_DOCUMENTS, "sources", "{\"after\":\"abcd\",\"most\":3}");
	assert_string_equal(w.memory.spaces, "uid:1/licences uid:1/house");
	assert_string_equal(w.memory.key, "abcd");
	memory_answers("{\"documents\":[],\"more\":false}", NULL);
	ask_memory(root, WIRE_OP_DOCUMENTS, "sources", "{}");
	assert_string_equal(w.memory.key, "(null)");
	memory_answers("{\"documents\":[],\"more\":false}", NULL);
	ask_memory(root, WIRE_OP_DOCUMENT, "sources/abcd", "{\"from\":5,\"to\":9}");
	assert_string_equal(w.memory.spaces, "uid:1/licences uid:1/house");
	assert_string_equal(w.memory.key, "abcd");
	assert_int_equal(w.memory.from, 5);
	assert_int_equal(w.memory.to, 9);
	memory_answers("{}", NULL);
	ask_memory(root, WIRE_OP_SEARCH, "sources",
	    "{\"query\":\"words\",\"most\":2,\"most_each\":1,\"within\":[\"aa\",\"bb\"]}");
	assert_string_equal(w.memory.spaces, "uid:1/licences uid:1/house");
	assert_string_equal(w.memory.text, "words");
	assert_int_equal(w.memory.most, 2);
	assert_int_equal(w.memory.most_each, 1);
	assert_int_equal(w.memory.within, 2);
	memory_answers("{\"found\":[]}", NULL);
	assert_int_equal(w.memory.asked, 4);

	ask_memory(root, WIRE_OP_REMEMBER, "sources/k", "{\"value\":1}");
	assert_int_equal(last_status(), HOSPES_EPERM);
	assert_non_null(strstr(sentence(root, 4), "may only read the sources of a run"));
	ask_memory(root, WIRE_OP_FORGET, "sources/k", "{}");
	assert_int_equal(last_status(), HOSPES_EPERM);
	ask_memory(root, WIRE_OP_RECALL, "sources/k", "{}");
	assert_int_equal(last_status(), HOSPES_EINPUT);
	assert_non_null(strstr(sentence(root, 6), "the sources of a run are documents"));
	ask_memory(root, WIRE_OP_LIST, "sources/", "{}");
	assert_int_equal(last_status(), HOSPES_EINPUT);
	assert_int_equal(w.memory.asked, 4);
}

static void
test_a_run_without_sources(void **state)
{
	static char *needs[] = {"memory:sources", NULL};
	struct call *root = start_with(needs);

	(void)state;
	ask_memory(root, WIRE_OP_SEARCH, "sources", "{\"query\":\"w\"}");
	assert_int_equal(last_status(), HOSPES_ENOENT);
	assert_non_null(strstr(sentence(root, 0), "this run was started without sources"));
}

static void
test_sources_need_a_note(void **state)
{
	struct call *root;

	(void)state;
	w.run->sources = sources;
	root = start_with(NULL);
	ask_memory(root, WIRE_OP_SEARCH, "sources", "{\"query\":\"w\"}");
	assert_int_equal(last_status(), HOSPES_EPERM);
	assert_int_equal(w.memory.asked, 0);
}

static void
test_a_case_answers_for_memory(void **state)
{
	json_t *script = json_pack("{s:[{s:{s:s s:s} s:{s:i s:i}}] s:i}", "ops", "expect", "op", "recall", "target",
	    "/last", "answer", "value", 5, "version", 2, "at", 0);
	struct call *root;

	(void)state;
	w.run->script = script;
	root = start_with(NULL);
	ask_memory(root, WIRE_OP_RECALL, "/last", "{}");
	assert_int_equal(last_status(), 0);
	assert_string_equal(sentence(root, 0), "{\"value\":5,\"version\":2}");
	assert_int_equal(w.memory.asked, 0);
	json_decref(script);
}

int
main(void)
{
#define PROMISE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    PROMISE(test_a_change_is_one_command_of_the_run),
	    PROMISE(test_a_replay_changes_nothing_twice),
	    PROMISE(test_compare_and_swap),
	    PROMISE(test_recall_forget_and_list),
	    PROMISE(test_a_stopped_op_waits_for_no_answer),
	    PROMISE(test_a_run_asks_a_few_at_a_time),
	    PROMISE(test_what_a_run_moves_has_an_end),
	    PROMISE(test_a_bad_input_is_told_by_its_member),
	    PROMISE(test_what_is_too_large_is_not_even_parsed),
	    PROMISE(test_another_space_needs_a_note_and_a_grant),
	    PROMISE(test_the_sources_of_a_run_are_read_only),
	    PROMISE(test_a_run_without_sources),
	    PROMISE(test_sources_need_a_note),
	    PROMISE(test_a_case_answers_for_memory),
	};

	return cmocka_run_group_tests_name("dispatch-memory", tests, NULL, NULL);
}
