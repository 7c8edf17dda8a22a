/* Memory: values and their versions, and documents. */

#include "cmocka_all.h"
#include "memory_world.h"
#include "scratch.h"

#include <stdio.h>

#include "base/json.h"
#include "memory/state.h"

static json_t *
hit(struct world *w, size_t i)
{
	return json_array_get(json_object_get(w->answer, "found"), i);
}

/* ---- Values ------------------------------------------------------------------------------------------------------- */

static void
a_value_is_kept_under_its_key(void **state)
{
	struct world *w = *state;

	assert_int_equal(number(world_put(w, "colour", "\"blue\"", MEMORY_ANY), "version"), 1);
	assert_int_equal(number(world_put(w, "colour", "{\"a\": [1, 2.5]}", MEMORY_ANY), "version"), 2);
	world_get(w, "colour");
	assert_int_equal(number(w->answer, "version"), 2);
	assert_non_null(json_object_get(json_object_get(w->answer, "value"), "a"));
	world_forget(w, "colour");
	assert_true(flag(w->answer, "forgotten"));
	world_forget(w, "colour");
	assert_false(flag(w->answer, "forgotten"));
	assert_null(world_get(w, "colour"));
	assert_int_equal(w->fault.status, HOSPES_ENOENT);
}

static void
a_version_that_is_not_the_last_is_refused(void **state)
{
	struct world *w = *state;

	assert_null(world_put(w, "k", "1", 7));
	assert_int_equal(w->fault.status, HOSPES_ECONFLICT);
	assert_int_equal(number(world_put(w, "k", "1", 0), "version"), 1);
	assert_null(world_put(w, "k", "2", 0));
	assert_int_equal(w->fault.status, HOSPES_ECONFLICT);
	assert_int_equal(number(world_put(w, "k", "2", 1), "version"), 2);
	assert_int_equal(number(json_object_get(world_get(w, "k"), "value"), "none"), 0);
	assert_int_equal(json_integer_value(json_object_get(w->answer, "value")), 2);
}

/* Each of many that are appended in one turn learns what came of its own. */
static void
commands_of_one_turn_learn_their_own_outcome(void **state)
{
	struct world *w = *state;
	json_int_t versions[20];

	for (size_t i = 0; i < 20; i++) {
		struct memory_command *c = NULL;

		assert_int_equal(memory_put(w->memory, &world_space, "k", "1", 1, MEMORY_ANY, &c, &w->fault), 0);
		memory_append(w->memory, c, "test", world_done, w);
		w->answered = i == 19 ? w->answered : false;
		if (i < 19)
			memory_unwait(w->memory, w);
	}
	versions[0] = number(world_wait(w), "version");
	assert_int_equal(versions[0], 20);
}

static void
bad_values_keys_and_names_are_refused(void **state)
{
	static const char *const names[] = {"", "Notes", "1a", "a b", "sources", "a/b", NULL};
	struct memory_command *c = NULL;
	struct world *w = *state;
	char key[300];

	memset(key, 'k', sizeof key - 1);
	key[256] = '\0';
	assert_null(world_put(w, key, "1", MEMORY_ANY));
	assert_int_equal(w->fault.status, HOSPES_EINPUT);
	key[255] = '\0';
	assert_non_null(world_put(w, key, "1", MEMORY_ANY));
	assert_null(world_put(w, "a\nb", "1", MEMORY_ANY));
	assert_null(world_put(w, "", "1", MEMORY_ANY));
	assert_null(world_put(w, "k", "{", MEMORY_ANY));
	assert_int_equal(w->fault.status, HOSPES_EINPUT);
	for (size_t i = 0; names[i] != NULL; i++) {
		struct memory_space space = {.client = "uid:1", .name = names[i]};

		assert_int_equal(memory_put(w->memory, &space, "k", "1", 1, MEMORY_ANY, &c, &w->fault), HOSPES_EINPUT);
		assert_false(memory_name_valid(names[i]));
	}
	w->value_max = 10;
	world_close(w);
	world_open(w);
	assert_null(world_put(w, "k", "\"123456789\"", MEMORY_ANY));
	assert_int_equal(w->fault.status, HOSPES_ETOOLARGE);
}

/* What the body of a put is cut at cannot be brought in by a key. */
static void
a_key_cannot_pretend_to_be_the_value(void **state)
{
	struct world *w = *state;

	world_put(w, "x\",\"value\":1,\"y\":\"", "{\"value\":2,\"key\":\"other\"}", MEMORY_ANY);
	assert_non_null(world_get(w, "x\",\"value\":1,\"y\":\""));
	assert_int_equal(number(json_object_get(w->answer, "value"), "value"), 2);
}

