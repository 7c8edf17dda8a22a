/*
 * Guard: grounding.
 *
 * What an agent says of its sources is a claim until somebody has looked.  The operator says what a reply has to pass on its
 * way to whoever asked (`grounding.NAME`, `handoffs`): how sure it has to be, and plugins of the kind check, which run side by
 * side on it before it becomes an outcome.  One that finds a claim that its sources do not bear out has it refused, with the
 * findings.  A check that is not there, fails, takes too long or answers in another form has it refused as well: nobody has
 * looked, then.  A critical claim that names no source is refused without anybody being asked, and so is a reply that is not
 * sure enough.  What is done about a reply that does not pass is in ladder.c.
 *
 * A check is a call of the host's own, made below the call that it looks at, with the ordinals after that call's own ops:
 * so it is recorded, replayed, paid for and shown like any other.  The call that is looked at holds no slot meanwhile.
 * Where the same check has said what it says of the same reply before, it is not asked again (verdict_cache.h).
 * A reply that passes is as sure as the lowest of what its agent and the checks say.
 *
 * Somebody else who was asked instead (an escalation, a fallback) has to pass what the first had to, and what is said of
 * himself.  Replies of checks are not looked at, nor is what fails anyway.
 */

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/find.h"
#include "base/json.h"
#include "dispatch/guard.h"
#include "dispatch/ladder.h"
#include "dispatch/verdict.h"
#include "dispatch/verdict_cache.h"

/* The checks of one reply. */
struct grounding {
	uint32_t first, n; /* their ordinals */
	uint32_t open;     /* without an outcome */
	size_t claims;     /* that the reply makes */
	bool settled;      /* documents neither came nor went when they were asked */
	uint64_t documents;
};

/* ---- What it has to pass ----------------------------------------------------------------------------------------- */

static bool
names(char *const *checks, const char *check)
{
	for (; checks != NULL && *checks != NULL; checks++) {
		if (strcmp(*checks, check) == 0)
			return true;
	}
	return false;
}

/* Those of the op's first attempt, then what is asked of this one besides; NULL: there are no more. */
const char *
grounding_check(const struct call *call, unsigned nth)
{
	const struct policy_handoff *first = call->op->handoff, *own = call->handoff;

	for (char **check = first->checks; check != NULL && *check != NULL; check++) {
		if (nth-- == 0)
			return *check;
	}
	for (char **check = own != first ? own->checks : NULL; check != NULL && *check != NULL; check++) {
		if (!names(first->checks, *check) && nth-- == 0)
			return *check;
	}
	return NULL;
}

static double
least_confidence(const struct call *call)
{
	double first = call->op->handoff->confidence, own = call->handoff->confidence;

	return first > own ? first : own;
}

/* Replies of checks are verdicts, unless one was asked in place of an agent; and a case of `hospes test` has no other plugins. */
static bool
is_exempt(const struct call *call)
{
	return (call->version->kind == PLUGIN_CHECK && call->op->stage == NULL) || call->run->script != NULL;
}

static bool
looks_at(const struct call *call)
{
	return !is_exempt(call) && (grounding_check(call, 0) != NULL || least_confidence(call) > 0 ||
				       call->op->handoff->steps[0] != STEP_FAIL);
}

void
grounding_began(struct call *call)
{
	const struct call *to = call_parent(call);

	call->handoff = policy_handoff(call->run->policy, call->rules, to == NULL ? NULL : to->rules,
	    call->version == NULL ? NULL : call->version->capabilities);
	if (call->op->handoff == NULL)
		call->op->handoff = call->handoff;
	call->looked_at = call->version != NULL && looks_at(call);
}

/* Letters may be written as numbers: "criti\\u0063al" is the same word. */
static bool
has_escapes(const struct payload *p)
{
	static const char escape[] = "\\u00";

	return memchr(p->data, '\\', p->len) != NULL && bytes_find(p->data, p->len, escape, sizeof(escape) - 1) != NULL;
}

