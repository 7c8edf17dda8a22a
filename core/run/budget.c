/*
 * What a run may spend and has spent, call by call, from its records.
 *
 * {"run": ACCOUNT, "tree": NODE}: an ACCOUNT has "calls", "money_micros", "cpu_ns" and "wall_ns", each {"limit", "reserved",
 * "spent", "left"}, and "told", at how many per cent of the limit the last alert was, where one was raised; a NODE is an ACCOUNT with "path", "plugin", "version", "status" and "ops", the nodes of the calls that it made.  What
 * a call has spent is what it and all below it cost; the first call of a run that went on with another attempt has the later ones
 * in "attempts".  "limit" is null where it has none of its own, "left" is then that of the
 * account above it, and null where nobody has one.  Of a run whose records were dropped there is "run" alone, with what was "spent".
 *
 * CPU time is on record once a call has ended.  Wall time passes for all alike: a call has a limit of its own where it has to end
 * before its caller.
 */

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "run/state.h"

struct node {
	json_t *json;
	size_t parent; /* SIZE_MAX: the root */
	bool open;
	int64_t began_ns, ended_ns, ends_ns;        /* real; when it has to end */
	int64_t own[QUANTITIES], share[QUANTITIES]; /* a share of 0: none */
	int64_t spent[QUANTITIES];
	int64_t reserved[QUANTITIES]; /* by open calls, itself among them */
	int64_t left[QUANTITIES];     /* NO_LIMIT: nobody has one */
	int64_t told[QUANTITIES];     /* per cent; 0: no alert was raised */
};

struct nodes {
	struct node *node;
	size_t n, cap;
	struct map by_path; /* path -> number + 1; the key is the node's own */
	int64_t limit[QUANTITIES], told[QUANTITIES];
	int64_t began_ns, ended_ns, ends_ns; /* of the run; 0: it has not ended */
	int64_t now_ns;
};

static const char *const names[QUANTITIES] = {
    [QUANTITY_CALLS] = "calls", [QUANTITY_MONEY] = "money_micros", [QUANTITY_CPU] = "cpu_ns"};

static size_t
find(const struct nodes *nodes, const char *path)
{
	return (size_t)(uintptr_t)map_get(&nodes->by_path, path) - 1;
}

static size_t
parent_of(const struct nodes *nodes, const char *path)
{
	_cleanup_(free_p) char *above = xstrdup(path);
	char *slash = strrchr(above, '/');

	if (slash == NULL || slash == above)
		return SIZE_MAX;
	*slash = '\0';
	return find(nodes, above);
}

static void
call_starts(struct nodes *nodes, const struct record *r, const char *path)
{
	_cleanup_(free_p) char *plugin = record_text(r, TAG_CALLEE), *version = record_text(r, TAG_VERSION);
	struct node *node;

	if (nodes->n == nodes->cap) {
		nodes->cap = nodes->cap == 0 ? 16 : 2 * nodes->cap;
		nodes->node = xrealloc(nodes->node, nodes->cap * sizeof(*nodes->node));
	}
	node = &nodes->node[nodes->n++];
	*node = (struct node){.parent = parent_of(nodes, path),
	    .open = true,
	    .began_ns = r->head.real_ns,
	    .ends_ns = record_int(r, record_find(r, TAG_ENDS) != NULL ? TAG_ENDS : TAG_DEADLINE)};
	node->own[QUANTITY_CALLS] = 1;
	node->own[QUANTITY_MONEY] = record_int(r, TAG_MICROS);
	node->share[QUANTITY_CALLS] = record_int(r, TAG_LIMIT_CALLS);
	node->share[QUANTITY_MONEY] = record_int(r, TAG_LIMIT_MICROS);
	node->json =
	    json_pack("{s:s, s:s*, s:s*, s:s}", "path", path, "plugin", plugin, "version", version, "status", "open");
	if (node->json == NULL) /* a name that a damaged disk has changed */
		node->json = json_pack("{s:s, s:s}", "path", "?", "status", "open");
	map_put(&nodes->by_path, json_string_value(json_object_get(node->json, "path")), (void *)(uintptr_t)nodes->n);
}

static void
call_ends(struct nodes *nodes, const struct record *r, const char *path)
{
	size_t at = find(nodes, path);

	if (at >= nodes->n)
		return;
	nodes->node[at].open = false;
	nodes->node[at].ended_ns = r->head.real_ns;
	nodes->node[at].own[QUANTITY_CPU] = record_int(r, TAG_CPU);
	json_object_set_new(nodes->node[at].json, "status", json_string(status_name(r->head.status)));
}

