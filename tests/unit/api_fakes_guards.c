/* What the handlers of reviews, alerts and scores ask of other rooms. */

#include "api_fakes.h"

#include "dispatch/dispatch.h"
#include "run/run.h"

void
run_review_list(struct runs *r, bool all, unsigned limit, run_viewed *done, void *arg)
{
	(void)r, (void)all, (void)limit;
	done(json_array(), NULL, arg);
}

void
run_review_show(struct runs *r, const char *id_text, run_viewed *done, void *arg)
{
	struct fault fault;

	(void)r;
	fault_set(&fault, HOSPES_ENOENT, "there is no review %s", id_text);
	done(NULL, &fault, arg);
}

int
run_review_decide(struct runs *r, const char *id_text, const json_t *request, const char *who, struct fault *fault)
{
	(void)r, (void)request, (void)who;
	return fault_set(fault, HOSPES_ENOENT, "there is no review %s", id_text);
}

void
run_score(struct runs *r, const char *id_text, const json_t *request, const char *who, run_viewed *done, void *arg)
{
	struct fault fault;

	(void)r, (void)request, (void)who;
	fault_set(&fault, HOSPES_ENORUN, "there is no run %s", id_text);
	done(NULL, &fault, arg);
}

void
dispatch_alerts(struct dispatch *d, unsigned most, dispatch_listed *done, void *arg)
{
	(void)d, (void)most;
	done(json_array(), arg);
}

json_t *
dispatch_scores(const struct dispatch *d, const char *plugin)
{
	(void)d, (void)plugin;
	return json_array();
}

json_t *
dispatch_breakers(struct dispatch *d)
{
	(void)d;
	return json_array();
}

int
dispatch_reset_breakers(struct dispatch *d, const char *name, const char *semver, const char *actor, const char *why,
    json_t **ret, struct fault *fault)
{
	(void)d, (void)semver, (void)actor, (void)why, (void)ret;
	return fault_set(fault, HOSPES_ENOENT, "there is no breaker %s", name);
}
