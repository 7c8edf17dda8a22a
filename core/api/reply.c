/*
 * Answers: JSON, and faults in their one form.
 *
 * An answer that tells of the host's state may not leave before that state is durable, or a crash could take back what a
 * client was told: reply_durable waits for the journal.  A fault of a lower room may tell as much ("it has ended already"),
 * so reply_fault waits too; reply_error is for what is wrong with the request itself.
 */

#include "config.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <event2/buffer.h>

#include "api/serve.h"
#include "base/json.h"
#include "base/util.h"
#include "journal/journal.h"
#include "run/run.h"

static int
http_status(int status)
{
	switch (status) {
	case HOSPES_OK:
		return 200;
	case HOSPES_EINPUT:
	case HOSPES_ECONFIG: /* of a plugin, for one run */
	case HOSPES_EBADPLUGIN:
	case HOSPES_EMACHINE:
	case HOSPES_EABI:
	case HOSPES_EIMPORT:
	case HOSPES_ESYMBOL:
		return 400;
	case HOSPES_EPERM:
	case HOSPES_EADDRESS:
	case HOSPES_EFOLDER:
	case HOSPES_EOWNER:
		return 403;
	case HOSPES_ENOENT:
	case HOSPES_ENOAGENT:
	case HOSPES_ENORUN:
	case HOSPES_ENOVERSION:
		return 404;
	case HOSPES_ECONFLICT:
	case HOSPES_EVERSION:
	case HOSPES_EWITHDRAWN:
	case HOSPES_ECANCELLED:
	case HOSPES_EDEPTH:
	case HOSPES_ECYCLE:
	case HOSPES_EREPEATED:
	case HOSPES_EINUSE:
	case HOSPES_EREJECTED:
		return 409;
	case HOSPES_EERASED:
		return 410;
	case HOSPES_ETOOLARGE:
		return 413;
	case HOSPES_ELOAD:
	case HOSPES_EGROUND:
		return 422;
	case HOSPES_EBUDGET:
	case HOSPES_ERATE:
		return 429;
	case HOSPES_EBUSY:
	case HOSPES_EBREAKER:
	case HOSPES_ENOHOST:
		return 503;
	case HOSPES_EDEADLINE:
		return 504;
	case HOSPES_EDISK:
		return 507;
	default:
		return 500;
	}
}

static const char *
reason(int code)
{
	static const struct {
		int code;
		const char *text;
	} reasons[] = {{200, "OK"}, {202, "Accepted"}, {204, "No Content"}, {400, "Bad Request"}, {403, "Forbidden"},
	    {404, "Not Found"}, {405, "Method Not Allowed"}, {409, "Conflict"}, {413, "Content Too Large"},
	    {422, "Unprocessable Content"}, {429, "Too Many Requests"}, {503, "Service Unavailable"},
	    {504, "Gateway Timeout"}, {507, "Insufficient Storage"}};

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].code == code)
			return reasons[i].text;
	return "Internal Server Error";
}

json_t *
api_error(int status, const char *message)
{
	json_t *text = json_string(message);

	/* A sentence may quote foreign bytes and be cut in the middle of a character. */
	if (text == NULL)
		text = json_string("the host's sentence for this is not UTF-8; see its log");
	return json_pack(
	    "{s:{s:s, s:o, s:s}}", "error", "code", status_name(status), "message", text, "hint", status_hint(status));
}

static void
body_free(const void *data, size_t len, void *arg)
{
	(void)data;
	(void)len;
	free(arg);
}

void
reply_text(struct exchange *x, int code, struct buf *text)
{
	struct evhttp_request *req = x->req;
	struct buf sent = *text;
	struct api *a = x->api;
	struct evbuffer *body;

	assert(x->magic == EXCHANGE_MAGIC);
	*text = (struct buf){0};
	if (req == NULL) {
		buf_free(&sent);
		exchange_end(x);
		return;
	}
	buf_appends(&sent, "\n");
	body = evbuffer_new();
	if (body == NULL || evbuffer_add_reference(body, sent.data, sent.len, body_free, sent.data) != 0)
		abort();
	evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", "application/json");
	/* First let go of the request: evhttp may free it, and call back, while it sends. */
	exchange_end(x);
	answer_leaves(a, req);
	evhttp_send_reply(req, code, reason(code), body);
	evbuffer_free(body);
}

void
reply_nothing(struct exchange *x)
{
	struct evhttp_request *req = x->req;
	struct api *a = x->api;

	exchange_end(x);
	answer_leaves(a, req);
	evhttp_send_reply(req, 204, reason(204), NULL);
}

static struct buf
text_of(json_t *json)
{
	_cleanup_(json_p) json_t *own = json;
	_cleanup_(free_p) char *text = json_text(json);
	struct buf ret = {0};

	buf_appends(&ret, text);
	return ret;
}

void
reply_json(struct exchange *x, int code, json_t *json)
{
	struct buf text;

	if (json == NULL) {
		code = 500;
		json = api_error(HOSPES_EBUG, "the answer could not be put together");
	}
	text = text_of(json);
	reply_text(x, code, &text);
}

static void
durable(void *arg)
{
	struct exchange *x = arg;

	assert(x->magic == EXCHANGE_MAGIC);
	x->holds = false;
	reply_text(x, x->held_code, &x->held);
}

void
reply_text_durable(struct exchange *x, int code, struct buf *text)
{
	struct journal *j = x->api->journal;

	if (j == NULL || x->req == NULL || journal_end(j) <= 1) {
		reply_text(x, code, text);
		return;
	}
	assert(!x->holds);
	x->holds = true;
	x->held = *text;
	x->held_code = code;
	*text = (struct buf){0};
	journal_await(j, journal_end(j) - 1, durable, x);
}

void
reply_durable(struct exchange *x, int code, json_t *json)
{
	struct buf text;

	if (json == NULL) {
		reply_json(x, code, json);
		return;
	}
	text = text_of(json);
	reply_text_durable(x, code, &text);
}

void
reply_retry_after(struct exchange *x, unsigned seconds)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", seconds);
	if (x->req != NULL)
		evhttp_add_header(evhttp_request_get_output_headers(x->req), "Retry-After", text);
}

void
reply_fault(struct exchange *x, const struct fault *fault)
{
	if (fault->status == HOSPES_EBUSY)
		reply_retry_after(x, runs_retry_after(x->api->runs));
	reply_durable(x, http_status(fault->status), api_error(fault->status, fault->text));
}

void
reply_error(struct exchange *x, int code, int status, const char *format, ...)
{
	struct fault fault;
	va_list args;

	va_start(args, format);
	fault_setv(&fault, status, format, args);
	va_end(args);
	reply_json(x, code, api_error(status, fault.text));
}

bool
reply_came(json_t *answer, const struct fault *fault, struct exchange *x)
{
	if (!exchange_paid(x)) {
		json_decref(answer);
		return false;
	}
	if (answer == NULL) {
		reply_fault(x, fault);
		return false;
	}
	return true;
}
