/*
 * The ledger: what was spent each day, over kills and over midnight.  Days are those of records, so that of yesterday are written
 * here as they would have been then.
 */

#include "cmocka_all.h"
#include "scratch.h"

#include "base/clock.h"
#include "base/json.h"
#include "dispatch/alert.h"
#include "dispatch/ledger.h"
#include "run/run.h"

#define TODAY     INT64_C(20000)
#define YESTERDAY (TODAY - 1)
#define NOON(day) ((day)*DAY_NS + DAY_NS / 2)

static char *dir, *journal_dir, *store_dir;
static struct event_base *loop;
static struct journal *journal;
static struct dispatch d;
static struct fault fault;

static void
failed(const struct fault *why, void *arg)
{
	(void)arg;
	fail_msg("%s", why->text);
}

static void
host_opens(void)
{
	static const struct store_apply *const tables[] = {run_apply, ledger_apply, NULL};
	struct journal_options j = {.dir = journal_dir, .loop = loop, .failed = failed};
	struct store_options s = {.dir = store_dir, .loop = loop, .tables = tables, .failed = failed};

	assert_int_equal(journal_open(&journal, &j, &fault), 0);
	d = (struct dispatch){.loop = loop};
	s.journal = journal;
	assert_int_equal(store_open(&d.store, &s, &fault), 0);
}

/* Its accounts are of this day, whatever the clock says. */
static void
accounts_of(int64_t day)
{
	alerts_open(&d);
	accounts_open(&d, NULL);
	d.accounts.day = day;
	d.accounts.day_ends_ns = (day + 1) * DAY_NS;
	assert_int_equal(dispatch_open_ledger(&d, &fault), 0);
}

static void
host_starts(int64_t day)
{
	host_opens();
	accounts_of(day);
}

/* Without a word to the ledger. */
static void
host_is_killed(void)
{
	STAILQ_INIT(&d.accounts.unsaved);
	accounts_close(&d);
	alerts_close(&d);
	store_close(&d.store);
	journal_close(&journal);
}

static void
host_stops(void)
{
	accounts_close(&d);
	alerts_close(&d);
	store_close(&d.store);
	journal_close(&journal);
}

static void
append(struct record *r, int64_t real_ns)
{
	memset(r->head.run, 7, sizeof(r->head.run));
	r->head.real_ns = real_ns;
	store_append(d.store, r);
}

static void
run_starts(int64_t real_ns)
{
	struct record r;

	record_init(&r, RECORD_RUN_START);
	record_add_text(&r, TAG_TARGET, "strategist");
	record_add_text(&r, TAG_CLIENT, "uid:7");
	append(&r, real_ns);
}

static void
call_ends(enum record_kind kind, int64_t real_ns, const char *agent, int64_t micros, int64_t cpu_ns)
{
	struct record r;

	record_init(&r, kind);
	record_add_text(&r, TAG_PATH, "/0");
	record_add_text(&r, TAG_TARGET, "cap:any");
	record_add_text(&r, TAG_CALLEE, agent);
	if (micros >= 0)
		record_add(&r, TAG_MICROS, &micros, sizeof(micros));
	record_add(&r, TAG_CPU, &cpu_ns, sizeof(cpu_ns));
	append(&r, real_ns);
}

/* An effect has its outcome; a negative price: it has none. */
static void
effect_ends(int64_t real_ns, const char *agent, int64_t micros)
{
	struct record r;

	record_init(&r, RECORD_OP_OUTCOME);
	record_add_text(&r, TAG_PATH, "/0/0");
	record_add_text(&r, TAG_TARGET, "https://api.example.org/");
	if (micros >= 0) {
		record_add(&r, TAG_MICROS, &micros, sizeof(micros));
		record_add_text(&r, TAG_ACTOR, agent);
	}
	append(&r, real_ns);
}

static void
assert_account(const struct day_account *a, int64_t calls, int64_t micros, int64_t cpu_ns)
{
	assert_int_equal(a->account.spent[QUANTITY_CALLS], calls);
	assert_int_equal(a->account.spent[QUANTITY_MONEY], micros);
	assert_int_equal(a->account.spent[QUANTITY_CPU], cpu_ns);
	assert_int_equal(a->account.reserved[QUANTITY_CALLS], 0);
}

