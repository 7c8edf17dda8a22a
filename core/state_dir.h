/*
 * The state directory: made, checked, locked, and given to the user that the core runs as.
 *
 * One host has one state directory: a lock on STATE/lock, held as long as the process lives, keeps a second one out.
 */

#ifndef STATE_DIR_H
#define STATE_DIR_H

#include <sys/types.h>

#include "base/fault.h"
#include "policy/policy.h"

struct state_dir {
	char *journal, *store, *objects, *memory; /* folders in it */
	int lock_fd;
	uid_t uid; /* whom the core runs as */
	gid_t gid;
};

/* Finds the user of the core: the policy's, where there is one and we are root; a number of cell_uids where that user does
 * not exist (the policy then has one less); else who we are. */
void state_dir_user(struct policy *policy, struct state_dir *ret);

/* Makes the state directory alone where it is missing, checks whose it is, and takes the lock.  Faults as below. */
int state_dir_claim(const char *path, struct state_dir *dir, struct fault *fault);

/* Makes what is missing with the right owner, refuses what belongs to somebody else (wrong_owner), takes the lock
 * (in_use).  Before privileges are dropped. */
int state_dir_open(const struct policy *policy, struct state_dir *dir, struct fault *fault);
void state_dir_close(struct state_dir *dir);

/* Becomes that user for good. */
int state_dir_drop_privileges(const struct state_dir *dir, struct fault *fault);

#endif
