/*
 * The registry with a real journal and store, real folders and events, and plugins of paper: "NAME VERSION WHAT.", where
 * the full stop at the end is what makes a file whole, and "broken" as WHAT is what does not load.
 */

#ifndef TESTS_REGISTRY_WORLD_H
#define TESTS_REGISTRY_WORLD_H

#include "cmocka_all.h"

#include "registry/registry.h"

struct answer;

struct world {
	char *dir, *plugins, *objects;
	struct event_base *loop;
	struct journal *journal;
	struct store *store;
	struct policy *policy;
	struct registry *registry;
	struct buf log; /* every line */
	size_t read;    /* of it, by expect() */
	unsigned inspections, probes;
	bool hold_probes; /* keep them waiting */
	registry_probed *held;
	void *held_arg;
	struct answer *slow[8]; /* those that are to be answered by answer_slow() */
	unsigned n_slow;
	char retired[256]; /* "1.0.0+ 0.9.0-": + kept warm, - not */
};
extern struct world w;
extern struct fault fault;

/* For cmocka: each test has a folder and a host of its own, whose registry is not open yet. */
int set_up(void **state);
int tear_down(void **state);

int open_registry(void);
void begin(void);   /* the same, and what there is at start has been looked at */
void restart(void); /* of a host that has begun */

/* The loop goes on a little; the test fails once `until_ns` is over. */
void turn(int64_t until_ns);

/* Goes on until the log has a line with these words, after the one that the last expect() found. */
void expect(const char *words);
bool logged(const char *words);

/* The trial that has been waiting longest for its answer gets it. */
void answer_slow(void);

/* Files in the plugin folder: where they are (until the next call), and put there as cp does it: opened, written, closed. */
char *file_path(const char *file);
void drop(const char *file, const char *text);
void drop_active(const char *file, const char *text); /* and waits until it is */

/* What the registry has: versions, states by name, and of those with a capability the first by name. */
const char *active(const char *name);
const char *state_of(const char *name, const char *semver);
const struct version *capable(const char *capability);

/* Files in the object store, left-overs of copies included. */
unsigned objects(void);

#endif
