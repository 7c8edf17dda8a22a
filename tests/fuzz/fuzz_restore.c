/*
 * A run built again from records that no host would have written: it goes on, or ends with a sentence, and nothing of it is
 * left behind; no calls, and nothing taken of an account.
 *
 * The records are those of a real run, played once.  The input is a list of changes to them: left out, doubled, in another
 * place, of another kind, with other numbers, with other bytes in a field.  Where the numbers of the records are what is
 * wrong that is seen at once, so they are mostly put right afterwards.
 */

#include "../unit/dispatch_world.h"
#include "base/log.h"
#include "policy/fallbacks.h"
#include "fuzz.h"

#include <sodium.h>

#define RECORDS_MAX 160u
#define ROOM        (64u * 1024)

static void *played[RECORDS_MAX];
static unsigned n_played;

/* ---- The run ----------------------------------------------------------------------------------------------------- */

static void
asks(struct call *call, uint16_t kind, const char *target, const void *input, size_t len, int64_t share, uint8_t effect)
{
	_cleanup_(payload_unref) struct payload *p = payload_new(input, len);
	struct wire_op op = {.kind = kind, .share_calls = share, .share_micros = share > 0 ? 100 * share : 0, .effect = effect};

	w.events.op(call, call->reissued++, &op, target, NULL, NULL, p, w.events.arg);
	if (w.memory.done != NULL)
		memory_answers("{\"version\":2}", NULL);
}

static void
says(struct call *call, const char *text)
{
	_cleanup_(payload_unref) struct payload *p = payload_text(text);

	w.events.part(call, p, w.events.arg);
}

/* Who calls `of` goes on with an agent, then with an answer. */
static void
stands_in(const char *of, const char *agent)
{
	struct policy_fallback *f = fallback_add(w.policy);

	f->of = xstrdup(of);
	fallback_add_to(f)->agent = xstrdup(agent);
	fallback_add_to(f)->answer = xstrdup("{\"a fixed answer that is longer than a hash is\":1}");
}

static void
people(void)
{
	stands_in("nobody", "no-one");
	stands_in("d", "c");
	fallbacks_compile(w.policy);
	version_add("d", "1.0.0");
	version_add("a", "1.0.0");
	version_add("b", "1.0.0")->price_micros = 7;
	version_add("c", "1.0.0");
}

