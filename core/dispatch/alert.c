/* Raising alerts, and knowing which were raised. */

#include "dispatch/alert.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "dispatch/state.h"

#define OF_MAX     255
#define WORD_MAX   31
#define TEXT_MAX   2000
#define RAISED_MAX 10000u /* that are remembered, of one day and those around it */

/* Lines of the log: so many at once, and so many a second after that. */
#define LINES_BURST 100
#define LINES_EVERY (100 * NS_PER_MS)

#define DAY_NS (86400 * NS_PER_S)

struct alerts {
	struct map raised; /* "DAY OF\nWHAT PERCENT" -> struct raised; not those of runs */
	unsigned n_raised;
	bool leave;             /* somebody is sent them */
	int64_t lines_until_ns; /* mono: lines up to then are spoken for */
	uint64_t lines_left_out;
};

struct raised {
	int64_t day;
	char key[];
};

int64_t
alert_day(int64_t real_ns)
{
	return real_ns / DAY_NS;
}

/* ---- What was raised --------------------------------------------------------------------------------------------- */

static char *
key_of(const char *of, const char *what, unsigned percent, int64_t day)
{
	return xasprintf("%lld %.*s\n%.*s %u", (long long)day, OF_MAX, of, WORD_MAX, what, percent);
}

/* A day is over when there is an alert of another: but for those beside it, since clocks of accounts and ours may differ. */
static void
forget_days(struct alerts *alerts, int64_t but)
{
	struct raised *one;
	size_t at = 0;

	while ((one = map_next(&alerts->raised, &at)) != NULL) {
		if (one->day >= but - 1 && one->day <= but + 1)
			continue;
		map_del(&alerts->raised, one->key);
		free(one);
		alerts->n_raised--;
	}
}

static void
remember(struct alerts *alerts, const char *of, const char *what, unsigned percent, int64_t day)
{
	_cleanup_(free_p) char *key = key_of(of, what, percent, day);
	struct raised *one;

	if (map_get(&alerts->raised, key) != NULL)
		return;
	if (alerts->n_raised >= RAISED_MAX)
		forget_days(alerts, day);
	if (alerts->n_raised >= RAISED_MAX)
		return;
	one = xmalloc(sizeof(*one) + strlen(key) + 1);
	one->day = day;
	strcpy(one->key, key);
	map_put(&alerts->raised, one->key, one);
	alerts->n_raised++;
}

bool
alert_was_raised(const struct dispatch *d, const char *of, const char *what, unsigned percent, int64_t day)
{
	_cleanup_(free_p) char *key = key_of(of, what, percent, day);

	return map_get(&d->alerts->raised, key) != NULL;
}

static const char *
text_of(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text == NULL ? "" : text;
}

static int
load_one(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	_cleanup_(json_p) json_t *json = json_read(data, len, "an alert", NULL);
	struct alerts *alerts = arg;

	(void)key, (void)key_len;
	if (json != NULL && json_object_get(json, "run") == NULL)
		remember(alerts, text_of(json, "of"), text_of(json, "what"),
		    (unsigned)json_integer_value(json_object_get(json, "percent")),
		    json_integer_value(json_object_get(json, "day")));
	return alerts->n_raised >= RAISED_MAX;
}

/* The newest first. */
static void
load(struct store_txn *txn, struct journal *j, void *arg)
{
	(void)j;
	store_walk(txn, STORE_ALERTS, "", 0, true, load_one, arg);
}

void
alerts_open(struct dispatch *d)
{
	d->alerts = xcalloc(1, sizeof(*d->alerts));
	if (d->store != NULL)
		store_read_now(d->store, load, d->alerts);
}

void
alerts_close(struct dispatch *d)
{
	struct raised *one;
	size_t at = 0;

	while ((one = map_next(&d->alerts->raised, &at)) != NULL)
		free(one);
	map_free(&d->alerts->raised);
	free(d->alerts);
	d->alerts = NULL;
}

void
dispatch_alerts_leave(struct dispatch *d, bool leave)
{
	d->alerts->leave = leave;
}

/* ---- Raising ----------------------------------------------------------------------------------------------------- */

