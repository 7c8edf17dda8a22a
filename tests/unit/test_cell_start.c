/* How cells come to be: plugins that load or do not, trials, the start probe and the inspector. */

#include "cell_world.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static void
test_load_failed(void **state)
{
	unsigned i = world_submit("1");
	struct guest *g = guest(0);

	(void)state;
	guest_hello(g);
	guest_send(g, WIRE_FAILED, 0, WIRE_NO_ORDINAL, HOSPES_ELOAD, "no such symbol: foo", 19);
	guest_die(g, 0);
	assert_int_equal(world.told[i].status, HOSPES_ELOAD);
	assert_non_null(strstr(world.told[i].text, "no such symbol: foo"));
	assert_non_null(strstr(world.told[i].text, "echo 1.0.0"));
}

static void
test_dies_loading(void **state)
{
	unsigned i = world_submit("1");

	(void)state;
	guest_hello(guest(0));
	guest_die(guest(0), SIGSEGV);
	assert_int_equal(world.told[i].status, HOSPES_ELOAD);
	assert_non_null(strstr(world.told[i].text, "signal 11"));
}

/* Something outside ended a cell that was loading: that says nothing of the version. */
static void
test_killed_loading(void **state)
{
	unsigned i = world_submit("1");
	uint64_t handle;

	(void)state;
	guest_die(guest(0), SIGKILL);
	assert_int_equal(world.told[i].losses, 0);
	guest_begins(guest(1), &handle, 1);
}

static void
test_load_deadline(void **state)
{
	unsigned i = world_submit("1");

	(void)state;
	guest_hello(guest(0));
	world_turn();
	for (unsigned step = 0; step <= WIRE_STEP_LOADED; step++)
		atomic_store(&guest(0)->page->step_ns[step], step + 1);
	world_mono += 6 * NS_PER_S;
	watchdog_look(world.cells);
	world_turn();
	assert_true(guest(0)->kill_asked);
	guest_die(guest(0), SIGKILL);
	assert_int_equal(world.told[i].status, HOSPES_ELOAD);
	assert_non_null(strstr(world.told[i].text, "5000 ms and stands in its init hook;"));
}

static struct fault probed;
static unsigned probed_times;

static void
on_probed(const struct fault *fault, void *arg)
{
	(void)arg;
	probed_times++;
	probed = fault == NULL ? (struct fault){0} : *fault;
}

static void
test_trial(void **state)
{
	static const uint8_t object[32] = {9};
	struct cell_spec spec = {.plugin = "new", .semver = "2.0.0", .object_path = "/dev/null", .object = object};

	(void)state;
	probed_times = 0;
	cells_probe(world.cells, &spec, on_probed, NULL);
	world_turn();
	guest_ready(guest(0));
	assert_int_equal(probed_times, 1);
	assert_int_equal(probed.status, 0);
	guest_die(guest(0), 0);
	cells_probe(world.cells, &spec, on_probed, NULL);
	world_turn();
	guest_hello(guest(1));
	guest_die(guest(1), 3 << 8);
	assert_int_equal(probed_times, 2);
	assert_int_equal(probed.status, HOSPES_ELOAD);
	assert_non_null(strstr(probed.text, "new 2.0.0"));
	spec.object_path = "/does/not/exist";
	cells_probe(world.cells, &spec, on_probed, NULL);
	assert_int_equal(probed_times, 2);
	world_turn();
	assert_int_equal(probed_times, 3);
	assert_int_equal(probed.status, HOSPES_EIO);
}

static void
test_missing_object(void **state)
{
	static const uint8_t object[32] = {9};
	struct cell_spec spec = {
	    .plugin = "gone", .semver = "2.0.0", .object_path = "/does/not/exist", .object = object};
	unsigned i = world.n_calls++;

	(void)state;
	world.roots[i] = (struct op){.run = &world.run, .ordinal = i, .input = payload_text("1")};
	world.call[i] = call_new(&world.calls, &world.roots[i], "gone", "2.0.0", NULL, NULL, 0);
	cells_submit(world.cells, &spec, world.call[i]);
	assert_int_equal(world.told[i].losses, 0); /* told when the turn ends, not while it is submitted */
	world_turn();
	assert_int_equal(world.told[i].losses, 1);
	assert_non_null(strstr(world.told[i].text, "/does/not/exist"));
}

/* ---- The start probe --------------------------------------------------------------------------------------------- */

