/* Patterns: what they match, and above all what they do not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "policy/policy.h"

static void
stars(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} rows[] = {
	    {"", "", true},
	    {"", "a", false},
	    {"a", "", false},
	    {"*", "", true},
	    {"*", "anything", true},
	    {"**", "x", true},
	    {"count.words", "count.words", true},
	    {"count.words", "count.wordsX", false},
	    {"count.words", "countXwords", false},
	    {"read.*", "read.strict", true},
	    {"read.*", "read.", true},
	    {"read.*", "read", false},
	    {"read.*", "reader.x", false},
	    {"*.strict", "read.strict", true},
	    {"a*b*c", "a-b-b-c", true},
	    {"a*b*c", "a-c-b", false},
	    {"*a*", "bbb", false},
	    {"A*", "abc", false},
	    {"[ab]*", "a", false},
	    {"?", "a", false},
	    {"\\*", "*", false},
	};
	char many[2001];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (policy_match(rows[i].pattern, rows[i].text) != rows[i].matches)
			fail_msg("%s against %s", rows[i].pattern, rows[i].text);
	}
	/* without going back to the last star only, this would take longer than anybody waits */
	memset(many, 'a', sizeof many - 1);
	many[sizeof many - 1] = '\0';
	assert_false(policy_match("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", many));
}

struct row {
	const char *pattern, *scheme, *host;
	unsigned port;
	const char *path;
};

static const struct row granted[] = {
    {"*", "http", "example.org", 8080, "/x"},
    {"*", "https", "[2001:db8::1]", 443, "/"},
    {"https://example.org", "https", "example.org", 443, "/"},
    {"https://example.org", "https", "EXAMPLE.Org", 443, "/any/thing?q=1"},
    {"https://example.org", "https", "example.org.", 443, "/"},
    {"https://example.org.", "https", "example.org", 443, "/"},
    {"HTTPS://Example.ORG/", "https", "example.org", 443, "/x"},
    {"https://example.org", "https", "example.org", 443, "/a/../b"}, /* no path is asked for */
    {"http://example.org", "http", "example.org", 80, ""},
    {"http://example.org:8080", "http", "example.org", 8080, "/"},
    {"http://example.org:*", "http", "example.org", 1, "/"},
    {"https://*.example.org", "https", "a.example.org", 443, "/"},
    {"https://*.example.org", "https", "a.b.EXAMPLE.org.", 443, "/"},
    {"https://*", "https", "anything.test", 443, "/"},
    {"https://*:*", "https", "anything.test", 4443, "/"},
    {"http://127.0.0.1:*", "http", "127.0.0.1", 40123, "/data"},
    {"http://[::1]:8080", "http", "[::1]", 8080, "/"},
    {"http://[::1]:8080", "http", "::1", 8080, "/"},
    {"http://[FE80::1]", "http", "[fe80::1]", 80, "/"},
    {"https://example.org/api", "https", "example.org", 443, "/api"},
    {"https://example.org/api", "https", "example.org", 443, "/api/"},
    {"https://example.org/api", "https", "example.org", 443, "/api/v1/x..y/...?q=/../"},
    {"https://example.org/api", "https", "example.org", 443, "/api?q=1"},
    {"https://example.org/api/", "https", "example.org", 443, "/api/v1"},
};