/* Most replies have nothing of the kind, and need not be parsed, nor looked through, for that. */
static bool
may_be_critical(const struct call *call)
{
	static const char word[] = "\"critical\"", least[] = "{\"claims\":[{\"critical\":true}]}";
	const struct payload *reply = call->reply;

	if ((!call->op->handoff->critical && !call->handoff->critical) || reply->len < sizeof(least) - 1 ||
	    (reply->looked && reply->seen == 0))
		return false;
	return bytes_find(reply->data, reply->len, word, sizeof(word) - 1) != NULL || has_escapes(reply);
}

/* ---- Asking ------------------------------------------------------------------------------------------------------ */

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
	int64_t now = clock_real_ns(), left = call->deadline_real_ns - now;
	int64_t most = call->op->handoff->check_deadline_ns;

	left = left > 0 ? left - left / 10 : 0;
	return now + (most > 0 && most < left ? most : left);
}

/* What this check would say; NULL: nobody knows. */
static struct payload *
known(struct dispatch *d, const struct call *call, const char *check, const struct payload *input,
    const struct version **ret)
{
	struct version *v = resolve_name(d, call->run, check);
	struct payload *config, *said;
	char key[VERDICT_KEY];
	uint64_t documents;
	struct fault unused;

	if (v == NULL || v->kind != PLUGIN_CHECK || config_of(call->run, v, &config, NULL, &unused) != 0)
		return NULL;
	*ret = v;
	verdict_cache_key(key, call->run, v->object, config, input, NULL);
	said = verdict_cache_get(d->verdicts, key);
	if (said != NULL || !memory_settled(d->memory, &documents))
		return said;
	verdict_cache_key(key, call->run, v->object, config, input, &documents);
	return verdict_cache_get(d->verdicts, key);
}

