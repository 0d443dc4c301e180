/* SPDX-License-Identifier: MIT
 *
 * Converts words to numbers and back. The error for a wrong word gives the
 * range of right ones; nothing is guessed.
 */
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"

struct setting {
  const char *name;
  __u32 least, most;
  __u32 *value;
};

static const char *set(const struct setting *s, const char *text) {
  static char why[128];
  char *end;
  unsigned long v = strtoul(text, &end, 10);
  if (*text >= '0' && *text <= '9' && !*end && v >= s->least && v <= s->most) {
    *s->value = (__u32)v;
    return NULL;
  }
  snprintf(why, sizeof why, "%s is %u to %u, not '%.32s'", s->name, s->least,
           s->most, text);
  return why;
}

const char *settings_read(struct model *m, int n, char **words) {
  static char why[128];
  *m = (struct model)MODEL_DEFAULT;
  const struct setting all[] = {
    {"seed", 0, 0xffffffff, &m->seed},
    {"hops", 1, MODEL_MAX_HOPS, &m->hops},
    {"span", 1, MODEL_MAX_HOPS, &m->span},
    {"silent", 0, 1000, &m->silent},
    {"dark", 0, 1000, &m->dark},
    {"balance", 0, 1, &m->balance},
  };
  for (int i = 0; i < n; i++) {
    size_t name = strcspn(words[i], "="), k = 0;
    const size_t most = sizeof all / sizeof *all;
    while (k < most && (strncmp(all[k].name, words[i], name) ||
                        all[k].name[name] || !words[i][name])) k++;
    if (k == most) {
      snprintf(why, sizeof why, "unknown setting '%.32s': there are seed= "
               "hops= span= silent= dark= balance=", words[i]);
      return why;
    }
    const char *wrong = set(&all[k], words[i] + name + 1);
    if (wrong) return wrong;
  }
  if (m->hops + m->span - 1 > MODEL_MAX_HOPS)
    return "hops + span - 1, the longest path, is at most 16";
  return NULL;
}

void settings_print(const unsigned long long *counts) {
  static const char *const names[ANSWER_KINDS] = {
    [ANSWER_EXCEEDED] = "exceeded", [ANSWER_ECHO] = "echo",
    [ANSWER_UNREACHABLE] = "unreachable", [ANSWER_RESET] = "reset",
    [ANSWER_SILENT] = "silent", [ANSWER_DARK] = "dark",
    [ANSWER_OTHER] = "other", [ANSWER_LOST] = "lost"
  };
  unsigned long long probes = 0;
  for (int i = 0; i < ANSWER_KINDS; i++) {
    printf("%s=%llu ", names[i], counts[i]);
    probes += i == ANSWER_OTHER ? 0 : counts[i];
  }
  printf("probes=%llu\n", probes);
}
