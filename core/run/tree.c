/* A run's records as people want to see them: the tree of calls, the list of records. */

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "run/state.h"

static const char *
op_name(const struct record *r)
{
	const struct record_field *f = record_find(r, TAG_OP_KIND);
	uint16_t kind = r->head.kind == RECORD_CALL_START || r->head.kind == RECORD_CALL_END ? WIRE_OP_CALL : 0;

	if (f != NULL && f->len == sizeof(kind))
		memcpy(&kind, f->data, sizeof(kind));
	return op_kind_name(kind);
}

static json_t *
text_field(const struct record *r, enum record_tag tag)
{
	const struct record_field *f = record_find(r, tag);

	return f == NULL ? NULL : json_stringn(f->data, f->len);
}

void
tree_set_text(json_t *node, const char *key, const struct record *r, enum record_tag tag)
{
	json_t *text = text_field(r, tag);

	if (text != NULL)
		json_object_set_new(node, key, text);
}

static const char *
effect_name(const struct record *r)
{
	static const char *const effects[] = {"default", "pure", "idempotent", "keyed", "once", "costly"};
	const struct record_field *f = record_find(r, TAG_EFFECT);
	uint8_t effect = f != NULL && f->len == 1 ? *(const uint8_t *)f->data : 0;

	return effect < ARRAY_LEN(effects) ? effects[effect] : "unknown";
}

/* ---- Tree -------------------------------------------------------------------------------------------------------- */

struct tree {
	json_t *nodes; /* path -> node; borrowed by the tree itself */
	json_t *root;
};

static void
append_to(json_t *node, const char *key, json_t *one)
{
	if (node == NULL)
		return;
	if (json_object_get(node, key) == NULL)
		json_object_set_new(node, key, json_array());
	json_array_append(json_object_get(node, key), one);
}

/* Later attempts of an op, "/0/3#2", are kept with the first, "/0/3". */
static void
place(struct tree *tree, char *path, json_t *node)
{
	char *slash = strrchr(path, '/'), *attempt = slash == NULL ? NULL : strchr(slash, '#');

	if (attempt != NULL) {
		*attempt = '\0';
		append_to(json_object_get(tree->nodes, path), "attempts", node);
	} else if (slash == NULL || slash == path) {
		tree->root = node;
	} else {
		*slash = '\0';
		append_to(json_object_get(tree->nodes, path), "ops", node);
	}
}

static json_t *
node_of_path(struct tree *tree, char *path, const struct record *r)
{
	json_t *node = json_object_get(tree->nodes, path);
	char started[CLOCK_TEXT];

	if (node != NULL)
		return node;
	clock_format(r->head.real_ns, started);
	node = json_pack("{s:s s:s s:s}", "path", path, "status", "open", "started", started);
	json_object_set_new(node, "_mono", json_integer((json_int_t)r->head.mono_ns));
	json_object_set_new(tree->nodes, path, node);
	place(tree, path, node);
	return node;
}

static json_t *
node_at(struct tree *tree, const struct record *r)
{
	_cleanup_(free_p) char *path = record_text(r, TAG_PATH);

	return path == NULL ? NULL : node_of_path(tree, path, r);
}

static void
add_to(json_t *node, const char *key, int64_t n)
{
	if (n > 0)
		json_object_set_new(node, key, json_integer(json_integer_value(json_object_get(node, key)) + n));
}

static void
node_ends(json_t *node, const struct record *r)
{
	int64_t took = r->head.mono_ns - json_integer_value(json_object_get(node, "_mono"));

	add_to(node, "maybe_billed", dispatch_maybe_billed(r));
	if (r->head.kind == RECORD_OP_OUTCOME && record_find(r, TAG_NUMBER) != NULL && strcmp(op_name(r), "http") != 0)
		took = record_int(r, TAG_NUMBER);
	json_object_set_new(node, "status", json_string(status_name(r->head.status)));
	json_object_set_new(node, "duration_ms", json_real((double)took / NS_PER_MS));
	if (record_find(r, TAG_CONFIDENCE) != NULL)
		json_object_set_new(node, "confidence", json_real(record_real(r, TAG_CONFIDENCE)));
	tree_set_text(node, "message", r, TAG_MESSAGE);
}

