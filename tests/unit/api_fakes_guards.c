/* What the handlers of alerts, scores and breakers ask of other rooms. */

#include "api_fakes.h"

#include <string.h>

#include "dispatch/dispatch.h"
#include "run/run.h"

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
	(void)d;
	if (strcmp(name, "nobody") == 0)
		return fault_set(fault, HOSPES_ENOENT, "there is no breaker of nobody");
	*ret = json_pack("[{s:s s:s* s:s s:s}]", "name", name, "version", semver, "by", actor, "why", why);
	return 0;
}
