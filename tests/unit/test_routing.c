/* Routing: who is chosen of those that offer a capability, and that the choice is on record. */

#include <math.h>
#include <unistd.h>

#include "dispatch/breakers.h"
#include "dispatch/guard.h"
#include "dispatch_world.h"

static char *work[] = {"work.hard", NULL};
static struct call *root;

/* A run of "a" under these lines, with b, c and d, who all work hard, for 30, 10 and 20. */
static void
people(const char *lines)
{
	static const int64_t prices[] = {30, 10, 20};
	static const char *const names[] = {"b", "c", "d"};

	with_policy(lines);
	version_add("a", "1.0.0");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct version *v = version_add(names[i], "1.0.0");

		v->capabilities = work;
		v->price_micros = prices[i];
	}
	w.run->account.limit[QUANTITY_CALLS] = 1000;
	root = start();
}

/* Who is called. */
static const char *
chosen(const char *capability)
{
	unsigned before = w.n_submitted;

	ask(root, capability);
	return w.n_submitted > before ? newest()->plugin : "nobody";
}

static const char *
answers(const char *capability)
{
	const char *who = chosen(capability);

	if (strcmp(who, "nobody") != 0)
		reply(newest(), 0, "1");
	return who;
}

static json_t *
route(void)
{
	struct record r = record_newest(RECORD_CALL_START);
	const struct record_field *f = record_find(&r, TAG_ROUTE);
	json_t *json = f == NULL ? NULL : json_loadb(f->data, f->len, 0, NULL);

	assert_non_null(json);
	return json;
}

static void
reason_is(const char *policy, const char *reason)
{
	_cleanup_(json_p) json_t *json = route();

	assert_string_equal(json_string_value(json_object_get(json, "policy")), policy);
	assert_string_equal(json_string_value(json_object_get(json, "reason")), reason);
}

static void
opens(const char *name)
{
	struct version *v = registry_active(NULL, name);

	breakers_follow(w.d, w.policy);
	breakers_trip(w.d, breakers_of_version(w.d, v), BREAKER_ERRORS, NULL);
}

static void
test_by_name(void **state)
{
	struct record r;

	(void)state;
	people("");
	assert_string_equal(answers("cap:work.*"), "b");
	reason_is("name", "the first by name of 3");
	opens("b");
	assert_string_equal(answers("cap:work.hard"), "c");
	reason_is("name", "the first by name of 3; passed over 1 whose breaker is open");
	assert_string_equal(answers("c"), "c");
	r = record_newest(RECORD_CALL_START);
	assert_null(record_find(&r, TAG_ROUTE)); /* nobody chose */
	assert_string_equal(answers("cap:nothing"), "nobody");
	assert_int_equal(last_status(), HOSPES_ENOAGENT);
}

static void
test_all_open(void **state)
{
	(void)state;
	people("routing = ( { capability = \"work.*\"; policy = \"cheapest\"; } );");
	opens("b");
	opens("c");
	opens("d");
	assert_string_equal(answers("cap:work.hard"), "nobody");
	assert_int_equal(last_status(), HOSPES_EBREAKER);
	assert_non_null(strstr(sentence(root, 0), "the breaker of c 1.0.0 is open"));
}

static void
test_cheapest(void **state)
{
	_cleanup_(json_p) json_t *json = NULL;

	(void)state;
	people("routing = ( { capability = \"work.hard\"; policy = \"cheapest\"; } );");
	assert_string_equal(answers("cap:work.hard"), "c");
	reason_is("cheapest", "the lowest price of 3: 10");
	json = route();
	assert_int_equal(json_array_size(json_object_get(json, "candidates")), 3);
	assert_int_equal(
	    json_integer_value(json_object_get(json_array_get(json_object_get(json, "candidates"), 0), "price_micros")),
	    30);
	opens("c");
	assert_string_equal(answers("cap:work.hard"), "d");
	assert_string_equal(answers("cap:work.*"), "b"); /* another question, which no entry is about */
}

