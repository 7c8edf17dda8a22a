/* See test_ops.h. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/command.h"
#include "cli/test_ops.h"

#define SHOWN_MAX 400

/* Paths in order: "/0/2" before "/0/10". */
static int
path_order(const char *a, const char *b)
{
	while (*a == '/' && *b == '/') {
		char *a_end, *b_end;
		unsigned long x = strtoul(a + 1, &a_end, 10), y = strtoul(b + 1, &b_end, 10);

		if (x != y)
			return x < y ? -1 : 1;
		a = a_end;
		b = b_end;
	}
	return strcmp(a, b);
}

static int
by_path(const void *a, const void *b)
{
	return path_order(cli_text(*(json_t *const *)a, "path"), cli_text(*(json_t *const *)b, "path"));
}

static void
merge(json_t *node, const json_t *record)
{
	static const char *const keys[] = {"op", "target", "input", "input_hash"};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		json_t *value = json_object_get(record, keys[i]);

		if (value != NULL && json_object_get(node, keys[i]) == NULL)
			json_object_set(node, keys[i], value);
	}
}

json_t *
test_ops_of(const json_t *records)
{
	_cleanup_(json_p) json_t *nodes = json_object();
	_cleanup_(free_p) json_t **sorted = NULL;
	json_t *ops = json_array(), *node;
	const json_t *record;
	const char *path;
	size_t i, n = 0;

	json_array_foreach(records, i, record)
	{
		path = cli_text(record, "path");
		/* "/0" is the run's own call; without an op it is a log line or a replay. */
		if (strcmp(path, "/0") == 0 || path[0] != '/' || cli_text(record, "op")[0] == '\0')
			continue;
		node = json_object_get(nodes, path);
		if (node == NULL) {
			node = json_pack("{s:s}", "path", path);
			json_object_set_new(nodes, path, node);
		}
		merge(node, record);
	}
	sorted = xcalloc(json_object_size(nodes) + 1, sizeof(*sorted));
	json_object_foreach(nodes, path, node) sorted[n++] = node;
	qsort(sorted, n, sizeof(*sorted), by_path);
	for (i = 0; i < n; i++)
		json_array_append(ops, sorted[i]);
	return ops;
}

bool
test_op_outside(const char *kind)
{
	static const char *const outside[] = {"call", "http", "find", "remember", "recall", "forget", "list",
	    "documents", "document", "search", "review"};

	for (size_t i = 0; i < ARRAY_LEN(outside); i++) {
		if (strcmp(kind, outside[i]) == 0)
			return true;
	}
	return false;
}

size_t
test_ops_outside(const json_t *ops)
{
	const json_t *op;
	size_t i, n = 0;

	json_array_foreach(ops, i, op)
	{
		n += test_op_outside(cli_text(op, "op"));
	}
	return n;
}

/* The same where both records have it; which of two equal payloads carries the bytes may differ. */
static bool
same_member(const json_t *a, const json_t *b, const char *key)
{
	const json_t *x = json_object_get(a, key), *y = json_object_get(b, key);

	return x == NULL || y == NULL || json_equal(x, y);
}

static bool
same_op(const json_t *a, const json_t *b)
{
	return strcmp(cli_text(a, "path"), cli_text(b, "path")) == 0 &&
	       strcmp(cli_text(a, "op"), cli_text(b, "op")) == 0 &&
	       strcmp(cli_text(a, "target"), cli_text(b, "target")) == 0 && same_member(a, b, "input") &&
	       same_member(a, b, "input_hash");
}

static void
show_op(struct buf *why, const char *name, const json_t *op)
{
	_cleanup_(free_p) char *text = op != NULL ? json_text(op) : xstrdup("no further op");

	buf_printf(why, "%s: %.*s%s", name, SHOWN_MAX, text, strlen(text) > SHOWN_MAX ? "..." : "");
}

bool
test_ops_equal(const json_t *a, const char *a_name, const json_t *b, const char *b_name, struct buf *why)
{
	size_t n = json_array_size(a) > json_array_size(b) ? json_array_size(a) : json_array_size(b);

	for (size_t i = 0; i < n; i++) {
		const json_t *x = json_array_get(a, i), *y = json_array_get(b, i);

		if (x != NULL && y != NULL && same_op(x, y))
			continue;
		buf_printf(why, "nondeterministic: op %zu differs\n", i);
		show_op(why, a_name, x);
		buf_appends(why, "\n");
		show_op(why, b_name, y);
		return false;
	}
	return true;
}