/* The words that memory was searched for. */
static void
set_query(json_t *node, const struct record *r, const struct payload *input)
{
	_cleanup_(json_p) json_t *json = NULL;

	if (input == NULL || strcmp(op_name(r), "search") != 0)
		return;
	json = json_read(input->data, input->len, "the input of a search", NULL);
	if (json_is_string(json_object_get(json, "query")))
		json_object_set(node, "query", json_object_get(json, "query"));
}

static void
node_is_op(json_t *node, const struct record *r, const struct payload *input)
{
	if (json_object_get(node, "plugin") != NULL)
		return;
	json_object_set_new(node, "op", json_string(op_name(r)));
	tree_set_text(node, "target", r, TAG_TARGET);
	set_query(node, r, input);
}

/* A check that was not asked: what it says of this very reply is known. */
static void
node_known(json_t *node, const struct record *r)
{
	if (record_find(r, TAG_CALLEE) == NULL)
		return;
	tree_set_text(node, "plugin", r, TAG_CALLEE);
	tree_set_text(node, "version", r, TAG_VERSION);
	json_object_del(node, "op");
	json_object_set_new(node, "cached", json_true());
}

void
tree_set_findings(json_t *to, const struct record *r)
{
	const struct record_field *body = record_find(r, TAG_BODY);
	json_t *findings = body == NULL ? NULL : json_read(body->data, body->len, "findings", NULL);

	if (findings != NULL)
		json_object_set_new(to, "findings", findings);
}

/* An effect is begun, perhaps not for the first time. */
static void
node_begins(json_t *node, const struct record *r)
{
	const char *effect = effect_name(r);

	if (strcmp(effect, "default") != 0)
		json_object_set_new(node, "effect", json_string(effect));
	if (r->head.attempt > 1)
		json_object_set_new(node, "attempt", json_integer(r->head.attempt));
	if (record_find(r, TAG_NUMBER) == NULL)
		return;
	add_to(node, "begun_again", 1);
	add_to(node, "maybe_billed", dispatch_maybe_billed(r));
}

static void
node_decided(json_t *node, const struct record *r)
{
	json_t *decision = json_object();

	tree_set_text(decision, "outcome", r, TAG_DECISION);
	tree_set_text(decision, "by", r, TAG_ACTOR);
	tree_set_text(decision, "why", r, TAG_REASON);
	json_object_set_new(node, "decision", decision);
}

/* An attempt is over and not the outcome: why, and what the next one is, which is there from now on. */
static void
node_staged(struct tree *tree, json_t *node, const struct record *r)
{
	const struct record_field *stage = record_find(r, TAG_STAGE);
	json_t *next = stage == NULL ? NULL : json_read(stage->data, stage->len, "a stage", NULL), *following;
	_cleanup_(free_p) char *path = record_text(r, TAG_PATH), *then = NULL;

	node_ends(node, r);
	tree_set_text(node, "guard", r, TAG_GUARD);
	if (json_object_get(node, "findings") == NULL)
		tree_set_findings(node, r);
	if (!json_is_object(next)) {
		json_decref(next);
		return;
	}
	json_object_set_new(next, "attempt", json_integer(record_int(r, TAG_NUMBER)));
	json_object_set_new(node, "next", next);
	strrchr(path, '/')[strcspn(strrchr(path, '/'), "#")] = '\0';
	then = xasprintf("%s#%lld", path, (long long)record_int(r, TAG_NUMBER));
	following = node_of_path(tree, then, r);
	json_object_set(following, "op", json_object_get(next, "kind"));
	if (json_object_get(next, "to") != NULL)
		json_object_set(following, "target", json_object_get(next, "to"));
}

