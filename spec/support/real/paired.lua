-- SPDX-License-Identifier: MIT
--
-- Engines without privilege: instead of raw sockets they get one end each of pairs of
-- local datagram sockets. Filters, receiving, timers and the loop are real; packets put into the
-- other ends arrive as if from the network. Nothing can be sent: the kernel refuses every probe
-- with EINVAL, because a local socket knows no IP address.

local core = require "spec.support.harness.core"
local fds = require "spec.support.harness.fds"
local record = require "spec.support.virtual.record"
require "spec.support.real.bpf"             -- declares the system calls

local C, ffi = core.load{ "core/probe/core.h", "core/mtr.h" }

local M = {}
local Engine = {}
Engine.__index = Engine

-- Where mtr_sockets puts them.
M.FD = { ICMP4 = 2, TCP4 = 3, UDP4 = 4, ICMP6 = 5, TCP6 = 6, UDP6 = 7 }

local warm

---An engine with fields of struct mtr_config, or nil, the negative errno and the reason.
function M.open(o)
  if not warm then                     -- libuv opens some descriptors once per process
    warm = true
    local e = assert(M.open())
    e.before = nil
    e:close()
  end
  local self = setmetatable({ before = fds(), peer = {}, events = {} }, Engine)
  local config = ffi.new("struct mtr_config")
  C.mtr_defaults(config)
  config.seed = 1
  for i = 0, 7 do
    local pair = ffi.new("int[2]")
    assert(ffi.C.socketpair(1, 2, 0, pair) == 0)
    config.sockets[i], self.peer[i] = pair[0], pair[1]
  end
  for k, v in pairs(o or {}) do config[k] = v end
  local engine, why = ffi.new("struct mtr *[1]"), ffi.new("char[256]")
  local err = C.mtr_open(config, engine, why, 256)
  self.why = ffi.string(why)
  if err ~= 0 then
    for i = 0, 7 do ffi.C.close(config.sockets[i]) end
    self:leave()
    assert(engine[0] == nil)
    return nil, err, self.why
  end
  self.mtr = engine[0]
  self.core = ffi.cast("struct core *", self.mtr)   -- which begins with its core
  return self
end

---A struct mtr_trace of the defaults and fields of |o|; dst is a string.
function M.trace(o)
  local t, zone = ffi.new("struct mtr_trace[1]"), ffi.new("uint32_t[1]")
  C.mtr_trace_defaults(t[0])
  t[0].want = 0x3e
  for k, v in pairs(o) do if k ~= "dst" and k ~= "src" then t[0][k] = v end end
  t[0].family = C.mtr_address(o.dst or "127.0.0.1", t[0].dst, zone)
  if o.src then C.mtr_address(o.src, t[0].src, zone) end
  return t
end

---Starts a trace; its handle, or nil, the errno and the reason.
function Engine:start(o)
  local t = M.trace(o)
  local n = C.mtr_start(self.mtr, t, 1)
  if n ~= 1 then return nil, n, ffi.string(C.mtr_why(self.mtr)) end
  return t[0].handle
end

---An engine, and a trace of it whose first probe has failed and whose second is an hour away.
function M.stuck(o)
  local e = assert(M.open{ rate = 1 / 3600, max_traces = 3 })
  local options = { gap_limit = 0, attempts = 15, max_ttl = 30 }
  for k, v in pairs(o or {}) do options[k] = v end
  local handle = assert(e:start(options))
  e:step()
  return e, handle
end

---What mtr_describe says of a trace.
function Engine:describe(handle)
  local info = ffi.new("struct mtr_info")
  assert(C.mtr_describe(self.mtr, handle, info) == 0)
  return info
end

---One step; its events as tables.
function Engine:step()
  local list, n = {}, C.mtr_step(self.mtr)
  assert(n >= 0, n)
  for i = 0, n - 1 do
    list[#list + 1] = record.event(C.mtr_events(self.mtr)[i])
    self.events[#self.events + 1] = list[#list]
  end
  return list
end

---Steps while there is work, waiting at most |ms| in all for an event that |wanted| takes; nil if
---none came.
function Engine:until_event(wanted, ms)
  local engines = ffi.new("struct mtr *[1]", self.mtr)
  for _ = 1, 1000 do
    for _, e in ipairs(self:step()) do if wanted(e) then return e end end
    if C.mtr_wait(engines, 1, -1, ms or 0) == 0 then return nil end
  end
end

---Steps until a trace is done; its last event.
function Engine:done(handle)
  return self:until_event(function(e) return e.kind == "DONE" and e.trace == handle end, 5000)
end

---Puts a packet into the other end of a socket; sees to it that it got there.
function Engine:inject(where, bytes)
  assert(ffi.C.send(self.peer[M.FD[where]], bytes, #bytes, 0x40) == #bytes)
end

function Engine:stats()
  local counters = ffi.new("struct mtr_counters")
  C.mtr_stats(self.mtr, counters)
  return counters
end

function Engine:leave()
  for _, fd in pairs(self.peer) do ffi.C.close(fd) end
  self.peer = {}
  if self.before then assert(fds() == self.before, "descriptors are left open") end
end

---Closes the engine and checks that no descriptor is left.
function Engine:close()
  C.mtr_close(self.mtr, nil)
  self:leave()
end

---Closes an engine, if there is one, and checks that no probe is outstanding.
function M.finish(e)
  if not e then return end
  assert(e:stats().probes == 0, "probes are left outstanding")
  e:close()
end

return M
