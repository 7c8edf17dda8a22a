/* What requests cost, as the list `prices` says: the first entry that fits, to the micro-dollar. */

#include <string.h>

#include "cmocka_all.h"

#include "base/fd.h"
#include "base/util.h"
#include "conf_scratch.h"
#include "policy/policy.h"

static const char list[] =
    "prices = ( { http = [ \"https://api.example.org/free\" ]; money = \"0\"; },"
    " { http = [ \"https://api.example.org\", \"https://*.example.com:8443\" ]; money = \"0.000001\"; },"
    " { http = [ \"https://api.example.org/dear\" ]; money = \"7\"; },"
    " { http = [ \"http://*\" ]; money = \"1000000\"; } );";

static void
the_first_that_fits(void **state)
{
	_cleanup_(policy_unref) struct policy *p = load(list), *none = load("");

	(void)state;
	assert_int_equal(policy_price(p, "https", "api.example.org", 443, "/free?n=1"), 0);
	assert_int_equal(policy_price(p, "https", "API.example.org.", 443, "/freedom"), 1);
	assert_int_equal(policy_price(p, "https", "api.example.org", 443, "/dear"), 1);
	assert_int_equal(policy_price(p, "https", "api.example.org", 8443, "/dear"), 0);
	assert_int_equal(policy_price(p, "https", "a.example.com", 8443, "/"), 1);
	assert_int_equal(policy_price(p, "https", "example.com", 8443, "/"), 0);
	assert_int_equal(policy_price(p, "http", "api.example.org", 80, "/free"), POLICY_PRICE_MAX);
	assert_int_equal(policy_price(p, "ftp", "api.example.org", 443, "/"), 0);
	assert_int_equal(policy_price(none, "https", "api.example.org", 443, "/"), 0);
}

static void
what_is_no_price(void **state)
{
	(void)state;
	bad("prices = { };", "a list of at most 1000 groups");
	bad("prices = ( \"0.01\" );", "prices[0]");
	bad("prices = ( { money = \"0.01\"; } );", "prices[0].http: the entry does not say of which requests");
	bad("prices = ( { http = [ ]; money = \"0.01\"; } );",
	    "prices[0].http: the entry does not say of which requests");
	bad("prices = ( { http = [ \"*\" ]; } );", "prices[0].money: the entry does not say what a request costs");
	bad("prices = ( { http = \"*\"; money = \"1\"; } );", "prices[0].http");
	bad("prices = ( { http = [ \"example.org\" ]; money = \"1\"; } );", "a list of patterns");
	bad("prices = ( { http = [ \"*\" ]; money = 0.01; } );", "an amount of dollars as a text");
	bad("prices = ( { http = [ \"*\" ]; money = \"-1\"; } );", "an amount of dollars as a text");
	bad("prices = ( { http = [ \"*\" ]; money = \"1000000.000001\"; } );", "an amount of dollars as a text");
	bad("prices = ( { http = [ \"*\" ]; money = \"0.0000001\"; } );", "an amount of dollars as a text");
	bad("prices = ( { http = [ \"*\" ]; money = \"1\"; per = \"request\"; } );", "prices[0].per");
}

/* A thousand entries, and not one more. */
static void
how_many(void **state)
{
	_cleanup_(policy_unref) struct policy *p = NULL;

	(void)state;
	for (unsigned n = 1000; n <= 1001; n++) {
		_cleanup_(buf_free) struct buf text = {0};

		buf_appends(&text, "prices = (");
		for (unsigned i = 0; i < n; i++)
			buf_printf(&text, "%s { http = [ \"https://h%u.org\" ]; money = \"1\"; }", i > 0 ? "," : "", i);
		buf_appends(&text, " );");
		if (n > 1000) {
			bad(buf_text(&text), "a list of at most 1000 groups");
			continue;
		}
		p = load(buf_text(&text));
		assert_int_equal(policy_price(p, "https", "h999.org", 443, "/"), 1000000);
	}
}

/* arg: unsigned. */
static void
note(const struct policy_change *change, void *arg)
{
	assert_string_equal(change->key, "prices");
	assert_string_equal(change->from, "( { http = [ \"https://x.org\" ]; money = \"0.01\"; } )");
	assert_string_equal(change->to, "( { http = [ \"https://x.org\" ]; money = \"0.02\"; } )");
	assert_true(change->reloadable);
	++*(unsigned *)arg;
}

static void
a_reload_tells(void **state)
{
	_cleanup_(policy_unref) struct policy *was =
	    load("prices = ( { http = [ \"https://x.org\" ]; money = \"0.01\"; } );");
	_cleanup_(policy_unref) struct policy *now = NULL;
	static const char text[] = "prices = ( { http = [ \"https://x.org\" ]; money = \"$0.02\"; } );";
	unsigned n = 0;

	(void)state;
	assert_int_equal(fd_write_file(path, text, strlen(text), 0600, &fault), 0);
	assert_int_equal(policy_reload(was, &now, &fault), 0);
	assert_int_equal(policy_diff(was, now, note, &n), 1);
	assert_int_equal(n, 1);
	assert_int_equal(policy_price(was, "https", "x.org", 443, "/"), 10000);
	assert_int_equal(policy_price(now, "https", "x.org", 443, "/"), 20000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_that_fits),
	    cmocka_unit_test(what_is_no_price),
	    cmocka_unit_test(how_many),
	    cmocka_unit_test(a_reload_tells),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
