/* Reading the lists of the file, each of which is one of groups: handoffs, fallbacks, clients, prices, routing. */

#include "policy/reader.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "policy/clients.h"
#include "policy/fallbacks.h"
#include "policy/handoffs.h"
#include "policy/prices.h"
#include "policy/routing.h"
#include "policy/value.h"

/* { from = "..."; to = "..."; ... } in the list of handoffs. */
static int
read_handoff(const struct reader *r, const config_setting_t *s, unsigned nth)
{
	struct policy_handoff *handoff;
	char shown[PATH_TEXT];
	int rc = 0;

	snprintf(shown, sizeof shown, "handoffs[%u]", nth);
	if (!config_setting_is_group(s))
		return reader_bad_value(r, s, shown, "a group { from = \"...\"; to = \"...\"; checks = [ ... ]; }");
	handoff = handoff_add(r->policy);
	handoff->at = reader_place(r, s);
	for (int i = 0; rc == 0 && i < config_setting_length(s); i++) {
		const config_setting_t *value = config_setting_get_elem(s, (unsigned)i);
		const char *name = config_setting_name(value);
		const struct key *key = key_find(policy_handoff_keys, name);

		snprintf(shown, sizeof shown, "handoffs[%u].%s", nth, name);
		rc = reader_key(r, value, policy_handoff_keys, name, shown, handoff);
		if (key != NULL)
			handoff->set |= 1u << (key - policy_handoff_keys);
	}
	return rc;
}

int
read_handoffs(const struct reader *r, const config_setting_t *list)
{
	int rc = 0;

	if (!config_setting_is_list(list) || config_setting_length(list) > HANDOFFS_MAX)
		return reader_bad_value(
		    r, list, "handoffs", "a list of at most 1000 groups, ( { from = \"...\"; checks = [ ... ]; } )");
	for (int i = 0; rc == 0 && i < config_setting_length(list); i++)
		rc = read_handoff(r, config_setting_get_elem(list, (unsigned)i), (unsigned)i);
	return rc;
}

/* The members of `to`, in order. */
static int
read_stand_ins(const struct reader *r, const config_setting_t *list, const char *shown, struct policy_fallback *f)
{
	int rc = 0;

	if (!config_setting_is_list(list) || config_setting_length(list) > FALLBACK_TO_MAX)
		return reader_bad_value(
		    r, list, shown, "a list of at most 16 groups, ( { agent = \"other\"; }, { answer = \"null\"; } )");
	for (int i = 0; rc == 0 && i < config_setting_length(list); i++) {
		const config_setting_t *s = config_setting_get_elem(list, (unsigned)i);
		char key[PATH_TEXT + 64];

		snprintf(key, sizeof key, "%s[%d]", shown, i);
		if (!config_setting_is_group(s)) {
			rc = reader_bad_value(r, s, key,
			    "a group { agent = \"other\"; }, { answer = \"JSON\"; } or { human = \"QUESTION\"; }");
			continue;
		}
		fallback_add_to(f);
		for (int j = 0; rc == 0 && j < config_setting_length(s); j++) {
			const config_setting_t *value = config_setting_get_elem(s, (unsigned)j);
			const char *name = config_setting_name(value);

			snprintf(key, sizeof key, "%s[%d].%s", shown, i, name);
			rc = reader_key(r, value, policy_stand_in_keys, name, key, &f->to[f->n - 1]);
		}
	}
	return rc;
}

/* { of = "..."; on = [ ... ]; to = ( ... ); } in the list `fallbacks`. */
static int
read_fallback(const struct reader *r, const config_setting_t *s, unsigned nth)
{
	struct policy_fallback *f;
	char shown[PATH_TEXT];
	int rc = 0;

	snprintf(shown, sizeof shown, "fallbacks[%u]", nth);
	if (!config_setting_is_group(s))
		return reader_bad_value(r, s, shown, "a group { of = \"...\"; to = ( ... ); }");
	f = fallback_add(r->policy);
	f->at = reader_place(r, s);
	for (int i = 0; rc == 0 && i < config_setting_length(s); i++) {
		const config_setting_t *value = config_setting_get_elem(s, (unsigned)i);
		const char *name = config_setting_name(value);

		snprintf(shown, sizeof shown, "fallbacks[%u].%s", nth, name);
		rc = strcmp(name, "to") == 0 ? read_stand_ins(r, value, shown, f)
					     : reader_key(r, value, policy_fallback_keys, name, shown, f);
	}
	return rc;
}

int
read_fallbacks(const struct reader *r, const config_setting_t *list)
{
	int rc = 0;

	if (!config_setting_is_list(list) || config_setting_length(list) > FALLBACKS_MAX)
		return reader_bad_value(
		    r, list, "fallbacks", "a list of at most 1000 groups, ( { of = \"...\"; to = ( ... ); } )");
	for (int i = 0; rc == 0 && i < config_setting_length(list); i++)
		rc = read_fallback(r, config_setting_get_elem(list, (unsigned)i), (unsigned)i);
	return rc;
}

