/* See patience.h. */

#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/util.h"
#include "cli/patience.h"

#define USUAL_S      60
#define MOST_S       86400
#define PAUSE_MIN_MS 50
#define REVIVALS     3u
#define PAUSE_MAX_MS 2000

int
patience_read(struct patience *p, const struct cli *cli, struct fault *fault)
{
	const char *text = cli_value(cli, "patience");
	double seconds = USUAL_S;
	int rc = 0;

	if (text != NULL && strcmp(text, "0") == 0)
		seconds = 0;
	else
		rc = cli_number(cli, "patience", MOST_S, &seconds, fault);
	p->most_ns = (int64_t)(seconds * NS_PER_S);
	return rc;
}

static void
tell(const struct patience *p)
{
	_cleanup_(free_p) char *line =
	    xasprintf("the connection to the host on %s broke off; waiting up to %g s for the host to come back",
		client_socket(p->client), (double)p->most_ns / NS_PER_S);

	if (p->say != NULL)
		p->say(line, p->arg);
	else
		fprintf(stderr, "%s\n", line);
}

static int
revive(struct patience *p, struct fault *fault)
{
	static const char line[] = "the private host of this command ended; it is started again";

	if (++p->revived > REVIVALS)
		return fault->status;
	if (p->say != NULL)
		p->say(line, p->arg);
	else
		fprintf(stderr, "%s\n", line);
	return p->revive(p->arg, fault);
}

int
patience_again(struct patience *p, struct fault *fault)
{
	int64_t now = clock_mono_ns();

	if (fault->status == HOSPES_ENOHOST && p->revive != NULL && client_reached(p->client))
		return revive(p, fault);
	if (fault->status != HOSPES_ENOHOST || p->most_ns == 0 || !client_reached(p->client))
		return fault->status;
	if (p->gone_ns == 0) {
		p->gone_ns = now;
		p->pause_ms = PAUSE_MIN_MS;
		tell(p);
	}
	if (now - p->gone_ns >= p->most_ns)
		return fault_set(fault, HOSPES_ENOHOST,
		    "the host on %s went away and has not come back in %g s; what was under way goes on when it is "
		    "started again",
		    client_socket(p->client), (double)p->most_ns / NS_PER_S);
	if (client_pause(p->pause_ms))
		return fault_set(fault, HOSPES_ECANCELLED, "interrupted while the host was away");
	p->pause_ms = p->pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : p->pause_ms * 2;
	return 0;
}

void
patience_heard(struct patience *p)
{
	p->gone_ns = 0;
}

int
patience_get(struct patience *p, const char *path, json_t **ret, struct fault *fault)
{
	int rc;

	while (client_get(p->client, path, ret, fault) != 0) {
		rc = patience_again(p, fault);
		if (rc != 0)
			return rc;
	}
	patience_heard(p);
	return 0;
}

int
patience_start(struct patience *p, const json_t *request, const char *key, json_t **ret, struct fault *fault)
{
	struct ulid id = ulid_new();
	char own[ULID_TEXT];
	int rc;

	ulid_format(&id, own);
	if (key == NULL)
		key = own;
	if (key[0] == '\0' || strpbrk(key, "\r\n") != NULL)
		return fault_set(fault, HOSPES_EINPUT, "--key has to have 1 to 255 visible ASCII characters");
	while (client_post_key(p->client, "/v1/runs", request, key, ret, fault) != 0) {
		rc = patience_again(p, fault);
		if (rc != 0) {
			if (client_reached(p->client) && (rc == HOSPES_ENOHOST || rc == HOSPES_ECANCELLED))
				fault_set(fault, rc,
				    "the host on %s broke off before it had answered: the run may have been started or "
				    "not; the same command with --key %s asks again and starts no second one",
				    client_socket(p->client), key);
			return rc;
		}
	}
	patience_heard(p);
	return 0;
}
