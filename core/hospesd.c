/*
 * hospesd: wires the rooms together and turns the loop.
 *
 * Rooms know nothing of those above them; what has to reach upward goes through the callbacks that are set here.  They
 * are opened from the lowest floor up and closed from the highest down.
 */

#include "config.h"

#include <assert.h>
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <curl/curl.h>
#include <event2/event.h>
#include <sodium.h>

#include "api/api.h"
#include "backup/backup.h"
#include "base/fd.h"
#include "base/install.h"
#include "base/json.h"
#include "base/log.h"
#include "call/call.h"
#include "cell/cell.h"
#include "dispatch/dispatch.h"
#include "journal/journal.h"
#include "memory/memory.h"
#include "notify.h"
#include "observe/observe.h"
#include "offline.h"
#include "options.h"
#include "policy/policy.h"
#include "registry/registry.h"
#include "run/run.h"
#include "state_dir.h"
#include "store/store.h"
#include "tool/http.h"

#define LAST_QUESTIONS_NS (100 * NS_PER_MS)

/* Of --doctor: a required layer does not hold, and the configuration says that this will do. */
#define STATUS_DEGRADED 3

struct host {
	struct options options;
	struct notify notify;
	struct policy *policy;
	struct state_dir dir;
	int spawner_fd;
	struct event_base *loop;
	struct journal *journal;
	struct store *store;
	struct memory *memory;
	struct backups *backups;
	struct http *http;
	struct calls calls;
	struct dispatch *dispatch;
	struct cells *cells;
	struct registry *registry;
	struct runs *runs;
	struct api *api;
	struct observe *observe;
	struct event *on_term, *on_int, *on_hup, *on_tick;
	bool ready, stopping, failed;
	bool drains; /* runs were open when it was told to stop */
};

/* ---- What leads upward ------------------------------------------------------------------------------------------- */

/* Nobody knows what the disk holds after a failed write: nothing more is acknowledged, nothing is closed in order. */
static void
storage_failed(const struct fault *fault, void *arg)
{
	(void)arg;
	log_error("the host stops: its journal or store failed", LOG_S("code", status_name(fault->status)),
	    LOG_S("reason", fault->text));
	_exit(1);
}

/* A host without cells serves nobody: whoever started it starts it again. */
static void
guests_failed(const struct fault *fault, void *arg)
{
	struct host *h = arg;

	log_error("the host stops", LOG_S("code", status_name(fault->status)), LOG_S("reason", fault->text));
	h->failed = true;
	event_base_loopbreak(h->loop);
}

static void
inspect(int file_fd, registry_inspected *done, void *done_arg, void *arg)
{
	struct host *h = arg;

	cells_inspect(h->cells, file_fd, done, done_arg);
}

static void
probe(const struct version *v, registry_probed *done, void *done_arg, void *arg)
{
	struct host *h = arg;
	struct cell_spec spec = dispatch_cell_spec(v);

	cells_probe(h->cells, &spec, done, done_arg);
}

static void
retired(const struct version *v, bool keep_warm, void *arg)
{
	struct host *h = arg;

	cells_retire(h->cells, v->object, keep_warm ? 1 : 0);
}

static void
ended(struct run *run, void *arg)
{
	struct host *h = arg;

	runs_ended(run, h->runs);
}

static void
idle(struct run *run, void *arg)
{
	struct host *h = arg;

	runs_idle(run, h->runs);
}

static void
progress(struct run *run, const json_t *event, void *arg)
{
	(void)arg;
	run_progress(run, event);
}

static void
parted(struct run *run, void *arg)
{
	struct host *h = arg;

	runs_parted(run, h->runs);
}

static void
repeated(struct run *run, void *arg)
{
	struct host *h = arg;

	runs_repeated(run, h->runs);
}

static void
grown(void *arg)
{
	struct host *h = arg;

	runs_grown(h->runs);
}

static void
alerted(uint64_t lsn, void *arg)
{
	struct host *h = arg;

	if (h->observe != NULL) /* else it looks for what there is when it is opened */
		observe_alerted(h->observe, lsn);
}

static void
drop_version(struct version *v)
{
	version_unref(&v);
}

/* ---- Opening and closing ----------------------------------------------------------------------------------------- */

