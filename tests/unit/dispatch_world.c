/* See dispatch_world.h. */

#include "dispatch_world.h"

struct world w;

static char *any_call[] = {"call:*", "http:*", NULL};

struct version *
version_add(const char *name, const char *semver)
{
	struct version *v = &w.versions[w.n_versions++];

	*v =
	    (struct version){.kind = PLUGIN_AGENT, .state = VERSION_ACTIVE, .needs = any_call, .config = json_object()};
	strcpy(v->name, name);
	strcpy(v->semver, semver);
	v->object[31] = (uint8_t)w.n_versions;
	snprintf(v->object_hex, sizeof(v->object_hex), "%064x", w.n_versions);
	return v;
}

static void
run_over(struct run *run, void *arg)
{
	(void)run, (void)arg;
	w.ended = true;
}

static void
run_parted(struct run *run, void *arg)
{
	(void)run, (void)arg;
	w.parted++;
}

int
setup(void **state)
{
	struct dispatch_options options = {.calls = &w.calls, .run_ended = run_over, .parted = run_parted};

	(void)state;
	memset(&w, 0, sizeof(w));
	w.loop = options.loop = event_base_new();
	calls_init(&w.calls);
	w.policy = policy_defaults(true);
	w.policy->repetition = 0; /* tests ask for the same as often as they need it */
	dispatch_open(&w.d, &options);
	w.events = dispatch_cells_events(w.d);
	w.run = calloc(1, sizeof(*w.run));
	w.run->policy = w.policy;
	w.run->target = "a";
	w.run->client = "uid:1";
	account_init(&w.run->account, "run", NULL);
	w.run->account.limit[QUANTITY_CALLS] = 100;
	w.run->root = (struct op){.run = w.run,
	    .kind = WIRE_OP_CALL,
	    .target = xstrdup("a"),
	    .input = payload_text("{}"),
	    .deadline_real_ns = clock_real_ns() + 3600 * NS_PER_S};
	return 0;
}

struct policy *
policy_of(const char *text)
{
	char path[] = "/tmp/hospes-dispatch-XXXXXX";
	int fd = mkstemp(path);
	struct policy *policy;
	struct fault fault;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	if (policy_load(path, true, &policy, &fault) != 0)
		fail_msg("%s", fault.text);
	(void)unlink(path);
	return policy;
}

void
with_policy(const char *text)
{
	policy_unref(&w.policy);
	w.policy = w.run->policy = policy_of(text);
	w.policy->repetition = 0;
}

struct call *
start(void)
{
	dispatch_root(w.d, w.run);
	assert_int_equal(w.n_submitted, 1);
	return w.submitted[0];
}

void
ask_op(struct call *call, const struct wire_op *op, const char *target, const void *input, size_t len)
{
	_cleanup_(payload_unref) struct payload *p = payload_new(input, len);
	uint32_t ordinal = call->reissued++;

	call->state = CALL_PARKED;
	call->waits_for = ordinal;
	w.events.op(call, ordinal, op, target, NULL, NULL, p, w.events.arg);
	if (call->state == CALL_PARKED)
		w.events.parked(call, w.events.arg);
}

void
ask_with(struct call *call, uint16_t kind, const char *target, int64_t share, const void *input, size_t len)
{
	struct wire_op op = {.kind = kind, .share_calls = share, .flags = WIRE_OP_WAITS};

	ask_op(call, &op, target, input, len);
}

void
ask(struct call *call, const char *target)
{
	ask_with(call, WIRE_OP_CALL, target, 0, "{}", 2);
}

void
reply(struct call *call, int status, const char *text)
{
	_cleanup_(payload_unref) struct payload *p = payload_text(text);

	call->state = CALL_DONE;
	call->cell = NULL;
	w.events.reply(call, status, p, 1, NULL, w.events.arg);
}

struct call *
newest(void)
{
	return w.submitted[w.n_submitted - 1];
}

int
last_status(void)
{
	return w.outcomes[w.n_outcomes - 1].status;
}

const char *
sentence(struct call *call, uint32_t ordinal)
{
	return (const char *)call->ops[ordinal]->value->data;
}

int
teardown(void **state)
{
	(void)state;
	if (!w.ended) {
		dispatch_cancel(w.d, &w.run->root, HOSPES_ECANCELLED, "the test is over");
		while (w.n_submitted-- > 0) {
			if (call_by_handle(&w.calls, w.n_submitted + 1) != NULL)
				reply(call_by_handle(&w.calls, w.n_submitted + 1), HOSPES_ECANCELLED, "over");
		}
	}
	assert_int_equal(w.calls.count, 0);
	dispatch_forget(w.run);
	op_clear(&w.run->root);
	payload_unref(&w.run->findings);
	payload_unref(&w.run->partial);
	carried_free(&w.run->carried);
	free(w.run);
	dispatch_close(&w.d);
	policy_unref(&w.policy);
	map_free(&w.calls.by_handle);
	for (unsigned i = 0; i < w.n_versions; i++)
		json_decref(w.versions[i].config);
	for (unsigned i = 0; i < w.n_records; i++)
		free(w.records[i]);
	free(w.kept);
	event_base_free(w.loop);
	return 0;
}

void
assert_says(const struct call *call, uint32_t ordinal, const char *part)
{
	const char *text = (const char *)call->ops[ordinal]->value->data;

	if (strstr(text, part) == NULL)
		fail_msg("no \"%s\" in: %s", part, text);
}

unsigned
records_of(uint16_t kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w.n_records; i++)
		n += w.kinds[i] == kind;
	return n;
}

struct record
decoded(const void *bytes)
{
	struct record r;

	assert_true(record_decode(bytes, ((const struct record_head *)bytes)->length, &r, NULL) > 0);
	return r;
}

struct record
record_newest(uint16_t kind)
{
	for (unsigned i = w.n_records; i-- > 0;) {
		if (w.kinds[i] == kind)
			return decoded(w.records[i]);
	}
	fail_msg("there is no record of kind %u", kind);
	return (struct record){0};
}
