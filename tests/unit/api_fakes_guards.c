/* What the handlers of reviews, alerts, scores and breakers ask of other rooms. */

#include "api_fakes.h"

#include <string.h>

#include "dispatch/dispatch.h"
#include "run/run.h"

void
run_review_list(struct runs *r, bool all, unsigned limit, run_viewed *done, void *arg)
{
	(void)r;
	done(json_pack("[b, i]", all, (int)limit), NULL, arg);
}

void
run_review_show(struct runs *r, const char *id_text, run_viewed *done, void *arg)
{
	struct fault fault;

	(void)r;
	if (strcmp(id_text, REVIEW_ID_TEXT) != 0) {
		fault_set(&fault, HOSPES_ENOENT, "there is no such review");
		done(NULL, &fault, arg);
	} else if (fakes.reviewed[0] == '\0') {
		done(json_pack("{s:s, s:s}", "id", id_text, "state", "open"), NULL, arg);
	} else {
		done(json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", id_text, "state", "decided", "decision",
			 fakes.reviewed, "by", "uid:7", "decided", "2026-01-01T00:00:00.000Z"),
		    NULL, arg);
	}
}

int
run_review_decide(struct runs *r, const char *id_text, const json_t *request, const char *who, struct fault *fault)
{
	(void)r;
	if (strncmp(who, "uid:", 4) != 0 || strcmp(json_string_value(json_object_get(request, "hash")), "right") != 0)
		return fault_set(fault, HOSPES_ECONFLICT, "something else was shown");
	if (strcmp(id_text, REVIEW_ID_TEXT) != 0 || fakes.reviewed[0] != '\0')
		return fault_set(fault, HOSPES_ENOENT, "none is open");
	snprintf(fakes.reviewed, sizeof fakes.reviewed, "%s", json_string_value(json_object_get(request, "decision")));
	return 0;
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
	(void)d;
	if (strcmp(name, "nobody") == 0)
		return fault_set(fault, HOSPES_ENOENT, "there is no breaker of nobody");
	*ret = json_pack("[{s:s s:s* s:s s:s}]", "name", name, "version", semver, "by", actor, "why", why);
	return 0;
}
