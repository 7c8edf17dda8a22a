/*
 * The webhook: what leaves unsigned or readable, and a secret that a host would not take.
 *
 * A host reads the secret's file as its own user; what is seen of it here is what anybody sees.
 */

#include "policy/check.h"

#include <string.h>
#include <sys/stat.h>

#include "base/util.h"

static void
tell(const struct policy *p, const char *key, bool mistake, const char *found, const char *allowed, policy_found *each,
    void *arg)
{
	_cleanup_(free_p) char *text = xasprintf("found %s; %s", found, allowed);

	each(&(struct policy_finding){.mistake = mistake,
		 .at = policy_place(p, key),
		 .key = key,
		 .text = text,
		 .found = found,
		 .allowed = allowed},
	    arg);
}

/* A host would not start with it. */
static void
check_secret(const struct policy *p, policy_found *each, void *arg)
{
	const char *key = "alerts.secret_file";
	_cleanup_(free_p) char *found = NULL;
	struct stat st;

	if (stat(p->alerts_secret_file, &st) != 0) {
		found = xasprintf("%s, which is not there or cannot be looked at", p->alerts_secret_file);
		tell(p, key, true, found, "`openssl rand -hex 32` makes a secret", each, arg);
	} else if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		found = xasprintf("%s, which is no plain file or which others may use (mode %04o)",
		    p->alerts_secret_file, (unsigned)st.st_mode & 07777);
		tell(p, key, true, found, "`chmod 600` keeps it for its owner", each, arg);
	}
}

static void
check_readable(const struct policy *p, const struct policy_check_options *options, policy_found *each, void *arg)
{
	static const char plain[] = "http://";
	_cleanup_(free_p) char *host = NULL;
	const char *at = p->alerts_webhook + strlen(plain);

	if (strncmp(p->alerts_webhook, plain, strlen(plain)) != 0)
		return;
	host = at[0] == '[' ? xstrndup(at + 1, strcspn(at + 1, "]")) : xstrndup(at, strcspn(at, ":/?#"));
	if (options->special == NULL || options->special(host) == NULL)
		tell(p, "alerts.webhook", false, "http to another machine",
		    "with https nobody on the way reads the alerts", each, arg);
}

void
check_alerts(const struct policy *p, const struct policy_check_options *options, policy_found *each, void *arg)
{
	if (p->alerts_webhook == NULL && p->alerts_secret_file != NULL)
		tell(p, "alerts.secret_file", false, "a secret without a webhook", "nothing is signed with it", each,
		    arg);
	if (p->alerts_webhook == NULL)
		return;
	check_readable(p, options, each, arg);
	if (p->alerts_secret_file == NULL)
		tell(p, "alerts.webhook", false, "a webhook without alerts.secret_file",
		    "with a secret the other side knows who says so", each, arg);
	else
		check_secret(p, each, arg);
}
