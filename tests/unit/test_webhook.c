/*
 * The webhook against a server, with a journal and a store as a host has them: each alert is sent until it was taken or given up,
 * whatever the server does, and by the next host where this one has not.
 */

#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "cmocka_all.h"
#include "scratch.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "dispatch/dispatch.h"
#include "observe/observe.h"
#include "observe/sign.h"
#include "webd.h"

static struct event_base *loop;
static struct webd_child server;
static char *dir;
static struct journal *journal;
static struct store *store;
static struct observe *observe;
static struct policy *policy;
static struct fault fault;

static void
broke(const struct fault *why, void *arg)
{
	(void)arg;
	fail_msg("%s", why->text);
}

/* ---- A host ------------------------------------------------------------------------------------------------------ */

static void
open_host(void)
{
	static const struct store_apply *const tables[] = {dispatch_apply, NULL};
	_cleanup_(free_p) char *at = xasprintf("%s/journal", dir), *to = xasprintf("%s/store", dir);
	struct journal_options j = {.dir = at, .loop = loop, .failed = broke};
	struct store_options s = {.dir = to, .loop = loop, .map_bytes = 16 * MIB, .tables = tables, .failed = broke};
	struct observe_options o = {
	    .loop = loop, .policy = policy, .first_wait_ns = NS_PER_MS / 10, .timeout_ns = 5 * NS_PER_S};

	(void)mkdir(at, 0700);
	(void)mkdir(to, 0700);
	assert_int_equal(journal_open(&journal, &j, &fault), 0);
	s.journal = journal;
	assert_int_equal(store_open(&store, &s, &fault), 0);
	o.store = store;
	o.journal = journal;
	if (observe_open(&observe, &o, &fault) != 0)
		fail_msg("%s", fault.text);
}

static void
close_host(void)
{
	store_close(&store);
	observe_close(&observe);
	journal_close(&journal);
}

static void
set_webhook(const char *path)
{
	free(policy->alerts_webhook);
	policy->alerts_webhook = path == NULL ? NULL : xasprintf("http://127.0.0.1:%u%s", server.port, path);
}

static int
set_up(void **state)
{
	(void)state;
	loop = event_base_new();
	dir = scratch_new();
	policy = policy_defaults(true);
	webd_start(&server, NULL);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	webd_stop(&server);
	policy_unref(&policy);
	event_base_free(loop);
	scratch_free(&dir);
	return 0;
}

/* As dispatch raises one. */
static void
raise(unsigned n)
{
	struct ulid id = ulid_new();
	char text[ULID_TEXT];
	_cleanup_(free_p) char *body = NULL;
	int64_t leaves = 1;
	struct record r;

	ulid_format(&id, text);
	body = xasprintf("{\"id\":\"%s\",\"kind\":\"budget\",\"of\":\"day\",\"text\":\"number %u\"}", text, n);
	record_init(&r, RECORD_ALERT);
	record_add_text(&r, TAG_KEY, text);
	record_add_text(&r, TAG_BODY, body);
	record_add(&r, TAG_NUMBER, &leaves, sizeof(leaves));
	observe_alerted(observe, store_append(store, &r));
}

/* ---- What the store says of them --------------------------------------------------------------------------------- */

struct states {
	unsigned pending, delivered, given_up;
	json_int_t tries; /* of the newest */
	bool read;
};

static int
count_one(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	_cleanup_(json_p) json_t *alert = json_loadb(data, len, 0, NULL);
	const json_t *webhook = json_object_get(alert, "webhook");
	const char *state = json_string_value(json_object_get(webhook, "state"));
	struct states *s = arg;

	(void)key, (void)key_len;
	assert_non_null(state);
	s->pending += strcmp(state, "pending") == 0;
	s->delivered += strcmp(state, "delivered") == 0;
	s->given_up += strcmp(state, "given_up") == 0;
	s->tries = json_integer_value(json_object_get(webhook, "tries"));
	return 0;
}

static void
count_all(struct store_txn *txn, struct journal *j, void *arg)
{
	(void)j;
	store_walk(txn, STORE_ALERTS, "", 0, false, count_one, arg);
}

static void
counted(void *arg)
{
	((struct states *)arg)->read = true;
}

