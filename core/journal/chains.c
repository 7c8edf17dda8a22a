/* Records one after the other: epochs, sequences, chains, copies. */

#include "journal/chains.h"

#include <inttypes.h>
#include <string.h>

#include "base/util.h"

struct chain {
	uint8_t run[16];
	uint64_t last;                  /* LSN of its newest record that is no copy */
	uint32_t next;                  /* its next sequence number */
	uint64_t copy_first, copy_last; /* of copies that no RUN_MOVED has followed yet; 0: none */
	uint32_t copy_next;
	bool whole; /* known from its start */
};

static bool __attribute__((format(printf, 2, 3))) wrong(struct fault *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fault_setv(why, HOSPES_EDAMAGED, format, args);
	va_end(args);
	return false;
}

static uint64_t
key_of(const uint8_t run[16])
{
	uint64_t key;

	memcpy(&key, run + 8, sizeof key); /* the random end of a ULID */
	return key;
}

static void
forget(struct chains *c, struct chain *chain)
{
	map_del_u64(&c->runs, key_of(chain->run));
	free(chain);
}

void
chains_free(struct chains *c)
{
	struct chain *chain;
	size_t at = 0;

	while ((chain = map_next(&c->runs, &at)) != NULL)
		free(chain);
	map_free(&c->runs);
}

void
chains_gap(struct chains *c, uint64_t lsn)
{
	chains_free(c);
	c->runs = (struct map){0};
	c->known_from = lsn;
	c->epoch = 0;
}

uint64_t
chains_open(const struct chains *c)
{
	uint64_t n = 0;
	size_t at = 0;

	while (map_next(&c->runs, &at) != NULL)
		n++;
	return n;
}

static bool
check_epoch(struct chains *c, const struct record_head *head, struct fault *why)
{
	uint64_t expected = head->kind == RECORD_HOST_START ? c->epoch + 1 : c->epoch;
	bool fits = c->epoch == 0 || head->epoch == expected;

	if (!fits)
		wrong(why, "the record %s is of epoch %" PRIu64 " and should be of epoch %" PRIu64,
		    record_kind_name(record_kind(head)), head->epoch, expected);
	c->epoch = head->epoch;
	return fits;
}

/* ---- Chains ------------------------------------------------------------------------------------------------------ */

static struct chain *
begin(struct chains *c, const struct record_head *head)
{
	struct chain *chain = xcalloc(1, sizeof *chain);

	memcpy(chain->run, head->run, sizeof chain->run);
	map_put_u64(&c->runs, key_of(head->run), chain);
	return chain;
}

/* A run's first record that is known. */
static struct chain *
first_record(struct chains *c, const struct record_head *head, struct fault *why)
{
	enum record_kind kind = record_kind(head);
	struct chain *chain;

	if (head->prev == 0 && (kind != RECORD_RUN_START || head->seq != 0)) {
		wrong(why, "a run should begin with run_start and begins with %s, number %u", record_kind_name(kind),
		    head->seq);
		return NULL;
	}
	if (head->prev >= c->known_from) {
		wrong(why, "the record %s follows one of its run at %" PRIu64 ", and that run has none there",
		    record_kind_name(kind), head->prev);
		return NULL;
	}
	chain = begin(c, head);
	chain->whole = head->prev == 0;
	return chain;
}

static bool
add_copy(struct chain *chain, const struct record *r, struct fault *why)
{
	const struct record_head *head = &r->head;
	bool first = head->prev == 0;

	if (first && (record_kind(head) != RECORD_RUN_START || head->seq != 0))
		return wrong(why, "the first copy of a run's records is %s, number %u",
		    record_kind_name(record_kind(head)), head->seq);
	if (!first && chain->whole && (head->prev != chain->copy_last || head->seq != chain->copy_next))
		return wrong(why,
		    "a copy has number %u and follows %" PRIu64 "; it should have number %u and follow %" PRIu64,
		    head->seq, head->prev, chain->copy_next, chain->copy_last);
	if (first)
		chain->copy_first = head->lsn;
	chain->copy_last = head->lsn;
	chain->copy_next = head->seq + 1;
	return true;
}

/* From here on the copies are what the run's records are. */
static bool
add_moved(struct chain *chain, const struct record *r, struct fault *why)
{
	uint64_t first = (uint64_t)record_int(r, TAG_NUMBER);

	if (chain->copy_last != 0 && chain->copy_first != 0 &&
	    (r->head.prev != chain->copy_last || first != chain->copy_first || r->head.seq != chain->copy_next))
		return wrong(why,
		    "the run moved to its copies at %" PRIu64 " up to %" PRIu64 ", and they are at %" PRIu64
		    " up to %" PRIu64 " and %u of them",
		    first, r->head.prev, chain->copy_first, chain->copy_last, chain->copy_next);
	if (chain->whole && chain->copy_last == 0)
		return wrong(why, "the run moved to its copies, and there are none");
	chain->copy_first = chain->copy_last = 0;
	return true;
}

static bool
follows(const struct chain *chain, const struct record_head *head, struct fault *why)
{
	const char *kind = record_kind_name(record_kind(head));

	if (head->seq != chain->next)
		return wrong(
		    why, "the record %s has number %u in its run and should have %u", kind, head->seq, chain->next);
	if (head->prev == chain->last || record_kind(head) == RECORD_RUN_MOVED)
		return true;
	return wrong(why, "the record %s says that its run's record before is at %" PRIu64 ", and that is at %" PRIu64,
	    kind, head->prev, chain->last);
}

static bool
add_to(struct chains *c, struct chain *chain, const struct record *r, struct fault *why)
{
	const struct record_head *head = &r->head;
	bool fits;

	if (record_is_copy(head))
		return add_copy(chain, r, why);
	fits = chain->last == 0 || follows(chain, head, why);
	if (record_kind(head) == RECORD_RUN_MOVED)
		fits = add_moved(chain, r, why) && fits;
	chain->last = head->lsn;
	chain->next = head->seq + 1;
	if (record_kind(head) == RECORD_RUN_END) {
		forget(c, chain);
		c->ended++;
	}
	return fits;
}

bool
chains_add(struct chains *c, const struct record *r, struct fault *why)
{
	static const uint8_t none[16];
	struct chain *chain;
	bool fits = check_epoch(c, &r->head, why);

	if (memcmp(r->head.run, none, sizeof none) == 0)
		return fits;
	chain = map_get_u64(&c->runs, key_of(r->head.run));
	if (chain == NULL)
		chain = first_record(c, &r->head, why);
	return chain != NULL && add_to(c, chain, r, why) && fits;
}
