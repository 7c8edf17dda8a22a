/*
 * Guard: grounding.
 *
 * What an agent says of its sources is a claim until somebody has looked.  The operator names plugins of the kind check
 * for the replies of a plugin (`grounding.NAME.checks`); they run side by side on each reply before it becomes an outcome,
 * and one that finds a claim that its sources do not bear out has it refused, with the findings.  A check that is not there,
 * fails, takes too long or answers in another form has it refused as well: nobody has looked, then.
 *
 * A check is a call of the host's own, made below the call that it looks at, with the ordinals after that call's own ops:
 * so it is recorded, replayed, paid for and shown like any other.  The call that is looked at holds no slot meanwhile.
 * A reply that passes is as sure as the lowest of what its agent and the checks say.
 *
 * Replies of checks are not looked at, nor is what fails anyway.
 */

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "dispatch/guard.h"
#include "dispatch/verdict.h"

/* The checks of one reply. */
struct grounding {
	uint32_t first, n; /* their ordinals */
	uint32_t open;     /* without an outcome */
	size_t claims;     /* that the reply makes */
};

/* ---- Asking ------------------------------------------------------------------------------------------------------ */

static char **
checks_of(const struct call *call)
{
	char **checks = call->rules->checks;

	if (checks == NULL || checks[0] == NULL || call->version->kind == PLUGIN_CHECK)
		return NULL;
	return call->run->script == NULL ? checks : NULL; /* a case of `hospes test` has no other plugins */
}

bool
grounding_looks_at(const struct call *call)
{
	return checks_of(call) != NULL;
}

/* The bytes as they are where they are JSON, so that a check sees what the caller will see; else as a text. */
static json_t *
add_json(struct buf *out, const struct payload *p)
{
	json_t *json = json_read(p->data, p->len, "it", NULL);

	if (json != NULL)
		buf_append(out, p->data, p->len);
	else {
		_cleanup_(json_p) json_t *text = json_stringn((const char *)p->data, p->len);
		_cleanup_(free_p) char *quoted = json_text(text);

		buf_appends(out, quoted);
	}
	return json;
}

static struct payload *
input_of(const struct call *call, size_t *claims)
{
	_cleanup_(json_p) json_t *input = NULL, *output = NULL;
	_cleanup_(buf_free) struct buf out = {0};

	buf_printf(&out, "{\"agent\":\"%s\",\"version\":\"%s\",\"confidence\":%.17g,\"input\":", call->plugin,
	    call->semver, call->confidence);
	input = add_json(&out, call->input);
	buf_appends(&out, ",\"output\":");
	output = add_json(&out, call->reply);
	buf_appends(&out, "}");
	*claims = json_array_size(json_object_get(output, "claims"));
	return payload_new(out.data, out.len);
}

/* A little before the reply's own deadline: that a check was late can then still be told. */
static int64_t
deadline_of(const struct call *call)
{
	int64_t left = call->deadline_real_ns - clock_real_ns();

	return call->deadline_real_ns - (left > 0 ? left / 10 : 0);
}

static void
ask(struct dispatch *d, struct call *call, uint32_t ordinal, const char *check, struct payload *input)
{
	bool made;
	struct op *op = call_op(call, ordinal, &made);

	assert(op->state == OP_NEW);
	op->kind = WIRE_OP_CALL;
	op->check = true;
	op_set_target(op, check);
	op->input = payload_ref(input);
	op->input_len = input->len;
	op->input_hash = payload_hash(input);
	op->deadline_real_ns = deadline_of(call);
	pipeline_enter(d, op);
}

/* One that was asked before the host was started is not asked twice. */
static bool
asked(const struct call *call, uint32_t first, const char *check)
{
	for (uint32_t i = first; i < call->n_ops; i++) {
		if (call->ops[i]->state != OP_NEW && strcmp(call->ops[i]->target, check) == 0)
			return true;
	}
	return false;
}

/* The ordinal for one more: the first whose op left no record when the host ended, else the next. */
static uint32_t
free_ordinal(const struct call *call, uint32_t first)
{
	uint32_t i = first;

	while (i < call->n_ops && call->ops[i]->state != OP_NEW)
		i++;
	return i;
}

static struct grounding *
begin(struct dispatch *d, struct call *call, char **checks)
{
	struct grounding *g = xcalloc(1, sizeof(*g));
	_cleanup_(payload_unref) struct payload *input = input_of(call, &g->claims);
	uint32_t before = call->n_ops;

	g->first = call->own_ops = call_own_ops(call);
	g->open = 1; /* ourselves, until all are asked */
	call->grounding = g;
	guards_parked(d, call);
	for (uint32_t i = g->first; i < before; i++)
		g->open += call->ops[i]->state == OP_OPEN;
	for (uint32_t i = g->first; i < before; i++)
		replay_check(d, call->ops[i], input);
	for (; *checks != NULL; checks++) {
		if (asked(call, g->first, *checks))
			continue;
		g->open++;
		ask(d, call, free_ordinal(call, g->first), *checks, input);
	}
	g->n = call->n_ops - g->first;
	g->open--;
	return g;
}

void
grounding_noticed(struct dispatch *d, struct op *op)
{
	struct grounding *g;

	if (!op->check)
		return;
	g = op->caller->grounding;
	if (g != NULL && --g->open == 0) /* else its caller repeats what it did before the host was started */
		dispatch_judged(d, op->caller->op);
}

/* ---- The verdict ------------------------------------------------------------------------------------------------- */

static int
conclude(struct call *call, const struct grounding *g, struct fault *why, struct payload **findings)
{
	_cleanup_(free_p) char *whose = xasprintf("%s %s", call->plugin, call->semver);
	_cleanup_(verdict_clear) struct verdict verdict;

	verdict_init(&verdict);
	for (uint32_t i = g->first; i < g->first + g->n; i++) {
		if (call->ops[i]->state == OP_DONE)
			verdict_add(&verdict, call->ops[i]->target, call->ops[i]->status, call->ops[i]->value);
	}
	if (verdict.scoring > 0) /* of one that failed nobody knows */
		call->verdict = verdict.score;
	if (verdict.refusing > 0) {
		verdict_tell(&verdict, whose, g->claims, why);
		*findings = json_payload(verdict.findings);
		return GUARD_REFUSE;
	}
	if (verdict.score < call->confidence)
		call->confidence = verdict.score;
	return GUARD_PASS;
}

static int
grounding_judge(struct dispatch *d, struct op *op, struct fault *why, struct payload **findings)
{
	struct call *call = op->callee;
	struct grounding *g = call->grounding;
	char **checks = checks_of(call);

	if (checks == NULL)
		return GUARD_PASS;
	if (g == NULL)
		g = begin(d, call, checks);
	return g->open > 0 ? GUARD_WAIT : conclude(call, g, why, findings);
}

const struct guard guard_grounding = {
    .name = "grounding",
    .judge = grounding_judge,
};