static struct states
states(void)
{
	struct states s = {0};

	store_read(store, count_all, counted, &s);
	while (!s.read)
		event_base_loop(loop, EVLOOP_ONCE);
	return s;
}

/* Turns the loop until none is pending. */
static struct states
settle(void)
{
	struct states s = states();

	while (s.pending > 0) {
		event_base_loop(loop, EVLOOP_NONBLOCK);
		s = states();
	}
	return s;
}

/* What came to the server, in its own words. */
static json_t *
hooks(void)
{
	struct http_options options = {.loop = loop, .max_bytes = 16 * MIB, .at_once = 1};
	struct outcome outcome;
	struct http *http;
	json_t *list;

	assert_int_equal(http_open(&http, &options, &fault), 0);
	ask(http, &server, loop, &(struct asking){.url = "/hooks"}, &outcome);
	list = outcome_json(&outcome);
	outcome_clear(&outcome);
	http_close(&http);
	return list;
}

static size_t
n_hooks(size_t *ids)
{
	_cleanup_(json_p) json_t *list = hooks(), *seen = json_object();
	const json_t *hook;
	size_t i;

	json_array_foreach(list, i, hook)
	{
		const char *id =
		    json_string_value(json_object_get(json_object_get(hook, "headers"), "idempotency-key"));

		json_object_set_new(seen, id, json_true());
	}
	*ids = json_object_size(seen);
	return json_array_size(list);
}

/* ---- Sending ----------------------------------------------------------------------------------------------------- */

static void
all_are_delivered_once(void **state)
{
	struct states s;
	size_t ids;

	(void)state;
	set_webhook("/hook");
	open_host();
	for (unsigned i = 0; i < 300; i++)
		raise(i);
	s = settle();
	assert_int_equal(s.delivered, 300);
	assert_int_equal(n_hooks(&ids), 300);
	assert_int_equal(ids, 300);
	close_host();
	open_host(); /* there is nothing left to do */
	raise(300);
	(void)settle();
	assert_int_equal(n_hooks(&ids), 301);
	close_host();
}

static void
tried_until_it_is_taken(void **state)
{
	struct states s;
	size_t ids;

	(void)state;
	set_webhook("/hook?fail=5&code=503");
	open_host();
	raise(1);
	s = settle();
	assert_int_equal(s.delivered, 1);
	assert_int_equal(s.tries, 6);
	assert_int_equal(n_hooks(&ids), 6);
	assert_int_equal(ids, 1);
	close_host();
}

static void
given_up_in_the_end(void **state)
{
	struct states s;
	size_t ids;

	(void)state;
	set_webhook("/hook?fail=1000");
	open_host();
	raise(1);
	s = settle();
	assert_int_equal(s.given_up, 1);
	assert_int_equal(s.tries, OBSERVE_TRIES);
	assert_int_equal(n_hooks(&ids), OBSERVE_TRIES);
	close_host();
	open_host();
	raise(2); /* what was given up is not begun again */
	(void)settle();
	assert_int_equal(n_hooks(&ids), 2 * OBSERVE_TRIES);
	close_host();
}

static void
a_start_goes_on(void **state)
{
	struct states s;
	size_t ids;

	(void)state;
	set_webhook("/hook?fail=-1");
	open_host();
	for (unsigned i = 0; i < 100; i++)
		raise(i);
	while (n_hooks(&ids) < 4)
		continue;
	assert_int_equal(ids, 4); /* no more at once, and each hangs */
	close_host();
	set_webhook("/hook");
	open_host();
	s = settle();
	assert_int_equal(s.delivered, 100);
	assert_int_equal(n_hooks(&ids), 104);
	assert_int_equal(ids, 100);
	close_host();
}

static void
bad_servers_harm_nobody(void **state)
{
	static const char *const bad[] = {"/drop", "/raw?kind=junk", "/raw?kind=nothing", "/raw?kind=two",
	    "/status?code=404", "/redirect?to=/hook", "/big?bytes=1000000", "/headers?n=600", "/bomb?mib=8"};
	struct states s = {0};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		set_webhook(bad[i]);
		open_host();
		raise(i);
		s = settle();
		assert_int_equal(s.given_up, i + 1);
		close_host();
	}
}

