/* The rows of this room in the apply table. */

#include "dispatch/apply.h"

#include "base/json.h"

int
apply_run_of(const struct record *r, struct ulid *ret, struct fault *fault)
{
	const struct record_field *body = record_find(r, TAG_BODY);
	_cleanup_(json_p) json_t *said = body == NULL ? NULL : json_read(body->data, body->len, "a record", NULL);
	const char *id = json_string_value(json_object_get(said, "run"));

	if (id == NULL || !ulid_parse(id, ret))
		return fault_set(fault, HOSPES_EDAMAGED, "the record is about a run, and names none");
	return 0;
}

const struct store_apply dispatch_apply[] = {
    {RECORD_ALERT, NULL, alert_apply},
    {RECORD_ALERT, NULL, quality_apply_alert},
    {RECORD_COMMAND, ALERT_SENT, alert_apply_sent},
    {RECORD_SCORE, NULL, quality_apply},
    {0, NULL, NULL},
};
