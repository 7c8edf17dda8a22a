/* Memory: values, versions, documents and the search over both. */

#include "cmocka_all.h"
#include "memory_world.h"

#include "base/json.h"

static int
setup(void **state)
{
	*state = world_new();
	return 0;
}

static int
teardown(void **state)
{
	world_free((struct world **)state);
	return 0;
}

static json_int_t
number(const json_t *j, const char *member)
{
	return json_integer_value(json_object_get(j, member));
}

static void
a_value_is_kept_under_its_key(void **state)
{
	struct world *w = *state;

	assert_int_equal(number(world_put(w, "colour", "\"blue\"", MEMORY_ANY), "version"), 1);
	assert_int_equal(number(world_put(w, "colour", "{\"a\": [1, 2.5]}", MEMORY_ANY), "version"), 2);
	world_get(w, "colour");
	assert_int_equal(number(w->answer, "version"), 2);
	assert_true(json_is_object(json_object_get(w->answer, "value")));
	world_forget(w, "colour");
	assert_true(json_is_true(json_object_get(w->answer, "forgotten")));
	world_forget(w, "colour");
	assert_true(json_is_false(json_object_get(w->answer, "forgotten")));
	assert_null(world_get(w, "colour"));
	assert_int_equal(w->fault.status, HOSPES_ENOENT);
}

static void
a_document_is_found_by_its_words(void **state)
{
	struct world *w = *state;
	json_t *hit;

	world_load(
	    w, "birds", "Of birds\n\nThe swift sleeps on the wing.\n\nOwls hunt at night, when mice are about.\n");
	assert_int_equal(json_array_size(w->answer), 1);
	assert_true(json_is_true(json_object_get(json_array_get(w->answer, 0), "new")));
	world_search(w, "hunting \"at night\"");
	assert_int_equal(json_array_size(json_object_get(w->answer, "found")), 1);
	hit = json_array_get(json_object_get(w->answer, "found"), 0);
	assert_string_equal(json_string_value(json_object_get(hit, "document")), "birds");
	assert_string_equal(json_string_value(json_object_get(hit, "heading")), "Of birds");
	assert_string_equal(
	    json_string_value(json_object_get(hit, "text")), "Owls hunt at night, when mice are about.");
	assert_true(json_real_value(json_object_get(hit, "score")) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_value_is_kept_under_its_key, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_document_is_found_by_its_words, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