/* Some of it has ended, some is under way. */
static void
play(void)
{
	static const char question[] = "{\"a question that is longer than a hash is\":1}";
	static const char voters[] = "{\"question\":\"?\",\"options\":[\"yes\",\"no\"]}";
	/* A majority of all, of ops 9 and 10. */
	static const char poll[] = "\0\1\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				   "\x09\0\0\0\1\0\0\0\x0a\0\0\0\1\0\0\0{\"question\":\"?\",\"options\":[\"yes\",\"no\"]}";
	/* Of op 10: one half, and why. */
	static const char score[] = "\x0a\0\0\0\0\0\0\0\0\0\xe0\x3fhalf of it";
	static const char review[] = "{\"question\":\"?\",\"choices\":[\"x\",\"y\"],\"default\":\"x\",\"timeout_ms\":86400000}";
	static const int64_t hour = 3600 * NS_PER_S;
	struct call *a, *b, *c, *d;
	struct record r;

	record_init(&r, RECORD_RUN_START);
	record_add_text(&r, TAG_TARGET, "a");
	record_add_text(&r, TAG_CLIENT, "uid:1");
	carried_add(&w.run->carried, &r, TAG_INPUT, w.run->root.input);
	dispatch_record(w.d, w.run, &r);
	a = start();
	asks(a, WIRE_OP_RANDOM, "", "\x08\0\0\0", 4, 0, 0);
	asks(a, WIRE_OP_RECALL, "/k", "{}", 2, 0, 0);
	asks(a, WIRE_OP_REMEMBER, "/k", "{\"value\":1}", 11, 0, 0);
	asks(a, WIRE_OP_CALL, "b", question, sizeof(question) - 1, 5, 0);
	b = newest();
	says(b, "{\"a part that is longer than a hash is, and so is a payload\":1}");
	asks(b, WIRE_OP_NOW, "", "", 0, 0, 0);
	asks(b, WIRE_OP_SLEEP, "", &hour, sizeof(hour), 0, 0);
	asks(a, WIRE_OP_CALL, "c", question, sizeof(question) - 1, 0, 0);
	c = newest();
	asks(c, WIRE_OP_CALL, "b", question, sizeof(question) - 1, 0, 0);
	w.events.cpu(newest(), 12345, w.events.arg);
	reply(newest(), 0, "{\"b has an answer that is longer than a hash is\":1}");
	says(a, "{\"a part of the root's\":1}");
	asks(a, WIRE_OP_FIRST, "", "\x03\0\0\0\x04\0\0\0", 8, 0, 0);
	asks(a, WIRE_OP_PART, "", "\x03\0\0\0\0\0\0\0", 8, 0, 0);
	asks(a, WIRE_OP_HTTP, "http://example.org/", "{}", 2, 0, WIRE_EFFECT_ONCE);
	asks(a, WIRE_OP_CALL, "nobody", "{}", 2, 0, 0);
	asks(a, WIRE_OP_CALL, "b", voters, sizeof(voters) - 1, 0, 0);
	asks(a, WIRE_OP_CALL, "c", voters, sizeof(voters) - 1, 0, 0);
	reply(newest(), 0, "{\"choice\":\"yes\"}");
	asks(a, WIRE_OP_POLL, "", poll, sizeof(poll) - 1, 0, 0);
	asks(a, WIRE_OP_SCORE, "", score, sizeof(score) - 1, 0, 0);
	asks(a, WIRE_OP_REVIEW, "", review, sizeof(review) - 1, 0, 0);
	asks(c, WIRE_OP_FORGET, "/k", "{}", 2, 0, 0);
	reply(c, HOSPES_EINPUT, "c has failed");
	asks(a, WIRE_OP_CALL, "c", question, sizeof(question) - 1, 3, 0);
	asks(a, WIRE_OP_CALL, "d", question, sizeof(question) - 1, 4, 0);
	d = newest();
	asks(d, WIRE_OP_CALL, "b", question, sizeof(question) - 1, 0, 0);
	reply(d, HOSPES_EPOISON, "d has ended two cells"); /* b is told to stop, c is called */
	asks(newest(), WIRE_OP_NOW, "", "", 0, 0, 0);
}

static void
end_calls(void)
{
	dispatch_cancel(w.d, &w.run->root, HOSPES_ECANCELLED, "the input is over");
	for (uint64_t i = w.calls.next_handle; i-- > 1;) {
		struct call *call = call_by_handle(&w.calls, i);

		if (call != NULL && call->state != CALL_DONE)
			reply(call, HOSPES_ECANCELLED, "over");
	}
	fuzz_expect(w.run->root.state == OP_DONE);
	fuzz_expect(w.calls.count == 0);
	fuzz_expect(w.run->account.reserved[QUANTITY_CALLS] == 0);
	fuzz_expect(dispatch_host_account(w.d)->reserved[QUANTITY_CALLS] == 0);
	fuzz_expect(w.run->account.reserved[QUANTITY_MONEY] == 0);
	fuzz_expect(dispatch_host_account(w.d)->reserved[QUANTITY_MONEY] == 0);
	fuzz_expect(w.run->memory_ops == 0);
	w.ended = true;
}

static void
play_once(void)
{
	if (sodium_init() < 0)
		abort();
	setup(NULL);
	people();
	play();
	n_played = w.n_records;
	fuzz_expect(n_played > 20 && n_played < RECORDS_MAX / 4);
	memcpy(played, w.records, n_played * sizeof(*played));
	w.n_records = 0;
	end_calls();
	teardown(NULL);
}

/* ---- What becomes of its records ------------------------------------------------------------------------------------ */

struct list {
	struct record r[RECORDS_MAX];
	unsigned n;
	bool seq_kept;
	uint8_t room[ROOM]; /* for fields of their own */
	size_t used;
};

static uint8_t *
room_for(struct list *l, size_t len)
{
	uint8_t *at = l->room + l->used;

	if (len > ROOM - l->used)
		return NULL;
	l->used += len;
	return at;
}

static void
put_in(struct list *l, unsigned at, struct record r)
{
	if (l->n == RECORDS_MAX)
		return;
	memmove(&l->r[at + 1], &l->r[at], (l->n - at) * sizeof(*l->r));
	l->r[at] = r;
	l->n++;
}

static void
take_out(struct list *l, unsigned at)
{
	l->n--;
	memmove(&l->r[at], &l->r[at + 1], (l->n - at) * sizeof(*l->r));
}

static void
change_number(struct record *r, uint8_t which, const void *bytes, size_t len)
{
	size_t at = which % 2 == 0 ? offsetof(struct record_head, seq) : offsetof(struct record_head, lsn);
	size_t most = sizeof(struct record_head) - at - sizeof(r->head.fields);

	if (len > 0)
		memcpy((uint8_t *)&r->head + at, bytes, len < most ? len : most);
}

static void
change_field(struct list *l, struct record *r, uint8_t which, const void *bytes, size_t len)
{
	struct record_field *f;
	uint8_t *copy;

	if (r->head.fields == 0)
		return;
	f = &r->field[which % r->head.fields];
	if ((which & 0x80) == 0) { /* other bytes, as long as they were before */
		size_t old = f->len;

		copy = room_for(l, old);
		if (copy == NULL || len == 0)
			return;
		memcpy(copy, f->data, old);
		memcpy(copy, bytes, len < old ? len : old);
		f->data = copy;
		return;
	}
	copy = room_for(l, len);
	if (copy == NULL)
		return;
	if (len > 0)
		memcpy(copy, bytes, len);
	f->data = copy;
	f->len = (uint32_t)len;
}

static void
change_tag(struct record *r, uint8_t which, uint8_t tag)
{
	struct record_field *f;

	if (r->head.fields == 0)
		return;
	f = &r->field[which % r->head.fields];
	if (tag != 0)
		f->tag = tag;
	else
		*f = r->field[--r->head.fields];
}

static void
add_field(struct list *l, struct record *r, uint8_t tag, const void *bytes, size_t len)
{
	uint8_t *copy = room_for(l, len);

	if (r->head.fields == RECORD_FIELDS_MAX || copy == NULL)
		return;
	if (len > 0)
		memcpy(copy, bytes, len);
	r->field[r->head.fields++] = (struct record_field){.tag = tag, .len = (uint32_t)len, .data = copy};
}

static void
change(struct list *l, struct cursor *in)
{
	uint8_t what = 0, which = 0, arg = 0, len = 0;
	const void *bytes;
	struct record *r;

	if (!cursor_get(in, &what, 1) || !cursor_get(in, &which, 1) || !cursor_get(in, &arg, 1) || l->n == 0)
		return;
	r = &l->r[which % l->n];
	if (what % 8 >= 5 && cursor_get(in, &len, 1))
		len = (uint8_t)(len % 48 < cursor_left(in) ? len % 48 : cursor_left(in));
	bytes = cursor_take(in, len);
	switch (what % 8) {
	case 0:
		take_out(l, which % l->n);
		break;
	case 1:
		put_in(l, arg % (l->n + 1), *r);
		break;
	case 2:
		if (arg == 0)
			l->n = which % l->n;
		else if (arg == 1)
			l->seq_kept = true;
		break;
	case 3:
		r->head.kind = arg;
		break;
	case 4:
		change_tag(r, arg & 0x0f, arg >> 4);
		break;
	case 5:
		change_number(r, arg, bytes, len);
		break;
	case 6:
		change_field(l, r, arg, bytes, len);
		break;
	default:
		add_field(l, r, arg, bytes, len);
		break;
	}
}

/* ---- Built again ------------------------------------------------------------------------------------------------- */

/* As the run room does. */
static void
build(const struct list *l)
{
	struct fault fault = {0};
	struct restore *restore;
	int rc = 0;

	payload_unref(&w.run->root.input);
	dispatch_restore_begin(w.d, w.run, &restore);
	for (unsigned i = 0; i < l->n && rc == 0; i++)
		rc = dispatch_restore_record(restore, &l->r[i], &fault);
	fuzz_expect(w.n_submitted == 0 && w.n_records == 0);
	if (rc == 0)
		rc = dispatch_restore_end(&restore, &fault);
	if (rc == 0)
		return;
	fuzz_expect(fault.status == rc && fault.text[0] != '\0');
	if (w.run->root.input == NULL)
		w.run->root.input = payload_text("null");
	dispatch_restore_fail(&restore, &fault);
	fuzz_expect(w.run->root.state == OP_DONE && w.run->root.status == rc);
}

/* What was under way is answered, and calls ask again for what they asked for. */
static void
goes_on(void)
{
	journal_done *awaited = w.awaited;

	w.awaited = NULL;
	if (awaited != NULL)
		awaited(w.awaited_arg);
	for (unsigned turn = 0; turn < 4; turn++) {
		for (uint64_t i = 1; i < w.calls.next_handle; i++) {
			struct call *call = call_by_handle(&w.calls, i);

			if (call != NULL && call->state == CALL_RUNNING)
				asks(call, turn == 0 ? WIRE_OP_RANDOM : WIRE_OP_NOW, "", "\x08\0\0\0", turn == 0 ? 4 : 0, 0, 0);
		}
		event_base_loop(w.loop, EVLOOP_NONBLOCK);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cursor in = cursor_of(data, len);
	static struct list l;

	if (n_played == 0)
		play_once();
	log_set_level(LOG_LEVEL_ERROR);
	l.n = n_played;
	l.used = 0;
	l.seq_kept = false;
	for (unsigned i = 0; i < l.n; i++)
		fuzz_expect(
		    record_decode(played[i], ((const struct record_head *)played[i])->length, &l.r[i], NULL) > 0);
	for (unsigned i = 0; i < 32 && cursor_left(&in) > 0; i++)
		change(&l, &in);
	for (unsigned i = 0; i < l.n && !l.seq_kept; i++) {
		l.r[i].head.seq = i;
		l.r[i].head.lsn = 100 * (i + 1);
	}
	if (l.n == 0)
		return 0;
	setup(NULL);
	people();
	build(&l);
	if (w.run->root.state != OP_DONE)
		goes_on();
	w.ended = false;
	end_calls();
	if (w.http.done != NULL)
		w.http.done = NULL;
	teardown(NULL);
	return 0;
}
