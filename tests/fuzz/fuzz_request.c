/* Fuzz: what a client sends, whole connections of it, to the real API over its socket; the rooms below are fakes. */

#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../unit/api_fakes.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/log.h"
#include "base/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static char path[] = "fuzz/request.sock"; /* one that an earlier run left is removed by api_open */
static struct event_base *loop;

static void
serve(void)
{
	struct api_options options = {.policy = &fakes.policy, .journal = (struct journal *)(uintptr_t)&fakes};
	struct fault fault;
	struct api *api;

	log_set_level(LOG_LEVEL_ERROR);
	fakes_reset(path);
	fakes.policy.input_max = 4096;
	loop = options.loop = event_base_new();
	if (api_open(&api, &options, &fault) != 0)
		abort();
}

static int
dial(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(at.sun_path, path, sizeof(path));
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		abort();
	fd_set_nonblock(fd);
	return fd;
}

/* Turns the loop until nothing more comes of it. */
static void
settle(int fd)
{
	char bytes[4096];

	for (int quiet = 0; quiet < 3;) {
		ssize_t n;

		event_base_loop(loop, EVLOOP_NONBLOCK);
		n = recv(fd, bytes, sizeof(bytes), 0);
		if (n == 0)
			return;
		quiet = n > 0 ? 0 : quiet + 1;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	_cleanup_(json_p) json_t *event = NULL;
	int fd;

	if (loop == NULL)
		serve();
	fakes.has_run = len % 2 == 0;
	fakes.store_has_run = len % 3 == 0;
	fakes.run.state = RUN_OPEN;
	fakes.keys_wait = len % 5 == 0;
	json_decref(fakes.request);
	fakes.request = NULL;
	fd = dial();
	if (send(fd, data, len, MSG_NOSIGNAL) < 0)
		event_base_loop(loop, EVLOOP_NONBLOCK);
	settle(fd);
	if (fakes.keys != NULL)
		fake_keys();
	event = json_pack("{s:s}", "type", "call_started");
	fake_event(event);
	fake_event(NULL);
	shutdown(fd, SHUT_WR);
	settle(fd);
	close(fd);
	event_base_loop(loop, EVLOOP_NONBLOCK);
	event_base_loop(loop, EVLOOP_NONBLOCK);
	if (fakes.watches != 0)
		abort();
	return 0;
}
