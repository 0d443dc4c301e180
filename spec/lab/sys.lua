-- SPDX-License-Identifier: MIT
--
-- The few system calls that the lab needs and Lua lacks: replace this process by another program,
-- run a program and pass signals on to it, and enter a network namespace. Plain libc through the
-- FFI, Linux only. It refuses threads: setns and fork here are for a process with one.

local ffi = require "ffi"
local C = ffi.C

-- The names are our own, so that another module may declare the same functions its own way, and
-- busted may load this file twice.
ffi.cdef([[
int lab_getpid(void) __asm__("getpid");
int lab_fork(void) __asm__("fork");
int lab_execvp(const char *file, const char *const argv[]) __asm__("execvp");
int lab_waitpid(int pid, int *status, int options) __asm__("waitpid");
int lab_kill(int pid, int sig) __asm__("kill");
void lab_exit(int status) __asm__("_exit");
int lab_sigemptyset(void *set) __asm__("sigemptyset");
int lab_sigaddset(void *set, int sig) __asm__("sigaddset");
int lab_sigprocmask(int how, const void *set, void *old) __asm__("sigprocmask");
int lab_sigwaitinfo(const void *set, void *info) __asm__("sigwaitinfo");
int lab_open(const char *path, int flags, ...) __asm__("open");
int lab_close(int fd) __asm__("close");
int lab_poll(void *fds, unsigned long count, int ms) __asm__("poll");
int lab_setns(int fd, int kind) __asm__("setns");
int lab_memory(const char *name, unsigned flags) __asm__("memfd_create");
long lab_write(int fd, const void *bytes, size_t size) __asm__("write");
long lab_pread(int fd, void *bytes, size_t size, long offset) __asm__("pread64");
long lab_seek(int fd, long offset, int from) __asm__("lseek64");
int lab_actions(void *actions) __asm__("posix_spawn_file_actions_init");
int lab_redirect(void *actions, int from, int to) __asm__("posix_spawn_file_actions_adddup2");
int lab_free_actions(void *actions) __asm__("posix_spawn_file_actions_destroy");
int lab_spawn(int *pid, const char *file, const void *actions, const void *attributes,
  const char *const argv[], char **environment) __asm__("posix_spawnp");
extern char **lab_environ __asm__("environ");
]])

local sigset = ffi.typeof("struct { unsigned long bits[16]; }")
local siginfo = ffi.typeof("struct { int signo, error, code; int rest[29]; }")

local M = {}

local SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIG_BLOCK, SIG_SETMASK = 1, 2, 15, 17, 0, 2
local O_CREATE = 0x800c1 -- O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC
local O_CLOEXEC, CLONE_NEWNET, WNOHANG, MFD_CLOEXEC = 0x80000, 0x40000000, 1, 1

--- This process.
---@return integer
function M.getpid()
  return C.lab_getpid()
end

--- When a process was started, in the kernel's ticks: with its pid, its name for good. nil: gone.
---@param pid integer
---@return string?
function M.started(pid)
  local file = io.open(("/proc/%d/stat"):format(pid))
  local stat = file and file:read("*a")
  if file then
    file:close()
  end
  local state, start = (stat or ""):match("%) (%S)" .. (" %S+"):rep(18) .. " (%d+)")
  return state ~= "Z" and start or nil
end

--- End a process at once, if it is still the one that was started then.
---@param pid integer
---@param start string
---@param group boolean?  and all of its process group
function M.kill(pid, start, group)
  if M.started(pid) == start then
    C.lab_kill(pid, 9)
    if group then
      C.lab_kill(-pid, 9)
    end
  end
end

