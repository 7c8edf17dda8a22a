/* One file on its way into the registry.  Private to take.c, what is done with it, and queue.c, when. */

#ifndef REGISTRY_TAKE_H
#define REGISTRY_TAKE_H

#include <sodium.h>

#include "registry/state.h"

struct take {
	struct registry *registry;
	TAILQ_ENTRY(take) queued;    /* in waiting, trying or held; the current one is in none */
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

	char *claimed_name, *claimed_version; /* of a file that was refused, by its notes; NULL: they cannot be read */
	char plugin[PLUGIN_NAME_MAX + 1]; /* what it was put aside for; "" before */
	bool its_turn;                    /* it was put aside, and is no longer */
};

/* take.c */
void take_begin(struct take *t);
void take_step(struct take *t); /* copies a slice; after the last one it is inspected */
void take_free(struct take *t);
void take_close_fd(int *fd); /* and clears it */

/* queue.c */
bool take_must_wait(const struct take *t, const char *plugin);
void take_hold(struct take *t, const char *plugin);
void take_try(struct take *t);   /* from being the current one to being tried */
void take_leave(struct take *t); /* out of wherever it is */

#endif
