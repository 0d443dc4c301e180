/* SPDX-License-Identifier: MIT
 *
 * A table of long options, each with the field for its value. Numbers and words
 * are checked here. The Lua layer and the engine check addresses, rates and
 * interfaces.
 */
#include "program/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mtr.h"
#include "program/sandbox.h"

/* One option that takes a value. */
struct row {
  const char *name;
  size_t field;          /* offset of its const char * in struct options */
  size_t number;         /* offset of its uint32_t, 0: not a number */
  const char *words;     /* the values allowed, separated by |; NULL: any; or
                          * |duration|: the number is of ms */
};

static const char duration[] = "a duration such as 5, 250ms or 1m";
static const char mebibytes[] = "a size such as 64MiB or 1GiB";

#define FIELD(name) offsetof(struct options, name)

static const struct row rows[] = {
    {"transport", FIELD(transport), 0, NULL},
    {"sim", FIELD(sim), 0, NULL},
    {"rate", FIELD(rate), 0, NULL},
    {"source4", FIELD(source4), 0, NULL},
    {"source6", FIELD(source6), 0, NULL},
    {"interface", FIELD(interface), 0, NULL},
    {"mark", FIELD(mark_text), FIELD(mark), NULL},
    {"log", FIELD(log), 0, "error|warn|info|debug"},
    {"seed", FIELD(seed_text), FIELD(seed), NULL},
    {"user", FIELD(user), 0, NULL},
    {"record", FIELD(record), 0, NULL},
    {"replay", FIELD(replay), 0, NULL},
    {"grace", FIELD(grace_text), FIELD(grace_ms), duration},
    {"max-memory", FIELD(memory_text), FIELD(max_memory), mebibytes},
    {"max-time", FIELD(time_text), FIELD(max_time_ms), duration},
    {"max-probes", FIELD(probes_text), FIELD(max_probes), NULL},
    {"output", FIELD(output), 0, NULL},
    {NULL, 0, 0, NULL}};

static size_t least(size_t a, size_t b, size_t c) {
  size_t low = a < b ? a : b;
  return low < c ? low : c;
}

size_t options_distance(const char *a, const char *b) {
  enum { CUT = 32 };
  size_t n = strnlen(a, CUT), m = strnlen(b, CUT), row[CUT + 1];
  if (!strncmp(a, b, n)) return 0;
  for (size_t j = 0; j <= m; j++) row[j] = j;
  for (size_t i = 1; i <= n; i++) {
    size_t corner = row[0];
    row[0] = i;
    for (size_t j = 1; j <= m; j++) {
      size_t up = row[j];
      row[j] = least(up + 1, row[j - 1] + 1, corner + (a[i - 1] != b[j - 1]));
      corner = up;
    }
  }
  return row[m];
}

static int unknown(const char *arg, char *why) {
  const char *name = arg + strspn(arg, "-"), *nearest = "help";
  char word[32];
  snprintf(word, sizeof word, "%.*s", (int)strcspn(name, "="), name);
  size_t best = options_distance(word, nearest);
  for (const struct row *r = rows; r->name; r++) {
    size_t d = options_distance(word, r->name);
    if (d < best) {
      best = d;
      nearest = r->name;
    }
  }
  if (options_distance(word, "version") < best) nearest = "version";
  if (options_distance(word, "sandbox") < best) nearest = "sandbox";
  snprintf(why, OPTIONS_WHY, "unknown option '%.64s'; the nearest is --%s", arg,
           nearest);
  return -EINVAL;
}

static int is_word(const char *words, const char *value) {
  size_t n = strlen(value);
  for (const char *w = words; n > 0; w++) {
    size_t len = strcspn(w, "|");
    if (len == n && !strncmp(w, value, n)) return 1;
    w += len;
    if (!*w) break;
  }
  return 0;
}

int options_transports(char *out, size_t size, const char *between) {
  struct mtr_transport_info info;
  size_t used = 0;
  for (uint32_t i = 0; used < size && !mtr_transport_info(i, &info); i++)
    if (info.flags & MTR_TRANSPORT_NAMED)
      used += (size_t)snprintf(out + used, size - used, "%s%s",
                               used ? between : "", info.name);
  return used < size ? 0 : -ENOSPC;
}

int options_helped(const struct options *o) {
  struct mtr_transport_info info;
  for (uint32_t i = 0; o->transport && !mtr_transport_info(i, &info); i++)
    if (!strcmp(info.name, o->transport))
      return (info.flags & MTR_TRANSPORT_HELPED) != 0;
  return 0;
}

/* Reads |text|, seconds unless it has a unit, into |*ms|. */
static int take_duration(const char *text, uint32_t *ms) {
  static const struct {
    const char *name;
    double ms;
  } units[] = {{"", 1000}, {"s", 1000}, {"ms", 1}, {"m", 60000}, {"h", 3.6e6}};
  char *end;
  double n = strtod(text, &end);
  if (!*text || text[strspn(text, "0123456789.msh")] || end == text) return 0;
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (!strcmp(end, units[i].name) && n * units[i].ms <= 8.64e7) {
      *ms = (uint32_t)(n * units[i].ms);
      return 1;
    }
  return 0;
}

/* Reads |text| with its unit into |*mib|. */
static int take_size(const char *text, uint32_t *mib) {
  char *end;
  unsigned long n = strtoul(text, &end, 10);
  if (*text < '0' || *text > '9') return 0;
  if (!strcmp(end, "GiB")) n = n < 1024 ? n * 1024 : 0;
  else if (strcmp(end, "MiB")) return 0;
  *mib = (uint32_t)n;
  return n > 0 && n <= 1024 * 1024;
}

