/*
 * The breakers of a host.
 *
 * What a breaker counts is in memory alone.  That it opens, is tried and closes are records (RECORD_BREAKER), of which the store
 * keeps the last one of each breaker that is not closed: so an open one stays so across a restart, until its time by the real
 * clock.  There are as many as versions were called and hosts were asked, but no more than BREAKERS_MAX of each: then the one that
 * was used least lately goes, and with it what it had counted.
 */

#include "dispatch/breakers.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "dispatch/alert.h"
#include "dispatch/guard.h"

#define LOOK_MOST 64u /* at so many for one that may go */

/* As good as the hash that it is made from. */
static uint64_t
key_of(const uint8_t object[32])
{
	uint64_t words[4];

	memcpy(words, object, sizeof(words));
	return words[0] ^ words[1] ^ words[2] ^ words[3];
}

/* ---- Made and gone ----------------------------------------------------------------------------------------------- */

static struct breaker_set *
set_of(struct dispatch *d, const struct breaker *b)
{
	return b->semver != NULL ? &d->breakers.versions : &d->breakers.hosts;
}

static void
breaker_free(struct breaker *b)
{
	free(b->name);
	free(b->semver);
	free(b);
}

static void
put(struct dispatch *d, struct breaker *b)
{
	struct breaker_set *set = set_of(d, b);

	if (b->semver != NULL)
		map_put_u64(&set->by, key_of(b->object), b);
	else
		map_put(&set->by, b->name, b);
	TAILQ_INSERT_TAIL(&set->used, b, used);
	set->n++;
}

static void
drop(struct dispatch *d, struct breaker *b)
{
	struct breaker_set *set = set_of(d, b);

	if (b->semver != NULL)
		map_del_u64(&set->by, key_of(b->object));
	else
		map_del(&set->by, b->name);
	TAILQ_REMOVE(&set->used, b, used);
	set->n--;
	d->breakers.freed++;
	breaker_free(b);
}

/* One that nobody is past and that nobody used for long; rather a closed one. */
static bool
make_room(struct dispatch *d, struct breaker_set *set)
{
	struct breaker *b, *found = NULL;
	unsigned looked = 0;

	if (set->n < BREAKERS_MAX)
		return true;
	TAILQ_FOREACH(b, &set->used, used)
	{
		if (b->flying == 0 && (found == NULL || b->state == BREAKER_CLOSED))
			found = b;
		if ((found != NULL && found->state == BREAKER_CLOSED) || ++looked == LOOK_MOST)
			break;
	}
	if (found == NULL)
		return false;
	if (found->state != BREAKER_CLOSED)
		breakers_shut(d, found, NULL, "host", "there are too many breakers, and nobody asked for this one");
	drop(d, found);
	return true;
}

static struct breaker *
used(struct breaker_set *set, struct breaker *b)
{
	if (TAILQ_NEXT(b, used) != NULL) {
		TAILQ_REMOVE(&set->used, b, used);
		TAILQ_INSERT_TAIL(&set->used, b, used);
	}
	return b;
}

static struct breaker *
made(const char *name, const char *semver, const uint8_t object[32])
{
	struct breaker *b = xcalloc(1, sizeof(*b));

	b->name = xstrdup(name);
	b->semver = semver == NULL ? NULL : xstrdup(semver);
	if (object != NULL)
		memcpy(b->object, object, sizeof(b->object));
	b->since_real_ns = clock_real_ns();
	b->watched = true;
	return b;
}

struct breaker *
breakers_find_version(const struct dispatch *d, const struct version *v)
{
	return map_get_u64(&d->breakers.versions.by, key_of(v->object));
}

struct breaker *
breakers_of_version(struct dispatch *d, struct version *v)
{
	struct breaker_set *set = &d->breakers.versions;
	struct breaker *b = kept_get(&v->breaker, d->breakers.freed);

	if (b != NULL)
		return used(set, b);
	b = breakers_find_version(d, v);
	if (b == NULL) {
		if (!make_room(d, set))
			return NULL;
		b = made(v->name, v->semver, v->object);
		put(d, b);
	}
	kept_put(&v->breaker, b, d->breakers.freed);
	return used(set, b);
}

struct breaker *
breakers_of_host(struct dispatch *d, const char *name)
{
	struct breaker_set *set = &d->breakers.hosts;
	struct breaker *b = map_get(&set->by, name);

	if (b != NULL)
		return used(set, b);
	if (!make_room(d, set))
		return NULL;
	b = made(name, NULL, NULL);
	put(d, b);
	return b;
}

