/*
 * Guard: breaker.
 *
 * What fails again and again is left alone for a while: each version of a plugin and each host that is asked by HTTP has a
 * breaker, whose numbers are in the group `breaker` of the policy.  While it is open an op is refused at once, told since when,
 * why and when it is tried again; then one op, the probe, is let through.  The probe comes back with what its op says, and without
 * that when a later guard refuses it or has it wait, when it is stopped, or when its call is put aside to wait for long: then
 * another one is it.
 *
 * What counts, of a call: that it failed, crashed, hung, or replied what it may not (the statuses from -20 to -29), and that it
 * took longer than its caller or the operator gave it.  What it only hands on from below counts where it began.  Well is every
 * answer, as soon as it is there: what it is worth is for checks, people and scores, who may take their time, and a check that
 * dies is no fault of whom it checks.  All else says nothing of it: refusals, bad input, that somebody did not want it any more,
 * or that the time of those above it was over; else one run with little time could close the door for all others.  But what was
 * stopped because of time and had taken longer than `breaker.latency` was slow.  Of a request: no answer, or one of 500 and
 * above; what was refused before it left says nothing.
 *
 * What is on record counted when that was written, if it did: a run that is built again feeds no window.
 */

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "dispatch/breakers.h"
#include "dispatch/guard.h"

/* ---- Whose breaker ----------------------------------------------------------------------------------------------- */

#define HOST_NAME 320 /* "https://HOST:65535"; a longer host is none */

/* A plain name of a host and perhaps a port is told from the URL itself, which the permission guard has read; anything that may
 * be written in another way is for that reader. */
static bool
plain_host(const char *url, char out[HOST_NAME])
{
	bool tls = strncmp(url, "https://", 8) == 0;
	size_t scheme = tls ? 8 : 7, host, port = 0, label = 0;
	const char *at = url + scheme;

	if (!tls && strncmp(url, "http://", 7) != 0)
		return false;
	for (host = 0;
	     islower((unsigned char)at[host]) || isdigit((unsigned char)at[host]) || at[host] == '-' || at[host] == '.';
	     host++) {
		if (at[host] == '.')
			label = host + 1;
	}
	if (host == 0 || host > 255 || !islower((unsigned char)at[label]))
		return false;
	if (at[host] == ':')
		port = strspn(at + host + 1, "0123456789");
	if (port > 5 || (at[host] == ':' && (port == 0 || at[host + 1] == '0')) ||
	    strchr("/?#", at[host + (port > 0) + port]) == NULL)
		return false;
	snprintf(out, HOST_NAME, "%.*s%.*s:%.*s", (int)scheme, url, (int)host, at,
	    port > 0 ? (int)port
	    : tls    ? 3
		     : 2,
	    port > 0 ? at + host + 1
	    : tls    ? "443"
		     : "80");
	return true;
}

static struct breaker *
of_request(struct dispatch *d, const struct op *op)
{
	struct http_request request;
	struct fault unused;
	char name[HOST_NAME];

	if (!plain_host(op->target, name)) {
		if (op->input == NULL || http_request_read(op->target, op->input, &request, &unused) != 0)
			return NULL;
		snprintf(name, sizeof(name), "%s://%.255s:%u", request.scheme, request.host, request.port);
		http_request_clear(&request);
	}
	return breakers_of_host(d, name);
}

/* NULL: it goes where no breaker is. */
static struct breaker *
breaker_of(struct dispatch *d, const struct op *op)
{
	if (op->run->script != NULL && op->caller != NULL)
		return NULL; /* the case of a test answers */
	if (op->kind == WIRE_OP_CALL && op->resolved != NULL)
		return breakers_of_version(d, op->resolved);
	return op->kind == WIRE_OP_HTTP ? of_request(d, op) : NULL;
}

