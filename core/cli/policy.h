/*
 * hospes policy check: a configuration looked at as a host would, to its end, and held against what is there.
 *
 *   policy.c   the command, what is printed     policy_machine.c  folders, users, disk     policy_plugins.c  plugins
 */

#ifndef CLI_POLICY_H
#define CLI_POLICY_H

#include <stdbool.h>
#include <sys/types.h>

#include <jansson.h>

#include "cli/command.h"
#include "policy/policy.h"

struct policy_look {
	struct policy *policy; /* of what is right in the file */
	json_t *host;          /* policy_texts of the host that answers; NULL: none does, or it does not tell */
	json_t *versions;      /* what the host has, GET /v1/versions; NULL: none answers */
	uid_t host_uid;        /* whose socket answers */
	json_t *findings;      /* as --json has them */
	unsigned mistakes, warnings;
};

/* A policy_found; `arg` is the struct policy_look. */
void policy_look_found(const struct policy_finding *finding, void *arg);

/* Says what the file has of a key; nothing when it is not the file that says so. */
void policy_look_say(struct policy_look *look, bool mistake, const char *at, const char *key, const char *text,
    const char *found, const char *nearest);

void policy_look_machine(struct policy_look *look);
void policy_look_plugins(struct policy_look *look);

#endif
