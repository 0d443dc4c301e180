/* SPDX-License-Identifier: MIT
 *
 * options.h: reads the command line of mtrlua up to the name of the script. The
 * arguments after the name belong to the script.
 */
#ifndef PROGRAM_OPTIONS_H
#define PROGRAM_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

enum {
  OPTIONS_CHUNKS = 16,   /* most options -e */
  OPTIONS_OUTPUTS = 8,   /* most options --output */
  OPTIONS_NAMES = 128,   /* bytes for the names of all transports */
  OPTIONS_WHY = 256,     /* bytes of the longest message */
  OPTIONS_GRACE_MS = 5000
};

enum options_action { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION };

/* The options; strings belong to argv, NULL: not given. */
struct options {
  enum options_action action;
  const char *transport; /* "auto", "raw" ... */
  const char *sim;       /* file that describes a simulated network */
  const char *rate;      /* as given; the Lua layer parses it */
  const char *source4;
  const char *source6;
  const char *interface;
  const char *log;       /* "error", "warn", "info", "debug" */
  const char *user;      /* name or number of the user to become */
  const char *record;    /* file to record into */
  const char *replay;    /* file to replay from */
  const char *mark_text;
  const char *seed_text;
  const char *grace_text;
  uint32_t grace_ms;     /* how long the process may go on after a signal */
  uint32_t mark;         /* 0: not given */
  uint32_t seed;
  const char *chunk[OPTIONS_CHUNKS]; /* texts of -e, in order */
  int chunks;
  const char *output[OPTIONS_OUTPUTS]; /* FORMAT=FILE, in order */
  int outputs;
  int sandbox;           /* 1: the script is not trusted */
  const char *memory_text, *time_text, *probes_text;
  uint32_t max_memory;   /* MiB */
  uint32_t max_time_ms;
  uint32_t max_probes;
  int interactive;       /* -i: read lines of Lua, after the rest */
  int script;            /* index of the script in argv; 0: none */
};

/* options_parse: fills |o| from the command line. Returns 0, or -EINVAL and
 * writes what is wrong into |why|[OPTIONS_WHY]. */
int options_parse(struct options *o, int argc, char **argv, char *why);

/* options_transports: writes the names for --transport into |out|[|size|],
 * separated by |between|. 0 or -ENOSPC. */
int options_transports(char *out, size_t size, const char *between);

/* options_distance: returns the number of edits between two words (Levenshtein
 * distance); 0 if |a| is the beginning of |b|. Long words are cut. */
size_t options_distance(const char *a, const char *b);

/* options_helped: returns 1 if the transport that |o| names needs a helper
 * program with a privilege. */
int options_helped(const struct options *o);

#endif
