/* Semantic versions: the orders and examples that semver.org 2.0.0 gives. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "registry/registry.h"

static int
sign(int n)
{
	return (n > 0) - (n < 0);
}

/* Sections 11.2 to 11.4, and what they leave to the reader. */
static void
orders(void **state)
{
	static const char *const rising[] = {"0.0.0", "0.0.1", "0.1.0", "0.9.9", "0.10.0", "1.0.0-0", "1.0.0-9",
	    "1.0.0-10", "1.0.0-99999999999999999999", "1.0.0-100000000000000000000", "1.0.0--", "1.0.0-A", "1.0.0-Z",
	    "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.1.0", "1.0.0-alpha.beta", "1.0.0-alpha-", "1.0.0-beta",
	    "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0", "2.1.1", "10.0.0",
	    "99999999999999999999.0.0", "100000000000000000000.0.0"};
	size_t n = sizeof rising / sizeof rising[0];

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_true(semver_valid(rising[i]));
		for (size_t j = 0; j < n; j++) {
			if (sign(semver_compare(rising[i], rising[j])) != (i > j) - (i < j))
				fail_msg("%s against %s", rising[i], rising[j]);
		}
	}
}

/* Section 10: build metadata has no say. */
static void
build_metadata_does_not_count(void **state)
{
	(void)state;
	assert_int_equal(semver_compare("1.0.0+a", "1.0.0+b"), 0);
	assert_int_equal(semver_compare("1.0.0+dev.1a2b3c4d", "1.0.0"), 0);
	assert_int_equal(semver_compare("1.0.0-rc.1+x", "1.0.0-rc.1+y.z"), 0);
	assert_true(semver_compare("1.0.0-rc.1+x", "1.0.0+a") < 0);
	assert_true(semver_compare("1.0.1+x", "1.0.0") > 0);
}

static void
what_is_one(void **state)
{
	static const char *const good[] = {"1.0.0", "0.0.4", "1.2.3", "10.20.30", "1.1.2-prerelease+meta", "1.1.2+meta",
	    "1.0.0-alpha", "1.0.0-alpha0.valid", "1.0.0-alpha.0valid", "1.0.0-rc.1+build.123",
	    "1.2.3----RC-SNAPSHOT.12.9.1--.12", "1.0.0+0.build.1-rc.10000aaa-kk-0.1", "1.0.0-0A.is.legal",
	    "2.0.0+build.1848", "1.0.0+001"};
	static const char *const bad[] = {"", "1", "1.2", "1.2.3-0123", "1.2.3-0123.0123", "1.1.2+.123", "+invalid",
	    "-invalid", "alpha", "alpha.beta", "1.0.0-alpha_beta", "1.0.0-alpha..", "1.0.0-alpha..1", "01.1.1",
	    "1.01.1", "1.1.01", "1.2.3.DEV", "1.2-SNAPSHOT", "v1.0.0", " 1.0.0", "1.0.0 ", "1.0.0\n", "1.0.0-",
	    "1.0.0+", "1.0.0+a+b", "-1.0.0", "1.0.0-\xc3\xa9",
	    "1.0.0-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "../1.0.0"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		if (!semver_valid(good[i]))
			fail_msg("%s is one", good[i]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (semver_valid(bad[i]))
			fail_msg("\"%s\" is none", bad[i]);
	}
}

static void
names(void **state)
{
	static const char *const bad[] = {"", "Wordcount", "1word", "-a", "a.b", "a/b", "..", "a\n", "a b",
	    "w\xc3\xb6rter", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

	(void)state;
	assert_true(plugin_name_valid("a"));
	assert_true(plugin_name_valid("word-count-2"));
	assert_true(plugin_name_valid("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (plugin_name_valid(bad[i]))
			fail_msg("\"%s\" is no name", bad[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(orders),
	    cmocka_unit_test(build_metadata_does_not_count),
	    cmocka_unit_test(what_is_one),
	    cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
