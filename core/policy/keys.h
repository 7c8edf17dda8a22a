/*
 * The keys of the configuration: one table, from which everything else follows: defaults, checks, sentences, and the
 * test that etc/hospes.conf lists them all.  Private to the room.
 */

#ifndef POLICY_KEYS_H
#define POLICY_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"

enum key_type {
	KEY_TEXT,      /* char *; "" is NULL */
	KEY_PATH,      /* char *, absolute */
	KEY_PATHS,     /* char **, each absolute */
	KEY_PATTERNS,  /* char **, each as policy_http wants it */
	KEY_NEEDS,     /* char **, "call:...", "http:..." or "memory:..." */
	KEY_SPACES,    /* char **, names of spaces; "*" in them is a pattern */
	KEY_NAMES,     /* char **, names of plugins */
	KEY_NAME,      /* char *, of a plugin */
	KEY_STEPS,     /* char **, names of enum policy_step */
	KEY_COUNT,     /* integer of any width */
	KEY_SIZE,      /* bytes */
	KEY_TIME,      /* nanoseconds */
	KEY_RATE,      /* nanoseconds from one to the next; 0: no limit */
	KEY_MONEY,     /* micro-dollars, written as a text of dollars; "" is 0 */
	KEY_BOOL,      /* bool */
	KEY_UIDS,      /* uid_t, followed at `at2` by how many */
	KEY_ISOLATION, /* enum policy_isolation */
	KEY_ON_CYCLE,  /* enum policy_on_cycle */
	KEY_ROUTING,   /* enum policy_routing */
	KEY_ANSWER,    /* enum policy_answer */
	KEY_URL,       /* char *, http or https; "" is NULL */
	KEY_FILE,      /* char *, an absolute path; "" is NULL */
	KEY_REAL,      /* double; min and max are thousandths */
	KEY_PERCENTS,  /* struct policy_percents */
};

struct key {
	const char *path; /* "run.depth"; the last part alone in the tables of one plugin */
	enum key_type type;
	size_t at, width;   /* where it goes: offset and size in struct policy or struct policy_plugin */
	int64_t min, max;   /* of the number; of the length of a text */
	const char *preset; /* as one would write it; NULL: depends on who runs (places.c), or nothing */
	bool reloadable;    /* a reload takes it over; else it holds from the start of the host to its end */
};

/* Each ends with a zeroed row. */
extern const struct key policy_keys[];
/* of `grants.NAME`, `limits.NAME`; of `grounding.NAME`, which is about its struct policy_handoff, and of an entry of `handoffs` */
extern const struct key policy_grant_keys[], policy_limit_keys[], policy_grounding_keys[], policy_handoff_keys[];

/* Of an entry of `routing`, all but its weights. */
extern const struct key policy_route_keys[];

#define POLICY_CELL_UIDS_MAX 1000000

/* Groups that hold one group for each plugin. */
extern const char *const policy_plugin_groups[]; /* "plugins", "grants", "limits", "grounding", NULL */

/* What the table of one of them is about. */
void *key_base(const char *group, struct policy_plugin *plugin);

/* The table of one of them; NULL for "plugins", whose keys only the plugins know. */
const struct key *key_table(const char *group);

/* The row for a whole path, or NULL. */
const struct key *key_find(const struct key *keys, const char *path);

/* Is there a group of this name in the table? */
bool key_is_group(const char *name);

/* The key (or group) that looks most like `path`, "" when none does. */
const char *key_nearest(const struct key *keys, const char *path);

/* "whole number from 0 to 64": what the key allows, for a sentence. */
#define KEY_ALLOWED_TEXT 200
void key_allowed(const struct key *key, char out[KEY_ALLOWED_TEXT]);

#endif
