/*
 * The inspector: a jailed process that reads a plugin's file and says what it is.
 *
 * It writes one JSON object to a pipe and leaves.  The file is hostile, so the inspector may be made to crash, to run for
 * ever or to write without end: each is a fault of the file.
 */

#include "cell/host.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"

#define INSPECT_NS    (10 * NS_PER_S)
#define INSPECT_BYTES MIB
#define INSPECT_HEAP  (256 * MIB)

struct inspection {
	TAILQ_ENTRY(inspection) next;
	struct cells *cells;
	uint64_t id;
	uint32_t uid;
	int status_fd, out_fd;
	struct event *status_in, *out_in, *timer;
	struct buf out;
	struct spawn_status status, next_status;
	size_t status_have;
	bool out_over, ended;
	struct fault early;
	cells_inspected *done; /* NULL once told */
	void *arg;             /* for `done` */
};

static void
inspection_free(struct inspection *in)
{
	TAILQ_REMOVE(&in->cells->inspections, in, next);
	if (in->status_in != NULL)
		event_free(in->status_in);
	if (in->out_in != NULL)
		event_free(in->out_in);
	event_free(in->timer);
	close_p(&in->status_fd);
	close_p(&in->out_fd);
	buf_free(&in->out);
	uid_give(in->cells, in->uid);
	free(in);
}

/* Tells once; the process may still be on its way out. */
static void
tell(struct inspection *in, json_t *notes, const struct fault *fault)
{
	cells_inspected *done = in->done;

	in->done = NULL;
	if (done != NULL)
		done(notes, fault, in->arg);
}

static void
give_up(struct inspection *in, const char *why)
{
	struct fault fault;

	if (in->done == NULL)
		return;
	if (in->out_in != NULL)
		event_del(in->out_in);
	event_del(in->timer);
	spawner_kill(in->cells, in->id);
	fault_set(&fault, HOSPES_EBADPLUGIN, "%s", why);
	tell(in, NULL, &fault);
}

static void
claim(const json_t *said, const char *key, json_t *claims)
{
	const char *text = json_string_value(json_object_get(said, key));
	char clean[128];

	if (text == NULL)
		return;
	text_clean(clean, sizeof(clean), text, strlen(text));
	json_object_set_new(claims, key, json_string(clean));
}

/* {"ok": false, "code", "message", "name"?, "version"?}: the code is one of our names, or it is bad_plugin. */
static json_t *
refused(const json_t *said, struct fault *fault)
{
	json_t *claims = json_object();
	const char *code = json_string_value(json_object_get(said, "code"));
	const char *message = json_string_value(json_object_get(said, "message"));
	int status = code == NULL ? 0 : status_number(code);
	char clean[FAULT_TEXT];

	if (message == NULL)
		message = "the inspector refused the file and did not say why";
	text_clean(clean, sizeof(clean), message, strlen(message));
	fault_set(fault, status < 0 ? status : HOSPES_EBADPLUGIN, "%s", clean);
	claim(said, "name", claims);
	claim(said, "version", claims);
	return claims;
}

static void
died(const struct inspection *in, struct fault *fault)
{
	if (in->status.error != 0)
		fault_errno(fault, in->status.error, "cannot start the inspector: %s", in->status.what);
	else if (WIFSIGNALED(in->status.wait_status))
		fault_set(fault, HOSPES_EBADPLUGIN, "the inspector was ended by signal %d while it read the file",
		    WTERMSIG(in->status.wait_status));
	else
		fault_set(fault, HOSPES_EBADPLUGIN, "the inspector said nothing of the file and left with status %d",
		    WEXITSTATUS(in->status.wait_status));
}

/* Both pipes are at their end. */
static void
conclude(struct inspection *in)
{
	_cleanup_(json_p) json_t *said = NULL, *claims = NULL;
	struct fault fault = {0};

	if (in->done == NULL)
		return;
	if (in->out.len == 0 || in->status.error != 0)
		died(in, &fault);
	else if ((said = json_read(in->out.data, in->out.len, "what the inspector says", &fault)) == NULL)
		fault.status = HOSPES_EBADPLUGIN;
	else if (!json_is_true(json_object_get(said, "ok")))
		claims = refused(said, &fault);
	if (fault.status != 0)
		tell(in, claims, &fault);
	else
		tell(in, said, NULL);
}

static void
maybe_over(struct inspection *in)
{
	if (!in->ended || (!in->out_over && in->done != NULL))
		return;
	conclude(in);
	inspection_free(in);
}

