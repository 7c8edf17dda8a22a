/* Commands of memory: composed on the loop, applied in the store's thread. */

#ifndef MEMORY_COMMAND_H
#define MEMORY_COMMAND_H

#include <jansson.h>

#include "base/buf.h"
#include "memory/spaces.h"

/* How the value follows the other members of a put. */
#define VALUE_MEMBER ",\"value\":"

enum command_kind { COMMAND_PUT, COMMAND_FORGET, COMMAND_FORGET_DOCUMENT, COMMAND_DOCUMENTS, COMMAND_DROP };

struct memory_command {
	enum command_kind kind;
	char *client, *space;
	char *key;              /* PUT, FORGET */
	uint8_t digest[DIGEST]; /* FORGET_DOCUMENT */
	struct record record;   /* borrows from here */
	struct buf body;
	size_t value, value_len; /* PUT: where the JSON text stands in `body` */
};

/* `documents`: an array of {"document", "digest", "bytes", "media"?}; borrowed. */
struct memory_command *command_documents(const struct memory_space *space, const json_t *documents);

int command_put(const struct memory_space *space, const char *key, const void *json, size_t len, size_t max,
    uint64_t version, struct memory_command **ret, struct fault *fault);

int command_check_space(const struct memory_space *space, struct fault *fault);
void command_free(struct memory_command **c);

#endif
