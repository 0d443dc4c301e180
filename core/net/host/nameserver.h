/* SPDX-License-Identifier: MIT
 *
 * nameserver.h: the sockets through which c-ares speaks to name servers: they
 * never block, are closed in programs that we start, and never raise SIGPIPE.
 */
#ifndef HOST_NAMESERVER_H
#define HOST_NAMESERVER_H

/* Debian 13 calls functions deprecated that Debian 12 has no others for. */
#define CARES_NO_DEPRECATED 1
#include <ares.h>

/* nameserver_sockets: for ares_set_socket_functions. */
extern const struct ares_socket_functions nameserver_sockets;

#endif
