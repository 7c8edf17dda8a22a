/*
 * The policy: the configuration as an immutable snapshot.
 *
 * Read from a libconfig file once, checked key by key, never changed: a reload makes a new snapshot, and whoever holds
 * the old one ends on it.  Sizes may be written as "16M", times as "2s", "10m", "50ms"; numbers are bytes or seconds.
 * etc/hospes.conf lists every key with its default.  All strings belong to the snapshot.
 *
 * A bad key or value is bad_config; the sentence has file, line, key, what was found and what is allowed.
 */

#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "base/fault.h"
#include "base/map.h"

/* What becomes of a run in which a call goes round in a circle: the call is refused, or the run is ended. */
enum policy_on_cycle { ON_CYCLE_REFUSE, ON_CYCLE_END_RUN };
/* What is said where no human says anything. */
enum policy_answer { ANSWER_REJECT, ANSWER_APPROVE };
enum policy_isolation { ISOLATION_CLIENT, ISOLATION_VERSION, ISOLATION_RUN };

/* So many at a time, and then one each time that so long has passed. */
struct policy_rate {
	int64_t each_ns; /* 0: no limit */
	unsigned burst;  /* 0: as many as come in a second, one at least */
};

/* What is tried in place of a call that failed: another agent, or one of its versions, a fixed answer, or a human. */
struct policy_stand_in {
	char *agent, *version; /* a name or "cap:NAME"; version may be NULL */
	char *answer;          /* JSON text */
	char *human;           /* a question */
};

/* On which ends of an attempt, each a bit. */
#define FALLBACK_ON_CRASH   1u /* its cell died of it, it got stuck, it could not be loaded */
#define FALLBACK_ON_TIMEOUT 2u
#define FALLBACK_ON_BREAKER 4u
#define FALLBACK_ON_REFUSED 8u  /* by another guard, before or after it replied */
#define FALLBACK_ON_FAILED  16u /* it said so itself */

/* An entry of `fallbacks`. */
struct policy_fallback {
	char *of;        /* a name, or "cap:NAME", by which it was called */
	char **on;       /* as it is written; NULL: all but "failed" */
	unsigned causes; /* the bits of that */
	struct policy_stand_in *to;
	unsigned n;
	char *at; /* "FILE:LINE" */
};

/* Who of those that offer a capability is called; an entry of `routing`. */
enum policy_routing { ROUTING_NAME, ROUTING_LEAST_LOADED, ROUTING_CHEAPEST, ROUTING_BEST_SCORE, ROUTING_WEIGHTED, ROUTINGS };
extern const char *const policy_routings[ROUTINGS];

#define POLICY_WEIGHTS_MAX 64

struct policy_weight {
	char *name; /* of a plugin */
	unsigned weight;
};

struct policy_route {
	char *capability; /* "*" in it is any run of characters */
	enum policy_routing by;
	struct policy_weight *weights; /* who has none has 1 */
	unsigned n_weights;
	char *at; /* "FILE:LINE" */
};

/* What is done, one after the other, with a reply that is not grounded or too unsure. */
enum policy_step { STEP_FAIL, STEP_PASS, STEP_RETRY, STEP_ESCALATE, STEP_REVIEW };
#define POLICY_STEPS_MAX 5

/* What a reply has to pass before it is handed on: `grounding.NAME`, and each entry of `handoffs`. */
struct policy_handoff {
	char *from, *to;      /* of an entry: whose reply, handed to whom; NULL: anybody's */
	char *capability;     /* of an entry: that `from` offers; NULL: any */
	char **checks;        /* plugins that look at it; NULL or empty: none */
	double confidence;    /* below that it is too unsure; 0: never */
	char **on_fail;       /* the steps as they are written; empty is [ "fail" ] */
	unsigned retries;     /* how often the step "retry" asks again; default 1 */
	char *escalate;       /* whom the step "escalate" asks; NULL: nobody */
	bool critical;        /* a critical claim without a source fails, and nobody is asked; default true */
	int64_t check_deadline_ns; /* that a check may take; 0: what is left of the call's time */

	unsigned set;         /* bit i: row i of the table of its keys is in the file */
	bool named;           /* it is in the file, or compiled in for a plugin */
	char *at;             /* "FILE:LINE" of an entry */
	char *key;            /* of an entry: its names together */
	enum policy_step steps[POLICY_STEPS_MAX];
	unsigned n_steps;
};

