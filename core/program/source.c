/* SPDX-License-Identifier: MIT
 *
 * Scripts are found relative to the program: PREFIX/bin/mtrlua uses
 * PREFIX/share/mtrlua/scripts, build/mtrlua uses scripts. A script is read
 * before Lua starts, because it may have to be read before the privileges are
 * dropped: root without them cannot read directories of other users.
 */
#include "program/source.h"

#include <dirent.h>
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

enum { SOURCE_DIR = PATH_MAX + 32 };

/* Makes the name of directory |i| of installed scripts, SOURCE_DIR bytes.
 * Returns 0 if there is no such directory to look in. */
static int place(int i, char *dir) {
  static const char *const places[] = {"../share/mtrlua/scripts/",
                                       "../scripts/", NULL};
  char exe[PATH_MAX];
  ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
  if (n < 0 || !places[i]) return 0;
  exe[n] = '\0';
  const char *slash = strrchr(exe, '/');
  if (!slash) return 0;
  snprintf(dir, SOURCE_DIR, "%.*s/%s", (int)(slash - exe), exe, places[i]);
  return 1;
}

/* Sets |s|->name to the first file found for |name|. Returns 0 if none is. */
static int find(struct source *s, const char *name) {
  char dir[SOURCE_DIR];
  if (is_here(s, name)) return 1;
  for (int i = 0; place(i, dir); i++) {
    if ((set_path(s, dir, name, ".lua") && is_file(s)) ||
        (set_path(s, dir, name, "") && is_file(s))) {
      s->installed = 1;
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
  s->installed = 0;
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

static int by_name(const void *a, const void *b) {
  return strcmp(a, b);
}

/* Takes the names of the scripts in |dir|. Returns how many. */
static int list(const char *dir, char names[][SOURCE_NAME]) {
  int count = 0;
  DIR *entries = opendir(dir);
  struct dirent *e;
  while (entries && count < SOURCE_PROGRAMS && (e = readdir(entries))) {
    size_t n = strlen(e->d_name);
    if (n <= 4 || n - 4 >= SOURCE_NAME || strcmp(e->d_name + n - 4, ".lua"))
      continue;
    memcpy(names[count], e->d_name, n - 4);
    names[count++][n - 4] = '\0';
  }
  if (entries) closedir(entries);
  qsort(names, (size_t)count, SOURCE_NAME, by_name);
  return count;
}

int source_programs(char names[][SOURCE_NAME]) {
  char dir[SOURCE_DIR];
  int count = 0;
  for (int i = 0; !count && place(i, dir); i++) count = list(dir, names);
  return count;
}

/* Copies the beginning of the sentence at |from|, up to its first comma or its
 * end, into |text|[|size|]. It may go on in the next line of the comment. */
static void take_sentence(const char *from, char *text, size_t size) {
  size_t n = 0;
  while (*from && n + 1 < size) {
    if (strchr(".:,", *from) && (from[1] == ' ' || from[1] == '\n')) break;
    if (!strncmp(from, "\n-- ", 4)) {
      text[n++] = ' ';
      from += 4;
    } else if (*from == '\n') {
      break;
    } else {
      text[n++] = *from++;
    }
  }
  text[n] = '\0';
}

void source_about(const char *name, char *text, size_t size) {
  struct source s = {.text = NULL};
  char mark[SOURCE_NAME + 8];
  *text = '\0';
  if (source_read(&s, name) < 0) return;
  char *whole = realloc(s.text, s.size + 1);
  if (whole) {
    s.text = whole;
    whole[s.size] = '\0';
    snprintf(mark, sizeof mark, "\n-- %s: ", name);
    const char *head = strstr(whole, mark);
    if (head) take_sentence(head + strlen(mark), text, size);
  }
  source_free(&s);
}

int source_passed(const char *name) {
  return !strchr(name, '/') && access(name, F_OK) == 0;
}

void source_free(struct source *s) {
  free(s->text);
  s->text = NULL;
}