static const struct row refused[] = {
    /* another host */
    {"https://example.org", "https", "example.com", 443, "/"},
    {"https://example.org", "https", "example.org.evil.test", 443, "/"},
    {"https://example.org", "https", "evil-example.org", 443, "/"},
    {"https://example.org", "https", "xexample.org", 443, "/"},
    {"https://example.org", "https", "a.example.org", 443, "/"},
    {"https://*.example.org", "https", "example.org", 443, "/"},
    {"https://*.example.org", "https", ".example.org", 443, "/"},
    {"https://*.example.org", "https", "aexample.org", 443, "/"},
    {"https://*.example.org", "https", "evil.test-example.org", 443, "/"},
    {"https://*.example.org", "https", "evil.test.example.org.evil.test", 443, "/"},
    {"https://*.example.org", "https", "a..example.org", 443, "/"},
    {"https://example.org", "https", "example.org..", 443, "/"},
    {"https://*", "https", "", 443, "/"},
    {"https://*", "https", ".", 443, "/"},
    /* what is no host */
    {"https://example.org", "https", "example.org@evil.test", 443, "/"},
    {"https://*.example.org", "https", "evil.test/.example.org", 443, "/"},
    {"https://*.example.org", "https", "evil.test#.example.org", 443, "/"},
    {"https://*.example.org", "https", "evil.test?.example.org", 443, "/"},
    {"https://*.example.org", "https", "evil.test\\.example.org", 443, "/"},
    {"https://*.example.org", "https", "user@a.example.org", 443, "/"},
    {"https://*.example.org", "https", "evil.test:443.example.org", 443, "/"},
    {"https://*.example.org", "https", "evil.test%2f.example.org", 443, "/"},
    {"https://*.example.org", "https", "evil.test\n.example.org", 443, "/"},
    {"https://*.example.org", "https", "evil.test\xe2\x84\x80.example.org", 443, "/"},
    {"*", "https", "a@b", 443, "/"},
    {"*", "https", "a b", 443, "/"},
    {"https://*", "https", "[::1%25eth0]", 443, "/"},
    /* another scheme or port */
    {"https://example.org", "http", "example.org", 443, "/"},
    {"https://example.org", "http", "example.org", 80, "/"},
    {"http://example.org", "https", "example.org", 443, "/"},
    {"https://example.org", "https", "example.org", 8443, "/"},
    {"https://example.org:8443", "https", "example.org", 443, "/"},
    {"https://example.org:*", "https", "example.org", 0, "/"},
    {"https://example.org:*", "https", "example.org", 65536, "/"},
    {"*", "ftp", "example.org", 21, "/"},
    {"*", "file", "example.org", 80, "/etc/passwd"},
    {"*", "gopher", "example.org", 70, "/"},
    /* another path */
    {"https://example.org/api", "https", "example.org", 443, "/"},
    {"https://example.org/api", "https", "example.org", 443, "/apix"},
    {"https://example.org/api", "https", "example.org", 443, "/API"},
    {"https://example.org/api", "https", "example.org", 443, "/api.txt"},
    {"https://example.org/api/", "https", "example.org", 443, "/api"},
    {"https://example.org/api", "https", "example.org", 443, "/api/../secret"},
    {"https://example.org/api", "https", "example.org", 443, "/api/.."},
    {"https://example.org/api", "https", "example.org", 443, "/api/./x"},
    {"https://example.org/api", "https", "example.org", 443, "/api/%2e%2e/secret"},
    {"https://example.org/api", "https", "example.org", 443, "/api/.%2E/secret"},
    {"https://example.org/api", "https", "example.org", 443, "/api/x%2f..%2f..%2fsecret"},
    {"https://example.org/api", "https", "example.org", 443, "/api/..\\secret"},
    {"https://example.org/api", "https", "example.org", 443, "/api/%5c..%5Csecret"},
    {"https://example.org/api", "https", "example.org", 443, "/api/..;/secret"},
    {"https://example.org/api", "https", "example.org", 443, "/api/..?x"},
    {"https://example.org/api", "https", "example.org", 443, "/api/x y"},
    {"https://example.org/api", "https", "example.org", 443, "/api/x\r\nHost: evil.test"},
    {"https://example.org/api", "https", "example.org", 443, ""},
    /* what is no pattern matches nothing */
    {"", "https", "example.org", 443, "/"},
    {"example.org", "https", "example.org", 443, "/"},
    {"//example.org", "https", "example.org", 443, "/"},
    {"*://example.org", "https", "example.org", 443, "/"},
    {"ftp://example.org", "ftp", "example.org", 21, "/"},
    {"https://", "https", "example.org", 443, "/"},
    {"https://user@example.org", "https", "example.org", 443, "/"},
    {"https://exa*le.org", "https", "example.org", 443, "/"},
    {"https://*example.org", "https", "xexample.org", 443, "/"},
    {"https://*.", "https", "example.org", 443, "/"},
    {"https://example.org:", "https", "example.org", 443, "/"},
    {"https://example.org:0", "https", "example.org", 443, "/"},
    {"https://example.org:99999", "https", "example.org", 443, "/"},
    {"https://example.org:4x", "https", "example.org", 443, "/"},
    {"https://[::1", "https", "[::1]", 443, "/"},
    {"https://example.org/a?b", "https", "example.org", 443, "/a?b"},
    {"https://example.org/a/../b", "https", "example.org", 443, "/a/../b"},
    {"https://example.org/a*", "https", "example.org", 443, "/ab"},
};

static bool
matches(const struct row *r)
{
	return policy_http(r->pattern, r->scheme, r->host, r->port, r->path);
}

static void
urls(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof granted / sizeof granted[0]; i++) {
		if (!matches(&granted[i]))
			fail_msg("%s does not grant %s %s:%u %s", granted[i].pattern, granted[i].scheme,
			    granted[i].host, granted[i].port, granted[i].path);
	}
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		if (matches(&refused[i]))
			fail_msg("%s grants %s %s:%u %s", refused[i].pattern, refused[i].scheme, refused[i].host,
			    refused[i].port, refused[i].path);
	}
}

/* A host of 100,000 characters is refused before anybody walks along it twice. */
static void
endless_hosts(void **state)
{
	static char host[100001];

	(void)state;
	memset(host, 'a', sizeof host - 1);
	assert_false(policy_http("*", "https", host, 443, "/"));
	host[253] = '\0';
	assert_true(policy_http("*", "https", host, 443, "/"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(stars),
	    cmocka_unit_test(urls),
	    cmocka_unit_test(endless_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
