/* SPDX-License-Identifier: MIT
 *
 * Fills package.preload with the embedded modules and package.loaded with
 * "mtr.program", compiles the chunks, and hands them to the function that
 * require "mtr.main" returns. That function runs them as a task, drives the
 * engines and returns the exit status. Chunks are compiled here so that a
 * syntax error is reported before anything runs.
 *
 * "mtr.program" is { kits = { {fd, ...10}, ... }, kit_errno = n or nil,
 * options = { transport, sim, rate, source4, source6, interface, log, record,
 * replay: strings; mark, seed: numbers; each nil when not given },
 * installed = whether the script came with the program, starter = n or nil: of
 * mtr_starter, wake_fd = n,
 * interrupted = function() -> n, signals = a pointer to that n, an int32_t,
 * speed = function() -> signals_speed, clear = function(),
 * serve = function(): signals_serve, screen = see screen.h, prompt = the table
 * of prompt.c with the option -i, sandbox = see push_sandbox, with --sandbox }.
 */
#include "program/state.h"

#include <errno.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/heap.h"
#include "program/embed.h"
#include "program/prompt.h"
#include "program/sandbox.h"
#include "program/screen.h"
#include "program/signals.h"
#include "program/terminal.h"

/* state_end: as state_exit; |chosen|: the script says that this is the status,
 * which a reader that has gone then changes only if it is 0. */
static _Noreturn void state_end(int status, int chosen) {
  int err = 0;
  terminal_close();
  if (fflush(stdout)) err = errno;
  else if (ferror(stdout)) err = EIO;
  fflush(NULL);
  if (err == EPIPE || signals_status() == 128 + SIGPIPE)
    _exit(chosen && status ? status : 128 + SIGPIPE);
  if (err && !(err == EIO && status))
    fprintf(stderr, "mtrlua: standard output: %s\n",
            err == EIO ? "write error" : strerror(err));
  _exit(err && !status ? 1 : status);
}

void state_exit(int status) { state_end(status, 0); }

static int os_exit(lua_State *L) {
  int status = lua_isboolean(L, 1)
                   ? lua_toboolean(L, 1) ? EXIT_SUCCESS : EXIT_FAILURE
                   : (int)luaL_optinteger(L, 1, EXIT_SUCCESS);
  if (lua_toboolean(L, 2)) lua_close(L);
  state_end(status & 0xff, 1);
}

static int interrupted(lua_State *L) {
  lua_pushinteger(L, signals_count());
  return 1;
}

static int speed(lua_State *L) {
  lua_pushinteger(L, signals_speed());
  return 1;
}

static int clear_signals(lua_State *L) {
  (void)L;
  signals_clear();
  return 0;
}

static int serve(lua_State *L) {
  (void)L;
  signals_serve();
  return 0;
}

/* Returns 1 if this LuaJIT is the one that compiled the embedded modules. */
static int same_compiler(lua_State *L) {
  lua_getglobal(L, "jit");
  if (!lua_istable(L, -1)) return 0;
  lua_getfield(L, -1, "version");
  const char *version = lua_tostring(L, -1);
  return version && !strcmp(version, embed_compiler);
}

/* Loads a module; the entry in package.preload. The module is its upvalue. */
static int load_module(lua_State *L) {
  const struct embed_module *m = lua_touserdata(L, lua_upvalueindex(1));
  int compiled = same_compiler(L);
  const char *from = compiled ? m->code : m->text;
  const char *end = compiled ? m->code_end : m->text_end;
  if (luaL_loadbuffer(L, from, (size_t)(end - from), m->chunk) != 0)
    return lua_error(L);
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

static void preload(lua_State *L) {
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "preload");
  for (const struct embed_module *m = embed_modules; m->name; m++) {
    lua_pushlightuserdata(L, (void *)(uintptr_t)m);
    lua_pushcclosure(L, load_module, 1);
    lua_setfield(L, -2, m->name);
  }
  lua_pop(L, 2);
}