/* arg: struct inspection. */
static void
on_out(evutil_socket_t fd, short what, void *arg)
{
	struct inspection *in = arg;
	uint8_t chunk[16 * 1024];
	ssize_t n = read(fd, chunk, sizeof(chunk));

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		if (in->out.len + (size_t)n > INSPECT_BYTES)
			give_up(in, "the inspector says more of the file than 1 MiB; its notes are too long");
		else
			buf_append(&in->out, chunk, (size_t)n);
		return;
	}
	event_del(in->out_in);
	in->out_over = true;
	maybe_over(in);
}

/* arg: struct inspection. */
static void
on_status(evutil_socket_t fd, short what, void *arg)
{
	struct inspection *in = arg;
	uint8_t *at = (uint8_t *)&in->next_status + in->status_have;
	ssize_t n = read(fd, at, sizeof(in->next_status) - in->status_have);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		in->status_have += (size_t)n;
		if (in->status_have == sizeof(in->next_status)) {
			in->status_have = 0;
			in->status = in->next_status;
			in->status.what[sizeof(in->status.what) - 1] = '\0';
		}
		return;
	}
	event_del(in->status_in);
	in->ended = true;
	maybe_over(in);
}

/* arg: struct inspection. */
static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	give_up(arg, "the inspector did not come to an end within 10 s");
}

static int
begin(struct inspection *in, int file_fd, struct fault *fault)
{
	static const struct timeval deadline = {INSPECT_NS / NS_PER_S, 0};
	struct event_base *loop = in->cells->loop;
	int status[2] = {-1, -1}, out[2] = {-1, -1}, rc;
	bool degraded = (in->cells->layers & LAYERS_REQUIRED) != LAYERS_REQUIRED; /* then the operator said so */
	struct spawn_request request = {.what = degraded ? SPAWN_INSPECT_DEGRADED : SPAWN_INSPECT,
	    .uid = in->uid,
	    .id = in->id,
	    .memory_bytes = INSPECT_HEAP};

	if (pipe2(status, O_CLOEXEC) != 0)
		return fault_errno(fault, errno, "cannot make a pipe");
	in->status_fd = status[0];
	if (pipe2(out, O_CLOEXEC) != 0) {
		rc = fault_errno(fault, errno, "cannot make a pipe");
		close(status[1]);
		return rc;
	}
	in->out_fd = out[0];
	fd_set_nonblock(in->status_fd);
	fd_set_nonblock(in->out_fd);
	rc = spawner_ask(in->cells, &request, (int[]){status[1], out[1], file_fd}, 3, fault);
	close(status[1]);
	close(out[1]);
	if (rc != 0)
		return rc;
	in->status_in = event_new(loop, in->status_fd, EV_READ | EV_PERSIST, on_status, in);
	in->out_in = event_new(loop, in->out_fd, EV_READ | EV_PERSIST, on_out, in);
	event_add(in->status_in, NULL);
	event_add(in->out_in, NULL);
	event_add(in->timer, &deadline);
	return 0;
}

/* A fault found before there was a process is told in a later turn.  arg: struct inspection. */
static void
on_early(evutil_socket_t fd, short what, void *arg)
{
	struct inspection *in = arg;

	(void)fd;
	(void)what;
	tell(in, NULL, &in->early);
	inspection_free(in);
}

void
cells_inspect(struct cells *cells, int file_fd, cells_inspected *done, void *arg)
{
	static const struct timeval at_once = {0};
	struct inspection *in = xcalloc(1, sizeof(*in));
	bool none;

	in->cells = cells;
	in->id = cells->next_id++;
	in->status_fd = in->out_fd = -1;
	in->done = done;
	in->arg = arg;
	in->uid = uid_take(cells, &none);
	in->timer = event_new(cells->loop, -1, 0, on_deadline, in);
	TAILQ_INSERT_TAIL(&cells->inspections, in, next);
	if (none)
		fault_set(
		    &in->early, HOSPES_EBUSY, "all %u uids that cells may have are in use", cells->policy->cell_uids);
	if (none || begin(in, file_fd, &in->early) != 0) {
		event_free(in->timer);
		in->timer = event_new(cells->loop, -1, 0, on_early, in);
		event_add(in->timer, &at_once);
	}
	close(file_fd);
}

void
inspect_close(struct cells *cells)
{
	struct inspection *in;

	while ((in = TAILQ_FIRST(&cells->inspections)) != NULL)
		inspection_free(in);
}
