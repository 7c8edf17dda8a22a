/* Series of scores: taking them in, telling of drops, and what they add up to.  See quality.h. */

#include "dispatch/quality.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "dispatch/alert.h"
#include "dispatch/cusum.h"
#include "dispatch/state.h"

#define SERIES_MAX 20000u /* that are kept */
#define SERIES_KEY 480u
#define RECENT     0.1 /* the newest score's part of what is recent: the last twenty make up nine tenths of it */

struct series {
	enum score_kind kind;
	uint64_t n;
	double mean, recent;
	struct cusum cusum;
	uint32_t drops;
	double before, after; /* its mean before the newest drop, and while it dropped, over so many scores */
	uint32_t after_n;
	int64_t at_real_ns;
	char plugin[PLUGIN_NAME_MAX + 1], semver[PLUGIN_SEMVER_MAX + 1];
	char *capability;
	char key[];
};

struct quality {
	struct map series;
	unsigned n;
	json_t *untold; /* keys of series with drops that have no alert, as found at the start */
};

static const char *const kind_names[SCORE_KINDS] = {
    [SCORE_CHECK] = "checks", [SCORE_AGENT] = "agents", [SCORE_PERSON] = "people"};

/* ---- Series ------------------------------------------------------------------------------------------------------ */

static bool
key_of(char out[SERIES_KEY], const char *plugin, const char *semver, enum score_kind kind, const char *capability)
{
	int n = snprintf(out, SERIES_KEY, "%s %s %s %s", plugin, semver, kind_names[kind], capability);

	return n > 0 && (size_t)n < SERIES_KEY;
}

static void
series_free(struct series *s)
{
	free(s->capability);
	free(s);
}

/* Versions come and go: what nobody has scored for longest makes room. */
static void
forget_oldest(struct quality *q)
{
	struct series *s, *oldest = NULL;
	size_t at = 0;

	while ((s = map_next(&q->series, &at)) != NULL) {
		if (oldest == NULL || s->at_real_ns < oldest->at_real_ns)
			oldest = s;
	}
	assert(oldest != NULL);
	map_del(&q->series, oldest->key);
	series_free(oldest);
	q->n--;
}

static struct series *
series_new(struct quality *q, const char *key, const char *plugin, const char *semver, enum score_kind kind,
    const char *capability)
{
	struct series *s;

	if (q->n >= SERIES_MAX)
		forget_oldest(q);
	s = xcalloc(1, sizeof(*s) + strlen(key) + 1);
	s->kind = kind;
	snprintf(s->plugin, sizeof(s->plugin), "%s", plugin);
	snprintf(s->semver, sizeof(s->semver), "%s", semver);
	s->capability = xstrdup(capability);
	strcpy(s->key, key);
	map_put(&q->series, s->key, s);
	q->n++;
	return s;
}

static json_t *
series_json(const struct series *s)
{
	json_t *since = json_pack("{s:I s:f s:f s:f s:f s:f s:i}", "n", (json_int_t)s->cusum.n, "mean", s->cusum.mean,
	    "m2", s->cusum.m2, "low", s->cusum.low, "before", s->cusum.before, "since", s->cusum.since, "since_n",
	    (int)s->cusum.since_n);

	return json_pack("{s:s s:s s:s s:s s:I s:f s:f s:i s:f s:f s:i s:I s:o}", "plugin", s->plugin, "version",
	    s->semver, "capability", s->capability, "by", kind_names[s->kind], "n", (json_int_t)s->n, "mean", s->mean,
	    "recent", s->recent, "drops", (int)s->drops, "before", s->before, "after", s->after, "after_n",
	    (int)s->after_n, "at_ns", (json_int_t)s->at_real_ns, "since", since);
}

static const char *
text_of(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text == NULL ? "" : text;
}

static double
real_of(const json_t *json, const char *key)
{
	double number = json_number_value(json_object_get(json, key));

	return isfinite(number) ? number : 0;
}

static uint64_t
count_of(const json_t *json, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(json, key));

	return n < 0 ? 0 : (uint64_t)n;
}

static bool
kind_of(const char *name, enum score_kind *ret)
{
	for (unsigned i = 0; i < SCORE_KINDS; i++) {
		if (strcmp(name, kind_names[i]) == 0) {
			*ret = (enum score_kind)i;
			return true;
		}
	}
	return false;
}

