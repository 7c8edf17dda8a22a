/*
 * A host for the tests of libhospes.
 */

#include "sdk_host.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a sanitizer build: what the cell still holds and nobody points to. */
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

/* [child] */
static void
cell_serve(int fd, struct wire_page *page, const struct hospes_plugin *plugin, unsigned fibers)
{
	struct wire_setup setup = {.version = WIRE_VERSION, .fibers = fibers, .stack_bytes = 256 * 1024};
	int rc = hospes_rt_open(fd, page, &setup);

	if (rc == 0)
		rc = hospes_rt_serve(plugin);
	if (rc == 0 && atomic_load(&page->current) != 0)
		rc = -1;
	if (rc == 0 && __lsan_do_recoverable_leak_check != NULL && __lsan_do_recoverable_leak_check() != 0)
		rc = -2;
	_exit(rc == 0 ? 0 : 1);
}

/* Forks; true in the child, with *end its end of the socket. */
static bool
host_fork(struct host *host, int *end)
{
	struct timeval patience = {.tv_sec = 20};
	int fds[2];

	*host = (struct host){0};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	host->page = mmap(NULL, sizeof(*host->page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(host->page != MAP_FAILED);
	fflush(NULL);
	host->cell = fork();
	assert_true(host->cell >= 0);
	*end = fds[1];
	if (host->cell == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing of a test that failed stays */
		close(fds[0]);
		return true;
	}
	close(fds[1]);
	host->fd = fds[0];
	assert_int_equal(setsockopt(host->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	return false;
}

void
host_start(struct host *host, hospes_handler *handler, unsigned fibers)
{
	struct hospes_plugin plugin = {.magic = HOSPES_PLUGIN_MAGIC, .size = sizeof(plugin), .handler = handler};
	int end;

	if (host_fork(host, &end))
		cell_serve(end, host->page, &plugin, fibers);
}

void
host_start_object(struct host *host, const char *object)
{
	int end;

	if (host_fork(host, &end)) {
		void *loaded = dlopen(object, RTLD_NOW | RTLD_LOCAL);
		const struct hospes_plugin *plugin = loaded == NULL ? NULL : dlsym(loaded, "hospes_plugin_v1");

		if (plugin == NULL) {
			fprintf(stderr, "%s\n", dlerror());
			_exit(2);
		}
		cell_serve(end, host->page, plugin, 16);
	}
}

static void
host_end(struct host *host)
{
	close(host->fd);
	munmap(host->page, sizeof(*host->page));
	free(host->early);
	host->early = NULL;
	host->early_at = host->early_len = host->early_cap = 0;
}

void
host_stop(struct host *host)
{
	int status;

	host_send(host, WIRE_STOP, 0, WIRE_NO_ORDINAL, 0, NULL, 0);
	assert_int_equal(waitpid(host->cell, &status, 0), host->cell);
	assert_int_equal(status, 0);
	host_end(host);
}

void
host_kill(struct host *host)
{
	assert_int_equal(kill(host->cell, SIGKILL), 0);
	assert_int_equal(waitpid(host->cell, NULL, 0), host->cell);
	host_end(host);
}

/* ---- Saying ------------------------------------------------------------------------------------------------------ */

/* Takes in what the cell says while the socket is full: neither end may wait for the other to read first. */
static void
host_listen(struct host *host)
{
	struct pollfd ready = {.fd = host->fd, .events = POLLIN | POLLOUT};
	ssize_t got;

	assert_true(poll(&ready, 1, 20000) > 0);
	if (!(ready.revents & POLLIN))
		return;
	if (host->early_cap - host->early_len < 65536) {
		host->early_cap = host->early_cap * 2 + 65536;
		host->early = realloc(host->early, host->early_cap);
		assert_non_null(host->early);
	}
	got = recv(host->fd, host->early + host->early_len, 65536, MSG_DONTWAIT);
	if (got > 0)
		host->early_len += (size_t)got;
}

static void
host_write(struct host *host, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t sent = send(host->fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EAGAIN) {
			host_listen(host);
			continue;
		}
		assert_true(sent > 0);
		at += sent;
		len -= (size_t)sent;
	}
}

void
host_send(
    struct host *host, uint16_t type, uint64_t call, uint32_t ordinal, int32_t status, const void *bytes, size_t len)
{
	struct wire_frame frame = {
	    .length = (uint32_t)len, .type = type, .call = call, .ordinal = ordinal, .status = status};

	host_write(host, &frame, sizeof(frame));
	host_write(host, bytes, len);
}

void
host_call(struct host *host, uint64_t call, const char *config, const char *input)
{
	host_call_again(host, call, config, input, "");
}

void
host_call_again(struct host *host, uint64_t call, const char *config, const char *input, const char *findings)
{
	static const char run[] = "01HZZZZZZZZZZZZZZZZZZZZZZZ", path[] = "/0/3";
	struct wire_start start = {.config_len = (uint32_t)strlen(config),
	    .run_len = 26,
	    .path_len = 4,
	    .findings_len = (uint32_t)strlen(findings)};
	size_t len =
	    sizeof(start) + start.config_len + start.run_len + start.path_len + start.findings_len + strlen(input);
	char *bytes = malloc(len + 1);

	assert_non_null(bytes);
	memcpy(bytes, &start, sizeof(start));
	sprintf(bytes + sizeof(start), "%s%s%s%s%s", config, run, path, findings, input);
	host_send(host, WIRE_START, call, WIRE_NO_ORDINAL, 0, bytes, len);
	free(bytes);
}

void
host_answer_bytes(struct host *host, uint64_t call, uint32_t ordinal, const void *bytes, size_t len)
{
	struct wire_outcome outcome = {.confidence = 0.75};
	char *whole = malloc(sizeof(outcome) + len);

	assert_non_null(whole);
	memcpy(whole, &outcome, sizeof(outcome));
	memcpy(whole + sizeof(outcome), bytes, len);
	host_send(host, WIRE_OUTCOME, call, ordinal, 0, whole, sizeof(outcome) + len);
	free(whole);
}

void
host_answer(struct host *host, uint64_t call, uint32_t ordinal, const char *json)
{
	host_answer_bytes(host, call, ordinal, json, strlen(json));
}

void
host_refuse(struct host *host, uint64_t call, uint32_t ordinal, int status, const char *sentence)
{
	char bytes[sizeof(struct wire_outcome) + 256] = {0};

	assert_true(strlen(sentence) <= 256);
	memcpy(bytes + sizeof(struct wire_outcome), sentence, strlen(sentence));
	host_send(host, WIRE_OUTCOME, call, ordinal, status, bytes, sizeof(struct wire_outcome) + strlen(sentence));
}

/* ---- Hearing ----------------------------------------------------------------------------------------------------- */

static void
host_read_exact(struct host *host, void *bytes, size_t len)
{
	char *at = bytes;

	while (len > 0) {
		size_t early = host->early_len - host->early_at;
		ssize_t got;

		if (early > 0) {
			got = (ssize_t)(early < len ? early : len);
			memcpy(at, host->early + host->early_at, (size_t)got);
			host->early_at += (size_t)got;
		} else {
			host->early_at = host->early_len = 0;
			got = recv(host->fd, at, len, 0);
		}
		assert_true(got > 0);
		at += got;
		len -= (size_t)got;
	}
}

void
said_free(struct said *said)
{
	free(said->bytes);
	said->bytes = NULL;
}

void
host_read(struct host *host, struct said *said)
{
	struct said fresh = {.bytes = NULL};
	size_t len;

	said_free(said);
	*said = fresh;
	host_read_exact(host, &said->frame, sizeof(said->frame));
	assert_true(said->frame.length <= WIRE_FRAME_MAX);
	len = said->frame.length;
	said->bytes = calloc(1, len + 1);
	assert_non_null(said->bytes);
	host_read_exact(host, said->bytes, len);
	if (said->frame.type == WIRE_OP) {
		assert_true(len >= sizeof(said->op));
		memcpy(&said->op, said->bytes, sizeof(said->op));
		assert_true(said->op.target_len < sizeof(said->target));
		memcpy(said->target, said->bytes + sizeof(said->op), said->op.target_len);
		said->input =
		    said->bytes + sizeof(said->op) + said->op.target_len + said->op.version_len + said->op.key_len;
		said->input_len = (size_t)(said->bytes + len - said->input);
	} else if (said->frame.type == WIRE_REPLY) {
		assert_true(len >= sizeof(said->reply));
		memcpy(&said->reply, said->bytes, sizeof(said->reply));
		said->partial = (char *)said->bytes + sizeof(said->reply);
		said->text = said->partial + said->reply.partial_len;
	}
}

void
host_expect(struct host *host, struct said *said, uint16_t type, uint64_t call)
{
	host_read(host, said);
	assert_int_equal(said->frame.type, type);
	assert_int_equal(said->frame.call, call);
}

void
host_expect_op(struct host *host, struct said *said, uint64_t call, uint32_t ordinal, uint16_t kind, const char *target)
{
	host_expect(host, said, WIRE_OP, call);
	assert_int_equal(said->frame.ordinal, ordinal);
	assert_int_equal(said->op.kind, kind);
	assert_string_equal(said->target, target);
}

void
host_expect_reply(struct host *host, uint64_t call, int status, const char *text)
{
	struct said said = {.bytes = NULL};

	host_expect(host, &said, WIRE_REPLY, call);
	assert_string_equal(said.text, text);
	assert_int_equal(said.frame.status, status);
	said_free(&said);
}

void
host_expect_silence(struct host *host)
{
	struct said said = {.bytes = NULL};

	host_send(host, WIRE_PING, 0, WIRE_NO_ORDINAL, 0, NULL, 0);
	host_expect(host, &said, WIRE_PONG, 0);
	said_free(&said);
}
