-- SPDX-License-Identifier: MIT
--
-- A program that a spec runs as root. It opens one set of sockets and forks workers
-- that run as nobody, one after the other. Each opens an engine with the set and traces 127.0.0.1;
-- it ends by the signal KILL, with filters left in the sockets, or by closing its engine. The
-- program prints for each worker how its trace ended, and at the end how many descriptors are left.
-- Usage: luajit handed.lua TRANSPORT...

local ffi = require "ffi"
local mtr = require "mtr"
local fds = require "spec.support.harness.fds"

ffi.cdef [[
  int handed_fork(void) __asm__("fork");
  int handed_reap(int pid, int *status, int options) __asm__("waitpid");
  int handed_kill(int pid, int signal) __asm__("kill");
  int handed_pid(void) __asm__("getpid");
  int handed_setgid(unsigned id) __asm__("setgid");
  int handed_setuid(unsigned id) __asm__("setuid");
]]

local C, NOBODY, KILL = ffi.C, 65534, 9

local before = fds()
local set = assert(mtr.sockets.open { fast = true })

local function work(transport, i)
  assert(C.handed_setgid(NOBODY) == 0 and C.handed_setuid(NOBODY) == 0)
  assert(not mtr.sockets.open(), "nobody can open sockets")
  local engine = assert(mtr.engine { sockets = set, transport = transport, rate = "max" })
  local result = assert(engine:trace("127.0.0.1", { max_ttl = 3 }))
  print(engine:transport().name, result.stop_reason)
  io.stdout:flush()
  if i % 2 == 1 then C.handed_kill(C.handed_pid(), KILL) end
  engine:close()
  os.exit(0, true)
end

for i, transport in ipairs(arg) do
  local pid, status = C.handed_fork(), ffi.new "int[1]"
  if pid == 0 then work(transport, i) end
  assert(C.handed_reap(pid, status, 0) == pid)
  assert(status[0] == (i % 2 == 1 and KILL or 0), "the worker failed")
end

set:close()
print(fds() - before)
