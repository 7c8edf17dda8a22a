/* See expand.h. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/json.h"
#include "cli/expand.h"

char *
base64_encode(const void *data, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = data;
	char *out = xmalloc((len + 2) / 3 * 4 + 1), *to = out;

	for (size_t i = 0; i < len; i += 3) {
		unsigned left = len - i > 3 ? 3 : (unsigned)(len - i);
		unsigned v =
		    (unsigned)in[i] << 16 | (left > 1 ? (unsigned)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);

		*to++ = digits[v >> 18];
		*to++ = digits[v >> 12 & 63];
		*to++ = left > 1 ? digits[v >> 6 & 63] : '=';
		*to++ = left > 2 ? digits[v & 63] : '=';
	}
	*to = '\0';
	return out;
}

static int
open_failed(const char *path, struct fault *fault)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return fault_set(fault, HOSPES_ENOENT, "the input names the file %s, which does not exist", path);
	case EACCES:
	case EPERM:
		return fault_set(fault, HOSPES_EPERM, "the input names the file %s, which you may not read", path);
	case ELOOP:
		return fault_set(fault, HOSPES_EINPUT,
		    "the input names the file %s, which is a symbolic link; name the file that it leads to", path);
	default:
		return fault_errno(fault, errno, "the input names the file %s, which cannot be opened", path);
	}
}

static int
read_one(const char *path, size_t *left, struct buf *ret, struct fault *fault)
{
	_cleanup_(close_p) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int rc;

	if (fd < 0)
		return open_failed(path, fault);
	if (fstat(fd, &st) != 0)
		return fault_errno(fault, errno, "the file %s cannot be looked at", path);
	if (!S_ISREG(st.st_mode))
		return fault_set(fault, HOSPES_EINPUT, "the input names %s, which is %s; name a regular file", path,
		    S_ISDIR(st.st_mode) ? "a folder" : "no regular file");
	rc = fd_read_all(fd, ret, *left, fault);
	if (rc == HOSPES_ETOOLARGE)
		return fault_set(fault, rc, "the files of the input have more than %zu MiB together; %s goes over it",
		    EXPAND_MAX / MIB, path);
	if (rc != 0)
		return fault_prefix(fault, "%s", path);
	*left -= ret->len;
	return 0;
}

static int
replace(json_t **value, size_t *left, struct fault *fault)
{
	_cleanup_(buf_free) struct buf content = {0};
	const json_t *name = json_object_get(*value, "$file");
	const char *path = json_string_value(name);
	json_t *file;
	int rc;

	if (path == NULL || path[0] == '\0' || json_object_size(*value) != 1)
		return fault_set(fault, HOSPES_EINPUT,
		    "an object with the member $file has to have that alone, with the path of a file: {\"$file\": "
		    "\"PATH\"}");
	rc = read_one(path, left, &content, fault);
	if (rc != 0)
		return rc;
	if (utf8_valid(content.data, content.len)) {
		file = json_pack("{s:O, s:o}", "name", name, "text",
		    json_stringn(content.len > 0 ? (const char *)content.data : "", content.len));
	} else {
		_cleanup_(free_p) char *text = base64_encode(content.data, content.len);

		file = json_pack("{s:O, s:s}", "name", name, "base64", text);
	}
	json_decref(*value);
	*value = file;
	return 0;
}

/* The parser has bounded the nesting, and so this recursion. */
static int
walk(json_t **value, size_t *left, struct fault *fault)
{
	json_t *member;
	const char *key;
	size_t i;
	int rc;

	if (json_is_object(*value) && json_object_get(*value, "$file") != NULL)
		return replace(value, left, fault);
	json_object_foreach(*value, key, member)
	{
		_cleanup_(json_p) json_t *now = json_incref(member);

		rc = walk(&now, left, fault);
		if (rc != 0)
			return rc;
		if (now != member)
			json_object_set(*value, key, now);
	}
	json_array_foreach(*value, i, member)
	{
		_cleanup_(json_p) json_t *now = json_incref(member);

		rc = walk(&now, left, fault);
		if (rc != 0)
			return rc;
		if (now != member)
			json_array_set(*value, i, now);
	}
	return 0;
}

int
expand_files(json_t **value, struct fault *fault)
{
	size_t left = EXPAND_MAX;

	return walk(value, &left, fault);
}
