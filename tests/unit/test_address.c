/* Which addresses are public: both edges of every block, and those that hide another. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cmocka.h>

#include "base/util.h"
#include "tool/address.h"

static const char *const public[] = {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
    "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0",
    "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0",
    "203.0.112.255", "203.0.114.0", "223.255.255.255", "2606:4700::1111", "2a00::1",
    "2001:200::", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:0808:0808::1", "3fff:1000::"};

static const struct {
	const char *address, *what;
} special[] = {
    {"0.0.0.0", "this network"},
    {"0.255.255.255", "this network"},
    {"10.0.0.0", "private"},
    {"10.255.255.255", "private"},
    {"100.64.0.0", "NAT"},
    {"100.127.255.255", "NAT"},
    {"127.0.0.1", "loopback"},
    {"127.255.255.255", "loopback"},
    {"169.254.169.254", "link-local"},
    {"172.16.0.0", "private"},
    {"172.31.255.255", "private"},
    {"192.0.0.170", "protocol"},
    {"192.0.2.1", "documentation"},
    {"192.31.196.1", "AS112"},
    {"192.52.193.1", "multicast"},
    {"192.88.99.1", "6to4"},
    {"192.168.0.0", "private"},
    {"192.168.255.255", "private"},
    {"192.175.48.1", "AS112"},
    {"198.18.0.0", "benchmark"},
    {"198.19.255.255", "benchmark"},
    {"198.51.100.1", "documentation"},
    {"203.0.113.1", "documentation"},
    {"224.0.0.1", "multicast"},
    {"239.255.255.255", "multicast"},
    {"240.0.0.1", "reserved"},
    {"255.255.255.255", "broadcast"},
    {"::", "unspecified"},
    {"::1", "loopback"},
    {"::2", "not in global use"},
    {"::127.0.0.1", "not in global use"},
    {"::8.8.8.8", "not in global use"},
    {"::ffff:127.0.0.1", "loopback"},
    {"::ffff:10.1.2.3", "private"},
    {"::ffff:0:8.8.8.8", "not in global use"},
    {"64:ff9b::127.0.0.1", "loopback"},
    {"64:ff9b::169.254.169.254", "link-local"},
    {"64:ff9b:1::1", "NAT64"},
    {"64:ff9b:2::1", "not in global use"},
    {"100::1", "discard"},
    {"2001::1", "protocol"},
    {"2001:1ff::1", "protocol"},
    {"2001:db8::1", "documentation"},
    {"2002:7f00:1::", "loopback"},
    {"2002:c0a8:0101::1", "private"},
    {"2620:4f:8000::1", "AS112"},
    {"3fff::1", "documentation"},
    {"4000::1", "not in global use"},
    {"5f00::1", "not in global use"},
    {"fc00::1", "private"},
    {"fdff:ffff::1", "private"},
    {"fe80::1", "link-local"},
    {"febf::1", "link-local"},
    {"fec0::1", "site-local"},
    {"ff02::1", "multicast"},
};

static const char *
judge(const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return address_special((struct sockaddr *)&in);
	assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	return address_special((struct sockaddr *)&in6);
}

static void
test_public(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(public); i++) {
		if (judge(public[i]) != NULL)
			fail_msg("%s was taken for %s", public[i], judge(public[i]));
	}
}

static void
test_special(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(special); i++) {
		const char *found = judge(special[i].address);

		if (found == NULL || strstr(found, special[i].what) == NULL)
			fail_msg("%s was taken for %s", special[i].address, found == NULL ? "public" : found);
	}
}

static void
test_other_families(void **state)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/run/docker.sock"};
	char text[ADDRESS_TEXT];

	(void)state;
	assert_non_null(address_special((struct sockaddr *)&un));
	address_format((struct sockaddr *)&un, text);
	assert_string_equal(text, "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_public),
	    cmocka_unit_test(test_special),
	    cmocka_unit_test(test_other_families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