static void
ask(struct dispatch *d, struct call *call, uint32_t ordinal, const char *check, struct payload *input)
{
	const struct version *v = NULL;
	struct payload *said = known(d, call, check, input, &v);
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
	if (said != NULL)
		pipeline_known(d, op, v, payload_ref(said));
	else
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
begin(struct dispatch *d, struct call *call)
{
	struct grounding *g = xcalloc(1, sizeof(*g));
	_cleanup_(payload_unref) struct payload *input = input_of(call, &g->claims);
	uint32_t before = call->n_ops;
	const char *check;

	g->first = call->own_ops = call_own_ops(call);
	g->open = 1; /* ourselves, until all are asked */
	g->settled = memory_settled(d->memory, &g->documents);
	call->grounding = g;
	guards_parked(d, call);
	for (uint32_t i = g->first; i < before; i++)
		g->open += call->ops[i]->state == OP_OPEN;
	for (uint32_t i = g->first; i < before; i++)
		replay_check(d, call->ops[i], input);
	for (unsigned i = 0; (check = grounding_check(call, i)) != NULL; i++) {
		if (asked(call, g->first, check))
			continue;
		g->open++;
		ask(d, call, free_ordinal(call, g->first), check, input);
	}
	g->n = call->n_ops - g->first;
	g->open--;
	return g;
}

/* Only of documents of the run's sources, and what was asked for was there, or was not. */
static bool
read_only_sources(const struct call *check)
{
	for (uint32_t i = 0; i < check->n_ops; i++) {
		const struct op *op = check->ops[i];
		char space[SPACE_TEXT];
		const char *key;

		if ((op->kind != WIRE_OP_DOCUMENTS && op->kind != WIRE_OP_DOCUMENT) ||
		    (op->status != 0 && op->status != HOSPES_ENOENT) || !op_memory_target(op, space, &key) ||
		    strcmp(space, MEMORY_SOURCES) != 0)
			return false;
	}
	return true;
}

/* What it says is the same the next time when it asked the host for nothing, or for what has not changed, and keeps nothing from
 * one call to the next. */
static void
remember(struct dispatch *d, const struct op *op)
{
	const struct call *check = op->callee;
	const struct grounding *g = op->caller->grounding;
	uint64_t documents = 0;
	char key[VERDICT_KEY];

	if (check == NULL || op->status != 0 || check->version->state_cell || !read_only_sources(check))
		return;
	if (check->n_ops > 0 &&
	    (g == NULL || !g->settled || !memory_settled(d->memory, &documents) || documents != g->documents))
		return;
	verdict_cache_key(
	    key, check->run, check->version->object, check->config, check->input, check->n_ops > 0 ? &documents : NULL);
	verdict_cache_put(d->verdicts, key, op->value);
}

void
grounding_noticed(struct dispatch *d, struct op *op)
{
	struct grounding *g;

	if (!op->check)
		return;
	remember(d, op);
	g = op->caller->grounding;
	if (g != NULL && --g->open == 0) /* else its caller repeats what it did before the host was started */
		dispatch_judged(d, op->caller->op);
}

/* ---- The verdict ------------------------------------------------------------------------------------------------- */

static void
collect(const struct call *call, const struct grounding *g, struct verdict *verdict)
{
	for (uint32_t i = g->first; i < g->first + g->n; i++) {
		if (call->ops[i]->state == OP_DONE)
			verdict_add(verdict, call->ops[i]->target, call->ops[i]->status, call->ops[i]->value);
	}
}

/* What there is to say without asking anybody; returns how many claims there are. */
static size_t
look(const struct call *call, struct verdict *verdict)
{
	_cleanup_(json_p) json_t *output = NULL;

	if (may_be_critical(call))
		output = json_read(call->reply->data, call->reply->len, "it", NULL);
	if (output != NULL)
		verdict_add_critical(verdict, output);
	if (verdict->refusing == 0 && !(call->confidence >= least_confidence(call)))
		verdict_add_unsure(verdict, call->confidence, least_confidence(call));
	return json_array_size(json_object_get(output, "claims"));
}

/* Judged once more, after a human was asked, a reply has to come to the same: so nothing changes before it passes. */
static int
conclude(struct dispatch *d, struct call *call, struct verdict *verdict, size_t claims, struct fault *why,
    struct payload **findings)
{
	_cleanup_(free_p) char *whose = NULL;
	int answer = GUARD_PASS;

	if (verdict->scoring > 0) /* of one that failed nobody knows */
		call->verdict = verdict->score;
	if (verdict->refusing > 0) {
		whose = xasprintf("%s %s", call->plugin, call->semver);
		verdict_tell(verdict, whose, claims, why);
		answer =
		    ladder_judge(d, call->op, verdict->unsure ? "confidence" : "grounding", verdict->findings, why);
	}
	if (answer == GUARD_REFUSE)
		*findings = json_payload(verdict->findings);
	if (answer != GUARD_PASS)
		return answer;
	call->grounded = true;
	if (verdict->unknown)
		call->confidence = 0;
	else if (verdict->score < call->confidence)
		call->confidence = verdict->score;
	return GUARD_PASS;
}

static int
judge(struct dispatch *d, struct op *op, struct fault *why, struct payload **findings)
{
	_cleanup_(verdict_clear) struct verdict verdict = {0};
	struct call *call = op->callee;
	struct grounding *g = call->grounding;
	size_t claims;

	verdict_init(&verdict);
	claims = look(call, &verdict);
	if (verdict.refusing == 0 && grounding_check(call, 0) != NULL) {
		if (g == NULL)
			g = begin(d, call);
		if (g->open > 0)
			return GUARD_WAIT;
		if (op->cancelled != 0 ||
		    call->cancelled != 0) /* by what came of asking: no human is asked about it then */
			return GUARD_PASS;
		claims = g->claims;
		collect(call, g, &verdict);
		if (verdict.refusing == 0 && !(verdict.score >= least_confidence(call)))
			verdict_add_unsure(&verdict, verdict.score, least_confidence(call));
	}
	return conclude(d, call, &verdict, claims, why, findings);
}

/* Nearly always there is nothing to look at. */
static int
grounding_judge(struct dispatch *d, struct op *op, struct fault *why, struct payload **findings)
{
	struct call *call = op->callee;

	if (call->grounded || (!call->looked_at && (is_exempt(call) || !may_be_critical(call))))
		return GUARD_PASS;
	return judge(d, op, why, findings);
}

const struct guard guard_grounding = {
    .name = "grounding",
    .judge = grounding_judge,
};
