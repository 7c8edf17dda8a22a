/* Starting a cell: its pipes, its socket, its page, the request to the spawner, SETUP. */

#include "config.h"

#include "cell/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "cell/prove.h"

#ifdef HOSPES_SANITIZERS
#define RELAXED 1
#else
#define RELAXED 0
#endif

/* What the spawner is given; all closed once it was asked. */
struct far_ends {
	int status, log, control, page, plugin;
};

static void
far_ends_close(struct far_ends *far)
{
	close_p(&far->status);
	close_p(&far->log);
	close_p(&far->control);
	close_p(&far->page);
	close_p(&far->plugin);
}

static int
make_pipe(int *near_fd, int *far_fd)
{
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) != 0)
		return -errno;
	*near_fd = pair[0];
	*far_fd = pair[1];
	return fd_set_nonblock(pair[0]);
}

static int
make_control(struct cell *cell, int *far_fd)
{
	int pair[2], on = 1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return -errno;
	cell->control_fd = pair[0];
	*far_fd = pair[1];
	if (setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) != 0)
		return -errno;
	return fd_set_nonblock(pair[0]);
}

/* Sealed, so that a cell can't cut it short and have the host's look at it end in SIGBUS. */
static int
make_page(struct cell *cell, int *far_fd)
{
	void *page;
	int fd = memfd_create("hospes-page", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	*far_fd = fd;
	if (ftruncate(fd, sizeof(struct wire_page)) != 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		return -errno;
	page = mmap(NULL, sizeof(struct wire_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return -errno;
	cell->page = page;
	return 0;
}

static bool
without_plugin(const struct cell *cell)
{
	return cell->kind == CELL_PROBE || cell->kind == CELL_PROOF;
}

static int
make_ends(struct cell *cell, struct far_ends *far, struct fault *fault)
{
	int rc = make_pipe(&cell->status_fd, &far->status);

	if (rc == 0)
		rc = make_pipe(&cell->log_fd, &far->log);
	if (rc == 0)
		rc = make_control(cell, &far->control);
	if (rc == 0)
		rc = make_page(cell, &far->page);
	if (rc != 0)
		return fault_errno(fault, -rc, "cannot make the descriptors of a cell");
	if (without_plugin(cell))
		return 0;
	far->plugin = open(cell->spec.spec.object_path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (far->plugin < 0)
		return fault_errno(fault, errno, "cannot open %s, the object of %s %s", cell->spec.spec.object_path,
		    cell->spec.spec.plugin, cell->spec.spec.semver);
	return 0;
}

/* How many calls at a time: one where calls must not meet. */
static unsigned
fibers_of(const struct cell *cell)
{
	if (cell->kind != CELL_WORK || cell->spec.spec.state_cell)
		return 1;
	return cell->cells->policy->fibers;
}

/* What is granted is for stacks and heap together; the heap is as large for one that is only tried. */
uint64_t
cell_heap(const struct cell *cell)
{
	const struct policy *policy = cell->cells->policy;
	uint64_t stacks = (cell->spec.spec.state_cell ? 1 : policy->fibers) * policy->stack_bytes;
	uint64_t room = policy->cell_memory - stacks, asked = cell->spec.spec.memory_bytes;

	assert(policy->cell_memory > stacks);
	return asked > 0 && asked < room ? asked : room;
}

/* The probe tells all that it finds.  After it, a required layer that was there must be there in every cell. */
static uint32_t
required_of(const struct cell *cell)
{
	if (without_plugin(cell))
		return 0;
	return cell->cells->policy->sandbox_degraded ? LAYERS_REQUIRED & cell->cells->layers : LAYERS_REQUIRED;
}

static void
put_setup(struct cell *cell)
{
	const struct policy *policy = cell->cells->policy;
	struct wire_frame head = {.type = WIRE_SETUP, .ordinal = WIRE_NO_ORDINAL};
	struct wire_setup setup = {
	    .version = WIRE_VERSION,
	    .fibers = fibers_of(cell),
	    .memory_bytes = cell_heap(cell),
	    .stack_bytes = policy->stack_bytes,
	    .relaxed = RELAXED,
	    .required = required_of(cell),
	    .uid = cell->uid,
	    .gid = cell->uid,
	    .state_cell = cell->spec.spec.state_cell,
	};
	struct iovec part = {&setup, sizeof(setup)};

	if (cell->proof != NULL)
		proof_setup(cell, &setup);
	cell_put(cell, &head, &part, 1, NULL);
	cell_flush(cell);
}

static int
ask(struct cell *cell, const struct far_ends *far, struct fault *fault)
{
	struct cells *cells = cell->cells;
	int fds[] = {far->status, far->log, far->control, far->page, far->plugin};
	struct spawn_request request = {
	    .what = without_plugin(cell) ? SPAWN_PROBE : SPAWN_CELL,
	    .uid = cell->uid,
	    .id = cell->id,
	    .memory_bytes = cell_heap(cell) + fibers_of(cell) * cells->policy->stack_bytes,
	};

	return spawner_ask(cells, &request, fds, without_plugin(cell) ? 4 : 5, fault);
}

static struct cell *
cell_new(struct cells *cells, struct pool *pool, const struct cell_spec *spec, enum cell_kind kind)
{
	static const struct cell_spec nothing = {.plugin = "hospes-probe", .semver = "0", .object_path = "/"};
	struct cell *cell = xcalloc(1, sizeof(*cell));

	cell->magic = CELL_MAGIC;
	cell->cells = cells;
	cell->pool = pool;
	cell->kind = kind;
	cell->phase = PHASE_NEW;
	cell->id = cells->next_id++;
	cell->control_fd = cell->log_fd = cell->status_fd = -1;
	cell->started_ns = cells->mono_ns();
	cell->idle_cpu_ns = -1;
	TAILQ_INIT(&cell->calls);
	spec_copy_init(&cell->spec, spec == NULL ? &nothing : spec);
	TAILQ_INSERT_TAIL(&cells->all, cell, all);
	if (pool != NULL)
		TAILQ_INSERT_TAIL(&pool->list, cell, in_pool);
	return cell;
}

static int
start(struct cells *cells, struct pool *pool, const struct cell_spec *spec, enum cell_kind kind,
    struct proof_run *proof, const char *bait, struct cell **ret, struct fault *fault)
{
	_cleanup_(far_ends_close) struct far_ends far = {-1, -1, -1, -1, -1};
	bool none;
	uint32_t uid = uid_take(cells, &none);
	struct cell *cell;
	int rc;

	if (none)
		return fault_set(fault, HOSPES_EBUSY,
		    "all %u uids that cells may have are in use; raise `cell_uids` or wait", cells->policy->cell_uids);
	cell = cell_new(cells, pool, spec, kind);
	cell->uid = uid;
	rc = make_ends(cell, &far, fault);
	if (rc == 0 && pwrite(far.page, bait, strlen(bait), offsetof(struct wire_page, report)) < 0)
		rc = fault_errno(fault, errno, "cannot write the page of a cell");
	if (rc == 0)
		rc = ask(cell, &far, fault);
	if (rc != 0) {
		cell_free(cell);
		return rc;
	}
	cell->proof = proof;
	cell_listen(cell);
	put_setup(cell);
	watchdog_wake(cells);
	*ret = cell;
	return 0;
}

int
cell_start(struct cells *cells, struct pool *pool, const struct cell_spec *spec, enum cell_kind kind, struct cell **ret,
    struct fault *fault)
{
	return start(cells, pool, spec, kind, NULL, "", ret, fault);
}

int
cell_start_proof(struct cells *cells, const struct cell_spec *spec, struct proof_run *proof, const char *bait,
    struct cell **ret, struct fault *fault)
{
	return start(cells, NULL, spec, CELL_PROOF, proof, bait, ret, fault);
}
