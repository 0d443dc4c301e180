-- SPDX-License-Identifier: MIT
--
-- Runs shell commands for specs: run("...") gives { status =, out =, err = }. In them
-- "$MTR_PROGRAM" is mtrlua, and "$DIR" a directory of its own that run.clean() removes. Who called
-- sudo is not told: mtrlua would become that user.
local has_ffi, ffi = pcall(require, "ffi")

if has_ffi then ffi.cdef [[
  extern char **run_environ __asm__("environ");
  int run_actions(void *actions) __asm__("posix_spawn_file_actions_init");
  int run_open(void *actions, int fd, const char *path, int flags, unsigned mode)
    __asm__("posix_spawn_file_actions_addopen");
  int run_free_actions(void *actions) __asm__("posix_spawn_file_actions_destroy");
  int run_attributes(void *attributes) __asm__("posix_spawnattr_init");
  int run_flags(void *attributes, short flags) __asm__("posix_spawnattr_setflags");
  int run_free_attributes(void *attributes) __asm__("posix_spawnattr_destroy");
  int run_spawn(int *pid, const char *path, const void *actions, const void *attributes,
    const char *const argv[], char **environment) __asm__("posix_spawn");
  long run_syscall(long number, ...) __asm__("syscall");
  int run_poll(int *watched, unsigned long count, int ms) __asm__("poll");
  int run_kill(int pid, int signal) __asm__("kill");
  int run_wait(int pid, int *status, int options) __asm__("waitpid");
  int run_close(int fd) __asm__("close");
  char *run_mkdtemp(char *template) __asm__("mkdtemp");
  int run_mkfifo(const char *path, unsigned mode) __asm__("mkfifo");
]] end
local C = has_ffi and ffi.C

local PIDFD_OPEN = 434                 -- the same number on every architecture

local M = {}

-- Returns the bytes of a file.
function M.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local dir

-- The directory of this run, made on first use.
function M.dir()
  if not dir and has_ffi then
    local path = (os.getenv "TMPDIR" or "/tmp") .. "/tmp.XXXXXX"
    local place = ffi.new("char[?]", #path + 1, path)
    assert(C.run_mkdtemp(place) ~= nil, "run: cannot make a directory")
    dir = ffi.string(place)
  elseif not dir then
    local pipe = assert(io.popen("mktemp -d"))
    dir = pipe:read("*l")
    pipe:close()
  end
  return dir
end

-- Writes a file into that directory and returns its path.
function M.file(name, text)
  local path = M.dir() .. "/" .. name
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

-- Makes a named pipe in that directory and returns its path.
function M.pipe(name)
  local path = M.dir() .. "/" .. name
  if has_ffi then
    assert(C.run_mkfifo(path, 384) == 0, "run: cannot make a named pipe")
  else
    assert(os.execute("mkfifo " .. quote(path)))
  end
  return path
end

-- Waits as many seconds, without a process for that.
function M.pause(seconds)
  if has_ffi then
    C.run_poll(nil, 0, seconds * 1000)
  else
    os.execute("sleep " .. seconds)
  end
end

-- Removes that directory.
function M.clean()
  if dir then
    os.execute("rm -rf " .. quote(dir))
    dir = nil
  end
end

-- Is the program |name| installed?
function M.has(name)
  return M.run("command -v " .. name).status == 0
end

-- The records of a text in JSON Lines, which has to end with a whole one.
function M.records(text)
  local list = {}
  for line in text:gmatch("[^\n]+") do list[#list + 1] = require "cjson".decode(line) end
  assert(text == "" or text:sub(-1) == "\n", "the last record is cut")
  return list
end

local OUTPUT = 577                     -- O_WRONLY|O_CREAT|O_TRUNC of Linux
local LIMIT = 300                      -- so long that only what hangs takes longer

-- Starts `sh -c command` with its streams in these files, in a process group of its own; its pid.
-- posix_spawn copies no page tables, and `timeout` in between would be one more program to start.
local function spawn(command, out, err)
  local actions, attributes = ffi.new "char[128]", ffi.new "char[512]"
  C.run_actions(actions)
  C.run_open(actions, 1, out, OUTPUT, 384)
  C.run_open(actions, 2, err, OUTPUT, 384)
  C.run_attributes(attributes)
  C.run_flags(attributes, 2)           -- POSIX_SPAWN_SETPGROUP; the group is the child's own
  local pid = ffi.new "int[1]"
  local argv = ffi.new("const char *[4]", { "sh", "-c", command })
  local problem = C.run_spawn(pid, "/bin/sh", actions, attributes, argv, C.run_environ)
  C.run_free_actions(actions)
  C.run_free_attributes(attributes)
  assert(problem == 0, "run: cannot start sh")
  return pid[0]
end

-- Waits for this child as many seconds; its exit status, 128 and above after a signal, 124 when
-- its time was over and its group was ended.
local function wait(pid, seconds)
  local descriptor = tonumber(C.run_syscall(PIDFD_OPEN, ffi.cast("long", pid), ffi.cast("long", 0)))
  assert(descriptor >= 0, "run: cannot watch the child")
  local watched = ffi.new("int[2]", { descriptor, 1 })   -- struct pollfd, POLLIN
  local over = C.run_poll(watched, 1, seconds * 1000) == 0
  C.run_close(descriptor)
  if over then C.run_kill(-pid, 15) end
  local status = ffi.new "int[1]"
  C.run_wait(pid, status, 0)
  local low = status[0] % 128
  return over and 124 or low ~= 0 and 128 + low or math.floor(status[0] / 256) % 256
end

-- Runs |command| with sh, its streams kept apart. It has LIMIT seconds, or as many as |seconds|
-- says; then its status is 124.
function M.run(command, seconds)
  local base = M.dir() .. "/.run"
  local line = ("unset SUDO_UID; export DIR=%s; %s"):format(quote(M.dir()), command)
  seconds = seconds or LIMIT
  local status
  if has_ffi then
    status = wait(spawn(line, base .. ".out", base .. ".err"), seconds)
  else
    os.execute(("timeout %d sh -c %s >%s.out 2>%s.err; echo $? >%s.status"):format(seconds,
      quote(line), base, base, base))
    status = tonumber(M.read(base .. ".status"))
  end
  return { status = status, out = M.read(base .. ".out"), err = M.read(base .. ".err") }
end

return M
