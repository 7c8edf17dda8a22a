/*
 * Payloads of a journal's runs, put together from what its records carry.
 *
 * Copies of a run's records are a second telling of the same: they have a window of their own, which becomes the run's when
 * it moves to them.
 */

#include "config.h"

#include <string.h>

#include "base/util.h"
#include "call/call.h"
#include "cli/journal.h"

struct run_payloads {
	uint8_t run[16];
	struct carried carried, copies;
	bool known, copies_known; /* from the start */
	bool erased;
};

static uint64_t
key_of(const uint8_t run[16])
{
	uint64_t key;

	memcpy(&key, run + 8, sizeof key);
	return key;
}

static void
run_free(struct run_payloads *run)
{
	carried_free(&run->carried);
	carried_free(&run->copies);
	free(run);
}

void
payloads_forget(struct payloads *p)
{
	struct run_payloads *run;
	size_t at = 0;

	while ((run = map_next(&p->runs, &at)) != NULL)
		run_free(run);
	map_free(&p->runs);
	p->runs = (struct map){0};
}

/* The run of a record; NULL where its start is not known. */
static struct run_payloads *
run_of(struct payloads *p, const struct record *r)
{
	struct run_payloads *run = map_get_u64(&p->runs, key_of(r->head.run));
	bool first = record_kind(&r->head) == RECORD_RUN_START && r->head.prev == 0;

	if (run == NULL && first) {
		run = xcalloc(1, sizeof *run);
		memcpy(run->run, r->head.run, sizeof run->run);
		map_put_u64(&p->runs, key_of(r->head.run), run);
	}
	if (run != NULL && first && record_is_copy(&r->head)) {
		carried_free(&run->copies);
		run->copies_known = true;
	} else if (run != NULL && first) {
		run->known = true;
	}
	return run;
}

/* From here on its records follow the copies. */
static void
move(struct run_payloads *run)
{
	if (!run->copies_known)
		return;
	carried_free(&run->carried);
	run->carried = run->copies;
	run->copies = (struct carried){0};
	run->known = true;
	run->copies_known = false;
}

static bool
has_erased(const struct record *r)
{
	return record_find(r, TAG_INPUT_ERASED) != NULL || record_find(r, TAG_OUTPUT_ERASED) != NULL;
}

static int
read_one(struct carried *c, const struct record *r, enum record_tag tag, struct payload **ret, struct fault *fault)
{
	struct fault why = {0};

	*ret = carried_read(c, r, tag, &why);
	if (why.status == 0)
		return 0;
	/* What was asked is often on record by its hash alone, for comparison. */
	if (tag == TAG_INPUT && record_kind(&r->head) != RECORD_RUN_START &&
	    record_kind(&r->head) != RECORD_CALL_START && record_kind(&r->head) != RECORD_OP_INTENT)
		return 0;
	return fault_set(fault, why.status, "the %s of the record %s: %s", tag == TAG_INPUT ? "input" : "output",
	    record_kind_name(record_kind(&r->head)), why.text);
}

int
payloads_read(struct payloads *p, const struct record *r, struct payload **ret_input, struct payload **ret_output,
    struct fault *fault)
{
	static const uint8_t none[16];
	struct run_payloads *run;
	bool copy = record_is_copy(&r->head);
	struct carried *c;
	int rc = 0;

	*ret_input = *ret_output = NULL;
	if (memcmp(r->head.run, none, sizeof none) == 0)
		return 0;
	run = run_of(p, r);
	if (run == NULL)
		return 0;
	if (record_kind(&r->head) == RECORD_RUN_MOVED && !copy)
		move(run);
	c = copy ? &run->copies : &run->carried;
	run->erased |= has_erased(r);
	if (copy ? run->copies_known : run->known) {
		rc = read_one(c, r, TAG_INPUT, ret_input, fault);
		if (rc == 0)
			rc = read_one(c, r, TAG_OUTPUT, ret_output, fault);
		if (run->erased)
			rc = 0;
	}
	if (record_kind(&r->head) == RECORD_RUN_END) {
		map_del_u64(&p->runs, key_of(r->head.run));
		run_free(run);
	}
	return rc;
}