/* A human is asked about it. */
static void
node_reviewed(json_t *node, const struct record *r)
{
	static const char *const shown[] = {"cause", "question", "default"};
	const struct record_field *body = record_find(r, TAG_BODY);
	_cleanup_(json_p) json_t *json = body == NULL ? NULL : json_loadb(body->data, body->len, 0, NULL);
	json_t *review = json_object(), *list = json_object_get(node, "reviews");

	if (list == NULL) {
		list = json_array();
		json_object_set_new(node, "reviews", list);
	}
	tree_set_text(review, "id", r, TAG_REVIEW);
	for (size_t i = 0; json != NULL && i < ARRAY_LEN(shown); i++)
		json_object_set(review, shown[i], json_object_get(json, shown[i]));
	json_array_append_new(list, review);
}

/* True: it is the decision on a review of it. */
static bool
review_decided(json_t *node, const struct record *r)
{
	_cleanup_(free_p) char *id = record_text(r, TAG_REVIEW);
	json_t *review;
	size_t i;

	json_array_foreach(json_object_get(node, "reviews"), i, review)
	{
		const char *of = json_string_value(json_object_get(review, "id"));

		if (id == NULL || of == NULL || strcmp(of, id) != 0)
			continue;
		tree_set_text(review, "decision", r, TAG_DECISION);
		tree_set_text(review, "by", r, TAG_ACTOR);
		tree_set_text(review, "why", r, TAG_REASON);
	}
	return id != NULL;
}

/* Of a call by capability: why this one was chosen. */
static void
set_route(json_t *node, const struct record *r)
{
	const struct record_field *route = record_find(r, TAG_ROUTE);
	json_t *json = route == NULL ? NULL : json_read(route->data, route->len, "a choice", NULL);

	if (json == NULL)
		return;
	json_object_set_new(node, "route", json);
	tree_set_text(node, "target", r, TAG_TARGET);
}

/* With that it ends, unless it is the reply of a call: what becomes of that is told by what follows. */
static void
node_refused(json_t *node, const struct record *r, const struct payload *input)
{
	tree_set_text(node, "guard", r, TAG_GUARD);
	tree_set_text(node, "message", r, TAG_MESSAGE);
	tree_set_findings(node, r);
	node_is_op(node, r, input);
	if (json_object_get(node, "plugin") == NULL)
		node_ends(node, r);
}

static void
tree_add(struct tree *tree, const struct record *r, const struct payload *input)
{
	json_t *node = node_at(tree, r);

	if (node == NULL)
		return;
	switch ((enum record_kind)r->head.kind) {
	case RECORD_CALL_START:
		json_object_del(node, "op");
		json_object_del(node, "target");
		tree_set_text(node, "plugin", r, TAG_CALLEE);
		tree_set_text(node, "version", r, TAG_VERSION);
		set_route(node, r);
		break;
	case RECORD_OP_INTENT:
		node_is_op(node, r, input);
		node_begins(node, r);
		break;
	case RECORD_COMMAND:
		node_is_op(node, r, input);
		break;
	case RECORD_REVIEW:
		node_is_op(node, r, input);
		node_reviewed(node, r);
		break;
	case RECORD_RESOLVED:
		if (!review_decided(node, r))
			node_decided(node, r);
		break;
	case RECORD_STAGE:
		node_is_op(node, r, input);
		node_staged(tree, node, r);
		break;
	case RECORD_REFUSAL:
		node_refused(node, r, input);
		break;
	case RECORD_OP_OUTCOME:
		node_is_op(node, r, input);
		node_known(node, r);
		node_ends(node, r);
		break;
	case RECORD_CALL_END:
		node_ends(node, r);
		break;
	case RECORD_SCORE:
		score_node(node, r);
		break;
	case RECORD_PART:
		json_object_set_new(node, "parts", json_integer(record_int(r, TAG_NUMBER) + 1));
		break;
	case RECORD_REPLAY:
		json_object_set_new(
		    node, "replays", json_integer(json_integer_value(json_object_get(node, "replays")) + 1));
		break;
	default:
		break;
	}
}