/* Of the run, or of a call of it. */
static void
alerted(struct nodes *nodes, const struct record *r, const char *path)
{
	static const char *const whats[QUANTITIES] = {"calls", "money", "cpu"};
	const struct record_field *body = record_find(r, TAG_BODY);
	_cleanup_(json_p) json_t *json = body == NULL ? NULL : json_read(body->data, body->len, "an alert", NULL);
	const char *what = json_string_value(json_object_get(json, "what"));
	int64_t percent = json_integer_value(json_object_get(json, "percent"));
	size_t at = path == NULL ? SIZE_MAX : find(nodes, path);

	for (enum quantity q = 0; what != NULL && q < QUANTITIES; q++) {
		int64_t *told = path == NULL ? &nodes->told[q] : at < nodes->n ? &nodes->node[at].told[q] : NULL;

		if (told != NULL && strcmp(what, whats[q]) == 0 && percent > *told)
			*told = percent;
	}
}

static void
take(struct nodes *nodes, const struct record *r)
{
	_cleanup_(free_p) char *path = record_text(r, TAG_PATH);

	if (r->head.kind == RECORD_RUN_START) {
		nodes->limit[QUANTITY_CALLS] = record_int(r, TAG_LIMIT_CALLS);
		nodes->limit[QUANTITY_MONEY] =
		    record_find(r, TAG_LIMIT_MICROS) == NULL ? NO_LIMIT : record_int(r, TAG_LIMIT_MICROS);
		nodes->limit[QUANTITY_CPU] = record_find(r, TAG_CPU) == NULL ? NO_LIMIT : record_int(r, TAG_CPU);
		nodes->began_ns = r->head.real_ns;
		nodes->ends_ns = record_int(r, TAG_DEADLINE);
	}
	if (r->head.kind == RECORD_RUN_END)
		nodes->ended_ns = r->head.real_ns;
	if (r->head.kind == RECORD_ALERT)
		alerted(nodes, r, path);
	if (path == NULL)
		return;
	if (r->head.kind == RECORD_CALL_START && find(nodes, path) == SIZE_MAX)
		call_starts(nodes, r, path);
	else if (r->head.kind == RECORD_CALL_END || r->head.kind == RECORD_STAGE)
		call_ends(nodes, r, path);
}

/* What the account above holds for this one. */
static int64_t
held(const struct node *node, enum quantity q)
{
	return node->open && node->share[q] > 0 ? node->share[q] - node->spent[q] : node->reserved[q];
}

/* From the leaves up: callers come before those whom they call. */
static void
add_up(struct nodes *nodes)
{
	for (size_t i = nodes->n; i-- > 0;) {
		struct node *node = &nodes->node[i];

		for (enum quantity q = 0; q < QUANTITIES; q++) {
			struct node *parent = node->parent == SIZE_MAX ? NULL : &nodes->node[node->parent];

			*(node->open ? &node->reserved[q] : &node->spent[q]) += node->own[q];
			if (parent == NULL)
				continue;
			parent->spent[q] += node->spent[q];
			parent->reserved[q] += held(node, q);
		}
	}
}

static int64_t
left_of(int64_t limit, int64_t spent, int64_t reserved)
{
	if (limit == NO_LIMIT)
		return NO_LIMIT;
	return limit - spent - reserved < 0 ? 0 : limit - spent - reserved;
}

json_t *
budget_quantity(int64_t limit, int64_t reserved, int64_t spent, int64_t left)
{
	json_t *json = json_pack("{s:I, s:I}", "reserved", (json_int_t)reserved, "spent", (json_int_t)spent);

	json_object_set_new(json, "limit", limit == NO_LIMIT ? json_null() : json_integer(limit));
	json_object_set_new(json, "left", left == NO_LIMIT ? json_null() : json_integer(left));
	return json;
}

static json_t *
with_told(json_t *json, int64_t percent)
{
	if (percent > 0)
		json_object_set_new(json, "told", json_integer(percent));
	return json;
}