static int
open_storage(struct host *h, struct fault *fault)
{
	static const struct store_apply *const tables[] = {
	    registry_apply, run_apply, memory_apply, dispatch_apply, ledger_apply, breakers_apply, NULL};
	struct journal_options journal = {.dir = h->dir.journal, .loop = h->loop, .failed = storage_failed, .arg = h};
	struct store_options store = {
	    .dir = h->dir.store, .loop = h->loop, .tables = tables, .failed = storage_failed, .arg = h};
	struct memory_options memory = {.dir = h->dir.memory,
	    .loop = h->loop,
	    .value_max = h->policy->memory_value_max,
	    .document_max = h->policy->memory_document_max,
	    .failed = storage_failed,
	    .arg = h};
	struct backups_options backups = {.loop = h->loop, .state_dir = h->policy->state_dir};
	int rc = journal_open(&h->journal, &journal, fault);

	if (rc != 0)
		return rc;
	store.journal = h->journal;
	rc = store_open(&h->store, &store, fault);
	if (rc != 0)
		return rc;
	memory.store = h->store;
	memory.journal = h->journal;
	rc = memory_open(&h->memory, &memory, fault);
	if (rc != 0)
		return rc;
	backups.journal = h->journal;
	backups.store = h->store;
	backups.memory = h->memory;
	return backups_open(&h->backups, &backups, fault);
}

static int
open_guests(struct host *h, struct fault *fault)
{
	struct http_options http = {.loop = h->loop,
	    .max_bytes = h->policy->http_max_bytes,
	    .redirects = h->policy->http_redirects,
	    .at_once = h->policy->http_at_once};
	struct dispatch_options dispatch = {.loop = h->loop,
	    .store = h->store,
	    .journal = h->journal,
	    .calls = &h->calls,
	    .failed = guests_failed,
	    .run_ended = ended,
	    .progress = progress,
	    .parted = parted,
	    .repeated = repeated,
	    .grown = grown,
	    .alerted = alerted,
	    .arg = h,
	    .policy = h->policy};
	struct cells_options cells = {
	    .loop = h->loop, .calls = &h->calls, .policy = h->policy, .spawner_fd = h->spawner_fd};
	struct registry_options registry = {.loop = h->loop,
	    .store = h->store,
	    .policy = h->policy,
	    .objects_dir = h->dir.objects,
	    .inspect = inspect,
	    .probe = probe,
	    .retired = retired,
	    .arg = h};
	int rc = http_open(&h->http, &http, fault);

	if (rc != 0)
		return rc;
	dispatch.http = h->http;
	dispatch.memory = h->memory;
	dispatch_open(&h->dispatch, &dispatch);
	dispatch_alerts_leave(h->dispatch, h->policy->alerts_webhook != NULL);
	rc = dispatch_open_ledger(h->dispatch, fault);
	if (rc != 0)
		return rc;
	cells.events = dispatch_cells_events(h->dispatch);
	rc = cells_open(&h->cells, &cells, fault);
	h->spawner_fd = -1; /* theirs now */
	if (rc != 0)
		return rc;
	rc = registry_open(&h->registry, &registry, fault);
	if (rc == 0)
		dispatch_connect(h->dispatch, h->cells, h->registry);
	return rc;
}

static int
open_doors(struct host *h, struct fault *fault)
{
	struct runs_options runs = {.store = h->store,
	    .journal = h->journal,
	    .registry = h->registry,
	    .dispatch = h->dispatch,
	    .policy = h->policy,
	    .loop = h->loop,
	    .scripted = h->options.scripted};
	struct api_options api = {.loop = h->loop,
	    .policy = h->policy,
	    .journal = h->journal,
	    .registry = h->registry,
	    .cells = h->cells,
	    .memory = h->memory,
	    .backups = h->backups};
	struct observe_options observe = {
	    .loop = h->loop, .store = h->store, .journal = h->journal, .policy = h->policy};
	int rc = runs_open(&h->runs, &runs, fault);

	if (rc == 0)
		rc = observe_open(&h->observe, &observe, fault);
	if (rc != 0)
		return rc;
	api.runs = h->runs;
	api.dispatch = h->dispatch;
	return api_open(&h->api, &api, fault);
}

static int
host_open(struct host *h, struct fault *fault)
{
	int rc;

	state_dir_user(h->policy, &h->dir);
	rc = state_dir_open(h->policy, &h->dir, fault);
	if (rc == 0)
		rc = state_dir_drop_privileges(&h->dir, fault);
	if (rc == 0)
		rc = state_format_check(h->policy->state_dir, fault);
	if (rc != 0)
		return rc;
	h->loop = event_base_new();
	calls_init(&h->calls);
	h->calls.drop = drop_version;
	h->calls.idle = idle;
	h->calls.idle_arg = h;
	rc = open_storage(h, fault);
	if (rc == 0)
		rc = open_guests(h, fault);
	if (rc == 0)
		rc = open_doors(h, fault);
	return rc;
}

