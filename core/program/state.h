/* SPDX-License-Identifier: MIT
 *
 * state.h: the Lua state of mtrlua: the embedded modules, what the program
 * tells the Lua layer, and the run itself.
 */
#ifndef PROGRAM_STATE_H
#define PROGRAM_STATE_H

#include "program/options.h"
#include "program/privilege.h"
#include "program/source.h"

/* All that a run is made from; borrowed for the run. */
struct state_setup {
  int argc;
  char **argv;
  const struct options *options;
  const struct kits *kits;
  const struct source *script; /* NULL: only the -e chunks */
  int wake_fd;           /* readable after a signal */
};

/* state_run: runs it all to the end and returns the exit status. Scripts that
 * call os.exit do not return here. */
int state_run(const struct state_setup *setup);

/* state_exit: flushes every open file and ends the process with |status|, or
 * with 1 and a message if standard output could not be written; a failed script
 * that was told so itself is not told again. Nothing else is cleaned up: libuv
 * would wait for name lookups that nobody wants any more. */
_Noreturn void state_exit(int status);

#endif
