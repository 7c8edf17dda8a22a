/* What the files of sources.h share. */

#ifndef CLI_SOURCE_SET_H
#define CLI_SOURCE_SET_H

#include <pthread.h>
#include <stdbool.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/map.h"
#include "cli/sources.h"

#define SOURCE_TOLD   20 /* lines about files that were left out */
#define SOURCE_DIGEST (2 * crypto_hash_sha256_BYTES + 1)

enum source_state {
	SOURCE_FOUND, /* not read yet */
	SOURCE_DOCUMENT,
	SOURCE_TWIN, /* the text of one before it in the order */
	SOURCE_SKIPPED,
};

struct source_file {
	char *path;         /* to open it with */
	char *name;         /* of the document */
	const char *source; /* the path given under which it was found; borrowed, while it is walked */
	uint64_t size;      /* as it lies on the disk */
	uint64_t bytes;     /* of the text */
	const char *media;  /* static */
	uint8_t digest[crypto_hash_sha256_BYTES];
	char hex[SOURCE_DIGEST]; /* the same; the key in `by_digest` */
	enum source_state state;
	bool wanted; /* the space does not have it: read again and sent */
};

struct source_set {
	struct source_file *files; /* in the order of names */
	size_t n, cap;
	struct map by_digest; /* documents */
	size_t documents, sent, skipped;
	uint64_t bytes, size;
	size_t to_tell; /* of which the first are kept */
	char *told[SOURCE_TOLD];
	char digest[SOURCE_DIGEST];
};

/* ---- sources_walk.c ---- */

/* Fills in the files, SOURCE_FOUND, sorted by name. */
int source_walk(struct source_set *s, const char *const *paths, size_t n, struct fault *fault);

/* A line for source_set_tell; and one about a file that is left out. */
void source_tell(struct source_set *s, const char *what, const char *path, const char *why);
void source_skip(struct source_set *s, const char *path, const char *why);

/* ---- sources_send.c ---- */

/* What is sent in one request: documents in the form of memory_load. */
struct source_batch {
	struct buf bytes;
	struct source_part {
		struct source_file *file;
		size_t from, to; /* in `bytes` */
		char *refused;   /* why the host does not take this one; NULL: it does */
	} * parts;
	size_t n, cap;
};

#define SOURCE_BATCH           (4 * MIB)
#define SOURCE_BATCH_DOCUMENTS 4096 /* the host takes 16,384 in one batch */

struct source_sender {
	struct client *client;
	const char *space;
	bool ask_missing; /* before each batch */
};

bool source_batch_full(const struct source_batch *b, size_t more); /* should it go before `more` bytes are added? */
void source_batch_add(struct source_batch *b, struct source_file *file, const struct buf *text);
void source_batch_free(struct source_batch *b); /* also for _cleanup_ */

/* *sent grows by the documents that were new.  One that is larger than the host's limit is marked as refused, and the others
 * go without it.  [any thread] */
int source_batch_send(struct source_batch *b, const struct source_sender *to, size_t *sent, struct fault *fault);

/* Marks the documents that the space does not have as wanted. */
int source_ask_missing(struct source_set *s, const struct source_sender *to, struct fault *fault);

#endif
