/* The guard: which outcomes count for which breaker, of versions and of hosts, who may close it, and that a restart keeps it. */

#include "breaker_world.h"

#include <stdlib.h>

static void
test_it_opens_and_refuses(void **state)
{
	struct record r;

	(void)state;
	b_ends(HOSPES_EFAILED);
	b_ends(HOSPES_EFAILED);
	r = record_newest(RECORD_BREAKER);
	assert_true(state_is(&r, "open"));
	assert_int_equal(b_ends(0), HOSPES_EBREAKER);
	assert_non_null(strstr(sentence(root, 2), "the breaker of b 1.0.0 is open: since 20"));
	assert_non_null(strstr(sentence(root, 2), "2 of its last 2 in 60 s went wrong; it is tried again at 20"));
	ask(root, "c"); /* somebody else */
	reply(newest(), 0, "1");
	assert_int_equal(last_status(), 0);
}

static void
test_what_counts(void **state)
{
	static const struct {
		int status;
		unsigned n, errors;
	} rows[] = {
	    {0, 1, 0}, {HOSPES_EFAILED, 1, 1}, {HOSPES_EPOISON, 1, 1}, {HOSPES_ESTUCK, 1, 1}, {HOSPES_EOUTPUT, 1, 1},
	    {HOSPES_ENOREPLY, 1, 1}, {HOSPES_ELOAD, 1, 1}, {HOSPES_EINPUT, 0, 0}, {HOSPES_EBUDGET, 0, 0},
	    {HOSPES_EBREAKER, 0, 0}, {HOSPES_EDEADLINE, 0, 0}, /* of somebody else's, that it hands on */
	    {HOSPES_ECANCELLED, 0, 0}, {HOSPES_EHTTP, 0, 0}, {HOSPES_EGROUND, 0, 0}, /* said by itself */
	};

	(void)state;
	w.d->breakers.rules.errors = 0;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct breaker_count before =
		    breaker_of("b") == NULL ? (struct breaker_count){0} : breaker_of("b")->sum;

		b_ends(rows[i].status);
		assert_int_equal(breaker_of("b")->sum.n - before.n, rows[i].n);
		assert_int_equal(breaker_of("b")->sum.errors - before.errors, rows[i].errors);
	}
}

static void
test_what_is_handed_on_counts_below(void **state)
{
	struct call *b;

	(void)state;
	for (int i = 0; i < 2; i++) {
		ask(root, "b");
		b = newest();
		ask(b, "c");
		reply(newest(), HOSPES_EFAILED, "no");
		reply(b, HOSPES_EFAILED, "c: no");
	}
	assert_int_equal(breaker_of("c")->state, BREAKER_OPEN);
	assert_int_equal(breaker_of("b")->sum.n, 0);
	ask(root, "b");
	b = newest();
	ask(b, "c");
	assert_int_equal(last_status(), HOSPES_EBREAKER);
	reply(b, HOSPES_EOUTPUT, "another failure is its own");
	assert_int_equal(breaker_of("b")->sum.errors, 1);
}

static void
test_whose_time_is_over(void **state)
{
	struct call *b;

	(void)state;
	w.d->breakers.rules.errors = 0;
	b_is_late();
	assert_int_equal(last_status(), HOSPES_EDEADLINE);
	assert_int_equal(breaker_of("b")->sum.errors, 1);
	ask(root, "b");
	b = newest();
	ask(b, "c");
	dispatch_cancel(w.d, b->op, HOSPES_EDEADLINE, "the time of somebody above was over");
	reply(newest(), HOSPES_EDEADLINE, "");
	reply(b, HOSPES_EDEADLINE, "");
	assert_int_equal(breaker_of("c")->sum.n, 0);
	assert_int_equal(breaker_of("b")->sum.n, 1);
	w.d->breakers.rules.latency_ns = 1;
	ask(root, "b");
	dispatch_cancel(w.d, newest()->op, HOSPES_EDEADLINE, "the time of somebody above was over");
	reply(newest(), HOSPES_EDEADLINE, "");
	assert_int_equal(breaker_of("b")->sum.slow, 1); /* but it was slow already */
	ask(root, "b");
	dispatch_cancel(w.d, newest()->op, HOSPES_ECANCELLED, "nobody wants it");
	reply(newest(), HOSPES_ECANCELLED, "");
	assert_int_equal(breaker_of("b")->sum.n, 2);
}

