/* See prime.h. */

#include "cell/guest/prime.h"

#include <execinfo.h>
#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/util.h"

/* Order of members in jansson's tables must be the same in every execution. */
#define JSON_SEED 0x686f7370u

/* From 1,024 bytes on qsort wants memory, and asks once how much the machine has. */
#define SORT_ITEMS 256

static int
compare_items(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

static void
prime_sort(void)
{
	uint64_t items[SORT_ITEMS];

	for (size_t i = 0; i < SORT_ITEMS; i++)
		items[i] = i;
	qsort(items, SORT_ITEMS, sizeof(*items), compare_items);
}

static void
prime_output(void)
{
	/* Buffers of our own, or stdio would ask what kind of file it writes to. */
	static char line[BUFSIZ];
	char text[64];

	setvbuf(stdout, line, _IOLBF, sizeof(line));
	setvbuf(stderr, NULL, _IONBF, 0);
	snprintf(text, sizeof(text), "%.17g %s %p", 0.1, strerror(0), (void *)line);
}

static void
prime_json(void)
{
	json_t *j;
	char *text;

	json_object_seed(JSON_SEED);
	j = json_pack("{s:f s:[i]}", "real", 0.5, "list", 1);
	text = json_dumps(j, JSON_COMPACT);
	json_decref(j);
	j = json_loads(text == NULL ? "{}" : text, 0, NULL);
	json_decref(j);
	free(text);
}

void
prime_libraries(void)
{
	void *frames[4];

	setlocale(LC_ALL, "C");
	tzset();
	prime_json();
	prime_sort();
	prime_output();
	/* Loads the unwinder, which C++ exceptions and the reports of fatal signals need. */
	(void)backtrace(frames, ARRAY_LEN(frames));
}
