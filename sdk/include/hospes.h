/*
 * The Hospes SDK: what an agent, a strategy, a check or a tool is written against.
 *
 * A plugin is one shared object with one handler.  The host runs the handler in a cell: a process with no files, no
 * network and no keys.  Whatever the handler wants it asks for with the functions below; each is an op, guarded and
 * journaled by the host.  The functions look blocking; many calls run interleaved in one cell all the same.
 *
 * Ownership: all that these functions hand out belongs to the call and lives until its handler returns.  What is handed
 * in is taken over where a parameter is a `json_t *`, and only read elsewhere.  An author frees nothing.
 *
 * Errors: 0 is success, a negative status (hospes/status.h) is failure.  The sentence stays with the call:
 * `return rc;` passes status, sentence and chain on to the caller.  Functions that return a pointer return NULL on
 * failure; hospes_status() then tells the status.
 *
 * Tags: [waits] parks the call until there is an answer, and may return HOSPES_ECANCELLED or HOSPES_EDEADLINE;
 * [never waits] does not.  Both only inside a call, on the thread that runs the handler.  [init only] only inside the
 * init hook.  [anywhere] everywhere.  A function used where its tag forbids it gives HOSPES_EWRONGPLACE.
 *
 * Replay: a handler may be run again from its start with the recorded outcomes of its ops, and has to ask for the same
 * things in the same order.  Nothing needs doing for that: time and random numbers are ops too, and global variables
 * are read-only once the init hook has returned.
 */

#ifndef HOSPES_H
#define HOSPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <hospes/status.h>