/* What the operator says of it now.  One that is turned off closes. */
static void
follow(struct dispatch *d, struct op *op, struct breaker *b)
{
	if (op->run->policy != d->breakers.policy)
		breakers_follow(d, op->run->policy);
	if (b->generation == d->breakers.policy->generation)
		return;
	b->generation = d->breakers.policy->generation;
	b->watched = b->semver == NULL || policy_plugin(d->breakers.policy, b->name)->breaker;
	if (!b->watched && b->state != BREAKER_CLOSED)
		breakers_shut(d, b, op, guard_breaker.name, "`limits.NAME.breaker` turns it off");
}

/* ---- In ---------------------------------------------------------------------------------------------------------- */

static int64_t
price_of(const struct op *op)
{
	return op->kind == WIRE_OP_CALL && op->resolved != NULL ? op->resolved->price_micros : 0;
}

/* A closed one lets pass what costs nothing, whatever the time is. */
static enum breaker_answer
ask(const struct dispatch *d, struct breaker *b, int64_t micros)
{
	if (!b->watched || (b->state == BREAKER_CLOSED && micros == 0))
		return BREAKER_PASS;
	return breaker_ask(b, &d->breakers.rules, micros, clock_mono_ns(), clock_real_ns());
}

static int
refuse(const struct breaker *b, struct fault *why)
{
	_cleanup_(buf_free) struct buf told = {0};

	breaker_tell(b, clock_real_ns(), &told);
	return guard_refuse(why, HOSPES_EBREAKER, "the breaker of %s%s%s is open: %s", b->name,
	    b->semver != NULL ? " " : "", b->semver != NULL ? b->semver : "", buf_text(&told));
}

static void
past(struct op *op, struct breaker *b, bool probe)
{
	b->flying++;
	op->breaker = b;
	op->breaker_period = b->period;
	op->overdue = op->restored = op->on_record = false;
	op->http_code = 0;
	op->probe = probe;
	if (probe)
		b->probe = op;
}

static int
breaker_admit(struct dispatch *d, struct op *op, struct fault *why)
{
	struct breaker *b = breaker_of(d, op);
	int64_t micros = price_of(op);
	enum breaker_answer answer;

	if (b == NULL)
		return GUARD_PASS;
	follow(d, op, b);
	answer = ask(d, b, micros);
	if (answer == BREAKER_DEAR)
		breakers_trip(d, b, BREAKER_MONEY, op);
	if (answer == BREAKER_DEAR || answer == BREAKER_REFUSE)
		return refuse(b, why);
	if (answer == BREAKER_TRY && b->state == BREAKER_OPEN)
		breakers_try(d, b, op);
	past(op, b, answer == BREAKER_TRY);
	if (micros != 0)
		breaker_spend(b, micros);
	return GUARD_PASS;
}

/* It is no longer past its breaker; whether it was the probe. */
static bool
back(struct op *op)
{
	struct breaker *b = op->breaker;
	bool probe = b->probe == op;

	if (probe)
		b->probe = NULL;
	b->flying--;
	op->breaker = NULL;
	op->probe = false;
	return probe;
}

static void
breaker_undo(struct dispatch *d, struct op *op)
{
	struct breaker *b = op->breaker;

	(void)d;
	if (b == NULL)
		return;
	if (op->breaker_period == b->period)
		breaker_spend(b, -price_of(op));
	(void)back(op);
}

void
breaker_forgo(struct op *op)
{
	if (op->breaker == NULL || op->breaker->probe != op)
		return;
	op->breaker->probe = NULL;
	op->probe = false;
}

void
breaker_leave(struct op *op)
{
	if (op->breaker != NULL)
		(void)back(op);
}

static int
breaker_restore(struct dispatch *d, struct op *op, struct fault *fault)
{
	struct breaker *b = breaker_of(d, op);

	(void)fault;
	if (b == NULL)
		return 0;
	follow(d, op, b);
	past(op, b, op->probe && b->state == BREAKER_HALF_OPEN && b->probe == NULL);
	op->restored = true;
	return 0;
}

/* ---- Out --------------------------------------------------------------------------------------------------------- */

