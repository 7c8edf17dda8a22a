/*
 * Proving the sandbox, inside: what the files of `hospes doctor` share.  Private to the room.
 *
 *   prove.c   starts the probe cells and waits for their ends      bait.c   what the host holds out for them to find
 *   seen.c    what the kernel tells of a probe from outside        verdict.c   the table of tries, judged
 *
 * A probe is believed in nothing that can be seen otherwise: how it ended is told by its init, what it has put on by the
 * kernel.  A try of which nothing was told was not refused.
 */

#ifndef CELL_PROVE_H
#define CELL_PROVE_H

#include "cell/host.h"
#include "cell/tries.h"

/* What the kernel tells of a living probe.  `against`: layers that it has not, whatever it says; what was found instead. */
struct seen {
	bool looked;
	uint32_t against;
	char found[LAYERS_N][96];
	char descriptors[96]; /* "" or those that it should not have */
};
void seen_look(struct seen *seen, const struct cell *cell);

struct proof_run {
	enum proof_kind kind;
	struct proving *proving;
	json_t *told;    /* {"tries": [...]} or NULL */
	uint32_t layers; /* that it says it has put on */
	struct seen seen;
	bool ready, ended;
	bool watched;     /* by the watchdog, once it is ready */
	struct fault why; /* of the host, when it ended it or could not start it */
	int wait_status;
	char said[64]; /* on the page that it shared */
};

struct bait {
	uint16_t port;
	int tcp_fd, abstract_fd, shm;
	bool fd_open;
	char folder[256]; /* "" when there is none */
};
void bait_open(struct bait *bait);
void bait_close(struct bait *bait);

struct proving {
	struct cells *cells;
	struct bait bait;
	struct proof_run runs[PROOFS_N]; /* by kind */
	unsigned open;
	bool stopped; /* there is no more time */
	long landlock; /* ABI, or less than 1 */
	bool relaxed;
};

/* The report of cells_prove. */
json_t *verdict(const struct proving *proving);

/* Called by the rest of the room. */
void proof_ready(struct cell *cell, const uint8_t *report, size_t len);
void proof_ended(struct cell *cell);
void proof_setup(const struct cell *cell, struct wire_setup *setup);
int64_t proof_load_ns(const struct cell *cell);

#endif