#define POLICY_PERCENTS_MAX 8
struct policy_percents {
	unsigned n;
	uint8_t at[POLICY_PERCENTS_MAX]; /* the smallest first */
};

/* What the operator says of one plugin: `grants.NAME`, `limits.NAME` and `plugins.NAME`. */
struct policy_plugin {
	char *name;
	char **http;          /* granted URL patterns (see policy_http), NULL-terminated, perhaps empty */
	bool http_private;    /* private addresses too */
	char **needs;         /* NULL: all that the notes declare; else only those of them that match one of these */
	char **memory;        /* granted spaces beside its own, NULL-terminated, perhaps empty; "*" is a pattern */
	struct policy_handoff grounding; /* what its replies have to pass, unless an entry of `handoffs` says otherwise */
	struct handoffs_found *found;    /* of handoffs.c: what was found of its replies, by whom they go to */
	unsigned concurrency; /* running calls of it at a time; 0: no limit */
	int64_t timeout_ns;   /* time for one attempt of a call of it; 0: what the call has */
	unsigned recursion;   /* cap of the note's recursion; default 0 */
	int64_t day_calls;    /* calls of it a day, of all runs; 0: no limit */
	int64_t day_money;    /* micro-dollars; 0: no limit */
	int64_t day_cpu_ns;   /* that they compute; 0: no limit */
	bool breaker;         /* it is left alone for a while when it fails too often; default true */
	bool polled;          /* its answer may change: asking it the same again is no repetition */
	struct policy_rate rate; /* of calls of it */
	size_t input_max;        /* bytes of the input of one; 0: as for all */
	size_t context_max;      /* bytes that one is given altogether, its input and all answers; 0: no limit */
	json_t *config;       /* object, perhaps empty; values of its HOSPES_CONFIG names */
	char *at;             /* "FILE:LINE" of its first mention */
	json_t *config_at;    /* the same of each key of config */
};

/* What the operator says of one client, or with the name "*" of all that have no entry of their own: an entry of `clients`.  0
 * is no limit, and of `calls` and `money` that run.calls and run.money hold. */
struct policy_client {
	char *client;                 /* "uid:1000" */
	int64_t calls, money;         /* of one run of it, micro-dollars */
	int64_t day_calls, day_money, day_cpu_ns; /* of all its runs, a day */
	char *at;                     /* "FILE:LINE" */
};
#define POLICY_DAY_CALLS_MAX INT64_C(1000000000000)

/* What a request costs that leaves the host; an entry of `prices`. */
#define POLICY_PRICE_MAX INT64_C(1000000000000) /* a million dollars */
struct policy_price {
	char **http;   /* URL patterns (see policy_http) */
	int64_t money; /* micro-dollars */
	char *at;      /* "FILE:LINE" */
};

struct policy {
	unsigned refs;
	unsigned generation; /* one more than that of the snapshot which it was read after */
	char *file; /* for messages; "(defaults)" when there was none */
	bool from_file;

	char *state_dir;
	char *socket_path;
	char *socket_group; /* default "hospes"; used where it exists */
	char **plugin_dirs; /* NULL-terminated */
	char *user;         /* of the core when started as root; NULL: stay */
	uid_t cell_uid_first;
	unsigned cell_uids; /* how many */

	int64_t run_calls;
	int64_t run_wall_ns;
	int64_t run_money;  /* micro-dollars; 0: no limit */
	int64_t run_cpu_ns; /* 0: no limit */
	int64_t day_calls;  /* of the whole host; 0: no limit */
	int64_t day_money;
	int64_t day_cpu_ns;
	struct policy_client *clients; /* in the order of the file: policy_client */
	size_t n_clients;
	unsigned depth;
	unsigned repetition; /* how often the same call may be begun again in a run; 0: as often as it likes; default 3 */
	enum policy_on_cycle on_cycle;
	size_t payload_max;
	size_t input_max;
	unsigned runs_at_once; /* root runs admitted; default 1,000 */
	unsigned runs_waiting; /* `run.waiting`: runs past those that wait for one of them to end; default 0 */
	unsigned queue;        /* `run.queue`: ops that wait at guards, over all runs; default 100,000 */
	struct policy_rate rate_client; /* calls and requests of one client */
	struct policy_rate rate_target; /* requests to one host outside */
	unsigned resume_at_once; /* runs that repeat what is on record, after a start; default 64 */
	int64_t drain_ns;        /* how long a host that is told to stop lets runs end; default 10 s */

