/*
 * power_replay LOG: cuts the power at every point of a log, in several ways, and has the checker look at what is left.
 *
 *   --images N      only so many, by chance; without it every cut point, in every way
 *   --part I/N      of the cut points only each Nth, from the Ith on: for N of these beside one another
 *   --random N      so many random ways at each cut point (4)
 *   --seed S        of everything that is by chance
 *   --first         ends with the first image that is wrong
 *   --without GLOB  as if there were no sync of what is called so ("through": writes that go through the cache)
 *   --one CUT WAY WHICH   one image, which stays in DIR
 *   --dir DIR       where images are made
 *   --same DIR      does the whole log make this folder, byte for byte?
 *
 * Ends with 0 when nothing was wrong, with 1 when something was.
 */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/util.h"
#include "power/check.h"
#include "power/model.h"

#define SUBSET_UNITS 5 /* so few: all subsets */
#define TOLD_MAX     5
#define PATIENCE_S   60 /* a host that goes round in circles over what it found */

static const char *const way_names[WAYS] = {
    [WAY_ALL] = "all",
    [WAY_NONE] = "none",
    [WAY_DATA] = "data",
    [WAY_NAMES] = "names",
    [WAY_SUBSET] = "subset",
    [WAY_LOST] = "lost",
    [WAY_KEPT] = "kept",
    [WAY_RANDOM] = "random",
};

struct replay {
	struct power_log log;
	const char *log_path, *dir, *without;
	char *image;
	uint64_t seed;
	unsigned random;
	size_t part, parts;
	bool first;
	uint64_t images, wrong;
};

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void
clear(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* What had been said before the cut. */
static void
said_before(const struct replay *r, size_t cut, struct buf *ret)
{
	for (size_t i = 0; i < cut; i++)
		if (r->log.events[i].kind == POWER_SAID)
			buf_append(ret, r->log.events[i].path, r->log.events[i].length);
	buf_append(ret, "", 1);
}

/* In a process of its own: what the power left may be anything. */
static int
look(const struct replay *r, const char *said, char *why, size_t size)
{
	int pipes[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe(pipes) != 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		int rc;

		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		why[0] = '\0';
		alarm(PATIENCE_S);
		rc = power_check(r->image, said, why, size);
		if (write(pipes[1], why, strlen(why)) < 0)
			_exit(9);
		_exit(rc);
	}
	close(pipes[1]);
	n = read(pipes[0], why, size - 1);
	why[n > 0 ? n : 0] = '\0';
	close(pipes[0]);
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) <= 1)
		return WEXITSTATUS(status);
	snprintf(why, size, "the host ended with %s %d", WIFEXITED(status) ? "status" : "signal",
	    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return 1;
}

/* Returns how many units there were. */
static unsigned
try(struct replay *r, size_t cut, enum power_way way, uint64_t which)
{
	struct power_choice choice = {.way = way, .which = which, .without = r->without};
	_cleanup_(buf_free) struct buf said = {0};
	char why[1024];
	unsigned units;

	clear(r->image);
	if (mkdir(r->image, 0700) != 0) {
		perror(r->image);
		exit(2);
	}
	units = power_build(&r->log, cut, &choice, r->image);
	said_before(r, cut, &said);
	r->images++;
	if (look(r, (const char *)said.data, why, sizeof why) == 0)
		return units;
	if (r->wrong++ < TOLD_MAX)
		printf("# wrong: %s\n#   replay %s --one '%zu %s %" PRIu64 "'%s%s\n", why, r->log_path, cut,
		    way_names[way], which, r->without == NULL ? "" : " --without ",
		    r->without == NULL ? "" : r->without);
	return units;
}

static void
try_cut(struct replay *r, size_t cut)
{
	unsigned units = try(r, cut, WAY_ALL, 0);

	if (units == 0)
		return;
	if (units <= SUBSET_UNITS) {
		for (uint64_t bits = 0; bits < UINT64_C(1) << units; bits++)
			try(r, cut, WAY_SUBSET, bits);
	} else {
		try(r, cut, WAY_NONE, 0);
		try(r, cut, WAY_DATA, 0);
		try(r, cut, WAY_NAMES, 0);
		for (unsigned i = 0; i < units && i < 64; i++) {
			try(r, cut, WAY_LOST, i);
			try(r, cut, WAY_KEPT, i);
		}
	}
	for (unsigned i = 0; i < r->random; i++)
		try(r, cut, WAY_RANDOM, r->seed * 1000 + cut * 10 + i);
}

static bool
over(const struct replay *r)
{
	return r->first && r->wrong > 0;
}