/* As a call does that ends. */
static void
spend(struct day_account *a, int64_t micros)
{
	a->account.spent[QUANTITY_CALLS]++;
	a->account.spent[QUANTITY_MONEY] += micros;
	if (a->unsaved)
		return;
	a->unsaved = true;
	STAILQ_INSERT_TAIL(&d.accounts.unsaved, a, next);
}

static int
setup(void **state)
{
	(void)state;
	dir = scratch_new();
	journal_dir = xasprintf("%s/journal", dir);
	store_dir = xasprintf("%s/store", dir);
	loop = event_base_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	event_base_free(loop);
	free(journal_dir);
	free(store_dir);
	scratch_free(&dir);
	return 0;
}

/* ---- Kills ------------------------------------------------------------------------------------------------------- */

static void
test_nothing_is_lost_and_nothing_counted_twice(void **state)
{
	(void)state;
	host_starts(TODAY);
	run_starts(NOON(TODAY));
	call_ends(RECORD_CALL_END, NOON(TODAY), "dear", 10000, 5);
	call_ends(RECORD_STAGE, NOON(TODAY), "dear", 10000, 6);
	call_ends(RECORD_CALL_END, NOON(TODAY), "free", -1, 7); /* no price */
	call_ends(RECORD_CALL_END, NOON(TODAY), "late", 0, 0);  /* it never began */
	host_is_killed();
	for (int i = 0; i < 3; i++) { /* killed again, before anything else is said */
		host_starts(TODAY);
		assert_account(&d.accounts.host, 3, 20000, 18);
		assert_account(accounts_client(&d, "uid:7"), 3, 20000, 18);
		assert_account(accounts_agent(&d, "dear"), 2, 20000, 11);
		assert_account(accounts_agent(&d, "free"), 1, 0, 7);
		assert_account(accounts_agent(&d, "late"), 0, 0, 0);
		host_is_killed();
	}
	host_starts(TODAY);
	call_ends(RECORD_CALL_END, NOON(TODAY), "dear", 10000, 1);
	host_is_killed();
	host_starts(TODAY);
	assert_account(accounts_agent(&d, "dear"), 3, 30000, 12);
	host_stops();
}

static void
test_what_was_told_is_not_told_again(void **state)
{
	(void)state;
	host_starts(TODAY);
	spend(&d.accounts.host, 500);
	spend(accounts_client(&d, "uid:7"), 500);
	ledger_save(&d);
	spend(&d.accounts.host, 70);
	ledger_save(&d);
	ledger_save(&d);
	host_is_killed();
	host_starts(TODAY);
	assert_account(&d.accounts.host, 2, 570, 0);
	assert_account(accounts_client(&d, "uid:7"), 1, 500, 0);
	spend(&d.accounts.host, 1);
	host_stops(); /* in order: the last word is said */
	host_starts(TODAY);
	assert_account(&d.accounts.host, 3, 571, 0);
	host_stops();
}

static void
test_effects_count_for_who_made_them(void **state)
{
	(void)state;
	host_starts(TODAY);
	run_starts(NOON(TODAY));
	effect_ends(NOON(TODAY), "payer", 10000);
	effect_ends(NOON(TODAY), "payer", -1);
	host_is_killed();
	for (int i = 0; i < 2; i++) {
		host_starts(TODAY);
		assert_account(&d.accounts.host, 0, 10000, 0);
		assert_account(accounts_client(&d, "uid:7"), 0, 10000, 0);
		assert_account(accounts_agent(&d, "payer"), 0, 10000, 0);
		host_is_killed();
	}
}

/* Copies of records that are moved forward are of calls that ended before. */
static void
test_copies_do_not_count(void **state)
{
	(void)state;
	host_starts(TODAY);
	run_starts(NOON(TODAY));
	call_ends((enum record_kind)(RECORD_CALL_END | RECORD_COPY), NOON(TODAY), "dear", 10000, 5);
	host_is_killed();
	host_starts(TODAY);
	assert_account(&d.accounts.host, 0, 0, 0);
	host_stops();
}

