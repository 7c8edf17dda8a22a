/* chaos-check: what its parts share. */

#ifndef CHAOS_CHECK_H
#define CHAOS_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct journal {
	json_t *runs;    /* id -> what is known of the run (check_runs.c) */
	json_t *effects; /* path of a request -> what is known of the effect (check_effects.c) */
	json_t *memory;  /* "space/key" -> the number that is under it */
	json_t *keys;    /* idempotency key -> id of the run */
	size_t records, copies;
	uint64_t last_lsn, epochs;
};

/* Tells that a promise was broken, and where. */
void breaks(const char *where, const char *format, ...) __attribute__((format(printf, 2, 3)));
extern unsigned broken;

const char *text_of(const json_t *object, const char *key); /* "" where there is none */
json_int_t number_of(const json_t *object, const char *key);
json_int_t count_up(json_t *counts, const char *key);
json_t *member(json_t *object, const char *key); /* made, {}, where there is none */

/* Reads a journal, and checks of each record that it may follow those before it. */
void journal_read(struct journal *j, const char *file);
void journal_free(struct journal *j);

/* The run as a whole, once all is read. */
void check_run(const char *id, json_t *run);

/* Records of an HTTP request; and all of them against the log of the server. */
void effect_record(struct journal *j, const char *id, const json_t *record);
void check_effects(const struct journal *j, const char *log, unsigned *requests, unsigned *again);

#endif
