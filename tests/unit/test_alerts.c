/* Alerts: what is on record of one, that each is known again, and what is bounded. */

#include "dispatch_world.h"

#include "dispatch/alert.h"

static struct record *
last_record(struct record *r)
{
	struct fault fault;

	assert_true(w.n_records > 0);
	assert_true(record_decode(w.records[w.n_records - 1], RECORD_MAX, r, &fault) > 0);
	return r;
}

static json_t *
last_body(void)
{
	struct record r;
	const struct record_field *body = record_find(last_record(&r), TAG_BODY);
	json_t *json = json_loadb(body->data, body->len, 0, NULL);

	assert_non_null(json);
	return json;
}

static const char *
said(const json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

static struct alert
of_client(void)
{
	return (struct alert){.kind = "budget",
	    .of = "client uid:1000",
	    .what = "money",
	    .limit = 1000,
	    .spent = 800,
	    .percent = 80,
	    .text = "uid:1000 has spent 80 % of its day"};
}

/* ---- What is recorded -------------------------------------------------------------------------------------------- */

static void
host_alert_is_a_record_of_the_host(void **state)
{
	struct alert a = of_client();
	static const uint8_t none[16];
	struct record r;
	json_t *json;

	(void)state;
	alert_raise(w.d, &a);
	last_record(&r);
	assert_int_equal(r.head.kind, RECORD_ALERT);
	assert_memory_equal(r.head.run, none, sizeof(none));
	assert_int_equal(record_int(&r, TAG_NUMBER), 0); /* nobody is sent it */
	json = last_body();
	assert_string_equal(said(json, "kind"), "budget");
	assert_string_equal(said(json, "of"), "client uid:1000");
	assert_string_equal(said(json, "what"), "money");
	assert_string_equal(said(json, "text"), a.text);
	assert_int_equal(json_integer_value(json_object_get(json, "percent")), 80);
	assert_int_equal(json_integer_value(json_object_get(json, "limit")), 1000);
	assert_int_equal(json_integer_value(json_object_get(json, "spent")), 800);
	assert_int_equal(json_integer_value(json_object_get(json, "day")), alert_day(clock_real_ns()));
	assert_int_equal(strlen(said(json, "id")), 26);
	json_decref(json);
}

static void
run_alert_is_a_record_of_the_run(void **state)
{
	struct alert a = of_client();
	uint32_t seq = w.run->seq;
	struct alert_said read;
	struct record r;

	(void)state;
	a.run = w.run;
	a.of = "run";
	alert_raise(w.d, &a);
	last_record(&r);
	assert_int_equal(r.head.seq, seq);
	assert_int_equal(w.run->seq, seq + 1);
	assert_true(alert_read(&r, &read));
	assert_string_equal(read.kind, "budget");
	assert_string_equal(read.of, "run");
	assert_string_equal(read.what, "money");
	assert_int_equal(read.percent, 80);
}

static void
long_texts_are_cut_at_a_character(void **state)
{
	char *text = xmalloc(100001), of[400];
	struct alert a = of_client();
	json_t *json;

	(void)state;
	for (size_t i = 0; i < 100000; i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	text[100000] = '\0';
	memset(of, 'x', sizeof(of));
	of[399] = '\0';
	a.text = text;
	a.of = of;
	alert_raise(w.d, &a);
	json = last_body();
	assert_int_equal(strlen(said(json, "text")), 2000);
	assert_int_equal(strlen(said(json, "of")), 255);
	json_decref(json);
	a.text = "\xff\xfe is no text";
	alert_raise(w.d, &a);
	json = last_body();
	assert_string_equal(said(json, "text"), "");
	json_decref(json);
	free(text);
}

/* ---- Once each --------------------------------------------------------------------------------------------------- */

static void
what_was_raised_is_known(void **state)
{
	struct alert a = of_client();
	int64_t today = alert_day(clock_real_ns());

	(void)state;
	assert_false(alert_was_raised(w.d, a.of, a.what, 80, today));
	alert_raise(w.d, &a);
	assert_true(alert_was_raised(w.d, a.of, a.what, 80, today));
	assert_false(alert_was_raised(w.d, a.of, a.what, 100, today));
	assert_false(alert_was_raised(w.d, a.of, "calls", 80, today));
	assert_false(alert_was_raised(w.d, "client uid:1001", a.what, 80, today));
	assert_false(alert_was_raised(w.d, a.of, a.what, 80, today + 1));
	a.day = today + 1;
	alert_raise(w.d, &a);
	assert_true(alert_was_raised(w.d, a.of, a.what, 80, today + 1));
}

static void
runs_know_their_own(void **state)
{
	struct alert a = of_client();

	(void)state;
	a.run = w.run;
	alert_raise(w.d, &a);
	assert_false(alert_was_raised(w.d, a.of, a.what, 80, alert_day(clock_real_ns())));
}

static void
old_days_make_room(void **state)
{
	char of[40];
	int64_t today = alert_day(clock_real_ns());
	struct dispatch *d = w.d;
	struct alert a = of_client();

	(void)state;
	a.of = of;
	for (int i = 0; i < 12000; i++) {
		snprintf(of, sizeof(of), "client uid:%d", i);
		a.day = i < 10000 ? today - 30 : today;
		w.n_records = 0; /* nobody asks for these */
		alert_raise(d, &a);
		free(w.records[0]);
	}
	w.n_records = 0;
	assert_true(alert_was_raised(d, of, a.what, 80, today));
	assert_false(alert_was_raised(d, "client uid:1", a.what, 80, today - 30));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(host_alert_is_a_record_of_the_host, setup, teardown),
	    cmocka_unit_test_setup_teardown(run_alert_is_a_record_of_the_run, setup, teardown),
	    cmocka_unit_test_setup_teardown(long_texts_are_cut_at_a_character, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_was_raised_is_known, setup, teardown),
	    cmocka_unit_test_setup_teardown(runs_know_their_own, setup, teardown),
	    cmocka_unit_test_setup_teardown(old_days_make_room, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
