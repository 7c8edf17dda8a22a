/*
 * Passages out: BM25 in two steps.
 *
 * First, from FTS5, which passages have which of the words: each adds its weight (what is rare counts more) to the passages
 * that it is in.  Then those with the most, some thousands, are read and counted word by word: how often, in how long a
 * passage, in its heading or the name of its document too, and whether the words of a phrase stand together.
 */

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "memory/documents.h"
#include "memory/index_state.h"
#include "memory/postings.h"

#define CANDIDATES 6000      /* passages that are read */
#define READ_BYTES (4 * MIB) /* of them, at most */
#define COMMON     100000    /* passages with a word that is in too many to look at all */
#define POSTINGS   1000000   /* passages with a word that are looked at, where that has to be */
#define SCALE      64.0      /* of weights in the first step, which are whole numbers */
#define K1         1.2
#define B          0.4
#define IN_HEADING 0.7 /* what a word there counts, against one in the passage */
#define IN_TITLE   0.3

/* Numbers of passages. */
struct stretch {
	uint32_t first, last;
};

/* One space, while it is searched. */
struct finding {
	struct index *x;
	const struct index_query *q;
	struct index_space space;
	const char *name;           /* of the space */
	double weight[QUERY_WORDS]; /* of an item */
	bool common[QUERY_WORDS];
	size_t touched;          /* passages that have a sum */
	uint16_t *sums;          /* by the number of a passage */
	struct stretch *allowed; /* what is looked at: all, or the documents that are given; rising */
	size_t allowed_n;
	double average; /* bytes of a passage */
	struct buf text;
	int fd; /* of the document `of` */
	uint8_t of[DIGEST];
	sqlite3_int64 told; /* first passage of the source that was last told to be unreadable */
};

/* What was found, before it is told. */
struct hit {
	double score;
	bool document;
	uint8_t digest[DIGEST];
	char *title; /* a document's name or a value's key */
	uint64_t version;
	struct range range;
	char *text, *heading; /* heading may be NULL */
};

struct hits {
	struct hit *list;
	size_t n, cap;
};

static void
hits_free(struct hits *h)
{
	for (size_t i = 0; i < h->n; i++) {
		free(h->list[i].title);
		free(h->list[i].text);
		free(h->list[i].heading);
	}
	free(h->list);
}

/* ---- The first step -------------------------------------------------------------------------------------------------- */

