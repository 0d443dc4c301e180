/* SPDX-License-Identifier: MIT
 *
 * starter.h: a process that starts programs for another one, so that the other
 * one can set no_new_privs: then it gets no new privileges itself.
 *
 * Only mtr-packet and mtr-sockets get the privileges of their files: files of
 * these names that only root can change, in a folder that only root can change.
 * All other programs are started without privileges. So the starter gives
 * nobody more than these two programs do. It ends when its parent ends.
 */
#ifndef HOST_STARTER_H
#define HOST_STARTER_H

/* starter_open: makes a starter, a copy of this process that keeps none of its
 * descriptors and capabilities. Call it while there is one thread. Returns the
 * descriptor for child_start_by, or a negative errno. */
int starter_open(void);

#endif
