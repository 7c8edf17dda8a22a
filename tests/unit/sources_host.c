/* A host that is not there: what sources send, and ask, comes here. */

#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/client.h"
#include "cmocka_all.h"
#include "scratch.h"
#include "sources_host.h"

struct sources_host host = {.lock = PTHREAD_MUTEX_INITIALIZER};

static json_t *
take_document(const char **at, const char *end)
{
	const char *line_end = memchr(*at, '\n', (size_t)(end - *at));
	_cleanup_(json_p) json_t *head = NULL;
	uint8_t digest[crypto_hash_sha256_BYTES];
	char hex[2 * sizeof(digest) + 1];
	const char *name, *media;
	json_int_t bytes;
	json_t *answer;

	assert_non_null(line_end);
	head = json_loadb(*at, (size_t)(line_end - *at), 0, NULL);
	assert_int_equal(
	    json_unpack(head, "{s:s, s:I, s:s !}", "document", &name, "bytes", &bytes, "media", &media), 0);
	*at = line_end + 1;
	assert_true(bytes <= end - *at);
	crypto_hash_sha256(digest, (const uint8_t *)*at, (size_t)bytes);
	*at += bytes;
	sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
	answer = json_pack("{s:s, s:s, s:I, s:b}", "document", name, "digest", hex, "bytes", bytes, "new",
	    json_object_get(host.known, hex) == NULL);
	json_object_set_new(host.known, hex, json_string(name));
	return answer;
}

static bool
has_larger(const char *at, const char *end)
{
	while (at < end) {
		const char *bytes = strstr(at, "\"bytes\":"), *line_end = memchr(at, '\n', (size_t)(end - at));
		size_t len = strtoul(bytes + 8, NULL, 10);

		if (len > host.document_max)
			return true;
		at = line_end + 1 + len;
	}
	return false;
}

int
client_post_bytes(struct client *c, const char *path, const void *body, size_t len, json_t **ret, struct fault *fault)
{
	const char *at = body, *end = at + len;
	json_t *answer = json_array();
	int rc = 0;

	(void)c;
	assert_string_equal(path, "/v1/memory/space/documents");
	pthread_mutex_lock(&host.lock);
	if (host.on_batch != NULL)
		host.on_batch();
	host.batches++;
	host.largest = len > host.largest ? len : host.largest;
	if (host.batches == host.fails_at)
		rc = fault_set(fault, HOSPES_EDISK, "the disk is full");
	else if (host.document_max > 0 && has_larger(at, end))
		rc = fault_set(fault, HOSPES_ETOOLARGE, "one is too large");
	else
		while (at < end)
			json_array_append_new(answer, take_document(&at, end));
	pthread_mutex_unlock(&host.lock);
	if (rc != 0)
		json_decref(answer);
	else
		*ret = answer;
	return rc;
}

int
client_post(struct client *c, const char *path, const json_t *body, json_t **ret, struct fault *fault)
{
	const json_t *digests = json_object_get(body, "digests"), *one;
	json_t *missing = json_array();
	size_t i;

	(void)c, (void)fault;
	assert_string_equal(path, "/v1/memory/space/missing");
	pthread_mutex_lock(&host.lock);
	host.asked++;
	json_array_foreach(digests, i, one) if (json_object_get(host.known, json_string_value(one)) == NULL)
	    json_array_append(missing, (json_t *)(uintptr_t)one);
	pthread_mutex_unlock(&host.lock);
	*ret = json_pack("{s:o}", "missing", missing);
	return 0;
}

char *
client_path(const char *prefix, const char *name, const char *suffix)
{
	return xasprintf("%s%s%s", prefix, name, suffix);
}

/* ---- The files --------------------------------------------------------------------------------------------------- */

char *folder;

int
set_up(void **state)
{
	(void)state;
	folder = scratch_new();
	setenv("XDG_CACHE_HOME", folder, 1);
	host.known = json_object();
	host.batches = host.asked = host.fails_at = 0;
	host.largest = host.document_max = 0;
	host.on_batch = NULL;
	return chdir(folder);
}

int
tear_down(void **state)
{
	(void)state;
	json_decref(host.known);
	assert_int_equal(chdir("/"), 0);
	scratch_free(&folder);
	return 0;
}

void
file(const char *path, const char *text)
{
	_cleanup_(free_p) char *dir = xstrdup(path);
	char *slash = strrchr(dir, '/');
	_cleanup_(close_p) int fd = -1;
	struct fault fault;

	if (slash != NULL) {
		*slash = '\0';
		assert_int_equal(fd_make_dirs(dir, 0755, &fault), 0);
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
}
