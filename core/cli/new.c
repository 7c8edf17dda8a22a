/*
 * hospes new: a folder to begin a plugin in, copied from the installed template.
 *
 * Files NAME.in have @NAME@ and @IDENT@ (the name as a C identifier) replaced and lose the .in; file names may have
 * @NAME@ too.  Nothing that exists is overwritten.
 */

#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/install.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/command.h"

#define TEMPLATE_FILE_MAX (1 * MIB)

struct subject {
	const char *name;
	char *ident;
};

static int
check_name(const char *name, struct fault *fault)
{
	size_t len = strlen(name), plain = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (len > 0 && len <= 64 && plain == len && name[0] >= 'a' && name[0] <= 'z')
		return 0;
	return fault_set(fault, HOSPES_EINPUT,
	    "a plugin's name is a letter and at most 63 letters, digits and hyphens, all lower case; found %s", name);
}

/* Replaces the two words; allocated. */
static char *
filled(const char *text, size_t len, const struct subject *s)
{
	struct buf out = {0};

	for (size_t i = 0; i < len;) {
		if (len - i >= 6 && memcmp(text + i, "@NAME@", 6) == 0) {
			buf_appends(&out, s->name);
			i += 6;
		} else if (len - i >= 7 && memcmp(text + i, "@IDENT@", 7) == 0) {
			buf_appends(&out, s->ident);
			i += 7;
		} else {
			buf_append(&out, text + i++, 1);
		}
	}
	buf_text(&out);
	return (char *)out.data;
}

static int
copy_file(const char *from, const char *to, bool fill, const struct subject *s, struct fault *fault)
{
	_cleanup_(buf_free) struct buf bytes = {0};
	_cleanup_(free_p) char *text = NULL;
	int rc = fd_read_file(from, &bytes, TEMPLATE_FILE_MAX, fault);

	if (rc != 0)
		return rc;
	if (!fill)
		return fd_write_file(to, bytes.data, bytes.len, 0644, fault);
	text = filled(buf_text(&bytes), bytes.len, s);
	return fd_write_file(to, text, strlen(text), 0644, fault);
}

static int copy_folder(const char *from, const char *to, const struct subject *s, struct fault *fault);

static int
copy_entry(const char *from, const char *to, const char *entry, const struct subject *s, struct fault *fault)
{
	_cleanup_(free_p) char *source = xasprintf("%s/%s", from, entry);
	_cleanup_(free_p) char *name = filled(entry, strlen(entry), s), *target = NULL;
	size_t len = strlen(name);
	bool fill = len > 3 && strcmp(name + len - 3, ".in") == 0;
	struct stat st;

	if (fill)
		name[len - 3] = '\0';
	target = xasprintf("%s/%s", to, name);
	if (stat(source, &st) != 0)
		return fault_errno(fault, errno, "the template's %s cannot be read", source);
	return S_ISDIR(st.st_mode) ? copy_folder(source, target, s, fault) : copy_file(source, target, fill, s, fault);
}

static int
copy_folder(const char *from, const char *to, const struct subject *s, struct fault *fault)
{
	const struct dirent *entry;
	DIR *dir = opendir(from);
	int rc = 0;

	if (dir == NULL)
		return fault_errno(fault, errno, "the template %s is not installed", from);
	if (mkdir(to, 0777) != 0)
		rc = errno == EEXIST
			 ? fault_set(fault, HOSPES_ECONFLICT, "%s exists; name another folder, or move it away", to)
			 : fault_errno(fault, errno, "the folder %s cannot be made", to);
	while (rc == 0 && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			rc = copy_entry(from, to, entry->d_name, s, fault);
	closedir(dir);
	return rc;
}

int
command_new(struct cli *cli)
{
	const char *kind = cli->args[0], *name = cli->args[1], *to = cli->n_args > 2 ? cli->args[2] : name;
	struct subject s = {.name = name, .ident = xstrdup(name)};
	_cleanup_(free_p) char *from = NULL, *ident = s.ident;
	struct fault fault;

	if (strcmp(kind, "agent") != 0 && strcmp(kind, "strategy") != 0) {
		fault_set(&fault, HOSPES_EINPUT, "`hospes new` makes an agent or a strategy; found %s", kind);
		return cli_usage(cli, &fault);
	}
	for (char *c = ident; *c != '\0'; c++)
		if (*c == '-')
			*c = '_';
	from = xasprintf("%s/template/%s", install_dir(INSTALL_DATA), kind);
	if (check_name(name, &fault) != 0 || copy_folder(from, to, &s, &fault) != 0)
		return cli_fail(cli, &fault);
	if (cli->json) {
		_cleanup_(json_p) json_t *made = json_pack("{s:s, s:s}", "name", name, "folder", to);

		cli_json(cli, made);
		return CLI_OK;
	}
	printf("%s/ is a whole %s; `make` builds it, `make check` runs its cases, its README says how to go on\n", to,
	    kind);
	return CLI_OK;
}
