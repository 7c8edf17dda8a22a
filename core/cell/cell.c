/*
 * One cell: its descriptors while it lives, and its end.
 *
 * That it is dead is told by its status pipe and by nothing else.  A socket that closes before only says that it will
 * say no more; what it had said before its death is read before its calls go elsewhere.
 */

#include "cell/host.h"
#include "cell/prove.h"
#include "mail.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* After its death its socket holds at most what the kernel buffered. */
#define READS_DEAD 4096

#define CLOSED_GRACE_NS NS_PER_S
#define STOP_GRACE_NS   (2 * NS_PER_S)
#define KILL_GRACE_NS   (5 * NS_PER_S)

/* The kernel says who sent the first bytes; descriptors that came along are closed. */
static ssize_t
receive_first(struct cell *cell, struct iovec *iov, int n_iov)
{
	union {
		char space[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	struct msghdr msg = {
	    .msg_iov = iov,
	    .msg_iovlen = (size_t)n_iov,
	    .msg_control = control.space,
	    .msg_controllen = sizeof(control.space),
	};
	ssize_t n = recvmsg(cell->control_fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int off = 0;

	if (n <= 0)
		return n;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
			struct ucred who;

			memcpy(&who, CMSG_DATA(c), sizeof(who));
			cell->pid = who.pid;
			(void)setsockopt(cell->control_fd, SOL_SOCKET, SO_PASSCRED, &off, sizeof(off));
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
			size_t fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

			for (size_t i = 0; i < fds; i++) {
				int fd;

				memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
				close(fd);
			}
		}
	}
	return n;
}

static void
cell_closed(struct cell *cell)
{
	cell->closed = true;
	event_del(cell->control_in);
	event_del(cell->control_out);
	if (cell->end_by_ns == 0)
		cell->end_by_ns = cell->cells->mono_ns() + CLOSED_GRACE_NS;
	watchdog_wake(cell->cells);
}

/* What the cell left in the box of the page; goes before what is in the socket.  False: nothing. */
static bool
read_mail(struct cell *cell, unsigned slice)
{
	uint8_t batch[WIRE_MAIL_MAX], *at = batch;
	size_t len = cell->ready ? mail_take(&cell->page->to_host, batch) : 0;

	if (len == 0)
		return false;
	while (len > 0 && cell->phase < PHASE_KILLED) {
		size_t given = frames_give(&cell->in, at, len);

		at += given;
		len -= given;
		if (!cell->is_late)
			serve_frames(cell, slice);
	}
	spin_heard(cell);
	return true;
}

static ssize_t
read_socket(struct cell *cell, unsigned slice)
{
	struct iovec iov[2];
	int n_iov = frames_room(&cell->in, iov);
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = (size_t)n_iov};
	ssize_t n = cell->pid == 0 ? receive_first(cell, iov, n_iov) : recvmsg(cell->control_fd, &msg, MSG_DONTWAIT);

	if (n <= 0)
		return n;
	cell->heard_bytes += (uint32_t)n;
	atomic_store(&cell->page->host_heard, cell->heard_bytes);
	frames_filled(&cell->in, (size_t)n);
	serve_frames(cell, slice);
	spin_heard(cell);
	return n;
}

/* It said all that it will say; it may have left a batch in the box and gone since that was looked into. */
static void
read_end(struct cell *cell, unsigned slice)
{
	(void)read_mail(cell, slice);
	cell_closed(cell);
}

void
cell_read(struct cell *cell)
{
	ssize_t n;

	if (cell->phase >= PHASE_KILLED || cell->closed || cell->is_late)
		return;
	(void)read_mail(cell, SLICE);
	if (cell->phase >= PHASE_KILLED || cell->is_late)
		return;
	n = read_socket(cell, SLICE);
	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
		read_end(cell, SLICE);
}