#ifdef __cplusplus
extern "C" {
#define HOSPES_ZERO_ = 0 /* what is not named in an initializer, without a warning of g++ */
#define HOSPES_NONE_ = {}
#else
#define HOSPES_ZERO_
#define HOSPES_NONE_
#endif

/* The ABI: a plugin loads when the majors are the same and its minor is not above the host's. */
#define HOSPES_ABI_MAJOR 1
#define HOSPES_ABI_MINOR 3

typedef struct hospes_ctx hospes_ctx;     /* one call in progress */
typedef struct hospes_value hospes_value; /* an immutable JSON payload, parsed only when looked at */
typedef struct hospes_op hospes_op;       /* one op that was started and can be waited for */
typedef struct hospes_group hospes_group; /* a bounded fan-out */

/* ---- Values ------------------------------------------------------------------------------------------------------ */

/* The input of this call.  [never waits] */
hospes_value *hospes_input(hospes_ctx *ctx);

/* What was wrong with the reply to this input that did not pass, where the host asks for another one: an array with an object
 * for each claim that failed or each reason.  NULL: nobody has found anything.  [never waits] */
const hospes_value *hospes_findings(hospes_ctx *ctx);

/* The value as jansson sees it, parsed at the first look; read-only; NULL when it is not JSON.  [never waits] */
json_t *hospes_json(const hospes_value *value);

/* The bytes as they travel; *len in bytes; zero-terminated.  [never waits] */
const char *hospes_bytes(const hospes_value *value, size_t *len);

/* A member of an object, NULL when there is none.  [never waits] */
hospes_value *hospes_get(const hospes_value *value, const char *key);

/* A member's text, or `fallback`-free forms: NULL, 0 or false when missing or of another type.  [never waits] */
const char *hospes_text(const hospes_value *value, const char *key);
int64_t hospes_int(const hospes_value *value, const char *key);
double hospes_real(const hospes_value *value, const char *key);
bool hospes_flag(const hospes_value *value, const char *key);

/* Takes `json` over and makes a value of it; NULL when `json` is NULL (as json_pack gives on failure).  [never waits] */
hospes_value *hospes_value_json(hospes_ctx *ctx, json_t *json);

/* A value of bytes that are JSON already; they are copied.  [never waits] */
hospes_value *hospes_value_bytes(hospes_ctx *ctx, const void *bytes, size_t len);

/* Are both the same JSON, whatever the spacing and order of members?  [never waits] */
bool hospes_equal(const hospes_value *a, const hospes_value *b);

/* Gives the memory of a value back before the handler returns, for one that looks at very many.  The value, what
 * hospes_get made of it and its json_t must not be used any more.  NULL is nothing.  [never waits] */
void hospes_release(hospes_value *value);

/* ---- Answering --------------------------------------------------------------------------------------------------- */

/* Sets the reply, which leaves when the handler returns 0.  Takes `json` over.  Returns 0, or HOSPES_EINPUT when `json`
 * is NULL.  The last reply set counts.  [never waits] */
int hospes_reply(hospes_ctx *ctx, json_t *json);

/* The same with a value, passed on as it is and never parsed.  [never waits] */
int hospes_reply_value(hospes_ctx *ctx, const hospes_value *value);

/* How sure this agent is of its reply, 0 to 1; 1 when never said.  [never waits] */
void hospes_confidence(hospes_ctx *ctx, double confidence);

/* Sets the sentence and returns `status`, so that a handler ends with `return hospes_fail(ctx, ...)`.  Say what was
 * expected, what was found and what to do.  [never waits] */
int hospes_fail(hospes_ctx *ctx, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A part of the reply, before the whole of it is there: goes at once to the caller, who takes it with hospes_next_part, and
 * from the root call to the client who watches.  The reply that follows stands alone and does not have to repeat it.
 * All parts of a call together may be as large as one payload.  Where the operator has its replies checked, the parts are
 * held back until the reply has passed, and dropped when it does not.  0 or a status.  [never waits] */
int hospes_part(hospes_ctx *ctx, const hospes_value *value);

/* The next part of the reply of a call that was started with hospes_start: 1 and the part, 0 when no more will come (then
 * hospes_wait gives the reply, or tells how the call failed), or a negative status.  [waits] */
int hospes_next_part(hospes_op *op, hospes_value **ret);

/* Status and sentence of the last thing that failed in this call.  [never waits] */
int hospes_status(hospes_ctx *ctx);
const char *hospes_message(hospes_ctx *ctx);

/* The stable name of a status: "bad_input".  [anywhere] */
const char *hospes_status_name(int status);

/* ---- Ops --------------------------------------------------------------------------------------------------------- */

/* The class of an effect: what the host may do when it had begun a request, was killed, and cannot know whether it took
 * place.  GET and HEAD are idempotent and all other methods once where nothing is said. */
#define HOSPES_EFFECT_PURE       "pure"       /* nothing is changed by it: done again */
#define HOSPES_EFFECT_IDEMPOTENT "idempotent" /* twice is as good as once: done again */
#define HOSPES_EFFECT_KEYED      "keyed"      /* the server takes two with one Idempotency-Key for one: again, same key */
#define HOSPES_EFFECT_COSTLY     "costly"     /* twice does no harm but is paid for: again, and told as maybe billed */
#define HOSPES_EFFECT_ONCE       "once"       /* never again by itself: a human decides, or it ends as outcome_unknown */

/* How an op is to be done.  Zero is "as usual" everywhere; `size` is sizeof(hospes_options) and is set by
 * HOSPES_OPTIONS, so that the struct can grow. */
typedef struct hospes_options {
	size_t size;
	int64_t timeout_ns HOSPES_ZERO_;     /* from now; the op then ends as deadline_exceeded */
	int64_t budget_calls HOSPES_ZERO_;   /* the share of calls that the callee and all below it may make, itself included */
	int64_t budget_wall_ns HOSPES_ZERO_; /* the share of wall time */
	const char *version HOSPES_ZERO_;    /* this version of the callee, "1.2.0", and no other */
	const char *key HOSPES_ZERO_;        /* idempotency key, where the host's own should not be used */
	const char *effect HOSPES_ZERO_;     /* http: HOSPES_EFFECT_KEYED or another class */
	int64_t money_micros HOSPES_ZERO_;   /* the share of money, in micro-dollars, of the callee and all below it (1.3) */
} hospes_options;
#ifdef __cplusplus
static inline const hospes_options *
hospes_options_(const hospes_options &options)
{
	return &options;
}
#define HOSPES_OPTIONS(...) (hospes_options_(hospes_options{.size = sizeof(hospes_options), __VA_ARGS__}))
#else
#define HOSPES_OPTIONS(...) (&(hospes_options){.size = sizeof(hospes_options), __VA_ARGS__})
#endif

/* What came of an op. */
typedef struct hospes_answer {
	int status;           /* 0, or why it failed */
	const char *who;      /* the target as it was asked for */
	const char *message;  /* the sentence, "" on success */
	hospes_value *value;  /* NULL on failure */
	double confidence;    /* of the callee, 0 to 1 */
	void *tag;            /* what hospes_group_add was given */
} hospes_answer;

/* Calls an agent or strategy, "wordcount", or the one that offers a capability, "cap:count.words".  [waits] */
int hospes_call(hospes_ctx *ctx, const char *target, const hospes_value *input, hospes_value **ret);
int hospes_call_with(hospes_ctx *ctx, const char *target, const hospes_value *input, const hospes_options *options,
    hospes_value **ret);

/* Starts a call and goes on; `options` may be NULL.  NULL only out of memory.  [never waits] */
hospes_op *hospes_start(hospes_ctx *ctx, const char *target, const hospes_value *input, const hospes_options *options);

/* Waits for one op.  [waits] */
int hospes_wait(hospes_op *op, hospes_value **ret);

/* Waits for the first of `n` ops that has an outcome and returns its index, or a negative status.  [waits] */
int hospes_wait_any(hospes_ctx *ctx, size_t n, hospes_op *const ops[]);

/* What came of an op that hospes_wait or hospes_wait_any has returned for.  [never waits] */
const hospes_answer *hospes_op_answer(hospes_op *op);

/* Cancels an op; its outcome is then HOSPES_ECANCELLED unless it came first.  [never waits] */
void hospes_cancel(hospes_op *op);

/* Calls `n` targets at once with one input and waits for all.  The first failure is returned, the others are cancelled
 * and `ret` is untouched.  [waits] */
int hospes_call_all(hospes_ctx *ctx, size_t n, const char *const targets[], const hospes_value *input,
    hospes_value *ret[]);

/* Names of the agents that offer a capability, "count.words" or "count.*", in alphabetical order; recorded, so that a
 * replay sees the same.  [waits] */
int hospes_find(hospes_ctx *ctx, const char *capability, size_t *n, const char *const **ret);

/* One HTTP request.  `headers` is NULL or "Name: value" lines, NULL at the end.  The answer is
 * {"status": 200, "url": "...", "headers": {"content-type": "..."}, "body": "..."}, or "base64" instead of "body" when
 * the body is not UTF-8.  Any HTTP status is success; no answer is a failure. */
typedef struct hospes_http_request {
	size_t size;                     /* sizeof(hospes_http_request) */
	const char *method HOSPES_ZERO_; /* NULL is "GET" */
	const char *url HOSPES_ZERO_;
	const char *const *headers HOSPES_ZERO_;
	const void *body HOSPES_ZERO_;
	size_t body_len HOSPES_ZERO_;
	size_t max_bytes HOSPES_ZERO_; /* of the answer's body; 0 is the policy's limit */
} hospes_http_request;

/* Makes the request.  [waits] */
int hospes_http(hospes_ctx *ctx, const hospes_http_request *request, const hospes_options *options, hospes_value **ret);

/* Starts it and goes on.  [never waits] */
hospes_op *hospes_http_start(hospes_ctx *ctx, const hospes_http_request *request, const hospes_options *options);

/* A question for a human.  `choices` is NULL (the human approves or rejects, writes another value or an answer) or texts,
 * NULL at the end. */
typedef struct hospes_question {
	size_t size;                           /* sizeof(hospes_question) */
	const char *question HOSPES_ZERO_;     /* at most 4 KiB */
	const hospes_value *context HOSPES_ZERO_; /* what the human is shown with it, at most 256 KiB; NULL: nothing */
	const char *const *choices HOSPES_ZERO_;
	const char *otherwise HOSPES_ZERO_; /* what is taken when nobody answers in time: "reject", "approve" or one of
					     * choices; NULL: as the policy says */
	int64_t timeout_ns HOSPES_ZERO_;    /* 0: as the policy says */
} hospes_question;

/* Asks a human and waits, as long as it takes: days, and restarts of the host.  *ret is {"choice": "approve" | "edit" |
 * "answer" or one of choices, "value"?: what was written with "edit" and "answer", "by": "uid:1000" or "deadline", "why"?}.
 * HOSPES_EREJECTED: the human said no.  [waits] */
int hospes_review(hospes_ctx *ctx, const hospes_question *question, hospes_value **ret);

/* Real time in nanoseconds since 1970.  [waits] */
int64_t hospes_now_ns(hospes_ctx *ctx);

/* Fills `buffer` with `len` random bytes, 4,096 at most.  [waits] */
int hospes_random(hospes_ctx *ctx, void *buffer, size_t len);

/* Waits; 0 or HOSPES_ECANCELLED.  A durable timer: it outlives the cell.  [waits] */
int hospes_sleep(hospes_ctx *ctx, int64_t ns);

/* Says how good the outcome of a call was, from 0 (useless) to 1, and why (NULL, or up to 2,000 bytes): the host keeps score of each
 * version, notices when one gets worse, and may route by it.  `answer` is of a call that this call has made; NULL is the one that
 * hospes_call waited for last.  Once for each call, and not of the plugin itself.  [waits] */
int hospes_score(hospes_ctx *ctx, const hospes_answer *answer, double score, const char *why);

/* ---- Groups ------------------------------------------------------------------------------------------------------ */

/* A fan-out of at most `at_once` calls at a time (0 is all); shares out what is left of the caller's budget.  Each member
 * gets, as it starts, the calls that are left to the caller divided by the members that have not been started before it,
 * and at least one; what it does not use is left for those after it.  A member with budget_calls of its own gets those.
 * [never waits] */
hospes_group *hospes_group_new(hospes_ctx *ctx, int64_t at_once);

/* Adds a call.  It starts at the first hospes_group_next or after it, in the order of adding, as at_once allows: nothing
 * starts before.  `tag` comes back in its answer.  Returns 0 or a status.  [never waits] */
int hospes_group_add(hospes_group *group, const char *target, const hospes_value *input, void *tag);
int hospes_group_add_with(hospes_group *group, const char *target, const hospes_value *input,
    const hospes_options *options, void *tag);

/* Adds a call for each agent that offers the capability; returns how many, or a status.  [waits] */
int hospes_group_add_all(hospes_group *group, const char *capability, const hospes_value *input);

/* The next answer, as they come; NULL when all are in.  What is still open when the handler returns is cancelled.
 * [waits] */
const hospes_answer *hospes_group_next(hospes_group *group);

/* Notes a failed answer in the reply: the run then ends as partial and says who failed and why.  [never waits] */
void hospes_partial(hospes_ctx *ctx, const hospes_answer *answer);

/* ---- Polls ------------------------------------------------------------------------------------------------------- */

/*
 * A question put to several agents at once, with options to choose from, and always an outcome: how many of them are late, dead
 * or of two minds changes what it is, not that there is one.
 *
 * A voter is called like any other agent (so HOSPES_NEEDS has to name it) and is given
 *
 *   {"question": text, "options": [text], "context"?: any}
 *
 * and answers {"choice": one of the options, or null to abstain, "why"?: text, "confidence"?: 0..1}.  Whatever else comes of its
 * call is a ballot that does not count.  The host counts, from what it has on record, and not the cell.  What is counted is
 * weight: 1 for each voter, or what `weights` says.
 */

enum hospes_rule {
	HOSPES_MAJORITY,      /* an option wins with more than half */
	HOSPES_SUPERMAJORITY, /* with `fraction` or more: 2/3 of 3 is 2, 2/3 of 4 is 3 */
	HOSPES_UNANIMOUS,     /* with all */
	HOSPES_WEIGHTED       /* with more than any other option has, however little that is */
};
/* Of the weight that was cast for an option: who abstains, fails or is late does not stand in the way.  With `of_all` it is of the
 * weight of all voters, and who abstains, fails or is late counts against every option.  Not of HOSPES_WEIGHTED. */

typedef struct hospes_fraction {
	uint32_t numerator HOSPES_ZERO_, denominator HOSPES_ZERO_; /* up to 1,000,000 */
} hospes_fraction;

/* How votes are counted.  Zero is "as usual" everywhere; `size` is set by HOSPES_POLL. */
typedef struct hospes_poll_policy {
	size_t size;
	int rule HOSPES_ZERO_;                 /* enum hospes_rule */
	hospes_fraction fraction HOSPES_NONE_; /* of HOSPES_SUPERMAJORITY: more than 1/2, up to 1; {0} is 2/3 */
	bool of_all HOSPES_ZERO_;
	const uint32_t *weights HOSPES_ZERO_;  /* one for each voter, 1 to 1,000,000; NULL: each has 1 */
	/* So much of the weight of all voters has to take part, or nothing is decided.  Abstaining is taking part.  {0} is more than
	 * half; {0, 1} is none. */
	hospes_fraction quorum HOSPES_NONE_;
	/* Who has not answered by then is late and stopped.  0, or more than that: nine tenths of the time that the call has left,
	 * three quarters with a tie-breaker, so that there is time to do something about the outcome. */
	int64_t timeout_ns HOSPES_ZERO_;
	/* Asked when, with a quorum, several options lead with the same weight, under HOSPES_MAJORITY and HOSPES_WEIGHTED; the other
	 * rules ask for more than one voice can add.  It is given those options alone, and {"counts", "ballots"} beside what the
	 * voters were given, has as much time again, and decides by its choice. */
	const char *tie_breaker HOSPES_ZERO_;
	/* Waits for all voters.  Else the poll ends when nothing that is still to come could change the outcome, and how it came
	 * about; those who are not needed any more are stopped. */
	bool wait_all HOSPES_ZERO_;
	/* An agent that is listed several times has as many ballots.  Else it has one, the first. */
	bool repeated HOSPES_ZERO_;
	const hospes_value *context HOSPES_ZERO_; /* what else the voters are given */
} hospes_poll_policy;
#ifdef __cplusplus
static inline const hospes_poll_policy *
hospes_poll_policy_(const hospes_poll_policy &policy)
{
	return &policy;
}
#define HOSPES_POLL(...) (hospes_poll_policy_(hospes_poll_policy{.size = sizeof(hospes_poll_policy), __VA_ARGS__}))
#else
#define HOSPES_POLL(...) (&(hospes_poll_policy){.size = sizeof(hospes_poll_policy), __VA_ARGS__})
#endif

/*
 * Asks `n` voters (targets, as of hospes_call; 1,000 at most), all at once, to choose among `options` (2 to 256 texts, NULL at the
 * end); `policy` may be NULL.  They share out what is left of the budget, as the members of a group do.  0 and the outcome:
 *
 *   {"outcome": option or null, "how": text, "question", "rule", "fraction"?, "of", "counts": {option: weight},
 *    "weights": {"all", "cast", "abstained", "quorum"}, "tied"?: [option], "ballots": [ballot], "tie_breaker"?: ballot}
 *
 *   how          won          it has what the rule asks, with a quorum
 *                tie_broken   several options led, and the tie-breaker chose this one
 *                tied         several options lead, and there was nobody to break the tie, or nothing came of that
 *                not_reached  no option has what the rule asks
 *                no_quorum    too few took part
 *                timed_out    nothing was decided when the time was over, and those who were late could have changed that
 *   ballot       {"voter", "choice": option or null, "weight", "valid": bool, "why_not"?, "message"?, "why"?, "confidence"?, "op"}
 *   why_not      late, died, refused (by a guard), failed, not_an_option, voted_twice (listed again, or several choices),
 *                cancelled, not_needed (the poll was decided without it)
 *
 * A failure only when the poll cannot be held (its policy, its options, memory), when polls of this run have put the same to nobody
 * new too often (HOSPES_EREPEATED), or when this call itself is stopped.  The same ballots give the same outcome in whatever order
 * they come, and after a host was killed in between.  [waits]
 */
int hospes_poll(hospes_ctx *ctx, const char *question, size_t n, const char *const voters[], const char *const options[],
    const hospes_poll_policy *policy, hospes_value **ret);

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

/*
 * What outlives a run: values under keys, and documents, in spaces.  A space belongs to a client of the host, so no agent
 * ever sees what it was told by somebody else.  `space` is
 *
 *   NULL        the plugin's own, named after it
 *   "sources"   the documents that this run was started with, read only; needs HOSPES_NEEDS("memory:sources")
 *   "NAME"      another one; needs HOSPES_NEEDS("memory:NAME") and the operator's `grants`
 *
 * A key has 1 to 255 bytes of UTF-8 without control characters.  A version counts the changes of one value, from 1.
 * All of these are ops: what they gave is on record, so a replay sees the same memory.
 */

/* Keeps a value under a key.  [waits] */
int hospes_remember(hospes_ctx *ctx, const char *space, const char *key, const hospes_value *value);

/* The same, but only when the value is still at `version` (0: when there is none), else HOSPES_ECONFLICT and nothing is
 * changed.  [waits] */
int hospes_remember_if(hospes_ctx *ctx, const char *space, const char *key, uint64_t version, const hospes_value *value);

/* The value under a key, and its version where `version` is not NULL; HOSPES_ENOENT when there is none.  [waits] */
int hospes_recall(hospes_ctx *ctx, const char *space, const char *key, hospes_value **ret, uint64_t *version);

/* Forgets a value; 0 also when there was none.  [waits] */
int hospes_forget(hospes_ctx *ctx, const char *space, const char *key);

/* Keys that begin with `prefix`, in order, from after `after` (NULL: from the first), at most `most` of them (0: 1,000):
 * {"keys": [{"key", "version", "bytes"}], "more": bool}.  [waits] */
int hospes_list(hospes_ctx *ctx, const char *space, const char *prefix, const char *after, size_t most,
    hospes_value **ret);

/* Documents of a space in the order of their names: {"documents": [{"document", "digest", "bytes"}], "more": bool};
 * `after` is the digest of the last one seen, or NULL.  [waits] */
int hospes_documents(hospes_ctx *ctx, const char *space, const char *after, size_t most, hospes_value **ret);

/* Part of a document's text, bytes `from` up to `to` (0: the end), moved outward to whole characters and cut at 1 MiB:
 * {"document", "digest", "bytes", "from", "to", "text"}.  HOSPES_ENOENT when the space does not have it.  [waits] */
int hospes_document(hospes_ctx *ctx, const char *space, const char *digest, size_t from, size_t to, hospes_value **ret);

/* How to search.  Zero is "as usual"; `size` is set by HOSPES_SEARCH. */
typedef struct hospes_search_options {
	size_t size;
	size_t most HOSPES_ZERO_;                  /* passages at most; 0 is 20, 1,000 is the end */
	size_t most_each HOSPES_ZERO_;             /* of one document; 0 is any number */
	const char *const *within HOSPES_ZERO_;    /* digests, NULL at the end: in these documents alone */
} hospes_search_options;
#ifdef __cplusplus
static inline const hospes_search_options *
hospes_search_options_(const hospes_search_options &options)
{
	return &options;
}
#define HOSPES_SEARCH(...)                                                                                             \
	(hospes_search_options_(hospes_search_options{.size = sizeof(hospes_search_options), __VA_ARGS__}))
#else
#define HOSPES_SEARCH(...) (&(hospes_search_options){.size = sizeof(hospes_search_options), __VA_ARGS__})
#endif

/* The passages that fit the words of `query` best (BM25; any of the words will do, "two words" in quotes have to stand
 * together), best first:
 * {"found": [{"document", "digest", "from", "to", "heading"?, "text", "score"}]}, and for a remembered value {"key",
 * "version", "text", "score"}.  `score` is above 0, and comparable within one search only.  [waits] */
int hospes_search(hospes_ctx *ctx, const char *space, const char *query, const hospes_search_options *options,
    hospes_value **ret);

/* Starts it and goes on.  [never waits] */
hospes_op *hospes_search_start(hospes_ctx *ctx, const char *space, const char *query,
    const hospes_search_options *options);

/* ---- Evidence ---------------------------------------------------------------------------------------------------- */

/*
 * Claims with their sources, in the one form that checks and readers know:
 *
 *   {"claims": [{"text", "critical": bool, "sources": [{"document", "digest", "from", "to", "quote"}]}], "confidence": 0..1}
 *
 * `quote` is what stands in the bytes `from` up to `to` of the document with this digest, byte for byte.  A reply may have
 * other members beside these.
 */
typedef struct hospes_evidence hospes_evidence;

typedef struct hospes_source {
	const char *document; /* its name */
	const char *digest;   /* SHA-256 of its text, 64 hexadecimal digits */
	size_t from, to;      /* bytes of the text */
	const char *quote;
} hospes_source;

typedef struct hospes_claim {
	const char *text;
	bool critical; /* without a source that holds it must not be passed on */
	size_t n_sources;
	const hospes_source *sources;
} hospes_claim;

/* An empty one.  [never waits] */
hospes_evidence *hospes_evidence_new(hospes_ctx *ctx);

/* Adds a claim, and a source to the claim that was added last; all texts are copied.  0 or a status.  [never waits] */
int hospes_evidence_claim(hospes_evidence *evidence, const char *text, bool critical);
int hospes_evidence_source(hospes_evidence *evidence, const hospes_source *source);

/* Reads the evidence in a value; NULL, with a sentence that names the member, where it has another form.  [never waits] */
hospes_evidence *hospes_evidence_read(hospes_ctx *ctx, const hospes_value *value);

/* The claims, and the confidence that was read (1 where there was none).  [never waits] */
size_t hospes_evidence_claims(const hospes_evidence *evidence, const hospes_claim **ret);
double hospes_evidence_confidence(const hospes_evidence *evidence);

/* {"claims", "confidence"} as a new json_t to add to, for hospes_reply.  [never waits] */
json_t *hospes_evidence_json(const hospes_evidence *evidence, double confidence);

/* ---- Telling ----------------------------------------------------------------------------------------------------- */

enum hospes_level { HOSPES_DEBUG, HOSPES_INFO, HOSPES_WARN, HOSPES_ERROR };

/* A line in the run's log, 64 KiB a call at most.  Not repeated by a replay.  [never waits] */
void hospes_log(hospes_ctx *ctx, enum hospes_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Tells those who watch the run how far this call is: 0 to 1, or negative when nobody knows.  [never waits] */
void hospes_progress(hospes_ctx *ctx, double done, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- Configuration and identity ---------------------------------------------------------------------------------- */

/* Values of the plugin's configuration as it stood when the run started; the note's default where the operator said
 * nothing; 0, false, 0.0 or NULL for a name that the notes do not have.  [never waits] */
int64_t hospes_config_int(hospes_ctx *ctx, const char *name);
double hospes_config_real(hospes_ctx *ctx, const char *name);
bool hospes_config_bool(hospes_ctx *ctx, const char *name);
const char *hospes_config_text(hospes_ctx *ctx, const char *name);

/* A setting of the type "file" names a file in the host's configuration folder; what hospes_config_text gives is the text of
 * that file, 256 KiB at most, "" where there is none. */

/* The run's id (a ULID) and this call's path in it ("/0/3").  [never waits] */
const char *hospes_run_id(hospes_ctx *ctx);
const char *hospes_call_path(hospes_ctx *ctx);

/* ---- What a plugin says about itself ----------------------------------------------------------------------------- */

#define HOSPES_PLUGIN_MAGIC 0x31737073686f6870ull /* "phohsps1" */

typedef int hospes_handler(hospes_ctx *ctx);

/* The one symbol that a plugin exports. */
struct hospes_plugin {
	uint64_t magic;
	uint32_t size; /* sizeof(struct hospes_plugin) as the plugin was compiled */
	uint16_t abi_major;
	uint16_t abi_minor;
	hospes_handler *handler;
	int (*init)(void) HOSPES_ZERO_;  /* once, after loading; globals are writable until it returns; 0 or a status */
	void (*exit)(void) HOSPES_ZERO_; /* once, before the cell leaves; globals are writable again */
	hospes_handler *bid HOSPES_ZERO_;
};

/*
 * A note: `key=value` in the section .note.hospes, read by the host without loading the file.  Name and description are
 * padded to four bytes, as the ELF specification says (System V gABI, "Note Section").
 */
#define HOSPES_NOTE_JOIN2_(a, b) a##b
#define HOSPES_NOTE_JOIN_(a, b)  HOSPES_NOTE_JOIN2_(a, b)
#define HOSPES_NOTE_TYPE         1
#define HOSPES_NOTE(text)                                                                                              \
	static const struct {                                                                                          \
		uint32_t name_size, text_size, type;                                                                   \
		char name[8];                                                                                          \
		char value[(sizeof(text) + 3) / 4 * 4];                                                                \
	} HOSPES_NOTE_JOIN_(hospes_note_, __COUNTER__)                                                                 \
	    __attribute__((section(".note.hospes"), used, aligned(4))) = {7, sizeof(text), HOSPES_NOTE_TYPE, "Hospes", text};

#define HOSPES_STRING2_(x) #x
#define HOSPES_STRING_(x)  HOSPES_STRING2_(x)

#define HOSPES_PLUGIN_(kind_, name_, version_, summary_, handler_, ...)                                                \
	HOSPES_NOTE("kind=" kind_)                                                                                     \
	HOSPES_NOTE("name=" name_)                                                                                     \
	HOSPES_NOTE("version=" version_)                                                                               \
	HOSPES_NOTE("summary=" summary_)                                                                               \
	HOSPES_NOTE("abi=" HOSPES_STRING_(HOSPES_ABI_MAJOR) "." HOSPES_STRING_(HOSPES_ABI_MINOR))                      \
	HOSPES_EXPORT_ const struct hospes_plugin hospes_plugin_v1 = {.magic = HOSPES_PLUGIN_MAGIC,                    \
	    .size = sizeof(struct hospes_plugin), .abi_major = HOSPES_ABI_MAJOR, .abi_minor = HOSPES_ABI_MINOR,        \
	    .handler = handler_, ##__VA_ARGS__};
#ifdef __cplusplus
#define HOSPES_EXPORT_ extern "C" __attribute__((visibility("default"), used))
#else
#define HOSPES_EXPORT_ __attribute__((visibility("default"), used))
#endif

/* Exactly one of these, at file level.  After the handler may come `.init = f`, `.exit = f`. */
#define HOSPES_AGENT(name, version, summary, handler, ...)                                                             \
	HOSPES_PLUGIN_("agent", name, version, summary, handler, ##__VA_ARGS__)
#define HOSPES_STRATEGY(name, version, summary, handler, ...)                                                          \
	HOSPES_PLUGIN_("strategy", name, version, summary, handler, ##__VA_ARGS__)
#define HOSPES_CHECK(name, version, summary, handler, ...)                                                             \
	HOSPES_PLUGIN_("check", name, version, summary, handler, ##__VA_ARGS__)
#define HOSPES_TOOL(name, version, summary, handler, ...)                                                              \
	HOSPES_PLUGIN_("tool", name, version, summary, handler, ##__VA_ARGS__)

#define HOSPES_CAPABILITY(name) HOSPES_NOTE("capability=" name)  /* repeatable: "count.words" */
#define HOSPES_NEEDS(need)      HOSPES_NOTE("needs=" need)       /* repeatable: "call:NAME", "call:cap:PATTERN", "http:PATTERN",
                                                                  * "memory:SPACE" */
#define HOSPES_CONFIG(name, type, preset)                        /* type: "int", "real", "bool", "text", "file" */     \
	HOSPES_NOTE("config=" name ":" type ":" preset)
#define HOSPES_INPUT(schema)    HOSPES_NOTE("input=" schema)     /* JSON Schema of the input */
#define HOSPES_OUTPUT(schema)   HOSPES_NOTE("output=" schema)    /* JSON Schema of the reply */
#define HOSPES_MEMORY(mib)      HOSPES_NOTE("memory=" mib)       /* MiB of heap of a cell, at most what the host grants beside the stacks */
#define HOSPES_RECURSION(n)     HOSPES_NOTE("recursion=" n)      /* appearances in one chain that it was made for */
#define HOSPES_PRICE(micros)    HOSPES_NOTE("price_micros=" micros) /* micro-dollars that a call of it costs */
#define HOSPES_STATE_CELL()     HOSPES_NOTE("state=cell")        /* keeps writable globals: one call at a time */
#define HOSPES_LICENSE(id)      HOSPES_NOTE("license=" id)       /* SPDX identifier */

#ifdef __cplusplus
}
#endif

#endif