	/* what goes wrong too often is left alone for a while; all of the newest snapshot, whoever asks */
	unsigned breaker_errors;    /* percent */
	unsigned breaker_least;     /* outcomes, before it says anything */
	int64_t breaker_window_ns;
	int64_t breaker_latency_ns; /* what takes longer has gone wrong; 0: it may */
	int64_t breaker_money;      /* micro-dollars a minute; 0: no limit */
	int64_t breaker_open_ns;

	int64_t journal_keep_ns; /* records of runs that ended are dropped when they are older; 0: age drops none */
	uint64_t journal_size;   /* bytes: the oldest are dropped past these */

	unsigned cells_per_pool; /* cells per version and client */
	unsigned fibers;         /* calls at a time in a cell */
	uint64_t cell_memory;    /* bytes */
	uint64_t stack_bytes;    /* of a fiber */
	int64_t cell_silence_ns; /* CPU time without a frame: stuck */
	int64_t cell_load_ns;    /* wall time for loading and init */
	int64_t kill_grace_ns;
	int64_t evict_after_ns; /* a call that is parked for so long gives its fiber back; 0: never */
	enum policy_isolation isolation;
	bool sandbox_degraded;

	int64_t http_timeout_ns;
	size_t http_max_bytes;
	unsigned http_redirects;
	unsigned http_at_once;

	size_t memory_value_max;    /* `memory.value`: bytes of one remembered value; default 1 MiB */
	size_t memory_document_max; /* `memory.document`: bytes of one document's text; default 64 MiB */

	bool review_once;           /* `reviews.once`: a human is asked before an effect of the class `once` */
	int64_t review_spend;       /* `reviews.spend`: money of a run past which a human is asked; 0: never */
	int64_t review_deadline_ns; /* how long a review waits for a human */
	enum policy_answer review_default; /* `reviews.default`: what becomes of a review that nobody answered */
	struct policy_percents alerts_at; /* of a budget that is spent: an alert each */
	char *alerts_webhook;             /* URL that alerts are sent to, or NULL */
	char *alerts_secret_file;         /* that they are signed with, or NULL */
	double quality_k, quality_h;      /* CUSUM over scores, in standard deviations (dispatch/cusum.h) */
	unsigned quality_least;           /* scores of a version before a drop is told of */

	json_t *held;  /* key -> text of what holds until the host starts again, as the file had it when it started */
	json_t *asked; /* the same as the file has it now */
	bool for_root; /* whose folders the defaults are; the core asks again when it is somebody else */

	bool dev; /* hospes dev: declared public hosts are granted, dev versions accepted */

	struct map plugins;            /* name -> struct policy_plugin */
	struct policy_fallback *fallbacks; /* the entries of `fallbacks` */
	unsigned n_fallbacks;
	struct map fallback_of;        /* its `of` -> struct policy_fallback */
	struct policy_route *routes;   /* entries of `routing`, in the order of the file */
	unsigned n_routes;
	struct policy_price *prices;   /* entries of `prices`, in the order of the file */
	unsigned n_prices;
	struct policy_handoff *handoffs; /* the entries of `handoffs` */
	unsigned n_handoffs;
	struct map handoff_of;         /* "FROM TO CAPABILITY", each may be "" -> its entry */
	unsigned handoff_kinds;        /* bit i: there is one with these of the three (handoffs.c) */
	struct policy_plugin *unnamed; /* what holds for a plugin that the file does not name */
	json_t *texts;                 /* name -> text, of the files of settings that were looked at */
	json_t *places;                /* key, as in "grants.fetch.http" -> "FILE:LINE", of what the file sets */
};

/* Compiled-in defaults, for root or for an ordinary user (XDG folders). */
struct policy *policy_defaults(bool dev);

/* Defaults, then the file.  `path` NULL: defaults alone. */
int policy_load(const char *path, bool dev, struct policy **ret, struct fault *fault);

/* The file of `now` read again: what may change does, what holds from start to end is as in `now`. */
int policy_reload(const struct policy *now, struct policy **ret, struct fault *fault);

/* The command line has another value for this key, whatever the file says. */
void policy_overridden(struct policy *p, const char *key);

/* Something in a configuration that a host refuses (`mistake`), or takes although it can hardly be meant.  NULL is
 * nothing, as ""; all is gone after the call. */
