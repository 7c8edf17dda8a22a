/*
 * What requests cost: the list `prices`.
 *
 * Looked through from its first entry to the first that fits, once for each request that is asked for; a host without the
 * list pays nothing for it.
 */

#include "policy/prices.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "policy/value.h"

#define UNSET (-1)

#define IN_PRICE(field) .at = offsetof(struct policy_price, field), .width = sizeof(((struct policy_price *)0)->field)

/* clang-format off */
const struct key policy_price_keys[] = {
	{"http",  KEY_PATTERNS, IN_PRICE(http),  1, 4095, NULL, true},
	{"money", KEY_MONEY,    IN_PRICE(money), 0, POLICY_PRICE_MAX, NULL, true},
	{0},
};
/* clang-format on */

struct policy_price *
price_add(struct policy *p)
{
	struct policy_price *price;

	p->prices = xrealloc(p->prices, (p->n_prices + 1) * sizeof *p->prices);
	price = &p->prices[p->n_prices++];
	*price = (struct policy_price){.money = UNSET};
	return price;
}

static bool
covers(const struct policy_price *price, const char *scheme, const char *host, unsigned port, const char *path)
{
	for (char **pattern = price->http; pattern != NULL && *pattern != NULL; pattern++) {
		if (policy_http(*pattern, scheme, host, port, path))
			return true;
	}
	return false;
}

int64_t
policy_price(const struct policy *p, const char *scheme, const char *host, unsigned port, const char *path)
{
	for (unsigned i = 0; i < p->n_prices; i++) {
		if (covers(&p->prices[i], scheme, host, port, path))
			return p->prices[i].money;
	}
	return 0;
}

static void
tell(const struct policy_price *price, unsigned nth, const char *what, const char *text, policy_found *each, void *arg)
{
	char key[64];

	snprintf(key, sizeof key, "prices[%u].%s", nth, what);
	each(&(struct policy_finding){.mistake = true, .at = price->at, .key = key, .text = text}, arg);
}

bool
prices_check(const struct policy *p, policy_found *each, void *arg)
{
	for (unsigned i = 0; i < p->n_prices; i++) {
		const struct policy_price *price = &p->prices[i];

		if (price->http == NULL || price->http[0] == NULL)
			tell(price, i, "http",
			    "the entry does not say of which requests; write http = [ \"https://api.example.org\" ]",
			    each, arg);
		else if (price->money == UNSET)
			tell(price, i, "money",
			    "the entry does not say what a request costs; write money = \"0.01\", or \"0\" for nothing",
			    each, arg);
		else
			continue;
		return false;
	}
	return true;
}

void
prices_write(const struct policy *p, json_t *to)
{
	_cleanup_(buf_free) struct buf text = {0};

	buf_appends(&text, "(");
	for (unsigned i = 0; i < p->n_prices; i++) {
		buf_appends(&text, i == 0 ? " { http = " : ", { http = ");
		value_write(key_find(policy_price_keys, "http"), &p->prices[i], &text);
		buf_appends(&text, "; money = \"");
		value_write(key_find(policy_price_keys, "money"), &p->prices[i], &text);
		buf_appends(&text, "\"; }");
	}
	buf_appends(&text, " )");
	json_object_set_new(to, "prices", json_string(buf_text(&text))); /* not there when it is not UTF-8 */
}

void
prices_free(struct policy *p)
{
	for (unsigned i = 0; i < p->n_prices; i++) {
		value_clear(policy_price_keys, &p->prices[i]);
		free(p->prices[i].at);
	}
	free(p->prices);
}
