/*
 * A small host for tests of the guest's side: starts the spawner, asks it for guests, and talks to one cell at a time in
 * blocking reads, each with a deadline.
 */

#ifndef TESTS_GUEST_HOST_H
#define TESTS_GUEST_HOST_H

#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "cell/spawner.h"
#include "wire.h"

struct guest_host {
	int requests;
	pid_t spawner;
	uint64_t next_id;
	uint32_t uid; /* of cells; UINT32_MAX: none of their own */
};

struct guest {
	uint64_t id;
	int status, log, control;
	struct wire_page *page;
	struct spawn_status started;
};

/* `uid` is whom the spawner runs as (0: as we are); `libexec` is where the programs are; `refused` are CLONE_NEW flags
 * that this machine is made to refuse, as containers do. */
void guest_host_start_without(struct guest_host *host, const char *libexec, uid_t uid, unsigned refused);
void guest_host_start(struct guest_host *host, const char *libexec, uid_t uid);
void guest_host_stop(struct guest_host *host);

/* SPAWN_CELL with the plugin at `path`, SPAWN_PROBE with NULL.  Waits for the start message. */
void guest_start(struct guest_host *host, uint32_t what, const char *path, struct guest *ret);
void guest_kill(struct guest_host *host, const struct guest *guest);

/* Waits for the status message of the end, closes everything. */
struct spawn_status guest_end(struct guest *guest);
struct wire_setup guest_setup(const struct guest_host *host);

/* SPAWN_INSPECT: all that it wrote. */
struct spawn_status guest_inspect(struct guest_host *host, const char *path, struct buf *ret);

void guest_send(const struct guest *guest, uint16_t type, uint64_t call, const void *payload, size_t len);

/* The next frame; its type is 0 when the socket ended. */
struct wire_frame guest_receive(const struct guest *guest, struct buf *ret);

/* Sends SETUP after HELLO, and receives what comes then: READY or FAILED. */
struct wire_frame guest_load(const struct guest *guest, const struct wire_setup *setup, struct buf *ret);

/* START of call 1 with `input`. */
void guest_call(const struct guest *guest, const char *input);

#endif