--- Become another program; returns only when that fails.
---@param argv string[]
function M.exec(argv)
  local v = ffi.new("const char *[?]", #argv + 1)
  for i, arg in ipairs(argv) do
    v[i - 1] = arg
  end
  C.lab_execvp(argv[1], v)
end

--- From now on the ending signals wait for M.run, so that what was begun can be undone.
---@return table  for M.run
function M.hold_signals()
  local set, old = sigset(), sigset()
  C.lab_sigemptyset(set)
  for _, sig in ipairs({ SIGHUP, SIGINT, SIGTERM, SIGCHLD }) do
    C.lab_sigaddset(set, sig)
  end
  C.lab_sigprocmask(SIG_BLOCK, set, old)
  return { set = set, old = old }
end

--- Run a program to its end and return its exit status, 128 + n when signal n ended it. Signals
--- sent to this process go on to it, but for the terminal's, which it has had already.
---@param argv string[]
---@param held table  from M.hold_signals
---@return integer
function M.run(argv, held)
  local pid = C.lab_fork()
  if pid == 0 then
    C.lab_sigprocmask(SIG_SETMASK, held.old, nil)
    M.exec(argv)
    C.lab_exit(127)
  end
  local info, status = siginfo(), ffi.new("int[1]")
  while C.lab_waitpid(pid, status, WNOHANG) == 0 do
    local sig = C.lab_sigwaitinfo(held.set, info)
    if sig > 0 and sig ~= SIGCHLD and info.code <= 0 then
      C.lab_kill(pid, sig)
    end
  end
  local sig = status[0] % 128
  return sig > 0 and 128 + sig or math.floor(status[0] / 256) % 256
end

-- Starts argv with these descriptors as its input and its output: its pid, or nil.
local function spawn(argv, input, output)
  local v = ffi.new("const char *[?]", #argv + 1, argv)
  v[#argv] = nil
  local actions, pid = ffi.new("char[128]"), ffi.new("int[1]")
  C.lab_actions(actions)
  C.lab_redirect(actions, input, 0)
  C.lab_redirect(actions, output, 1)
  C.lab_redirect(actions, output, 2)
  local status
  for _, place in ipairs({ "", "/usr/sbin/", "/sbin/" }) do
    status = C.lab_spawn(pid, place .. argv[1], actions, nil, v, C.lab_environ)
    if status == 0 then break end
  end
  C.lab_free_actions(actions)
  return status == 0 and pid[0] or nil
end

--- Run a program to its end with a text as its input: what it printed on both its streams, and its
--- exit status, 128 + n when signal n ended it, 127 when it is not there. It is searched in PATH,
--- in /usr/sbin and in /sbin.
---@param argv string[]
---@param text string
---@return string
---@return integer
function M.feed(argv, text)
  local input, output = C.lab_memory("input", MFD_CLOEXEC), C.lab_memory("output", MFD_CLOEXEC)
  assert(input >= 0 and output >= 0, "no descriptor for a program's streams")
  assert(C.lab_write(input, text, #text) == #text, "cannot keep a program's input")
  C.lab_seek(input, 0, 0)
  local pid, status = spawn(argv, input, output), ffi.new("int[1]", 127 * 256)
  if pid then C.lab_waitpid(pid, status, 0) end
  local size = tonumber(C.lab_seek(output, 0, 1))
  local bytes = ffi.new("char[?]", size + 1)
  size = tonumber(C.lab_pread(output, bytes, size, 0))
  C.lab_close(input)
  C.lab_close(output)
  local sig = status[0] % 128
  return ffi.string(bytes, size), sig > 0 and 128 + sig or math.floor(status[0] / 256) % 256
end

--- Make an empty file, which must not be there yet: whether it was made.
---@param path string
---@return boolean
function M.create(path)
  local fd = C.lab_open(path, O_CREATE, ffi.cast("int", 420))
  if fd < 0 then return false end
  C.lab_close(fd)
  return true
end

--- Wait for some seconds.
---@param seconds number
function M.pause(seconds)
  C.lab_poll(nil, 0, seconds * 1000)
end

-- Open a namespace's file, move to it, and return the file.
local function enter(path)
  local fd = C.lab_open(path, O_CLOEXEC)
  if fd < 0 or C.lab_setns(fd, CLONE_NEWNET) < 0 then
    local message = ("setns %s: errno %d"):format(path, ffi.errno())
    C.lab_close(fd)
    error(message, 0)
  end
  return fd
end

--- Call fn with this process in the network namespace at a path; what it opens stays there.
---@param path string
---@param fn fun(): ...
---@return ...  what fn returns
function M.inside(path, fn)
  local home = enter("/proc/self/ns/net") -- first of all: may we come back?
  local function back(ok, ...)
    local is_home = C.lab_setns(home, CLONE_NEWNET) == 0
    C.lab_close(home)
    assert(is_home, "setns: cannot go back")
    if not ok then
      error((...), 0)
    end
    return ...
  end
  return back(pcall(function()
    C.lab_close(enter(path))
    return fn()
  end))
end

return M