/* What a poll came to, and each ballot of it. */
static void
node_polled(struct tree *tree, const struct record *r, struct carried *carried)
{
	_cleanup_(payload_unref) struct payload *output = carried_read(carried, r, TAG_OUTPUT, NULL);
	json_t *poll = output == NULL ? NULL : json_read(output->data, output->len, "the outcome of a poll", NULL);
	json_t *node = node_at(tree, r);

	if (node != NULL && json_is_object(poll))
		json_object_set(node, "poll", poll);
	json_decref(poll);
}

json_t *
tree_of(const struct record_list *list)
{
	_cleanup_(carried_free) struct carried carried = {0};
	struct tree tree = {.nodes = json_object()};
	const char *path;
	json_t *node, *root;

	for (size_t i = 0; i < list->n; i++) {
		const struct record *r = &list->records[i];
		_cleanup_(payload_unref) struct payload *input = carried_read(&carried, r, TAG_INPUT, NULL);

		if (r->head.kind != RECORD_LOG)
			tree_add(&tree, r, input);
		if (r->head.kind == RECORD_OP_OUTCOME && strcmp(op_name(r), "poll") == 0)
			node_polled(&tree, r, &carried);
	}
	json_object_foreach(tree.nodes, path, node) json_object_del(node, "_mono");
	root = tree.root == NULL ? json_null() : json_incref(tree.root);
	json_decref(tree.nodes);
	return root;
}

/* ---- Records ----------------------------------------------------------------------------------------------------- */

static void
set_hex(json_t *json, const char *key, const struct record_field *f)
{
	_cleanup_(free_p) char *text = xmalloc(2 * f->len + 1);

	hex_format(f->data, f->len, text);
	json_object_set_new(json, key, json_string(text));
}

/* What a payload has in common with an earlier one, and what is new. */
static void
set_delta(json_t *json, const char *key, const struct record_field *f)
{
	struct record_field base = {.data = f->data, .len = sizeof(struct payload_hash)}, added;
	struct cursor in = cursor_of(f->data, f->len);
	struct payload_hash hash;
	uint32_t kept[2];
	json_t *delta;

	if (!cursor_get(&in, &hash, sizeof(hash)) || !cursor_get(&in, kept, sizeof(kept))) {
		set_hex(json, key, f);
		return;
	}
	delta = json_pack("{s:I s:I}", "prefix", (json_int_t)kept[0], "suffix", (json_int_t)kept[1]);
	set_hex(delta, "base", &base);
	added = (struct record_field){.data = in.at, .len = (uint32_t)cursor_left(&in)};
	if (utf8_valid(added.data, added.len))
		json_object_set_new(delta, "added", json_stringn(added.data, added.len));
	else
		set_hex(delta, "added", &added); /* it may begin and end in the middle of a character */
	json_object_set_new(json, key, delta);
}

