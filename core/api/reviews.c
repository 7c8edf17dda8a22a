/* Reviews: listing them, showing one, deciding it. */

#include "config.h"

#include <string.h>

#include "api/serve.h"
#include "base/json.h"
#include "base/util.h"

#define LIST_DEFAULT 100u
#define LIST_MAX     10000u

/* It may be newer than what is durable. */
static void
viewed(json_t *view, const struct fault *fault, void *arg)
{
	if (reply_came(view, fault, arg))
		reply_durable(arg, 200, view);
}

void
handle_reviews(struct exchange *x)
{
	const char *all = exchange_query(x, "all");
	unsigned long limit;

	if (!exchange_number(x, "limit", 1, LIST_MAX, LIST_DEFAULT, &limit))
		return;
	exchange_owe(x);
	run_review_list(x->api->runs, all != NULL && strcmp(all, "1") == 0, (unsigned)limit, viewed, x);
}

void
handle_review(struct exchange *x)
{
	exchange_owe(x);
	run_review_show(x->api->runs, x->name, viewed, x);
}

/* None is open under that id: whoever was first is named. */
static void
viewed_late(json_t *view, const struct fault *fault, void *arg)
{
	_cleanup_(json_p) json_t *review = NULL;
	struct exchange *x = arg;
	struct fault late;

	if (!reply_came(view, fault, x))
		return;
	review = view;
	if (strcmp(json_string_value(json_object_get(review, "state")), "open") == 0)
		fault_set(
		    &late, HOSPES_EBUSY, "review %s is being decided, or its run is ending; look at it again", x->name);
	else
		fault_set(&late, HOSPES_ECONFLICT, "review %s was decided before: %s by %s at %s", x->name,
		    json_string_value(json_object_get(review, "decision")),
		    json_string_value(json_object_get(review, "by")),
		    json_string_value(json_object_get(review, "decided")));
	reply_fault(x, &late);
}

void
handle_review_decide(struct exchange *x)
{
	struct fault fault;
	int rc = run_review_decide(x->api->runs, x->name, x->body, x->client, &fault);

	if (rc != 0 && rc != HOSPES_ENOENT) {
		reply_fault(x, &fault);
		return;
	}
	exchange_owe(x);
	run_review_show(x->api->runs, x->name, rc == 0 ? viewed : viewed_late, x);
}
