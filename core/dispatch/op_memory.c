/*
 * The ops of memory: values under keys, and documents, in the spaces of the run's client.
 *
 * What changes something is one command in the journal, a record of the run's own, and then awaited; what looks is asked of
 * the memory room.  Either way the answer becomes the op's outcome, so that a call which begins again is told what it was
 * told before and changes nothing twice.
 */

#include <string.h>

#include "base/json.h"
#include "dispatch/op_memory.h"

/* ---- What is asked ----------------------------------------------------------------------------------------------- */

bool
op_memory_target(const struct op *op, char space[SPACE_TEXT], const char **key)
{
	const char *slash = strchr(op->target, '/');
	size_t len = slash != NULL ? (size_t)(slash - op->target) : strlen(op->target);

	if (len >= SPACE_TEXT)
		return false;
	memcpy(space, op->target, len);
	space[len] = '\0';
	*key = slash != NULL ? slash + 1 : "";
	return len == 0 || strcmp(space, MEMORY_SOURCES) == 0 || memory_name_valid(space);
}

bool
op_memory_changes(uint16_t kind)
{
	return kind == WIRE_OP_REMEMBER || kind == WIRE_OP_FORGET;
}

/* Is there anything in the object that nobody asked for?  A misspelt member would be an option that does not hold. */
static int
known_members(const struct op *op, const json_t *input, const char *const known[], struct fault *fault)
{
	const char *stranger = json_stranger(input, known);

	if (stranger == NULL)
		return 0;
	return fault_set(fault, HOSPES_EINPUT, "the input of %s has a member \"%.60s\", which it does not know",
	    op_kind_name(op->kind), stranger);
}

json_t *
op_memory_input(const struct op *op, size_t most, const char *const known[], struct fault *fault)
{
	json_t *input;

	if (op->input->len > most) {
		fault_set(fault, HOSPES_ETOOLARGE, "the input of %s has %zu bytes and may have %zu",
		    op_kind_name(op->kind), op->input->len, most);
		return NULL;
	}
	input = json_read(op->input->data, op->input->len, "the input of an op of memory", fault);
	if (input != NULL && !json_is_object(input))
		fault_set(fault, HOSPES_EINPUT, "the input of %s has to be an object", op_kind_name(op->kind));
	else if (input != NULL && known_members(op, input, known, fault) == 0)
		return input;
	json_decref(input);
	return NULL;
}

int
op_memory_count(const struct op *op, const json_t *input, const char *name, uint64_t *ret, struct fault *fault)
{
	const json_t *number = json_object_get(input, name);

	if (number == NULL)
		return 0;
	if (!json_is_integer(number) || json_integer_value(number) < 0)
		return fault_set(fault, HOSPES_EINPUT, "\"%s\" of %s has to be a whole number that is not negative",
		    name, op_kind_name(op->kind));
	*ret = (uint64_t)json_integer_value(number);
	return 0;
}

static int
text_member(const struct op *op, const json_t *input, const char *name, const char **ret, struct fault *fault)
{
	const json_t *text = json_object_get(input, name);

	if (text == NULL)
		return 0;
	if (!json_is_string(text) || strlen(json_string_value(text)) != json_string_length(text))
		return fault_set(fault, HOSPES_EINPUT, "\"%s\" of %s has to be a text", name, op_kind_name(op->kind));
	*ret = json_string_value(text);
	return 0;
}

/* ---- Whose memory ------------------------------------------------------------------------------------------------ */

static int
spaces_of_sources(const struct op *op, struct asked_spaces *ret, struct fault *fault)
{
	char **sources = op->run->sources;

	if (sources == NULL || sources[0] == NULL)
		return fault_set(fault, HOSPES_ENOENT,
		    "this run was started without sources; give it spaces with documents (`hospes run --sources "
		    "SPACE`)");
	for (size_t i = 0; sources[i] != NULL; i++)
		ret->spaces[ret->n++] = (struct memory_space){.client = op->run->client, .name = sources[i]};
	return 0;
}

int
op_memory_spaces(const struct op *op, struct asked_spaces *ret, struct fault *fault)
{
	const char *plugin = op->caller->version->name;

	*ret = (struct asked_spaces){.key = ""};
	if (!op_memory_target(op, ret->name, &ret->key))
		return fault_set(fault, HOSPES_EINPUT,
		    "\"%.80s\" names no space: a small letter and up to 63 small letters, digits and dashes, then a "
		    "slash and "
		    "the key",
		    op->target);
	if (strcmp(ret->name, MEMORY_SOURCES) == 0)
		return spaces_of_sources(op, ret, fault);
	if (ret->name[0] == '\0' && !memory_name_valid(plugin))
		return fault_set(fault, HOSPES_EINPUT,
		    "a plugin called %s has no space of its own, since its name means something else there", plugin);
	ret->spaces[0] =
	    (struct memory_space){.client = op->run->client, .name = ret->name[0] == '\0' ? plugin : ret->name};
	ret->n = 1;
	return 0;
}

