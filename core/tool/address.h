/*
 * Which addresses are for everybody, and which are somebody's own.
 *
 * A plugin may reach the public network where it was granted that; the machine itself, the network that it stands in and
 * the metadata services of clouds are another matter.  Names decide nothing: only the address of a connection counts.
 */

#ifndef TOOL_ADDRESS_H
#define TOOL_ADDRESS_H

#include <sys/socket.h>

#define ADDRESS_TEXT 64

/* NULL for a public address; else what it is: "a loopback address".  Anything but IPv4 and IPv6 is never public.  An
 * IPv6 address that carries an IPv4 one (mapped, NAT64, 6to4) is what the one within is. */
const char *address_special(const struct sockaddr *address);

/* "127.0.0.1", "::1"; "?" for another family. */
void address_format(const struct sockaddr *address, char out[ADDRESS_TEXT]);

#endif
