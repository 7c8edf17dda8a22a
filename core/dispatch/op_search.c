/*
 * The op SEARCH: passages of documents and values that fit some words.
 *
 * The query is kept with the outcome (record.c), so that the journal tells what was looked for and not only what was found.
 */

#include <string.h>

#include "base/json.h"
#include "dispatch/op_memory.h"

static int
search_query(const struct op *op, const json_t *input, struct memory_query *ret, struct fault *fault)
{
	const json_t *query = json_object_get(input, "query"), *within = json_object_get(input, "within"), *digest;
	uint64_t most = 0, most_each = 0;
	size_t i;

	if (!json_is_string(query))
		return fault_set(
		    fault, HOSPES_EINPUT, "\"query\" of search has to be a text with the words to look for");
	if (op_memory_count(op, input, "most", &most, fault) != 0 ||
	    op_memory_count(op, input, "most_each", &most_each, fault) != 0)
		return fault->status;
	if (within != NULL && !json_is_array(within))
		return fault_set(fault, HOSPES_EINPUT, "\"within\" of search has to be a list of digests");
	json_array_foreach(within, i, digest)
	{
		if (!json_is_string(digest))
			return fault_set(
			    fault, HOSPES_EINPUT, "item %zu of \"within\" of search is no digest, which is a text", i);
	}
	*ret = (struct memory_query){
	    .text = json_string_value(query), .most = most, .most_each = most_each, .within = within};
	return 0;
}

static void
search_begin(struct dispatch *d, struct op *op)
{
	static const char *const known[] = {"query", "most", "most_each", "within", NULL};
	_cleanup_(json_p) json_t *input = NULL;
	struct asked_spaces asked;
	struct memory_query query;
	struct fault fault;

	if (op_memory_spaces(op, &asked, &fault) != 0 ||
	    (input = op_memory_input(op, OP_MEMORY_INPUT_MAX, known, &fault)) == NULL ||
	    search_query(op, input, &query, &fault) != 0)
		pipeline_fail(d, op, &fault);
	else
		memory_search(d->memory, asked.n, asked.spaces, &query, op_memory_told, op_memory_asking(d, op));
}

const struct executor executor_search = {
    .name = "search", .outside = true, .begin = search_begin, .stop = op_memory_stop};
