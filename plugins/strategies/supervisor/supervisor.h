/*
 * supervisor, inside: a plan of which documents are looked at by whom, rounds of work, and what came of them.
 *
 *   supervisor.c   the handler: plan, rounds, analysis, brief     sources.c   which documents, in which groups
 *   round.c        one fan-out: tasks begun, findings taken in, failures kept
 */

#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include <hospes.h>

#include "common/query.h"

#define DOCUMENTS_MAX 48 /* looked at in a round */
#define GROUPS_MAX    16

struct source {
	const char *document, *digest;
	size_t bytes;
	double worth; /* how promising it is, where there are too many to look at all */
};

/* The documents, most promising first where they were searched for. */
struct sources {
	struct source *at;
	size_t n;
};

/* One task: documents for one worker. */
struct task {
	const struct source **sources;
	size_t n, bytes;
	const hospes_answer *failed; /* what came of it, when it failed */
};

struct work {
	hospes_ctx *ctx;
	struct question question;
	const char *text; /* of the question */
	size_t points;
	json_t *findings;            /* of all workers, without doubles */
	json_t *seen;                /* "digest from": index in findings */
	json_t *terms;               /* that workers found useful: {"term": true} */
	json_t *failed;              /* [{"who", "code", "message"}] as the brief has it */
	double coverage;             /* the best of a finding */
	size_t documents;            /* that were looked at */
	const struct source **again; /* documents whose worker failed */
	size_t again_n;
};

/* What documents there are: all of them, or those that a search finds most promising.  0 or a status. */
int sources_list(struct work *work, struct sources *ret);
void sources_free(struct sources *sources);

/* Deals `n` sources out to at most `most` tasks of similar size; returns how many. */
size_t tasks_deal(const struct source *const *sources, size_t n, size_t most, struct task *tasks);
void tasks_free(struct task *tasks, size_t n);

/* Has the tasks done, a few at a time; what failed stands in `again`.  With `terms` the workers are told what was useful
 * before.  0, or a status when the run ends. */
int round_run(struct work *work, struct task *tasks, size_t n, bool terms);

/* Notes a task as failed for good: in the brief, in the log and in the run's end. */
void task_gave_up(struct work *work, const struct task *task);

#endif
