/* See private_host.h. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/fd.h"
#include "base/id.h"
#include "base/install.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/client.h"
#include "cli/keeper.h"
#include "cli/private_host.h"
#include "cli/process.h"
#include "cli/text.h"
#include "cli/user_dirs.h"

#define PLUGIN_MAX (64 * MIB) /* as the host has it */
#define LOG_MAX    (16 * MIB)
#define READY_MS   60000
#define TMPDIR_MAX 60 /* a socket's path has 107 bytes at most */
#define ARGS_MAX   64

struct private_host {
	const struct private_host_options *options;
	char *dir, *state, *socket, *plugins, *log, *config, *user_plugins, *program;
	char (*objects)[2 * crypto_hash_sha256_BYTES + 1];
	struct keeper keeper;
	int ready; /* what host and keeper tell */
};

/* ---- The folder -------------------------------------------------------------------------------------------------- */

static int
make_folder(const char *path, struct fault *fault)
{
	return mkdir(path, 0700) == 0 ? 0 : fault_errno(fault, errno, "the folder %s cannot be made", path);
}

static int
drop_file(struct private_host *h, unsigned i, struct fault *fault)
{
	const char *file = h->options->files[i], *base = strrchr(file, '/');
	_cleanup_(free_p) char *copy = xasprintf("%s/%s", h->plugins, base != NULL ? base + 1 : file);
	_cleanup_(buf_free) struct buf bytes = {0};
	unsigned char hash[crypto_hash_sha256_BYTES];
	int rc = fd_read_file(file, &bytes, PLUGIN_MAX, fault);

	if (rc != 0)
		return rc;
	crypto_hash_sha256(hash, bytes.data != NULL ? bytes.data : (const unsigned char *)"", bytes.len);
	hex_format(hash, sizeof(hash), h->objects[i]);
	return fd_write_file(copy, bytes.data, bytes.len, 0644, fault);
}

static int
prepare(struct private_host *h, struct fault *fault)
{
	const char *const *files = h->options->files;
	unsigned n = 0;
	int rc = process_path(INSTALL_SBIN, "hospesd", &h->program, fault);

	if (rc == 0 && !h->options->own_state)
		rc = make_folder(h->state, fault);
	if (rc == 0 && h->options->config_text != NULL)
		rc = fd_write_file(h->config, h->options->config_text, strlen(h->options->config_text), 0600, fault);
	if (rc != 0 || files == NULL)
		return rc;
	while (files[n] != NULL)
		n++;
	h->objects = xcalloc(n + 1, sizeof(*h->objects));
	rc = make_folder(h->plugins, fault);
	for (unsigned i = 0; rc == 0 && i < n; i++)
		rc = drop_file(h, i, fault);
	return rc;
}

/* ---- Starting ---------------------------------------------------------------------------------------------------- */

