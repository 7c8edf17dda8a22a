/*
 * Fuzz: a poll as a cell might forge it, held with answers that are nearly some.  What is read as a poll has an outcome, which can be
 * written; settled early is what comes out late; a tie can be broken once.
 */

#include <string.h>

#include "base/json.h"
#include "dispatch/poll.h"
#include "fuzz.h"

static const char ask[] = "{\"question\":\"Well?\",\"options\":[\"yes\",\"no\",\"x\"],\"context\":{\"c\":[1]}}";
static const char answer[] = "{\"choice\":\"yes\",\"why\":\"w\",\"confidence\":0.5}";

#define BALLOTS 12

/* Ballots answer one after the other, each by a byte or two of the data. */
static void
hold(struct poll *p, const uint8_t *data, size_t len)
{
	struct poll_decision early = {0}, late;
	struct poll_count count = {0};
	bool settled = false;

	for (uint32_t i = 0; i < p->n; i++) {
		uint8_t which = len > 0 ? data[i % len] : 0;
		size_t formed_len = 0;
		uint8_t *formed =
		    fuzz_in_form(answer, data + (len > 0 ? i % len : 0), len > 0 ? len - i % len : 0, &formed_len);
		struct payload *said = payload_new(formed, formed_len);

		free(formed);
		p->ballots[i].listed_twice = i > 0 && which % 17 == 0;
		ballot_read(&p->ballots[i], p->options, which % 5 == 0 ? -(int)which : 0, said);
		if (which % 7 == 0) {
			ballot_clear(&p->ballots[i]);
			p->ballots[i].state = which % 2 == 0 ? BALLOT_LATE : BALLOT_CHOICE;
			p->ballots[i].choice = which % (uint32_t)json_array_size(p->options);
		}
		fuzz_expect(p->ballots[i].state != BALLOT_OPEN);
		payload_unref(&said);
		poll_count(p->ballots, p->n, (uint32_t)json_array_size(p->options), &count);
		if (!settled)
			settled = poll_settled(&p->terms, &count, &early);
	}
	poll_end(&p->terms, &count, &late);
	fuzz_expect(!settled || (early.how == late.how && early.option == late.option));
	fuzz_expect((late.option == POLL_NOTHING) == (late.how != POLL_WON));
	fuzz_expect(poll_quorum(&p->terms, count.all) <= count.all);
}

static void
tell(struct poll *p, struct poll *tie)
{
	struct poll_decision decision;
	struct poll_count count;
	json_t *json, *broken;
	struct payload *outcome;
	struct fault fault;

	poll_count(p->ballots, p->n, (uint32_t)json_array_size(p->options), &count);
	poll_end(&p->terms, &count, &decision);
	json = poll_json(p, &count, &decision);
	outcome = json_payload(json);
	fuzz_expect(json_array_size(json_object_get(json, "ballots")) == p->n);
	if (tie != NULL && poll_read_tie(tie, outcome, &fault) == 0) {
		fuzz_expect(json_object_get(json, "tied") != NULL);
		tie->ballots[0].state = BALLOT_CHOICE;
		tie->ballots[0].choice = 0;
		broken = poll_tie_json(tie);
		fuzz_expect(json_equal(json_object_get(broken, "outcome"), json_array_get(tie->options, 0)));
		json_decref(broken);
	}
	payload_unref(&outcome);
	json_decref(json);
}

/* A head that is nearly sound, ballots, and something that is nearly a question. */
static struct poll *
nearly(const uint8_t *data, size_t len, uint8_t flags)
{
	struct {
		struct wire_poll poll;
		struct wire_ballot ballots[BALLOTS];
	} head = {.poll = {.rule = data[0] % WIRE_POLL_RULES, .flags = flags | data[1] % 8}};
	struct buf all = {0};
	struct poll *p;
	size_t formed_len;
	uint8_t *formed = fuzz_in_form(ask, data + 8, len - 8, &formed_len);
	struct fault fault;

	head.poll.ballots = (flags & WIRE_POLL_TIE) != 0 ? 1 : data[2] % (BALLOTS + 1);
	if (head.poll.rule == WIRE_POLL_SUPERMAJORITY) {
		head.poll.numerator = data[3];
		head.poll.denominator = data[4];
	}
	head.poll.quorum_numerator = data[5];
	head.poll.quorum_denominator = data[6];
	if ((flags & WIRE_POLL_TIE) != 0)
		head.poll = (struct wire_poll){.flags = flags, .ballots = 1};
	for (uint32_t i = 0; i < head.poll.ballots; i++)
		head.ballots[i] = (struct wire_ballot){i, data[7] % 4 == 0 ? data[i % len] : 1};
	buf_append(&all, &head, sizeof(head.poll) + head.poll.ballots * sizeof(head.ballots[0]));
	buf_append(&all, formed, formed_len);
	p = poll_read(all.data, all.len, &fault);
	if (p == NULL)
		fuzz_expect(fault.status < 0);
	buf_free(&all);
	free(formed);
	return p;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fault fault;
	struct poll *p = poll_read(data, len, &fault), *tie = NULL;

	poll_free(&p);
	if (len < 16)
		return 0;
	p = nearly(data, len, 0);
	tie = nearly(data, len, WIRE_POLL_TIE);
	if (p != NULL) {
		hold(p, data, len);
		tell(p, tie);
	}
	poll_free(&p);
	poll_free(&tie);
	return 0;
}