/* The one space of an op on values, with the key that it names.  Sources are documents, perhaps of many spaces: they have
 * no values that a key alone would find. */
static int
space_with_key(const struct op *op, struct asked_spaces *asked, struct fault *fault)
{
	int rc = op_memory_spaces(op, asked, fault);

	if (rc == 0 && strcmp(asked->name, MEMORY_SOURCES) == 0)
		return fault_set(fault, HOSPES_EINPUT,
		    "%s looks for values and the sources of a run are documents; search, documents and document read "
		    "them",
		    op_kind_name(op->kind));
	if (rc == 0 && op->kind != WIRE_OP_LIST && !memory_key_valid(asked->key))
		return fault_set(fault, HOSPES_EINPUT,
		    "%s needs a key of 1 to %d bytes of UTF-8 without control characters, and was given one of %zu "
		    "bytes",
		    op_kind_name(op->kind), MEMORY_KEY_MAX, strlen(asked->key));
	return rc;
}

/* ---- Asking and being told --------------------------------------------------------------------------------------- */

struct asking {
	struct dispatch *d;
	struct op *op;
};

void *
op_memory_asking(struct dispatch *d, struct op *op)
{
	struct asking *a = xcalloc(1, sizeof(*a));

	*a = (struct asking){.d = d, .op = op};
	op->executing = a;
	return a;
}

void
op_memory_told(json_t *answer, const struct fault *fault, void *arg)
{
	struct asking *a = arg;
	struct dispatch *d = a->d;
	struct op *op = a->op;

	op->executing = NULL;
	free(a);
	if (answer == NULL) {
		pipeline_fail(d, op, fault);
		return;
	}
	pipeline_complete(d, op, 0, json_payload(answer), 1);
	json_decref(answer);
}

/* A change that was asked for takes place all the same: it is on record. */
void
op_memory_stop(struct dispatch *d, struct op *op)
{
	struct asking *a = op->executing;

	memory_unwait(d->memory, a);
	op->executing = NULL;
	free(a);
}

static void
change(struct dispatch *d, struct op *op, struct memory_command *command)
{
	void *arg = op_memory_asking(d, op);
	uint64_t lsn = record_command(d, op, memory_record(command));

	memory_appended(d->memory, command, lsn, op_memory_told, arg);
}

