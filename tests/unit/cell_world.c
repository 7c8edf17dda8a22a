/* The world of cell_world.h. */

#include "cell_world.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

struct world world;
int64_t world_mono = 1, world_cpu;

static const uint8_t object[32] = {7};

static int64_t
mono(void)
{
	return world_mono;
}

static int64_t
cpu(pid_t pid)
{
	(void)pid;
	return world_cpu;
}

/* ---- What the host tells ----------------------------------------------------------------------------------------- */

unsigned
world_index(const struct call *call)
{
	for (unsigned i = 0; i < world.n_calls; i++)
		if (&world.roots[i] == call->op)
			return i;
	fail_msg("a call that is not ours");
	return 0;
}

static struct told *
told_of(const struct call *call)
{
	return &world.told[world_index(call)];
}

static void
copy(char *out, size_t size, const struct payload *p)
{
	if (p != NULL)
		(void)snprintf(out, size, "%.*s", (int)(p->len < size ? p->len : size - 1), (const char *)p->data);
}

static void
on_op(struct call *call, uint32_t ordinal, const struct wire_op *asked, const char *target, const char *version,
    const char *key, struct payload *input, void *arg)
{
	struct told *t = told_of(call);
	bool made;
	struct op *op = call_op(call, ordinal, &made);

	(void)version;
	(void)key;
	(void)arg;
	assert_non_null(op);
	t->ops++;
	(void)snprintf(t->target, sizeof(t->target), "%.255s", target);
	payload_unref(&t->input);
	t->input = payload_ref(input);
	op->kind = asked->kind;
	if (made && world.answer_at_once) {
		op->value = payload_text("42");
		op->state = OP_DONE;
	}
	if (op->state == OP_DONE) {
		op->delivered = true;
		cells_outcome(call, op);
	}
}

static void
on_parked(struct call *call, void *arg)
{
	(void)arg;
	assert_int_equal(call->state, CALL_PARKED);
	told_of(call)->parks++;
}

static void
on_abandon(struct call *call, uint32_t ordinal, void *arg)
{
	(void)ordinal;
	(void)arg;
	told_of(call)->abandons++;
}

static void
on_log(struct call *call, enum log_level level, const char *line, void *arg)
{
	struct told *t = told_of(call);

	(void)level;
	(void)arg;
	t->logs++;
	(void)snprintf(t->line, sizeof(t->line), "%.255s", line);
}

static void
on_progress(struct call *call, double done, const char *line, void *arg)
{
	(void)line;
	(void)arg;
	assert_true(done >= 0 && done <= 1);
	told_of(call)->progress++;
}

static void
on_part(struct call *call, struct payload *part, void *arg)
{
	struct told *t = told_of(call);

	(void)arg;
	t->parts++;
	(void)snprintf(t->line, sizeof(t->line), "%.255s", (const char *)part->data);
}

static void
call_over(struct call *call)
{
	unsigned i = world_index(call);

	assert_int_equal(call->state, CALL_DONE);
	assert_null(call->cell);
	world.call[i] = NULL;
	call_end(&world.calls, call);
	if (world.on_reply != NULL)
		world.on_reply(&world, i);
}

static void
on_reply(struct call *call, int status, struct payload *value, double confidence, struct payload *partial, void *arg)
{
	struct told *t = told_of(call);

	(void)arg;
	t->replies++;
	t->status = status;
	t->confidence = confidence;
	copy(t->text, sizeof(t->text), value);
	copy(t->partial, sizeof(t->partial), partial);
	call_over(call);
}

static void
on_begins(struct call *call, const char *why, void *arg)
{
	struct told *t = told_of(call);

	(void)arg;
	t->begins++;
	(void)snprintf(t->why, sizeof(t->why), "%s", why == NULL ? "" : why);
	for (uint32_t i = 0; i < call->n_ops; i++)
		call->ops[i]->delivered = false;
}

static void
on_evicted(struct call *call, void *arg)
{
	(void)arg;
	assert_int_equal(call->state, CALL_EVICTED);
	assert_null(call->cell);
	told_of(call)->evictions++;
}

