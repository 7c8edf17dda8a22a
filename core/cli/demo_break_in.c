/* Scene: an agent opens /etc/passwd and a socket, past the C library.  Layer and system call are named. */

#include "config.h"

#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/demo.h"

#define REFUSED "refused by "

/* Plays one call; adds to the verdict what was refused.  *ret: how many lines say so. */
static int
try_door(struct demo *d, const char *who, json_t *input, struct buf *verdict, size_t *ret, struct fault *fault)
{
	_cleanup_(json_p) json_t *run = NULL, *records = NULL;
	const json_t *record;
	size_t i;
	int rc = demo_run(d, who, input, NULL, NULL, NULL, &run, fault);

	if (rc == 0)
		rc = demo_journal(d, run, &records, fault);
	if (rc != 0)
		return rc;
	json_array_foreach(records, i, record)
	{
		const char *line = cli_text(record, "message");

		if (strcmp(cli_text(record, "kind"), "log") != 0 || strncmp(line, REFUSED, strlen(REFUSED)) != 0)
			continue;
		buf_printf(verdict, "%s%.*s", verdict->len > 0 ? "; " : "", (int)strcspn(line, "("), line);
		while (verdict->len > 0 && verdict->data[verdict->len - 1] == ' ')
			verdict->len--;
		++*ret;
	}
	if (strcmp(cli_text(run, "status"), "poison") == 0) {
		buf_printf(
		    verdict, "%s%s", verdict->len > 0 ? "; " : "", cli_text(json_object_get(run, "error"), "message"));
		++*ret;
	}
	return 0;
}

int
demo_break_in(struct demo *d, struct buf *verdict, struct fault *fault)
{
	static const char *const plugins[] = {"demo-burglar", NULL};
	static const char *const doors[] = {"open", "socket"};
	size_t refused = 0;
	int rc = demo_start(d, d->so != NULL ? NULL : plugins, "", fault);

	if (rc == 0 && d->so != NULL) {
		rc = try_door(d, d->name, json_incref(d->input), verdict, &refused, fault);
		if (rc == 0 && refused == 0)
			buf_printf(verdict, "%s tried nothing that a cell has not", d->name);
		return rc;
	}
	if (rc == 0)
		demo_say(d, "demo-burglar opens /etc/passwd, then a socket, by system calls of its own");
	for (size_t i = 0; i < ARRAY_LEN(doors) && rc == 0; i++)
		rc = try_door(d, "demo-burglar", json_pack("{s:s}", "try", doors[i]), verdict, &refused, fault);
	if (rc != 0)
		return rc;
	if (refused != ARRAY_LEN(doors)) {
		buf_printf(
		    verdict, "%sonly %zu of %zu were refused", verdict->len > 0 ? "; " : "", refused, ARRAY_LEN(doors));
		return HOSPES_EFAILED;
	}
	return 0;
}
