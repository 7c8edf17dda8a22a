/*
 * Telling a service manager how the host does: sd_notify(3), without libsystemd.
 *
 * The manager names a datagram socket in $NOTIFY_SOCKET, and in $WATCHDOG_USEC how long it waits for a sign of life.
 * hospesd says when it serves, when it reads its configuration again, and when it stops; the beats of the watchdog come
 * from the loop itself, at twice the pace that is asked for, so that a loop that is stuck beats no more and the manager
 * starts the host anew.
 *
 * Without a manager, and with one that cannot be reached, all of these do nothing: nobody was promised anything.
 * All [loop].
 */

#ifndef NOTIFY_H
#define NOTIFY_H

#include <stdint.h>
#include <sys/un.h>

#include <event2/event.h>

struct notify {
	int fd; /* -1: nobody wants to know */
	struct sockaddr_un to;
	socklen_t to_len;
	int64_t watchdog_us; /* beats are due at least this often; 0: none */
	struct event *beat;
};

/* Reads the environment and takes it out of it: what the host starts has no part in this. */
void notify_open(struct notify *n);
void notify_close(struct notify *n);

/* From now on beats come from this loop, the first at once. */
void notify_watch(struct notify *n, struct event_base *loop);

/* The texts are for people: `systemctl status` shows the last one. */
void notify_ready(struct notify *n, const char *status);
void notify_reloading(struct notify *n, const char *status);
void notify_stopping(struct notify *n, const char *status);

#endif
