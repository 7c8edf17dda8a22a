/*
 * The runtime of a cell: what hospes-cell needs of libhospes beyond the SDK.  Not for plugins, not installed.
 *
 * hospes-cell puts on the sandbox and loads the plugin; libhospes has the fibers, the frames and the SDK functions.
 * Symbols have the version HOSPES_PRIVATE, which the inspector refuses as an import of a plugin.  One thread only.
 */

#ifndef HOSPES_RUNTIME_H
#define HOSPES_RUNTIME_H

#include "hospes.h"
#include "wire.h"

/* Takes the control socket and the shared page over; reserves the arena of stacks. Returns 0 or a status. */
int hospes_rt_open(int control_fd, struct wire_page *page, const struct wire_setup *setup);

/* Where the program counts the heap that is in use, in bytes, by which what dropped fibers leave behind is known. */
void hospes_rt_count(const int64_t *in_use);

/* Blocking, before hospes_rt_serve: one whole frame of the given type with at most `max` bytes, into `payload`; 0 or a status. */
int hospes_rt_receive(int control_fd, struct wire_frame *frame, void *payload, size_t max);
int hospes_rt_send(int control_fd, uint16_t type, int32_t status, const void *payload, size_t len);

/* Where the plugin stands; decides what its functions may do. */
enum hospes_rt_phase { HOSPES_RT_LOADING, HOSPES_RT_INIT, HOSPES_RT_SERVING, HOSPES_RT_EXIT };
void hospes_rt_set_phase(enum hospes_rt_phase phase);

/* The call whose fiber runs, NULL outside one. */
hospes_ctx *hospes_rt_current(void);

/* A function that is an op was used outside a call: says so on the log, and keeps it as the reason that load failed. */
void hospes_rt_not_in_call(const char *function);
const char *hospes_rt_complaint(void); /* NULL: none */

/* Serves calls until STOP: returns 0 then, a negative status when the socket broke. */
int hospes_rt_serve(const struct hospes_plugin *plugin);

/* The call whose fiber runs tried a system call that the sandbox refused: told in its log when it parks or ends.
 * Async-signal-safe; `name` lives for ever. */
void hospes_rt_refused(const char *name);

/* For the fatal-signal handler; both async-signal-safe: the path of the running call, "" for none; sending what was said
 * and waits to leave, so that replies of other calls are not lost with the cell. */
const char *hospes_rt_current_path(void);
void hospes_rt_flush_dying(void);

#endif