/* It is dead: what it had said before. */
static void
read_rest(struct cell *cell)
{
	slice_forget(cell);
	serve_frames(cell, UINT_MAX);
	for (unsigned i = 0; i < READS_DEAD && cell->phase < PHASE_KILLED && !cell->closed; i++) {
		ssize_t n;

		(void)read_mail(cell, UINT_MAX);
		n = read_socket(cell, UINT_MAX);
		if (n == 0 || (n < 0 && errno != EINTR))
			read_end(cell, UINT_MAX);
	}
}

bool
cell_read_mail(struct cell *cell)
{
	return cell->phase < PHASE_KILLED && !cell->closed && !cell->is_late && mail_there(&cell->page->to_host) &&
	       read_mail(cell, SLICE);
}

/* arg: struct cell. */
static void
on_control_in(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	cell_read(arg);
}

/* arg: struct cell. */
static void
on_control_out(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	cell_flush(arg);
}

/* arg: struct cell. */
static void
on_log(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	cell_log_read(arg);
}

static void
take_status(struct cell *cell)
{
	cell->status = cell->next_status;
	cell->status.what[sizeof(cell->status.what) - 1] = '\0';
	if (cell->status.ended)
		cell->ended = true;
	else if (cell->status.error == 0)
		cell->started = true;
	cell->layers |= cell->status.layers;
}

