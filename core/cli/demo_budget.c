/* Scene: a budget of calls.  The alerts on the way, once each; what is reserved, spent and left; and the stop. */

#include "config.h"

#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/demo.h"

#define CALLS 10

/* How often an alert was raised at so many per cent of the calls of the run. */
static size_t
alerts_at(const json_t *records, json_int_t percent)
{
	const json_t *record;
	size_t i, n = 0;

	json_array_foreach(records, i, record)
	{
		const json_t *body = json_object_get(record, "body");

		n += strcmp(cli_text(record, "kind"), "alert") == 0 && strcmp(cli_text(body, "of"), "run") == 0 &&
		     strcmp(cli_text(body, "what"), "calls") == 0 &&
		     json_integer_value(json_object_get(body, "percent")) == percent;
	}
	return n;
}

/* Tells the alerts of a run; false: one came twice, or is missing that was due. */
static bool
tell_alerts(const json_t *records, json_int_t spent, struct buf *verdict)
{
	static const json_int_t percents[] = {50, 80, 100};
	bool well = true;

	for (size_t i = 0; i < ARRAY_LEN(percents); i++) {
		size_t n = alerts_at(records, percents[i]), due = spent * 100 >= percents[i] * CALLS;

		buf_printf(verdict, "%s%lld %%: %zu", i == 0 ? "alerts at " : ", ", (long long)percents[i], n);
		well &= n == due;
	}
	buf_appends(verdict, "; ");
	return well;
}

int
demo_budget(struct demo *d, struct buf *verdict, struct fault *fault)
{
	static const char *const plugins[] = {"demo-spender", NULL};
	_cleanup_(json_p) json_t *run = NULL, *records = NULL;
	const char *who = d->so != NULL ? d->name : "demo-spender";
	json_int_t limit, spent;
	const json_t *refusal;
	bool alerted;
	int rc = demo_start(d, d->so != NULL ? NULL : plugins, "", fault);

	if (rc != 0)
		return rc;
	demo_say(d, "%s gets %d calls, itself included; alerts are due at 50, 80 and 100 %%", who, CALLS);
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
	alerted = tell_alerts(records, spent, verdict);
	if (refusal != NULL)
		buf_printf(verdict, "call %zu was refused: %s", demo_count(records, "kind", "call_start") + 1,
		    cli_text(refusal, "message"));
	else
		buf_printf(verdict, "it asked for no more, and ended as %s", cli_text(run, "status"));
	if (!alerted || spent > limit || demo_count(records, "kind", "call_start") > CALLS)
		return HOSPES_EFAILED;
	return d->so == NULL && (refusal == NULL || spent != CALLS) ? HOSPES_EFAILED : 0;
}
