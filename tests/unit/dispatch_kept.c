/* See dispatch_kept.h. */

#include "dispatch_kept.h"

void *kept[WORLD_MAX];
unsigned n_kept;

void
run_is_recorded(void)
{
	struct record r;

	record_init(&r, RECORD_RUN_START);
	record_add_text(&r, TAG_TARGET, "a");
	carried_add(&w.run->carried, &r, TAG_INPUT, w.run->root.input);
	dispatch_record(w.d, w.run, &r);
}

void
keep_records(void)
{
	n_kept = w.n_records;
	memcpy(kept, w.records, n_kept * sizeof(*kept));
	w.n_records = 0;
}

void
forget_kept(void)
{
	for (unsigned i = 0; i < n_kept; i++)
		free(kept[i]);
	n_kept = 0;
}

unsigned
kept_up_to(uint16_t kind, unsigned n)
{
	unsigned i = 0;

	while (n > 0)
		n -= decoded(kept[i++]).head.kind == kind;
	return i;
}

struct restore *
restored(unsigned n, int *rc, struct fault *fault)
{
	struct restore *restore;

	payload_unref(&w.run->root.input);
	dispatch_restore_begin(w.d, w.run, &restore);
	*rc = 0;
	for (unsigned i = 0; i < n && *rc == 0; i++) {
		struct record r = decoded(kept[i]);

		*rc = dispatch_restore_record(restore, &r, fault);
		w.records[w.n_records] = xmalloc(r.head.length);
		memcpy(w.records[w.n_records], kept[i], r.head.length);
		w.kinds[w.n_records++] = r.head.kind;
	}
	return restore;
}

void
rebuilt_from(unsigned n)
{
	struct fault fault = {0};
	int rc;
	struct restore *restore = restored(n, &rc, &fault);

	if (rc != 0)
		fail_msg("after %u records: %s", n, fault.text);
	assert_int_equal(w.n_submitted, 0);
	assert_int_equal(w.n_outcomes, 0);
	assert_int_equal(w.n_records, n); /* nothing was written so far */
	if (dispatch_restore_end(&restore, &fault) != 0)
		fail_msg("after %u records: %s", n, fault.text);
}

void
assert_damage(void **state, unsigned n, size_t nth, const struct record *r)
{
	struct fault fault = {0};
	int rc;
	struct restore *restore = restored(n, &rc, &fault);

	assert_int_equal(rc, 0);
	if (dispatch_restore_record(restore, r, &fault) != HOSPES_EDAMAGED)
		fail_msg("case %zu was taken", nth);
	dispatch_restore_fail(&restore, &fault);
	assert_true(w.ended);
	assert_int_equal(w.run->root.status, HOSPES_EDAMAGED);
	assert_int_equal(w.calls.count, 0);
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 0);
	assert_int_equal(w.run->reviews_open, 0);
	teardown(state);
	setup(state);
}

bool
same_field(const struct record *a, const struct record *b, enum record_tag tag)
{
	const struct record_field *one = record_find(a, tag), *other = record_find(b, tag);

	return one != NULL && other != NULL && one->len == other->len && memcmp(one->data, other->data, one->len) == 0;
}

void
people(unsigned repetition)
{
	w.policy->repetition = repetition;
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	version_add("c", "1.0.0");
}

void
start_anew(void **state, unsigned n, unsigned repetition)
{
	keep_records();
	teardown(state);
	setup(state);
	people(repetition);
	rebuilt_from(n);
	forget_kept();
}
