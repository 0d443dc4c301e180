/* SPDX-License-Identifier: MIT
 *
 * privilege.h: opens the raw sockets while the process has the privilege, then
 * gives up privileges for ever. Scripts run without any; only root keeps the
 * right to all files.
 */
#ifndef PROGRAM_PRIVILEGE_H
#define PROGRAM_PRIVILEGE_H

#include <stdint.h>

#include "mtr.h"
#include "program/user.h"

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

/* privilege_locked: returns 1 if this process can give no program a privilege,
 * because whoever started it has closed the way (no_new_privs). */
int privilege_locked(void);

/* privilege_forget: becomes the real user and drops all capabilities, for a
 * program file that gives rights (privilege_secure). 0 or a negative errno;
 * then the program must end. */
int privilege_forget(void);

/* privilege_become: becomes |user|, if that is another one. A process of root
 * keeps its capabilities until privilege_drop. No program that it starts gets
 * more than those for files and CAP_NET_RAW. 0 or a negative errno; then the
 * program must end. */
int privilege_become(const struct user *user);

/* privilege_none: drops all capabilities, also root's, and lets no other
 * process look into this one. 0 or a negative errno; then the program must
 * end. */
int privilege_none(void);

/* privilege_drop: closes for ever every way to new privileges, also by
 * execve(2), and drops all capabilities; but root keeps those for files. 0 or a
 * negative errno; then the program must end. */
int privilege_drop(void);

#endif