static void
host_close(struct host *h)
{
	api_close(&h->api);
	cells_close(&h->cells);
	runs_close(&h->runs);
	registry_close(&h->registry);
	dispatch_close(&h->dispatch);
	http_close(&h->http);
	backups_close(&h->backups);
	memory_close(&h->memory);
	store_close(&h->store);
	observe_close(&h->observe);
	journal_close(&h->journal);
	if (h->on_term != NULL)
		event_free(h->on_term);
	if (h->on_int != NULL)
		event_free(h->on_int);
	if (h->on_hup != NULL)
		event_free(h->on_hup);
	if (h->on_tick != NULL)
		event_free(h->on_tick);
	notify_close(&h->notify);
	if (h->loop != NULL)
		event_base_free(h->loop);
	state_dir_close(&h->dir);
	policy_unref(&h->policy);
	map_free(&h->calls.by_handle);
}

/* ---- Serving ----------------------------------------------------------------------------------------------------- */

static void
finished(void *arg)
{
	struct host *h = arg;

	event_base_loopexit(h->loop, NULL);
}

/* What will end soon has ended; those who wait for the last ones are yet to be told, and one who has only now learnt that its
 * run began asks next how it ended. */
static void
drained(void *arg)
{
	struct host *h = arg;

	if (runs_open_count(h->runs) > 0)
		log_info("runs stay open and go on when the host is started again", LOG_U("runs", runs_open_count(h->runs)));
	api_finish(h->api, h->drains ? LAST_QUESTIONS_NS : 0, finished, h);
}

/* The first signal gives open runs some time to end, the second none; those that do not end go on at the next start. */
static void
on_signal(evutil_socket_t sig, short what, void *arg)
{
	_cleanup_(free_p) char *status = NULL;
	struct host *h = arg;

	(void)what;
	if (h->stopping) {
		log_info("stopping at once; runs that are open go on when the host is started again",
		    LOG_U("runs", runs_open_count(h->runs)));
		event_base_loopbreak(h->loop);
		return;
	}
	h->stopping = true;
	h->drains = runs_open_count(h->runs) > 0;
	status = xasprintf("Stopping; %u runs are open and have some time to end", runs_open_count(h->runs));
	notify_stopping(&h->notify, status);
	log_info("stopping; open runs have some time to end", LOG_S("signal", strsignal((int)sig)),
	    LOG_U("runs", runs_open_count(h->runs)));
	runs_drain(h->runs, drained, h);
}

static void
tell_change(const struct policy_change *change, void *arg)
{
	_cleanup_(free_p) char *text = NULL;

	(void)arg;
	if (change->reloadable) {
		log_info("changed", LOG_S("key", change->key), LOG_S("from", change->from), LOG_S("to", change->to));
		return;
	}
	text = xasprintf(
	    "%s is %s in the file and stays %s until the host starts again", change->key, change->to, change->from);
	log_warn(text, LOG_S("key", change->key));
}

/* What is marked reloadable in the file holds for runs that start from now on; those in flight end on what they have. */
static void
reload(struct host *h)
{
	struct policy *policy;
	struct fault fault;

	int rc = policy_reload(h->policy, &policy, &fault);

	if (rc == 0 && observe_set_policy(h->observe, policy, &fault) != 0) {
		policy_unref(&policy);
		rc = fault.status;
	}
	if (rc != 0) {
		log_error("the configuration stays as it was", LOG_S("code", status_name(fault.status)),
		    LOG_S("reason", fault.text));
		return;
	}
	dispatch_alerts_leave(h->dispatch, policy->alerts_webhook != NULL);
	if (policy_diff(h->policy, policy, tell_change, NULL) == 0)
		log_info("nothing changed");
	runs_set_policy(h->runs, policy);
	dispatch_set_policy(h->dispatch, policy);
	registry_set_policy(h->registry, policy);
	api_set_policy(h->api, policy);
	policy_unref(&h->policy);
	h->policy = policy;
	log_info("the configuration was read again", LOG_S("file", policy->file));
}

static void
tell_ready(struct host *h)
{
	_cleanup_(free_p) char *status = xasprintf("Serving on %s", h->policy->socket_path);

	notify_ready(&h->notify, status);
}

static void
on_hangup(evutil_socket_t sig, short what, void *arg)
{
	struct host *h = arg;
	bool tell = h->ready && !h->stopping; /* a manager wants to hear of it in between alone */

	(void)sig, (void)what;
	if (tell)
		notify_reloading(&h->notify, "Reading the configuration again");
	reload(h);
	if (tell)
		tell_ready(h);
}

