/* SPDX-License-Identifier: MIT
 *
 * Readline's callback interface: it never blocks, so that engines are stepped
 * while the user types. The signals stay mtrlua's own.
 */
#include "program/line.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_FDS = 64, LINE_HISTORY = 1000 };

/* The functions of readline.h and history.h that are used here. */
static struct {
  void (*install)(const char *prompt, void (*take)(char *line));
  void (*read_char)(void);
  void (*remove)(void);
  void (*add)(const char *line);
  void (*stifle)(int most);
  int (*read_history)(const char *file);
  int (*write_history)(const char *file);
  int *catch_signals;
} readline;

static char *text;
static int complete, open;   /* 0 or 1 */
static char *saved;                    /* the file of the history, or NULL */

static void take(char *line) {
  free(text);
  text = line;
  complete = 1;
  line_end();
}

/* Finds a name of the library. A function pointer cannot be cast from void *
 * in C, but copied. */
static int find(void *library, const char *name, void *pointer) {
  void *found = dlsym(library, name);
  memcpy(pointer, &found, sizeof found);
  return found != NULL;
}

static int load(void) {
  void *library = dlopen("libreadline.so.8", RTLD_NOW | RTLD_LOCAL);
  return library &&
         find(library, "rl_callback_handler_install", &readline.install) &&
         find(library, "rl_callback_read_char", &readline.read_char) &&
         find(library, "rl_callback_handler_remove", &readline.remove) &&
         find(library, "add_history", &readline.add) &&
         find(library, "stifle_history", &readline.stifle) &&
         find(library, "read_history", &readline.read_history) &&
         find(library, "write_history", &readline.write_history) &&
         find(library, "rl_catch_signals", &readline.catch_signals);
}

int line_editable(const char *history) {
  if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) return -ENOTTY;
  if (!load()) return -ELIBACC;
  *readline.catch_signals = 0;
  readline.stifle(LINE_HISTORY);
  saved = *history ? strdup(history) : NULL;
  if (saved) readline.read_history(saved);   /* it may not be there yet */
  return 0;
}

void line_begin(const char *prompt) {
  complete = 0;
  open = 1;
  readline.install(prompt, take);
}

int line_key(void) {
  if (open) readline.read_char();
  return complete;
}

const char *line_text(void) { return text; }

void line_end(void) {
  if (open) readline.remove();
  open = 0;
}

void line_keep(const char *line) {
  readline.add(line);
  if (saved) readline.write_history(saved);  /* the user may not have a home */
}

int line_wait(const int *fds, int n) {
  struct pollfd list[LINE_FDS];
  if (n > LINE_FDS) n = LINE_FDS;
  for (int i = 0; i < n; i++)
    list[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
  if (poll(list, (nfds_t)n, -1) < 0) return -1;
  for (int i = 0; i < n; i++)
    if (list[i].revents) return i;
  return -1;
}
