/*
 * Ids and the alphabets in which they are written.
 */

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/util.h"

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void
random_bytes(void *out, size_t len)
{
	uint8_t *at = out;

	while (len > 0) {
		ssize_t n = getrandom(at, len, 0);

		if (n < 0) {
			assert(errno == EINTR);
			continue;
		}
		at += n;
		len -= (size_t)n;
	}
}

/* Adds one to the 80 random bits, and from there to the milliseconds: the order holds whatever happens. */
static void
ulid_count_up(struct ulid *id)
{
	for (size_t i = sizeof id->bytes; i-- > 0;)
		if (++id->bytes[i] != 0)
			return;
}

struct ulid
ulid_new(void)
{
	static struct ulid last; /* [loop] */
	uint64_t ms = (uint64_t)(clock_real_ns() / NS_PER_MS), last_ms = 0;

	for (int i = 0; i < 6; i++)
		last_ms = last_ms << 8 | last.bytes[i];
	if (ms <= last_ms) { /* the same millisecond, or the clock was set back */
		ulid_count_up(&last);
		return last;
	}
	for (int i = 0; i < 6; i++)
		last.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
	random_bytes(last.bytes + 6, 10);
	return last;
}

void
ulid_format(const struct ulid *id, char out[ULID_TEXT])
{
	unsigned bits = 0, have = 2; /* 26 characters hold 130 bits: two zero bits go before */
	size_t byte = 0;

	for (int i = 0; i < 26; i++) {
		if (have < 5) {
			bits = bits << 8 | id->bytes[byte++];
			have += 8;
		}
		have -= 5;
		out[i] = crockford[bits >> have & 31];
		bits &= (1u << have) - 1;
	}
	out[26] = '\0';
}

static int
crockford_value(char c)
{
	const char *at;

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	at = c == '\0' ? NULL : strchr(crockford, c);
	return at == NULL ? -1 : (int)(at - crockford);
}

bool
ulid_parse(const char *text, struct ulid *ret)
{
	struct ulid id;
	unsigned bits = 0, have = 0;
	size_t byte = 0;

	if (strnlen(text, 27) != 26 || crockford_value(text[0]) > 7)
		return false;
	for (int i = 0; i < 26; i++) {
		int value = crockford_value(text[i]);

		if (value < 0)
			return false;
		bits = bits << 5 | (unsigned)value;
		have += i == 0 ? 3 : 5;
		if (have >= 8) {
			have -= 8;
			id.bytes[byte++] = (uint8_t)(bits >> have);
			bits &= (1u << have) - 1;
		}
	}
	*ret = id;
	return true;
}

struct trace_id
trace_id_new(void)
{
	static const struct trace_id zero;
	struct trace_id id = zero;

	static uint8_t ahead[4096]; /* [loop] random bytes, and how many were used */
	static size_t used = sizeof ahead;

	while (memcmp(id.bytes, zero.bytes, sizeof id.bytes) == 0) {
		if (used == sizeof ahead) {
			random_bytes(ahead, sizeof ahead);
			used = 0;
		}
		memcpy(id.bytes, ahead + used, sizeof id.bytes);
		used += sizeof id.bytes;
	}
	return id;
}

void
hex_format(const void *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *at = bytes;

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[at[i] >> 4];
		out[2 * i + 1] = digits[at[i] & 15];
	}
	out[2 * len] = '\0';
}

int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
hex_parse(const char *text, void *out, size_t len)
{
	uint8_t *at = out;

	/* Looked through first, so that a failure leaves `out` as it was. */
	for (size_t i = 0; i < 2 * len; i++)
		if (hex_digit(text[i]) < 0)
			return false;
	if (text[2 * len] != '\0')
		return false;
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)(hex_digit(text[2 * i]) * 16 + hex_digit(text[2 * i + 1]));
	return true;
}
