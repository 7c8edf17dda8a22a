/* For unit tests: webd as a child, and transfers that are waited for. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/util.h"
#include "webd.h"

void
webd_start(struct webd_child *w, const char *address)
{
	const char *program = getenv("WEBD") != NULL ? getenv("WEBD") : "tests/fixtures/webd";
	int in[2], out[2];
	char line[64] = "";
	size_t len = 0;

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	w->pid = fork();
	if (w->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execl(program, program, address, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	w->in = in[1];
	while (len < sizeof line - 1 && strchr(line, '\n') == NULL && read(out[0], line + len, 1) == 1)
		len++;
	close(out[0]);
	if (sscanf(line, "port %u", &w->port) != 1)
		fail_msg("%s did not start", program);
}

void
webd_stop(struct webd_child *w)
{
	close(w->in);
	waitpid(w->pid, NULL, 0);
}

static void
on_done(int status, struct payload *answer, const struct fault *fault, void *arg)
{
	struct outcome *o = arg;

	assert_false(o->over);
	o->over = true;
	o->transfer = NULL;
	o->status = status;
	if (fault != NULL)
		o->fault = *fault;
	if (answer != NULL) {
		o->answer = json_read(answer->data, answer->len, "answer", &o->fault);
		assert_non_null(o->answer);
	}
	event_base_loopbreak(o->loop);
}

void
ask_start(
    struct http *h, const struct webd_child *w, struct event_base *loop, const struct asking *a, struct outcome *o)
{
	_cleanup_(free_p) char *url =
	    a->url[0] == '/' ? xasprintf("http://127.0.0.1:%u%s", w->port, a->url) : xstrdup(a->url);
	_cleanup_(http_request_clear) struct http_request request = {0};
	_cleanup_(payload_unref) struct payload *input = a->input == NULL ? NULL : payload_text(a->input);
	struct fault fault;

	*o = (struct outcome){.loop = loop};
	if (http_request_read(url, input, &request, &fault) != 0)
		fail_msg("%s: %s", url, fault.text);
	o->transfer = http_start(h, &(struct http_call){.request = &request,
					.key = a->key,
					.timeout_ns = (a->timeout_ms == 0 ? 10000 : a->timeout_ms) * NS_PER_MS,
					.allow_private = !a->public_only,
					.once = a->once,
					.admit = a->admit,
					.done = on_done,
					.arg = o});
	assert_false(o->over); /* later, never from within */
}

void
ask_wait(struct outcome *o)
{
	while (!o->over)
		event_base_loop(o->loop, EVLOOP_ONCE);
}

void
ask(struct http *h, const struct webd_child *w, struct event_base *loop, const struct asking *a, struct outcome *o)
{
	ask_start(h, w, loop, a, o);
	ask_wait(o);
}

void
outcome_clear(struct outcome *o)
{
	json_decref(o->answer);
	*o = (struct outcome){0};
}

long
outcome_http_status(const struct outcome *o)
{
	const json_t *status = json_object_get(o->answer, "status");

	return status == NULL ? -1 : (long)json_integer_value(status);
}

const char *
outcome_body(const struct outcome *o)
{
	return json_string_value(json_object_get(o->answer, "body"));
}

const char *
outcome_header(const struct outcome *o, const char *name)
{
	return json_string_value(json_object_get(json_object_get(o->answer, "headers"), name));
}

json_t *
outcome_json(const struct outcome *o)
{
	const char *body = outcome_body(o);
	struct fault fault;
	json_t *j;

	assert_non_null(body);
	j = json_read(body, strlen(body), "body", &fault);
	assert_non_null(j);
	return j;
}
