/* What a run was and how it ended, from its records. */

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "run/state.h"

/* The bytes of the output that a record names, its own or those of earlier ones. */
static json_t *
output_of(const struct record_list *list, const struct record *r)
{
	_cleanup_(carried_free) struct carried carried = {0};
	struct payload *output = NULL;
	json_t *json;

	for (const struct record *at = list->records; at <= r; at++) {
		payload_unref(&output);
		output = carried_read(&carried, at, TAG_OUTPUT, NULL);
	}
	if (output == NULL)
		return json_null();
	json = json_read(output->data, output->len, "result", NULL);
	if (json == NULL)
		json = json_stringn((const char *)output->data, output->len);
	payload_unref(&output);
	return json;
}

/* A run that ended as not grounded did so for the reply that was refused last. */
static void
add_findings(json_t *error, const struct record_list *list)
{
	for (size_t i = list->n; i-- > 0;) {
		const struct record *r = &list->records[i];

		if (r->head.kind == RECORD_REFUSAL && record_find(r, TAG_BODY) != NULL) {
			tree_set_findings(error, r);
			return;
		}
	}
}

static void
summary_end(json_t *json, const struct record_list *list, const struct record *r, int64_t started)
{
	const struct record_field *partial = record_find(r, TAG_PARTIAL);
	_cleanup_(free_p) char *message = record_text(r, TAG_MESSAGE);
	char ended[CLOCK_TEXT];

	clock_format(r->head.real_ns, ended);
	json_object_set_new(json, "state", json_string("ended"));
	json_object_set_new(json, "ended", json_string(ended));
	json_object_set_new(json, "status",
	    json_string(r->head.status == 0 && partial != NULL ? "partial" : status_name(r->head.status)));
	json_object_set_new(json, "calls", json_integer(record_int(r, TAG_NUMBER)));
	for (size_t i = 0; i < RUN_COSTS; i++)
		if (record_int(r, run_costs[i].tag) > 0)
			json_object_set_new(json, run_costs[i].name, json_integer(record_int(r, run_costs[i].tag)));
	json_object_set_new(json, "duration_ms", json_real((double)(r->head.real_ns - started) / NS_PER_MS));
	if (partial != NULL)
		json_object_set_new(json, "partial", json_read(partial->data, partial->len, "partial", NULL));
	if (r->head.status != 0) {
		json_object_set_new(json, "error",
		    json_pack("{s:s s:s s:s}", "code", status_name(r->head.status), "message",
			message == NULL ? "" : message, "hint", status_hint(r->head.status)));
		if (r->head.status == HOSPES_EGROUND)
			add_findings(json_object_get(json, "error"), list);
		return;
	}
	json_object_set_new(json, "confidence", json_real(record_real(r, TAG_CONFIDENCE)));
	json_object_set_new(json, "result", output_of(list, r));
}

json_t *
summary_of(const struct record_list *list)
{
	const struct record *first = &list->records[0];
	const struct record_field *sources = record_find(first, TAG_SOURCES);
	char id_text[ULID_TEXT], started[CLOCK_TEXT];
	struct ulid id;
	json_t *json;

	memcpy(id.bytes, first->head.run, sizeof(id.bytes));
	ulid_format(&id, id_text);
	clock_format(first->head.real_ns, started);
	json = json_pack("{s:s s:s s:s s:s}", "id", id_text, "state", "open", "status", "open", "started", started);
	tree_set_text(json, "plugin", first, TAG_TARGET);
	tree_set_text(json, "client", first, TAG_CLIENT);
	if (sources != NULL)
		json_object_set_new(json, "sources", json_read(sources->data, sources->len, "sources", NULL));
	for (size_t i = 0; i < list->n; i++) {
		if (list->records[i].head.kind == RECORD_RUN_END)
			summary_end(json, list, &list->records[i], first->head.real_ns);
	}
	return json;
}