void
breakers_follow(struct dispatch *d, struct policy *policy)
{
	struct breakers *all = &d->breakers;

	if (all->policy != NULL && policy->generation <= all->policy->generation)
		return;
	policy_ref(policy);
	policy_unref(&all->policy);
	all->policy = policy;
	all->rules = (struct breaker_rules){
	    .errors = policy->breaker_errors,
	    .least = policy->breaker_least,
	    .window_ns = policy->breaker_window_ns,
	    .latency_ns = policy->breaker_latency_ns,
	    .money_micros = policy->breaker_money,
	    .open_ns = policy->breaker_open_ns,
	};
}

/* ---- Records ----------------------------------------------------------------------------------------------------- */

static json_t *
body_of(const struct breaker *b, const struct op *op)
{
	const struct breaker_count *c = &b->at_opening;
	json_t *body = json_pack("{s:s, s:s*, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "name", b->name, "version",
	    b->semver, "state", breaker_state_name(b->state), "cause", breaker_cause_name(b->cause), "samples",
	    (json_int_t)c->n, "errors", (json_int_t)c->errors, "slow", (json_int_t)c->slow, "micros",
	    (json_int_t)c->micros, "window_ns", (json_int_t)b->opened_window_ns, "since_ns",
	    (json_int_t)b->since_real_ns, "until_ns", (json_int_t)b->until_real_ns);
	char hex[2 * sizeof(b->object) + 1];
	_cleanup_(free_p) char *path = NULL;

	assert(body != NULL);
	if (b->semver == NULL)
		return body; /* a run that is erased is not to be found by the hosts that it asked */
	hex_format(b->object, sizeof(b->object), hex);
	json_object_set_new(body, "object", json_string(hex));
	if (op == NULL)
		return body;
	path = op_path(op);
	json_object_set_new(body, "run", json_string(op->run->id_text));
	json_object_set_new(body, "path", json_string(path));
	return body;
}

static void
record(struct dispatch *d, const struct breaker *b, const struct op *op, const char *actor, const char *why)
{
	_cleanup_(json_p) json_t *body = body_of(b, op);
	_cleanup_(free_p) char *text = json_text(body);
	struct record r;

	record_init(&r, RECORD_BREAKER);
	record_add_text(&r, TAG_TARGET, b->name);
	record_add_text(&r, TAG_VERSION, b->semver);
	record_add_text(&r, TAG_ACTOR, actor);
	record_add_text(&r, TAG_REASON, why);
	record_add_text(&r, TAG_BODY, text);
	store_append(d->store, &r);
}

static const char *
version_text(const struct breaker *b)
{
	return b->semver == NULL ? "" : b->semver;
}

/* One for each time that it opens, which the log has too; that the probe failed is no news. */
static void
alert(struct dispatch *d, const struct breaker *b, const char *why)
{
	const char *kind = b->semver != NULL ? "agent" : "host";
	_cleanup_(free_p) char *of =
	    xasprintf("%s %s%s%s", kind, b->name, b->semver != NULL ? " " : "", version_text(b));
	_cleanup_(free_p) char *text = xasprintf("the breaker of %s opens: %s", of, why);

	if (b->cause == BREAKER_PROBE)
		log_info("breaker open still", LOG_S("of", b->name), LOG_S("version", version_text(b)));
	else
		alert_raise(
		    d, &(struct alert){
			   .kind = guard_breaker.name, .of = of, .what = breaker_cause_name(b->cause), .text = text});
}

void
breakers_trip(struct dispatch *d, struct breaker *b, enum breaker_cause cause, const struct op *op)
{
	_cleanup_(buf_free) struct buf why = {0};

	if (b->probe != NULL)
		b->probe->probe = false;
	breaker_open(b, &d->breakers.rules, cause, clock_real_ns());
	breaker_tell(b, b->since_real_ns, &why);
	record(d, b, op, guard_breaker.name, buf_text(&why));
	alert(d, b, buf_text(&why));
}

void
breakers_try(struct dispatch *d, struct breaker *b, const struct op *op)
{
	breaker_try(b, clock_real_ns());
	record(d, b, op, guard_breaker.name, "its time is over: one is let through to try it");
	log_info("breaker half open", LOG_S("of", b->name), LOG_S("version", version_text(b)));
}

void
breakers_shut(struct dispatch *d, struct breaker *b, const struct op *op, const char *actor, const char *why)
{
	if (b->probe != NULL)
		b->probe->probe = false;
	breaker_close(b, clock_real_ns());
	record(d, b, op, actor, why);
	log_info("breaker closed", LOG_S("of", b->name), LOG_S("version", version_text(b)), LOG_S("by", actor),
	    LOG_S("why", why));
}

/* ---- The store --------------------------------------------------------------------------------------------------- */

static int
damaged(const char *what, struct fault *fault)
{
	return fault_set(fault, HOSPES_EDAMAGED, "a record of a breaker cannot be right: %s", what);
}

