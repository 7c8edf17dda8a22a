/*
 * hospes ask: what its files share.
 *
 *   ask.c           the command: host, sources, run, and all of it undone again
 *   ask_answer.c    the end of the run and what it took become the answer, as --json prints it
 *   ask_print.c     the answer for people
 *   ask_progress.c  lines about what goes on, redrawn in place on a terminal
 */

#ifndef CLI_ASK_H
#define CLI_ASK_H

#include <stdint.h>

#include <jansson.h>

#include "base/fault.h"
#include "cli/command.h"
#include "cli/sources.h"

/* ---- ask_progress.c ---- */

struct ask_progress;

/* On a terminal live lines, with `verbose` plain ones, else nothing. */
struct ask_progress *ask_progress_new(const struct cli *cli, bool verbose);
void ask_progress_free(struct ask_progress **p); /* takes its lines away; accepts NULL; also for _cleanup_ */

void ask_progress_loading(const struct source_counts *now, void *progress); /* as source_progress.tell */
void ask_progress_run(struct ask_progress *p, const char *plugin);          /* a run of it has begun */
void ask_progress_event(struct ask_progress *p, const json_t *event);       /* of the run */
void ask_progress_tick(void *progress);                                     /* time passes */
void ask_progress_say(struct ask_progress *p, const char *line);            /* a line that stays, on stderr */
void ask_progress_clear(struct ask_progress *p);                            /* before somebody else writes on stderr */

/* ---- ask_answer.c ---- */

struct ask_took {
	int64_t began_ns, loaded_ns, ended_ns; /* monotonic */
	size_t documents, sent;                /* in the sources, and of them those that the host did not have */
	size_t skipped;                        /* files that are no text, or cannot be read */
	uint64_t bytes;
	size_t agents; /* different plugins that were called; 0: not known */
};

/* {"run"?, "question", "answer", "points", "contradictions", "sources", "claims", "confidence", "failed"?, "documents",
 * "took": {"ms", "load_ms", "documents", "skipped", "sent", "bytes", "calls", "agents"}, "error"?}, a new reference; `run` is
 * the ended run, and its id is told when it stays.  Never fails: a result that is no brief becomes an error. */
json_t *ask_answer(const json_t *run, const char *question, const struct ask_took *took, bool stays);

/* ---- ask_print.c ---- */

void ask_print(const struct cli *cli, const json_t *answer, FILE *to);

#endif