/* What was kept is ours, but a disk may have changed it: numbers that no series has are brought into bounds. */
static void
series_load(struct quality *q, const json_t *json)
{
	const json_t *since = json_object_get(json, "since");
	uint64_t n = count_of(since, "n");
	char key[SERIES_KEY];
	enum score_kind kind;
	struct series *s;

	if (!kind_of(text_of(json, "by"), &kind) ||
	    !key_of(key, text_of(json, "plugin"), text_of(json, "version"), kind, text_of(json, "capability")) ||
	    map_get(&q->series, key) != NULL)
		return;
	s = series_new(q, key, text_of(json, "plugin"), text_of(json, "version"), kind, text_of(json, "capability"));
	s->n = count_of(json, "n");
	s->mean = real_of(json, "mean");
	s->recent = real_of(json, "recent");
	s->drops = (uint32_t)count_of(json, "drops");
	s->before = real_of(json, "before");
	s->after = real_of(json, "after");
	s->after_n = (uint32_t)count_of(json, "after_n");
	s->at_real_ns = (int64_t)count_of(json, "at_ns");
	s->cusum = (struct cusum){.n = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n,
	    .mean = real_of(since, "mean"),
	    .m2 = fmax(0, real_of(since, "m2")),
	    .low = fmax(0, real_of(since, "low")),
	    .before = real_of(since, "before"),
	    .since = real_of(since, "since"),
	    .since_n = (uint32_t)count_of(since, "since_n")};
	if (count_of(json, "told") < s->drops)
		json_array_append_new(q->untold, json_string(key));
}

static int
load_one(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	_cleanup_(json_p) json_t *json = json_read(data, len, "a series of scores", NULL);

	(void)key, (void)key_len;
	if (json != NULL)
		series_load(arg, json);
	return 0;
}

static void
load(struct store_txn *txn, struct journal *j, void *arg)
{
	(void)j;
	store_walk(txn, STORE_SCORES, SCORE_SERIES, 1, false, load_one, arg);
}

void
quality_open(struct dispatch *d)
{
	d->quality = xcalloc(1, sizeof(*d->quality));
	d->quality->untold = json_array();
	if (d->store != NULL)
		store_read_now(d->store, load, d->quality);
}

void
quality_close(struct dispatch *d)
{
	struct series *s;
	size_t at = 0;

	while ((s = map_next(&d->quality->series, &at)) != NULL)
		series_free(s);
	map_free(&d->quality->series);
	json_decref(d->quality->untold);
	free(d->quality);
	d->quality = NULL;
}

/* ---- A drop ------------------------------------------------------------------------------------------------------ */

static void
raise_drop(struct dispatch *d, const struct series *s, struct run *run)
{
	_cleanup_(free_p) char *of = xasprintf("agent %s", s->plugin), *asked = NULL, *text = NULL;
	_cleanup_(json_p) json_t *more =
	    json_pack("{s:s s:s s:s s:s s:f s:f s:i}", "agent", s->plugin, "version", s->semver, "capability",
		s->capability, "series", s->key, "before", s->before, "after", s->after, "drop", (int)s->drops);
	struct alert a = {.kind = "quality", .of = of, .what = "score", .run = run, .more = more};

	asked = s->capability[0] == '\0' ? xstrdup("") : xasprintf(" as %s", s->capability);
	text = xasprintf("%s %s answers worse%s than it used to: %s gave it %.2f on the mean, and then %.2f over %u "
			 "score%s; `hospes scores %s` has all of them, `hospes rollback %s` goes back to the version "
			 "before",
	    s->plugin, s->semver, asked, kind_names[s->kind], s->before, s->after, s->after_n,
	    s->after_n == 1 ? "" : "s", s->plugin, s->plugin);
	a.text = text;
	alert_raise(d, &a);
}

void
quality_connect(struct dispatch *d)
{
	const json_t *key;
	size_t i;

	json_array_foreach(d->quality->untold, i, key)
	{
		const struct series *s = map_get(&d->quality->series, json_string_value(key));

		if (s != NULL)
			raise_drop(d, s, NULL);
	}
	json_array_clear(d->quality->untold);
}

/* ---- A score ----------------------------------------------------------------------------------------------------- */

/* True when with it there is a drop. */
static bool
series_add(struct series *s, const struct cusum_rule *rule, double score)
{
	struct cusum was;

	s->n++;
	s->mean += (score - s->mean) / (double)s->n;
	s->recent += s->n == 1 ? score : RECENT * (score - s->recent);
	s->at_real_ns = clock_real_ns();
	if (!cusum_add(&s->cusum, rule, score, &was))
		return false;
	s->drops++;
	s->before = was.before;
	s->after = was.since;
	s->after_n = was.since_n;
	return true;
}

static json_t *
score_json(const struct score *score, const struct series *s)
{
	json_t *json = json_pack(
	    "{s:f s:s s:s}", "score", score->score, "by", kind_names[score->kind], "capability", score->capability);

	if (s != NULL) {
		json_object_set_new(json, "series", series_json(s));
		json_object_set_new(json, "key", json_string(s->key));
	}
	return json;
}

static uint64_t
record_score(struct dispatch *d, const struct score *score, const struct series *s)
{
	_cleanup_(json_p) json_t *json = score_json(score, s);
	_cleanup_(free_p) char *text = json_text(json), *body = NULL;
	struct record r;

	record_init(&r, RECORD_SCORE);
	r.head.ordinal = score->ordinal;
	r.head.attempt = (uint16_t)score->attempt;
	record_add_text(&r, TAG_PATH, score->path);
	record_add_text(&r, TAG_TARGET, score->plugin);
	record_add_text(&r, TAG_VERSION, score->semver);
	record_add_text(&r, TAG_ACTOR, score->by);
	record_add_text(&r, TAG_REASON, score->why);
	record_add_text(&r, TAG_SCORE, text);
	if (score->run != NULL)
		return dispatch_record(d, score->run, &r);
	body = xasprintf("{\"run\":\"%s\"}", score->run_id);
	record_add_text(&r, TAG_BODY, body);
	return store_append(d->store, &r);
}

