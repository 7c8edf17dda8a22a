/*
 * For unit tests: a plugin's handler run in a child by libhospes itself, with the test as its host.
 *
 * There is no sandbox and nothing is journaled: what is tested is what the plugin asks for and what it makes of the
 * answers.  Ops are answered by a function of the test's; of several that are waited for, the last one is told first.
 */

#ifndef UNIT_GUEST_H
#define UNIT_GUEST_H

#include <jansson.h>

#include "wire.h"

/* What an op comes to: 0 and a value (taken over), or a status and a sentence. */
struct guest_answer {
	int status;
	json_t *value;
	const char *message;
	double confidence;
};

struct guest {
	/* given */
	const char *file;
	const char *input;  /* JSON */
	const char *config; /* JSON, NULL: {} */
	void (*answer)(const struct wire_op *op, const char *target, const json_t *input, struct guest_answer *ret);

	/* found */
	int status;
	json_t *reply;      /* NULL on failure */
	char message[1024]; /* "" on success */
	double confidence;
	json_t *partial;    /* NULL: none */
	unsigned progress;  /* how often it told some */
	size_t waited_most; /* ops that it waited for at once, where there were several */
};

void guest_run(struct guest *g);
void guest_clear(struct guest *g);

#endif
