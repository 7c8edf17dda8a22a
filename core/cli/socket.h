/*
 * Which host: the socket given, else $HOSPES_SOCKET, else the first that exists of $XDG_RUNTIME_DIR/hospes/hospes.sock,
 * the user's state directory and /run/hospes/hospes.sock.
 */

#ifndef CLI_SOCKET_H
#define CLI_SOCKET_H

#include <stdbool.h>

#include "base/fault.h"

/* Allocates *ret.  no_host: none was given and none is there; the sentence says where was looked. */
int socket_find(const char *given, char **ret, struct fault *fault);

/* Was one asked for, by `given` or $HOSPES_SOCKET? */
bool socket_given(const char *given);

#endif
