/*
 * The sandbox that a guest puts on itself, layer by layer; hospes-cell and hospes-inspect call these in DESIGN's order.
 *
 * Each function does one layer and returns 0 or -errno; a layer that this host does not have is simply absent from what
 * the guest reports, and the host decides whether that will do.  Nothing here can be taken off again.
 */

#ifndef CELL_SANDBOX_H
#define CELL_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What a build or a host may relax, in one place.  Sanitizers map terabytes, read /proc and use the vDSO's clock. */
struct sandbox_profile {
	bool limit_data;   /* RLIMIT_DATA */
	bool trap_tsc;     /* PR_SET_TSC */
	bool strict_calls; /* seccomp checks arguments of mmap and mprotect, and no file is opened while serving */
};
const struct sandbox_profile *sandbox_profile(bool relaxed);

/* An empty root: a small tmpfs with the library folders and /proc, read-only.  Needs a mount namespace of our own and
 * CAP_SYS_ADMIN in it; when it fails the old root is still there.  With `bait` it has a folder /bait that may be written,
 * for the proofs.  What it makes belongs to `uid` and `gid` (-1: to us), whom to become is the next step.  (rootfs.c) */
int sandbox_root(bool own_pid_ns, bool bait, uid_t uid, gid_t gid);

/* The bounding set goes first, since the change of uid may take the capability to drop it. */
int sandbox_become(uid_t uid, gid_t gid); /* -1: stay */
int sandbox_drop_caps(void);

/* `data`: bytes of private memory; `space`: of addresses, for that and all else; `output_file`: may standard output be one? */
int sandbox_limit(const struct sandbox_profile *profile, uint64_t data, uint64_t space, bool output_file);

/* CPU seconds from now until SIGXCPU; 0 takes the limit off. */
int sandbox_limit_cpu(unsigned seconds);

int sandbox_no_new_privs(void);
int sandbox_trap_tsc(void);

/* Everything that Landlock knows is forbidden, but reading the library folders, /proc and one file.  (landlock.c) */
int sandbox_landlock(int file_fd);

/* (filter.c)  Stages: what dlopen and init need; what serving calls needs; what the inspector needs. */
enum filter_stage { FILTER_LOADING, FILTER_SERVING, FILTER_INSPECTING };
int sandbox_filter(enum filter_stage stage, const struct sandbox_profile *profile);

/* The same as a program for another process, whose pid is `self`, written to a file.  And the one that keeps any other
 * filter from being loaded between those of loading and serving.  (filter.c, filter_pin.c) */
int filter_export(enum filter_stage stage, const struct sandbox_profile *profile, pid_t self, int fd);
int filter_export_pin(int fd);

/* (filter_names.c)  The system calls that a guest is ended for, and those whose refusal is told, always or only where it is for
 * their arguments; up to a NULL name.  A number below 0: this machine does not have it. */
struct filter_call {
	int number;
	const char *name;
};
extern const struct filter_call filter_killers[], filter_told[], filter_told_of_some[];

/* The name of a system call that the filter ends a guest for, NULL for another.  Async-signal-safe. */
const char *filter_killer_name(int number);

/* The name of one that is refused by a trap, so that it can be told.  Async-signal-safe. */
const char *filter_told_name(int number);

/* Library folders that stay readable until serving begins; ends with NULL. */
extern const char *const sandbox_library_dirs[];

#endif
