/*
 * Who did it: a line of the host's log for each thing that a plugin did and should not have.
 *
 * It names agent, version and bytes, the run, and the chain of calls that led there, so that whoever reads it need not look
 * anything up.  A plugin may misbehave as often as it likes: the lines are bounded as what its cell prints is, and by a bound
 * of their own, so that what it prints takes no room from them.
 */

#include "cell/host.h"

#include <stdatomic.h>
#include <string.h>

#include "base/id.h"

#define LINE_LEAST 256u /* of the bound, whatever the line has */

/* The beginning of an object's hash, as people compare it. */
void
object_text(const uint8_t object[32], char out[OBJECT_TEXT])
{
	hex_format(object, OBJECT_TEXT / 2, out);
}

void
cell_blame(struct cell *cell, const struct call *call, const char *code, const char *why)
{
	_cleanup_(free_p) char *chain = call == NULL ? NULL : call_chain(call);
	char object[OBJECT_TEXT];
	struct log_field fields[] = {LOG_S("plugin", cell->spec.spec.plugin), LOG_S("version", cell->spec.spec.semver),
	    LOG_S("object", object), LOG_I("pid", cell->pid), LOG_S("code", code), LOG_S("why", why), {0}, {0}, {0},
	    {0}};

	if (!cell_log_room(cell, &cell->blamed, LINE_LEAST + strlen(why)))
		return;
	object_text(cell->spec.object, object);
	if (call != NULL) {
		fields[6] = (struct log_field)LOG_S("run", call->run->id_text);
		fields[7] = (struct log_field)LOG_S("path", call->path);
		fields[8] = (struct log_field)LOG_S("chain", chain);
	}
	log_write(LOG_LEVEL_WARN, call == NULL ? "cell misbehaved" : "call misbehaved", fields);
}

/* Its constructors and its init hook had no call that could tell of it. */
void
cell_blame_loading(struct cell *cell)
{
	char copy[sizeof(cell->page->refused)], clean[sizeof(copy) + 1], why[sizeof(clean) + 80];
	size_t len = atomic_load(&cell->page->refused_len);

	if (len > sizeof(copy))
		len = sizeof(copy);
	memcpy(copy, cell->page->refused, len);
	text_clean(clean, sizeof(clean), copy, len);
	if (clean[0] == '\0')
		return;
	(void)snprintf(why, sizeof(why), "the sandbox refused while it was loaded: %s", clean);
	cell_blame(cell, NULL, "refused", why);
}

/* Who called whom down to `call`, from the end on as far as there is room: a walk up, and once a call. */
static void
put_chain(const struct call *call, char out[CHAIN_TEXT])
{
	static const char to[] = " > ";
	char text[CHAIN_TEXT], *at = text + sizeof(text);

	*--at = '\0';
	for (; call != NULL; call = call_parent(call)) {
		bool last = *at == '\0';
		size_t len = strlen(call->plugin), need = len + (last ? 0 : sizeof(to) - 1);

		if ((size_t)(at - text) < need)
			break;
		if (!last)
			memcpy(at -= sizeof(to) - 1, to, sizeof(to) - 1);
		memcpy(at -= len, call->plugin, len);
	}
	memcpy(out, at, (size_t)(text + sizeof(text) - at));
}

void
cell_left(struct cell *cell, const struct call *call, bool evicted)
{
	size_t len = strnlen(call->path, sizeof(cell->left_path) - 1);
	const struct call *parent = call_parent(call);
	uint64_t below = parent == NULL ? 0 : parent->handle;

	cell->left_run = call->run->id;
	memcpy(cell->left_path, call->path, len);
	cell->left_path[len] = '\0';
	/* All of a cell are of one plugin, so those that one call has made have one chain. */
	if (below == 0 || below != cell->left_below)
		put_chain(call, cell->left_chain);
	cell->left_below = below;
	cell->left_evicted = evicted;
}

/* A cell may misbehave when its call is no longer there: then that call is the one to look at. */
void
cell_last(const struct cell *cell, char out[LAST_TEXT])
{
	char run[ULID_TEXT];

	out[0] = '\0';
	if (cell->left_path[0] == '\0')
		return;
	ulid_format(&cell->left_run, run);
	(void)snprintf(out, LAST_TEXT, "; the last that %s was %s of run %s (%s)",
	    cell->left_evicted ? "was evicted" : "replied", cell->left_path, run, cell->left_chain);
}