/* { client = "uid:1000"; day_calls = 100; } in the list of clients. */
static int
read_client(const struct reader *r, const config_setting_t *s, unsigned nth)
{
	struct policy_client *client;
	char shown[PATH_TEXT];
	int rc = 0;

	snprintf(shown, sizeof shown, "clients[%u]", nth);
	if (!config_setting_is_group(s))
		return reader_bad_value(r, s, shown, "a group { client = \"uid:1000\"; day_calls = 100; }");
	client = client_add(r->policy);
	client->at = reader_place(r, s);
	for (int i = 0; rc == 0 && i < config_setting_length(s); i++) {
		const config_setting_t *value = config_setting_get_elem(s, (unsigned)i);
		const char *name = config_setting_name(value);

		snprintf(shown, sizeof shown, "clients[%u].%s", nth, name);
		rc = reader_key(r, value, policy_client_keys, name, shown, client);
	}
	return rc;
}

int
read_clients(const struct reader *r, const config_setting_t *list)
{
	int rc = 0;

	if (!config_setting_is_list(list) || config_setting_length(list) > CLIENTS_MAX)
		return reader_bad_value(r, list, "clients",
		    "a list of at most 1000 groups, ( { client = \"uid:1000\"; day_calls = 100; } )");
	for (int i = 0; rc == 0 && i < config_setting_length(list); i++)
		rc = read_client(r, config_setting_get_elem(list, (unsigned)i), (unsigned)i);
	return rc;
}

/* { http = [ "..." ]; money = "0.01"; } in the list `prices`. */
static int
read_price(const struct reader *r, const config_setting_t *s, unsigned nth)
{
	struct policy_price *price;
	char shown[PATH_TEXT];
	int rc = 0;

	snprintf(shown, sizeof shown, "prices[%u]", nth);
	if (!config_setting_is_group(s))
		return reader_bad_value(r, s, shown, "a group { http = [ \"https://...\" ]; money = \"0.01\"; }");
	price = price_add(r->policy);
	price->at = reader_place(r, s);
	for (int i = 0; rc == 0 && i < config_setting_length(s); i++) {
		const config_setting_t *value = config_setting_get_elem(s, (unsigned)i);
		const char *name = config_setting_name(value);

		snprintf(shown, sizeof shown, "prices[%u].%s", nth, name);
		rc = reader_key(r, value, policy_price_keys, name, shown, price);
	}
	return rc;
}

int
read_prices(const struct reader *r, const config_setting_t *list)
{
	int rc = 0;

	if (!config_setting_is_list(list) || config_setting_length(list) > PRICES_MAX)
		return reader_bad_value(r, list, "prices",
		    "a list of at most 1000 groups, ( { http = [ \"https://...\" ]; money = \"0.01\"; } )");
	for (int i = 0; rc == 0 && i < config_setting_length(list); i++)
		rc = read_price(r, config_setting_get_elem(list, (unsigned)i), (unsigned)i);
	return rc;
}

/* { NAME = 3; ... } of an entry of `routing`. */
static int
read_weights(const struct reader *r, const config_setting_t *group, const char *shown, struct policy_route *route)
{
	int rc = 0;

	if (!config_setting_is_group(group) || config_setting_length(group) > POLICY_WEIGHTS_MAX)
		return reader_bad_value(r, group, shown, "a group of at most 64 weights, { NAME = 3; }");
	for (int i = 0; rc == 0 && i < config_setting_length(group); i++) {
		const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
		_cleanup_(free_p) char *key = xasprintf("%s.%s", shown, config_setting_name(s));
		int64_t weight = -1;

		if (config_setting_type(s) == CONFIG_TYPE_INT || config_setting_type(s) == CONFIG_TYPE_INT64)
			weight = config_setting_get_int64(s);
		if (!policy_is_plugin_name(config_setting_name(s)) || weight < 0 || weight > ROUTE_WEIGHT_MAX)
			rc =
			    reader_bad_value(r, s, key, "a whole number from 0 to 1000000, under the name of a plugin");
		else
			route_weigh(route, config_setting_name(s), (unsigned)weight);
	}
	return rc;
}

/* { capability = "..."; policy = "..."; weights: { ... }; } in the list `routing`. */
static int
read_route(const struct reader *r, const config_setting_t *s, unsigned nth)
{
	struct policy_route *route;
	char shown[PATH_TEXT];
	int rc = 0;

	snprintf(shown, sizeof shown, "routing[%u]", nth);
	if (!config_setting_is_group(s) || config_setting_get_member(s, "capability") == NULL)
		return reader_bad_value(r, s, shown, "a group { capability = \"...\"; policy = \"...\"; }");
	route = route_add(r->policy);
	route->at = reader_place(r, s);
	for (int i = 0; rc == 0 && i < config_setting_length(s); i++) {
		const config_setting_t *value = config_setting_get_elem(s, (unsigned)i);
		const char *name = config_setting_name(value);

		snprintf(shown, sizeof shown, "routing[%u].%s", nth, name);
		rc = strcmp(name, "weights") == 0 ? read_weights(r, value, shown, route)
						  : reader_key(r, value, policy_route_keys, name, shown, route);
	}
	return rc;
}

int
read_routes(const struct reader *r, const config_setting_t *list)
{
	int rc = 0;

	if (!config_setting_is_list(list) || config_setting_length(list) > ROUTES_MAX)
		return reader_bad_value(r, list, "routing",
		    "a list of at most 256 groups, ( { capability = \"...\"; policy = \"...\"; } )");
	for (int i = 0; rc == 0 && i < config_setting_length(list); i++)
		rc = read_route(r, config_setting_get_elem(list, (unsigned)i), (unsigned)i);
	return rc;
}
