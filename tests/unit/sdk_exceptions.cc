/*
 * A plugin in C++ for the tests: each call parks inside a catch block and throws on from there.  Were what the C++ runtime
 * knows of the exceptions being handled not kept for each fiber, a call would throw another call's exception on.
 */

#include <hospes.h>

#include <string>

static int
catches(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx);
	std::string what = "nothing";

	try {
		try {
			throw std::string(hospes_text(input, "throw"));
		} catch (const std::string &) {
			if (hospes_call_with(ctx, "other", input, HOSPES_OPTIONS(.timeout_ns = 1000), nullptr) != 0)
				return hospes_status(ctx);
			throw;
		}
	} catch (const std::string &caught) {
		what = caught;
	}
	return hospes_reply(ctx, json_string(what.c_str()));
}

HOSPES_AGENT("exceptions", "1.0.0", "Throws, parks and catches", catches)
HOSPES_LICENSE("MIT")
