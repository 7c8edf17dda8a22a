/*
 * The registry: which plugins there are, in which versions, and which of them a name means.
 *
 * Files that appear in the plugin folders are read whole, inspected in a jail, copied into the object store under their
 * SHA-256 and staged; a cell loads them; then the alias is flipped by one command, when the version is higher than the
 * active one.  Aliases change only by commands, which are journaled and applied to LMDB; memory holds the same.
 *
 * States of a version: staged (known, not meant by the name), active (what the name means), former (was active last;
 * kept warm for a rollback), withdrawn (voids pins, never chosen).
 *
 * Does not know cells: inspecting and probing are given as functions.  All [loop].
 */

#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>
#include <jansson.h>

#include "base/fault.h"
#include "base/kept.h"
#include "policy/policy.h"
#include "store/store.h"

#define PLUGIN_NAME_MAX   64
#define PLUGIN_SEMVER_MAX 64

enum plugin_kind { PLUGIN_AGENT, PLUGIN_STRATEGY, PLUGIN_CHECK, PLUGIN_TOOL };
enum version_state { VERSION_STAGED, VERSION_ACTIVE, VERSION_FORMER, VERSION_WITHDRAWN };

struct plugin; /* one name with its versions */
struct account;
struct slots;

/* One version: open for reading.  Held by references; freed when the last run that names it has gone and it was removed. */
struct version {
	unsigned refs;
	struct plugin *plugin;
	char name[PLUGIN_NAME_MAX + 1];
	char semver[PLUGIN_SEMVER_MAX + 1];
	enum plugin_kind kind;
	enum version_state state;
	uint8_t object[32];
	char object_hex[65];
	char *object_path;
	int64_t since_real_ns; /* of its state */
	char *by, *why;
	bool used;           /* somebody took a reference: a journal may name its object, which is then kept */
	bool held;           /* ... since registry_dropped looked last, or somebody has one */
	uint64_t held_until; /* LSN: no record from there on names it; 0: not known */

	/* from the notes */
	char *summary, *license;
	char **capabilities; /* NULL-terminated */
	char **needs;
	json_t *config;                       /* {"at_once": {"type": "int", "default": 4}} */
	json_t *input_schema, *output_schema; /* or NULL */
	uint64_t memory_bytes;
	unsigned recursion;
	int64_t price_micros;
	bool state_cell;
	json_t *notes; /* all of them, as the inspector told */

	/* dispatch's, so that a call need not look them up */
	struct account *account; /* of the plugin's day */
	struct slots *slots;     /* of the plugin: guard_concurrency.c */
	struct kept bucket;      /* of the plugin: guard_rate.c */
	struct kept breaker;
};

struct registry;

/* `told`: {"notes": {...}}, as the inspector says it (core/cell/inspect/inspect_main.c); borrowed. */
typedef void registry_inspected(json_t *told, const struct fault *fault, void *arg);
typedef void registry_probed(const struct fault *fault, void *arg);

struct registry_options {
	struct event_base *loop;
	struct store *store;
	struct policy *policy;
	const char *objects_dir;
	/* Each calls `done` once, at once or later, and never after registry_close: close the cells first. */
	void (*inspect)(int file_fd, registry_inspected *done, void *done_arg, void *arg); /* file_fd is taken over */
	void (*probe)(const struct version *v, registry_probed *done, void *done_arg, void *arg);
	void (*retired)(const struct version *v, bool keep_warm, void *arg); /* no longer active */
	void *arg;
};

/* Rows of the apply table, for store_open. */
extern const struct store_apply registry_apply[];

/* Loads the state from the store, watches the folders, takes in what is there.  Refuses folders that others may write
 * to (unsafe_folder), unless they do not exist. */
int registry_open(struct registry **ret, const struct registry_options *options, struct fault *fault);
void registry_close(struct registry **r);

/* True while files found in the folders are being taken in: a host is ready when the first look is over. */
bool registry_settling(const struct registry *r);

/* The configuration was read again: what it says of plugins is compared with those there are, and logged where it does
 * not fit.  The same happens after the first look at the folders, and to a version that becomes active. */
void registry_set_policy(struct registry *r, struct policy *policy);

/* Records of the journal below `below` are gone, and it ends at `end`: versions that only those may have named go with their
 * objects, unless they are chosen, warm, withdrawn or in a plugin folder.  After a start a host does not know what is named, so
 * it waits until all that was there then is gone. */
void registry_dropped(struct registry *r, uint64_t below, uint64_t end);

/* What a name means now; a version by number, withdrawn ones too (see its state).  NULL: none. */
struct version *registry_active(const struct registry *r, const char *name);
struct version *registry_version(const struct registry *r, const char *name, const char *semver);

/* The active agents and strategies that offer a capability (a pattern), sorted by name: how many, and in *ret which; borrowed
 * until anything of the registry changes. */
size_t registry_capables(struct registry *r, const char *capability, struct version *const **ret);

/* The version with these bytes, by their SHA-256 in hexadecimal digits, whatever its state; NULL: none. */
struct version *registry_object(const struct registry *r, const char *hex);

/* Their names: a JSON array. */
json_t *registry_find(struct registry *r, const char *capability);

/* Like cp into a folder: takes the file's bytes in; `done` gets the version or the fault.  `file_fd` is taken over. */
typedef void registry_installed(const struct version *v, const struct fault *fault, void *arg);
void registry_install(struct registry *r, int file_fd, const char *actor, registry_installed *done, void *arg);

/* Flips the alias to the former version, or to `semver` when not NULL.  `actor` and `why` are journaled. */
int registry_rollback(struct registry *r, const char *name, const char *semver, const char *actor, const char *why,
    const struct version **ret, struct fault *fault);
int registry_withdraw(
    struct registry *r, const char *name, const char *semver, const char *actor, const char *why, struct fault *fault);

/* Walks versions, sorted by name, newest first; `name` NULL for all.  Stops at nonzero. */
int registry_walk(
    const struct registry *r, const char *name, int (*visit)(const struct version *v, void *arg), void *arg);

/* One value for a setting of its notes: right name, right type?  bad_config: the sentence has what there is. */
int version_check_setting(const struct version *v, const char *key, const json_t *value, struct fault *fault);

/* A version that nobody ever took a reference of is dropped, with its object, once it is neither active nor former and no
 * plugin folder holds its file.  So whoever starts a call on one refers to it first. */
struct version *version_ref(struct version *v);
void version_unref(struct version **v);

/* Precedence of semantic versions (semver.org 2.0.0, section 11): <0, 0, >0. */
int semver_compare(const char *a, const char *b);
bool semver_valid(const char *text);
bool plugin_name_valid(const char *name); /* [a-z][a-z0-9-]{0,63} */

const char *plugin_kind_name(enum plugin_kind kind);
const char *version_state_name(enum version_state state);

#endif