static int set_value(struct options *o, const struct row *r, const char *value,
                     char *why) {
  char names[OPTIONS_NAMES];
  const char *words = r->words;
  if (r->field == FIELD(transport)) {
    options_transports(names, sizeof names, "|");
    words = names;
  }
  if (r->field == FIELD(output)) {
    if (o->outputs == OPTIONS_OUTPUTS || !strchr(value, '=')) {
      snprintf(why, OPTIONS_WHY, o->outputs == OPTIONS_OUTPUTS
               ? "too many --output" : "--output: '%.64s' is not FORMAT=FILE",
               value);
      return -EINVAL;
    }
    o->output[o->outputs++] = value;
    return 0;
  }
  if (words == mebibytes) {
    uint32_t mib;
    if (!take_size(value, &mib)) {
      snprintf(why, OPTIONS_WHY, "--%s: '%.64s' is not %s", r->name, value,
               mebibytes);
      return -EINVAL;
    }
    memcpy((char *)o + r->number, &mib, sizeof mib);
  } else if (words == duration) {
    uint32_t ms;
    if (!take_duration(value, &ms)) {
      snprintf(why, OPTIONS_WHY, "--%s: '%.64s' is not %s, a day at most",
               r->name, value, duration);
      return -EINVAL;
    }
    memcpy((char *)o + r->number, &ms, sizeof ms);
  } else if (words && !is_word(words, value)) {
    snprintf(why, OPTIONS_WHY, "--%s: '%.64s' is not one of %s", r->name, value,
             words);
    return -EINVAL;
  } else if (r->number) {
    char *end;
    errno = 0;
    unsigned long long number = strtoull(value, &end, 0);
    if (errno || *end || *value < '0' || *value > '9' || number > UINT32_MAX) {
      snprintf(why, OPTIONS_WHY,
               "--%s: '%.64s' is not a number from 0 to 4294967295", r->name,
               value);
      return -EINVAL;
    }
    uint32_t narrow = (uint32_t)number;
    memcpy((char *)o + r->number, &narrow, sizeof narrow);
  }
  memcpy((char *)o + r->field, &value, sizeof value);
  return 0;
}

/* Takes --name value or --name=value at argv[0]. Returns how many arguments it
 * took. */
static int take_long(struct options *o, char **argv, char *why) {
  const char *name = argv[0] + 2;
  size_t len = strcspn(name, "=");
  for (const struct row *r = rows; r->name; r++) {
    const char *value = name[len] ? name + len + 1 : argv[1];
    if (strlen(r->name) != len || strncmp(r->name, name, len)) continue;
    if (!value) {
      snprintf(why, OPTIONS_WHY, "--%s needs a value", r->name);
      return -EINVAL;
    }
    int err = set_value(o, r, value, why);
    return err < 0 ? err : name[len] ? 1 : 2;
  }
  return unknown(argv[0], why);
}

static int take_chunk(struct options *o, const char *arg, char *why) {
  if (!arg || o->chunks == OPTIONS_CHUNKS) {
    snprintf(why, OPTIONS_WHY, arg ? "too many -e" : "-e needs a chunk of Lua");
    return -EINVAL;
  }
  o->chunk[o->chunks++] = arg;
  return 2;
}

/* Checks what goes with --sandbox, and only with it. */
static int check_sandbox(const struct options *o, char *why) {
  const char *only = o->memory_text ? "max-memory" : o->time_text ? "max-time"
                     : o->probes_text ? "max-probes" : o->outputs ? "output"
                     : NULL;
  const char *never = o->interactive ? "-i" : o->record ? "--record" : NULL;
  if (!o->sandbox && only)
    snprintf(why, OPTIONS_WHY, "--%s goes with --sandbox only", only);
  else if (o->sandbox && never)
    snprintf(why, OPTIONS_WHY, "--sandbox excludes %s", never);
  else if (o->sandbox && o->chunks + (o->script > 0) > 1)
    snprintf(why, OPTIONS_WHY, "--sandbox runs one script, or one -e");
  else
    return 0;
  return -EINVAL;
}

int options_parse(struct options *o, int argc, char **argv, char *why) {
  int i = 1;
  *o = (struct options){.action = OPTIONS_RUN, .grace_ms = OPTIONS_GRACE_MS,
                        .max_memory = SANDBOX_MEMORY_MIB,
                        .max_time_ms = SANDBOX_TIME_MS,
                        .max_probes = SANDBOX_PROBES};
  while (i < argc && argv[i][0] == '-' && argv[i][1]) {
    const char *arg = argv[i];
    int taken;
    if (!strcmp(arg, "--")) {
      i++;
      break;
    }
    if (!strcmp(arg, "-h") || !strcmp(arg, "--help")) {
      o->action = OPTIONS_HELP;
      return 0;
    }
    if (!strcmp(arg, "-v") || !strcmp(arg, "--version")) {
      o->action = OPTIONS_VERSION;
      return 0;
    }
    if (!strcmp(arg, "-i"))
      o->interactive = taken = 1;
    else if (!strcmp(arg, "--sandbox"))
      o->sandbox = taken = 1;
    else if (!strcmp(arg, "-e"))
      taken = take_chunk(o, argv[i + 1], why);
    else if (!strncmp(arg, "--", 2))
      taken = take_long(o, argv + i, why);
    else
      taken = unknown(arg, why);
    if (taken < 0) return taken;
    i += taken;
  }
  if (i < argc) {
    o->script = i;
  } else if (!o->chunks && !o->interactive) {
    snprintf(why, OPTIONS_WHY, "no script given");
    return -EINVAL;
  }
  return check_sandbox(o, why);
}
