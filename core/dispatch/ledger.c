/* The ledger is told what was spent.  See ledger.h. */

#include "dispatch/ledger.h"

#include <string.h>

#include "base/json.h"

#define SAVE_S 1

/* ---- Bodies ------------------------------------------------------------------------------------------------------ */

json_t *
ledger_body(int64_t day)
{
	return json_pack("{s:I, s:{}, s:{}}", "day", (json_int_t)day, "clients", "agents");
}

void
ledger_add(json_t *body, const char *of, const char *name, const int64_t n[QUANTITIES])
{
	json_t *in = of == NULL ? body : json_object_get(body, of);
	const char *key = of == NULL ? "host" : name;
	json_t *had = json_object_get(in, key), *sums = json_array();

	for (size_t q = 0; q < QUANTITIES; q++)
		json_array_append_new(sums, json_integer(json_integer_value(json_array_get(had, q)) + n[q]));
	json_object_set_new(in, key, sums); /* not there when it is not UTF-8 */
}

void
ledger_tell(struct dispatch *d, const json_t *body)
{
	_cleanup_(free_p) char *text = json_text(body);
	struct record r;

	record_init(&r, RECORD_COMMAND);
	record_add_text(&r, TAG_COMMAND, LEDGER_COMMAND);
	record_add_text(&r, TAG_ACTOR, "host");
	record_add_text(&r, TAG_BODY, text);
	store_append(d->store, &r);
}

/* ---- Saving ------------------------------------------------------------------------------------------------------ */

static void
save_one(const struct accounts *accounts, struct day_account *a, json_t *body)
{
	int64_t more[QUANTITIES];

	for (enum quantity q = 0; q < QUANTITIES; q++)
		more[q] = a->account.spent[q] - a->saved[q];
	memcpy(a->saved, a->account.spent, sizeof(a->saved));
	a->unsaved = false;
	ledger_add(body,
	    a == &accounts->host                     ? NULL
	    : strcmp(a->account.what, "client") == 0 ? "clients"
						     : "agents",
	    a->name, more);
}

void
ledger_save(struct dispatch *d)
{
	struct accounts *accounts = &d->accounts;
	_cleanup_(json_p) json_t *body = NULL;
	struct day_account *a;

	if (STAILQ_EMPTY(&accounts->unsaved))
		return;
	body = ledger_body(accounts->day);
	while ((a = STAILQ_FIRST(&accounts->unsaved)) != NULL) {
		STAILQ_REMOVE_HEAD(&accounts->unsaved, next);
		save_one(accounts, a, body);
	}
	if (d->store != NULL) /* a room alone, in a test, has none */
		ledger_tell(d, body);
}

/* arg: struct dispatch. */
static void
on_save(evutil_socket_t fd, short what, void *arg)
{
	struct dispatch *d = arg;

	(void)fd, (void)what;
	d->accounts.save_is_set = false;
	ledger_save(d);
}

void
ledger_later(struct dispatch *d)
{
	struct timeval soon = {.tv_sec = SAVE_S};

	if (d->accounts.save == NULL)
		d->accounts.save = evtimer_new(d->loop, on_save, d);
	if (!d->accounts.save_is_set) {
		d->accounts.save_is_set = true;
		evtimer_add(d->accounts.save, &soon);
	}
}