static void
try_all(struct replay *r)
{
	for (size_t i = 0; i < r->log.n && !over(r); i++)
		if (i % r->parts == r->part && power_cuts(&r->log, i))
			try_cut(r, i + 1);
}

static void
try_some(struct replay *r, uint64_t images)
{
	static const enum power_way ways[] = {
	    WAY_ALL, WAY_NONE, WAY_DATA, WAY_NAMES, WAY_LOST, WAY_KEPT, WAY_RANDOM, WAY_RANDOM};
	uint64_t random = r->seed * UINT64_C(0x9e3779b97f4a7c15) + 1;

	while (r->images < images && !over(r)) {
		size_t cut;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		cut = (size_t)(random % r->log.n);
		if (power_cuts(&r->log, cut))
			try(r, cut + 1, ways[random >> 32 & 7], random >> 40 & 31);
	}
}

static int
try_one(struct replay *r, const char *text)
{
	char name[16];
	uint64_t which;
	size_t cut;

	if (sscanf(text, "%zu %15s %" SCNu64, &cut, name, &which) != 3)
		return 2;
	for (int way = 0; way < WAYS; way++)
		if (strcmp(way_names[way], name) == 0)
			try(r, cut, (enum power_way)way, which);
	printf("# the image, as the checker left it, is in %s\n", r->image);
	return r->wrong > 0 ? 1 : 0;
}

/* Nothing has got past the shim when the whole log makes what the program made. */
static int
build_same(struct replay *r, const char *dir)
{
	struct power_choice choice = {.way = WAY_ALL};
	_cleanup_(free_p) char *command = NULL;

	clear(r->image);
	if (mkdir(r->image, 0700) != 0)
		return 2;
	power_build(&r->log, r->log.n, &choice, r->image);
	command = xasprintf("diff -r -x " POWER_SAID_FILE " -x lock.mdb '%s' '%s'", r->image, dir);
	return system(command) == 0 ? 0 : 1;
}

/* What the words of the command ask for besides. */
struct asked {
	const char *one, *same;
	uint64_t images;
};

/* Returns -1: they are others than they may be. */
static int
read_words(int argc, char **argv, struct replay *r, struct asked *asked)
{
	static const struct option longs[] = {
	    {"images", required_argument, NULL, 'i'},
	    {"part", required_argument, NULL, 'p'},
	    {"random", required_argument, NULL, 'r'},
	    {"seed", required_argument, NULL, 's'},
	    {"first", no_argument, NULL, 'f'},
	    {"without", required_argument, NULL, 'w'},
	    {"one", required_argument, NULL, 'o'},
	    {"dir", required_argument, NULL, 'd'},
	    {"same", required_argument, NULL, 'm'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 'i':
			asked->images = strtoull(optarg, NULL, 10);
			break;
		case 'p':
			if (sscanf(optarg, "%zu/%zu", &r->part, &r->parts) != 2 || r->parts == 0)
				return -1;
			break;
		case 'r':
			r->random = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 's':
			r->seed = strtoull(optarg, NULL, 10);
			break;
		case 'f':
			r->first = true;
			break;
		case 'w':
			r->without = optarg;
			break;
		case 'o':
			asked->one = optarg;
			break;
		case 'd':
			r->dir = optarg;
			break;
		case 'm':
			asked->same = optarg;
			break;
		default:
			return -1;
		}
	if (optind + 1 != argc)
		return -1;
	r->log_path = argv[optind];
	return 0;
}

int
main(int argc, char **argv)
{
	struct replay r = {.random = 4, .parts = 1, .seed = (uint64_t)time(NULL) % 100000, .dir = "/tmp"};
	struct asked asked = {0};
	int rc = 0;

	if (read_words(argc, argv, &r, &asked) != 0 || sodium_init() < 0 || power_log_read(&r.log, r.log_path) != 0)
		return 2;
	r.image = xasprintf("%s/image.%d", r.dir, (int)getpid());
	if (asked.same != NULL)
		rc = build_same(&r, asked.same);
	else if (asked.one != NULL)
		return try_one(&r, asked.one);
	else if (asked.images > 0)
		try_some(&r, asked.images);
	else
		try_all(&r);
	clear(r.image);
	if (asked.same == NULL)
		printf("# %zu entries, %" PRIu64 " images, seed %" PRIu64 "%s%s: %" PRIu64 " wrong\n", r.log.n,
		    r.images, r.seed, r.without == NULL ? "" : ", without syncs of ",
		    r.without == NULL ? "" : r.without, r.wrong);
	return r.wrong > 0 ? 1 : rc;
}
