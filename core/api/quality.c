/* GET /v1/alerts, GET /v1/scores and POST /v1/runs/ID/score: what somebody should know of, and how good agents are. */

#include "config.h"

#include "api/serve.h"
#include "base/json.h"
#include "base/util.h"

#define ALERTS_DEFAULT 100u

static void
listed(json_t *list, void *arg)
{
	struct exchange *x = arg;

	if (exchange_paid(x))
		reply_durable(x, 200, list);
	else
		json_decref(list);
}

void
handle_alerts(struct exchange *x)
{
	unsigned long limit;

	if (!exchange_number(x, "limit", 1, ALERTS_KEPT, ALERTS_DEFAULT, &limit))
		return;
	exchange_owe(x);
	dispatch_alerts(x->api->dispatch, (unsigned)limit, listed, x);
}

void
handle_scores(struct exchange *x)
{
	reply_durable(x, 200, dispatch_scores(x->api->dispatch, exchange_query(x, "name")));
}

static void
scored(json_t *answer, const struct fault *fault, void *arg)
{
	if (reply_came(answer, fault, arg))
		reply_json(arg, 200, answer);
}

void
handle_run_score(struct exchange *x)
{
	exchange_owe(x);
	run_score(x->api->runs, x->name, x->body, x->client, scored, x);
}