static void
keys_are_listed_in_their_order(void **state)
{
	static const char *const keys[] = {"b", "a", "ab", "c", "abc"};
	struct world *w = *state;
	json_t *list;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		world_put(w, keys[i], "12", MEMORY_ANY);
	memory_list(w->memory, &world_space, "a", "", 2, world_done, w);
	list = json_object_get(world_wait(w), "keys");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(text(json_array_get(list, 1), "key"), "ab");
	assert_int_equal(number(json_array_get(list, 1), "bytes"), 2);
	assert_true(flag(w->answer, "more"));
	memory_list(w->memory, &world_space, "a", "ab", 2, world_done, w);
	list = json_object_get(world_wait(w), "keys");
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(text(json_array_get(list, 0), "key"), "abc");
	assert_false(flag(w->answer, "more"));
}

static void
values_are_found(void **state)
{
	struct world *w = *state;

	world_put(w, "advice", "\"Never buy a heron from a stranger.\"", MEMORY_ANY);
	world_search(w, "herons");
	assert_int_equal(hits(w), 1);
	assert_string_equal(text(hit(w, 0), "key"), "advice");
	assert_int_equal(number(hit(w, 0), "version"), 1);
	assert_string_equal(text(hit(w, 0), "text"), "Never buy a heron from a stranger.");
	world_put(w, "advice", "\"Buy an owl.\"", MEMORY_ANY);
	world_search(w, "heron");
	assert_int_equal(hits(w), 0);
	world_search(w, "owl");
	assert_int_equal(number(hit(w, 0), "version"), 2);
	world_forget(w, "advice");
	world_search(w, "owl");
	assert_int_equal(hits(w), 0);
}

/* ---- Documents ---------------------------------------------------------------------------------------------------- */

static void
a_document_is_found_by_its_words(void **state)
{
	struct world *w = *state;

	world_load(w, "birds", of_birds);
	assert_int_equal(json_array_size(w->answer), 1);
	assert_true(flag(json_array_get(w->answer, 0), "new"));
	world_search(w, "hunting \"at night\"");
	assert_int_equal(hits(w), 1);
	assert_string_equal(text(hit(w, 0), "document"), "birds");
	assert_string_equal(text(hit(w, 0), "heading"), "Of birds");
	assert_string_equal(text(hit(w, 0), "text"), "Owls hunt at night, when mice are about.");
	assert_memory_equal(of_birds + number(hit(w, 0), "from"), "Owls", 4);
	assert_true(json_real_value(json_object_get(hit(w, 0), "score")) > 0);
	assert_null(world_search(w, "?"));
	assert_int_equal(w->fault.status, HOSPES_EINPUT);
}

static void
the_words_of_a_phrase_stand_together(void **state)
{
	struct world *w = *state;

	world_load(
	    w, "a", "The object of the code is not to be found out by anybody.\n\nHe wrote object code by hand.\n");
	world_search(w, "\"object code\"");
	assert_int_equal(hits(w), 1); /* the smallest words do not count: "object of the code" has one between */
	assert_string_equal(text(hit(w, 0), "text"), "He wrote object code by hand.");
	world_search(w, "object code");
	assert_int_equal(hits(w), 2);
}

static void
the_same_text_stays_what_it_was(void **state)
{
	struct world *w = *state;

	world_load(w, "birds", of_birds);
	world_load(w, "other", of_birds);
	assert_false(flag(json_array_get(w->answer, 0), "new"));
	assert_string_equal(text(json_array_get(w->answer, 0), "document"), "birds");
	assert_int_equal(world_files(w), 1);
	world_load(w, "birds", "Another text of the same name.");
	assert_true(flag(json_array_get(w->answer, 0), "new"));
	memory_documents(w->memory, 1, &world_space, NULL, 0, world_done, w);
	assert_int_equal(json_array_size(json_object_get(world_wait(w), "documents")), 2);
}

