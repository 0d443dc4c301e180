/* SPDX-License-Identifier: MIT
 *
 * Help and versions. The only place outside core/loop that includes uv.h, for
 * the version of the library that really is loaded.
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

/* about_transports: the line of --transport, folded like the others. */
static void about_transports(void) {
  enum { INDENT = 22, WIDTH = 78 };
  const char *text = "  --transport NAME    how probes travel:";
  char names[OPTIONS_NAMES];
  size_t column = strlen(text);

  fputs(text, stdout);
  options_transports(names, sizeof names, ", ");
  for (char *name = strtok(names, " "); name; name = strtok(NULL, " ")) {
    if (column + 1 + strlen(name) > WIDTH) {
      printf("\n%*s", INDENT - 1, "");
      column = INDENT - 1;
    }
    column += (size_t)printf(" %s", name);
  }
  putchar('\n');
}

void about_help(void) {
  fputs(
    "usage: mtrlua [options] script [args]   run a script of trace campaigns\n"
    "       mtrlua [options] -e 'chunk'      run a piece of Lua\n"
    "       mtrlua [options] -               run standard input\n"
    "\n"
    "A script without a slash in its name is one of those installed: mtrlua\n"
    "trace example.org; or, if it ends with .lua, in the current directory.\n"
    "\n"
    "options, before the script:\n"
    "  -e CHUNK            run CHUNK, before the script if there is one\n",
    stdout);
  about_transports();
  fputs(
    "  --sim FILE          simulate the network that a file of Lua describes\n"
    "  --rate RATE         all probes together: 1000, \"100/s\", max\n"
    "  --source4 ADDRESS   source address of IPv4 probes\n"
    "  --source6 ADDRESS   source address of IPv6 probes\n"
    "  --interface NAME    send through this interface\n"
    "  --mark NUMBER       firewall mark of the probes\n"
    "  --log LEVEL         how much to say: error, warn, info, debug\n"
    "  --seed NUMBER       makes random choices repeatable\n"
    "  --record FILE       keep the run in FILE\n"
    "  --replay FILE       run as then, from FILE: no network, no privilege\n"
    "  --grace WAIT        how long a script may go on after ^C (5s)\n"
    "  -v, --version       versions, then exit\n"
    "  -h, --help          this text, then exit\n"
    "\n"
    "An engine that the script opens with mtr.engine has these options too,\n"
    "save those that it names itself. One that names transport, sim or\n"
    "replay has none of them. --record and --replay are for one engine.\n"
    "\n"
    "Exit status: 0 done, 1 error, 2 bad usage, 130 interrupted (^C), 143\n"
    "ended by SIGTERM, or what the script says. The first such signal ends\n"
    "traces and campaigns, whose results the script still gets; what only\n"
    "waits, and what is started then, raises \"mtr: interrupted\". The second\n"
    "signal, or the end of --grace, ends everything.\n",
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