static void
without_a_webhook_they_wait(void **state)
{
	struct policy *without = policy_defaults(true);
	struct states s;
	size_t ids;

	(void)state;
	set_webhook("/hook?fail=1000");
	open_host();
	raise(1);
	assert_int_equal(observe_set_policy(observe, without, &fault), 0);
	s = states();
	assert_int_equal(s.pending, 1);
	without->alerts_webhook = xasprintf("http://127.0.0.1:%u/hook", server.port);
	assert_int_equal(observe_set_policy(observe, without, &fault), 0);
	s = settle();
	assert_int_equal(s.delivered, 1);
	(void)n_hooks(&ids);
	assert_int_equal(ids, 1);
	close_host();
	policy_unref(&without);
}

/* ---- Signing ----------------------------------------------------------------------------------------------------- */

static char *
secret_file(const char *text, size_t len, unsigned mode)
{
	char *path = xasprintf("%s/secret", dir);

	assert_int_equal(fd_write_file(path, text, len, 0600, &fault), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

/* printf '%s' '1763668800.{"id":"x"}' | openssl dgst -sha256 -hmac 'a secret of sixteen bytes' */
static void
signature_is_that_of_openssl(void **state)
{
	static const char body[] = "{\"id\":\"x\"}";
	_cleanup_(free_p) char *path = secret_file("a secret of sixteen bytes\n", 26, 0600);
	char signature[SIGNATURE_TEXT];
	struct secret secret;

	(void)state;
	assert_int_equal(secret_read(path, &secret, &fault), 0);
	signature_of(&secret, 1763668800, body, strlen(body), signature);
	assert_string_equal(
	    signature, "t=1763668800,v1=59df28822fdf77bca3080c89431fe3aa5e95d0c38a56ae32ab526f08ff512f48");
	secret_clear(&secret);
}

static void
secrets_that_are_none(void **state)
{
	static const struct {
		const char *text;
		unsigned mode;
		const char *says;
	} bad[] = {{"sixteen bytes of it", 0640, "others may use"}, {"sixteen bytes of it", 0604, "others may use"},
	    {"sixteen bytes of it", 0610, "others may use"}, {"fifteen bytes.\n", 0600, "too few bytes"},
	    {"", 0600, "too few"}};
	_cleanup_(free_p) char *none = xasprintf("%s/none", dir), *many = xmalloc(SECRET_MOST + 1);
	struct secret secret = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		_cleanup_(free_p) char *path = secret_file(bad[i].text, strlen(bad[i].text), bad[i].mode);

		assert_int_equal(secret_read(path, &secret, &fault), HOSPES_ECONFIG);
		assert_non_null(strstr(fault.text, bad[i].says));
		assert_null(secret.bytes);
	}
	memset(many, 'x', SECRET_MOST + 1);
	{
		_cleanup_(free_p) char *path = secret_file(many, SECRET_MOST + 1, 0600);

		assert_int_equal(secret_read(path, &secret, &fault), HOSPES_ECONFIG);
		assert_non_null(strstr(fault.text, "too many"));
	}
	assert_int_equal(secret_read(none, &secret, &fault), HOSPES_ECONFIG);
	assert_int_equal(secret_read(dir, &secret, &fault), HOSPES_ECONFIG);
}

/* A policy whose secret cannot be read is not taken: what was before stays. */
static void
a_bad_secret_changes_nothing(void **state)
{
	struct policy *other = policy_defaults(true);
	size_t ids;

	(void)state;
	set_webhook("/hook");
	open_host();
	other->alerts_webhook = xstrdup("http://127.0.0.1:1/");
	other->alerts_secret_file = xasprintf("%s/none", dir);
	assert_int_equal(observe_set_policy(observe, other, &fault), HOSPES_ECONFIG);
	raise(1);
	assert_int_equal(settle().delivered, 1);
	assert_int_equal(n_hooks(&ids), 1);
	close_host();
	policy_unref(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(all_are_delivered_once, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(tried_until_it_is_taken, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(given_up_in_the_end, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_start_goes_on, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(bad_servers_harm_nobody, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(without_a_webhook_they_wait, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(signature_is_that_of_openssl, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(secrets_that_are_none, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_bad_secret_changes_nothing, set_up, tear_down),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