/* Ready when the first look at the plugin folders is over: a client that starts then finds what is there. */
static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct timeval soon = {.tv_usec = 5000};
	struct host *h = arg;

	(void)fd, (void)what;
	if (registry_settling(h->registry)) {
		evtimer_add(h->on_tick, &soon);
		return;
	}
	if (h->policy->dev)
		log_info("drop plugins here; what they declare is granted, save private addresses",
		    LOG_S("folder", h->policy->plugin_dirs[0]));
	log_info("ready", LOG_S("socket", h->policy->socket_path), LOG_S("state", h->policy->state_dir));
	h->ready = true;
	if (!h->stopping)
		tell_ready(h);
	if (h->options.ready_fd >= 0) {
		fd_write_all(h->options.ready_fd, "\n", 1);
		close(h->options.ready_fd);
	}
}

static void
host_serve(struct host *h)
{
	h->on_term = evsignal_new(h->loop, SIGTERM, on_signal, h);
	h->on_int = evsignal_new(h->loop, SIGINT, on_signal, h);
	h->on_hup = evsignal_new(h->loop, SIGHUP, on_hangup, h);
	h->on_tick = evtimer_new(h->loop, on_tick, h);
	evsignal_add(h->on_term, NULL);
	evsignal_add(h->on_int, NULL);
	evsignal_add(h->on_hup, NULL);
	notify_watch(&h->notify, h->loop);
	on_tick(-1, 0, h);
	cells_serve(h->cells);
	log_info("stopped", LOG_U("runs_open", runs_open_count(h->runs)));
}

/* ---- Starting --------------------------------------------------------------------------------------------------- */

/* Prints what the probes found; the exit status is for scripts. */
static int
doctor(struct host *h)
{
	struct fault fault;
	struct cells_options options = {
	    .policy = h->policy, .calls = &h->calls, .spawner_fd = h->spawner_fd, .unproved = true};
	_cleanup_(json_p) json_t *report = NULL;
	int status = 0;

	h->loop = options.loop = event_base_new();
	if (cells_open(&h->cells, &options, &fault) != 0) {
		fprintf(stderr, "error: %s: %s\n", status_name(fault.status), fault.text);
		return 1;
	}
	report = cells_prove(h->cells);
	if (!json_is_true(json_object_get(report, "ok")))
		status = h->policy->sandbox_degraded ? STATUS_DEGRADED : 1;
	json_object_set_new(report, "degraded", json_boolean(status == STATUS_DEGRADED));
	json_dumpf(report, stdout, JSON_INDENT(2));
	putchar('\n');
	host_close(h);
	return status;
}

static int
fail(struct host *h, const struct fault *fault)
{
	const char *hint = status_hint(fault->status);

	fprintf(stderr, "error: %s: %s\n", status_name(fault->status), fault->text);
	if (*hint != '\0')
		fprintf(stderr, "hint: %s\n", hint);
	host_close(h);
	return 1;
}

/* Each connection and each cell needs descriptors. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int
main(int argc, char **argv)
{
	struct host host = {.spawner_fd = -1, .dir.lock_fd = -1, .notify.fd = -1};
	_cleanup_(free_p) char *installed = NULL;
	struct fault fault;
	bool cut_off;
	int status = options_read(argc, argv, &host.options);

	if (status >= 0)
		return status;
	setlocale(LC_ALL, "C");
	signal(SIGPIPE, SIG_IGN);
	raise_descriptors();
	notify_open(&host.notify);
	if (sodium_init() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return 1;
	if (policy_load(options_config(&host.options, &installed), host.options.dev, &host.policy, &fault) != 0)
		return fail(&host, &fault);
	options_apply(&host.options, host.policy);
	if (host.options.backup != NULL || host.options.restore != NULL)
		return offline_run(&host.options, host.policy);
	/* Before the first thread and before LMDB: the spawner keeps what the core gives up. */
	if (spawner_start(install_dir(INSTALL_LIBEXEC), &host.spawner_fd, &fault) != 0)
		return fail(&host, &fault);
	if (host.options.doctor)
		return doctor(&host);
	if (host_open(&host, &fault) != 0)
		return fail(&host, &fault);
	host_serve(&host);
	status = host.failed ? 1 : 0;
	cut_off = runs_open_count(host.runs) > 0;
	host_close(&host);
	curl_global_cleanup();
	/* What runs that were cut off still hold is not taken apart for a process that ends. */
	if (cut_off)
		_exit(status);
	return status;
}
