-- SPDX-License-Identifier: MIT
--
-- The engine of core/probe over a network in Lua (path.lua) and a clock that only this
-- file moves. `run` does what core/loop does, in the same order, until nothing is planned.
--
--   local d = drive.new{ network = path.new{...} }
--   local t = d:start{ protocol = "udp", dst = "203.0.113.9" }
--   d:run()
--   d:close()        -- releases the traces and checks that nothing is left
--
-- Times are ns as numbers; events are collected as tables in d.events. Replies that are due at the
-- same time are delivered in the order in which they were sent.

local core = require "spec.support.harness.core"
local inline = require "spec.support.harness.inline"
local path = require "spec.support.virtual.path"
local record = require "spec.support.virtual.record"

local C, ffi = core.load{ "core/probe/core.h", "core/wire/build.h" }
local I = inline.load "core/probe/core.h"

local M = {}

local Drive = {}
Drive.__index = Drive

---An engine. Options: those of struct core_config with late_window in ms, now (ns), network.
function M.new(o)
  o = o or {}
  local d = setmetatable({ now = o.now or 1e12, network = o.network, events = {}, queue = {},
    traces = {}, sent = {}, seq = 0, batch = o.batch or 64 }, Drive)
  local config = ffi.new("struct core_config", {
    max_traces = o.max_traces or 1000, max_probes = o.max_probes or 65536,
    max_events = o.max_events or 4096, rate = o.rate or 0, target_rate = o.target_rate or 0,
    late_window = (o.late_window or 5000) * 1e6, seed = o.seed or 1, port_base = 20480,
    echo_base = 7000, pick = o.pick or 0, strict = o.strict or 0 })
  d.core = ffi.new("struct core")
  assert(C.core_init(d.core, config, d.now) == 0)
  d.probes = ffi.new("struct wire_probe[?]", d.batch)
  d.handles = ffi.new("uint32_t[?]", d.batch)
  d.bytes = ffi.new("uint8_t[65536]")
  return d
end

---An engine over the path of |places| (see path.lua) to 203.0.113.9.
function M.over(o, places)
  o = o or {}
  places = places or { "10.0.0.1" }
  places.dst = "203.0.113.9"
  o.network = path.new(places)
  return M.new(o)
end