/* arg: struct cell. */
static void
on_status(evutil_socket_t fd, short what, void *arg)
{
	struct cell *cell = arg;

	(void)what;
	while (!cell->ended) {
		uint8_t *at = (uint8_t *)&cell->next_status + cell->status_have;
		ssize_t n = read(fd, at, sizeof(cell->next_status) - cell->status_have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			break;
		cell->status_have += (size_t)n;
		if (cell->status_have < sizeof(cell->next_status))
			continue;
		cell->status_have = 0;
		take_status(cell);
	}
	cell_ended(cell);
}

void
cell_listen(struct cell *cell)
{
	struct event_base *loop = cell->cells->loop;

	cell->control_in = event_new(loop, cell->control_fd, EV_READ | EV_PERSIST, on_control_in, cell);
	cell->control_out = event_new(loop, cell->control_fd, EV_WRITE, on_control_out, cell);
	cell->log_in = event_new(loop, cell->log_fd, EV_READ | EV_PERSIST, on_log, cell);
	cell->status_in = event_new(loop, cell->status_fd, EV_READ | EV_PERSIST, on_status, cell);
	event_add(cell->control_in, NULL);
	event_add(cell->log_in, NULL);
	event_add(cell->status_in, NULL);
}

void
cell_put(struct cell *cell, const struct wire_frame *head, const struct iovec *parts, int n, struct payload *tail)
{
	if (cell->phase >= PHASE_KILLED || cell->closed)
		return;
	frames_put(&cell->out, head, parts, n, tail);
	if (frames_copied(&cell->out) > CELL_OUT_MAX) {
		cell_kill(cell, HOSPES_ESTUCK, "it does not read what the host sends");
		return;
	}
	if (cell->is_dirty)
		return;
	cell->is_dirty = true;
	TAILQ_INSERT_TAIL(&cell->cells->dirty, cell, dirty);
	cells_at_turn(cell->cells);
}

void
cell_flush(struct cell *cell)
{
	if (cell->is_dirty) {
		cell->is_dirty = false;
		TAILQ_REMOVE(&cell->cells->dirty, cell, dirty);
	}
	if (cell->phase >= PHASE_KILLED || cell->closed)
		return;
	spin_sends(cell);
	frames_settle(&cell->out, cell->page);
	if (cell->out.n > 0 && !frames_mail(&cell->out, cell->page)) {
		/* A broken socket is noticed where it is read. */
		if (frames_flush(&cell->out, cell->control_fd) == 1)
			event_add(cell->control_out, NULL);
		atomic_store(&cell->page->rings, ++cell->rings);
	}
}

void
cell_stop(struct cell *cell)
{
	struct wire_frame head = {.type = WIRE_STOP, .ordinal = WIRE_NO_ORDINAL};

	assert(cell->n_calls == 0);
	if (cell->phase >= PHASE_STOPPING)
		return;
	if (cell->phase != PHASE_READY) {
		cell_kill(cell, HOSPES_ECANCELLED, "it is no longer needed");
		return;
	}
	cell_put(cell, &head, NULL, 0, NULL);
	cell->phase = PHASE_STOPPING;
	cell->end_by_ns = cell->cells->mono_ns() + STOP_GRACE_NS;
	watchdog_wake(cell->cells);
}

void
cell_kill(struct cell *cell, int status, const char *why)
{
	char object[OBJECT_TEXT];

	if (cell->phase >= PHASE_KILLED)
		return;
	object_text(cell->spec.object, object);
	fault_set(&cell->why, status, "%s", why);
	cell->phase = PHASE_KILLED;
	spin_stop(cell);
	cell->end_by_ns = cell->cells->mono_ns() + KILL_GRACE_NS;
	event_del(cell->control_in);
	event_del(cell->control_out);
	spawner_kill(cell->cells, cell->id);
	watchdog_wake(cell->cells);
	if (status != HOSPES_ECANCELLED && cell->proof == NULL)
		log_warn("cell killed", LOG_S("plugin", cell->spec.spec.plugin),
		    LOG_S("version", cell->spec.spec.semver), LOG_S("object", object), LOG_I("pid", cell->pid),
		    LOG_S("why", why));
}

struct cell_info
cell_info(const struct cell *cell)
{
	return (struct cell_info){
	    .pid = cell->pid,
	    .layers = cell->ready ? cell->layers : cell->cells->layers, /* no call runs before it has those */
	    .quarantine = cell->kind == CELL_QUARANTINE,
	    .calls = cell->n_calls,
	};
}

/* What its handler of fatal signals wrote on the page, made fit for a sentence. */
void
cell_report(const struct cell *cell, char *out, size_t size)
{
	char copy[sizeof(cell->page->report)];
	size_t len = atomic_load(&cell->page->report_len);

	if (len > sizeof(copy))
		len = sizeof(copy);
	memcpy(copy, cell->page->report, len);
	text_clean(out, size, copy, len);
}

void
cell_ended(struct cell *cell)
{
	struct cells *cells = cell->cells;

	event_del(cell->status_in);
	read_rest(cell);
	cell_log_end(cell);
	cell->phase = PHASE_DEAD;
	if (cell->proof != NULL)
		proof_ended(cell);
	if (cell->told) {
		struct cell_info info = cell_info(cell);
		char report[sizeof(cell->page->report) + 1];

		cell_report(cell, report, sizeof(report));
		cells->events.cell_ended(&cell->spec.spec, &info, cell->ended ? cell->status.wait_status : SIGKILL,
		    &cell->status.usage, report, cells->events.arg);
	}
	death_of(cell);
}

static void
event_drop(struct event **ev)
{
	if (*ev != NULL)
		event_free(*ev);
	*ev = NULL;
}

void
cell_free(struct cell *cell)
{
	struct cells *cells = cell->cells;

	assert(cell->magic == CELL_MAGIC);
	assert(TAILQ_EMPTY(&cell->calls));
	if (cell->is_dirty)
		TAILQ_REMOVE(&cells->dirty, cell, dirty);
	slice_forget(cell);
	spin_stop(cell);
	TAILQ_REMOVE(&cells->all, cell, all);
	if (cell->pool != NULL)
		TAILQ_REMOVE(&cell->pool->list, cell, in_pool);
	event_drop(&cell->control_in);
	event_drop(&cell->control_out);
	event_drop(&cell->log_in);
	event_drop(&cell->status_in);
	close_p(&cell->control_fd);
	close_p(&cell->log_fd);
	close_p(&cell->status_fd);
	if (cell->page != NULL)
		munmap(cell->page, sizeof(*cell->page));
	frames_in_free(&cell->in);
	frames_out_free(&cell->out);
	map_free(&cell->gone);
	map_free(&cell->evicting);
	uid_give(cells, cell->uid);
	spec_copy_free(&cell->spec);
	cell->magic = 0;
	free(cell);
}
