/*
 * Manifests of backups, as somebody may have made them: what is read has paths that lead nowhere else.  With a first byte that is
 * odd the input is sealed first, so that it is looked at as a whole.
 */

#include "fuzz.h"

#include <sodium.h>

#include "backup/manifest.h"
#include "base/id.h"

static const char form[] =
    "hospes-backup 1\nversion 0.3.0\nformat 1\nlsn 81072\nmade 2026-11-20T16:41:22.817Z\n"
    "file 3 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad journal/0000000000000001.seg\n"
    "file 0 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 format\n";

static int
visit(const struct manifest_file *f, void *arg, struct fault *fault)
{
	(void)arg, (void)fault;
	fuzz_expect(f->path[0] != '/' && f->path[0] != '.' && strstr(f->path, "/.") == NULL);
	fuzz_expect(f->path[0] != '\0' && f->path[strlen(f->path) - 1] != '/' && strstr(f->path, "//") == NULL);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct manifest_head head;
	struct fault fault;
	struct buf text = {0};
	uint8_t digest[32], *filled;
	char hex[65];
	size_t n;

	if (len < 1)
		return 0;
	filled = fuzz_in_form(form, data + 1, len - 1, &n);
	buf_append(&text, filled, n);
	if (data[0] & 1) {
		crypto_hash_sha256(digest, text.data, text.len);
		hex_format(digest, sizeof digest, hex);
		buf_printf(&text, "end %s\n", hex);
	}
	manifest_read(text.data, text.len, &head, visit, NULL, &fault);
	buf_free(&text);
	free(filled);
	return 0;
}
