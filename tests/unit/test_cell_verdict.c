/*
 * The verdict of `hospes doctor`: whatever the probes say or do not say, a layer holds only when each of its tries was told to be
 * refused and nothing speaks against it.
 */

#include "cmocka_all.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cell/prove.h"

static struct cells cells;
static struct proving proving;

static void
ended(enum proof_kind kind, int wait_status)
{
	struct proof_run *run = &proving.runs[kind];

	run->ended = true;
	run->wait_status = wait_status;
}

static void
killed(enum proof_kind kind, bool ready, int status)
{
	ended(kind, SIGKILL);
	proving.runs[kind].ready = ready;
	fault_set(&proving.runs[kind].why, status, "the reason");
}

static json_t *
row_of(unsigned id)
{
	return json_pack(
	    "{s:s+++ s:b s:s}", "name", tries[id].layer, ".", tries[id].name, "", "refused", 1, "found", "EPERM");
}

/* Everything is as it should be. */
static int
all_well(void **state)
{
	const uint32_t all = (1u << LAYERS_N) - 1;
	json_t *rows = json_array();

	(void)state;
	for (unsigned i = 0; i < PROOFS_N; i++)
		json_decref(proving.runs[i].told);
	cells = (struct cells){.layers = all, .own_uids = true};
	proving = (struct proving){.cells = &cells, .landlock = 7};
	for (unsigned i = 0; i < PROOFS_N; i++)
		proving.runs[i].layers = all;
	for (unsigned id = 0; id < TRIES_N; id++)
		json_array_append_new(rows, row_of(id));
	proving.runs[PROOF_LAYERS].told = json_pack("{s:O}", "tries", rows);
	proving.runs[PROOF_LAYERS].seen.looked = proving.runs[PROOF_LAYERS].ready = true;
	proving.runs[PROOF_MEMORY].told = json_pack("{s:o}", "tries", rows);
	ended(PROOF_CGROUP, SIGKILL);
	strcpy(proving.runs[PROOF_CGROUP].said, "63 MiB");
	ended(PROOF_CPU, SIGXCPU);
	ended(PROOF_ABORT, SIGABRT);
	ended(PROOF_INT80, SIGSYS);
	ended(PROOF_X32, SIGSYS);
	killed(PROOF_SPIN, true, HOSPES_ESTUCK);
	killed(PROOF_SILENT, true, HOSPES_ESTUCK);
	killed(PROOF_UNREADY, false, HOSPES_ELOAD);
	return 0;
}

static int
clear(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PROOFS_N; i++)
		json_decref(proving.runs[i].told);
	proving = (struct proving){.cells = &cells};
	return 0;
}

/* Names of the layers that do not hold, or of one that should be among them. */
static void
is_missing(const char *layer, bool ok)
{
	_cleanup_(json_p) json_t *report = verdict(&proving);
	const json_t *name;
	bool found = layer == NULL;
	size_t i;

	assert_non_null(report);
	json_array_foreach(json_object_get(report, "missing"), i, name)
	{
		if (layer == NULL)
			fail_msg("%s does not hold", json_string_value(name));
		found = found || strcmp(json_string_value(name), layer) == 0;
	}
	if (!found)
		fail_msg("%s holds", layer);
	assert_int_equal(json_is_true(json_object_get(report, "ok")), ok);
	assert_int_equal(json_array_size(json_object_get(report, "layers")), LAYERS_N + 5);
}

static bool
is_required(const char *layer)
{
	static const char *const names[] = {"rlimits", "caps", "no_new_privs", "seccomp", "network"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], layer) == 0)
			return true;
	return false;
}

static void
test_all_well(void **state)
{
	(void)state;
	is_missing(NULL, true);
}

