-- SPDX-License-Identifier: MIT
--
-- Starts child processes, other programs or copies of this one, and waits for whichever
-- ends first. Each child leads a process group of its own and writes both its streams to a file, so
-- that `kill` ends it together with all that it started in its group. Signals that ask this process
-- to end are blocked here and handed to the caller of `wait`, who thus gets to end its children
-- first. A child gets interrupts as one started by hand does: a shell that starts us in the
-- background has them ignored. For one caller in a process; the numbers are those of Linux.
local ffi = require "ffi"

ffi.cdef [[
  typedef struct { unsigned long bits[16]; } runner_signals;
  struct runner_pause { long seconds, nanoseconds; };
  int runner_mask(int how, const runner_signals *set, runner_signals *old) __asm__("sigprocmask");
  int runner_add(runner_signals *set, int signal) __asm__("sigaddset");
  int runner_await(const runner_signals *set, void *info, const struct runner_pause *most)
    __asm__("sigtimedwait");
  int runner_fork(void) __asm__("fork");
  int runner_group(int pid, int group) __asm__("setpgid");
  int runner_open(const char *path, int flags, int mode) __asm__("open");
  int runner_dup2(int from, int to) __asm__("dup2");
  int runner_exec(const char *file, const char *const argv[]) __asm__("execvp");
  int runner_reap(int pid, int *status, int options) __asm__("waitpid");
  int runner_kill(int pid, int signal) __asm__("kill");
  int runner_clock(int clock, struct runner_pause *now) __asm__("clock_gettime");
  unsigned runner_alarm(unsigned seconds) __asm__("alarm");
  void runner_exit(int status) __asm__("_exit");
  void (*runner_signal(int signal, void (*handler)(int)))(int) __asm__("signal");
]]
local C = ffi.C

local BLOCK, RESTORE = 0, 2                              -- for sigprocmask
local HUP, INT, KILL, PIPE, TERM, CHLD = 1, 2, 9, 13, 15, 17
local WRITE, NOHANG = 577, 1                             -- O_WRONLY|O_CREAT|O_TRUNC, WNOHANG
local MONOTONIC, AGAIN = 1, 11

local M = {}

local awaited, before = ffi.new "runner_signals", ffi.new "runner_signals"
for _, signal in ipairs { HUP, INT, PIPE, TERM, CHLD } do C.runner_add(awaited, signal) end
C.runner_mask(BLOCK, awaited, before)

local instant, status = ffi.new "struct runner_pause", ffi.new "int[1]"

---Seconds of a clock that only goes forward.
function M.now()
  C.runner_clock(MONOTONIC, instant)
  return tonumber(instant.seconds) + tonumber(instant.nanoseconds) / 1e9
end

-- Forks; the child writes to |output|, and does what |act| does.
local function fork(output, act)
  local pid = C.runner_fork()
  assert(pid >= 0, "child: cannot fork")
  if pid == 0 then
    C.runner_group(0, 0)
    C.runner_dup2(C.runner_open("/dev/null", 0, 0), 0)
    C.runner_dup2(C.runner_open(output, WRITE, 384), 1)
    C.runner_dup2(1, 2)
    C.runner_mask(RESTORE, before, nil)
    C.runner_signal(INT, nil)                             -- SIG_DFL
    act()
    C.runner_exit(127)
  end
  C.runner_group(pid, pid)
  return pid
end

---Starts a program; its process id. What it prints goes to the file |output|.
---@param words string[]
---@param output string
---@return integer pid
function M.start(words, output)
  local argv = ffi.new("const char *[?]", #words + 1, words)
  argv[#words] = nil
  return fork(output, function() C.runner_exec(words[1], argv) end)
end

---Starts a copy of this process that calls fn() and ends when that returns; its process id. What
---it prints goes to the file |output|. SIGALRM ends it after as many |seconds|. What was written
---must be flushed before.
---@param fn fun()
---@param output string
---@param seconds integer
---@return integer pid
function M.copy(fn, output, seconds)
  return fork(output, function()
    C.runner_alarm(seconds)
    local ok, problem = xpcall(fn, debug.traceback)
    if not ok then io.stderr:write(problem, "\n") end
    os.exit(ok)
  end)
end

---Waits for a child to end: its process id and exit status, 128 and above after a signal. Or nil
---and the number of a signal that asks this process to end; or only nil, after as many |seconds|.
---@param seconds number
---@return integer?
---@return integer?
function M.wait(seconds)
  local pause = ffi.new("struct runner_pause", math.floor(seconds), seconds % 1 * 1e9)
  while true do
    local pid = C.runner_reap(-1, status, NOHANG)
    if pid > 0 then
      local low = status[0] % 128
      return pid, low == 0 and math.floor(status[0] / 256) % 256 or 128 + low
    end
    local signal = C.runner_await(awaited, nil, pause)
    if signal < 0 and ffi.errno() == AGAIN then return nil end
    if signal > 0 and signal ~= CHLD then return nil, signal end
  end
end

---Ends a child, if it has not ended, and its process group.
---@param pid integer
function M.kill(pid)
  C.runner_kill(-pid, KILL)
  C.runner_reap(pid, status, 0)
end

return M
