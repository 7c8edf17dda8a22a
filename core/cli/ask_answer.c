/* The end of a run becomes the answer of `hospes ask`. */

#include "config.h"

#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/ask.h"

/* Members of a brief that are passed on as they are, and what they have to be. */
static const struct {
	const char *name;
	json_type type;
	bool required;
} members[] = {{"answer", JSON_STRING, true}, {"points", JSON_ARRAY, true}, {"contradictions", JSON_ARRAY, false},
    {"sources", JSON_ARRAY, true}, {"claims", JSON_ARRAY, false}, {"failed", JSON_ARRAY, false},
    {"documents", JSON_INTEGER, false}};

static void
set_error(json_t *answer, const char *code, const char *message)
{
	json_object_set_new(answer, "error",
	    json_pack("{s:s, s:s, s:s}", "code", code, "message", message, "hint", status_hint(status_number(code))));
}

static void
take_brief(json_t *answer, const json_t *brief)
{
	const json_t *confidence = json_object_get(brief, "confidence");

	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		json_t *member = json_object_get(brief, members[i].name);
		_cleanup_(free_p) char *why = NULL;

		if (member != NULL && json_typeof(member) == members[i].type) {
			json_object_set(answer, members[i].name, member);
			continue;
		}
		if (member == NULL && !members[i].required)
			continue;
		why = xasprintf("the strategy's result is no brief: its member %s is %s", members[i].name,
		    member == NULL ? "missing" : "of another type");
		set_error(answer, status_name(HOSPES_EOUTPUT), why);
		return;
	}
	if (json_is_number(confidence))
		json_object_set(answer, "confidence", (json_t *)(uintptr_t)confidence);
}

static double
ms_between(int64_t from, int64_t to)
{
	return to > from ? (double)(to - from) / NS_PER_MS : 0;
}

static json_t *
took_json(const json_t *run, const struct ask_took *took)
{
	json_t *json =
	    json_pack("{s:f, s:f, s:I, s:I, s:I, s:I, s:I}", "ms", ms_between(took->began_ns, took->ended_ns),
		"load_ms", ms_between(took->began_ns, took->loaded_ns), "documents", (json_int_t)took->documents,
		"skipped", (json_int_t)took->skipped, "sent", (json_int_t)took->sent, "bytes", (json_int_t)took->bytes,
		"calls", json_integer_value(json_object_get(run, "calls")));

	if (took->agents > 0)
		json_object_set_new(json, "agents", json_integer((json_int_t)took->agents));
	return json;
}

json_t *
ask_answer(const json_t *run, const char *question, const struct ask_took *took, bool stays)
{
	json_t *answer = json_object(), *error = json_object_get(run, "error");
	const json_t *brief = json_object_get(run, "result");

	if (stays)
		json_object_set_new(answer, "run", json_string(cli_text(run, "id")));
	json_object_set_new(answer, "question", json_string(question));
	if (error != NULL)
		json_object_set(answer, "error", error);
	else
		take_brief(answer, brief);
	if (json_object_get(answer, "documents") == NULL)
		json_object_set_new(answer, "documents", json_integer((json_int_t)took->documents));
	/* A strategy that does not say in its brief who failed has told the host. */
	if (json_array_size(json_object_get(answer, "failed")) == 0 &&
	    json_array_size(json_object_get(run, "partial")) > 0)
		json_object_set(answer, "failed", json_object_get(run, "partial"));
	json_object_set_new(answer, "took", took_json(run, took));
	return answer;
}