/* The last error in its log, which is why it ended. */
static int
why_it_ended(const struct private_host *h, struct fault *fault)
{
	_cleanup_(buf_free) struct buf log = {0};
	char *line, *last = NULL, *rest = NULL, *colon;
	struct fault ignored;
	int status;

	if (fd_read_file(h->log, &log, LOG_MAX, &ignored) == 0) {
		(void)buf_text(&log);
		for (line = strtok_r((char *)log.data, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
			if (strncmp(line, "error: ", 7) == 0)
				last = line + 7;
	}
	colon = last != NULL ? strstr(last, ": ") : NULL;
	if (colon == NULL)
		return fault_set(
		    fault, HOSPES_ENOHOST, "the private host ended before it was ready, and did not say why");
	*colon = '\0';
	status = status_number(last);
	return fault_set(fault, status != 0 ? status : HOSPES_ENOHOST, "the private host did not start: %s", colon + 2);
}

/* The next byte that program or keeper say; 0: none within the time, or the end; -1: interrupted. */
static int
next_told(const struct private_host *h)
{
	_cleanup_(close_p) int signals = -1;
	struct pollfd p[2] = {{.fd = h->ready, .events = POLLIN}, {.events = POLLIN}};
	sigset_t interrupts;
	char byte;
	int n;

	sigemptyset(&interrupts);
	sigaddset(&interrupts, SIGINT);
	sigaddset(&interrupts, SIGTERM);
	p[1].fd = signals = signalfd(-1, &interrupts, SFD_CLOEXEC);
	while ((n = poll(p, 2, READY_MS)) < 0 && errno == EINTR)
		;
	if (n > 0 && p[0].revents == 0)
		return -1;
	return n > 0 && read(h->ready, &byte, 1) == 1 ? byte : 0;
}

static int
wait_ready(const struct private_host *h, struct fault *fault)
{
	int told = next_told(h);

	switch (told) {
	case '\n':
		return 0;
	case -1:
		return fault_set(fault, HOSPES_ECANCELLED, "interrupted while the private host started");
	case KEEPER_ENDED:
		return why_it_ended(h, fault);
	default:
		return fault_set(fault, HOSPES_EBUG, "the private host was not ready after %d s", READY_MS / 1000);
	}
}

static void
compose(const struct private_host *h, const char *ready_fd, const char *argv[ARGS_MAX])
{
	const struct private_host_options *o = h->options;
	int n = 0;

	argv[n++] = h->program;
	argv[n++] = "--dev";
	argv[n++] = "--degraded";
	argv[n++] = "--socket", argv[n++] = h->socket;
	argv[n++] = "--ready-fd", argv[n++] = ready_fd;
	if (o->scripted)
		argv[n++] = "--scripted";
	if (!o->own_state)
		argv[n++] = "--state", argv[n++] = h->state;
	if (o->config != NULL || o->config_text != NULL)
		argv[n++] = "--config", argv[n++] = o->config != NULL ? o->config : h->config;
	if (o->files != NULL)
		argv[n++] = "--plugins", argv[n++] = h->plugins;
	/* Named, so that the host does not make the user's where there is none. */
	if (o->files == NULL && o->folders == NULL && h->user_plugins != NULL && access(h->user_plugins, F_OK) == 0)
		argv[n++] = "--plugins", argv[n++] = h->user_plugins;
	if (o->files == NULL && o->folders == NULL)
		argv[n++] = "--plugins", argv[n++] = install_dir(INSTALL_PLUGINS);
	for (unsigned i = 0; o->folders != NULL && o->folders[i] != NULL && n + 3 < ARGS_MAX; i++)
		argv[n++] = "--plugins", argv[n++] = o->folders[i];
	argv[n] = NULL;
}

static int
launch(struct private_host *h, struct fault *fault)
{
	const char *argv[ARGS_MAX];
	struct keeper_program program = {.argv = argv, .log = h->log, .folder = h->dir};
	char number[16];
	int fds[2], rc;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return fault_errno(fault, errno, "no pipe for the private host");
	h->ready = fds[0];
	program.ready_fd = fds[1];
	program.fresh = h->options->own_state || h->options->goes_on ? NULL : h->state;
	snprintf(number, sizeof(number), "%d", fds[1]);
	compose(h, number, argv);
	rc = keeper_start(&h->keeper, &program, fault);
	close(fds[1]);
	return rc != 0 ? rc : wait_ready(h, fault);
}

/* Says which layers its cells are without. */
static void
tell_degraded(const struct private_host *h)
{
	_cleanup_(client_close) struct client *client = NULL;
	_cleanup_(json_p) json_t *host = NULL;
	_cleanup_(buf_free) struct buf names = {0};
	_cleanup_(free_p) char *safe = NULL;
	const json_t *sandbox, *name;
	struct fault ignored;
	size_t i;

	if (client_open(&client, h->socket, &ignored) != 0 || client_get(client, "/v1/host", &host, &ignored) != 0)
		return;
	sandbox = json_object_get(host, "sandbox");
	if (!json_is_true(json_object_get(sandbox, "degraded")))
		return;
	json_array_foreach(json_object_get(sandbox, "missing"), i, name)
	{
		buf_printf(&names, "%s%s", i > 0 ? ", " : "", json_is_string(name) ? json_string_value(name) : "?");
	}
	safe = text_safe(buf_text(&names), false);
	fprintf(stderr, "degraded: plugins run without these layers of the sandbox: %s; `hospes doctor` tells more\n",
	    safe);
}

int
private_host_start(struct private_host **ret, const struct private_host_options *options, struct fault *fault)
{
	const char *tmp = getenv("TMPDIR");
	struct private_host *h;
	char *dir;
	int rc;

	if (tmp == NULL || tmp[0] != '/' || strlen(tmp) > TMPDIR_MAX)
		tmp = "/tmp";
	dir = xasprintf("%s/hospes-%s-XXXXXX", tmp, options->command);
	if (mkdtemp(dir) == NULL) {
		rc = fault_errno(fault, errno, "no temporary folder below %s", tmp);
		free(dir);
		return rc;
	}
	h = xcalloc(1, sizeof(*h));
	h->options = options;
	h->ready = -1;
	h->dir = dir;
	h->state = xasprintf("%s/state", dir);
	h->socket = xasprintf("%s/s", dir);
	h->plugins = xasprintf("%s/plugins", dir);
	h->log = xasprintf("%s/log", dir);
	h->user_plugins = user_plugin_dir();
	h->config = xasprintf("%s/hospes.conf", dir);
	*ret = h;
	rc = prepare(h, fault);
	if (rc == 0)
		rc = launch(h, fault);
	if (rc == 0)
		tell_degraded(h);
	return rc;
}

int
private_host_restart(struct private_host *h, struct fault *fault)
{
	int told;

	keeper_restart(&h->keeper);
	while ((told = next_told(h)) > 0 && told != KEEPER_AGAIN)
		;
	if (told < 0)
		return fault_set(fault, HOSPES_ECANCELLED, "interrupted while the private host ended");
	if (told == 0)
		return fault_set(
		    fault, HOSPES_ENOHOST, "the private host has ended, and who looks after it does not start it again");
	return wait_ready(h, fault);
}

void
private_host_stop(struct private_host **hp)
{
	struct private_host *h = *hp;

	if (h == NULL)
		return;
	keeper_end(&h->keeper);
	keeper_remove_tree(h->dir); /* what was there before there was a keeper, or what one that was killed left */
	close_p(&h->ready);
	free(h->dir);
	free(h->state);
	free(h->socket);
	free(h->plugins);
	free(h->log);
	free(h->config);
	free(h->user_plugins);
	free(h->program);
	free(h->objects);
	free(h);
	*hp = NULL;
}

const char *
private_host_socket(const struct private_host *h)
{
	return h->socket;
}

const char *
private_host_folder(const struct private_host *h)
{
	return h->plugins;
}

const char *
private_host_log(const struct private_host *h)
{
	return h->log;
}

const char *
private_host_object(const struct private_host *h, unsigned i)
{
	return h->objects[i];
}
