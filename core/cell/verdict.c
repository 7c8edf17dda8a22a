/*
 * What the probes found, judged: the report of `hospes doctor`.
 *
 * The table of tries is walked, not what was told.  A layer holds when each of its tries that this kernel can be asked for
 * was refused, when the probes have put it on, and when nothing that the kernel tells says otherwise.
 */

#include "cell/prove.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"

struct found {
	bool applies;
	bool refused;
	char text[256];
};

struct layer_row {
	const char *name;
	uint32_t bit;    /* 0: it is made of several */
	uint32_t either; /* of which one at least has to be there; 0: it takes none */
	bool required;
	const char *needs;
};

static const struct layer_row rows[] = {
    {"uid", LAYER_UID, 0, false, "root, or user namespaces (Linux 3.8) that are not switched off"},
    {"net_ns", LAYER_NET_NS, 0, false, "namespaces (Linux 3.8), as root or with uid"},
    {"pid_ns", LAYER_PID_NS, 0, false, "namespaces (Linux 3.8), as root or with uid"},
    {"mount_ns", LAYER_MOUNT_NS, 0, false, "namespaces and mount_setattr (Linux 5.12), as root or with uid"},
    {"ipc_ns", LAYER_IPC_NS, 0, false, "namespaces (Linux 3.8), as root or with uid"},
    {"cgroup", LAYER_CGROUP, 0, false, "the memory controller, passed down to the host"},
    {"rlimits", LAYER_RLIMITS, 0, true, "any Linux"},
    {"caps", LAYER_CAPS, 0, true, "any Linux"},
    {"no_new_privs", LAYER_NO_NEW_PRIVS, 0, true, "Linux 3.5"},
    {"landlock", LAYER_LANDLOCK, 0, false,
	"Landlock: Linux 5.13 for files, 6.7 (ABI 4) for TCP, 6.12 (ABI 6) for scopes"},
    {"seccomp", LAYER_SECCOMP, 0, true, "seccomp filters (Linux 3.5; from 5.9 on they are counted from outside)"},
    {"tsc", LAYER_TSC, 0, false, "x86-64"},
    {"readonly", LAYER_READONLY, 0, false, "any Linux"},
    {"network", 0, LAYER_NET_NS | LAYER_SECCOMP, true, "net_ns or seccomp"},
    {"memory", 0, LAYER_CGROUP | LAYER_RLIMITS, false, "rlimits or cgroup"},
    {"watchdog", 0, 0, false, "any Linux"},
    {"descriptors", 0, 0, false, "any Linux"},
    {"signals", 0, LAYER_PID_NS | LAYER_SECCOMP, false, "pid_ns, Landlock's scopes or seccomp"},
};

static void __attribute__((format(printf, 3, 4))) set(struct found *found, bool refused, const char *format, ...)
{
	va_list args;

	found->refused = refused;
	va_start(args, format);
	(void)vsnprintf(found->text, sizeof(found->text), format, args);
	va_end(args);
}

/* ---- How probes end ---------------------------------------------------------------------------------------------- */

static const char *
signal_name(int wait_status)
{
	const char *name = WIFSIGNALED(wait_status) ? sigabbrev_np(WTERMSIG(wait_status)) : NULL;

	return name == NULL ? "?" : name;
}

static bool
ended_by(const struct proof_run *run, int number)
{
	return run->ended && run->why.status == 0 && WIFSIGNALED(run->wait_status) &&
	       WTERMSIG(run->wait_status) == number;
}

/* The end of a probe that should have told something, in words. */
static void
not_told(const struct proof_run *run, struct found *found)
{
	if (run->why.status != 0)
		set(found, false, "the probe told nothing of it: %.180s", run->why.text);
	else if (!run->ended)
		set(found, false, "the probe told nothing of it");
	else if (WIFSIGNALED(run->wait_status))
		set(found, false, "the probe was ended by SIG%s before it told", signal_name(run->wait_status));
	else
		set(found, false, "the probe left with status %d and did not tell", WEXITSTATUS(run->wait_status));
}

static void
told(const struct proof_run *run, const char *name, struct found *found)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(run->told, "tries"), i, row)
	{
		const char *is = json_string_value(json_object_get(row, "name"));
		const json_t *text = json_object_get(row, "found");

		if (is == NULL || strcmp(is, name) != 0)
			continue;
		found->refused = json_is_true(json_object_get(row, "refused"));
		if (json_is_string(text))
			text_clean(found->text, sizeof(found->text), json_string_value(text), json_string_length(text));
		return;
	}
	not_told(run, found);
}

/* ---- Tries that the host judges ---------------------------------------------------------------------------------- */

static void
by_memory(const struct proof_run *run, const char *name, struct found *found)
{
	if (ended_by(run, SIGKILL) && run->said[0] != '\0')
		set(found, true, "SIGKILL after %s", run->said);
	else
		told(run, name, found);
}

