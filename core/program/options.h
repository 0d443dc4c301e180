/* SPDX-License-Identifier: MIT
 *
 * options.h: the command line of mtrlua up to the script's name. What follows
 * that name belongs to the script and is not looked at.
 */
#ifndef PROGRAM_OPTIONS_H
#define PROGRAM_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

enum {
  OPTIONS_CHUNKS = 16,   /* -e at most */
  OPTIONS_NAMES = 128,   /* bytes for the names of all transports */
  OPTIONS_WHY = 256,     /* bytes that any message fits in */
  OPTIONS_GRACE_MS = 5000
};

enum options_action { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION };

/* What was asked for; strings belong to argv, NULL: not given. */
struct options {
  enum options_action action;
  const char *transport; /* "auto", "raw" ... */
  const char *sim;       /* file that describes a network */
  const char *rate;      /* as given; the Lua layer knows the notations */
  const char *source4;
  const char *source6;
  const char *interface;
  const char *log;       /* "error", "warn", "info", "debug" */
  const char *record;    /* file to record into */
  const char *replay;    /* file to replay from */
  const char *mark_text;
  const char *seed_text;
  const char *grace_text;
  uint32_t grace_ms;     /* what is left of us after the first signal, ms */
  uint32_t mark;         /* 0 when not given */
  uint32_t seed;
  const char *chunk[OPTIONS_CHUNKS]; /* of -e, in order */
  int chunks;
  int script;            /* index in argv of the script, 0 none */
};

/* options_parse: fills |o| from the command line. Returns 0, or -EINVAL with
 * |why|[OPTIONS_WHY] saying what is wrong with it. */
int options_parse(struct options *o, int argc, char **argv, char *why);

/* options_transports: writes the names that --transport takes into |out|
 * [|size|], with |between| between them. 0 or -ENOSPC. */
int options_transports(char *out, size_t size, const char *between);

/* options_helped: whether the transport that |o| names needs the privilege of
 * another program. */
int options_helped(const struct options *o);

#endif