static void
test_an_operator_closes_it(void **state)
{
	_cleanup_(json_p) json_t *closed = NULL;
	struct call *probe;
	struct fault fault;
	struct record r;

	(void)state;
	opened();
	ask(root, "b");
	probe = newest();
	assert_int_equal(dispatch_reset_breakers(w.d, "b", NULL, "uid:7", "repaired", &closed, &fault), 0);
	assert_int_equal(json_array_size(closed), 1);
	r = record_newest(RECORD_BREAKER);
	assert_memory_equal(record_find(&r, TAG_ACTOR)->data, "uid:7", 5);
	assert_memory_equal(record_find(&r, TAG_REASON)->data, "repaired", 8);
	assert_int_equal(b_ends(0), 0);
	reply(probe, HOSPES_EFAILED, "it is no probe any more");
	assert_int_equal(breaker_of("b")->state, BREAKER_CLOSED);
	assert_int_equal(dispatch_reset_breakers(w.d, "b", "9.9.9", "uid:7", "", &closed, &fault), HOSPES_ENOENT);
}

static void
test_another_version_has_its_own(void **state)
{
	(void)state;
	opened();
	open_for(3600 * S);
	assert_true(breaker_open_for(w.d, registry_active(NULL, "b")));
	version_add("b", "2.0.0");
	assert_false(breaker_open_for(w.d, registry_active(NULL, "b")));
	assert_int_equal(w.d->breakers.versions.n, 2); /* of a, b 1.0.0 */
}

static void
test_it_may_be_turned_off(void **state)
{
	(void)state;
	opened();
	open_for(3600 * S);
	w.policy->unnamed->breaker = false;
	breaker_of("b")->generation = 0; /* as after a reload */
	for (int i = 0; i < 10; i++)
		assert_int_equal(b_ends(HOSPES_EFAILED), HOSPES_EFAILED);
	assert_int_equal(breaker_of("b")->state, BREAKER_CLOSED);
}

/* ---- Hosts ------------------------------------------------------------------------------------------------------- */

/* Asks for a URL; whose breaker that was. */
static const char *
asked(const char *url, unsigned code)
{
	struct payload *answer = payload_text("{}");

	w.http_code = code;
	ask_with(root, WIRE_OP_HTTP, url, 0, "{}", 2);
	if (w.awaited != NULL) {
		journal_done *durable = w.awaited;

		w.awaited = NULL;
		durable(w.awaited_arg);
		w.http.done(0, answer, NULL, w.http.arg);
	}
	payload_unref(&answer);
	return TAILQ_LAST(&w.d->breakers.hosts.used, breaker_list)->name;
}

static void
test_names_of_hosts(void **state)
{
	(void)state;
	assert_string_equal(asked("https://api.example.com/v1?x=1", 200), "https://api.example.com:443");
	assert_string_equal(asked("https://api.example.com", 200), "https://api.example.com:443");
	assert_string_equal(asked("http://a-b.example:8080/x:9", 200), "http://a-b.example:8080");
	assert_string_equal(asked("http://localhost#x", 200), "http://localhost:80");
	/* whatever may be written otherwise is for the reader of URLs, which says example.org here */
	assert_string_equal(asked("http://LOCALHOST/", 200), "http://example.org:80");
	assert_string_equal(asked("http://127.1/", 200), "http://example.org:80");
	assert_string_equal(asked("http://a.b.:80/", 200), "http://example.org:80");
	assert_string_equal(asked("http://a%2eb/", 200), "http://example.org:80");
	assert_string_equal(asked("http://a.b:080/", 200), "http://example.org:80");
	assert_string_equal(asked("http://a.b:/", 200), "http://example.org:80");
	assert_string_equal(asked("http://a.b\\c", 200), "http://example.org:80");
	assert_string_equal(asked("http://[::1]/", 200), "http://example.org:80");
}

static void
test_a_host_that_fails(void **state)
{
	(void)state;
	asked("http://api.example.com/", 404);
	asked("http://api.example.com/", 503);
	assert_int_equal(w.n_http, 2);
	asked("http://api.example.com/", 200);
	assert_int_equal(w.n_http, 2);
	assert_int_equal(last_status(), HOSPES_EBREAKER);
	asked("https://api.example.com/", 200); /* another port, another service */
	assert_int_equal(w.n_http, 3);
	assert_int_equal(breaker_of("a")->sum.n, 0);
}

/* However many hosts somebody thinks of, there is an end to what is known of them; those that are open stay longest. */
static void
test_there_is_an_end_to_hosts(void **state)
{
	(void)state;
	w.d->breakers.rules =
	    (struct breaker_rules){.errors = 50, .least = 4, .window_ns = 60 * S, .latency_ns = 0, .open_ns = 30 * S};
	breakers_follow(w.d, w.policy);
	for (unsigned i = 0; i < BREAKERS_MAX + 100; i++) {
		char name[64];

		snprintf(name, sizeof(name), "http://host-%u:80", i);
		assert_non_null(breakers_of_host(w.d, name));
		if (i < 10)
			breakers_trip(w.d, breakers_of_host(w.d, name), BREAKER_ERRORS, NULL);
	}
	assert_int_equal(w.d->breakers.hosts.n, BREAKERS_MAX);
	assert_int_equal(breakers_of_host(w.d, "http://host-3:80")->state, BREAKER_OPEN);
}

