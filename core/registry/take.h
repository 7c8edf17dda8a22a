/* A file on its way in, between queue.c and take.c.  Private to them. */

#ifndef REGISTRY_TAKE_H
#define REGISTRY_TAKE_H

#include <sodium.h>

#include "registry/state.h"

struct take {
	struct registry *registry;
	TAILQ_ENTRY(take) queued;
	const struct folder *folder; /* NULL: installed through the API */
	char *name;                  /* of the file */
	char *shown;                 /* its path, for messages and `seen` */
	bool first_look, created;

	char *actor;
	registry_installed *done;
	void *done_arg;

	int fd; /* of the file */
	int copy_fd;
	struct stat before;
	size_t copied;
	crypto_hash_sha256_state hash;
	uint8_t object[32];
	char hex[OBJECT_HEX];
	struct version *version; /* ours until it is staged, then the registry's */
	bool trying;
};

/* Opens it and begins to copy, or ends it: then it is no longer the registry's current one. */
void take_begin(struct take *t);

/* The next slice of the copy; after the last one, what comes next. */
void take_go_on(struct take *t);
void take_free(struct take *t);

#endif