static void
by_cgroup(const struct proof_run *run, struct found *found)
{
	if ((run->layers & LAYER_CGROUP) == 0 && run->why.status == 0)
		set(found, false, "there is no cgroup to limit it");
	else if (ended_by(run, SIGKILL) && run->said[0] != '\0')
		set(found, true, "SIGKILL after %s", run->said);
	else if (run->ready)
		set(found, false, "it got %s", run->said);
	else
		not_told(run, found);
}

static void
by_signal(const struct proof_run *run, int number, int or_this, struct found *found)
{
	if (ended_by(run, number) || (or_this != 0 && ended_by(run, or_this)))
		set(found, true, "SIG%s", signal_name(run->wait_status));
	else
		not_told(run, found);
}

/* By another way into the kernel: its filter ends it, or there is no such way. */
static void
by_abi(const struct proof_run *run, struct found *found)
{
	if (run->ended && run->why.status == 0 && WIFEXITED(run->wait_status) && WEXITSTATUS(run->wait_status) == 3)
		set(found, true, "ENOSYS");
	else if (run->ended && run->why.status == 0 && WIFEXITED(run->wait_status) &&
		 WEXITSTATUS(run->wait_status) == 4)
		set(found, false, "it worked");
	else
		by_signal(run, SIGSYS, SIGSEGV, found);
}

static void
by_core(const struct proving *proving, struct found *found)
{
	const struct proof_run *run = &proving->runs[PROOF_ABORT];

	told(&proving->runs[PROOF_LAYERS], "rlimits.core", found);
	if (!found->refused)
		return;
	by_signal(run, SIGABRT, 0, found);
	if (found->refused && WCOREDUMP(run->wait_status))
		set(found, false, "it left one");
	else if (found->refused)
		set(found, true, "SIGABRT and no file");
}

/* By the host itself, which ends it for `status`. */
static void
by_watchdog(const struct proof_run *run, bool was_ready, int status, struct found *found)
{
	if (run->ended && run->ready == was_ready && run->why.status == status)
		set(found, true, "ended by the host: %.180s", run->why.text);
	else
		not_told(run, found);
}

static void
find(const struct proving *proving, enum try_id id, struct found *found)
{
	const struct proof_run *runs = proving->runs;
	char name[96];

	(void)snprintf(name, sizeof(name), "%s.%s", tries[id].layer, tries[id].name);
	switch ((int)id) {
	case TRY_CGROUP_LIMIT:
		by_cgroup(&runs[PROOF_CGROUP], found);
		break;
	case TRY_RLIMIT_OF_CORE:
		by_core(proving, found);
		break;
	case TRY_RLIMIT_OF_CPU:
		by_signal(&runs[PROOF_CPU], SIGXCPU, 0, found);
		break;
	case TRY_S2_INT80:
		by_abi(&runs[PROOF_INT80], found);
		break;
	case TRY_S2_X32:
		by_abi(&runs[PROOF_X32], found);
		break;
	case TRY_MEMORY_PRIVATE:
	case TRY_MEMORY_BRK:
	case TRY_MEMORY_SHARED:
	case TRY_MEMORY_GROWS:
	case TRY_MEMORY_PROTECT:
		by_memory(&runs[PROOF_MEMORY], name, found);
		break;
	case TRY_WATCHDOG_SPIN:
		by_watchdog(&runs[PROOF_SPIN], true, HOSPES_ESTUCK, found);
		break;
	case TRY_WATCHDOG_SILENT:
		by_watchdog(&runs[PROOF_SILENT], true, HOSPES_ESTUCK, found);
		break;
	case TRY_WATCHDOG_UNREADY:
		by_watchdog(&runs[PROOF_UNREADY], false, HOSPES_ELOAD, found);
		break;
	default:
		told(&runs[PROOF_LAYERS], name, found);
	}
}

/* Can this machine be asked for it at all? */
static bool
applies(const struct proving *proving, enum try_id id, struct found *found)
{
	const struct try_row *row = &tries[id];

	found->applies = true;
#if !defined(__x86_64__)
	if (row->when & TRY_X86) {
		set(found, false, "only on x86-64");
		found->applies = false;
	}
#endif
	if (row->when & TRY_STRICT && proving->relaxed) {
		set(found, false, "not in a build with sanitizers");
		found->applies = false;
	}
	/* The lowest ABI is the layer itself: where there is none it does not hold. */
	if (row->abi > 1 && proving->landlock < (long)row->abi) {
		set(found, false, "this kernel's Landlock has ABI %ld, and this came with %u",
		    proving->landlock < 0 ? 0 : proving->landlock, row->abi);
		found->applies = false;
	}
	return found->applies;
}

/* ---- The report -------------------------------------------------------------------------------------------------- */

