/* How a call ends: with a reply of its cell, or lost. */

#include "cell/host.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

/* A sentence travels up a chain of callers; longer ones are cut. */
#define SENTENCE_MAX (8 * KIB)
#define PARTIAL_MAX  MIB

/* Out of its cell, which then has a fiber free. */
static void
let_go(struct cell *cell, struct call *call)
{
	cell_left(cell, call, false);
	cancel_forget(cell->cells, call);
	call_leave(cell, call);
	call->pool = NULL;
	call_set_state(call, CALL_DONE);
}

static struct payload *
sentence_of(const uint8_t *text, size_t len)
{
	_cleanup_(free_p) char *clean = NULL;

	if (len > SENTENCE_MAX)
		len = SENTENCE_MAX;
	clean = xmalloc(len + 1);
	text_clean(clean, len + 1, text, len);
	return payload_text(clean);
}

/* A JSON array, or nothing; what is neither is dropped, with the reply still good. */
static struct payload *
partial_of(const uint8_t *data, size_t len)
{
	_cleanup_(json_p) json_t *list = NULL;

	if (len == 0 || len > PARTIAL_MAX)
		return NULL;
	list = json_read(data, len, "what is partial", NULL);
	return json_is_array(list) && json_array_size(list) > 0 ? payload_new(data, len) : NULL;
}

/* A plugin may return any number; what callers see is a status. */
static int
status_of(int32_t status)
{
	if (status == 0)
		return 0;
	return status < 0 && strcmp(status_name(status), "unknown") != 0 ? status : HOSPES_EFAILED;
}

static double
confidence_of(double said)
{
	return isnan(said) ? 0 : fmin(fmax(said, 0), 1);
}

/* The value of a good reply, or why it is none: then *status is set. */
static struct payload *
value_of(const struct call *call, const struct frame *f, size_t at, size_t max, int *status)
{
	struct payload *value;
	struct fault fault;
	char why[FAULT_TEXT];
	uint8_t seen;

	if (payload_look(f->rest + at, f->rest_len - at, max, "its reply", &seen, &fault) == 0) {
		value = at == 0 ? frames_payload(f) : payload_new(f->rest + at, f->rest_len - at);
		value->looked = true;
		value->seen = seen;
		return value;
	}
	*status = HOSPES_EOUTPUT;
	(void)snprintf(why, sizeof(why), "%s %s: %.800s", call->plugin, call->semver, fault.text);
	return payload_text(why);
}

/* Statuses that say what a plugin did, rather than what it was told or could not do. */
static bool
is_misbehaviour(int status)
{
	return status == HOSPES_EOUTPUT || status == HOSPES_ENOREPLY || status == HOSPES_EWRONGPLACE ||
	       status == HOSPES_ENOTINCALL;
}

void
serve_reply(struct cell *cell, struct call *call, const struct frame *f)
{
	struct cells *cells = cell->cells;
	_cleanup_(payload_unref) struct payload *value = NULL, *partial = NULL;
	int status = status_of(f->head.status);
	struct wire_reply reply;

	memcpy(&reply, f->prefix, sizeof(reply));
	if (reply.partial_len > f->rest_len) {
		cell_kill(cell, HOSPES_EPROTOCOL, "it sent a reply that ends in the middle of what is partial");
		return;
	}
	partial = partial_of(f->rest, reply.partial_len);
	if (status == 0)
		value = value_of(call, f, reply.partial_len, call->run->policy->payload_max, &status);
	else
		value = sentence_of(f->rest + reply.partial_len, f->rest_len - reply.partial_len);
	if (is_misbehaviour(status))
		cell_blame(cell, call, status_name(status), (const char *)value->data);
	let_go(cell, call);
	cells->events.reply(call, status, value, confidence_of(reply.confidence), partial, cells->events.arg);
	pool_cell_free(cell);
}

void
call_lost(struct cells *cells, struct call *call, const struct fault *fault)
{
	assert(call->cell == NULL);
	cancel_forget(cells, call);
	call->pool = NULL;
	call->state = CALL_DONE;
	cells->events.lost(call, fault, cells->events.arg);
}
