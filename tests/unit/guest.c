/* For unit tests: a plugin run by libhospes in a child, with the test as its host. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <dlfcn.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/fd.h"
#include "guest.h"
#include "runtime.h"

#define CALL 7

static void
guest_child(const char *file, int control)
{
	struct wire_setup setup = {
	    .version = WIRE_VERSION, .fibers = 1, .memory_bytes = 256 * MIB, .stack_bytes = 256 * KIB};
	struct wire_page *page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	void *plugin = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	const struct hospes_plugin *p = plugin == NULL ? NULL : dlsym(plugin, "hospes_plugin_v1");

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (p == NULL) {
		fprintf(stderr, "%s\n", dlerror());
		_exit(1);
	}
	_exit(hospes_rt_open(control, page, &setup) != 0 || hospes_rt_serve(p) != 0);
}

static void
send_frame(int fd, uint16_t type, uint32_t ordinal, int32_t status, const struct buf *payload)
{
	struct wire_frame frame = {
	    .length = (uint32_t)payload->len, .type = type, .call = CALL, .ordinal = ordinal, .status = status};

	assert_int_equal(fd_write_all(fd, &frame, sizeof frame), 0);
	assert_int_equal(fd_write_all(fd, payload->data, payload->len), 0);
}

static void
read_exactly(int fd, void *data, size_t len)
{
	for (size_t got = 0; got < len;) {
		ssize_t n = recv(fd, (char *)data + got, len - got, 0);

		if (n <= 0)
			fail_msg("the plugin's process ended");
		got += (size_t)n;
	}
}

static void
guest_start(const struct guest *g, int fd)
{
	static const char run[] = "01J00000000000000000000000", path[] = "/0";
	const char *config = g->config == NULL ? "{}" : g->config;
	struct wire_start start = {.deadline_real_ns = INT64_MAX,
	    .config_len = (uint32_t)strlen(config),
	    .run_len = sizeof run - 1,
	    .path_len = sizeof path - 1};
	_cleanup_(buf_free) struct buf payload = {0};

	buf_append(&payload, &start, sizeof start);
	buf_appends(&payload, config);
	buf_appends(&payload, run);
	buf_appends(&payload, path);
	buf_appends(&payload, g->input);
	send_frame(fd, WIRE_START, WIRE_NO_ORDINAL, 0, &payload);
}

/* Tells the last of the ops waited for; calls and HTTP are answered by the test. */
static void
guest_op(struct guest *g, int fd, const struct wire_frame *frame, const char *payload)
{
	struct guest_answer answer = {.confidence = 1};
	struct wire_outcome outcome;
	_cleanup_(buf_free) struct buf out = {0};
	struct wire_op op;
	const char *at = payload + sizeof op;
	size_t left;

	memcpy(&op, payload, sizeof op);
	left = frame->length - sizeof op - op.target_len - op.version_len - op.key_len;
	if (op.kind == WIRE_OP_FIRST) {
		outcome.confidence = 1;
		buf_append(&out, &outcome, sizeof outcome);
		buf_append(&out, at + op.target_len + op.version_len + op.key_len + left - 4, 4);
		if (left / 4 > g->waited_most)
			g->waited_most = left / 4;
	} else {
		_cleanup_(free_p) char *target = xstrndup(at, op.target_len);
		json_t *input =
		    json_loadb(at + op.target_len + op.version_len + op.key_len, left, JSON_DECODE_ANY, NULL);

		g->answer(&op, target, input, &answer);
		outcome.confidence = answer.confidence;
		buf_append(&out, &outcome, sizeof outcome);
		if (answer.status == 0) {
			_cleanup_(free_p) char *text = json_dumps(answer.value, JSON_ENCODE_ANY);
			buf_appends(&out, text);
		} else {
			buf_appends(&out, answer.message);
		}
		json_decref(answer.value);
		json_decref(input);
	}
	send_frame(fd, WIRE_OUTCOME, frame->ordinal, answer.status, &out);
}

static void
guest_reply(struct guest *g, const struct wire_frame *frame, const char *payload)
{
	struct wire_reply reply;
	const char *value = payload + sizeof reply;
	size_t len;

	memcpy(&reply, payload, sizeof reply);
	value += reply.partial_len;
	len = frame->length - sizeof reply - reply.partial_len;
	g->status = frame->status;
	g->confidence = reply.confidence;
	if (reply.partial_len > 0)
		g->partial = json_loadb(payload + sizeof reply, reply.partial_len, 0, NULL);
	if (frame->status == 0) {
		g->reply = json_loadb(value, len, JSON_DECODE_ANY, NULL);
		assert_non_null(g->reply);
	} else {
		snprintf(g->message, sizeof g->message, "%.*s", (int)len, value);
	}
}

void
guest_run(struct guest *g)
{
	struct wire_frame frame = {0};
	int sock[2];
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sock), 0);
	pid = fork();
	if (pid == 0) {
		close(sock[0]);
		guest_child(g->file, sock[1]);
	}
	close(sock[1]);
	guest_start(g, sock[0]);
	while (frame.type != WIRE_REPLY) {
		_cleanup_(free_p) char *payload = NULL;

		read_exactly(sock[0], &frame, sizeof frame);
		payload = xmalloc(frame.length + 1);
		read_exactly(sock[0], payload, frame.length);
		if (frame.type == WIRE_OP)
			guest_op(g, sock[0], &frame, payload);
		else if (frame.type == WIRE_REPLY)
			guest_reply(g, &frame, payload);
		else if (frame.type == WIRE_PROGRESS)
			g->progress++;
	}
	close(sock[0]);
	waitpid(pid, NULL, 0);
}

void
guest_clear(struct guest *g)
{
	json_decref(g->reply);
	json_decref(g->partial);
	*g = (struct guest){0};
}
