/* What a run, a call or an op waits for, in words. */

#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "cli/command.h"
#include "cli/text.h"

#define TARGET_MOST 60

/* "a timer until T", "3 http", "the guard budget". */
static void
add_reason(struct buf *out, const json_t *reason)
{
	const char *what = cli_text(reason, "for"), *on = cli_text(reason, "on"), *until = cli_text(reason, "until");
	_cleanup_(free_p) char *target = text_shortened(cli_text(reason, "target"), TARGET_MOST);
	json_int_t n = json_integer_value(json_object_get(reason, "n"));
	const json_t *list = json_object_get(reason, "on");

	if (n > 1)
		buf_printf(out, "%lld x ", (long long)n);
	if (strcmp(what, "guard") == 0)
		buf_printf(out, "the guard %s", cli_text(reason, "guard"));
	else if (strcmp(what, "call") == 0)
		buf_printf(out, "%s", on);
	else if (strcmp(what, "cell") == 0 || strcmp(what, "timer") == 0 || strcmp(what, "decision") == 0)
		buf_printf(out, "a %s", what);
	else if (strcmp(what, "review") == 0)
		buf_printf(out, "%s %s", n > 1 ? "reviews" : "review", cli_text(reason, "review"));
	else if (strcmp(what, "turn") == 0)
		buf_appends(out, "its turn to go on after the start");
	else if (strcmp(what, "first") == 0)
		buf_printf(out, "the first of %zu", json_array_size(list));
	else if (strcmp(what, "poll") == 0)
		buf_printf(out, "%zu ballot%s of a poll", json_array_size(list), json_array_size(list) == 1 ? "" : "s");
	else if (strcmp(what, "part") == 0 || strcmp(what, "check") == 0)
		buf_printf(out, "a %s of %s", what, json_string_value(json_array_get(list, 0)));
	else
		buf_appends(out, what);
	if (target[0] != '\0')
		buf_printf(out, " %s", target);
	if (until[0] != '\0')
		buf_printf(out, " until %s", until);
}

char *
waits_text(const json_t *waits)
{
	const json_t *list = json_object_get(waits, "for"), *reason;
	const char *since = cli_text(waits, "since");
	struct buf out = {0};
	size_t i;

	if (json_is_string(list))
		add_reason(&out, waits);
	json_array_foreach(list, i, reason)
	{
		buf_appends(&out, i > 0 ? ", " : "");
		add_reason(&out, reason);
	}
	if (out.len > 0 && since[0] != '\0')
		buf_printf(&out, ", since %s", since);
	buf_text(&out);
	return (char *)out.data;
}
