/*
 * The special-purpose addresses: IANA's registries for IPv4 and IPv6 (RFC 6890 and what came after), read strictly.
 *
 * IPv4 is public unless a row says otherwise.  Of IPv6 only 2000::/3 has been given out for global use, so all else is
 * special whether or not it has a row.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/util.h"
#include "tool/address.h"

struct block {
	uint8_t net[16];
	unsigned bits;
	const char *what;
};

static const struct block blocks4[] = {
    {{0}, 8, "an address of \"this network\""},
    {{10}, 8, "a private address"},
    {{100, 64}, 10, "an address shared behind a carrier's NAT"},
    {{127}, 8, "a loopback address"},
    {{169, 254}, 16, "a link-local address"},
    {{172, 16}, 12, "a private address"},
    {{192, 0, 0}, 24, "an address of protocol assignments"},
    {{192, 0, 2}, 24, "an address for documentation"},
    {{192, 31, 196}, 24, "an address of AS112"},
    {{192, 52, 193}, 24, "an address of multicast tunnels"},
    {{192, 88, 99}, 24, "an address of 6to4 relays"},
    {{192, 168}, 16, "a private address"},
    {{192, 175, 48}, 24, "an address of AS112"},
    {{198, 18}, 15, "an address for benchmarks"},
    {{198, 51, 100}, 24, "an address for documentation"},
    {{203, 0, 113}, 24, "an address for documentation"},
    {{224}, 4, "a multicast address"},
    {{255, 255, 255, 255}, 32, "the broadcast address"},
    {{240}, 4, "a reserved address"},
};

static const struct block blocks6[] = {
    {{0}, 128, "the unspecified address"},
    {{[15] = 1}, 128, "a loopback address"},
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, "an address of local NAT64"},
    {{0x01}, 64, "an address of the discard prefix"},
    {{0x20, 0x01}, 23, "an address of protocol assignments"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, "an address for documentation"},
    {{0x26, 0x20, 0x00, 0x4f, 0x80}, 48, "an address of AS112"},
    {{0x3f, 0xff}, 20, "an address for documentation"},
    {{0xfc}, 7, "a private address"},
    {{0xfe, 0x80}, 10, "a link-local address"},
    {{0xfe, 0xc0}, 10, "a site-local address"},
    {{0xff}, 8, "a multicast address"},
};

/* Where an IPv6 address carries an IPv4 one. */
static const struct {
	uint8_t net[12];
	unsigned bits, at;
} carriers[] = {
    {{[10] = 0xff, [11] = 0xff}, 96, 12}, /* ::ffff:0:0/96, mapped */
    {{0x00, 0x64, 0xff, 0x9b}, 96, 12},   /* 64:ff9b::/96, NAT64 */
    {{0x20, 0x02}, 16, 2},                /* 2002::/16, 6to4 */
};

static bool
within(const uint8_t *address, const uint8_t *net, unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	return memcmp(address, net, bytes) == 0 && (rest == 0 || ((address[bytes] ^ net[bytes]) & mask) == 0);
}

static const char *
special(const uint8_t *address, const struct block *blocks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (within(address, blocks[i].net, blocks[i].bits))
			return blocks[i].what;
	}
	return NULL;
}

static const char *
special6(const uint8_t *address)
{
	static const uint8_t global[] = {0x20};
	const char *what;

	for (size_t i = 0; i < ARRAY_LEN(carriers); i++) {
		if (within(address, carriers[i].net, carriers[i].bits))
			return special(address + carriers[i].at, blocks4, ARRAY_LEN(blocks4));
	}
	what = special(address, blocks6, ARRAY_LEN(blocks6));
	if (what == NULL && !within(address, global, 3))
		return "an address that is not in global use";
	return what;
}

const char *
address_special(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof in);
		return special((const uint8_t *)&in.sin_addr, blocks4, ARRAY_LEN(blocks4));
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, address, sizeof in6);
		return special6(in6.sin6_addr.s6_addr);
	}
	return "not an internet address";
}

void
address_format(const struct sockaddr *address, char out[ADDRESS_TEXT])
{
	const void *bytes = NULL;

	if (address->sa_family == AF_INET)
		bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
	else if (address->sa_family == AF_INET6)
		bytes = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
	if (bytes == NULL || inet_ntop(address->sa_family, bytes, out, ADDRESS_TEXT) == NULL)
		strcpy(out, "?");
}
