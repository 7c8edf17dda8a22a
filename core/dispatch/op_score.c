/*
 * The op SCORE: an agent says how good the outcome of a call was that it made.
 *
 * A call is scored once, by the call that made it, and nobody scores itself.  The score is a record of the run, and then the
 * outcome of the op; a host that is killed between the two finds the first, and gives the second.
 */

#include <string.h>

#include "dispatch/quality.h"
#include "dispatch/state.h"

struct asked {
	uint32_t ordinal;
	double score;
	char *why; /* or NULL */
};

static int
read_input(const struct payload *input, struct asked *ret, struct fault *fault)
{
	size_t head = sizeof(ret->ordinal) + sizeof(ret->score), why;

	if (input == NULL || input->len < head)
		return fault_set(fault, HOSPES_EINPUT, "a score names the op of a call, and has a number from 0 to 1");
	memcpy(&ret->ordinal, input->data, sizeof(ret->ordinal));
	memcpy(&ret->score, input->data + sizeof(ret->ordinal), sizeof(ret->score));
	why = input->len - head;
	if (!(ret->score >= 0 && ret->score <= 1))
		return fault_set(fault, HOSPES_EINPUT, "a score is a number from 0 to 1, and this is %g", ret->score);
	if (why > SCORE_WHY_MAX || memchr(input->data + head, '\0', why) != NULL ||
	    !utf8_valid(input->data + head, why))
		return fault_set(fault, HOSPES_EINPUT,
		    "why a score is what it is has to be a text in UTF-8 of at most %u bytes", SCORE_WHY_MAX);
	ret->why = why == 0 ? NULL : xstrndup((const char *)input->data + head, why);
	return 0;
}

/* The op that is scored; NULL and the fault: it cannot be. */
static struct op *
find(const struct op *op, uint32_t ordinal, struct fault *fault)
{
	struct call *caller = op->caller;
	struct op *of = ordinal < op->ordinal ? caller->ops[ordinal] : NULL;

	if (of == NULL || of->kind != WIRE_OP_CALL || of->check || of->state != OP_DONE) {
		fault_set(fault, HOSPES_EINPUT, "op %u is no call of %s that has its outcome; only such can be scored",
		    ordinal, caller->plugin);
		return NULL;
	}
	if (of->scored != 0 && of->scored != op->ordinal + 1) {
		fault_set(fault, HOSPES_ECONFLICT,
		    "the call of %s (op %u) has its score already; a call is scored once", of->target, ordinal);
		return NULL;
	}
	if (of->answered == NULL) {
		fault_set(fault, HOSPES_EINPUT, "no version of %s has answered op %u, so there is nobody to be scored",
		    of->target, ordinal);
		return NULL;
	}
	if (strcmp(of->answered->name, caller->plugin) == 0) {
		fault_set(fault, HOSPES_EPERM, "%s cannot score itself", caller->plugin);
		return NULL;
	}
	return of;
}

static void
record(struct dispatch *d, const struct op *op, struct op *of, const struct asked *asked)
{
	_cleanup_(free_p) char *path = op_path(of);

	if (of->scored != 0) /* before the host was started */
		return;
	of->scored = op->ordinal + 1;
	dispatch_score(d, &(struct score){.kind = SCORE_AGENT,
			      .score = asked->score,
			      .plugin = of->answered->name,
			      .semver = of->answered->semver,
			      .capability = quality_capability(of),
			      .path = path,
			      .attempt = of->attempt,
			      .ordinal = op->ordinal,
			      .by = op->caller->plugin,
			      .why = asked->why,
			      .run = op->run,
			      .policy = op->run->policy});
}

static void
score_begin(struct dispatch *d, struct op *op)
{
	struct asked asked = {0};
	struct op *of = NULL;
	struct fault fault;

	if (read_input(op->input, &asked, &fault) != 0) {
		pipeline_fail(d, op, &fault);
		return;
	}
	if (op->run->script == NULL)
		of = find(op, asked.ordinal, &fault);
	if (op->run->script != NULL) { /* a case of `hospes test` has answered, and nobody else */
		pipeline_complete(d, op, 0, payload_new("", 0), 1);
	} else if (of != NULL) {
		record(d, op, of, &asked);
		pipeline_complete(d, op, 0, payload_new("", 0), 1);
	} else
		pipeline_fail(d, op, &fault);
	free(asked.why);
}

const struct executor executor_score = {
    .name = "score",
    .begin = score_begin,
};
