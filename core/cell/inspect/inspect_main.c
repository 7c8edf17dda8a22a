/*
 * hospes-inspect: reads what a plugin file says about itself, without ever loading it.
 *
 *   hospes-inspect --jailed LAYERS UID    started by hospes-spawner: the file is open at descriptor 4
 *   hospes-inspect --file PATH            started by `hospes info`: opens the file, then jails itself
 *
 * Either way the file is read after every door is shut: no capabilities, no other files, no network, one strict filter of
 * system calls.  Standard output gets one line with a JSON object:
 *
 *   {"ok": true,
 *    "notes": {"kind": "agent", "name": "wordcount", "version": "1.0.0", "abi": "1.0", "summary": "...",
 *              "capabilities": ["count.words"], "needs": ["call:cap:read.*"], "subscribes": [],
 *              "config": {"at_once": {"type": "int", "default": 4}},
 *              "memory_mib"?: 64, "recursion": 0, "price_micros": 0, "state_cell": false,
 *              "input": {...}, "output": {...}, "effect": "pure", "license": "MIT"},   the last four where declared
 *    "imports": ["hospes_reply", ...], "needed": ["libhospes.so.1", ...]}
 *
 *   {"ok": false, "code": "forbidden_import", "message": "expected ..., found ...", "name": "x", "version": "1.0.0"}
 *
 * the last two where its notes can be read.
 *
 * Codes: bad_plugin, wrong_machine, abi_mismatch, forbidden_import, missing_symbol, too_large, io_error, sandbox_missing,
 * not_found (--file only).
 * It exits with 0 when there is an answer, of either kind.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"

#include "base/fd.h"
#include "base/util.h"
#include "cell/guest/guest.h"
#include "cell/inspect/inspector.h"
#include "cell/guest/sandbox.h"

#define FD_FILE     4
#define CPU_SECONDS 10

/* The file, its parsed form and as much again. */
#define DATA_BYTES ((uint64_t)4 * INSPECT_FILE_MAX)

#ifdef HOSPES_SANITIZERS
#define RELAXED true
#else
#define RELAXED false
#endif

static int
answer(json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);
	int rc = text == NULL ? -1 : fd_write_all(STDOUT_FILENO, text, strlen(text));

	if (rc == 0)
		rc = fd_write_all(STDOUT_FILENO, "\n", 1);
	return rc == 0 ? 0 : 1;
}

static int
refuse(const struct fault *fault)
{
	return answer(inspect_refusal(fault));
}

static int
missing(int rc, bool degraded)
{
	return degraded ? 0 : rc;
}

/* Shuts the doors.  What a machine lacks of namespaces or Landlock is left out; the filter is not, nor another required layer,
 * unless the host found one missing and the operator said to go on. */
static int
jail(uint32_t layers, uid_t uid, bool output_file, bool degraded, struct fault *fault)
{
	const struct sandbox_profile *profile = sandbox_profile(RELAXED);
	int rc;

	if (layers & LAYER_MOUNT_NS)
		(void)sandbox_root((layers & LAYER_PID_NS) != 0, false, uid, (gid_t)uid);
	rc = sandbox_become(uid, (gid_t)uid);
	if (rc == 0)
		rc = missing(sandbox_limit(profile, DATA_BYTES, 2 * DATA_BYTES, output_file), degraded);
	if (rc == 0)
		rc = missing(sandbox_limit_cpu(CPU_SECONDS), degraded);
	if (rc == 0)
		rc = missing(sandbox_drop_caps(), degraded);
	if (rc == 0)
		rc = missing(sandbox_no_new_privs(), degraded);
	if (rc == 0)
		(void)sandbox_landlock(-1);
	if (rc == 0)
		rc = missing(sandbox_filter(FILTER_INSPECTING, profile), degraded);
	if (rc == 0)
		return 0;
	return fault_set(fault, HOSPES_ESANDBOX,
	    "expected to shut the inspector in before it reads the file, found: %s; see `hospes doctor`",
	    strerror(-rc));
}

static int
inspect(int fd)
{
	struct buf bytes = {0};
	struct fault fault;

	if (fd_read_all(fd, &bytes, INSPECT_FILE_MAX, &fault) != 0)
		return refuse(&fault);
	return answer(inspect_answer(bytes.data, bytes.len));
}

static int
inspect_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st, out;
	struct fault fault;

	if (fd < 0 || fstat(fd, &st) != 0) {
		fault_set(&fault, errno == ENOENT ? HOSPES_ENOENT : HOSPES_EIO, "expected to read %s, found: %s", path,
		    strerror(errno));
		return refuse(&fault);
	}
	if (!S_ISREG(st.st_mode)) {
		fault_set(&fault, HOSPES_EBADPLUGIN, "expected a shared object, found that %s is not a file", path);
		return refuse(&fault);
	}
	if (jail(0, (uid_t)-1, fstat(STDOUT_FILENO, &out) == 0 && S_ISREG(out.st_mode), false, &fault) != 0)
		return refuse(&fault);
	return inspect(fd);
}

int
main(int argc, char **argv)
{
	struct fault fault;
	int rc;

	/* Members in one order, and no file opened for a seed. */
	json_object_seed(1);
	if (argc == 3 && strcmp(argv[1], "--file") == 0)
		_exit(inspect_path(argv[2]));
	if (argc != 4 || (strcmp(argv[1], "--jailed") != 0 && strcmp(argv[1], "--degraded") != 0)) {
		fprintf(stderr, "usage: hospes-inspect --file PATH\n");
		return 2;
	}
	rc = jail((uint32_t)strtoul(argv[2], NULL, 16), (uid_t)strtol(argv[3], NULL, 10), false,
	    strcmp(argv[1], "--degraded") == 0, &fault);
	_exit(rc != 0 ? refuse(&fault) : inspect(FD_FILE));
}
