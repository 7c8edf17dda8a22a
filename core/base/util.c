/*
 * Allocation that does not fail.
 *
 * Running out of memory ends the process with one line on stderr: every promise of the host rests on records that it
 * could no longer write, and what is durable is found again at the next start.
 */

#include <stdarg.h>
#include <string.h>

#include "base/util.h"

static void *
checked(void *p, size_t size)
{
	if (p == NULL && size > 0) {
		fprintf(stderr, "out of memory: %zu bytes were asked for and the system has none\n", size);
		abort();
	}
	return p;
}

void *
xmalloc(size_t size)
{
	return checked(malloc(size), size);
}

void *
xcalloc(size_t n, size_t size)
{
	return checked(calloc(n, size), n == 0 ? 0 : size);
}

void *
xrealloc(void *p, size_t size)
{
	return checked(realloc(p, size > 0 ? size : 1), size);
}

char *
xstrdup(const char *s)
{
	return checked(strdup(s), 1);
}

char *
xstrndup(const char *s, size_t n)
{
	return checked(strndup(s, n), 1);
}

char *
xasprintf(const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	return checked(len < 0 ? NULL : text, 1);
}
