/* Making a backup: what both ways have in common, and the one of a state directory that nobody uses. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/make.h"
#include "backup/restoring.h"
#include "base/clock.h"
#include "base/fd.h"

#define STORE_FILE "store/data.mdb"

int
making_check_place(const char *state_dir, const char *to, struct fault *fault)
{
	_cleanup_(free_p) char *above = xstrdup(to), *real = NULL, *state = realpath(state_dir, NULL);
	char *slash = strrchr(above, '/');
	size_t len;

	if (to[0] != '/' || slash == NULL)
		return fault_set(fault, HOSPES_EINPUT, "a backup goes into a folder given from the root, not %s", to);
	*(slash == above ? slash + 1 : slash) = '\0';
	real = realpath(above, NULL);
	if (real == NULL || state == NULL)
		return fault_errno(fault, errno, "cannot make the folder %s", to);
	len = strlen(state);
	if (strncmp(real, state, len) == 0 && (real[len] == '\0' || real[len] == '/'))
		return fault_set(
		    fault, HOSPES_EINPUT, "%s is in the state directory; a backup goes somewhere else", to);
	return 0;
}

int
making_open(struct making *m, const char *state_dir, const char *to, struct fault *fault)
{
	struct stat st;

	*m = (struct making){.f = {.from_fd = -1, .to_fd = -1, .uid = (uid_t)-1, .gid = (gid_t)-1, .sparse = true},
	    .from = xstrdup(state_dir),
	    .to = xstrdup(to),
	    .head = {.format = STATE_FORMAT, .version = PACKAGE_VERSION}};
	m->f.from = m->from;
	m->f.to = m->to;
	clock_format(clock_real_ns(), m->head.made);
	m->f.from_fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->f.from_fd < 0 || fstat(m->f.from_fd, &st) != 0)
		return fault_errno(fault, errno, "cannot open the state directory %s", state_dir);
	return tree_open_empty(to, st.st_uid, &m->f.to_fd, fault);
}

void
making_add(struct making *m, const struct manifest_file *file)
{
	manifest_line(&m->files, file);
	m->n++;
	m->bytes += file->bytes;
}

int
making_file(struct making *m, const char *path, uint64_t take, uint64_t size, struct fault *fault)
{
	struct manifest_file file;
	int rc = tree_copy(&m->f, path, take, size, &file, fault);

	if (rc != 0)
		return rc;
	making_add(m, &file);
	return 0;
}

int
making_rest(struct making *m, struct fault *fault)
{
	int rc = making_file(m, FORMAT_NAME, WHOLE, WHOLE, fault);

	if (rc == HOSPES_ENOENT && m->head.format == 0)
		rc = 0;
	if (rc == 0)
		rc = tree_copy_all(&m->f, "objects", &m->files, &m->n, &m->bytes, fault);
	if (rc == 0)
		rc = tree_copy_all(&m->f, "memory/documents", &m->files, &m->n, &m->bytes, fault);
	return rc;
}

static int
write_manifest(struct making *m, struct fault *fault)
{
	_cleanup_(buf_free) struct buf text = {0};
	_cleanup_(close_p) int fd = -1;
	int rc = tree_create(&m->f, MANIFEST_NAME, 0600, &fd, fault);

	if (rc != 0)
		return rc;
	manifest_compose(&text, &m->head, &m->files);
	rc = fd_write_all(fd, text.data, text.len);
	if (rc == 0 && (fsync(fd) != 0 || fsync(m->f.to_fd) != 0))
		rc = -errno;
	return rc == 0 ? 0 : fault_errno(fault, -rc, "cannot write %s/" MANIFEST_NAME, m->to);
}

int
making_seal(struct making *m, struct fault *fault)
{
	_cleanup_(free_p) char *store = xasprintf("%s/store", m->to);
	int rc = store_verify(store, m->head.format > 0, &m->head.lsn, fault);

	if (rc != 0)
		return rc;
	if (syncfs(m->f.to_fd) != 0)
		return fault_errno(fault, errno, "cannot make %s durable", m->to);
	rc = write_manifest(m, fault);
	return rc != 0 ? rc : fd_sync_above(m->to, fault);
}

json_t *
backup_told(const char *dir, const struct manifest_head *head, uint64_t files, uint64_t bytes)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:s, s:I, s:I}", "dir", dir, "version", head->version, "format",
	    (json_int_t)head->format, "lsn", (json_int_t)head->lsn, "made", head->made, "files", (json_int_t)files,
	    "bytes", (json_int_t)bytes);
}

void
making_close(struct making *m, bool sealed)
{
	if (!sealed && m->f.to_fd >= 0) {
		tree_remove_below(m->f.to_fd);
		(void)rmdir(m->to);
	}
	close_p(&m->f.from_fd);
	close_p(&m->f.to_fd);
	buf_free(&m->files);
	free(m->from);
	free(m->to);
}

/* ---- Of a state directory that nobody uses ---------------------------------------------------------------------------- */

static int
check_format(struct making *m, struct fault *fault)
{
	bool fresh = false;
	int rc = format_of(m->from, &m->head.format, &fresh, fault);

	if (rc != 0)
		return rc;
	if (fresh)
		return fault_set(fault, HOSPES_ENOENT, "no host has ever used %s as its state directory", m->from);
	if (m->head.format > STATE_FORMAT)
		return fault_set(fault, HOSPES_ECONFLICT,
		    "%s has format %u, of a newer hospesd; this one reads formats up to %u", m->from, m->head.format,
		    STATE_FORMAT);
	return 0;
}

static int
copy_offline(struct making *m, struct fault *fault)
{
	int rc = making_file(m, STORE_FILE, WHOLE, WHOLE, fault);

	if (rc != 0 && rc != HOSPES_ENOENT)
		return rc; /* without a store the journal makes it anew */
	rc = tree_copy_all(&m->f, "journal", &m->files, &m->n, &m->bytes, fault);
	if (rc == 0)
		rc = making_rest(m, fault);
	return rc;
}

int
making_offline(const char *state_dir, const char *to, json_t **ret, struct fault *fault)
{
	struct making m;
	int rc = making_open(&m, state_dir, to, fault);

	if (rc == 0)
		rc = check_format(&m, fault);
	if (rc == 0)
		rc = copy_offline(&m, fault);
	if (rc == 0)
		rc = making_seal(&m, fault);
	if (rc == 0)
		*ret = backup_told(to, &m.head, m.n, m.bytes);
	making_close(&m, rc == 0);
	return rc;
}

int
backup_make(const char *state_dir, const char *to, json_t **ret, struct fault *fault)
{
	int rc = making_check_place(state_dir, to, fault);

	return rc != 0 ? rc : making_offline(state_dir, to, ret, fault);
}
