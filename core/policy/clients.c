/*
 * Clients: what each may spend, by name, and what all others may.
 *
 * The list is short and looked through when a client is seen for the first time or a run starts, never for a call.
 */

#include "policy/clients.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/money.h"
#include "base/util.h"
#include "policy/value.h"

#define IN_CLIENT(field)                                                                                               \
	.at = offsetof(struct policy_client, field), .width = sizeof(((struct policy_client *)0)->field)

/* clang-format off */
const struct key policy_client_keys[] = {
	{"client",    KEY_TEXT,  IN_CLIENT(client),    1, 64, NULL, true},
	{"calls",     KEY_COUNT, IN_CLIENT(calls),     0, 1000000000, "0", true},
	{"money",     KEY_MONEY, IN_CLIENT(money),     0, MONEY_MAX, "0", true},
	{"day_calls", KEY_COUNT, IN_CLIENT(day_calls), 0, POLICY_DAY_CALLS_MAX, "0", true},
	{"day_money", KEY_MONEY, IN_CLIENT(day_money), 0, MONEY_MAX, "0", true},
	{"day_cpu",   KEY_TIME,  IN_CLIENT(day_cpu_ns), 0, 366 * 24 * 3600 * NS_PER_S, "0", true},
	{0},
};
/* clang-format on */

struct policy_client *
client_add(struct policy *p)
{
	struct policy_client *c;

	p->clients = xrealloc(p->clients, (p->n_clients + 1) * sizeof *p->clients);
	c = &p->clients[p->n_clients++];
	*c = (struct policy_client){0};
	value_preset(policy_client_keys, c);
	return c;
}

static const struct policy_client *
find(const struct policy *p, const char *name, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p->clients[i].client != NULL && strcmp(p->clients[i].client, name) == 0)
			return &p->clients[i];
	}
	return NULL;
}

const struct policy_client *
policy_client(const struct policy *p, const char *name)
{
	static const struct policy_client nothing;
	const struct policy_client *c = find(p, name, p->n_clients);

	if (c == NULL)
		c = find(p, "*", p->n_clients);
	return c != NULL ? c : &nothing;
}

static void
tell(const struct policy_client *c, size_t nth, const char *text, policy_found *each, void *arg)
{
	char key[64];

	snprintf(key, sizeof key, "clients[%zu].client", nth);
	each(&(struct policy_finding){.mistake = true, .at = c->at, .key = key, .text = text}, arg);
}

bool
clients_check(const struct policy *p, policy_found *each, void *arg)
{
	for (size_t i = 0; i < p->n_clients; i++) {
		const struct policy_client *c = &p->clients[i];

		if (c->client == NULL)
			tell(c, i,
			    "the entry does not say whom it is about; write client = \"uid:1000\", or \"*\" for all "
			    "others",
			    each, arg);
		else if (find(p, c->client, i) != NULL)
			tell(c, i, "there is an entry of this client before; put all of it into one", each, arg);
		else
			continue;
		return false;
	}
	return true;
}

void
clients_write(const struct policy *p, json_t *to)
{
	_cleanup_(buf_free) struct buf text = {0};

	buf_appends(&text, "(");
	for (size_t i = 0; i < p->n_clients; i++) {
		buf_appends(&text, i == 0 ? " {" : ", {");
		for (const struct key *k = policy_client_keys; k->path != NULL; k++) {
			bool is_text = k->type == KEY_TEXT || k->type == KEY_MONEY || k->type == KEY_TIME;

			buf_printf(&text, " %s = %s", k->path, is_text ? "\"" : "");
			value_write(k, &p->clients[i], &text);
			buf_appends(&text, is_text ? "\";" : ";");
		}
		buf_appends(&text, " }");
	}
	buf_appends(&text, " )");
	json_object_set_new(to, "clients", json_string(buf_text(&text))); /* not there when it is not UTF-8 */
}

void
clients_free(struct policy *p)
{
	for (size_t i = 0; i < p->n_clients; i++) {
		value_clear(policy_client_keys, &p->clients[i]);
		free(p->clients[i].at);
	}
	free(p->clients);
}