/* Those that the host judges by how a probe ended. */
static bool
is_told(unsigned id)
{
	switch ((int)id) {
	case TRY_CGROUP_LIMIT:
	case TRY_RLIMIT_OF_CPU:
	case TRY_S2_INT80:
	case TRY_S2_X32:
	case TRY_WATCHDOG_SPIN:
	case TRY_WATCHDOG_SILENT:
	case TRY_WATCHDOG_UNREADY:
		return false;
	}
#if !defined(__x86_64__)
	if (tries[id].when & TRY_X86)
		return false;
#endif
	return true;
}

static void
test_a_row_that_is_not_refused(void **state)
{
	json_t *rows = json_object_get(proving.runs[PROOF_LAYERS].told, "tries");

	(void)state;
	for (unsigned id = 0; id < TRIES_N; id++) {
		if (!is_told(id))
			continue;
		json_object_set_new(json_array_get(rows, id), "refused", json_false());
		is_missing(tries[id].layer, !is_required(tries[id].layer));
		/* As good as true is not true. */
		json_object_set_new(json_array_get(rows, id), "refused", json_integer(1));
		is_missing(tries[id].layer, !is_required(tries[id].layer));
		json_object_set_new(json_array_get(rows, id), "refused", json_true());
	}
	is_missing(NULL, true);
}

static void
test_a_row_that_is_not_told(void **state)
{
	json_t *rows = json_object_get(proving.runs[PROOF_LAYERS].told, "tries");

	(void)state;
	for (unsigned id = 0; id < TRIES_N; id++) {
		if (!is_told(id))
			continue;
		json_array_set_new(rows, id, json_null());
		is_missing(tries[id].layer, !is_required(tries[id].layer));
		json_array_set_new(rows, id, row_of(id));
	}
	is_missing(NULL, true);
}

static void
test_seen_otherwise(void **state)
{
	struct seen *seen = &proving.runs[PROOF_LAYERS].seen;

	(void)state;
	for (unsigned i = 0; i < LAYERS_N; i++) {
		const char *name = sandbox_layer_name((enum sandbox_layer)(1u << i));

		seen->against = 1u << i;
		is_missing(name, !is_required(name));
	}
	seen->against = 0;
	strcpy(seen->descriptors, " 7");
	is_missing("descriptors", true);
	seen->descriptors[0] = '\0';
	seen->looked = false;
	is_missing("seccomp", false);
}

static void
test_probes_disagree(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LAYERS_N; i++) {
		const char *name = sandbox_layer_name((enum sandbox_layer)(1u << i));

		cells.layers = ~(1u << i);
		is_missing(name, !is_required(name));
	}
	cells.layers = ~0u;
	fault_set(&cells.probe_fault, HOSPES_ESANDBOX, "it failed");
	is_missing("caps", false);
}

/* Where neither of the layers is there that could refuse it, nobody's word will do. */
static void
test_made_of_several(void **state)
{
	struct proof_run *run = &proving.runs[PROOF_LAYERS];

	(void)state;
	run->layers &= ~(uint32_t)LAYER_NET_NS;
	run->seen.against = LAYER_SECCOMP;
	is_missing("network", false);
	run->seen.against = LAYER_SECCOMP | LAYER_PID_NS;
	is_missing("signals", false);
	run->seen.against = LAYER_RLIMITS | LAYER_CGROUP;
	is_missing("memory", false);
}

static void
test_ends(void **state)
{
	static const struct {
		enum proof_kind kind;
		const char *layer;
	} rows[] = {
		{PROOF_CGROUP, "cgroup"},
		{PROOF_CPU, "rlimits"},
		{PROOF_ABORT, "rlimits"},
		{PROOF_SPIN, "watchdog"},
		{PROOF_SILENT, "watchdog"},
		{PROOF_UNREADY, "watchdog"},
#if defined(__x86_64__)
		{PROOF_INT80, "seccomp"},
		{PROOF_X32, "seccomp"}
#endif
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct proof_run *run = &proving.runs[rows[i].kind];

		all_well(state);
		run->ended = false;
		is_missing(rows[i].layer, !is_required(rows[i].layer));
		all_well(state);
		run->why = (struct fault){.status = 0};
		ended(rows[i].kind, 0);
		is_missing(rows[i].layer, !is_required(rows[i].layer));
		ended(rows[i].kind, SIGTERM);
		is_missing(rows[i].layer, !is_required(rows[i].layer));
	}
	all_well(state);
	proving.runs[PROOF_ABORT].wait_status |= 0x80; /* with a core */
	is_missing("rlimits", false);
	all_well(state);
	/* The host's own kill is not the cgroup's. */
	fault_set(&proving.runs[PROOF_CGROUP].why, HOSPES_ESTUCK, "it did not end");
	is_missing("cgroup", true);
	all_well(state);
	proving.runs[PROOF_SPIN].ready = false;
	is_missing("watchdog", true);
}

