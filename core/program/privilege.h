/* SPDX-License-Identifier: MIT
 *
 * privilege.h: opens the raw sockets while the process has the privilege, then
 * gives up all privileges for ever, so that scripts run without any.
 */
#ifndef PROGRAM_PRIVILEGE_H
#define PROGRAM_PRIVILEGE_H

#include <stdint.h>

#include "mtr.h"

enum { PRIVILEGE_KITS = 4 };

/* The privileged sockets: one set for each engine that may be opened. Only the
 * first set serves the transport packet too, because closing such sockets is
 * slow: the kernel waits for all processors. */
struct kits {
  int32_t fd[PRIVILEGE_KITS][MTR_SOCKETS];
  int count;             /* sets opened */
  int error;             /* errno of the set that failed; 0: none */
};

/* privilege_secure: returns 1 if the program file gives the process rights that
 * its user does not have (setuid, setgid, file capabilities). */
int privilege_secure(void);

/* privilege_kits: opens up to PRIVILEGE_KITS sets into |kits|; |mark| as in
 * mtr_sockets. A failure is only noted: a script may need no sockets. */
void privilege_kits(struct kits *kits, uint32_t mark);

/* privilege_drop: becomes the real user, drops all capabilities and every way
 * to get one back, also by execve(2). |helped|: execve may still give a helper
 * program its file capabilities. Returns 0; after a negative errno the program
 * must end. */
int privilege_drop(int helped);

#endif
