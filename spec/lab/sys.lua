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
]])

local sigset = ffi.typeof("struct { unsigned long bits[16]; }")
local siginfo = ffi.typeof("struct { int signo, error, code; int rest[29]; }")

local M = {}

local SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIG_BLOCK, SIG_SETMASK = 1, 2, 15, 17, 0, 2
local O_CLOEXEC, CLONE_NEWNET, WNOHANG = 0x80000, 0x40000000, 1

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
