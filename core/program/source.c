/* SPDX-License-Identifier: MIT
 *
 * Scripts are found relative to the program: PREFIX/bin/mtrlua uses
 * PREFIX/share/mtrlua/scripts, build/mtrlua uses scripts. A script is read
 * before Lua starts, because it may have to be read before the privileges are
 * dropped: root without them cannot read directories of other users.
 */
#include "program/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOURCE_STEP = 64 * 1024 };

/* Makes the chunk name of a path. Returns 0 if it is too long. */
static int set_path(struct source *s, const char *dir, const char *name,
                    const char *suffix) {
  int n = snprintf(s->name, sizeof s->name, "@%s%s%s", dir, name, suffix);
  return n > 0 && (size_t)n < sizeof s->name;
}

static int is_file(const struct source *s) {
  struct stat st;
  return stat(s->name + 1, &st) == 0 && !S_ISDIR(st.st_mode);
}

/* Sets |s|->name to |name| if that ends with .lua and is a file in the current
 * directory. Returns 0 if not. */
static int is_here(struct source *s, const char *name) {
  size_t n = strlen(name);
  return n > 4 && !strcmp(name + n - 4, ".lua") &&
         set_path(s, "", name, "") && is_file(s);
}

/* Sets |s|->name to the first file found for |name|. Returns 0 if none is. */
static int find(struct source *s, const char *name) {
  static const char *const places[] = {"../share/mtrlua/scripts/",
                                       "../scripts/", NULL};
  char exe[PATH_MAX], dir[PATH_MAX + 32];
  if (is_here(s, name)) return 1;
  ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
  if (n < 0) return 0;
  exe[n] = '\0';
  const char *slash = strrchr(exe, '/');
  for (const char *const *p = places; slash && *p; p++) {
    snprintf(dir, sizeof dir, "%.*s/%s", (int)(slash - exe), exe, *p);
    if ((set_path(s, dir, name, ".lua") && is_file(s)) ||
        (set_path(s, dir, name, "") && is_file(s))) {
      s->installed = true;
      return 1;
    }
  }
  return 0;
}

/* Reads all of |fd| into |s|. */
static int read_all(struct source *s, int fd) {
  size_t room = 0;
  for (;;) {
    if (s->size == room) {
      char *more = realloc(s->text, room += SOURCE_STEP + room);
      if (!more) return -ENOMEM;
      s->text = more;
    }
    ssize_t n = read(fd, s->text + s->size, room - s->size);
    if (n == 0) return 0;
    if (n > 0)
      s->size += (size_t)n;
    else if (errno != EINTR)
      return -errno;
  }
}

/* Overwrites a first line for the kernel (#!) with blanks, so that line numbers
 * stay. */
static void blank(struct source *s) {
  if (s->size > 0 && s->text[0] == '#')
    for (size_t i = 0; i < s->size && s->text[i] != '\n'; i++) s->text[i] = ' ';
}

int source_read(struct source *s, const char *name) {
  int fd = STDIN_FILENO;
  s->text = NULL;
  s->size = 0;
  s->installed = false;
  if (!strcmp(name, "-")) {
    strcpy(s->name, "=stdin");
  } else {
    if (strchr(name, '/')) {
      if (!set_path(s, "", name, "")) return -ENAMETOOLONG;
    } else if (!find(s, name)) {
      return -ENOENT;
    }
    fd = open(s->name + 1, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
  }
  int err = read_all(s, fd);
  if (fd != STDIN_FILENO) close(fd);
  if (err < 0) source_free(s);
  else blank(s);
  return err;
}

bool source_passed(const char *name) {
  return !strchr(name, '/') && access(name, F_OK) == 0;
}

void source_free(struct source *s) {
  free(s->text);
  s->text = NULL;
}
