/* SPDX-License-Identifier: MIT
 *
 * mtrlua. The order of steps matters here: it reads the command line, opens the
 * privileged sockets, becomes the user, gives up privileges, and only then
 * starts Lua.
 *
 * Exit status: 0 done, 1 error, 2 wrong usage, 128 + n after signal n, or the
 * status that the script chooses.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program/about.h"
#include "program/options.h"
#include "program/privilege.h"
#include "program/signals.h"
#include "program/source.h"
#include "program/state.h"
#include "program/user.h"

enum { BAD_USAGE = 2 };

/* Says which installed program a name without a slash resembles, if one. */
static void suggest(const char *name) {
  enum { LIKE = 2 };  /* most edits between names that are alike */
  char names[SOURCE_PROGRAMS][SOURCE_NAME];
  int count = source_programs(names), nearest = -1;
  size_t best = strlen(name) > LIKE ? LIKE + 1 : LIKE;
  for (int i = 0; i < count; i++) {
    size_t d = options_distance(name, names[i]);
    if (d < best) {
      best = d;
      nearest = i;
    }
  }
  if (nearest >= 0) fprintf(stderr, "; did you mean %s?", names[nearest]);
}

static int read_script(struct source *script, const char *name) {
  int err = source_read(script, name);
  if (err >= 0) return err;
  fprintf(stderr, "mtrlua: cannot open script '%s': %s", name, strerror(-err));
  if (source_passed(name))
    fprintf(stderr, "; for the one in this directory: ./%s", name);
  else if (!strchr(name, '/') && *name)
    suggest(name);
  fputc('\n', stderr);
  return err;
}

/* Makes sure that no socket gets the number of a standard stream: opens
 * /dev/null in place of a closed one, in the wrong direction, so that using it
 * is still an error. */
static void fill_streams(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0)
      open("/dev/null", (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
}

static int failed(const char *what, int err) {
  fprintf(stderr, "mtrlua: cannot %s: %s\n", what, strerror(-err));
  return EXIT_FAILURE;
}

/* Gives up what the program file gives us: a privilege of mtrlua would be one
 * of every script. */
static int forget(void) {
  fputs("mtrlua: its file has a privilege (setuid, setgid or setcap), which is "
        "not used, because each script would have it; give it to mtr-sockets\n",
        stderr);
  unsetenv("LUA_INIT");
  unsetenv("LUA_PATH");
  unsetenv("LUA_CPATH");
  return privilege_forget();
}

/* Runs the script. */
static int run(const struct options *o, int argc, char **argv) {
  const char *name = o->script ? argv[o->script] : NULL;
  char why[OPTIONS_WHY];
  struct source script = {.text = NULL};
  struct state_setup setup = {.argc = argc, .argv = argv, .options = o,
                              .script = name ? &script : NULL, .starter = -1};
  struct kits kits;
  struct user user;
  int err = privilege_secure() ? forget() : 0;
  if (err < 0) return failed("give up privileges", err);
  if (user_find(&user, o->user, why, sizeof why) < 0) {
    fprintf(stderr, "mtrlua: %s\n", why);
    return BAD_USAGE;
  }
  /* The script is read with the rights of the caller, not of the new user. */
  if (name && read_script(&script, name) < 0) return EXIT_FAILURE;
  int real = !o->sim && !o->replay;    /* sends packets */
  if (real) privilege_kits(&kits, o->mark);
  else kits = (struct kits){.count = 0};
  err = privilege_become(&user);
  if (err < 0) return failed("change the user", err);
  if (real && !privilege_locked() && (!kits.count || options_helped(o)))
    setup.starter = mtr_starter();
  if ((err = privilege_drop()) < 0) return failed("give up privileges", err);
  setup.kits = &kits;
  setup.wake_fd = signals_start(o->grace_ms);
  if (setup.wake_fd < 0) return failed("handle signals", setup.wake_fd);
  return state_run(&setup);
}

int main(int argc, char **argv) {
  char why[OPTIONS_WHY];
  struct options o;
  fill_streams();
  if (options_parse(&o, argc, argv, why) < 0) {
    fprintf(stderr,
            "mtrlua: %s\n"
            "usage: mtrlua [options] script [args]   (mtrlua --help)\n",
            why);
    return BAD_USAGE;
  }
  if (o.action == OPTIONS_HELP)
    about_help();
  else if (o.action == OPTIONS_VERSION)
    about_version();
  state_exit(o.action == OPTIONS_RUN ? run(&o, argc, argv) : EXIT_SUCCESS);
}