/* `max` bytes of a text at most, whole characters. */
static json_t *
json_cut(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	if (len > max) {
		len = max;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	return utf8_valid(text, len) ? json_stringn(text, len) : json_string("");
}

static json_t *
alert_json(const struct alert *a, const char *id, const struct record *r)
{
	json_t *json = json_object();
	char at[CLOCK_TEXT];

	clock_format(r->head.real_ns, at);
	json_object_set_new(json, "id", json_string(id));
	json_object_set_new(json, "at", json_string(at));
	json_object_set_new(json, "kind", json_cut(a->kind, WORD_MAX));
	json_object_set_new(json, "of", json_cut(a->of, OF_MAX));
	json_object_set_new(json, "what", json_cut(a->what, WORD_MAX));
	if (a->limit != 0 || a->spent != 0) {
		json_object_set_new(json, "limit", json_integer(a->limit));
		json_object_set_new(json, "spent", json_integer(a->spent));
	}
	if (a->percent != 0)
		json_object_set_new(json, "percent", json_integer(a->percent));
	json_object_set_new(json, "day", json_integer(a->day != 0 ? a->day : alert_day(r->head.real_ns)));
	if (a->run != NULL) {
		json_object_set_new(json, "run", json_string(a->run->id_text));
		if (a->run->client != NULL)
			json_object_set_new(json, "client", json_string(a->run->client));
		if (a->run->target != NULL)
			json_object_set_new(json, "plugin", json_cut(a->run->target, OF_MAX));
	}
	if (a->call != NULL) {
		json_object_set_new(json, "path", json_string(a->call->path));
		json_object_set_new(json, "agent", json_cut(a->call->plugin, OF_MAX));
	}
	if (a->more != NULL)
		json_object_update_missing(json, a->more);
	json_object_set_new(json, "text", json_cut(a->text, TEXT_MAX));
	return json;
}

/* Runs that a client starts one after the other raise as many: each is on record, and not each needs a line. */
static void
tell(struct alerts *alerts, const json_t *json)
{
	const char *run = json_string_value(json_object_get(json, "run"));
	int64_t now = clock_mono_ns();

	if (alerts->lines_until_ns < now)
		alerts->lines_until_ns = now;
	if (alerts->lines_until_ns > now + LINES_BURST * LINES_EVERY) {
		alerts->lines_left_out++;
		return;
	}
	alerts->lines_until_ns += LINES_EVERY;
	if (alerts->lines_left_out > 0)
		log_warn("more alerts were raised than there are lines for; `hospes alerts` has them",
		    LOG_U("left_out", alerts->lines_left_out));
	alerts->lines_left_out = 0;
	log_warn(text_of(json, "text"), LOG_S("alert", text_of(json, "kind")), LOG_S("of", text_of(json, "of")),
	    LOG_S("what", text_of(json, "what")), LOG_S("id", text_of(json, "id")),
	    {.key = "run", .type = run != NULL ? LOG_FIELD_TEXT : LOG_FIELD_END, .text = run});
}

void
alert_raise(struct dispatch *d, const struct alert *a)
{
	_cleanup_(json_p) json_t *json = NULL;
	_cleanup_(free_p) char *body = NULL;
	struct ulid id = ulid_new();
	char id_text[ULID_TEXT];
	int64_t leaves = d->alerts->leave;
	uint64_t lsn;
	struct record r;

	ulid_format(&id, id_text);
	record_init(&r, RECORD_ALERT);
	json = alert_json(a, id_text, &r);
	body = json_text(json);
	record_add_text(&r, TAG_KEY, id_text);
	record_add_text(&r, TAG_PATH, a->call == NULL ? NULL : a->call->path);
	record_add_text(&r, TAG_BODY, body);
	if (leaves)
		record_add(&r, TAG_NUMBER, &leaves, sizeof(leaves));
	lsn = a->run != NULL ? dispatch_record(d, a->run, &r) : store_append(d->store, &r);
	if (a->run == NULL)
		remember(d->alerts, text_of(json, "of"), text_of(json, "what"), a->percent,
		    json_integer_value(json_object_get(json, "day")));
	tell(d->alerts, json);
	if (leaves && d->alerted != NULL)
		d->alerted(lsn, d->arg);
}

bool
alert_read(const struct record *r, struct alert_said *ret)
{
	const struct record_field *body = record_find(r, TAG_BODY);
	_cleanup_(json_p) json_t *json = body == NULL ? NULL : json_read(body->data, body->len, "an alert", NULL);

	if (json == NULL)
		return false;
	*ret = (struct alert_said){.percent = (unsigned)json_integer_value(json_object_get(json, "percent"))};
	snprintf(ret->kind, sizeof(ret->kind), "%s", text_of(json, "kind"));
	snprintf(ret->of, sizeof(ret->of), "%s", text_of(json, "of"));
	snprintf(ret->what, sizeof(ret->what), "%s", text_of(json, "what"));
	return true;
}
