/*
 * Scene: two agents that delegate to each other.  The loop is named and stopped before it costs anything, which is shown beside
 * what such a loop has cost somebody who had nothing to stop it.
 */

#include "config.h"

#include <string.h>

#include "base/json.h"
#include "base/money.h"
#include "base/util.h"
#include "cli/demo.h"

int
demo_loop(struct demo *d, struct buf *verdict, struct fault *fault)
{
	static const char *const plugins[] = {"demo-ping", "demo-pong", NULL};
	_cleanup_(json_p) json_t *run = NULL, *records = NULL;
	const char *who = d->so != NULL ? d->name : "demo-ping";
	const json_t *refusal;
	char cost[MONEY_TEXT];
	int rc = demo_start(d, d->so != NULL ? NULL : plugins, "", fault);

	if (rc != 0)
		return rc;
	if (d->so == NULL)
		demo_say(d, "demo-ping asks demo-pong, who asks demo-ping, who asks ...");
	demo_say(d, "(such a loop has cost somebody $47,000 in an hour)");
	rc = demo_run(d, who, json_incref(d->input), NULL, NULL, NULL, &run, fault);
	if (rc == 0)
		rc = demo_journal(d, run, &records, fault);
	if (rc != 0)
		return rc;
	refusal = demo_record(records, "guard", "cycle");
	if (refusal == NULL) {
		buf_printf(verdict, "no loop was found; the run ended as %s after %lld calls", cli_text(run, "status"),
		    (long long)json_integer_value(json_object_get(run, "calls")));
		return HOSPES_EFAILED;
	}
	money_write(json_integer_value(json_object_get(run, "money_micros")), cost);
	buf_printf(verdict, "stopped at call %zu, having cost %lld calls and $%s: %s",
	    demo_count(records, "kind", "call_start"), (long long)json_integer_value(json_object_get(run, "calls")),
	    cost, cli_text(refusal, "message"));
	return d->so == NULL && demo_count(records, "kind", "call_start") != 2 ? HOSPES_EFAILED : 0;
}