static int
by_number(const void *a, const void *b)
{
	const struct stretch *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* The numbers of the documents that alone are looked at. */
static int
read_within(struct finding *f, struct fault *fault)
{
	const json_t *hex;
	size_t i;

	json_array_foreach(f->q->within, i, hex)
	{
		sqlite3_stmt *q = index_statement(f->x, SOURCE_RANGE);
		uint8_t digest[DIGEST];
		int rc;

		if (!digest_read(json_string_value(hex), digest))
			return fault_set(fault, HOSPES_EINPUT, "a digest must be 64 hexadecimal digits (0-9, a-f)");
		sqlite3_bind_int64(q, 1, f->space.id);
		sqlite3_bind_blob(q, 2, digest, DIGEST, SQLITE_STATIC);
		rc = sqlite3_step(q);
		if (rc != SQLITE_ROW && rc != SQLITE_DONE)
			return index_fault(f->x, fault);
		if (rc == SQLITE_ROW && sqlite3_column_int64(q, 1) > 0) {
			uint32_t first = (uint32_t)sqlite3_column_int64(q, 0);
			uint32_t last = first + (uint32_t)sqlite3_column_int64(q, 1) - 1;

			if (last >= f->space.next) /* `sums` has no place for it */
				return index_damaged(f->x, "a document has passages beyond the last", fault);
			f->allowed[f->allowed_n++] = (struct stretch){first, last};
		}
		sqlite3_reset(q);
	}
	return 0;
}

/* In rising order, and no document twice. */
static int
read_allowed(struct finding *f, struct fault *fault)
{
	size_t n = 0;

	f->allowed = xcalloc(json_array_size(f->q->within) + 1, sizeof *f->allowed);
	if (f->q->within == NULL) {
		f->allowed[f->allowed_n++] = (struct stretch){1, (uint32_t)f->space.next - 1};
		return 0;
	}
	if (read_within(f, fault) != 0)
		return fault->status;
	if (f->allowed_n > 0)
		qsort(f->allowed, f->allowed_n, sizeof *f->allowed, by_number);
	for (size_t i = 0; i < f->allowed_n; i++)
		if (n == 0 || f->allowed[i].first > f->allowed[n - 1].last)
			f->allowed[n++] = f->allowed[i];
	f->allowed_n = n;
	return 0;
}

static void
add_weight(struct finding *f, const struct postings *p, double weight)
{
	uint16_t add = weight * SCALE < 1 ? 1 : (uint16_t)(weight * SCALE);

	for (size_t s = 0; s < f->allowed_n; s++)
		for (size_t i = postings_at(p, f->allowed[s].first); i < p->n && p->at[i] <= f->allowed[s].last; i++) {
			uint16_t *sum = &f->sums[p->at[i]];

			f->touched += *sum == 0;
			*sum = *sum > UINT16_MAX - add ? UINT16_MAX : (uint16_t)(*sum + add);
		}
}

/* A word that is in very many passages adds little and costs much: where others have found enough, it only ranks that. */
static int
weigh_item(struct finding *f, size_t item, size_t most, struct fault *fault)
{
	_cleanup_(buf_free) struct buf match = {0};
	double total = (double)f->space.next, with;
	struct postings p;

	query_match(f->q->words, &f->q->words->items[item], &match);
	if (postings_find(f->x, f->space.id, buf_text(&match), most, &p, fault) != 0)
		return fault->status;
	with = (double)p.n;
	if (!p.all) /* numbers rise: as many for each of those that were not seen */
		with = with * total / (double)p.at[p.n - 1];
	f->weight[item] = log(1 + (total - with + 0.5) / (with + 0.5));
	f->common[item] = !p.all;
	if (p.all || most == POSTINGS)
		add_weight(f, &p, f->weight[item]);
	return 0;
}

/* A common word in the documents that alone are looked at. */
static int
weigh_within(struct finding *f, size_t item, struct fault *fault)
{
	_cleanup_(buf_free) struct buf match = {0};

	query_match(f->q->words, &f->q->words->items[item], &match);
	for (size_t s = 0; s < f->allowed_n; s++) {
		_cleanup_(free_p) uint32_t *numbers = NULL;
		struct postings p = {.all = true};

		if (postings_between(f->x, f->space.id, buf_text(&match), f->allowed[s].first, f->allowed[s].last,
			&numbers, &p.n, fault) != 0)
			return fault->status;
		p.at = numbers;
		add_weight(f, &p, f->weight[item]);
	}
	return 0;
}

static int
weigh_all(struct finding *f, struct fault *fault)
{
	size_t n = f->q->words->n_items, enough = 200 + 4 * f->q->most;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = weigh_item(f, i, COMMON, fault);
	for (size_t i = 0; rc == 0 && i < n && f->touched < enough; i++)
		if (f->common[i])
			rc = f->q->within != NULL ? weigh_within(f, i, fault) : weigh_item(f, i, POSTINGS, fault);
	return rc;
}

/* The least sum that the best CANDIDATES have. */
static unsigned
least_sum(const struct finding *f)
{
	uint32_t *count = xcalloc(UINT16_MAX + 1, sizeof *count);
	size_t n = 0;
	unsigned least = UINT16_MAX;

	for (size_t s = 0; s < f->allowed_n; s++)
		for (size_t i = f->allowed[s].first; i <= f->allowed[s].last; i++)
			count[f->sums[i]]++;
	while (least > 1 && n + count[least] < CANDIDATES)
		n += count[least--];
	free(count);
	return least;
}

/* ---- The second step ------------------------------------------------------------------------------------------------- */

static bool
is_word(const struct query_word *q, const struct word *w)
{
	return q->len == w->len && memcmp(q->stem, w->stem, w->len) == 0;
}

/* How often each item stands in a text; phrases are those whose words follow each other. */
static void
count_items(struct finding *f, const char *text, size_t len, double by, double *counts)
{
	const struct query *q = f->q->words;
	size_t at = 0, ran[QUERY_WORDS] = {0}; /* how many words of a phrase there were in a row */
	struct word w;

	while (words_next(f->x->words, text, len, &at, &w)) {
		for (size_t i = 0; i < q->n_items; i++) {
			const struct query_item *item = &q->items[i];

			if (ran[i] > 0 && (!is_word(&q->words[item->first + ran[i]], &w) ||
					      q->words[item->first + ran[i]].gap != w.gap))
				ran[i] = 0;
			ran[i] += is_word(&q->words[item->first + ran[i]], &w) ? 1 : 0;
			if (ran[i] == item->n) {
				counts[i] += by;
				ran[i] = 0;
			}
		}
	}
}

static double
score_of(struct finding *f, const char *text, size_t len, const char *heading, size_t heading_len, const char *title)
{
	double counts[QUERY_WORDS] = {0}, score = 0;
	double norm = K1 * (1 - B + B * (double)len / f->average);

	count_items(f, text, len, 1, counts);
	count_items(f, heading, heading_len, IN_HEADING, counts);
	count_items(f, title, strlen(title), IN_TITLE, counts);
	for (size_t i = 0; i < f->q->words->n_items; i++)
		score += f->weight[i] * counts[i] * (K1 + 1) / (counts[i] + norm);
	return score;
}

static void
keep(struct hits *hits, double score, const char *text, const char *heading, sqlite3_stmt *q, const struct range *r)
{
	const uint8_t *digest = sqlite3_column_blob(q, 2);
	struct hit *h;

	if (hits->n == hits->cap) {
		hits->cap = hits->cap == 0 ? 64 : hits->cap * 2;
		hits->list = xrealloc(hits->list, hits->cap * sizeof *hits->list);
	}
	h = &hits->list[hits->n++];
	*h = (struct hit){.score = score, .document = digest != NULL, .range = *r};
	if (digest != NULL)
		memcpy(h->digest, digest, DIGEST);
	h->title = xstrdup((const char *)sqlite3_column_text(q, 5));
	h->version = (uint64_t)sqlite3_column_int64(q, 4);
	h->text = xstrndup(text, r->to - r->from);
	if (r->heading_to > r->heading_from)
		h->heading = xstrndup(heading, r->heading_to - r->heading_from);
}

/* The file of the source that is looked at, kept open while its passages are. */
static int
open_text(struct finding *f, const uint8_t *digest, struct fault *fault)
{
	if (f->fd >= 0 && memcmp(f->of, digest, DIGEST) == 0)
		return 0;
	close_p(&f->fd);
	f->fd = -1;
	memcpy(f->of, digest, DIGEST);
	return documents_open(f->x->dir, digest, &f->fd, fault);
}

/* Part of a source's text.  One that cannot be read does not keep the others from being found. */
static int
read_text(struct finding *f, sqlite3_stmt *q, uint32_t from, uint32_t to)
{
	const uint8_t *digest = sqlite3_column_blob(q, 2);
	struct fault fault = {0};

	buf_clear(&f->text);
	if (digest != NULL && open_text(f, digest, &fault) == 0)
		documents_read(f->fd, from, to, &f->text, &fault);
	else if (digest == NULL && (uint32_t)sqlite3_column_bytes(q, 6) >= to)
		buf_append(&f->text, (const char *)sqlite3_column_text(q, 6) + from, to - from);
	if (f->text.len == to - from && fault.status == 0)
		return 0;
	if (f->told == sqlite3_column_int64(q, 0))
		return HOSPES_EIO;
	f->told = sqlite3_column_int64(q, 0);
	log_warn("a text cannot be searched", LOG_S("name", (const char *)sqlite3_column_text(q, 5)),
	    LOG_S("reason", fault.status != 0 ? fault.text : "it has become shorter"));
	return HOSPES_EIO;
}

static int
rank_one(struct finding *f, sqlite3_stmt *q, const struct range *r, struct hits *hits, struct fault *fault)
{
	_cleanup_(buf_free) struct buf heading = {0};
	double score;

	if (r->from > r->to || r->heading_from > r->heading_to)
		return index_damaged(f->x, "a passage ends before it begins", fault);
	if (read_text(f, q, r->heading_from, r->heading_to) != 0)
		return 0;
	buf_append(&heading, f->text.data, f->text.len);
	if (read_text(f, q, r->from, r->to) != 0)
		return 0;
	score = score_of(f, buf_text(&f->text), f->text.len, buf_text(&heading), heading.len,
	    (const char *)sqlite3_column_text(q, 5));
	if (score > 0)
		keep(hits, score, (const char *)f->text.data, (const char *)heading.data, q, r);
	return 0;
}

/* Its ranges are as many as it says, and the columns that the others read are of their kind. */
static bool
is_sound(sqlite3_stmt *q)
{
	sqlite3_int64 first = sqlite3_column_int64(q, 0), n = sqlite3_column_int64(q, 1);
	bool document = sqlite3_column_type(q, 2) != SQLITE_NULL;

	return first >= 0 && first <= UINT32_MAX && n >= 0 && n <= UINT32_MAX &&
	       sqlite3_column_bytes(q, 7) == n * (sqlite3_int64)sizeof(struct range) &&
	       sqlite3_column_text(q, 5) != NULL &&
	       (document ? sqlite3_column_bytes(q, 2) == DIGEST : sqlite3_column_text(q, 6) != NULL);
}

/* The source that a number is of, its row at hand in `q` while numbers are of the same one. */
struct row {
	sqlite3_stmt *q;
	sqlite3_int64 first, n;
};

static int
find_row(struct finding *f, struct row *row, uint32_t number, struct range *ret, bool *ret_lives, struct fault *fault)
{
	*ret_lives = false;
	if (row->n == 0 || number < row->first || number >= row->first + row->n) {
		sqlite3_reset(row->q);
		sqlite3_bind_int64(row->q, 1, f->space.id);
		sqlite3_bind_int64(row->q, 2, number);
		row->n = 0;
		if (sqlite3_step(row->q) != SQLITE_ROW)
			return 0; /* before all that live */
		row->first = sqlite3_column_int64(row->q, 0);
		row->n = sqlite3_column_int64(row->q, 1);
		if (!is_sound(row->q))
			return index_damaged(f->x, "a source has other columns than it should", fault);
	}
	if (number >= row->first + row->n)
		return 0;
	memcpy(ret, (const struct range *)sqlite3_column_blob(row->q, 7) + (number - row->first), sizeof *ret);
	*ret_lives = true;
	return 0;
}

/* The candidates are in rising order: those of one source follow each other. */
static int
rank_all(struct finding *f, unsigned least, struct hits *hits, struct fault *fault)
{
	struct row row = {.q = index_statement(f->x, SOURCE_AT)};
	size_t ranked = 0, bytes = 0;
	int rc = 0;

	for (size_t s = 0; s < f->allowed_n; s++)
		for (uint32_t number = f->allowed[s].first; rc == 0 && number <= f->allowed[s].last; number++) {
			struct range r;
			bool lives;

			if (f->sums[number] < least)
				continue;
			if (ranked == CANDIDATES || bytes >= READ_BYTES)
				break;
			rc = find_row(f, &row, number, &r, &lives, fault);
			if (rc != 0 || !lives)
				continue;
			rc = rank_one(f, row.q, &r, hits, fault);
			ranked++;
			bytes += r.to - r.from;
		}
	sqlite3_reset(row.q);
	return rc;
}

static int
find_in(struct finding *f, const struct memory_space *s, struct hits *hits, struct fault *fault)
{
	int rc = index_space(f->x, s, false, &f->space, fault);

	if (rc != 0 || f->space.id == 0 || f->space.live <= 0)
		return rc;
	rc = index_check_next(f->x, &f->space, fault);
	if (rc != 0)
		return rc;
	f->average = (double)f->space.bytes / (double)f->space.live;
	f->average = f->average < 1 ? 1 : f->average;
	rc = read_allowed(f, fault);
	f->sums = xcalloc((size_t)f->space.next, sizeof *f->sums);
	if (rc == 0)
		rc = weigh_all(f, fault);
	if (rc == 0)
		rc = rank_all(f, least_sum(f), hits, fault);
	free(f->sums);
	free(f->allowed);
	buf_free(&f->text);
	close_p(&f->fd);
	return rc;
}

/* ---- What is told ---------------------------------------------------------------------------------------------------- */

static int
by_score(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	int order;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	if (x->document != y->document)
		return x->document ? -1 : 1;
	order = memcmp(x->digest, y->digest, DIGEST);
	if (order == 0 && !x->document)
		order = strcmp(x->title, y->title);
	return order != 0 ? order : x->range.from < y->range.from ? -1 : x->range.from > y->range.from;
}

static bool
same_source(const struct hit *a, const struct hit *b)
{
	if (a->document != b->document)
		return false;
	return a->document ? memcmp(a->digest, b->digest, DIGEST) == 0 : strcmp(a->title, b->title) == 0;
}

static json_t *
tell(const struct hit *h)
{
	char hex[DIGEST_TEXT];
	json_t *j;

	if (!h->document)
		return json_pack("{s:s, s:I, s:s, s:f}", "key", h->title, "version", (json_int_t)h->version, "text",
		    h->text, "score", h->score);
	digest_text(h->digest, hex);
	j = json_pack("{s:s, s:s, s:I, s:I}", "document", h->title, "digest", hex, "from", (json_int_t)h->range.from,
	    "to", (json_int_t)h->range.to);
	if (h->heading != NULL)
		json_object_set_new(j, "heading", json_string(h->heading));
	if (json_object_set_new(j, "text", json_string(h->text)) != 0) { /* no UTF-8 any more: the file was damaged */
		json_decref(j);
		return NULL;
	}
	json_object_set_new(j, "score", json_real(h->score));
	return j;
}

/* How many of a source were told, and whether this very passage was: two spaces may have one document. */
static size_t
told_of(const struct hits *hits, const size_t *told, size_t n, const struct hit *h, bool *ret_same)
{
	size_t count = 0;

	*ret_same = false;
	for (size_t i = 0; i < n; i++) {
		const struct hit *o = &hits->list[told[i]];

		if (!same_source(o, h))
			continue;
		count++;
		if (h->document && o->range.from == h->range.from)
			*ret_same = true;
	}
	return count;
}

static json_t *
tell_best(struct hits *hits, const struct index_query *q)
{
	size_t *told = xcalloc(q->most, sizeof *told), n = 0;
	json_t *found = json_array();

	if (hits->n > 0)
		qsort(hits->list, hits->n, sizeof *hits->list, by_score);
	for (size_t i = 0; i < hits->n && n < q->most; i++) {
		bool same;
		size_t count = told_of(hits, told, n, &hits->list[i], &same);

		if (same || (q->most_each > 0 && count >= q->most_each))
			continue;
		if (json_array_append_new(found, tell(&hits->list[i])) == 0)
			told[n++] = i;
	}
	free(told);
	return found;
}

int
index_search(struct index *x, size_t n, const struct memory_space *spaces, const struct index_query *q, json_t **ret,
    struct fault *fault)
{
	struct hits hits = {0};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct finding f = {.x = x, .q = q, .fd = -1};

		rc = find_in(&f, &spaces[i], &hits, fault);
	}
	if (rc == 0)
		*ret = tell_best(&hits, q);
	hits_free(&hits);
	return rc;
}