struct policy_finding {
	bool mistake;
	const char *at;             /* "FILE:LINE"; "" where no line has it */
	const char *key;            /* "run.depth"; "" of the file as a whole */
	const char *text;           /* what is the matter and what to do, in words */
	const char *found, *allowed;
	const char *nearest;        /* the name that may have been meant */
};
typedef void policy_found(const struct policy_finding *finding, void *arg);

/* What a check has to be told. */
struct policy_check_options {
	bool dev, root;   /* for whom the defaults are */
	uint64_t memory;  /* of the machine, in bytes; 0: not known */
	/* What the host of a URL is when only grants.NAME.private lets it through ("a loopback address"); else NULL. */
	const char *(*special)(const char *host);
};

/*
 * Reads a file as policy_load does, but to its end: every mistake is told, and what else is odd about the values.  `ret` is
 * the snapshot of what is right in it: no host may have it when there was a mistake.  `path` NULL: the defaults alone.
 */
void policy_check(const char *path, const struct policy_check_options *options, policy_found *each, void *arg,
    struct policy **ret);

/* "FILE:LINE" of a key that the file sets; else "". */
const char *policy_place(const struct policy *p, const char *key);

/* All values as one would write them, for policy_diff_texts in another process. */
json_t *policy_texts(const struct policy *p);

/* One key that a reload found with another value.  What is not reloadable is `to` in the file and stays `from`. */
struct policy_change {
	const char *key, *from, *to; /* "grants.fetch.http"; the values as one would write them */
	bool reloadable;
};
typedef void policy_changed(const struct policy_change *change, void *arg);

/* Tells of each difference between a snapshot and the one that policy_reload made of it; returns how many. */
unsigned policy_diff(const struct policy *was, const struct policy *now, policy_changed *each, void *arg);

/* The same for what another process told of its snapshot: `now` may come from any file.  `was` is not trusted. */
unsigned policy_diff_texts(const json_t *was, const struct policy *now, policy_changed *each, void *arg);

struct policy *policy_ref(struct policy *p);
void policy_unref(struct policy **p);

/* Never NULL: a plugin that the file does not name has the defaults. */
const struct policy_plugin *policy_plugin(const struct policy *p, const char *name);

/* "100/s", "0" */
#define POLICY_RATE_TEXT 32
void policy_rate_text(const struct policy_rate *rate, char out[POLICY_RATE_TEXT]);
/* Never NULL: what holds for a client. */
const struct policy_client *policy_client(const struct policy *p, const char *name);
/* What a request to there costs, micro-dollars: by the first entry of `prices` that fits; 0 where none does. */
int64_t policy_price(const struct policy *p, const char *scheme, const char *host, unsigned port, const char *path);

/* What stands in for calls of a name or "cap:NAME"; NULL: nothing. */
const struct policy_fallback *policy_fallback(const struct policy *p, const char *name);

/* "crash", of one bit. */
const char *policy_fallback_cause(unsigned cause);

/* How one is chosen of those that offer what was asked for; NULL: by name.  The first entry that fits. */
const struct policy_route *policy_route(const struct policy *p, const char *capability);

/* Of a plugin under an entry. */
unsigned policy_weight(const struct policy_route *route, const char *name);
/* What the reply of a plugin has to pass on its way to another, or with `to` NULL to the client.  Of several entries that which
 * names `from` counts before one that names `to`, and that before one that names a capability.  Never NULL. */
const struct policy_handoff *policy_handoff(
    const struct policy *p, const struct policy_plugin *from, const struct policy_plugin *to, char *const *capabilities);

/* The text of the file that a setting of the type "file" names, as a JSON string (a new reference): from the folder `files`
 * beside the configuration file, else from the installed one; "" where neither has it, or for the name "".  Read once for
 * a snapshot.  bad_config: a name that is none, more than 256 KiB, no UTF-8, no plain file. */
int policy_text(struct policy *p, const char *name, json_t **ret, struct fault *fault);

/* "FILE:LINE" of a key of its config, or with NULL of its first mention; "" where no file has it. */
const char *policy_plugin_at(const struct policy_plugin *plugin, const char *key);

/*
 * Does a pattern match?  policy_match: "*" any run of characters, all else literal ("read.*").  policy_http: patterns
 * are SCHEME://HOST[:PORT][/PATH]; "*" alone is every public host; HOST may begin with "*." for all below it or be "*";
 * PORT may be "*", and without one the scheme's own port is meant; a path matches as a prefix at a "/".
 */
bool policy_match(const char *pattern, const char *text);
bool policy_http(const char *pattern, const char *scheme, const char *host, unsigned port, const char *path);

#endif