static void
test_layer_missing(void **state)
{
	struct fault fault;

	(void)state;
	world_new();
	world.probe_report =
	    "{\"layers\": [{\"name\": \"seccomp\", \"holds\": false, \"found\": \"it was let through\"}]}";
	assert_int_equal(world_open(&fault), HOSPES_ESANDBOX);
	assert_non_null(strstr(fault.text, "seccomp (it was let through)"));
	world_free();
	world_new();
	world.probe_layers = LAYERS_REQUIRED & ~(unsigned)LAYER_CAPS;
	assert_int_equal(world_open(&fault), HOSPES_ESANDBOX);
	assert_non_null(strstr(fault.text, "caps"));
	world_free();
	world_new();
	world.probe_layers = LAYERS_REQUIRED & ~(unsigned)LAYER_CAPS;
	world.policy->sandbox_degraded = true;
	assert_int_equal(world_open(&fault), 0);
	assert_int_equal(cells_layers(world.cells), LAYERS_REQUIRED & ~(unsigned)LAYER_CAPS);
	assert_non_null(cells_report(world.cells));
	world_free();
}

static void
test_no_spawner(void **state)
{
	struct fault fault;
	int fd = -1;

	(void)state;
	if (getenv("WITHOUT_VFORK") != NULL)
		skip(); /* then nobody hears of an exec that fails */
	assert_int_equal(spawner_start("/does/not/exist", &fd, &fault), HOSPES_EIO);
	assert_non_null(strstr(fault.text, "/does/not/exist/hospes-spawner"));
	assert_int_equal(fd, -1);
}

/* ---- The inspector ----------------------------------------------------------------------------------------------- */

static int inspected;
static char inspected_text[256];

static void
on_inspected(json_t *notes, const struct fault *fault, void *arg)
{
	(void)arg;
	inspected = fault == NULL ? 1 : fault->status;
	(void)snprintf(inspected_text, sizeof(inspected_text), "%.255s",
	    fault == NULL ? json_string_value(json_object_get(notes, "name")) : fault->text);
}

static void
inspect(const char *says, int wait_status)
{
	struct guest *g;

	cells_inspect(world.cells, open("/dev/null", O_RDONLY | O_CLOEXEC), on_inspected, NULL);
	inspected = 0;
	world_turn();
	g = guest(guests() - 1);
	assert_int_equal(g->request.what, SPAWN_INSPECT);
	assert_int_equal(write(g->log, says, strlen(says)), strlen(says));
	world_turn();
	guest_die(g, wait_status);
}

static void
test_inspect(void **state)
{
	(void)state;
	inspect("{\"ok\": true, \"name\": \"survey\"}", 0);
	assert_int_equal(inspected, 1);
	assert_string_equal(inspected_text, "survey");
	inspect("{\"ok\": false, \"code\": \"forbidden_import\", \"message\": \"fopen\"}", 1 << 8);
	assert_int_equal(inspected, HOSPES_EIMPORT);
	assert_string_equal(inspected_text, "fopen");
	inspect("{\"ok\": fal", 0);
	assert_int_equal(inspected, HOSPES_EBADPLUGIN);
	inspect("", SIGSEGV);
	assert_int_equal(inspected, HOSPES_EBADPLUGIN);
	assert_non_null(strstr(inspected_text, "signal 11"));
	inspect("{\"ok\": false, \"code\": \"ok\"}", 0);
	assert_int_equal(inspected, HOSPES_EBADPLUGIN);
	assert_true(TAILQ_EMPTY(&world.cells->inspections));
}

static void
test_inspect_without_end(void **state)
{
	_cleanup_(free_p) char *chunk = xcalloc(1, 32 * 1024);
	struct guest *g;

	(void)state;
	cells_inspect(world.cells, open("/dev/null", O_RDONLY | O_CLOEXEC), on_inspected, NULL);
	inspected = 0;
	world_turn();
	g = guest(0);
	for (int n = 0; n < 40 && inspected == 0; n++) {
		assert_int_equal(write(g->log, chunk, 32 * 1024), 32 * 1024);
		world_turn();
	}
	assert_int_equal(inspected, HOSPES_EBADPLUGIN);
	assert_true(g->kill_asked);
	guest_die(g, SIGKILL);
	assert_true(TAILQ_EMPTY(&world.cells->inspections));
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_load_failed),
	    T(test_dies_loading),
	    T(test_killed_loading),
	    T(test_load_deadline),
	    T(test_trial),
	    T(test_missing_object),
	    cmocka_unit_test(test_layer_missing),
	    cmocka_unit_test(test_no_spawner),
	    T(test_inspect),
	    T(test_inspect_without_end),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
