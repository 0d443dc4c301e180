/* SPDX-License-Identifier: MIT */
#include "loop/resolv_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char resolv[] = "/etc/resolv.conf";
static const char nsswitch[] = "/etc/nsswitch.conf";
static const char blank[] = " \t\r\n";

enum { TIMEOUT = 5, ATTEMPTS = 2, MOST_TIMEOUT = 30, MOST_ATTEMPTS = 5 };

/* Reads the number behind |name| in |word|, such as "timeout:2", up to |most|.
 * Returns 0 if the word is another one. */
static uint32_t option(const char *word, const char *name, uint32_t most) {
  size_t n = strlen(name);
  if (strncmp(word, name, n) || word[n] != ':') return 0;
  unsigned long value = strtoul(word + n + 1, NULL, 10);
  return value < 1 ? 1 : value > most ? most : (uint32_t)value;
}

static void take_options(struct resolv_conf *c, char *rest) {
  char *more;
  for (char *w = strtok_r(rest, blank, &more); w;
       w = strtok_r(NULL, blank, &more)) {
    uint32_t timeout = option(w, "timeout", MOST_TIMEOUT);
    uint32_t attempts = option(w, "attempts", MOST_ATTEMPTS);
    if (timeout) c->timeout = timeout;
    if (attempts) c->attempts = attempts;
  }
}

void resolv_conf_line(struct resolv_conf *c, const char *line) {
  char copy[512], *more;
  snprintf(copy, sizeof copy, "%s", line);
  char *word = strtok_r(copy, blank, &more);
  if (!word) return;
  if (!strcmp(word, "nameserver")) c->servers++;
  if (!strcmp(word, "options")) take_options(c, more);
}

/* Adds a source to the order, unless it is there. systemd's resolver is the
 * server in resolv.conf too. */
static void add_source(struct resolv_conf *c, const char *word) {
  char source = !strcmp(word, "files")                             ? 'f'
                : !strcmp(word, "dns") || !strcmp(word, "resolve") ? 'b' : 0;
  size_t n = strlen(c->order);
  if (source && !strchr(c->order, source)) c->order[n] = source;
}

void resolv_conf_nsswitch(struct resolv_conf *c, const char *line) {
  char copy[512], *more;
  snprintf(copy, sizeof copy, "%s", line);
  copy[strcspn(copy, "#")] = 0;
  char *start = copy + strspn(copy, blank);
  if (strncmp(start, "hosts:", 6)) return;
  int inside = 0;                      /* of brackets: what to do then */
  for (char *word = strtok_r(start + 6, blank, &more); word;
       word = strtok_r(NULL, blank, &more)) {
    if (*word == '[') inside = 1;
    if (!inside) add_source(c, word);
    if (!inside && strcmp(word, "files") && strcmp(word, "dns"))
      c->others = 1;
    if (strchr(word, ']')) inside = 0;
  }
}

static void each_line(struct resolv_conf *c, const char *path,
                      void (*take)(struct resolv_conf *, const char *)) {
  char line[512];
  FILE *file = fopen(path, "re");
  if (!file) return;
  while (fgets(line, sizeof line, file)) take(c, line);
  fclose(file);
}

static int64_t stamp_of(const char *path) {
  struct stat s;
  if (stat(path, &s)) return 0;
  return (int64_t)s.st_mtim.tv_sec * 1000000000 + s.st_mtim.tv_nsec +
         (int64_t)s.st_ino;
}

int64_t resolv_conf_stamp(void) {
  return (int64_t)((uint64_t)stamp_of(resolv) * 3 +
                   (uint64_t)stamp_of(nsswitch));
}

void resolv_conf_read(struct resolv_conf *c) {
  *c = (struct resolv_conf){.timeout = TIMEOUT, .attempts = ATTEMPTS,
                            .stamp = resolv_conf_stamp()};
  each_line(c, resolv, resolv_conf_line);
  each_line(c, nsswitch, resolv_conf_nsswitch);
  const char *options = getenv("RES_OPTIONS");
  char copy[512];
  snprintf(copy, sizeof copy, "%s", options ? options : "");
  take_options(c, copy);
  if (!c->order[0]) strcpy(c->order, "fb");
  if (!c->servers) c->servers = 1;     /* the one on this host */
}
