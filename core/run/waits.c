/* What an open run waits for, as it is now, and what of it waits for a human, put into what is shown of its records. */

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "run/state.h"

/* Path -> node, borrowed. */
static void
index_tree(json_t *node, json_t *by_path)
{
	json_t *op;
	size_t i;

	json_object_set(by_path, json_string_value(json_object_get(node, "path")), node);
	json_array_foreach(json_object_get(node, "ops"), i, op) index_tree(op, by_path);
	json_array_foreach(json_object_get(node, "attempts"), i, op) index_tree(op, by_path);
}

static unsigned long
ordinal_of(const json_t *node)
{
	const char *path = json_string_value(json_object_get(node, "path")),
		   *slash = path == NULL ? NULL : strrchr(path, '/');

	return slash == NULL ? 0 : strtoul(slash + 1, NULL, 10);
}

/* What has no record yet, an op at a guard or one that waits for others, takes its place among those that have. */
static void
add_node(json_t *by_path, const char *path, json_t *node)
{
	const char *slash = strrchr(path, '/');
	_cleanup_(free_p) char *above = slash == NULL ? NULL : strndup(path, (size_t)(slash - path));
	json_t *parent = above == NULL ? NULL : json_object_get(by_path, above), *ops;
	size_t at;

	if (parent == NULL)
		return;
	json_object_set_new(node, "path", json_string(path));
	json_object_set_new(node, "status", json_string("open"));
	ops = json_object_get(parent, "ops");
	if (ops == NULL) {
		ops = json_array();
		json_object_set_new(parent, "ops", ops);
	}
	at = json_array_size(ops);
	while (at > 0 && ordinal_of(json_array_get(ops, at - 1)) > ordinal_of(node))
		at--;
	json_array_insert(ops, at, node);
}

/* One that was open when the host ended waits for its turn before it has anything else to wait for. */
json_t *
waits_of_run(struct run *run)
{
	if (run->state != RUN_OPEN)
		return NULL;
	if (slot_of(run)->step >= RESUME_WAITS && slot_of(run)->step <= RESUME_BUILDS)
		return json_pack("{s:[{s:s s:i}] s:i}", "for", "for", "turn", "n", 1, "evicted", 0);
	return dispatch_waits_of_run(run);
}

void
waits_join(json_t *summary, struct run *run)
{
	_cleanup_(json_p) json_t *waits = dispatch_waits(run), *by_path = json_object();
	json_t *tree = json_object_get(summary, "tree"), *of_run = waits_of_run(run), *live, *node;
	const char *path;

	if (of_run != NULL)
		json_object_set_new(summary, "waits", of_run);
	if (!json_is_object(tree))
		return;
	index_tree(tree, by_path);
	json_object_foreach(waits, path, live)
	{
		node = json_object_get(by_path, path);
		if (node == NULL && json_object_get(live, "op") != NULL)
			add_node(by_path, path, live);
		else if (node != NULL && strcmp(json_string_value(json_object_get(node, "status")), "open") == 0)
			json_object_update(node, live);
	}
	json_object_clear(by_path);
}

/* ---- Decisions ---------------------------------------------------------------------------------------------------- */

/* The node at a path below this one; NULL: there is none. */
static json_t *
node_below(json_t *node, const char *path)
{
	static const char *const kept_in[] = {"attempts", "ops"};
	json_t *op;
	size_t i;

	for (size_t k = 0; k < ARRAY_LEN(kept_in); k++) {
		json_array_foreach(json_object_get(node, kept_in[k]), i, op)
		{
			const char *at = json_string_value(json_object_get(op, "path"));
			size_t len = strlen(at);

			if (strcmp(path, at) == 0)
				return op;
			if (strncmp(path, at, len) == 0 && (path[len] == '/' || path[len] == '#'))
				return node_below(op, path);
		}
	}
	return NULL;
}

void
tree_undecided(json_t *tree, const json_t *undecided)
{
	const json_t *one;
	size_t i;

	json_array_foreach(undecided, i, one)
	{
		json_t *node = node_below(tree, json_string_value(json_object_get(one, "path")));

		if (node != NULL && strcmp(json_string_value(json_object_get(node, "status")), "open") == 0)
			json_object_set_new(node, "undecided",
			    json_pack("{s:O s:O}", "since", json_object_get(one, "since"), "command",
				json_object_get(one, "command")));
	}
}