static void
on_woke(struct call *call, void *arg)
{
	(void)arg;
	assert_int_equal(call->state, CALL_EVICTED);
	told_of(call)->wokes++;
	world_submit_again(world_index(call));
}

static void
on_lost(struct call *call, const struct fault *fault, void *arg)
{
	struct told *t = told_of(call);

	(void)arg;
	t->losses++;
	t->status = fault->status;
	(void)snprintf(t->text, sizeof(t->text), "%s", fault->text);
	call_over(call);
}

static void
on_cell_started(const struct cell_spec *spec, const struct cell_info *info, void *arg)
{
	(void)spec;
	(void)info;
	(void)arg;
	world.started++;
}

static void
on_cell_ended(const struct cell_spec *spec, const struct cell_info *info, int wait_status, const struct rusage *usage,
    const char *report, void *arg)
{
	(void)spec;
	(void)info;
	(void)wait_status;
	(void)usage;
	(void)report;
	(void)arg;
	world.ended++;
}

/* ---- The spawner ------------------------------------------------------------------------------------------------- */

static void
answer_probe(struct guest *g)
{
	_cleanup_(buf_free) struct buf ready = {0};
	struct wire_hello hello = {WIRE_VERSION, world.probe_layers};

	guest_hello(g);
	buf_append(&ready, &hello, sizeof(hello));
	buf_appends(&ready, world.probe_report);
	guest_send(g, WIRE_READY, 0, WIRE_NO_ORDINAL, 0, ready.data, ready.len);
}

static void
take_guest(const struct spawn_request *request, const int *fds, size_t n)
{
	struct guest *g = &world.guests[world.n_guests++];

	assert_true(world.n_guests < WORLD_GUESTS);
	*g = (struct guest){.request = *request, .log = -1, .control = -1, .page_fd = -1, .plugin = -1};
	g->status = fds[0];
	if (request->what == SPAWN_INSPECT) {
		assert_int_equal(n, 3);
		g->log = fds[1];
		g->plugin = fds[2];
		return;
	}
	assert_int_equal(n, request->what == SPAWN_CELL ? 5 : 4);
	g->log = fds[1];
	g->control = fds[2];
	g->page_fd = fds[3];
	g->plugin = n == 5 ? fds[4] : -1;
	g->page = mmap(NULL, sizeof(*g->page), PROT_READ | PROT_WRITE, MAP_SHARED, g->page_fd, 0);
	assert_true(g->page != MAP_FAILED);
	if (request->what == SPAWN_PROBE && !world.silent_probe)
		answer_probe(g);
}

static void
on_request(evutil_socket_t fd, short what, void *arg)
{
	struct spawn_request request;
	int fds[FD_PASS_MAX];
	size_t n = 0;

	(void)what;
	(void)arg;
	if (fd_receive(fd, &request, sizeof(request), fds, &n) != sizeof(request)) {
		event_del(world.spawner_in);
		return;
	}
	if (request.what != SPAWN_KILL) {
		take_guest(&request, fds, n);
		return;
	}
	for (unsigned i = 0; i < world.n_guests; i++)
		if (world.guests[i].request.id == request.id)
			world.guests[i].kill_asked = true;
}

/* ---- The world --------------------------------------------------------------------------------------------------- */

void
world_new(void)
{
	memset(&world, 0, sizeof(world));
	world_mono = NS_PER_S;
	world_cpu = 0;
	world.loop = event_base_new();
	calls_init(&world.calls);
	world.policy = policy_defaults(true);
	world.policy->cells_per_pool = 4;
	world.policy->fibers = 100;
	world.policy->payload_max = MIB;
	world.policy->cell_silence_ns = 2 * NS_PER_S;
	world.policy->cell_load_ns = 5 * NS_PER_S;
	world.policy->kill_grace_ns = 3600 * NS_PER_S;
	world.policy->evict_after_ns = 0;
	world.policy->isolation = ISOLATION_CLIENT;
	world.probe_layers = LAYERS_REQUIRED;
	world.probe_report = "{\"kernel\": \"6\", \"layers\": []}";
	world.run.client = (char *)"uid:1000";
	world.run.policy = world.policy;
	(void)snprintf(world.run.id_text, sizeof(world.run.id_text), "01ARZ3NDEKTSV4RRFFQ69G5FAV");
	account_init(&world.run.account, "run", NULL);
	world.whose = &world.run;
}

