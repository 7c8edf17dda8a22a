/*
 * Decisions on effects of a run: what a client says is read and checked here; dispatch knows what it does to the op.
 */

#include <string.h>

#include "base/json.h"
#include "run/state.h"

#define WHY_MAX 1024 /* bytes */

static int
check_members(const json_t *request, struct fault *fault)
{
	static const char *const members[] = {"call", "outcome", "answer", "why", NULL};
	const char *stranger = json_stranger(request, members);

	if (stranger == NULL)
		return 0;
	return fault_set(
	    fault, HOSPES_EINPUT, "the request has a member %.60s; it takes call, outcome, answer and why", stranger);
}

static int
read_outcome(const json_t *request, struct decision *said, struct fault *fault)
{
	const char *outcome = json_string_value(json_object_get(request, "outcome"));

	said->answer = json_object_get(request, "answer");
	if (outcome != NULL && strcmp(outcome, "done") == 0)
		said->outcome = DECISION_DONE;
	else if (outcome != NULL && strcmp(outcome, "not-done") == 0)
		said->outcome = DECISION_NOT_DONE;
	else if (outcome != NULL && strcmp(outcome, "answer") == 0)
		said->outcome = DECISION_ANSWER;
	else
		return fault_set(fault, HOSPES_EINPUT, "outcome has to be \"done\", \"not-done\" or \"answer\"");
	if ((said->outcome == DECISION_ANSWER) != (said->answer != NULL))
		return fault_set(
		    fault, HOSPES_EINPUT, "an answer belongs to the outcome \"answer\", and that outcome needs one");
	return 0;
}

static int
read_why(const json_t *request, struct decision *said, struct fault *fault)
{
	const json_t *why = json_object_get(request, "why");

	if (why != NULL && !json_is_null(why) && (!json_is_string(why) || json_string_length(why) > WHY_MAX))
		return fault_set(fault, HOSPES_EINPUT, "why has to be a text of at most %d bytes", WHY_MAX);
	said->why = json_string_value(why);
	return 0;
}

int
run_resolve(struct runs *r, struct run *run, const json_t *request, const char *who, struct fault *fault)
{
	const char *path = json_string_value(json_object_get(request, "call"));
	struct decision said = {.who = who};

	if (check_members(request, fault) != 0 || read_outcome(request, &said, fault) != 0 ||
	    read_why(request, &said, fault) != 0)
		return fault->status;
	if (path == NULL || path[0] != '/')
		return fault_set(fault, HOSPES_EINPUT,
		    "call has to be the path of what waits, such as \"/0/3\"; `hospes show %s` tells it", run->id_text);
	if (run->root.state == OP_DONE)
		return fault_set(fault, HOSPES_ECONFLICT, "run %s has ended as %s; there is nothing to decide",
		    run->id_text, status_name(run->root.status));
	return dispatch_resolve(r->dispatch, run, path, &said, fault);
}