struct sum {
	unsigned tried, refused;
	struct buf not_refused;
};

static void
count(struct sum *sum, const struct try_row *row, const struct found *found)
{
	sum->tried++;
	sum->refused += found->refused;
	if (!found->refused)
		buf_printf(
		    &sum->not_refused, "%s%s (%s)", sum->not_refused.len == 0 ? "" : ", ", row->tried, found->text);
}

static json_t *
all_tries(const struct proving *proving, const char *layer, struct sum *sum)
{
	json_t *list = json_array();

	for (unsigned id = 0; id < TRIES_N; id++) {
		const struct try_row *row = &tries[id];
		struct found found = {.applies = false};

		if (strcmp(row->layer, layer) != 0)
			continue;
		if (applies(proving, (enum try_id)id, &found)) {
			find(proving, (enum try_id)id, &found);
			count(sum, row, &found);
		}
		json_array_append_new(
		    list, json_pack("{s:s s:s s:b s:b s:s}", "name", row->name, "tried", row->tried, "applies",
			      found.applies, "refused", found.refused, "found", found.text));
	}
	return list;
}

/* What else there is to say against a layer whose tries were all refused; NULL: nothing. */
static const char *
objection(const struct proving *proving, const struct layer_row *row, char *out, size_t size)
{
	const struct proof_run *run = &proving->runs[PROOF_LAYERS];

	if (row->bit == 0) {
		if (row->either != 0 && (run->layers & ~run->seen.against & row->either) == 0)
			(void)snprintf(out, size, "none of the layers that refuse it is there");
		else if (strcmp(row->name, "descriptors") == 0 && run->seen.descriptors[0] != '\0')
			(void)snprintf(out, size, "the kernel tells of more descriptors:%s", run->seen.descriptors);
		else
			return NULL;
		return out;
	}
	if (proving->cells->probe_fault.status != 0)
		(void)snprintf(
		    out, size, "the probe of the host's start failed: %.200s", proving->cells->probe_fault.text);
	else if ((proving->cells->layers & row->bit) == 0)
		(void)snprintf(out, size, "the probe of the host's start found that it does not hold");
	else if (row->bit != LAYER_READONLY && (run->layers & row->bit) == 0)
		(void)snprintf(out, size, "the probe could not put it on");
	else if (!run->seen.looked)
		(void)snprintf(out, size, "nobody saw the probe from outside");
	else if (run->seen.against & row->bit)
		(void)snprintf(out, size, "refused, says the probe, but the kernel tells of it: %s",
		    run->seen.found[__builtin_ctz(row->bit)]);
	else
		return NULL;
	return out;
}

static json_t *
judge(const struct proving *proving, const struct layer_row *row)
{
	struct sum sum = {.tried = 0};
	json_t *list = all_tries(proving, row->name, &sum), *json;
	char against[384];
	const char *but = objection(proving, row, against, sizeof(against));
	bool holds = sum.refused == sum.tried && sum.tried > 0 && but == NULL;
	_cleanup_(buf_free) struct buf found = {0};

	if (sum.refused < sum.tried)
		buf_printf(&found, "not refused: %s", buf_text(&sum.not_refused));
	else if (sum.tried > 0)
		buf_printf(&found, "all refused");
	else
		buf_printf(&found, "nothing of it can be tried here");
	if (but != NULL)
		buf_printf(&found, "; %s", but);
	buf_free(&sum.not_refused);
	json = json_pack("{s:s s:b s:b s:s s:o s:s s:o}", "name", row->name, "required", row->required, "holds", holds,
	    "needs", row->needs, "tried", json_sprintf("%u of %zu tries", sum.tried, json_array_size(list)), "found",
	    buf_text(&found), "tries", list);
	return json;
}

/* Whose uid cells have. */
static const char *
ids(const struct proving *proving)
{
	if (proving->cells->own_uids)
		return "their own";
	return (proving->runs[PROOF_LAYERS].layers & LAYER_UID) != 0 ? "the host's, in a user namespace" : "the host's";
}

json_t *
verdict(const struct proving *proving)
{
	struct utsname kernel = {.release = "unknown"};
	json_t *layers = json_array(), *missing = json_array();
	bool ok = true;

	(void)uname(&kernel);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *layer = judge(proving, &rows[i]);

		if (!json_is_true(json_object_get(layer, "holds"))) {
			json_array_append_new(missing, json_string(rows[i].name));
			ok = ok && !rows[i].required;
		}
		json_array_append_new(layers, layer);
	}
	return json_pack("{s:i s:b s:s s:s s:i s:s s:o s:o}", "format", 1, "ok", ok, "kernel", kernel.release,
	    "machine", kernel.machine, "landlock_abi", proving->landlock < 0 ? 0 : (int)proving->landlock, "uid",
	    ids(proving), "missing", missing, "layers", layers);
}
