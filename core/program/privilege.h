/* SPDX-License-Identifier: MIT
 *
 * privilege.h: takes the raw sockets while the process may, then gives every
 * privilege up for good, so that no script ever runs with any.
 */
#ifndef PROGRAM_PRIVILEGE_H
#define PROGRAM_PRIVILEGE_H

#include <stdint.h>

#include "mtr.h"

enum { PRIVILEGE_KITS = 4 };

/* The privileged sockets, one set for each engine that may be opened; the
 * first is good for packet too. More are not, for what these sockets cost: the
 * kernel waits for all its processors when one is closed. */
struct kits {
  int32_t fd[PRIVILEGE_KITS][MTR_SOCKETS];
  int count;             /* sets opened */
  int error;             /* errno that ended the opening, 0 none */
};

/* privilege_secure: whether the program file lent us rights that whoever runs
 * it does not have (setuid, setgid, file capabilities). */
int privilege_secure(void);

/* privilege_kits: opens as many sets as it may into |kits|; |mark| as in
 * mtr_sockets. To fail is no error: scripts may need none. */
void privilege_kits(struct kits *kits, uint32_t mark);

/* privilege_drop: becomes the real user, without any capability or a way to get
 * one back; by execve(2) neither, unless |helped|: a helper program is to have
 * its own. Returns 0 or a negative errno, after which nothing may run. */
int privilege_drop(int helped);

#endif
