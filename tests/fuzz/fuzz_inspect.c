/*
 * Plugin files.
 *
 * Bytes alone hardly ever get past the ELF header, so an input that starts with an odd byte is a list of changes to a real
 * plugin: place (16 bits, in the order of the machine), value.  Whatever comes, the inspector answers, and an answer that
 * says "ok" has a name.
 */

#include <string.h>

#include "base/fd.h"
#include "base/json.h"
#include "cell/inspect/inspector.h"
#include "fuzz.h"

#define PLUGIN "tests/unit/guest-stripped.so"

static struct buf plugin;

static void
look(const void *data, size_t len)
{
	json_t *answer = inspect_answer(data, len);
	const json_t *notes = json_object_get(answer, "notes");

	fuzz_expect(answer != NULL);
	if (json_is_true(json_object_get(answer, "ok")))
		fuzz_expect(json_is_string(json_object_get(notes, "name")));
	else
		fuzz_expect(json_is_string(json_object_get(answer, "message")));
	json_decref(answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fault fault;
	uint8_t *changed;
	uint16_t at;

	if (plugin.len == 0)
		fuzz_expect(fd_read_file(PLUGIN, &plugin, INSPECT_FILE_MAX, &fault) == 0);
	if (len == 0 || data[0] % 2 == 0) {
		look(data, len);
		return 0;
	}
	/* Of exactly its size, so that a read past the end is seen. */
	changed = xmalloc(plugin.len);
	memcpy(changed, plugin.data, plugin.len);
	for (size_t i = 1; i + 3 <= len; i += 3) {
		memcpy(&at, data + i, sizeof(at));
		changed[at % plugin.len] = data[i + 2];
	}
	look(changed, plugin.len);
	free(changed);
	return 0;
}
