/* Private to the room: an answer as it comes in, bounded, and the value that is made of it. */

#ifndef TOOL_ANSWER_H
#define TOOL_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/buf.h"

#define ANSWER_HEAD_MAX  (64 * KIB) /* bytes of all headers, those of 1xx answers included */
#define ANSWER_LINES_MAX 500

struct answer {
	size_t max_bytes; /* of the body, as it is after decoding */
	struct buf body;
	json_t *headers; /* {"content-type": "..."}; of the last head, not of 1xx ones and trailers */
	char *location;  /* the first */
	size_t head_bytes, head_lines;
	bool interim;                /* the head at hand is of a 1xx answer */
	bool head_over;              /* the head of the final answer is complete */
	bool head_large, body_large; /* why it was stopped */
};

void answer_begin(struct answer *a, size_t max_bytes);
void answer_clear(struct answer *a);

/* One line of a head, as curl hands it out; false: too much, stop. */
bool answer_head(struct answer *a, const char *line, size_t len);

/* A piece of the body; false: too much, stop. */
bool answer_body(struct answer *a, const void *data, size_t len);

/* {"status", "url", "headers", "body" | "base64"}. */
struct payload *answer_payload(struct answer *a, long status, const char *url);

#endif