int
world_open(struct fault *fault)
{
	int pair[2], rc;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	world.spawner = pair[1];
	fd_set_nonblock(pair[1]);
	world.spawner_in = event_new(world.loop, pair[1], EV_READ | EV_PERSIST, on_request, NULL);
	event_add(world.spawner_in, NULL);
	rc = cells_open(&world.cells,
	    &(struct cells_options){
		.loop = world.loop,
		.calls = &world.calls,
		.policy = world.policy,
		.spawner_fd = pair[0],
		.events =
		    {
			.op = on_op,
			.parked = on_parked,
			.abandon = on_abandon,
			.log = on_log,
			.progress = on_progress,
			.part = on_part,
			.evicted = on_evicted,
			.woke = on_woke,
			.reply = on_reply,
			.begins = on_begins,
			.lost = on_lost,
			.cell_started = on_cell_started,
			.cell_ended = on_cell_ended,
		    },
	    },
	    fault);
	if (rc != 0)
		return rc;
	world.cells->ahead_ns = 0; /* a cell is handed what there is */
	world.cells->mono_ns = mono;
	world.cells->cpu_ns = cpu;
	world.cells->cpus = 1;
	guest_die(&world.guests[0], 0);
	return 0;
}

void
world_turn(void)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(world.loop, EVLOOP_NONBLOCK);
}

void
world_free(void)
{
	cells_close(&world.cells);
	for (unsigned i = 0; i < world.n_calls; i++) {
		struct call *call = world.call[i];

		payload_unref(&world.told[i].input);
		if (call != NULL) {
			assert_null(call->cell);
			call->state = CALL_DONE;
			call_end(&world.calls, call);
		}
		payload_unref(&world.roots[i].input);
	}
	map_free(&world.calls.by_handle);
	for (unsigned i = 0; i < world.n_guests; i++)
		guest_close(&world.guests[i]);
	event_free(world.spawner_in);
	close(world.spawner);
	policy_unref(&world.policy);
	event_base_free(world.loop);
}

unsigned
world_submit(const char *input)
{
	unsigned i = world_submit_only(input);

	world_turn();
	return i;
}

static void
submit(struct call *call)
{
	struct cell_spec spec = {.plugin = "echo",
	    .semver = "1.0.0",
	    .object_path = "/dev/null",
	    .object = object,
	    .memory_bytes = 1 << 20,
	    .state_cell = world.state_cell};

	cells_submit(world.cells, &spec, call);
}

void
world_submit_again(unsigned i)
{
	submit(world.call[i]);
}

unsigned
world_submit_only(const char *input)
{
	_cleanup_(payload_unref) struct payload *config = payload_text("{}");
	unsigned i = world.n_calls++;
	struct op *op = &world.roots[i];

	assert_true(i < WORLD_CALLS);
	*op = (struct op){.run = world.whose, .ordinal = i, .input = payload_text(input)};
	world.call[i] = call_new(&world.calls, op, "echo", "1.0.0", NULL, config, op->caller == NULL ? 0 : 1);
	submit(world.call[i]);
	return i;
}

void
world_outcome(unsigned i, uint32_t ordinal, int status, const char *value)
{
	struct op *op = world.call[i]->ops[ordinal];

	op->state = OP_DONE;
	op->status = status;
	op->value = payload_text(value);
	op->delivered = true;
	cells_outcome(world.call[i], op);
	world_turn();
}

int
world_setup(void **state)
{
	struct fault fault;

	(void)state;
	world_new();
	return world_open(&fault);
}

int
world_setup_one_cell(void **state)
{
	struct fault fault;

	(void)state;
	world_new();
	world.policy->cells_per_pool = 1;
	return world_open(&fault);
}

int
world_teardown(void **state)
{
	(void)state;
	world_free();
	return 0;
}

void
world_look(int64_t wall_ns, int64_t cpu_ns)
{
	world_mono += wall_ns;
	world_cpu += cpu_ns;
	watchdog_look(world.cells);
	world_turn();
}