---Starts a trace of the options in |o|, words for protocol and multipath, and to the network's
---destination by default. Its handle, or nil and the negative errno.
function Drive:start(o)
  local options = { dst = self.network and self.network.dst }
  for k, v in pairs(o or {}) do options[k] = v end
  local t, route = record.trace(self, options)
  local payload = options.payload
  self.keep = self.keep or {}
  self.keep[#self.keep + 1] = payload
  local err = C.start_trace(self.core, t, route, payload, payload and #payload or 0, self.now)
  if err ~= 0 then return nil, err end
  self.traces[t.handle] = true
  return t.handle
end

---Queues a probe of a manual trace, from |sport| or the trace's; its handle, or nil and the errno.
function Drive:probe(handle, o, sport)
  local t = self:trace(handle)
  local opts = ffi.new("struct mtr_probe_opts", { ttl = o.ttl, last = o.last })
  opts.flow, opts.size = o.flow or t.opts.flow, o.size or 0
  local err = C.answer_probe(self.core, t, opts, sport or t.sport, self.now)
  if err ~= 0 then return nil, err end
  return opts.probe
end

---The struct trace of a handle, or nil.
function Drive:trace(handle)
  local t = I.state_trace(self.core, handle)
  return t ~= nil and t or nil
end

---Has a reply arrive |delay| ms from now.
function Drive:deliver(delay, reply)
  self.seq = self.seq + 1
  local item, q = { at = self.now + delay * 1e6, seq = self.seq, reply = reply }, self.queue
  local i = #q + 1
  while i > 1 and q[i - 1].at > item.at do
    q[i] = q[i - 1]
    i = i - 1
  end
  q[i] = item
end

function Drive:collect()
  for i = 0, self.core.event_count - 1 do
    self.events[#self.events + 1] = record.event(self.core.events[i])
  end
  assert(self.core.event_count <= self.core.config.max_events, "events beyond the array")
  self.core.events_seen = self.core.event_count
  C.events_clear(self.core)
end

local function ready(self)
  local first = self.queue[1]
  return first and first.at <= self.now and I.events_room(self.core) >= 2 * self.batch
    and I.events_ext_room(self.core) > 0
end

function Drive:receive()
  while ready(self) do
    assert(C.core_reserve(self.core, self.now) == 0)
    for _ = 1, math.min(self.batch, I.events_ext_room(self.core)) do
      local first = self.queue[1]
      if not first or first.at > self.now then break end
      table.remove(self.queue, 1)
      first.reply.at = first.at
      C.receive_reply(self.core, first.reply, self.now)
    end
  end
end

-- Sends one filled probe: its packet is built for its length, and to see that it can be.
local function send(self, w, handle)
  local size = C.wire_build(w, self.bytes, 65536)
  assert(size > 0, "the probe cannot be built")
  local p = record.probe(w)
  local b = self.bytes
  p.natural = p.protocol == 17 and p.family == 4
    and (p.multipath == C.MTR_DUBLIN or b[26] * 256 + b[27] ~= p.id)
  p.handle, p.at, p.bytes = handle, self.now, size
  self.sent[#self.sent + 1] = p
  local function emit(delay, reply) self:deliver(delay, reply) end
  local err = self.network:probe(p, emit)
  C.fill_sent(self.core, handle, size, err or 0, self.now)
end

function Drive:send_due()
  for _ = 1, 8 do
    assert(C.core_reserve(self.core, self.now) == 0)
    local n = C.fill_probes(self.core, self.probes, self.handles, self.batch, self.now)
    if n == 0 then return end
    for i = 0, n - 1 do send(self, self.probes[i], self.handles[i]) end
  end
end

---One round at the present time.
function Drive:step()
  self:receive()
  C.expire_due(self.core, self.now)
  C.advance_traces(self.core, self.now)
  self:send_due()
  C.advance_traces(self.core, self.now)
  self:collect()
end

---When something is planned, ns; nil: never.
function Drive:next()
  local at = C.core_deadline(self.core, 1, self.now)
  local first = self.queue[1] and self.queue[1].at
  local planned = at ~= 0x7fffffffffffffffLL and math.max(tonumber(at), self.now)
  if planned and first then return math.min(planned, first) end
  return planned or first
end

---Runs until nothing is planned, or until |ms| from now have passed.
function Drive:run(ms)
  local goal, still, last = ms and self.now + ms * 1e6 or math.huge, 0, nil
  for at in function() return self:next() end do
    if at > goal then break end
    self.now = math.max(self.now, at)
    still = self.now == last and still + 1 or 0
    assert(still < 5000, "the engine does not get anywhere")
    last = self.now
    self:step()
  end
  if ms then self.now = goal end
end

---Runs like run(ms) and has answer(event) called for each event of these kinds, "PACE NEXT", as it
---is told; what answers ask for is sent at once.
function Drive:answer(kinds, answer, ms)
  local seen = #self.events
  function self.step()
    Drive.step(self)
    while seen < #self.events do
      seen = seen + 1
      local e = self.events[seen]
      if kinds:find(e.kind, 1, true) then answer(e) end
      if seen == #self.events then
        self:send_due()
        C.advance_traces(self.core, self.now)
        self:collect()
      end
    end
  end
  self:run(ms)
  self.step = nil
end

---The events of a kind, of one trace if |handle| is given.
function Drive:of(kind, handle)
  local list = {}
  for _, e in ipairs(self.events) do
    if e.kind == kind and (not handle or e.trace == handle) then list[#list + 1] = e end
  end
  return list
end

---The DONE event of a trace.
function Drive:done(handle)
  local list = self:of("DONE", handle)
  assert(#list == 1, #list .. " DONE events")
  return list[1]
end

---The kept replies of a trace, in order of arrival.
function Drive:replies(handle)
  local list, t = {}, self:trace(handle)
  local at, ev = ffi.new("uint32_t[1]", C.SLAB_NONE), ffi.new("struct mtr_event")
  local ext = ffi.new("uint8_t[1024]")
  while true do
    local cell = C.cells_next(self.core.cells, t.cells, at)
    if cell == nil then return list end
    ev.kind = C.MTR_EV_REPLY
    C.cells_event(self.core.cells, cell, ev, ext)
    if ev.family ~= 0 then
      list[#list + 1] = record.event(ev)
      list[#list].bytes = ffi.string(ext, ev.ext_words * 4)
    end
  end
end

local FLAGS = { "FINAL", "UNREACH", "TOO_BIG", "TE_FROM_DST", "OTHER_ADDR", "LOCAL", "ANSWER",
  "PRIMARY", "NAT", "TRUNCATED", "EXT_BAD", "DUP", "LATE", "USER_TIME" }

---The flags of a reply: "FINAL ANSWER".
function M.flags(reply)
  local list = {}
  for _, name in ipairs(FLAGS) do
    if reply.set[name] then list[#list + 1] = name end
  end
  return table.concat(list, " ")
end

---The flags of each kept reply of a trace.
function Drive:flags(handle)
  local list = self:replies(handle)
  for i, reply in ipairs(list) do list[i] = M.flags(reply) end
  return list
end

---The addresses that HOP events told of, "*" for silence, and the stop reason: "a * b completed".
function Drive:summary(handle)
  local words = {}
  for _, e in ipairs(self:of("HOP", handle)) do words[#words + 1] = e.addr or "*" end
  words[#words + 1] = self:done(handle).reason
  return table.concat(words, " ")
end

---The counters, as numbers.
function Drive:count(name) return tonumber(self.core.counters[name]) end

---Ends and releases all traces; fails if anything of them is left.
function Drive:close()
  for handle in pairs(self.traces) do
    local t = self:trace(handle)
    if t and t.state == C.TRACE_RUNNING then
      C.stop_trace(self.core, t, C.MTR_STOP_HALTED, 0, self.now)
    end
  end
  while self.core.dirty_first ~= C.SLAB_NONE do
    C.advance_traces(self.core, self.now)
    self:collect()
  end
  for handle in pairs(self.traces) do
    local t = self:trace(handle)
    if t then C.stop_release(self.core, t) end
  end
  local used = { hops = C.hops_used(self.core.hops), cells = self.core.cells.slab.used,
    opts = self.core.opts.slab.used }
  for _, name in ipairs{ "traces", "extras", "timers" } do used[name] = self.core[name].used end
  for name, n in pairs(used) do assert(n == 0, ("%d %s are left"):format(n, name)) end
  assert(self.core.wheel.count == 0, "timers are left armed")
  assert(self:count("probes") == 0, "probes are left outstanding")
  for _, list in ipairs{ "ready", "urgent" } do
    assert(self.core[list].first == C.SLAB_NONE, "traces are left " .. list)
  end
  assert(self.core.asked == self.core.picking, "traces are left asked")
  C.core_close(self.core)
  assert(C.core_memory(self.core) == 0)
end

return M