uint64_t
dispatch_score(struct dispatch *d, const struct score *score)
{
	struct cusum_rule rule = {
	    .k = score->policy->quality_k, .h = score->policy->quality_h, .least = score->policy->quality_least};
	struct quality *q = d->quality;
	struct series *s = NULL;
	char key[SERIES_KEY];
	bool drop;
	uint64_t lsn;

	assert(score->score >= 0 && score->score <= 1);
	if (key_of(key, score->plugin, score->semver, score->kind, score->capability)) {
		s = map_get(&q->series, key);
		if (s == NULL)
			s = series_new(q, key, score->plugin, score->semver, score->kind, score->capability);
	}
	drop = s != NULL && series_add(s, &rule, score->score);
	lsn = record_score(d, score, s);
	if (drop)
		raise_drop(d, s, score->run);
	return lsn;
}

const char *
quality_capability(const struct op *op)
{
	static const char prefix[] = "cap:";

	return strncmp(op->target, prefix, sizeof(prefix) - 1) == 0 ? op->target + sizeof(prefix) - 1 : "";
}

/* ---- What they add up to ----------------------------------------------------------------------------------------- */

struct sum {
	double n, scores;
};

static void
add_series(const struct dispatch *d, const char *plugin, const char *semver, const char *capability,
    struct sum sums[SCORE_KINDS])
{
	for (unsigned kind = 0; kind < SCORE_KINDS; kind++) {
		char key[SERIES_KEY];
		const struct series *s;

		if (!key_of(key, plugin, semver, (enum score_kind)kind, capability))
			continue;
		s = map_get(&d->quality->series, key);
		if (s == NULL)
			continue;
		sums[kind].n += (double)s->n;
		sums[kind].scores += (double)s->n * s->mean;
	}
}

double
quality_score(const struct dispatch *d, const char *plugin, const char *semver, const char *capability)
{
	struct sum sums[SCORE_KINDS] = {0}, believed, agents;

	add_series(d, plugin, semver, "", sums);
	if (capability != NULL && capability[0] != '\0')
		add_series(d, plugin, semver, capability, sums);
	agents = sums[SCORE_AGENT];
	believed = (struct sum){.n = sums[SCORE_CHECK].n + sums[SCORE_PERSON].n,
	    .scores = sums[SCORE_CHECK].scores + sums[SCORE_PERSON].scores};
	if (believed.n == 0)
		return NAN;
	if (agents.n > 0) {
		double weight = fmin(agents.n, believed.n);

		believed.scores += weight * agents.scores / agents.n;
		believed.n += weight;
	}
	return believed.scores / believed.n;
}

/* What is recent is 10 % of the newest score and so on: of independent scores it strays by sqrt(0.1 / 1.9) of one's deviation. */
static const char *
trend_of(const struct series *s)
{
	double sigma = s->cusum.n < 2 ? 0 : sqrt(s->cusum.m2 / (s->cusum.n - 1));
	double stray = 2 * sqrt(RECENT / (2 - RECENT)) * fmax(sigma, CUSUM_SIGMA_LEAST);

	if (s->n < 10)
		return "new";
	if (s->recent < s->mean - stray)
		return "falling";
	return s->recent > s->mean + stray ? "rising" : "steady";
}

static json_t *
row_of(const struct series *s)
{
	char at[CLOCK_TEXT];

	clock_format(s->at_real_ns, at);
	return json_pack("{s:s s:s s:s s:s s:I s:f s:f s:s s:i s:s}", "plugin", s->plugin, "version", s->semver,
	    "capability", s->capability, "by", kind_names[s->kind], "n", (json_int_t)s->n, "mean", s->mean, "recent",
	    s->recent, "trend", trend_of(s), "drops", (int)s->drops, "at", at);
}

static int
in_order(const void *a, const void *b)
{
	const struct series *one = *(const struct series *const *)a, *other = *(const struct series *const *)b;
	int by = strcmp(one->plugin, other->plugin);

	if (by == 0)
		by = semver_compare(other->semver, one->semver);
	if (by == 0)
		by = strcmp(one->capability, other->capability);
	return by == 0 ? (int)one->kind - (int)other->kind : by;
}

json_t *
dispatch_scores(const struct dispatch *d, const char *plugin)
{
	const struct series **list = xcalloc(d->quality->n + 1, sizeof(const struct series *)), *s;
	json_t *json = json_array();
	size_t at = 0, n = 0;

	while ((s = map_next(&d->quality->series, &at)) != NULL) {
		if (plugin == NULL || strcmp(s->plugin, plugin) == 0)
			list[n++] = s;
	}
	qsort(list, n, sizeof(const struct series *), in_order);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(json, row_of(list[i]));
	free(list);
	return json;
}
