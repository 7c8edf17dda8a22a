/*
 * A case of `hospes test`: cases/NAME.json beside the plugin.
 *
 *   {"input": any,
 *    "findings": [object]?,
 *    "ops": [{"expect": {"op": "call", "target": "...", "input"?: any},
 *             "answer": any | "error": {"code", "message"}, "delay_ms"?: n}],
 *    "output": any | "matcher": any | "status": "name"}
 *
 * Findings are what hospes_findings gives the call, as if a reply to this input had not passed its checks.
 *
 * A matcher is a value of which the output may have more: members of objects that it does not name; numbers are equal as
 * numbers; {"$regex": "..."} stands for a text that the extended regular expression matches.
 */

#ifndef CLI_TEST_CASE_H
#define CLI_TEST_CASE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/fault.h"

struct test_case {
	char *name;
	json_t *file;
	const json_t *input, *findings, *ops, *output, *matcher; /* of the file; all but ops: NULL when not given */
	const char *status; /* "ok" when not given */
};

struct test_cases {
	struct test_case *list;
	size_t n;
};

/* The cases named, or all beside the plugin, in order of their names.  not_found: there is none. */
int test_cases_read(struct test_cases *ret, const char *plugin_file, const char *const names[], size_t n_names,
    struct fault *fault);
void test_cases_free(struct test_cases *cases); /* also for _cleanup_ */

/* The request that runs it. */
json_t *test_case_request(const struct test_case *c, const char *plugin, const char *version);

/* Does the run's end agree with the case?  If not, `why` says what was expected and what was found. */
bool test_case_agrees(const struct test_case *c, const json_t *run, struct buf *why);

/* `at` names the place in sentences. */
bool test_match(const json_t *matcher, const json_t *value, const char *at, struct buf *why);

#endif
