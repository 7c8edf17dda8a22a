/* Scene: a budget of calls.  What is reserved, spent and left, and the stop. */

#include "config.h"

#include "base/json.h"
#include "base/util.h"
#include "cli/demo.h"

#define CALLS 10

int
demo_budget(struct demo *d, struct buf *verdict, struct fault *fault)
{
	static const char *const plugins[] = {"demo-spender", NULL};
	_cleanup_(json_p) json_t *run = NULL, *records = NULL;
	const char *who = d->so != NULL ? d->name : "demo-spender";
	json_int_t limit, spent;
	const json_t *refusal;
	int rc = demo_start(d, d->so != NULL ? NULL : plugins, "", fault);

	if (rc != 0)
		return rc;
	demo_say(d, "%s gets %d calls, itself included", who, CALLS);
	rc = demo_run(
	    d, who, json_incref(d->input), json_pack("{s:{s:i}}", "budget", "calls", CALLS), NULL, NULL, &run, fault);
	if (rc == 0)
		rc = demo_journal(d, run, &records, fault);
	if (rc != 0)
		return rc;
	limit = json_integer_value(json_object_get(demo_record(records, "kind", "run_start"), "limit_calls"));
	spent = json_integer_value(json_object_get(demo_record(records, "kind", "run_end"), "number"));
	refusal = demo_record(records, "guard", "budget");
	buf_printf(verdict, "reserved %lld, spent %lld, left %lld; ", (long long)limit, (long long)spent,
	    (long long)(limit - spent));
	if (refusal != NULL)
		buf_printf(verdict, "call %zu was refused: %s", demo_count(records, "kind", "call_start") + 1,
		    cli_text(refusal, "message"));
	else
		buf_printf(verdict, "it asked for no more, and ended as %s", cli_text(run, "status"));
	if (spent > limit || demo_count(records, "kind", "call_start") > CALLS)
		return HOSPES_EFAILED;
	return d->so == NULL && (refusal == NULL || spent != CALLS) ? HOSPES_EFAILED : 0;
}
