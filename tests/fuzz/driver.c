/*
 * Runs a fuzz target without libFuzzer: over the files and folders named, or over inputs of its own making.
 *
 *   fuzz_json --rounds 5000 --seed 7 [FILE | FOLDER]...
 *
 * Made inputs are pieces of what formats are made of, pieces of the inputs before, and noise, from a seed that is
 * printed; so `make check` looks at the same inputs each time, and another seed looks at others.
 */

#include <dirent.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "fuzz.h"

#define INPUT_MAX 2048
#define KEPT      64 /* inputs before, to take pieces from */

static const char *const pieces[] = {
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    ":",
    ",",
    "\\u00e9",
    "\\ud83d\\ude00",
    "\xc3\xa9",
    "\xe2\x82\xac",
    "\xf0\x9f\x98\x80",
    "\xff",
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1.5",
    "1e9",
    " ",
    "\n",
    "\"a\":",
    "\"type\":\"object\"",
    "\"type\":[\"string\"]",
    "\"properties\":{",
    "\"items\":",
    "\"required\":[\"a\"]",
    "\"enum\":[1]",
    "\"minimum\":1",
    "\"maxLength\":3",
    "\"additionalProperties\":false",
    "[[[[[[[[",
    "{\"a\":{\"a\":",
    "BTCH",
    "\x01\x00\x00\x00\x08\x00\x00\x00",
    "\x68\x00\x00\x00",
};

static uint64_t random_state;

static uint64_t
next_random(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15u; /* splitmix64 */

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static size_t
below(size_t n)
{
	return (size_t)(next_random() % n);
}

static void
add_some(struct buf *b, const struct buf kept[KEPT])
{
	const struct buf *old = &kept[below(KEPT)];
	size_t at;

	switch (below(4)) {
	case 0:
		*(uint8_t *)buf_extend(b, 1) = (uint8_t)next_random();
		break;
	case 1:
		at = old->len == 0 ? 0 : below(old->len);
		buf_append(b, old->data + at, old->len == 0 ? 0 : below(old->len - at) + 1);
		break;
	case 2:
		at = 1 + below(11);
		memset(buf_extend(b, at), 0, at);
		break;
	default:
		buf_appends(b, pieces[below(ARRAY_LEN(pieces))]);
	}
}

static void
run_made(uint64_t rounds)
{
	struct buf kept[KEPT] = {0};

	for (uint64_t i = 0; i < rounds; i++) {
		struct buf *b = &kept[below(KEPT)];
		size_t steps = below(40);
		uint8_t *exact;

		buf_clear(b);
		while (steps-- > 0 && b->len < INPUT_MAX)
			add_some(b, kept);
		if (b->len > INPUT_MAX)
			b->len = INPUT_MAX;
		exact = xmalloc(b->len + (b->len == 0)); /* its own allocation: a sanitizer sees one byte too many */
		memcpy(exact, b->len == 0 ? (const uint8_t *)"" : b->data, b->len);
		LLVMFuzzerTestOneInput(exact, b->len);
		free(exact);
	}
	for (size_t i = 0; i < KEPT; i++)
		buf_free(&kept[i]);
}

static unsigned
run_path(const char *path)
{
	_cleanup_(buf_free) struct buf b = {0};
	struct fault fault;
	struct dirent *e;
	unsigned n = 0;
	DIR *dir = opendir(path);

	if (dir == NULL) {
		if (fd_read_file(path, &b, 64 * MIB, &fault) != 0) {
			fprintf(stderr, "%s\n", fault.text);
			exit(2);
		}
		LLVMFuzzerTestOneInput(b.data, b.len);
		return 1;
	}
	while ((e = readdir(dir)) != NULL) {
		_cleanup_(free_p) char *below_it = xasprintf("%s/%s", path, e->d_name);

		if (e->d_name[0] != '.')
			n += run_path(below_it);
	}
	closedir(dir);
	return n;
}

int
main(int argc, char **argv)
{
	uint64_t rounds = 5000, seed = 20260101;
	unsigned files = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
			rounds = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 10);
		else
			files += run_path(argv[i]);
	}
	printf("%u files, %" PRIu64 " made inputs, --seed %" PRIu64 "\n", files, rounds, seed);
	fflush(stdout);
	random_state = seed;
	run_made(rounds);
	return 0;
}