static void
test_least_loaded(void **state)
{
	struct call *of_b, *of_c;

	(void)state;
	people("routing = ( { capability = \"work.*\"; policy = \"least_loaded\"; } );");
	assert_string_equal(chosen("cap:work.hard"), "b");
	of_b = newest();
	assert_string_equal(chosen("cap:work.hard"), "c");
	of_c = newest();
	reason_is("least_loaded", "the fewest open calls of 3: 0");
	assert_string_equal(answers("cap:work.hard"), "d");
	assert_string_equal(chosen("cap:work.hard"), "d");
	reply(of_b, 0, "1");
	assert_string_equal(chosen("cap:work.hard"), "b");
	reply(of_c, HOSPES_EFAILED, "1");
	assert_string_equal(chosen("cap:work.hard"), "c");
}

/* The same op is spread to the same one, whenever it is asked; over many each has its share. */
static void
test_weighted(void **state)
{
	unsigned n[3] = {0};

	(void)state;
	people("routing = ( { capability = \"work.*\"; policy = \"weighted\"; weights: { b = 7; c = 2; d = 0; }; } );");
	for (unsigned i = 0; i < 450; i++)
		n[answers("cap:work.hard")[0] - 'b']++;
	assert_in_range(n[0], 320, 380); /* 350 and 100, of this run's id */
	assert_in_range(n[1], 70, 130);
	assert_int_equal(n[2], 0);
	opens("b");
	for (unsigned i = 0; i < 10; i++)
		assert_string_equal(answers("cap:work.hard"), "c");
	opens("c");
	assert_string_equal(answers("cap:work.hard"), "d");
}

static void
test_it_depends_on_run_and_place_alone(void **state)
{
	char first[50];

	(void)state;
	people("routing = ( { capability = \"work.*\"; policy = \"weighted\"; } );");
	for (unsigned i = 0; i < 50; i++)
		first[i] = answers("cap:work.hard")[0];
	for (unsigned i = 0; i < 50; i++) {
		struct op op = {.run = w.run, .caller = root, .ordinal = i, .attempt = root->ops[i]->attempt};

		assert_int_equal(routing_choose(w.d, &op, "work.hard")->name[0], first[i]);
		free(op.route);
	}
}

/* Pins are of a name's version, and not of who is chosen. */
static void
test_pins(void **state)
{
	(void)state;
	people("");
	assert_string_equal(answers("cap:work.hard"), "b");
	version_add("b", "2.0.0")->capabilities = work;
	w.versions[1].state = VERSION_FORMER;
	assert_string_equal(chosen("cap:work.hard"), "b");
	assert_string_equal(newest()->semver, "1.0.0");
	reply(newest(), 0, "1");
	opens("b"); /* the new one, which is not the run's */
	assert_string_equal(answers("cap:work.hard"), "b");
	breakers_trip(w.d, breakers_of_version(w.d, &w.versions[1]), BREAKER_ERRORS, NULL);
	assert_string_equal(answers("cap:work.hard"), "c");
}

static void
entry_is_bad(const char *text, const char *says)
{
	char path[] = "/tmp/hospes-routing-XXXXXX";
	struct policy *p = NULL;
	struct fault fault;
	int fd = mkstemp(path);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(policy_load(path, true, &p, &fault), HOSPES_ECONFIG);
	assert_non_null(strstr(fault.text, says));
	(void)unlink(path);
}

static void
test_bad_entries(void **state)
{
	(void)state;
	entry_is_bad("routing = 3;", "a list of at most 256 groups");
	entry_is_bad("routing = ( 3 );", "routing[0]: found the number 3");
	entry_is_bad("routing = ( { policy = \"name\"; } );", "a group { capability");
	entry_is_bad("routing = ( { capability = \"\"; } );", "routing[0].capability");
	entry_is_bad("routing = ( { capability = \"x\"; policy = \"best\"; } );", "\"least_loaded\", \"cheapest\"");
	entry_is_bad("routing = ( { capability = \"x\"; wieghts: { }; } );", "there is no such key");
	entry_is_bad("routing = ( { capability = \"x\"; weights: { a = -1; }; } );", "routing[0].weights.a");
	entry_is_bad("routing = ( { capability = \"x\"; weights: { A = 1; }; } );", "under the name of a plugin");
	entry_is_bad("routing = ( { capability = \"x\"; weights = 1; } );", "routing[0].weights");
}

#define PROMISE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    PROMISE(test_by_name),
	    PROMISE(test_all_open),
	    PROMISE(test_cheapest),
	    PROMISE(test_least_loaded),
	    PROMISE(test_weighted),
	    PROMISE(test_it_depends_on_run_and_place_alone),
	    PROMISE(test_pins),
	    cmocka_unit_test(test_bad_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
