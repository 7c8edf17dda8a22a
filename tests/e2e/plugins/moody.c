/*
 * moody: asks for another number of bytes in each life of its cell, past the cell's defences: it looks at where its stack lies.
 * Sleeps `ms` afterwards.
 */

#include <stdint.h>
#include <stdio.h>

#include <hospes.h>

static int
moody(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx);
	char where[64];
	hospes_value *value = NULL;
	int rc;

	(void)snprintf(where, sizeof(where), "key-%p", (void *)&rc);
	rc = hospes_recall(ctx, NULL, where, &value, NULL);
	if (rc != 0 && rc != HOSPES_ENOENT)
		return rc;
	rc = hospes_sleep(ctx, hospes_int(input, "ms") * 1000000);
	return rc != 0 ? rc : hospes_reply(ctx, json_object());
}

HOSPES_AGENT("moody", "1.0.0", "Asks for something else each time", moody)
