/*
 * Proofs: what `hospes doctor` has a cell without a plugin try, and more of it than a host has the time for at its start.
 *
 * Like the quick probe (probe.h), each try is made when its layer is on and the next is not; the functions are called by
 * cell_main.c at those points.  The rows are those of tries.h.  What a cell does not survive has a cell of its own.
 */

#ifndef CELL_PROOF_H
#define CELL_PROOF_H

#include <jansson.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cell/guest/sandbox.h"
#include "cell/tries.h"
#include "wire.h"

#define PROOF_BAIT "/bait" /* a folder of the cell's own, that only Landlock keeps it from */

struct proof {
	enum proof_kind kind;
	json_t *told; /* array of rows */
	const struct wire_setup *setup;
	const struct sandbox_profile *profile;
	uint32_t claimed;
	uint64_t ipc;  /* inode of the spawner's ipc namespace */
	uint64_t data; /* RLIMIT_DATA, as it was set */
	pid_t parent;
	char bait[256];  /* PROOF_BAIT, or a folder that the host made */
	int abstract_fd; /* a listening socket from before Landlock */
	bool baited;
};

void proof_open(struct proof *proof, const struct wire_setup *setup, const struct sandbox_profile *profile,
    const struct wire_page *page);

/* One row: was it refused, and how? */
void proof_tell(struct proof *proof, enum try_id id, bool refused, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same by a return value and errno: refused is any failure, or one of two errors where they are not 0. */
void proof_tell_call(struct proof *proof, enum try_id id, long rc, int error);
void proof_tell_error(struct proof *proof, enum try_id id, long rc, int error, int expected, int or_this);

/* Runs `act` and returns the signal that it brought (SIGSEGV, SIGSYS), or 0. */
int proof_caught(void (*act)(void *arg), void *arg);

void proof_reach(struct proof *proof);    /* capabilities are gone: namespaces, descriptors */
void proof_limits(struct proof *proof);   /* limits, capabilities, counter */
void proof_bait(struct proof *proof);     /* before Landlock: what it is to keep us from */
void proof_landlock(struct proof *proof); /* Landlock and no_new_privs are on */
void proof_loading(struct proof *proof);  /* the first filter is on */
void proof_serving(struct proof *proof);  /* the second too: calls, network, signals, sealed pages */

/* The proofs that end otherwise.  Memory returns when it was refused; the others do not. */
void proof_memory(struct proof *proof, struct wire_page *page);
_Noreturn void proof_spin(void);
_Noreturn void proof_silent(void);
void proof_stay(void); /* until the host says something, or goes */
_Noreturn void proof_other_abi(bool x32);

#endif
