/* SPDX-License-Identifier: MIT
 *
 * state.h: the Lua state of mtrlua: the embedded modules, the values for the
 * Lua layer, and the run.
 */
#ifndef PROGRAM_STATE_H
#define PROGRAM_STATE_H

#include "program/options.h"
#include "program/privilege.h"
#include "program/source.h"

/* All that a run needs; borrowed until its end. */
struct state_setup {
  int argc;
  char **argv;
  const struct options *options;
  const struct kits *kits;
  const struct source *script; /* NULL: only the texts of -e */
  int starter;           /* of mtr_starter; negative: none */
  int wake_fd;           /* readable after a signal */
};

/* state_run: runs the chunks and the script, and returns the exit status. It
 * does not return if the script calls os.exit. */
int state_run(const struct state_setup *setup);

/* state_exit: flushes all open files and ends the process with |status|. If
 * standard output could not be written, it prints a message and a status of 0
 * becomes 1; it prints none if the script has failed because of that. It cleans
 * up nothing else: libuv would wait for name lookups that are not needed. */
_Noreturn void state_exit(int status);

#endif