enum said { SAID_NOTHING, SAID_WELL, SAID_BAD };

static bool
is_its_own(int status)
{
	return status <= HOSPES_EFAILED && status >= HOSPES_ELOAD;
}

static enum said
call_said(const struct op *op)
{
	if (op->callee == NULL)
		return SAID_NOTHING; /* its input was refused */
	if (op->cancelled != 0 || op->callee->cancelled != 0)
		return op->overdue ? SAID_BAD : SAID_NOTHING;
	return is_its_own(op->status) && !op->callee->hands_on ? SAID_BAD : SAID_NOTHING;
}

static enum said
request_said(const struct op *op)
{
	if (op->cancelled != 0)
		return op->overdue ? SAID_BAD : SAID_NOTHING;
	if (op->status == 0)
		return op->http_code >= 500 ? SAID_BAD : SAID_WELL;
	return op->status == HOSPES_EHTTP || op->status == HOSPES_EUNKNOWN ? SAID_BAD : SAID_NOTHING;
}

/* However what was stopped would have ended, it may have been slow. */
static enum said
if_slow(const struct dispatch *d, const struct op *op, enum said said, int64_t took_ns)
{
	bool stopped = said == SAID_NOTHING && op->cancelled == HOSPES_EDEADLINE;

	return stopped && breaker_is_slow(&d->breakers.rules, took_ns) ? SAID_WELL : said;
}

static void
probe_said(struct dispatch *d, struct breaker *b, const struct op *op, enum said said, int64_t took_ns)
{
	if (said == SAID_NOTHING)
		return; /* another one is sent */
	if (said == SAID_BAD || breaker_is_slow(&d->breakers.rules, took_ns))
		breakers_trip(d, b, BREAKER_PROBE, op);
	else
		breakers_shut(d, b, op, guard_breaker.name, "the one that was sent there to try it went well");
}

/* It has ended, or said all that it says. */
static void
ended(struct dispatch *d, struct op *op, enum said said)
{
	struct breaker *b = op->breaker;
	enum breaker_cause cause;
	int64_t now = clock_mono_ns();
	int64_t took_ns =
	    op->restored ? 0 : now - op->began_mono_ns; /* how long it took before the restart is not known */
	bool probe = back(op);

	if (op->on_record || !b->watched)
		return;
	said = if_slow(d, op, said, took_ns);
	if (probe)
		probe_said(d, b, op, said, took_ns);
	else if (said != SAID_NOTHING && b->state == BREAKER_CLOSED && op->breaker_period == b->period &&
		 breaker_count(b, &d->breakers.rules, said == SAID_BAD, took_ns, now, &cause))
		breakers_trip(d, b, cause, op);
}

void
breaker_answered(struct dispatch *d, struct op *op)
{
	if (op->breaker != NULL && op->cancelled == 0 && op->callee->cancelled == 0)
		ended(d, op, SAID_WELL);
}

static void
breaker_settle(struct dispatch *d, struct op *op)
{
	if (op->breaker != NULL)
		ended(d, op, op->kind == WIRE_OP_CALL ? call_said(op) : request_said(op));
}

const struct guard guard_breaker = {
    .name = "breaker",
    .admit = breaker_admit,
    .undo = breaker_undo,
    .settle = breaker_settle,
    .restore = breaker_restore,
};

/* ---- Whose fault it is ------------------------------------------------------------------------------------------- */

/* Statuses from -20 to -29, a bit each. */
static unsigned
bit_of(int status)
{
	return is_its_own(status) ? 1u << (HOSPES_EFAILED - status) : 0;
}

void
breaker_told(struct call *caller, int status)
{
	caller->failures_told |= bit_of(status);
}

void
breaker_replied(struct call *call, int status)
{
	call->hands_on = (call->failures_told & bit_of(status)) != 0;
}

void
breaker_overdue(struct op *op)
{
	op->overdue = op->state == OP_OPEN && op->caller != NULL; /* how long a run may take its client says */
}