static void
a_bad_batch_leaves_nothing(void **state)
{
	static const char *const batches[] = {"", "x", "{}\n", "{\"document\": \"a\", \"bytes\": 5}\nabc",
	    "{\"document\": \"a\", \"bytes\": -1}\n", "{\"document\": \"\", \"bytes\": 1}\nx",
	    "{\"document\": \"a\", \"bytes\": 1, \"more\": 1}\nx", "{\"document\": \"a\\nb\", \"bytes\": 1}\nx",
	    "{\"document\": \"a\", \"bytes\": 2}\nab{\"document\": \"b\", \"bytes\": 1}\n\xff",
	    "{\"document\": \"a\", \"bytes\": 2}\nab\n", "{\"document\": \"a\", \"bytes\": 9223372036854775807}\n"};
	static const char zero[] = "{\"document\": \"a\", \"bytes\": 3}\na\0b";
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(batches); i++) {
		assert_null(world_load_batch(w, &world_space, batches[i], strlen(batches[i])));
		assert_true(w->fault.status == HOSPES_EINPUT || w->fault.status == HOSPES_ETOOLARGE);
	}
	assert_null(world_load_batch(w, &world_space, zero, sizeof zero - 1));
	assert_int_equal(w->fault.status, HOSPES_EINPUT);
	world_settle(w);
	assert_int_equal(world_files(w), 0);
	memory_documents(w->memory, 1, &world_space, NULL, 0, world_done, w);
	assert_int_equal(json_array_size(json_object_get(world_wait(w), "documents")), 0);
}

static void
part_of_a_document_is_whole_characters(void **state)
{
	_cleanup_(free_p) char *digest = NULL;
	struct world *w = *state;

	world_load(w, "a", "x\xc3\xa4y\xe2\x82\xacz");
	digest = xstrdup(text(json_array_get(w->answer, 0), "digest"));
	memory_document(w->memory, 1, &world_space, digest, 2, 5, world_done, w);
	assert_string_equal(text(world_wait(w), "text"), "\xc3\xa4y\xe2\x82\xac");
	assert_int_equal(number(w->answer, "from"), 1);
	assert_int_equal(number(w->answer, "to"), 7);
	memory_document(w->memory, 1, &world_space, digest, 0, 0, world_done, w);
	assert_int_equal(number(world_wait(w), "bytes"), 8);
	assert_string_equal(text(w->answer, "document"), "a");
	memory_document(w->memory, 1, &world_space, digest, 9, 0, world_done, w);
	assert_null(world_wait(w));
	assert_int_equal(w->fault.status, HOSPES_EINPUT);
	digest[0] = digest[0] == '0' ? '1' : '0';
	memory_document(w->memory, 1, &world_space, digest, 0, 0, world_done, w);
	assert_null(world_wait(w));
	assert_int_equal(w->fault.status, HOSPES_ENOENT);
}

static void
documents_are_listed_by_name_and_digest(void **state)
{
	static const char *const names[] = {"b", "a", "c"};
	struct world *w = *state;
	char after[80];
	json_t *list;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		world_load(w, names[i], names[i]);
	memory_documents(w->memory, 1, &world_space, NULL, 2, world_done, w);
	list = json_object_get(world_wait(w), "documents");
	assert_int_equal(json_array_size(list), 2);
	assert_true(flag(w->answer, "more"));
	assert_string_equal(text(json_array_get(list, 1), "document"), "b");
	snprintf(after, sizeof after, "%s", text(json_array_get(list, 1), "digest"));
	memory_documents(w->memory, 1, &world_space, after, 2, world_done, w);
	list = json_object_get(world_wait(w), "documents");
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(text(json_array_get(list, 0), "document"), "c");
	assert_false(flag(w->answer, "more"));
}

static void
missing_documents_are_told(void **state)
{
	struct world *w = *state;
	_cleanup_(json_p) json_t *digests = NULL;

	world_load(w, "a", "a");
	digests = json_pack("[s, s]", text(json_array_get(w->answer, 0), "digest"),
	    "0000000000000000000000000000000000000000000000000000000000000000");
	memory_missing(w->memory, &world_space, digests, world_done, w);
	assert_int_equal(json_array_size(json_object_get(world_wait(w), "missing")), 1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	    T(a_value_is_kept_under_its_key),
	    T(a_version_that_is_not_the_last_is_refused),
	    T(commands_of_one_turn_learn_their_own_outcome),
	    T(bad_values_keys_and_names_are_refused),
	    T(a_key_cannot_pretend_to_be_the_value),
	    T(keys_are_listed_in_their_order),
	    T(values_are_found),
	    T(a_document_is_found_by_its_words),
	    T(the_words_of_a_phrase_stand_together),
	    T(the_same_text_stays_what_it_was),
	    T(a_bad_batch_leaves_nothing),
	    T(part_of_a_document_is_whole_characters),
	    T(documents_are_listed_by_name_and_digest),
	    T(missing_documents_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
