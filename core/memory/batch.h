/* The form in which documents come in: a line of JSON, then as many bytes of text as it says.  Foreign bytes. */

#ifndef MEMORY_BATCH_H
#define MEMORY_BATCH_H

#include <event2/buffer.h>
#include <jansson.h>

#include "base/fault.h"

#define BATCH_LINE_MAX      8192  /* bytes of a document's line */
#define BATCH_DOCUMENTS_MAX 16384 /* one command names them all */

struct batch_document {
	char *name, *media; /* media may be NULL */
	size_t bytes;
};

/* Takes the next document's line off `body`; what is left begins with its `bytes` of text, which are there.  `at` is the
 * place in the batch, for the fault; it moves on.  Faults: bad_input, too_large. */
int batch_next(
    struct evbuffer *body, uint64_t *at, size_t document_max, struct batch_document *ret, struct fault *fault);
void batch_document_free(struct batch_document *d);

/* Whether the text may be a document's: UTF-8 without a zero byte. */
int batch_text(const struct batch_document *d, uint64_t at, const void *text, size_t len, struct fault *fault);

#endif
