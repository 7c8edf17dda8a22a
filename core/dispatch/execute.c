/* The table of executors: one row for each kind of op, numbered as on the wire. */

#include "config.h"

#include <string.h>

#include "dispatch/state.h"

static const struct executor *const executors[] = {
    [WIRE_OP_CALL] = &executor_call,
    [WIRE_OP_HTTP] = &executor_http,
    [WIRE_OP_NOW] = &executor_now,
    [WIRE_OP_RANDOM] = &executor_random,
    [WIRE_OP_SLEEP] = &executor_sleep,
    [WIRE_OP_FIRST] = &executor_first,
    [WIRE_OP_FIND] = &executor_find,
    [WIRE_OP_REMEMBER] = &executor_remember,
    [WIRE_OP_RECALL] = &executor_recall,
    [WIRE_OP_FORGET] = &executor_forget,
    [WIRE_OP_LIST] = &executor_list,
    [WIRE_OP_DOCUMENTS] = &executor_documents,
    [WIRE_OP_DOCUMENT] = &executor_document,
    [WIRE_OP_SEARCH] = &executor_search,
    [WIRE_OP_PART] = &executor_part,
    [WIRE_OP_POLL] = &executor_poll,
    [WIRE_OP_REVIEW] = &executor_review,
    [WIRE_OP_SCORE] = &executor_score,
};

const struct executor *
executor_of(const struct op *op)
{
	/* In a case of `hospes test` the case answers for the world outside the call. */
	if (op->run->script != NULL && op->caller != NULL && executors[op->kind]->outside)
		return &executor_script;
#ifdef HOSPES_BENCH_HOOKS
	if (op->kind == WIRE_OP_HTTP && strncmp(op->target, BENCH_TARGET, sizeof(BENCH_TARGET) - 1) == 0)
		return &executor_bench;
#endif
	return executors[op->kind];
}

bool
op_kind_known(uint16_t kind)
{
	return kind < ARRAY_LEN(executors) && executors[kind] != NULL;
}

const char *
op_kind_name(uint16_t kind)
{
	return op_kind_known(kind) ? executors[kind]->name : "unknown";
}