static void
set_field(json_t *json, const struct record *r, const struct record_field *f)
{
	const char *key = record_tag_name(f->tag);
	json_t *value;

	switch ((enum record_tag)f->tag) {
	case TAG_OBJECT:
	case TAG_INPUT_HASH:
	case TAG_OUTPUT_HASH:
	case TAG_REQUEST:
		set_hex(json, key, f);
		return;
	case TAG_INPUT_DELTA:
	case TAG_OUTPUT_DELTA:
		set_delta(json, key, f);
		return;
	case TAG_INPUT_ERASED:
	case TAG_OUTPUT_ERASED:
		if (f->len >= sizeof(struct payload_hash)) {
			struct record_field hash = {.data = f->data, .len = sizeof(struct payload_hash)};

			set_hex(json, f->tag == TAG_INPUT_ERASED ? "input_hash" : "output_hash", &hash);
		}
		json_object_set_new(json, key, json_integer(f->len));
		return;
	case TAG_ERASED:
		json_object_set_new(json, key, json_true());
		return;
	case TAG_DEADLINE:
	case TAG_ENDS:
	case TAG_LIMIT_CALLS:
	case TAG_NUMBER:
	case TAG_LIMIT_MICROS:
	case TAG_MICROS:
	case TAG_CPU:
	case TAG_GIVEN:
	case TAG_BILLED:
		json_object_set_new(json, key, json_integer(record_int(r, f->tag)));
		return;
	case TAG_CONFIDENCE:
		json_object_set_new(json, key, json_real(record_real(r, f->tag)));
		return;
	case TAG_OP_KIND:
		json_object_set_new(json, "op", json_string(op_name(r)));
		return;
	case TAG_EFFECT:
		json_object_set_new(json, key, json_string(effect_name(r)));
		return;
	case TAG_INPUT:
	case TAG_OUTPUT:
	case TAG_BODY:
	case TAG_STAGE:
	case TAG_CONFIG:
	case TAG_PARTIAL:
	case TAG_SOURCES:
	case TAG_ROUTE:
	case TAG_SCORE:
		value = json_read(f->data, f->len, key, NULL);
		if (value == NULL && (value = json_stringn(f->data, f->len)) == NULL) {
			set_hex(json, key, f);
			return;
		}
		json_object_set_new(json, key, value);
		return;
	default:
		json_object_set_new(json, key, json_stringn(f->data, f->len));
	}
}

static json_t *
record_json(const struct record *r)
{
	char at[CLOCK_TEXT];
	json_t *json;

	clock_format(r->head.real_ns, at);
	json = json_pack("{s:I s:i s:s s:s s:I}", "lsn", (json_int_t)r->head.lsn, "seq", (int)r->head.seq, "kind",
	    record_kind_name(r->head.kind), "time", at, "mono_ns", (json_int_t)r->head.mono_ns);
	if (r->head.ordinal != UINT32_MAX)
		json_object_set_new(json, "ordinal", json_integer(r->head.ordinal));
	if (r->head.attempt > 1)
		json_object_set_new(json, "attempt", json_integer(r->head.attempt));
	if (r->head.kind == RECORD_RUN_END || r->head.kind == RECORD_CALL_END || r->head.kind == RECORD_OP_OUTCOME ||
	    r->head.kind == RECORD_REFUSAL || r->head.kind == RECORD_STAGE)
		json_object_set_new(json, "status", json_string(status_name(r->head.status)));
	/* The records of a call do not say that it is one. */
	if (r->head.kind == RECORD_CALL_START || r->head.kind == RECORD_CALL_END)
		json_object_set_new(json, "op", json_string(op_name(r)));
	for (unsigned i = 0; i < r->head.fields; i++)
		set_field(json, r, &r->field[i]);
	return json;
}

/* However a record names its payloads, it shows their hashes: so records can be compared. */
static void
set_hashes(json_t *json, struct carried *carried, const struct record *r)
{
	static const enum record_tag tags[] = {TAG_INPUT, TAG_OUTPUT};

	for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
		_cleanup_(payload_unref) struct payload *p = carried_read(carried, r, tags[i], NULL);
		struct record_field hash = {.len = sizeof(struct payload_hash)};
		const char *key = record_tag_name(tags[i] == TAG_INPUT ? TAG_INPUT_HASH : TAG_OUTPUT_HASH);

		if (p == NULL || json_object_get(json, key) != NULL)
			continue;
		payload_hash(p);
		hash.data = &p->hash;
		set_hex(json, key, &hash);
	}
}

json_t *
records_json(const struct record_list *list)
{
	_cleanup_(carried_free) struct carried carried = {0};
	json_t *array = json_array();

	for (size_t i = 0; i < list->n; i++) {
		json_t *json = record_json(&list->records[i]);

		set_hashes(json, &carried, &list->records[i]);
		json_array_append_new(array, json);
	}
	return array;
}
