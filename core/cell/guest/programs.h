/*
 * The filters of a cell as programs in a file, made once.
 *
 * Compiling a filter takes longer than all other layers of a cell together, and its result is the same for each cell but
 * for one number: the cell's own pid, for which a stand-in is compiled in.  So the spawner makes them when it starts
 * (programs_make.c), in a memfd that nobody can change any more, and every cell gets it as WIRE_FD_FILTERS.
 *
 * The file: struct programs_head, then the programs one after the other in the order of its numbers.
 */

#ifndef CELL_PROGRAMS_H
#define CELL_PROGRAMS_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum program { PROGRAM_LOADING, PROGRAM_PIN, PROGRAM_SERVING, PROGRAMS };

struct programs_head {
	uint32_t n[2][PROGRAMS]; /* instructions of each: strict, relaxed (struct sandbox_profile) */
};

/* Stands for the pid: below the largest that Linux gives out, and no flag or number of anything. */
#define PROGRAMS_SELF 0x3a5c69

struct programs {
	const struct sock_filter *at[PROGRAMS];
	unsigned n[PROGRAMS];
	void *map;
	size_t size;
};

/* A memfd with the programs of both profiles, or -errno.  (The spawner's.) */
int programs_make(void);

/* Maps the file; 0 or -errno.  -EBADMSG when it is not what programs_make writes.  The descriptor stays the caller's. */
int programs_open(struct programs *ret, int fd, bool relaxed);
void programs_close(struct programs *programs);

/* Copies one, with our pid in it; returns how many instructions it has. */
unsigned program_copy(const struct programs *programs, enum program which, struct sock_filter to[BPF_MAXINSNS]);

/* Loads one; 0 or -errno. */
int program_load(const struct programs *programs, enum program which);

#endif
