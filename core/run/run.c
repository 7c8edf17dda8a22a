/* The life of a run: asked for, admitted, handed to dispatch, ended, kept for a while. */

#include "run/run.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "run/care.h"
#include "run/state.h"

int
runs_open(struct runs **ret, const struct runs_options *options, struct fault *fault)
{
	struct runs *r = xcalloc(1, sizeof(*r));

	int rc;

	r->store = options->store;
	r->journal = options->journal;
	r->registry = options->registry;
	r->dispatch = options->dispatch;
	r->policy = policy_ref(options->policy);
	r->loop = options->loop;
	r->scripted = options->scripted;
	TAILQ_INIT(&r->open);
	TAILQ_INIT(&r->ended);
	TAILQ_INIT(&r->to_resume);
	TAILQ_INIT(&r->building);
	*ret = r;
	rc = open_runs(r, fault);
	if (rc != 0)
		return rc;
	resume_begin(r);
	care_open(r);
	STAILQ_INIT(&r->scoring);
	erase_open(r);
	return 0;
}

/* ---- Making and freeing ------------------------------------------------------------------------------------------ */

static void
drop_sources(char **sources)
{
	for (char **name = sources; name != NULL && *name != NULL; name++)
		free(*name);
	free(sources);
}

static void
run_free(struct run_slot *slot)
{
	struct run *run = &slot->run;

	assert(run->calls_open == 0 && TAILQ_EMPTY(&slot->watchers));
	map_del(&slot->runs->by_id, run->id_text);
	dispatch_forget(run);
	key_leave(slot);
	carried_free(&run->carried);
	op_clear(&run->root);
	payload_unref(&run->result);
	payload_unref(&run->partial);
	payload_unref(&run->findings);
	payload_unref(&run->given);
	free(slot->cancelled_by);
	json_decref(run->set);
	json_decref(run->script);
	drop_sources(run->sources);
	policy_unref(&run->policy);
	free(run->client);
	free(run->target);
	free(slot);
}

void
runs_close(struct runs **r)
{
	struct run_slot *slot;

	if (*r == NULL)
		return;
	if ((*r)->n_open > 0)
		open_checkpoint(*r); /* the next start looks no further back */
	care_close(*r);
	erase_close(*r);
	score_close(*r);
	resume_close(*r);
	drain_close(*r);
	while ((slot = TAILQ_FIRST(&(*r)->ended)) != NULL) {
		TAILQ_REMOVE(&(*r)->ended, slot, entry);
		journal_forget((*r)->journal, slot);
		watch_end(slot);
		run_free(slot);
	}
	map_free(&(*r)->by_id);
	map_free(&(*r)->keys);
	policy_unref(&(*r)->policy);
	free(*r);
	*r = NULL;
}

/* ---- Asking ------------------------------------------------------------------------------------------------------ */

/* One place more comes free each time that a run ends: as fast as they did of late, or slower when none has for longer. */
unsigned
runs_retry_after(const struct runs *r)
{
	int64_t since = r->ended_ns == 0 ? 0 : clock_mono_ns() - r->ended_ns;
	int64_t s = ((since > r->end_each_ns ? since : r->end_each_ns) + NS_PER_S - 1) / NS_PER_S;

	return s < 1 ? 1 : s > RETRY_MOST_S ? RETRY_MOST_S : (unsigned)s;
}

static void
note_end(struct runs *r)
{
	int64_t now = clock_mono_ns();

	if (r->ended_ns != 0)
		r->end_each_ns = (3 * r->end_each_ns + (now - r->ended_ns)) / 4;
	r->ended_ns = now;
}

/* Those past `run.at_once` wait in dispatch for their turn (guard_admission.c). */
static int
look_for_room(const struct runs *r, size_t input_len, struct fault *fault)
{
	unsigned at_once = r->policy->runs_at_once, waiting = r->policy->runs_waiting;

	if (journal_end(r->journal) - journal_durable(r->journal) > RUNS_UNWRITTEN)
		return fault_set(fault, HOSPES_EBUSY,
		    "the disk is behind: more than %zu MiB of records are not written yet; try again in %u s",
		    (size_t)(RUNS_UNWRITTEN / MIB), runs_retry_after(r));
	if (r->n_open < at_once)
		return 0;
	if (r->n_open - at_once >= waiting)
		return fault_set(fault, HOSPES_EBUSY,
		    "%u runs are open, as many as `run.at_once` (%u) and `run.waiting` (%u) allow; try again in %u s",
		    r->n_open, at_once, waiting, runs_retry_after(r));
	if (r->input_bytes + input_len > RUNS_INPUT_BYTES)
		return fault_set(fault, HOSPES_EBUSY,
		    "%u runs are open, as many as `run.at_once` allows, and what they were given has %zu MiB: no more "
		    "can "
		    "wait; try again in %u s",
		    r->n_open, r->input_bytes / MIB, runs_retry_after(r));
	return 0;
}

