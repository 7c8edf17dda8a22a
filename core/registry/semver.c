/* Semantic versions, semver.org 2.0.0: what is one (section 2, 9, 10) and which comes first (section 11). */

#include "registry/registry.h"

#include <string.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_identifier_char(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

/* The end of a number without leading zeros, NULL when there is none. */
static const char *
skip_number(const char *at)
{
	if (!is_digit(*at))
		return NULL;
	if (*at == '0')
		return is_digit(at[1]) ? NULL : at + 1;
	while (is_digit(*at))
		at++;
	return at;
}

static bool
all_digits(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(at[i]))
			return false;
	}
	return true;
}

/* The end of identifiers with dots between, NULL when one is empty; numbers among them may not have leading zeros where
 * `strict`. */
static const char *
skip_identifiers(const char *at, bool strict)
{
	for (;;) {
		const char *start = at;

		while (is_identifier_char(*at))
			at++;
		if (at == start)
			return NULL;
		if (strict && *start == '0' && at - start > 1 && all_digits(start, (size_t)(at - start)))
			return NULL;
		if (*at != '.')
			return at;
		at++;
	}
}

bool
semver_valid(const char *text)
{
	const char *at = text;

	if (strnlen(text, PLUGIN_SEMVER_MAX + 1) > PLUGIN_SEMVER_MAX)
		return false;
	for (int part = 0; part < 3; part++) {
		if (part > 0 && *at++ != '.')
			return false;
		at = skip_number(at);
		if (at == NULL)
			return false;
	}
	if (*at == '-') {
		at = skip_identifiers(at + 1, true);
		if (at == NULL)
			return false;
	}
	if (*at == '+') {
		at = skip_identifiers(at + 1, false);
		if (at == NULL)
			return false;
	}
	return *at == '\0';
}

/* Numbers of any length, without leading zeros: the longer is the larger. */
static int
compare_numbers(const char *a, size_t a_len, const char *b, size_t b_len)
{
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return memcmp(a, b, a_len);
}

static int
compare_identifiers(const char *a, size_t a_len, const char *b, size_t b_len)
{
	bool a_number = all_digits(a, a_len), b_number = all_digits(b, b_len);
	int order;

	if (a_number && b_number)
		return compare_numbers(a, a_len, b, b_len);
	if (a_number != b_number)
		return a_number ? -1 : 1;
	order = memcmp(a, b, a_len < b_len ? a_len : b_len);
	if (order != 0 || a_len == b_len)
		return order;
	return a_len < b_len ? -1 : 1;
}

/* What follows "-": none at all comes after any. */
static int
compare_pre_release(const char *a, const char *b)
{
	if (*a != '-' || *b != '-')
		return (*a != '-') - (*b != '-');
	do {
		size_t a_len = strcspn(++a, ".+"), b_len = strcspn(++b, ".+");
		int order = compare_identifiers(a, a_len, b, b_len);

		if (order != 0)
			return order;
		a += a_len;
		b += b_len;
	} while (*a == '.' && *b == '.');
	return (*a == '.') - (*b == '.');
}

int
semver_compare(const char *a, const char *b)
{
	for (int part = 0; part < 3; part++) {
		size_t a_len = strspn(a, "0123456789"), b_len = strspn(b, "0123456789");
		int order = compare_numbers(a, a_len, b, b_len);

		if (order != 0)
			return order;
		a += a_len + (part < 2 && a[a_len] == '.');
		b += b_len + (part < 2 && b[b_len] == '.');
	}
	return compare_pre_release(a, b);
}

bool
plugin_name_valid(const char *name)
{
	size_t len = strnlen(name, PLUGIN_NAME_MAX + 1);

	return len > 0 && len <= PLUGIN_NAME_MAX && name[0] >= 'a' && name[0] <= 'z' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}