/* One entry for each that is not closed: the last body, under "v/HASH" or "h/NAME".  [store thread] */
static int
apply(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	const struct record_field *text = record_find(r, TAG_BODY);
	_cleanup_(json_p) json_t *body = text == NULL ? NULL : json_read(text->data, text->len, "a breaker", fault);
	const char *name = json_string_value(json_object_get(body, "name"));
	const char *object = json_string_value(json_object_get(body, "object"));
	const char *state = json_string_value(json_object_get(body, "state"));
	_cleanup_(free_p) char *key = NULL;

	if (text == NULL || name == NULL || state == NULL)
		return damaged("it names none", fault);
	key = object != NULL ? xasprintf("v/%s", object) : xasprintf("h/%s", name);
	if (strlen(key) > STORE_KEY_MAX)
		return damaged("its name is too long", fault);
	if (strcmp(state, breaker_state_name(BREAKER_CLOSED)) == 0)
		return store_del(txn, STORE_BREAKERS, key, strlen(key), fault);
	return store_put(txn, STORE_BREAKERS, key, strlen(key), text->data, text->len, fault);
}

const struct store_apply breakers_apply[] = {{RECORD_BREAKER, NULL, apply}, {0}};

static uint32_t
count_in(const json_t *body, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(body, key));

	return n < 0 || n > UINT32_MAX ? 0 : (uint32_t)n;
}

static int64_t
number_in(const json_t *body, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(body, key));

	return n < 0 ? 0 : n;
}

static enum breaker_cause
cause_in(const json_t *body)
{
	const char *name = json_string_value(json_object_get(body, "cause"));
	unsigned cause = BREAKER_PROBE;

	while (cause > BREAKER_ERRORS && (name == NULL || strcmp(name, breaker_cause_name(cause)) != 0))
		cause--;
	return (enum breaker_cause)cause;
}

/* arg: struct dispatch. */
static int
load_one(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	_cleanup_(json_p) json_t *body = json_read(data, len, "a breaker", NULL);
	const char *name = json_string_value(json_object_get(body, "name"));
	const char *semver = json_string_value(json_object_get(body, "version"));
	const char *object = json_string_value(json_object_get(body, "object"));
	const char *state = json_string_value(json_object_get(body, "state"));
	uint8_t bytes[32] = {0};
	struct breaker *b;

	(void)key, (void)key_len;
	if (name == NULL || state == NULL ||
	    (object != NULL && (semver == NULL || !hex_parse(object, bytes, sizeof(bytes)))))
		return 0; /* of another host than this; nobody is kept out for that */
	b = made(name, object == NULL ? NULL : semver, bytes);
	b->state = strcmp(state, breaker_state_name(BREAKER_OPEN)) == 0 ? BREAKER_OPEN : BREAKER_HALF_OPEN;
	b->cause = cause_in(body);
	b->at_opening = (struct breaker_count){.n = count_in(body, "samples"),
	    .errors = count_in(body, "errors"),
	    .slow = count_in(body, "slow"),
	    .micros = number_in(body, "micros")};
	b->opened_window_ns = number_in(body, "window_ns");
	b->since_real_ns = number_in(body, "since_ns");
	b->until_real_ns = number_in(body, "until_ns");
	put(arg, b);
	return 0;
}

/* [store thread] */
static void
load(struct store_txn *txn, struct journal *j, void *arg)
{
	(void)j;
	store_walk(txn, STORE_BREAKERS, "", 0, false, load_one, arg);
}

void
breakers_open(struct dispatch *d)
{
	TAILQ_INIT(&d->breakers.versions.used);
	TAILQ_INIT(&d->breakers.hosts.used);
	if (d->store != NULL)
		store_read_now(d->store, load, d);
}

static void
set_free(struct breaker_set *set)
{
	struct breaker *b;

	while ((b = TAILQ_FIRST(&set->used)) != NULL) {
		TAILQ_REMOVE(&set->used, b, used);
		breaker_free(b);
	}
	map_free(&set->by);
}

void
breakers_close(struct dispatch *d)
{
	set_free(&d->breakers.versions);
	set_free(&d->breakers.hosts);
	policy_unref(&d->breakers.policy);
}

/* ---- For routing ------------------------------------------------------------------------------------------------- */

bool
breaker_open_for(struct dispatch *d, const struct version *v)
{
	struct breaker *b = breakers_find_version(d, v);

	if (b == NULL || b->state == BREAKER_CLOSED || !b->watched || d->breakers.policy == NULL)
		return false;
	return breaker_ask(b, &d->breakers.rules, 0, clock_mono_ns(), clock_real_ns()) == BREAKER_REFUSE;
}

unsigned
breaker_calls_of(const struct dispatch *d, const struct version *v)
{
	const struct breaker *b = breakers_find_version(d, v);

	return b == NULL ? 0 : b->flying;
}