/* A version keeps where its breaker is; when that has made room for others, it has a new one. */
static void
test_a_breaker_that_made_room_is_found_anew(void **state)
{
	struct version *v = xcalloc(BREAKERS_MAX + 1, sizeof(*v));
	struct breaker *b;

	(void)state;
	breakers_follow(w.d, w.policy);
	for (unsigned i = 0; i <= BREAKERS_MAX; i++) {
		snprintf(v[i].name, sizeof(v[i].name), "v%u", i);
		snprintf(v[i].semver, sizeof(v[i].semver), "1.0.0");
		memcpy(v[i].object, &i, sizeof(i));
		b = breakers_of_version(w.d, &v[i]);
		assert_ptr_equal(breakers_of_version(w.d, &v[i]), b);
	}
	assert_null(breakers_find_version(w.d, &v[0])); /* it was used least lately */
	b = breakers_of_version(w.d, &v[0]);
	assert_non_null(b);
	assert_ptr_equal(b, breakers_find_version(w.d, &v[0]));
	assert_string_equal(b->name, "v0");
	assert_null(breakers_find_version(w.d, &v[1]));
	assert_string_equal(breakers_of_version(w.d, &v[2])->name, "v2");
	assert_int_equal(w.d->breakers.versions.n, BREAKERS_MAX);
	free(v);
}

/* ---- Across a restart -------------------------------------------------------------------------------------------- */

static void
apply_newest(void)
{
	struct record r = record_newest(RECORD_BREAKER);
	struct fault fault;

	assert_int_equal(breakers_apply[0].apply(NULL, &r, &fault), 0);
}

/* What the store keeps is what the next host has. */
static void
test_it_is_kept(void **state)
{
	struct dispatch next = {.store = (struct store *)&next};
	struct breaker *b;

	(void)state;
	opened();
	apply_newest();
	assert_non_null(w.kept);
	breakers_open(&next);
	b = breakers_find_version(&next, registry_active(NULL, "b"));
	assert_int_equal(b->state, BREAKER_OPEN);
	assert_int_equal(b->at_opening.errors, 2);
	assert_int_equal(b->cause, BREAKER_ERRORS);
	assert_int_equal(b->since_real_ns, breaker_of("b")->since_real_ns);
	assert_true(b->until_real_ns >= b->since_real_ns + 3600 * S);
	assert_string_equal(b->semver, "1.0.0");
	breakers_close(&next);
	ask(root, "b"); /* the probe */
	apply_newest();
	breakers_open(&next);
	assert_int_equal(breakers_find_version(&next, registry_active(NULL, "b"))->state, BREAKER_HALF_OPEN);
	breakers_close(&next);
	reply(newest(), 0, "1");
	apply_newest();
	assert_null(w.kept); /* what is closed is not kept */
}

static void
test_senseless_entries(void **state)
{
	static const char *const texts[] = {"", "[]", "{}", "{\"name\":\"b\"}",
	    "{\"name\":\"b\",\"state\":\"open\",\"object\":\"zz\",\"version\":\"1\"}",
	    "{\"name\":\"b\",\"state\":\"open\",\"object\":\"00\"}",
	    "{\"name\":\"x\",\"state\":\"open\",\"samples\":-1,\"errors\":99999999999,\"cause\":7}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct dispatch next = {.store = (struct store *)&next};

		free(w.kept);
		w.kept = xstrdup(texts[i]);
		breakers_open(&next);
		assert_int_equal(next.breakers.versions.n, 0);
		assert_int_equal(next.breakers.hosts.n, i == ARRAY_LEN(texts) - 1);
		breakers_close(&next);
	}
}

#define PROMISE(f) cmocka_unit_test_setup_teardown(f, begin, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    PROMISE(test_it_opens_and_refuses),
	    PROMISE(test_what_counts),
	    PROMISE(test_what_is_handed_on_counts_below),
	    PROMISE(test_whose_time_is_over),
	    PROMISE(test_an_operator_closes_it),
	    PROMISE(test_another_version_has_its_own),
	    PROMISE(test_it_may_be_turned_off),
	    PROMISE(test_names_of_hosts),
	    PROMISE(test_a_host_that_fails),
	    PROMISE(test_there_is_an_end_to_hosts),
	    PROMISE(test_a_breaker_that_made_room_is_found_anew),
	    PROMISE(test_it_is_kept),
	    PROMISE(test_senseless_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