/* The command is on record, and so made or being made: what came of it is asked for again. */
static void
change_resume(struct dispatch *d, struct op *op)
{
	char space[SPACE_TEXT];
	const char *key = "";

	(void)op_memory_target(op, space, &key);
	memory_outcome(d->memory, &op->run->id, op->intent_seq, key, op->kind == WIRE_OP_FORGET, op_memory_told,
	    op_memory_asking(d, op));
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

/* What is around a value: {"value":,"version":9223372036854775807} */
#define REMEMBER_AROUND 64

static int
remember(struct dispatch *d, struct op *op, struct memory_command **ret, struct fault *fault)
{
	static const char *const known[] = {"value", "version", NULL};
	_cleanup_(json_p) json_t *input = NULL;
	_cleanup_(free_p) char *text = NULL;
	struct asked_spaces asked;
	uint64_t version = MEMORY_ANY;
	json_t *value;

	if (space_with_key(op, &asked, fault) != 0)
		return fault->status;
	input = op_memory_input(op, op->run->policy->memory_value_max + REMEMBER_AROUND, known, fault);
	if (input == NULL || op_memory_count(op, input, "version", &version, fault) != 0)
		return fault->status;
	value = json_object_get(input, "value");
	if (value == NULL)
		return fault_set(fault, HOSPES_EINPUT, "the input of remember has no \"value\"");
	text = json_text(value);
	return memory_put(d->memory, &asked.spaces[0], asked.key, text, strlen(text), version, ret, fault);
}

static void
remember_begin(struct dispatch *d, struct op *op)
{
	struct memory_command *command = NULL;
	struct fault fault;

	if (remember(d, op, &command, &fault) != 0)
		pipeline_fail(d, op, &fault);
	else
		change(d, op, command);
}

static void
forget_begin(struct dispatch *d, struct op *op)
{
	static const char *const known[] = {NULL};
	_cleanup_(json_p) json_t *input = NULL;
	struct asked_spaces asked;
	struct memory_command *command = NULL;
	struct fault fault;

	if (space_with_key(op, &asked, &fault) != 0 ||
	    (input = op_memory_input(op, OP_MEMORY_INPUT_MAX, known, &fault)) == NULL ||
	    memory_forget(d->memory, &asked.spaces[0], asked.key, &command, &fault) != 0)
		pipeline_fail(d, op, &fault);
	else
		change(d, op, command);
}

static void
recall_begin(struct dispatch *d, struct op *op)
{
	static const char *const known[] = {NULL};
	_cleanup_(json_p) json_t *input = NULL;
	struct asked_spaces asked;
	struct fault fault;

	if (space_with_key(op, &asked, &fault) != 0 ||
	    (input = op_memory_input(op, OP_MEMORY_INPUT_MAX, known, &fault)) == NULL)
		pipeline_fail(d, op, &fault);
	else
		memory_get(d->memory, &asked.spaces[0], asked.key, op_memory_told, op_memory_asking(d, op));
}

/* ---- Lists ------------------------------------------------------------------------------------------------------- */

static json_t *
list_input(const struct op *op, const char **after, uint64_t *most, struct fault *fault)
{
	static const char *const known[] = {"after", "most", NULL};
	json_t *input = op_memory_input(op, OP_MEMORY_INPUT_MAX, known, fault);

	if (input != NULL && text_member(op, input, "after", after, fault) == 0 &&
	    op_memory_count(op, input, "most", most, fault) == 0)
		return input;
	json_decref(input);
	return NULL;
}

static void
list_begin(struct dispatch *d, struct op *op)
{
	_cleanup_(json_p) json_t *input = NULL;
	struct asked_spaces asked;
	const char *after = "";
	struct fault fault;
	uint64_t most = 0;

	if (space_with_key(op, &asked, &fault) != 0 || (input = list_input(op, &after, &most, &fault)) == NULL)
		pipeline_fail(d, op, &fault);
	else
		memory_list(
		    d->memory, &asked.spaces[0], asked.key, after, most, op_memory_told, op_memory_asking(d, op));
}

static void
documents_begin(struct dispatch *d, struct op *op)
{
	_cleanup_(json_p) json_t *input = NULL;
	struct asked_spaces asked;
	const char *after = NULL;
	struct fault fault;
	uint64_t most = 0;

	if (op_memory_spaces(op, &asked, &fault) != 0 || (input = list_input(op, &after, &most, &fault)) == NULL)
		pipeline_fail(d, op, &fault);
	else
		memory_documents(
		    d->memory, asked.n, asked.spaces, after, most, op_memory_told, op_memory_asking(d, op));
}

static void
document_begin(struct dispatch *d, struct op *op)
{
	static const char *const known[] = {"from", "to", NULL};
	_cleanup_(json_p) json_t *input = NULL;
	struct asked_spaces asked;
	uint64_t from = 0, to = 0;
	struct fault fault;

	if (op_memory_spaces(op, &asked, &fault) != 0 ||
	    (input = op_memory_input(op, OP_MEMORY_INPUT_MAX, known, &fault)) == NULL ||
	    op_memory_count(op, input, "from", &from, &fault) != 0 ||
	    op_memory_count(op, input, "to", &to, &fault) != 0)
		pipeline_fail(d, op, &fault);
	else
		memory_document(
		    d->memory, asked.n, asked.spaces, asked.key, from, to, op_memory_told, op_memory_asking(d, op));
}

const struct executor executor_remember = {
    .name = "remember",
    .outside = true,
    .begin = remember_begin,
    .stop = op_memory_stop,
    .resume = change_resume,
};
const struct executor executor_recall = {
    .name = "recall", .outside = true, .begin = recall_begin, .stop = op_memory_stop};
const struct executor executor_forget = {
    .name = "forget",
    .outside = true,
    .begin = forget_begin,
    .stop = op_memory_stop,
    .resume = change_resume,
};
const struct executor executor_list = {.name = "list", .outside = true, .begin = list_begin, .stop = op_memory_stop};
const struct executor executor_documents = {
    .name = "documents", .outside = true, .begin = documents_begin, .stop = op_memory_stop};
const struct executor executor_document = {
    .name = "document", .outside = true, .begin = document_begin, .stop = op_memory_stop};
