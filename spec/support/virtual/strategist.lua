-- SPDX-License-Identifier: MIT
--
-- A strategy over a drive (drive.lua), as mtr.strategy.runner runs it over a real
-- engine, so that strategies can be tried on networks in Lua, in virtual time.
--
--   local s = strategist.start(d, mtr.strategy.sequential, { max_ttl = 5 })
--   s:run()
--   s.handle, s.strategy, s.result
--
-- Options are those of drive's start, on top of the strategy's own defaults. `result` is what the
-- strategy adds to a result when it is done.

local core = require "spec.support.harness.core"
local record = require "spec.support.virtual.record"
local addr = require "mtr.base.addr"
local words = require "mtr.record.words"
local script = require "mtr.strategy.script"

local C, ffi = core.load{ "core/probe/core.h", "core/wire/build.h" }

local errors = { [90] = "EMSGSIZE", [105] = "ENOBUFS" }

local M = {}
local Strategist = {}
Strategist.__index = Strategist

local OPTIONS = { "first_ttl", "max_ttl", "window", "queries", "attempts", "gap_limit",
  "loop_limit", "flow", "size", "timeout", "max_probes" }

function M.start(d, strategy, o)
  o = o or {}
  local options = { flags = C.MTR_STRATEGY }
  for name, value in pairs(strategy.defaults or {}) do
    if name ~= "dont_fragment" then options[name] = value end
  end
  for name, value in pairs(o) do options[name] = value end
  options.dst = options.dst or d.network.dst
  local t, route = record.trace(d, options)
  local handle = assert(d:start(options))
  local src = addr.format(route.src, t.family)
  local trace = setmetatable({ dst = options.dst, src = src, options = {
    family = t.family, protocol = words.protocol[t.protocol],
    multipath = words.multipath[t.multipath],
    least = C.wire_min_size(t.family, t.protocol, t.multipath, 0),
  }, result = {} }, { __index = script.methods })
  for _, name in ipairs(OPTIONS) do trace.options[name] = t[name] end
  local own = strategy.create and strategy.create(trace) or { trace = trace }
  if type(own) == "table" then setmetatable(own, { __index = strategy }) end
  local self = setmetatable({ d = d, handle = handle, trace = trace, seen = #d.events,
    result = trace.result, strategy = strategy.run and script.new(trace, strategy.run, own) or own,
  }, Strategist)
  trace.strategy = self.strategy
  if self.strategy.init then self.strategy:init(trace) end
  return self
end

local bytes = ffi.new "uint8_t[16]"

local function borrowed(e)
  local copy = function(self) return self end
  local key = addr.key(bytes, (addr.parse(e.addr, bytes)))
  return { ttl = e.ttl, addr = e.addr, addr_key = key, rtt = e.rtt, flow = e.flow,
    attempt = e.attempt, id = e.probe, final = e.set.FINAL, unreach = e.set.UNREACH,
    too_big = e.set.TOO_BIG, icmp_code = e.icmp_code, mtu = e.mtu > 0 and e.mtu or nil, copy = copy,
    quoted = e.set.QUOTE and { size = e.quoted_size } or nil }
end

function Strategist:stop(verdict, reason, data, ttl)
  if verdict ~= "stop" then return end
  local t = self.d:trace(self.handle)
  if t.state ~= C.TRACE_RUNNING then return end
  t.last = ttl or 0
  C.stop_trace(self.d.core, t, words.stop[reason or "halted"], data or 0, self.d.now)
end

-- Answers for one of the probes of a NEXT event; whether it had one.
function Strategist:answer(e)
  local d, t = self.d, self.d:trace(self.handle)
  local probe, wake, data, ttl = self.strategy:next(e.at, self.trace)
  self.asked = (self.asked or 0) + 1
  if probe == "stop" then
    self:stop("stop", wake, data, ttl)
    return nil
  end
  if not probe then
    assert(C.answer_pass(d.core, t, wake and wake * 1e6 or -1, d.now) == 0)
    return nil
  end
  local opts = ffi.new("struct mtr_probe_opts", { ttl = probe.ttl, flow = probe.flow or t.opts.flow,
    size = probe.size or 0, last = wake == true and 1 or 0 })
  local sport, o = t.sport, t.opts
  if o.protocol ~= 1 then sport = sport + (opts.flow - o.flow) * d.core.regions end
  assert(C.answer_probe(d.core, t, opts, sport, d.now) == 0)
  probe.id = opts.probe
  return wake ~= true
end

function Strategist:handle_event(e)
  if e.trace ~= self.handle or self.d:trace(self.handle).state ~= C.TRACE_RUNNING then return end
  local s = self.strategy
  if e.kind == "NEXT" then
    for _ = 1, e.ttl do
      if not self:answer(e) then break end
    end
  elseif e.kind == "REPLY" and s.on_reply and (e.set.ANSWER or e.set.TOO_BIG)
    and not e.set.DUP and not e.set.LATE then
    self:stop(s:on_reply(borrowed(e), self.trace))
  elseif e.kind == "TIMEOUT" and s.on_timeout then
    local probe = { ttl = e.ttl, flow = e.flow, attempt = e.attempt, id = e.probe,
      timeout = true, error = errors[e.error], copy = function(probe) return probe end }
    self:stop(s:on_timeout(probe, self.trace))
  end
end

---Runs until nothing is planned. The drive's own order, but that the strategy is heard after each
---step, and what it wants is sent before the next.
function Strategist:run()
  local d = self.d
  local step = d.step
  function d.step()
    step(d)
    while self.seen < #d.events do
      self.seen = self.seen + 1
      self:handle_event(d.events[self.seen])
      if self.seen == #d.events then
        d:send_due()
        C.advance_traces(d.core, d.now)
        d:collect()
      end
    end
  end
  d:run()
  d.step = nil
  if self.strategy.done then self.strategy:done(self.trace) end
end

return M
