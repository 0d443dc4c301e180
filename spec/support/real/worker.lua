-- SPDX-License-Identifier: MIT
--
-- A worker of core/net/mtrpacket/worker.h, connected to a replacement for mtr-packet
-- (fake.lua). That program is a real process, but time is not real: M.now stands still unless a
-- test moves it. `open` makes the one worker that the other functions use, `close` checks that
-- nothing is left.

local fake = require "spec.support.real.fake"
local core = require "spec.support.harness.core"
local wire = require "spec.support.packets.wire"
local assert = require "luassert"

local C, ffi = core.load { "core/net/mtrpacket/worker.h" }

ffi.cdef [[
  int worker_fcntl(int fd, int command, ...) __asm__("fcntl");
  int worker_poll(void *fds, unsigned long n, int timeout) __asm__("poll");
  int worker_kill(int pid, int signal) __asm__("kill");
  int worker_waitpid(int pid, int *status, int options) __asm__("waitpid");
]]

local SECOND, START = 1000000000LL, 5000000000LL
local F_GETFD, POLLIN = 1, 1

local M = { SECOND = SECOND, START = START, SIGKILL = 9, SIGSTOP = 19, SIGCONT = 18 }

local v, more = ffi.new "struct wire_reply[64]", ffi.new "int[1]"
local before

local function descriptors()
  local n = 0
  for fd = 0, 1023 do
    if ffi.C.worker_fcntl(fd, F_GETFD) >= 0 then n = n + 1 end
  end
  return n
end

---Forgets everything; before each test.
function M.reset()
  M.now, M.got, M.handle, M.w, before = START, {}, 100, nil, descriptors()
end

---Ends the worker and checks that no descriptor and no process is left.
function M.close()
  C.worker_free(M.w)
  M.w = nil
  assert.equal(before, descriptors())
  assert.equal(-1, ffi.C.worker_waitpid(-1, nil, 1), "no child is left, not even dead")
end

---Starts a worker for a program. The worker only borrows the path, which must not be collected.
function M.open(path)
  M.path = path
  M.w = C.worker_new(path)
  assert.equal(0, C.worker_start(M.w, M.now))
end

---Reads what is there now; replies go to M.got as { handle, errno, kind }.
function M.read()
  local n = C.worker_read(M.w, v, 64, M.now, more)
  for i = 0, n - 1 do
    M.got[#M.got + 1] = { tonumber(v[i].handle), v[i].error, v[i].kind }
  end
  return n
end

---What the worker and its child do, for the message of a test that waits in vain.
function M.condition()
  local w, list = M.w, {}
  for _, name in ipairs { "stat", "wchan", "syscall" } do
    local file = io.open(("/proc/%d/%s"):format(w.child.pid, name))
    list[#list + 1] = name .. " " .. (file and file:read "*a" or "nil")
    if file then file:close() end
  end
  return ("state %d, %d outstanding, %d bad, %d bytes of junk, %d bytes unsent, out %d; child: %s")
    :format(tonumber(w.state), w.out, w.bad, tonumber(w.junk), tonumber(w.pending), w.child.out,
      table.concat(list, "; "))
end

---Reads on until done() is true; fails after a minute of silence.
function M.upto(done)
  local w, p, silent = M.w, ffi.new "struct { int fd; short events, revents; }[2]", 0
  while silent < 1200 do
    while M.read() > 0 or more[0] ~= 0 do
      if done() then return end
    end
    C.worker_flush(w)
    if done() then return end
    p[0].fd, p[0].events, p[1].fd, p[1].events = w.child.out, POLLIN, w.child.err, POLLIN
    if ffi.C.worker_poll(p, 2, 50) == 0 then silent = silent + 1 end
  end
  error("nothing happens: " .. M.condition(), 2)
end

---Conditions for `upto`.
function M.answers(n) return function() return #M.got >= n end end
function M.state(name) return function() return tonumber(M.w.state) == C["WORKER_" .. name] end end

---A worker for a stand-in, ready to send.
function M.ready(chunk)
  M.open(fake.program(chunk or ""))
  M.upto(M.state "READY")
end

---Sends a probe with the next handle: 101, 102...
function M.send(o)
  o = o or {}
  M.handle = M.handle + 1
  local p = wire.probe { protocol = o.protocol or "icmp", dport = o.dport, family = o.family }
  p.handle, p.timeout_ms = M.handle, o.timeout or 300
  return C.worker_send(M.w, p, "", M.now)
end

function M.send_many(n, o)
  for _ = 1, n do assert.equal(0, M.send(o)) end
  C.worker_flush(M.w)
end

function M.room(stream) return tonumber(C.worker_room(M.w, stream or 0)) end

function M.kill(signal) ffi.C.worker_kill(M.w.child.pid, signal) end

---Moves the time on to when it wants to be called.
function M.wake()
  local at = C.worker_deadline(M.w)
  assert.truthy(at >= M.now and at < M.now + 20 * SECOND)
  M.now = at
end

return M
