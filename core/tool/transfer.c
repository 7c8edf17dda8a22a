/*
 * A transfer: how curl is told to make one request, and what is read from how it ended.
 *
 * Curl is left no way of its own: no proxies or credentials from the environment or ~/.netrc, no cookies, no redirects, no
 * protocol but http and https; and the address of each connection is looked at when its socket is opened, after every
 * resolving, so that it does not matter what a name meant a moment ago.
 */

#include <fcntl.h>
#include <string.h>

#include "base/log.h"
#include "config.h"
#include "tool/request.h"
#include "tool/transfer.h"

#define AGENT "hospes/" PACKAGE_VERSION

static size_t
on_head(char *line, size_t size, size_t n, void *arg)
{
	struct http_transfer *t = arg;

	return answer_head(&t->answer, line, size * n) ? size * n : 0;
}

static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	struct http_transfer *t = arg;

	return answer_body(&t->answer, data, size * n) ? size * n : 0;
}

static curl_socket_t
on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_transfer *t = arg;
	const char *special = address_special(&address->addr);

	(void)purpose;
	if (special != NULL && !(t->allow_private && (address->family == AF_INET || address->family == AF_INET6))) {
		t->special = special;
		address_format(&address->addr, t->special_address);
		return CURL_SOCKET_BAD;
	}
	t->opened++;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static void
add_header(struct http_transfer *t, const char *line)
{
	struct curl_slist *list = curl_slist_append(t->headers, line);

	if (list == NULL)
		abort();
	t->headers = list;
}

static void
prepare_headers(struct http_transfer *t)
{
	_cleanup_(free_p) char *key = t->key == NULL ? NULL : xasprintf("Idempotency-Key: %s", t->key);

	curl_slist_free_all(t->headers);
	t->headers = NULL;
	add_header(t, "Expect:");       /* curl's own ideas: neither waiting for a 100 ... */
	add_header(t, "Content-Type:"); /* ... nor calling every body a form */
	for (char **h = t->request.headers; *h != NULL; h++) {
		size_t name = strcspn(*h, ":");

		if (strcmp(*h + name, ": ") ==
		    0) { /* curl takes "Name:" for "leave it out" and "Name;" for an empty one */
			_cleanup_(free_p) char *empty = xasprintf("%.*s;", (int)name, *h);
			add_header(t, empty);
		} else {
			add_header(t, *h);
		}
	}
	if (key != NULL)
		add_header(t, key);
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
}

static void
prepare_method(struct http_transfer *t)
{
	const struct http_request *r = &t->request;

	if (strcmp(r->method, "HEAD") == 0) {
		curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
		return;
	}
	if (r->body != NULL || strcmp(r->method, "POST") == 0) {
		curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, r->body == NULL ? "" : (const char *)r->body->data);
		curl_easy_setopt(
		    t->easy, CURLOPT_POSTFIELDSIZE_LARGE, r->body == NULL ? (curl_off_t)0 : (curl_off_t)r->body->len);
	}
	curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, r->method);
}

void
transfer_prepare(struct http_transfer *t)
{
	CURL *e = t->easy;

	t->opened = 0;
	t->special = NULL;
	t->error[0] = '\0';
	answer_begin(&t->answer, t->max_bytes);
	curl_easy_reset(e);
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* cancelling must not wait for a resolver's thread */
	curl_easy_setopt(e, CURLOPT_URL, t->request.url);
	curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L); /* it was normalised before it was admitted */
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(e, CURLOPT_USERAGENT, AGENT);
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_head);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	/* On a connection that the server has closed meanwhile curl sends once more, which only safe methods bear. */
	curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, http_idempotent(t->request.method) ? 0L : 1L);
	prepare_method(t);
	prepare_headers(t);
}

int
transfer_failed(const struct http_transfer *t, CURLcode result, struct fault *fault)
{
	_cleanup_(buf_free) struct buf what = {0};
	const char *asked;

	request_describe(&t->request, &what);
	asked = buf_text(&what);
	if (t->answer.body_large)
		return fault_set(fault, HOSPES_EHTTP,
		    "%s: the answer has more than the %zu bytes allowed; raise the op's max_bytes or `http.max_bytes`, or ask "
		    "for less", asked,
		    t->max_bytes);
	if (t->answer.head_large)
		return fault_set(fault, HOSPES_EHTTP, "%s: the answer's headers have more than %zu bytes or %d lines",
		    asked, ANSWER_HEAD_MAX, ANSWER_LINES_MAX);
	if (t->special != NULL && t->opened == 0)
		return fault_set(fault, HOSPES_EADDRESS,
		    "%s: %s is %s and only public ones are granted; set private = true in the grant to allow it", asked,
		    t->special_address, t->special);
	return fault_set(
	    fault, HOSPES_EHTTP, "%s: %s", asked, t->error[0] != '\0' ? t->error : curl_easy_strerror(result));
}

static bool
is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

int
transfer_redirect(struct http_transfer *t, unsigned redirects_max, struct fault *fault)
{
	_cleanup_(http_request_clear) struct http_request next = {0};
	_cleanup_(buf_free) struct buf what = {0};
	long status = 0;
	int rc;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (!is_redirect(status) || t->answer.location == NULL)
		return 0;
	request_describe(&t->request, &what);
	if (t->redirects >= redirects_max)
		return fault_set(fault, HOSPES_EHTTP, "%s: redirected once more after %u redirects, which is the limit",
		    buf_text(&what), redirects_max);
	rc = request_redirected(&t->request, status, t->answer.location, &next, fault);
	if (rc != 0) {
		fault->status = HOSPES_EHTTP; /* the server's mistake, not the caller's */
		return fault_prefix(fault, "%s: redirected to no good URL", buf_text(&what));
	}
	if (t->admit != NULL) {
		t->busy = true;
		rc = t->admit(&next, t->arg, fault);
		t->busy = false;
		if (rc != 0)
			return fault_prefix(fault, "%s: redirected", buf_text(&what));
	}
	http_request_clear(&t->request);
	t->request = next;
	next = (struct http_request){0};
	t->redirects++;
	return 1;
}
