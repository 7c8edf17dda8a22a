/*
 * Texts that a setting of the type "file" names: lists and tables too long for a line of the configuration.
 *
 * They lie in the folder `files` beside the configuration file; one that is not there is looked for in the folder that was
 * installed.  A name has no slash and the file is no symbolic link, so a setting of a run, which any client may give, can
 * name nothing outside these folders.  Each is read once for a snapshot, at its first use: what has been read stays as it
 * is until the configuration is read again.
 */

#include "policy/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/install.h"
#include "base/util.h"

#define TEXT_MAX (256 * KIB)

static int
bad_file(struct fault *fault, const char *path, const char *what)
{
	return fault_set(fault, HOSPES_ECONFIG, "%s: %s", path, what);
}

/* The text as a JSON string; `ret` is left as it is where there is no such file. */
static int
read_text(const char *path, json_t **ret, struct fault *fault)
{
	_cleanup_(close_p) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
	_cleanup_(buf_free) struct buf text = {0};
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 && errno == ELOOP)
		return bad_file(fault, path, "it is a symbolic link; put the file itself there");
	if (fd < 0)
		return bad_file(fault, path, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return bad_file(fault, path, "expected a plain file, found something else");
	if (fd_read_all(fd, &text, TEXT_MAX, fault) != 0) {
		fault_prefix(fault, "%s", path);
		fault->status = HOSPES_ECONFIG;
		return HOSPES_ECONFIG;
	}
	if (!utf8_valid(text.data, text.len) || (text.len > 0 && memchr(text.data, '\0', text.len) != NULL))
		return bad_file(fault, path, "expected a text in UTF-8, found other bytes");
	*ret = json_stringn(buf_text(&text), text.len);
	return 0;
}

static int
look_in(const char *folder, const char *name, json_t **ret, struct fault *fault)
{
	_cleanup_(free_p) char *path = xasprintf("%s/files/%s", folder, name);

	return read_text(path, ret, fault);
}

/* Beside the configuration file, else where it was installed. */
static int
find_text(const struct policy *p, const char *name, json_t **ret, struct fault *fault)
{
	const char *slash = strrchr(p->file, '/');
	_cleanup_(free_p) char *folder = slash == NULL ? xstrdup(".") : xstrndup(p->file, (size_t)(slash - p->file));
	int rc = p->from_file ? look_in(folder, name, ret, fault) : 0;

	return rc != 0 || *ret != NULL ? rc : look_in(install_dir(INSTALL_CONF), name, ret, fault);
}

int
policy_text(struct policy *p, const char *name, json_t **ret, struct fault *fault)
{
	json_t *text = json_object_get(p->texts, name);
	int rc;

	if (text == NULL && name[0] != '\0') {
		if (!fd_name_valid(name))
			return fault_set(fault, HOSPES_ECONFIG,
			    "expected the name of a file in the folder `files`, letters, digits, \".\", \"_\" and "
			    "\"-\", found "
			    "\"%.100s\"",
			    name);
		rc = find_text(p, name, &text, fault);
		if (rc != 0)
			return rc;
		/* What is not there is not kept: clients choose names. */
		if (text != NULL)
			json_object_set_new(p->texts, name, text);
	}
	*ret = text != NULL ? json_incref(text) : json_string("");
	return 0;
}