static void push_kits(lua_State *L, const struct kits *kits) {
  lua_createtable(L, kits->count, 0);
  for (int i = 0; i < kits->count; i++) {
    lua_createtable(L, MTR_SOCKETS, 0);
    for (int j = 0; j < MTR_SOCKETS; j++) {
      lua_pushinteger(L, kits->fd[i][j]);
      lua_rawseti(L, -2, j + 1);
    }
    lua_rawseti(L, -2, i + 1);
  }
}

/* Closes the wall of --sandbox, with the setup as upvalue; the argument says
 * whether TCP connections stay possible. Returns whether the kernel has
 * landlock; raises an error if there is no wall. */
static int wall(lua_State *L) {
  const struct state_setup *setup = lua_touserdata(L, lua_upvalueindex(1));
  const struct options *o = setup->options;
  int landlocked = 0;
  struct sandbox s = {.bytes = (uint64_t)o->max_memory << 20,
                      .ms = o->max_time_ms, .grace_ms = o->grace_ms,
                      .connects = lua_toboolean(L, 1)};
  int err = sandbox_close(&s, &landlocked);
  if (err) return luaL_error(L, "--sandbox: %s", strerror(-err));
  lua_pushboolean(L, landlocked);
  return 1;
}

/* Sets sandbox = { close = wall, max_probes = n, output = { text, ... } }. */
static void push_sandbox(lua_State *L, const struct state_setup *setup) {
  const struct options *o = setup->options;
  lua_newtable(L);
  lua_pushlightuserdata(L, (void *)(uintptr_t)setup);
  lua_pushcclosure(L, wall, 1);
  lua_setfield(L, -2, "close");
  lua_pushnumber(L, o->max_probes);
  lua_setfield(L, -2, "max_probes");
  lua_createtable(L, o->outputs, 0);
  for (int i = 0; i < o->outputs; i++) {
    lua_pushstring(L, o->output[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "output");
  lua_setfield(L, -2, "sandbox");
}

static void set_text(lua_State *L, const char *key, const char *value) {
  if (value) {
    lua_pushstring(L, value);
    lua_setfield(L, -2, key);
  }
}

static void set_number(lua_State *L, const char *key, const char *given,
                       uint32_t value) {
  if (given) {
    lua_pushnumber(L, value);
    lua_setfield(L, -2, key);
  }
}

static void push_options(lua_State *L, const struct options *o) {
  lua_newtable(L);
  set_text(L, "transport", o->transport);
  set_text(L, "sim", o->sim);
  set_text(L, "rate", o->rate);
  set_text(L, "source4", o->source4);
  set_text(L, "source6", o->source6);
  set_text(L, "interface", o->interface);
  set_text(L, "log", o->log);
  set_text(L, "record", o->record);
  set_text(L, "replay", o->replay);
  set_number(L, "mark", o->mark_text, o->mark);
  set_number(L, "seed", o->seed_text, o->seed);
}

/* Fills package.loaded["mtr.program"] and makes os.exit call state_exit. */
static void publish(lua_State *L, const struct state_setup *setup) {
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "loaded");
  lua_newtable(L);
  push_kits(L, setup->kits);
  lua_setfield(L, -2, "kits");
  if (setup->kits->error) {
    lua_pushinteger(L, setup->kits->error);
    lua_setfield(L, -2, "kit_errno");
  }
  push_options(L, setup->options);
  lua_setfield(L, -2, "options");
  lua_pushboolean(L, setup->script && setup->script->installed);
  lua_setfield(L, -2, "installed");
  if (setup->starter >= 0) {
    lua_pushinteger(L, setup->starter);
    lua_setfield(L, -2, "starter");
  }
  lua_pushinteger(L, setup->wake_fd);
  lua_setfield(L, -2, "wake_fd");
  lua_pushlightuserdata(L, (void *)(uintptr_t)signals_cell());
  lua_setfield(L, -2, "signals");
  lua_pushcfunction(L, interrupted);
  lua_setfield(L, -2, "interrupted");
  lua_pushcfunction(L, speed);
  lua_setfield(L, -2, "speed");
  lua_pushcfunction(L, clear_signals);
  lua_setfield(L, -2, "clear");
  lua_pushcfunction(L, serve);
  lua_setfield(L, -2, "serve");
  screen_push(L);
  lua_setfield(L, -2, "screen");
  if (setup->options->sandbox) push_sandbox(L, setup);
  if (setup->options->interactive) {
    prompt_push(L);
    lua_setfield(L, -2, "prompt");
  }
  lua_setfield(L, -2, "mtr.program");
  lua_getglobal(L, "os");
  lua_pushcfunction(L, os_exit);
  lua_setfield(L, -2, "exit");
  lua_pop(L, 3);
}

/* Sets the global arg, as lua(1) does. */
static void push_arg(lua_State *L, const struct state_setup *setup) {
  int script = setup->options->script;
  lua_createtable(L, setup->argc - script, script + 1);
  for (int i = 0; i < setup->argc; i++) {
    lua_pushstring(L, setup->argv[i]);
    lua_rawseti(L, -2, i - script);
  }
  lua_setglobal(L, "arg");
}

/* Replaces the |n| functions on top of the stack by one that calls them all. */
static int join_chunks(lua_State *L, int n) {
  static const char join[] =
    "local chunks, n = {...}, select('#', ...)\n"
    "return function(...)\n"
    "  for i = 1, n - 1 do chunks[i]() end\n"
    "  return chunks[n](...)\n"
    "end";
  if (n == 1) return 0;
  int err = luaL_loadbuffer(L, join, sizeof join - 1, "=(mtrlua)");
  if (err) return err;
  lua_insert(L, -1 - n);
  lua_call(L, n, 1);
  return 0;
}

/* Pushes one function for all chunks, or the message of an error. */
static int compile(lua_State *L, const struct state_setup *setup) {
  const struct source *s = setup->script;
  const struct options *o = setup->options;
  const char *mode = o->sandbox ? "t" : "bt";
  int n = 0;
  for (; n < o->chunks; n++) {
    int err = luaL_loadbufferx(L, o->chunk[n], strlen(o->chunk[n]),
                               "=(command line)", mode);
    if (err) return err;
  }
  if (s) {
    int err = luaL_loadbufferx(L, s->text, s->size, s->name, mode);
    if (err) return err;
    n++;
  }
  if (n == 0) return luaL_loadstring(L, "");
  return join_chunks(L, n);
}

static int traceback(lua_State *L) {
  const char *message = lua_tostring(L, 1);
  luaL_traceback(L, L, message ? message : luaL_typename(L, 1), 1);
  return 1;
}

/* Runs everything, called by lua_pcall: takes the setup, returns the status. */
static int run(lua_State *L) {
  const struct state_setup *setup = lua_touserdata(L, 1);
  int script = setup->options->script, args = 0;
  luaL_openlibs(L);
  preload(L);
  publish(L, setup);
  push_arg(L, setup);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "mtr.main");
  if (compile(L, setup) != 0) {
    fprintf(stderr, "mtrlua: %s\n", lua_tostring(L, -1));
    lua_pushinteger(L, EXIT_FAILURE);
    return 1;
  }
  lua_insert(L, -3);
  lua_call(L, 1, 1);
  lua_insert(L, -2);
  if (script) {
    args = setup->argc - script - 1;
    luaL_checkstack(L, args, "too many arguments");
    for (int i = 1; i <= args; i++) lua_pushstring(L, setup->argv[script + i]);
  }
  lua_call(L, 1 + args, 1);
  return 1;
}

int state_run(const struct state_setup *setup) {
  static struct heap heap;
  lua_State *L = lua_newstate(heap_alloc, &heap);
  if (!L) L = luaL_newstate();         /* this LuaJIT needs its allocator */
  if (!L) {
    fputs("mtrlua: not enough memory for Lua\n", stderr);
    return EXIT_FAILURE;
  }
  lua_pushcfunction(L, traceback);
  lua_pushcfunction(L, run);
  lua_pushlightuserdata(L, (void *)(uintptr_t)setup);
  if (lua_pcall(L, 1, 1, 1) != 0) {
    const char *message = lua_tostring(L, -1);
    terminal_close();
    fprintf(stderr, "mtrlua: %s\n", message ? message : "unknown error");
    return EXIT_FAILURE;
  }
  int status = (int)lua_tointeger(L, -1);
  return status == 130 && signals_status() ? signals_status() : status;
}
