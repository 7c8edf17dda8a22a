/* See test_host.h. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <sodium.h>

#include "base/fd.h"
#include "base/id.h"
#include "base/util.h"
#include "cli/process.h"
#include "cli/test_host.h"

#define PLUGIN_MAX (256 * MIB)
#define READY_MS   60000
#define TMPDIR_MAX 60 /* a socket's path has 107 bytes at most */

struct test_host {
	char *dir, *state, *socket, *plugins, *log, *program;
	char object[2 * crypto_hash_sha256_BYTES + 1];
	pid_t pid;
};

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static void
become_host(const struct test_host *h, int ready)
{
	_cleanup_(close_p) int log = open(h->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	_cleanup_(close_p) int none = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char number[16];

	snprintf(number, sizeof(number), "%d", ready);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || log < 0 || none < 0 || fcntl(ready, F_SETFD, 0) != 0)
		_exit(127);
	if (dup2(none, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
		_exit(127);
	execl(h->program, h->program, "--dev", "--scripted", "--state", h->state, "--socket", h->socket, "--plugins",
	    h->plugins, "--ready-fd", number, (char *)NULL);
	_exit(127);
}

static void
end_host(struct test_host *h)
{
	int status;

	if (h->pid <= 0)
		return;
	kill(h->pid, SIGTERM);
	while (waitpid(h->pid, &status, 0) < 0 && errno == EINTR)
		;
	h->pid = 0;
}

/* One byte: it serves.  The end of the pipe: it has ended. */
static int
wait_ready(struct test_host *h, int ready, struct fault *fault)
{
	struct pollfd p = {.fd = ready, .events = POLLIN};
	char byte;
	int n;

	while ((n = poll(&p, 1, READY_MS)) < 0 && errno == EINTR)
		;
	if (n > 0 && read(ready, &byte, 1) == 1)
		return 0;
	end_host(h);
	if (n == 0)
		return fault_set(fault, HOSPES_EBUG, "the private host was not ready after %d s", READY_MS / 1000);
	return fault_set(fault, HOSPES_ENOHOST, "the private host ended before it was ready; its log says why");
}

static int
launch(struct test_host *h, struct fault *fault)
{
	_cleanup_(close_p) int ready = -1;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) != 0)
		return fault_errno(fault, errno, "no pipe for the private host");
	ready = fds[0];
	h->pid = fork();
	if (h->pid == 0)
		become_host(h, fds[1]);
	close(fds[1]);
	if (h->pid < 0)
		return fault_errno(fault, errno, "the private host could not be started");
	return wait_ready(h, ready, fault);
}

static int
make_folder(const char *path, struct fault *fault)
{
	return mkdir(path, 0700) == 0 ? 0 : fault_errno(fault, errno, "the folder %s cannot be made", path);
}

static int
prepare(struct test_host *h, const char *plugin_file, struct fault *fault)
{
	const char *base = strrchr(plugin_file, '/');
	_cleanup_(buf_free) struct buf bytes = {0};
	_cleanup_(free_p) char *copy = NULL;
	unsigned char hash[crypto_hash_sha256_BYTES];
	int rc;

	rc = process_path(INSTALL_SBIN, "hospesd", &h->program, fault);
	if (rc == 0)
		rc = fd_read_file(plugin_file, &bytes, PLUGIN_MAX, fault);
	if (rc != 0)
		return rc;
	crypto_hash_sha256(hash, bytes.data != NULL ? bytes.data : (const unsigned char *)"", bytes.len);
	hex_format(hash, sizeof(hash), h->object);
	if ((rc = make_folder(h->plugins, fault)) != 0 || (rc = make_folder(h->state, fault)) != 0)
		return rc;
	copy = xasprintf("%s/%s", h->plugins, base != NULL ? base + 1 : plugin_file);
	return fd_write_file(copy, bytes.data, bytes.len, 0644, fault);
}

int
test_host_start(struct test_host **ret, const char *plugin_file, struct fault *fault)
{
	const char *tmp = getenv("TMPDIR");
	struct test_host *h;
	char *dir;
	int rc;

	if (tmp == NULL || tmp[0] != '/' || strlen(tmp) > TMPDIR_MAX)
		tmp = "/tmp";
	dir = xasprintf("%s/hospes-test-XXXXXX", tmp);
	if (mkdtemp(dir) == NULL) {
		rc = fault_errno(fault, errno, "no temporary folder below %s", tmp);
		free(dir);
		return rc;
	}
	h = xcalloc(1, sizeof(*h));
	h->dir = dir;
	h->state = xasprintf("%s/state", dir);
	h->socket = xasprintf("%s/s", dir);
	h->plugins = xasprintf("%s/plugins", dir);
	h->log = xasprintf("%s/log", dir);
	*ret = h;
	rc = prepare(h, plugin_file, fault);
	return rc != 0 ? rc : launch(h, fault);
}

int
test_host_restart(struct test_host *h, struct fault *fault)
{
	int rc;

	end_host(h);
	remove_tree(h->state);
	rc = make_folder(h->state, fault);
	return rc != 0 ? rc : launch(h, fault);
}

void
test_host_stop(struct test_host **hp)
{
	struct test_host *h = *hp;

	if (h == NULL)
		return;
	end_host(h);
	remove_tree(h->dir);
	free(h->dir);
	free(h->state);
	free(h->socket);
	free(h->plugins);
	free(h->log);
	free(h->program);
	free(h);
	*hp = NULL;
}

const char *
test_host_socket(const struct test_host *h)
{
	return h->socket;
}

const char *
test_host_object(const struct test_host *h)
{
	return h->object;
}

const char *
test_host_log(const struct test_host *h)
{
	return h->log;
}
