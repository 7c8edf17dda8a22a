/*
 * The ops that a run issued, as its journal tells: what has to be the same each time that a case is run, or a replay would
 * not reach the point where the call was.
 */

#ifndef CLI_TEST_OPS_H
#define CLI_TEST_OPS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/buf.h"

/* One line for each op below the root call, in the order issued: [{"path", "op", "target", "input"}]; a new reference.
 * `input` is the hash, or the value, or absent, as the records have it. */
json_t *test_ops_of(const json_t *records);

/* Is an op one that a case has to answer: "call", "http", "find", "recall" and the others of memory?  Time and random numbers
 * are real. */
bool test_op_outside(const char *kind);

/* How many of them are. */
size_t test_ops_outside(const json_t *ops);

/* Are both the same?  If not, `why` shows the first that differs; `a_name` and `b_name` say which execution it was. */
bool test_ops_equal(const json_t *a, const char *a_name, const json_t *b, const char *b_name, struct buf *why);

#endif