static int
admit(struct runs *r, const struct run_request *q, size_t input_len, struct fault *fault)
{
	if (r->draining)
		return fault_set(fault, HOSPES_EBUSY, "the host is stopping and takes no new runs");
	if (look_for_room(r, input_len, fault) != 0)
		return fault->status;
	if (registry_active(r->registry, q->plugin) == NULL && q->version == NULL)
		return fault_set(
		    fault, HOSPES_ENOAGENT, "there is no plugin %s; `hospes agents` lists those there are", q->plugin);
	if (q->version != NULL && registry_version(r->registry, q->plugin, q->version) == NULL)
		return fault_set(fault, HOSPES_ENOVERSION,
		    "there is no version %s of %s; `hospes versions %s` lists those there are", q->version, q->plugin,
		    q->plugin);
	return 0;
}

static int64_t
smaller(int64_t asked, int64_t limit)
{
	return asked > 0 && asked < limit ? asked : limit;
}

static int64_t
limit_of(int64_t setting)
{
	return setting == 0 ? NO_LIMIT : setting;
}

/* NULL-terminated; NULL where there are none. */
char **
run_take_sources(const json_t *names)
{
	size_t n = json_array_size(names);
	char **sources = n == 0 ? NULL : xcalloc(n + 1, sizeof(*sources));

	for (size_t i = 0; i < n; i++)
		sources[i] = xstrdup(json_string_value(json_array_get(names, i)));
	return sources;
}

static json_t *
sources_json(const struct run *run)
{
	json_t *names = json_array();

	for (char **name = run->sources; *name != NULL; name++)
		json_array_append_new(names, json_string(*name));
	return names;
}

/* A run that is open, of which nothing is known yet. */
struct run_slot *
slot_new(struct runs *r, const struct ulid *id)
{
	struct run_slot *slot = xcalloc(1, sizeof(*slot));
	struct run *run = &slot->run;

	slot->runs = r;
	TAILQ_INIT(&slot->watchers);
	run->id = *id;
	ulid_format(&run->id, run->id_text);
	run->policy = policy_ref(r->policy);
	run->root = (struct op){.run = run, .kind = WIRE_OP_CALL};
	map_put(&r->by_id, run->id_text, slot);
	TAILQ_INSERT_TAIL(&r->open, slot, entry);
	r->n_open++;
	return slot;
}

static struct run_slot *
slot_asked(struct runs *r, const struct run_request *q, struct payload *input, const char *client)
{
	struct ulid id = ulid_new();
	struct run_slot *slot = slot_new(r, &id);
	const struct policy_client *of = policy_client(r->policy, client);
	struct run *run = &slot->run;

	run->trace = trace_id_new();
	run->client = xstrdup(client);
	run->target = xstrdup(q->plugin);
	run->set = json_incref(q->config);
	run->sources = run_take_sources(q->sources);
	run->script = q->script == NULL ? NULL : json_deep_copy(q->script);
	if (json_object_get(q->script, "findings") != NULL)
		run->given = json_payload(json_object_get(q->script, "findings"));
	run->started_real_ns = clock_real_ns();
	run->deadline_real_ns = run->started_real_ns + smaller(q->wall_ms * NS_PER_MS, r->policy->run_wall_ns);
	account_init(&run->account, "run", NULL);
	run->client_account = dispatch_client_account(r->dispatch, client);
	run->account.limit[QUANTITY_CALLS] = smaller(q->calls, of->calls > 0 ? of->calls : r->policy->run_calls);
	run->account.limit[QUANTITY_MONEY] =
	    smaller(q->money_micros, limit_of(of->money > 0 ? of->money : r->policy->run_money));
	run->account.limit[QUANTITY_CPU] = smaller(q->cpu_ms * NS_PER_MS, limit_of(r->policy->run_cpu_ns));
	run->account.ends_real_ns = run->deadline_real_ns;
	op_set_target(&run->root, q->plugin);
	run->root.version = q->version == NULL ? NULL : xstrdup(q->version);
	run->root.input = payload_ref(input);
	run->root.deadline_real_ns = run->deadline_real_ns;
	return slot;
}

