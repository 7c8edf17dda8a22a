/*
 * Ops answered from a case: in a private host of `hospes test`, the case says what the world outside the call is.
 *
 * Each op outside is compared with the next of the case's `ops` in the order issued; one that differs ends the run, with
 * both sides shown.  Time and random numbers stay real: what depends on them has to replay all the same.
 */

#include <string.h>

#include "base/json.h"
#include "dispatch/state.h"

struct answer {
	struct dispatch *d;
	struct op *op;
	json_t *step; /* borrowed from the script */
	struct event *timer;
};

static json_t *
next_step(json_t *script)
{
	json_t *ops = json_object_get(script, "ops");
	json_int_t at = json_integer_value(json_object_get(script, "at"));

	json_object_set_new(script, "at", json_integer(at + 1));
	return json_array_get(ops, (size_t)at);
}

static bool
expected(const struct op *op, json_t *expect)
{
	const char *kind = json_string_value(json_object_get(expect, "op"));
	const char *target = json_string_value(json_object_get(expect, "target"));
	json_t *input = json_object_get(expect, "input");
	_cleanup_(json_p) json_t *given = NULL;

	if (kind != NULL && strcmp(kind, op_kind_name(op->kind)) != 0)
		return false;
	if (target != NULL && strcmp(target, op->target) != 0)
		return false;
	if (input == NULL)
		return true;
	given = json_read(op->input->data, op->input->len, "the op's input", NULL);
	return given != NULL && json_equal(given, input);
}

static void
give(struct answer *a)
{
	struct dispatch *d = a->d;
	struct op *op = a->op;
	json_t *error = json_object_get(a->step, "error"), *value = json_object_get(a->step, "answer");
	const char *code = json_string_value(json_object_get(error, "code"));
	const char *message = json_string_value(json_object_get(error, "message"));
	struct fault fault;

	op->executing = NULL;
	if (a->timer != NULL)
		event_free(a->timer);
	free(a);
	if (error == NULL) {
		pipeline_complete(d, op, 0, value == NULL ? payload_text("null") : json_payload(value), 1);
		return;
	}
	fault_set(&fault, code != NULL && status_number(code) != 0 ? status_number(code) : HOSPES_EFAILED, "%s",
	    message != NULL ? message : "the case says that it fails");
	pipeline_fail(d, op, &fault);
}

static void
delay_over(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	give(arg);
}

static void
script_begin(struct dispatch *d, struct op *op)
{
	json_t *step = next_step(op->run->script), *expect = json_object_get(step, "expect");
	json_int_t delay_ms = json_integer_value(json_object_get(step, "delay_ms"));
	struct timeval tv;
	struct answer *a;
	struct fault fault;

	if (step == NULL || !expected(op, expect)) {
		_cleanup_(free_p) char *want = expect == NULL ? xstrdup("no further op") : json_text(expect);

		fault_set(&fault, HOSPES_EFAILED,
		    "op %u of %s: the case expects %s and the plugin asked for %s %s with %.*s", op->ordinal,
		    op->caller->plugin, want, op_kind_name(op->kind), op->target,
		    (int)(op->input->len > 200 ? 200 : op->input->len), (const char *)op->input->data);
		pipeline_fail(d, op, &fault);
		dispatch_cancel(d, &op->run->root, HOSPES_EFAILED, fault.text);
		return;
	}
	a = xcalloc(1, sizeof(*a));
	*a = (struct answer){.d = d, .op = op, .step = step};
	op->executing = a;
	if (delay_ms <= 0) {
		give(a);
		return;
	}
	tv = (struct timeval){.tv_sec = delay_ms / 1000, .tv_usec = delay_ms % 1000 * 1000};
	a->timer = evtimer_new(d->loop, delay_over, a);
	evtimer_add(a->timer, &tv);
}

static void
script_stop(struct dispatch *d, struct op *op)
{
	struct answer *a = op->executing;

	(void)d;
	op->executing = NULL;
	if (a->timer != NULL)
		event_free(a->timer);
	free(a);
}

const struct executor executor_script = {
    .name = "script",
    .begin = script_begin,
    .stop = script_stop,
};
