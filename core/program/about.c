/* SPDX-License-Identifier: MIT
 *
 * Help and versions. The only file outside core/loop that includes uv.h: it
 * shows the version of the library that is loaded.
 */
#include "program/about.h"

#include <lauxlib.h>
#include <lua.h>
#include <luajit.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "mtr.h"
#include "program/options.h"
#include "program/sandbox.h"
#include "program/source.h"

/* Prints |words| behind the |column| characters that the line already has, and
 * breaks it before WIDTH; further lines begin at |indent|. Changes |words|. */
static void about_words(char *words, size_t column, int indent) {
  enum { WIDTH = 78 };
  for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
    if (column + 1 + strlen(word) > WIDTH) {
      printf("\n%*s", indent - 1, "");
      column = (size_t)indent - 1;
    }
    column += (size_t)printf(" %s", word);
  }
  putchar('\n');
}

/* about_transports: prints the line of --transport. */
static void about_transports(void) {
  char names[OPTIONS_NAMES];
  options_transports(names, sizeof names, ", ");
  about_words(names, (size_t)printf("  --transport NAME    how probes travel:"),
              22);
}

/* about_programs: prints the installed scripts, and what each does. */
static void about_programs(void) {
  enum { INDENT = 14 };
  char names[SOURCE_PROGRAMS][SOURCE_NAME], text[256];
  int count = source_programs(names);
  if (count) puts("programs, each has --help:");
  for (int i = 0; i < count; i++) {
    source_about(names[i], text, sizeof text);
    about_words(text, (size_t)printf("  %-*s", INDENT - 3, names[i]), INDENT);
  }
  if (count) putchar('\n');
}

void about_help(void) {
  fputs(
    "usage: mtrlua [options] script [args]   run a script of trace campaigns\n"
    "       mtrlua [options] -e 'chunk'      run a piece of Lua\n"
    "       mtrlua [options] -               run standard input\n"
    "       mtrlua [options] -i              run what is typed at a prompt\n"
    "\n"
    "A script without a slash in its name is one of the installed scripts:\n"
    "mtrlua trace example.org; if the name ends with .lua, the current\n"
    "directory is searched first.\n"
    "\n",
    stdout);
  about_programs();
  fputs(
    "options (write them before the script):\n"
    "  -e CHUNK            run the Lua text CHUNK, before the script\n"
    "  -i                  then run what is typed at a prompt; mtr is loaded\n",
    stdout);
  about_transports();
  printf(
    "  --sim FILE          a simulated network, described in a Lua file\n"
    "  --rate RATE         rate of all traces together in probes/s: 1000\n"
    "                      (default), 100/s; 0 or max: no limit\n"
    "  --source4 ADDRESS   source address of IPv4 probes\n"
    "  --source6 ADDRESS   source address of IPv6 probes\n"
    "  --interface NAME    send through this interface\n"
    "  --mark NUMBER       firewall mark of the probes\n"
    "  --user NAME         as root: become this user (default: who called "
    "sudo)\n"
    "  --log LEVEL         which messages to print: error, warn, info, debug\n"
    "  --seed NUMBER       seed of every random choice: each run makes the "
    "same\n"
    "  --record FILE       file to record the run into\n"
    "  --replay FILE       file to replay a run from: no network, no "
    "privilege\n"
    "  --grace WAIT        how long a script may go on after ^C (%gs)\n"
    "  --sandbox           the script is not trusted: it can only trace,\n"
    "                      calculate and print\n"
    "  --output FORMAT=FILE  with --sandbox: a file for results, in\n"
    "                      mtr.outputs; several times for several\n"
    "  --max-memory SIZE   with --sandbox: memory of the script (%dMiB)\n"
    "  --max-time WAIT     with --sandbox: time of the script (%gm)\n"
    "  --max-probes N      with --sandbox: probes of the script (%d)\n",
    OPTIONS_GRACE_MS / 1e3, SANDBOX_MEMORY_MIB, SANDBOX_TIME_MS / 6e4,
    SANDBOX_PROBES);
  fputs(
    "  -v, --version       print versions and exit\n"
    "  -h, --help          print this text and exit\n"
    "\n"
    "These options are also defaults for engines that the script opens with\n"
    "mtr.engine. If the script gives transport, sim or replay there, none of\n"
    "these defaults is used. --record and --replay apply to one engine only.\n"
    "\n"
    "Exit status: 0 done, 1 error, 2 wrong usage, 130 interrupted (^C), 143\n"
    "ended by SIGTERM. A script can choose another status. The first such\n"
    "signal ends traces and campaigns, and the script still gets their\n"
    "results; calls that only wait, or start something, raise\n"
    "\"mtr: interrupted\". The second signal, or the end of --grace, ends the\n"
    "program.\n",
    stdout);
}

void about_version(void) {
  lua_State *L = luaL_newstate();
  const char *jit = "off";
  if (L) {
    luaL_openlibs(L);
    if (luaL_dostring(L, "return require('jit').status() and 'on' or 'off'") ==
        0)
      jit = lua_tostring(L, -1);
  }
  printf("mtrlua %s (ABI %u, %s, JIT %s, libuv %s)\n", VERSION,
         mtr_abi(), LUAJIT_VERSION, jit, uv_version_string());
  if (L) lua_close(L);
}
