/* Composing and reading manifests. */

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "backup/manifest.h"
#include "base/fd.h"
#include "base/id.h"

#define FIRST_LINE  "hospes-backup 1\n"
#define NAMES_MAX   4
#define DIGEST_TEXT (2 * MANIFEST_DIGEST)
#define END_LINE    (4 + DIGEST_TEXT + 1) /* "end ", the digest, a newline */

void
manifest_line(struct buf *files, const struct manifest_file *f)
{
	char digest[DIGEST_TEXT + 1];

	hex_format(f->digest, sizeof f->digest, digest);
	buf_printf(files, "file %" PRIu64 " %s %s\n", f->bytes, digest, f->path);
}

static void
digest_of(const void *data, size_t len, char out[DIGEST_TEXT + 1])
{
	uint8_t digest[MANIFEST_DIGEST];

	static_assert(MANIFEST_DIGEST == crypto_hash_sha256_BYTES, "digest");
	crypto_hash_sha256(digest, data, len);
	hex_format(digest, sizeof digest, out);
}

void
manifest_compose(struct buf *ret, const struct manifest_head *head, const struct buf *files)
{
	char digest[DIGEST_TEXT + 1];

	buf_printf(ret, FIRST_LINE "version %s\nformat %u\nlsn %" PRIu64 "\nmade %s\n", head->version, head->format,
	    head->lsn, head->made);
	if (files->len > 0)
		buf_append(ret, files->data, files->len);
	digest_of(ret->data, ret->len, digest);
	buf_printf(ret, "end %s\n", digest);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

/* The next line, without its newline; NULL at the end.  Lines and words have no zeros: they are compared as strings. */
static char *
next_line(char **at)
{
	char *line = *at, *end = strchr(line, '\n');

	if (end == NULL)
		return NULL;
	*end = '\0';
	*at = end + 1;
	return line;
}

static bool
number(const char *text, uint64_t *ret)
{
	uint64_t n = 0;
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > 18 || text[len] != '\0')
		return false;
	for (size_t i = 0; i < len; i++)
		n = n * 10 + (uint64_t)(text[i] - '0');
	*ret = n;
	return true;
}

/* The rest of a line that begins with the key. */
static const char *
member(char **at, const char *key)
{
	const char *line = next_line(at);
	size_t len = strlen(key);

	return line != NULL && strncmp(line, key, len) == 0 && line[len] == ' ' ? line + len + 1 : NULL;
}

static bool
copy_word(char *out, size_t size, const char *word)
{
	if (word == NULL || word[0] == '\0' || strlen(word) >= size)
		return false;
	for (const char *c = word; *c != '\0'; c++)
		if (*c <= ' ' || *c >= 0x7f)
			return false;
	strcpy(out, word);
	return true;
}

static bool
read_head(char **at, struct manifest_head *head)
{
	const char *format, *lsn;
	uint64_t n = 0;

	if (!copy_word(head->version, sizeof head->version, member(at, "version")))
		return false;
	format = member(at, "format");
	if (format == NULL || !number(format, &n) || n > UINT32_MAX)
		return false;
	head->format = (unsigned)n;
	lsn = member(at, "lsn");
	return lsn != NULL && number(lsn, &head->lsn) && copy_word(head->made, sizeof head->made, member(at, "made"));
}

static bool
path_valid(const char *path)
{
	char name[MANIFEST_PATH];
	unsigned names = 0;

	for (;;) {
		size_t len = strcspn(path, "/");

		if (len >= sizeof name || ++names > NAMES_MAX)
			return false;
		memcpy(name, path, len);
		name[len] = '\0';
		if (!fd_name_valid(name))
			return false;
		if (path[len] == '\0')
			return true;
		path += len + 1;
	}
}

/* "SIZE SHA256 PATH" */
static bool
read_file(char *line, struct manifest_file *f)
{
	char *digest = strchr(line, ' '), *path = digest == NULL ? NULL : strchr(digest + 1, ' ');

	if (path == NULL)
		return false;
	*digest++ = *path++ = '\0';
	if (!number(line, &f->bytes) || strlen(digest) != DIGEST_TEXT || strlen(path) >= sizeof f->path ||
	    !path_valid(path))
		return false;
	strcpy(f->path, path);
	return sodium_hex2bin(f->digest, sizeof f->digest, digest, DIGEST_TEXT, NULL, NULL, NULL) == 0;
}

static int
damaged(struct fault *fault, const char *why)
{
	return fault_set(fault, HOSPES_EDAMAGED, "the " MANIFEST_NAME " of the backup %s", why);
}

/* Whether the last line is there and true. */
static int
check_end(const char *text, size_t len, struct fault *fault)
{
	char digest[DIGEST_TEXT + 1];
	const char *end;

	if (len > 0 && memchr(text, '\0', len) != NULL)
		return damaged(fault, "has bytes that are no text");
	if (len < strlen(FIRST_LINE) || strncmp(text, FIRST_LINE, strlen(FIRST_LINE)) != 0)
		return damaged(fault, "does not begin with \"hospes-backup 1\"");
	if (len < strlen(FIRST_LINE) + END_LINE || strncmp(text + len - END_LINE, "end ", 4) != 0 ||
	    text[len - 1] != '\n' || text[len - END_LINE - 1] != '\n')
		return damaged(fault, "has no end");
	end = text + len - END_LINE;
	digest_of(text, (size_t)(end - text), digest);
	return strncmp(end + 4, digest, DIGEST_TEXT) == 0 ? 0 : damaged(fault, "was changed");
}

int
manifest_read(
    const void *text, size_t len, struct manifest_head *ret, manifest_visit *visit, void *arg, struct fault *fault)
{
	_cleanup_(free_p) char *copy = NULL;
	char *at, *line;
	int rc = check_end(text, len, fault);

	if (rc != 0)
		return rc;
	copy = xstrndup(text, len);
	at = copy + strlen(FIRST_LINE);
	*ret = (struct manifest_head){0};
	copy[len - END_LINE] = '\0';
	if (!read_head(&at, ret))
		return damaged(fault, "does not say which host made it");
	while ((line = next_line(&at)) != NULL) {
		struct manifest_file f;

		if (strncmp(line, "file ", 5) != 0 || !read_file(line + 5, &f))
			return damaged(fault, "has a line that makes no sense");
		rc = visit(&f, arg, fault);
		if (rc != 0)
			return rc;
	}
	return 0;
}
