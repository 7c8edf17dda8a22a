/*
 * Scene: an effect that may be made once waits for a human.  Nothing is sent before it is approved, not by a host that is killed
 * meanwhile either; then it is made, once.
 */

#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/demo.h"

#define PATIENCE_NS (30 * NS_PER_S)
#define HASH_SHOWN  12

/* ---- Who is paid ------------------------------------------------------------------------------------------------- */

/* A server that counts what it is asked. */
struct till {
	int fd;
	unsigned port;
	pthread_t thread;
	bool runs;
	atomic_uint asked;
};

static void *
till_main(void *till)
{
	static const char answer[] = "HTTP/1.1 201 Created\r\nContent-Length: 4\r\nConnection: close\r\n\r\npaid";
	struct till *t = till;
	struct sockaddr_in who;
	socklen_t len = sizeof(who);
	char request[4096];
	int fd;

	while ((fd = accept4(t->fd, (struct sockaddr *)&who, &len, SOCK_CLOEXEC)) >= 0) {
		if (recv(fd, request, sizeof(request), 0) > 0) {
			atomic_fetch_add(&t->asked, 1);
			(void)send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
		}
		close(fd);
	}
	return NULL;
}

static int
till_open(struct till *t, struct fault *fault)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);

	t->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (t->fd < 0 || bind(t->fd, (struct sockaddr *)&at, len) != 0 || listen(t->fd, 8) != 0 ||
	    getsockname(t->fd, (struct sockaddr *)&at, &len) != 0 ||
	    pthread_create(&t->thread, NULL, till_main, t) != 0)
		return fault_errno(fault, errno, "cannot listen at 127.0.0.1");
	t->port = ntohs(at.sin_port);
	t->runs = true;
	return 0;
}

static void
till_close(struct till *t)
{
	if (t->fd >= 0)
		(void)shutdown(t->fd, SHUT_RDWR); /* which ends its accept */
	if (t->runs)
		pthread_join(t->thread, NULL);
	close_p(&t->fd);
}

/* ---- The run ----------------------------------------------------------------------------------------------------- */

static bool
has_ended(struct demo *d, const json_t *run)
{
	_cleanup_(free_p) char *path = client_path("/v1/runs/", cli_text(run, "id"), "");
	_cleanup_(json_p) json_t *now = NULL;
	struct fault ignored;

	return client_get(d->client, path, &now, &ignored) == 0 && strcmp(cli_text(now, "state"), "ended") == 0;
}

/* Until the run asks a human; *review is NULL where it ended without. */
static int
await_review(struct demo *d, const json_t *run, json_t **review, struct fault *fault)
{
	int64_t until = clock_mono_ns() + PATIENCE_NS;

	while (clock_mono_ns() < until) {
		bool ended = has_ended(d, run);
		_cleanup_(json_p) json_t *all = NULL;
		int rc = client_get(d->client, "/v1/reviews", &all, fault);

		if (rc != 0 || json_array_size(all) > 0) {
			*review = json_incref(json_array_get(all, 0));
			return rc;
		}
		if (ended)
			return 0;
		demo_breathe();
	}
	return fault_set(fault, HOSPES_EBUG, "the run neither asked a human nor ended");
}

/* While the run comes back nobody can be told. */
static int
approve(struct demo *d, const json_t *review, json_t **ret, struct fault *fault)
{
	_cleanup_(free_p) char *path = client_path("/v1/reviews/", cli_text(review, "id"), "/decide");
	_cleanup_(json_p) json_t *said =
	    json_pack("{s:s s:s s:s}", "decision", "approve", "hash", cli_text(review, "hash"), "why", "it is owed");
	int64_t until = clock_mono_ns() + PATIENCE_NS;
	int rc;

	while ((rc = client_post(d->client, path, said, ret, fault)) == HOSPES_EBUSY && clock_mono_ns() < until)
		demo_breathe();
	return rc;
}