/* ---- Midnight ---------------------------------------------------------------------------------------------------- */

static void
test_each_day_has_its_own(void **state)
{
	(void)state;
	host_starts(YESTERDAY);
	run_starts(NOON(YESTERDAY));
	call_ends(RECORD_CALL_END, TODAY * DAY_NS - 1, "dear", 10000, 0);
	call_ends(RECORD_CALL_END, TODAY * DAY_NS, "dear", 700, 0);
	host_is_killed();
	host_starts(TODAY);
	assert_account(&d.accounts.host, 1, 700, 0);
	assert_account(accounts_agent(&d, "dear"), 1, 700, 0);
	host_is_killed();
	host_starts(YESTERDAY); /* its clock was set back */
	assert_account(accounts_agent(&d, "dear"), 1, 10000, 0);
	host_stops();
}

static void
test_midnight_comes(void **state)
{
	struct day_account *client;

	(void)state;
	host_starts(YESTERDAY);
	client = accounts_client(&d, "uid:7");
	spend(&d.accounts.host, 500);
	spend(client, 500);
	client->account.reserved[QUANTITY_CALLS] = 1; /* a call is open over midnight */
	accounts_at(&d, NOON(YESTERDAY));
	assert_int_equal(client->account.spent[QUANTITY_MONEY], 500);
	accounts_at(&d, TODAY * DAY_NS);
	assert_int_equal(d.accounts.day, TODAY);
	assert_int_equal(client->account.spent[QUANTITY_MONEY], 0);
	assert_int_equal(client->account.reserved[QUANTITY_CALLS], 1);
	client->account.reserved[QUANTITY_CALLS] = 0;
	spend(client, 30);
	accounts_at(&d, NOON(YESTERDAY)); /* a clock that is set back for a moment */
	assert_account(client, 1, 30, 0);
	host_stops();
	host_starts(TODAY);
	assert_account(accounts_client(&d, "uid:7"), 1, 30, 0);
	host_stops();
	host_starts(YESTERDAY);
	assert_account(accounts_client(&d, "uid:7"), 1, 500, 0);
	host_stops();
}

static void
test_old_days_go(void **state)
{
	(void)state;
	host_starts(TODAY - LEDGER_DAYS_KEPT - 1);
	spend(&d.accounts.host, 500);
	host_stops();
	host_starts(TODAY);
	spend(&d.accounts.host, 1);
	host_stops();
	host_starts(TODAY - LEDGER_DAYS_KEPT - 1);
	assert_account(&d.accounts.host, 0, 0, 0);
	host_stops();
	host_starts(TODAY);
	assert_account(&d.accounts.host, 1, 1, 0);
	host_stops();
}

/* ---- Shown ------------------------------------------------------------------------------------------------------- */

static void
test_it_is_shown(void **state)
{
	json_t *shown, *accounts;

	(void)state;
	host_starts(clock_real_ns() / DAY_NS);
	spend(accounts_agent(&d, "dear"), 500);
	d.accounts.host.account.limit[QUANTITY_MONEY] = 600;
	shown = dispatch_accounts(&d);
	accounts = json_object_get(shown, "accounts");
	assert_int_equal(strlen(json_string_value(json_object_get(shown, "day"))), 10);
	assert_int_equal(json_array_size(accounts), 2);
	assert_int_equal(
	    json_integer_value(json_object_get(json_object_get(json_array_get(accounts, 0), "money_micros"), "left")),
	    600);
	assert_string_equal(json_string_value(json_object_get(json_array_get(accounts, 1), "name")), "dear");
	json_decref(shown);
	host_stops();
}

int
main(void)
{
#define PROMISE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    PROMISE(test_nothing_is_lost_and_nothing_counted_twice),
	    PROMISE(test_what_was_told_is_not_told_again),
	    PROMISE(test_effects_count_for_who_made_them),
	    PROMISE(test_copies_do_not_count),
	    PROMISE(test_each_day_has_its_own),
	    PROMISE(test_midnight_comes),
	    PROMISE(test_old_days_go),
	    PROMISE(test_it_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