/* The kernel has no such way in. */
static void
test_no_other_abi(void **state)
{
	(void)state;
	ended(PROOF_X32, 3 << 8);
	ended(PROOF_INT80, SIGSEGV);
	is_missing(NULL, true);
#if defined(__x86_64__)
	ended(PROOF_X32, 4 << 8);
	is_missing("seccomp", false);
#endif
}

/* What came with a later ABI counts only where the kernel has it; without any the layer is not there. */
static void
test_older_landlock(void **state)
{
	json_t *rows = json_object_get(proving.runs[PROOF_LAYERS].told, "tries");

	(void)state;
	for (unsigned id = 0; id < TRIES_N; id++)
		if (tries[id].abi > 3)
			json_object_set_new(json_array_get(rows, id), "refused", json_false());
	is_missing("landlock", true);
	proving.landlock = 3;
	is_missing(NULL, true);
	proving.landlock = -1;
	cells.layers &= ~(uint32_t)LAYER_LANDLOCK;
	is_missing("landlock", true);
}

static void
test_hostile_reports(void **state)
{
	static const char *const reports[] = {"[]", "{}", "{\"tries\": 7}", "{\"tries\": {\"name\": \"caps.kept\"}}",
	    "{\"tries\": [7, null, [], {}, {\"name\": 7}, {\"name\": \"caps.kept\"}]}",
	    "{\"tries\": [{\"name\": \"caps.kept\", \"refused\": \"true\", \"found\": \"\\u001b[2J\\u0000x\"}]}",
	    "{\"tries\": [{\"name\": \"caps.kept\", \"refused\": false, \"found\": []}]}"};
	json_t **told = &proving.runs[PROOF_LAYERS].told;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(reports); i++) {
		_cleanup_(json_p) json_t *report = NULL;
		_cleanup_(free_p) char *text = NULL;

		json_decref(*told);
		*told = json_loads(reports[i], JSON_ALLOW_NUL, NULL);
		assert_non_null(*told);
		is_missing("caps", false);
		is_missing("seccomp", false);
		report = verdict(&proving);
		text = json_dumps(report, 0);
		assert_non_null(text);
		assert_null(strstr(text, "\\u001b"));
	}
	json_decref(*told);
	*told = NULL;
	is_missing("seccomp", false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_all_well, all_well, clear),
	    cmocka_unit_test_setup_teardown(test_a_row_that_is_not_refused, all_well, clear),
	    cmocka_unit_test_setup_teardown(test_a_row_that_is_not_told, all_well, clear),
	    cmocka_unit_test_setup_teardown(test_seen_otherwise, all_well, clear),
	    cmocka_unit_test_setup_teardown(test_probes_disagree, all_well, clear),
	    cmocka_unit_test_setup_teardown(test_made_of_several, all_well, clear),
	    cmocka_unit_test_setup_teardown(test_ends, all_well, clear),
	    cmocka_unit_test_setup_teardown(test_no_other_abi, all_well, clear),
	    cmocka_unit_test_setup_teardown(test_older_landlock, all_well, clear),
	    cmocka_unit_test_setup_teardown(test_hostile_reports, all_well, clear),
	};

	return cmocka_run_group_tests_name("cell-verdict", tests, NULL, NULL);
}
