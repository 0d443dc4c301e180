/* SPDX-License-Identifier: MIT
 *
 * confine.h: gives up all rights of this process for ever.
 */
#ifndef SOCKETS_CONFINE_H
#define SOCKETS_CONFINE_H

/* confine_identity: becomes the real user, drops all capabilities, makes sure
 * that no new ones can come, and lets no other process look into this one. 0 or
 * -errno. */
int confine_identity(void);

/* confine_calls: ends the process at any system call that serve.c does not
 * need. 0 or -errno. */
int confine_calls(void);

#endif