static void
record_start(struct runs *r, struct run_slot *slot)
{
	struct run *run = &slot->run;
	_cleanup_(free_p) char *set = run->set == NULL ? NULL : json_text(run->set);
	_cleanup_(json_p) json_t *names = run->sources == NULL ? NULL : sources_json(run);
	_cleanup_(free_p) char *sources = names == NULL ? NULL : json_text(names);
	struct record rec;

	record_init(&rec, RECORD_RUN_START);
	record_add_text(&rec, TAG_TARGET, run->target);
	record_add_text(&rec, TAG_VERSION, run->root.version);
	record_add_text(&rec, TAG_CLIENT, run->client);
	record_add_text(&rec, TAG_CONFIG, set);
	record_add_text(&rec, TAG_SOURCES, sources);
	record_add(&rec, TAG_LIMIT_CALLS, &run->account.limit[QUANTITY_CALLS], sizeof(int64_t));
	if (run->account.limit[QUANTITY_MONEY] != NO_LIMIT)
		record_add(&rec, TAG_LIMIT_MICROS, &run->account.limit[QUANTITY_MONEY], sizeof(int64_t));
	if (run->account.limit[QUANTITY_CPU] != NO_LIMIT)
		record_add(&rec, TAG_CPU, &run->account.limit[QUANTITY_CPU], sizeof(int64_t));
	record_add(&rec, TAG_DEADLINE, &run->deadline_real_ns, sizeof(run->deadline_real_ns));
	if (slot->key != NULL) {
		record_add_text(&rec, TAG_KEY, key_text(slot->key));
		record_add(&rec, TAG_REQUEST, slot->key->request, sizeof(slot->key->request));
	}
	carried_add(&run->carried, &rec, TAG_INPUT, run->root.input);
	dispatch_record(r->dispatch, run, &rec);
}

/* Was it answered before?  Then that is all, whatever the host would say to it now. */
static int
look_at_key(const struct run_key *key, const uint8_t hash[16], struct fault *fault)
{
	char id_text[ULID_TEXT];

	if (memcmp(key->request, hash, sizeof(key->request)) == 0)
		return 0;
	ulid_format(&key->run, id_text);
	return fault_set(fault, HOSPES_ECONFLICT,
	    "the key %s came with another request before, which started run %s; take another key for another request",
	    key_text(key), id_text);
}

int
run_start(struct runs *r, const json_t *request, struct payload *given, const char *client, struct run_key *key,
    struct run **ret, struct fault *fault)
{
	_cleanup_(payload_unref) struct payload *input = NULL;
	struct run_request q;
	struct run_slot *slot;
	uint8_t hash[16];

	if (run_request_read(&q, request, r->scripted, fault) != 0)
		return fault->status;
	input = given != NULL ? payload_ref(given) : q.input != NULL ? json_payload(q.input) : payload_text("null");
	if (key != NULL)
		key_request_hash(request, input, hash);
	if (key != NULL && key->known) {
		*ret = NULL;
		return look_at_key(key, hash, fault);
	}
	if (admit(r, &q, input->len, fault) != 0)
		return fault->status;
	slot = slot_asked(r, &q, input, client);
	if (slot->run.root.input->len > r->policy->input_max)
		fault_set(fault, HOSPES_ETOOLARGE, "the input has %zu bytes and a run's may have %zu (`run.input`)",
		    slot->run.root.input->len, r->policy->input_max);
	else if (dispatch_check_set(r->dispatch, &slot->run, fault) == 0)
		fault->status = 0;
	if (fault->status != 0) {
		TAILQ_REMOVE(&r->open, slot, entry);
		r->n_open--;
		run_free(slot);
		return fault->status;
	}
	if (key != NULL)
		key_starts(key, slot, hash);
	slot->input_len = input->len;
	r->input_bytes += slot->input_len;
	record_start(r, slot);
	*ret = &slot->run;
	dispatch_root(r->dispatch, &slot->run);
	return 0;
}

/* ---- Ending ------------------------------------------------------------------------------------------------------ */

static size_t
held_by(const struct run *run)
{
	return run->result->len + (run->partial == NULL ? 0 : run->partial->len) +
	       (run->findings == NULL ? 0 : run->findings->len) +
	       (run->root.parts == NULL ? 0
					: run->root.parts->bytes + run->root.parts->n * (sizeof(struct payload) + 16));
}

bool
run_forget(struct runs *r, struct run *run)
{
	struct run_slot *slot = slot_of(run);

	if (run->state != RUN_ENDED || !TAILQ_EMPTY(&slot->watchers))
		return false;
	TAILQ_REMOVE(&r->ended, slot, entry);
	r->n_ended--;
	r->ended_bytes -= held_by(run);
	run_free(slot);
	return true;
}

