/*
 * A made-up world around dispatch: cells, registry, store, journal, HTTP and memory as a test plays them.  One file of tests
 * has one of them, `w`.
 */

#ifndef TESTS_DISPATCH_WORLD_H
#define TESTS_DISPATCH_WORLD_H

#include "cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "call/call.h"
#include "dispatch/dispatch.h"

#define WORLD_MAX 2048

/* What the memory room was asked last, and who waits for the answer. */
struct world_memory {
	unsigned asked;
	const char *what;
	char spaces[1024]; /* "uid:1/a uid:1/b" */
	char key[512], text[512];
	uint64_t version, from, to, lsn;
	size_t most, most_each, within;
	memory_done *done; /* NULL: nobody */
	void *arg;
};

struct world {
	struct event_base *loop;
	struct calls calls;
	struct dispatch *d;
	struct cells_events events;
	struct policy *policy;
	struct run *run;
	struct version versions[8];
	struct version *capable[8];
	unsigned n_versions;

	struct call *submitted[WORLD_MAX];
	unsigned n_submitted;
	struct {
		uint32_t ordinal;
		int status;
		uint64_t handle;
	} outcomes[WORLD_MAX];
	unsigned n_outcomes;
	size_t room_ahead; /* for outcomes before they are asked for */
	uint32_t ahead[64];
	unsigned n_ahead, n_known;
	struct call *cancelled[WORLD_MAX];
	unsigned n_cancelled, n_withdrawn;
	bool no_cells; /* what is submitted is queued */
	struct call *(*kept_by)(const struct call *call); /* who sits in its cell; NULL: nobody */
	uint16_t kinds[WORLD_MAX];
	bool with_config[WORLD_MAX];
	int64_t number;
	void *records[WORLD_MAX]; /* as they were encoded */
	unsigned n_records;
	journal_done *awaited;
	void *awaited_arg;
	struct http_call http;
	unsigned http_code; /* of the next answer */
	unsigned n_http;
	bool unsent; /* nothing of a request has left */
	struct world_memory memory;
	bool unsettled;   /* documents come or go */
	uint64_t changed; /* how often they did */
	char *kept, kept_key[400]; /* what the store has of breakers: of one */
	unsigned parted; /* how often there was more of the root's reply to show */
	bool ended;
};
extern struct world w;

/* For cmocka: each test has a world of its own, with a run of plugin "a" that has not begun. */
int setup(void **state);
int teardown(void **state);

/* The run has this configuration, in which it may ask for the same as often as it needs it; and what the file itself says. */
void with_policy(const char *text);
struct policy *policy_of(const char *text);

/* An active agent that may call and reach whatever it likes. */
struct version *version_add(const char *name, const char *semver);

/* Starts the run; its root call. */
struct call *start(void);

/* A call asks for something and waits for it, as this op or of that kind; for another agent; ends. */
void ask_op(struct call *call, const struct wire_op *op, const char *target, const void *input, size_t len);
void ask_with(struct call *call, uint16_t kind, const char *target, int64_t share, const void *input, size_t len);
void ask(struct call *call, const char *target);
void reply(struct call *call, int status, const char *text);

struct call *newest(void); /* the call that was submitted last */
int last_status(void);     /* of the outcome that was delivered last */
const char *sentence(struct call *call, uint32_t ordinal);
void assert_says(const struct call *call, uint32_t ordinal, const char *part); /* as an outcome */

/* Memory answers what it was asked last: JSON, or with NULL the fault. */
void memory_answers(const char *json, const struct fault *fault);

/* How many records of a kind there are; the newest of them, decoded, without which the test fails; and any other. */
unsigned records_of(uint16_t kind);
struct record record_newest(uint16_t kind);
struct record decoded(const void *bytes);

#endif
