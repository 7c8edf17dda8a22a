/*
 * The number of the state directory.
 *
 *   0  until 0.2.0, which wrote none
 *   1  a number, and checksums in the store
 *
 * The number says whether this program may open the directory at all; journal and store have numbers of their own.  It goes
 * up whenever a release writes what the one before could not read.
 */

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "backup/make.h"
#include "backup/restoring.h"
#include "backup/tree.h"
#include "base/fd.h"
#include "base/log.h"

#define FORMAT_BYTES_MAX 64
#define FORMAT_NONE      0u

/* From format N to N + 1. */
typedef int migrate_fn(const char *state_dir, struct fault *fault);

/* Values of the store had no checksums; the journal was always there from its beginning, and makes the store anew. */
static int
migrate_0(const char *state_dir, struct fault *fault)
{
	static const char *const files[] = {"data.mdb", "lock.mdb"};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		_cleanup_(free_p) char *path = xasprintf("%s/store/%s", state_dir, files[i]);

		if (unlink(path) != 0 && errno != ENOENT)
			return fault_errno(fault, errno, "cannot remove %s", path);
	}
	return 0;
}

static migrate_fn *const migrate_from[STATE_FORMAT] = {migrate_0};

static char *
format_path(const char *state_dir)
{
	return xasprintf("%s/" FORMAT_NAME, state_dir);
}

static bool
has_files(const char *state_dir, const char *folder)
{
	_cleanup_(free_p) char *path = xasprintf("%s/%s", state_dir, folder);
	DIR *dir = opendir(path);
	struct dirent *e;
	bool found = false;

	while (dir != NULL && !found && (e = readdir(dir)) != NULL)
		found = strstr(e->d_name, ".seg") != NULL || strcmp(e->d_name, "data.mdb") == 0;
	if (dir != NULL)
		closedir(dir);
	return found;
}

static int
read_number(const char *state_dir, const char *text, unsigned *ret, struct fault *fault)
{
	char *end;
	unsigned long n;

	if (strcmp(text, FORMAT_RESTORING) == 0)
		return fault_set(fault, HOSPES_EDAMAGED,
		    "%s is what a restore left that did not come to its end; empty it and restore again", state_dir);
	errno = 0;
	n = strtoul(text, &end, 10);
	if (end == text || strcmp(end, "\n") != 0 || errno != 0 || n == 0 || n > UINT32_MAX)
		return fault_set(fault, HOSPES_EDAMAGED,
		    "%s/" FORMAT_NAME
		    " should have the number of the directory's format and has something else; put it back from "
		    "a backup",
		    state_dir);
	*ret = (unsigned)n;
	return 0;
}

/* A store with checksums is younger than the number: that was there, and is lost.  To take such a directory for one of format 0
 * would be to migrate what is not to be migrated. */
static int
check_unnumbered(const char *state_dir, struct fault *fault)
{
	_cleanup_(free_p) char *store = xasprintf("%s/store", state_dir);
	struct fault ignored;
	uint64_t applied;

	if (store_verify(store, true, &applied, &ignored) != 0 || applied == 0)
		return 0;
	return fault_set(fault, HOSPES_EDAMAGED,
	    "%s/" FORMAT_NAME " is gone, which has the number of the directory's format; put it back from a backup (this "
	    "hospesd writes %u there)",
	    state_dir, STATE_FORMAT);
}

int
format_of(const char *state_dir, unsigned *ret, bool *fresh, struct fault *fault)
{
	_cleanup_(free_p) char *path = format_path(state_dir);
	_cleanup_(buf_free) struct buf text = {0};

	*fresh = false;
	if (access(path, F_OK) != 0 && errno == ENOENT) {
		*fresh = !has_files(state_dir, "journal") && !has_files(state_dir, "store");
		*ret = FORMAT_NONE;
		return *fresh ? 0 : check_unnumbered(state_dir, fault);
	}
	if (fd_read_file(path, &text, FORMAT_BYTES_MAX, fault) != 0)
		return fault->status;
	return read_number(state_dir, buf_text(&text), ret, fault);
}

static int
write_number(const char *state_dir, unsigned format, struct fault *fault)
{
	_cleanup_(free_p) char *path = format_path(state_dir), *text = xasprintf("%u\n", format);

	return fd_write_file(path, text, strlen(text), 0600, fault);
}

/* A backup that is whole stays: the host may have died between it and the end of the migration. */
static int
back_up(const char *state_dir, unsigned format, struct fault *fault)
{
	_cleanup_(free_p) char *above = xasprintf("%s/backups", state_dir);
	_cleanup_(free_p) char *to = xasprintf("%s/format-%u", above, format);
	_cleanup_(free_p) char *manifest = xasprintf("%s/" MANIFEST_NAME, to);
	json_t *made = NULL;
	int rc;

	if (access(manifest, F_OK) == 0)
		return 0;
	tree_remove(to);
	rc = fd_make_dirs(above, 0700, fault);
	if (rc == 0)
		rc = making_offline(state_dir, to, &made, fault);
	if (rc != 0) {
		fault_prefix(
		    fault, "cannot back the state directory up before it is brought to format %u", STATE_FORMAT);
		return rc;
	}
	json_decref(made);
	log_info("the state directory was backed up as it was", LOG_U("format", format), LOG_S("backup", to));
	return 0;
}

static int
migrate(const char *state_dir, unsigned from, struct fault *fault)
{
	int rc = back_up(state_dir, from, fault);

	for (unsigned n = from; rc == 0 && n < STATE_FORMAT; n++)
		rc = migrate_from[n](state_dir, fault);
	if (rc == 0)
		rc = write_number(state_dir, STATE_FORMAT, fault);
	if (rc == 0)
		log_info("the state directory has a new format", LOG_U("from", from), LOG_U("to", STATE_FORMAT));
	return rc;
}

int
state_format_check(const char *state_dir, struct fault *fault)
{
	unsigned format = FORMAT_NONE;
	bool fresh = false;
	int rc = format_of(state_dir, &format, &fresh, fault);

	if (rc != 0)
		return rc;
	if (fresh)
		return write_number(state_dir, STATE_FORMAT, fault);
	if (format > STATE_FORMAT)
		return fault_set(fault, HOSPES_ECONFLICT,
		    "%s has format %u, of a newer hospesd; this one reads formats up to %u: run the newer one, or "
		    "choose "
		    "another state directory (--state, `state`)",
		    state_dir, format, STATE_FORMAT);
	return format == STATE_FORMAT ? 0 : migrate(state_dir, format, fault);
}