static int
await_end(struct demo *d, const json_t *run, json_t **ret, struct fault *fault)
{
	_cleanup_(free_p) char *path = client_path("/v1/runs/", cli_text(run, "id"), "/wait");

	return client_get(d->client, path, ret, fault);
}

/* ---- The scene --------------------------------------------------------------------------------------------------- */

static int
judge(struct demo *d, const struct till *till, const json_t *run, const json_t *decided, unsigned before,
    struct buf *verdict, struct fault *fault)
{
	_cleanup_(json_p) json_t *records = NULL;
	unsigned after = atomic_load(&till->asked) - before;
	size_t intents;
	int rc = demo_journal(d, run, &records, fault);

	if (rc != 0)
		return rc;
	intents = demo_count(records, "kind", "op_intent");
	buf_printf(verdict,
	    "%u sent before it was approved, through a kill of the host, and %u after; approved by %s for what has "
	    "the hash %.*s; ended as %s",
	    before, after, cli_text(decided, "by"), HASH_SHOWN, cli_text(decided, "hash"), cli_text(run, "status"));
	if (d->so != NULL)
		return before == 0 && demo_repeated(records) == 0 ? 0 : HOSPES_EFAILED;
	return before == 0 && after == 1 && intents == 1 && strcmp(cli_text(run, "status"), "ok") == 0 ? 0
												       : HOSPES_EFAILED;
}

static int
play(struct demo *d, const struct till *till, const json_t *started, struct buf *verdict, struct fault *fault)
{
	_cleanup_(json_p) json_t *review = NULL, *again = NULL, *decided = NULL, *run = NULL;
	unsigned before;
	int rc = await_review(d, started, &review, fault);

	if (rc == 0 && review == NULL) {
		buf_printf(verdict, "it did nothing that a human is asked about");
		return 0;
	}
	if (rc != 0)
		return rc;
	demo_say(d, "%s", cli_text(review, "question"));
	if (!demo_kill_host(d))
		return fault_set(fault, HOSPES_EBUG, "the host could not be hit");
	rc = demo_start_again(d, fault);
	if (rc == 0)
		rc = await_review(d, started, &again, fault);
	if (rc != 0)
		return rc;
	if (strcmp(cli_text(again, "id"), cli_text(review, "id")) != 0) {
		buf_printf(verdict, "review %s was LOST with the host", cli_text(review, "id"));
		return HOSPES_EFAILED;
	}
	before = atomic_load(&till->asked);
	demo_say(d, "hospes review %s approve", cli_text(review, "id"));
	rc = approve(d, again, &decided, fault);
	if (rc == 0)
		rc = await_end(d, started, &run, fault);
	return rc != 0 ? rc : judge(d, till, run, decided, before, verdict, fault);
}

int
demo_review(struct demo *d, struct buf *verdict, struct fault *fault)
{
	static const char *const plugins[] = {"demo-payer", NULL};
	const char *who = d->so != NULL ? d->name : "demo-payer";
	_cleanup_(free_p) char *config =
	    xasprintf("reviews: { once = true; };\n"
		      "grants: { %s = { http = [ \"http://127.0.0.1:*\" ]; private = true; }; };",
		who);
	_cleanup_(json_p) json_t *request = NULL, *started = NULL;
	struct till till = {.fd = -1};
	int rc = till_open(&till, fault);

	if (rc == 0)
		rc = demo_start(d, d->so != NULL ? NULL : plugins, config, fault);
	if (rc == 0 && d->so == NULL) {
		json_decref(d->input);
		d->input = json_pack("{s:o}", "url", json_sprintf("http://127.0.0.1:%u/pay", till.port));
	}
	request = json_pack("{s:s s:O s:{s:i}}", "plugin", who, "input", d->input, "budget", "wall_ms", 60000);
	if (rc == 0)
		rc = client_post(d->client, "/v1/runs", request, &started, fault);
	if (rc == 0)
		rc = play(d, &till, started, verdict, fault);
	till_close(&till);
	return rc;
}
