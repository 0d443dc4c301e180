/* SPDX-License-Identifier: MIT
 *
 * sandbox.h: takes from the whole process what --sandbox forbids. The Lua layer
 * (lua/mtr/sandbox) already gives a script nothing that needs more than this.
 * But an interpreter may have faults. A script that breaks out of it is still
 * in a process that
 *
 *   - opens, changes, lists and runs no file, and starts no process (seccomp);
 *   - sees no files, makes no TCP connections (the transport user may: its
 *     probes are connections), and sends no signals (landlock, as much of it as
 *     the kernel has);
 *   - has no capability, and makes no memory executable;
 *   - cannot take back its limits of memory and time.
 *
 * What is open stays usable: standard streams, output files, the sockets of the
 * engine. So it can still send packets; over mtr-sockets only probes.
 */
#ifndef PROGRAM_SANDBOX_H
#define PROGRAM_SANDBOX_H

#include <stdint.h>

enum { SANDBOX_MEMORY_MIB = 64, SANDBOX_TIME_MS = 60000,
       SANDBOX_PROBES = 10000 };

/* What the process may still do. */
struct sandbox {
  uint64_t bytes;        /* memory that it may take beside what it has */
  uint32_t ms;           /* time until the signal SIGXCPU comes */
  uint32_t grace_ms;     /* time from there to its end */
  int connects;          /* 1: it connects TCP: so the transport user probes */
};

/* sandbox_close: closes the wall, for ever. Returns 0 or a negative errno: then
 * the script must not run. |*landlocked|: 1 if the kernel has landlock. */
int sandbox_close(const struct sandbox *s, int *landlocked);

#endif