/* Of a call or run that began then, has ended or not, and has to end; `own`: before whoever called it. */
static json_t *
wall(const struct nodes *nodes, int64_t began_ns, int64_t ended_ns, int64_t ends_ns, bool own)
{
	int64_t until = ended_ns != 0 ? ended_ns : nodes->now_ns;
	int64_t limit = ends_ns > began_ns ? ends_ns - began_ns : 0, spent = until > began_ns ? until - began_ns : 0;

	return budget_quantity(own ? limit : NO_LIMIT, 0, spent, left_of(limit, spent, 0));
}

/* All attempts of the root call are the run's. */
static json_t *
run_account(struct nodes *nodes, int64_t left[QUANTITIES])
{
	json_t *json = json_object();

	for (enum quantity q = 0; q < QUANTITIES; q++) {
		int64_t spent = 0, reserved = 0;

		for (size_t i = 0; i < nodes->n; i++) {
			if (nodes->node[i].parent != SIZE_MAX)
				continue;
			spent += nodes->node[i].spent[q];
			reserved += held(&nodes->node[i], q);
		}
		left[q] = left_of(nodes->limit[q], spent, reserved);
		json_object_set_new(json, names[q],
		    with_told(budget_quantity(nodes->limit[q], reserved, spent, left[q]), nodes->told[q]));
	}
	json_object_set_new(json, "wall_ns", wall(nodes, nodes->began_ns, nodes->ended_ns, nodes->ends_ns, true));
	return json;
}

static void
append_to(json_t *node, const char *key, json_t *one)
{
	if (json_object_get(node, key) == NULL)
		json_object_set_new(node, key, json_array());
	json_array_append(json_object_get(node, key), one);
}

static void
write_node(struct nodes *nodes, struct node *node, const int64_t of_run[QUANTITIES])
{
	const int64_t *above = node->parent == SIZE_MAX ? of_run : nodes->node[node->parent].left;

	for (enum quantity q = 0; q < QUANTITIES; q++) {
		int64_t limit = node->share[q] > 0 ? node->share[q] : NO_LIMIT;

		node->left[q] = limit == NO_LIMIT ? above[q] : left_of(limit, node->spent[q], node->reserved[q]);
		json_object_set_new(node->json, names[q],
		    with_told(budget_quantity(limit, node->reserved[q], node->spent[q], node->left[q]), node->told[q]));
	}
	json_object_set_new(node->json, "wall_ns",
	    wall(nodes, node->began_ns, node->ended_ns, node->ends_ns,
		node->ends_ns < (node->parent == SIZE_MAX ? nodes->ends_ns : nodes->node[node->parent].ends_ns)));
	if (node->parent != SIZE_MAX)
		append_to(nodes->node[node->parent].json, "ops", node->json);
	else if (node != nodes->node)
		append_to(nodes->node[0].json, "attempts", node->json);
}

void
budget_of(json_t *view, const struct record_list *list)
{
	struct nodes nodes = {.now_ns = clock_real_ns()};
	int64_t left[QUANTITIES];

	for (size_t i = 0; i < list->n; i++)
		take(&nodes, &list->records[i]);
	add_up(&nodes);
	json_object_set_new(view, "run", run_account(&nodes, left));
	for (size_t i = 0; i < nodes.n; i++)
		write_node(&nodes, &nodes.node[i], left);
	json_object_set(view, "tree", nodes.n == 0 ? json_null() : nodes.node[0].json);
	map_free(&nodes.by_path);
	for (size_t i = 0; i < nodes.n; i++)
		json_decref(nodes.node[i].json);
	free(nodes.node);
}

/* Of a run whose records are gone: what its entry in the store says that it spent.  One of an older host knows of calls alone. */
void
budget_of_entry(json_t *view)
{
	json_t *account = json_object();

	for (enum quantity q = 0; q < QUANTITIES; q++)
		if (json_object_get(view, names[q]) != NULL)
			json_object_set_new(
			    account, names[q], json_pack("{s:O}", "spent", json_object_get(view, names[q])));
	json_object_set_new(view, "run", account);
}

/* Of what is open, that which no record has yet. */
void
budget_join(json_t *view, const struct run *run)
{
	json_t *cpu = json_object_get(json_object_get(view, "run"), names[QUANTITY_CPU]);
	int64_t spent = run->account.spent[QUANTITY_CPU], limit = run->account.limit[QUANTITY_CPU];
	int64_t left = left_of(limit, spent, 0);

	json_object_set_new(cpu, "spent", json_integer(spent));
	json_object_set_new(cpu, "left", left == NO_LIMIT ? json_null() : json_integer(left));
}
