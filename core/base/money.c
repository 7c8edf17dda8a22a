/* Money as text, read and written. */

#include "base/money.h"

#include <stdio.h>

#define MICROS 1000000

bool
money_read(const char *text, int64_t *ret_micros)
{
	int64_t dollars = 0, micros = 0, unit = MICROS;
	const char *at = *text == '$' ? text + 1 : text;

	if (*at < '0' || *at > '9')
		return false;
	for (; *at >= '0' && *at <= '9'; at++) {
		dollars = dollars * 10 + (*at - '0');
		if (dollars > MONEY_MAX / MICROS)
			return false;
	}
	if (*at == '.') {
		for (at++; *at >= '0' && *at <= '9' && unit > 1; at++) {
			unit /= 10;
			micros += (*at - '0') * unit;
		}
		if (unit == MICROS)
			return false;
	}
	if (*at != '\0' || dollars * MICROS + micros > MONEY_MAX)
		return false;
	*ret_micros = dollars * MICROS + micros;
	return true;
}

void
money_write(int64_t micros, char out[MONEY_TEXT])
{
	uint64_t amount = micros < 0 ? -(uint64_t)micros : (uint64_t)micros;
	int len = snprintf(out, MONEY_TEXT, "%s%llu.%06u", micros < 0 ? "-" : "", (unsigned long long)(amount / MICROS),
	    (unsigned)(amount % MICROS));

	for (int digits = 6; digits > 2 && out[len - 1] == '0'; digits--)
		out[--len] = '\0';
}