/* The journal has them all; these are only quicker to tell. */
static void
forget_oldest(struct runs *r)
{
	struct run_slot *slot = TAILQ_FIRST(&r->ended);

	while ((r->n_ended > RUNS_KEPT || r->ended_bytes > RUNS_KEPT_BYTES) && slot != NULL) {
		struct run_slot *next = TAILQ_NEXT(slot, entry);

		(void)run_forget(r, &slot->run);
		slot = next;
	}
}

static void
end_durable(void *arg)
{
	struct run_slot *slot = arg;
	struct runs *r = slot->runs;

	slot->run.state = RUN_ENDED;
	payload_unref(&slot->run.root.input);
	carried_free(&slot->run.carried);
	r->input_bytes -= slot->input_len;
	note_end(r);
	watch_end(slot);
	TAILQ_REMOVE(&r->open, slot, entry);
	TAILQ_INSERT_TAIL(&r->ended, slot, entry);
	r->n_open--;
	r->n_ended++;
	r->ended_bytes += held_by(&slot->run);
	forget_oldest(r);
	drain_look(r);
}

static void
run_end(struct runs *r, struct run *run)
{
	int64_t billed = run->maybe_billed;
	struct record rec;

	run->ended_real_ns = clock_real_ns();
	run->status = run->root.status;
	run->result = payload_ref(run->root.value);
	run->confidence = run->root.confidence;
	record_init(&rec, RECORD_RUN_END);
	rec.head.status = run->status;
	record_add_text(&rec, TAG_TARGET, run->target);
	if (run->status == 0)
		carried_add(&run->carried, &rec, TAG_OUTPUT, run->result);
	else
		record_add(&rec, TAG_MESSAGE, run->result->data, run->result->len);
	if (run->partial != NULL)
		record_add(&rec, TAG_PARTIAL, run->partial->data, run->partial->len);
	record_add(&rec, TAG_CONFIDENCE, &run->confidence, sizeof(run->confidence));
	record_add(&rec, TAG_NUMBER, &run->account.spent[QUANTITY_CALLS], sizeof(int64_t));
	if (run->account.spent[QUANTITY_MONEY] > 0)
		record_add(&rec, TAG_MICROS, &run->account.spent[QUANTITY_MONEY], sizeof(int64_t));
	if (run->account.spent[QUANTITY_CPU] > 0)
		record_add(&rec, TAG_CPU, &run->account.spent[QUANTITY_CPU], sizeof(int64_t));
	if (run->maybe_billed > 0)
		record_add(&rec, TAG_BILLED, &billed, sizeof(billed));
	dispatch_record(r->dispatch, run, &rec);
	journal_await(r->journal, run->last_lsn, end_durable, slot_of(run));
}

/* A run ends when its root op has an outcome and the last call that it stopped has let go. */
void
runs_ended(struct run *run, void *runs)
{
	run_over(runs, run); /* at once, where it was refused before there was a call */
}

void
runs_idle(struct run *run, void *runs)
{
	run_over(runs, run);
}

void
run_over(struct runs *r, struct run *run)
{
	if (run->root.state == OP_DONE && run->calls_open == 0 && run->ended_real_ns == 0)
		run_end(r, run);
}

int
run_cancel(struct runs *r, struct run *run, const char *who, struct fault *fault)
{
	_cleanup_(free_p) char *why = xasprintf("%s cancelled the run", who);
	struct run_slot *slot = slot_of(run);

	if (run->root.state == OP_DONE)
		return fault_set(fault, HOSPES_ECONFLICT, "run %s has ended as %s already", run->id_text,
		    status_name(run->root.status));
	if (slot->step != RESUME_NONE && slot->step != RESUME_REPEATS)
		return resume_cancel(slot, why, fault);
	dispatch_cancel(r->dispatch, &run->root, HOSPES_ECANCELLED, why);
	return 0;
}

void
runs_set_policy(struct runs *r, struct policy *policy)
{
	policy_ref(policy);
	policy_unref(&r->policy);
	r->policy = policy;
}

/* ---- Looking ----------------------------------------------------------------------------------------------------- */

struct run *
run_find(struct runs *r, const char *id_text)
{
	struct run_slot *slot = map_get(&r->by_id, id_text);

	return slot == NULL ? NULL : &slot->run;
}

unsigned
runs_open_count(const struct runs *r)
{
	return r->n_open;
}

json_t *
runs_accounts(struct runs *r)
{
	return dispatch_accounts(r->dispatch);
}
