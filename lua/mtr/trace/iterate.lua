-- SPDX-License-Identifier: MIT
--
-- engine:hops: iterates over the hops of one trace in a for loop, as they settle.
--
--     for hop in mtr.hops("192.0.2.7") do print(hop.ttl, hop.addr, hop.rtt) end
--
-- Hops are copies and may be kept. The trace runs ahead of the loop; at most max_ttl hops wait
-- here. A for loop that is left early does not call anything, so the trace stops when the iterator
-- is collected; `local it = mtr.hops(...)` and it:stop() stop it at once. An environment error is
-- raised, because a for loop cannot return it. After the loop it.result is the result.

local compat = require "mtr.compat"
local lib = require "mtr.lib"
local err = require "mtr.base.err"
local options = require "mtr.trace.options"
local interrupt = require "mtr.wait.interrupt"
local scheduler = require "mtr.wait.scheduler"
local Trace = require "mtr.trace"

local M = {}

-- The options of the trace that starts now.
local t = lib.new "struct mtr_trace"

---@class mtr.Hops
---@field trace mtr.Trace
---@field result? mtr.Result after the last hop
---@operator call: mtr.Hop
local Hops = {}
Hops.__index = Hops

-- Makes an object that is collected together with the iterator. A finalizer may run anywhere, so it
-- only adds the trace to a list; the engine's next step stops the trace.
local function guard(trace)
  return compat.guard(function()
    if trace.state ~= "done" then
      local abandoned = trace.engine.abandoned
      abandoned[#abandoned + 1] = trace
    end
  end)
end

-- Makes the queue between the trace and the loop. It must not refer to the iterator; otherwise the
-- iterator would never be collected.
local function queue(trace, on_hop)
  local q = { first = 1, last = 0 }
  local function wake()
    if q.op then scheduler.finish(q.op) end
  end
  trace.on_hop = function(_, hop)
    q.last = q.last + 1
    q[q.last] = hop:copy()
    wake()
    if on_hop then return on_hop(trace, hop) end
  end
  trace.on_done = wake
  return q
end

--- Iterates over the hops of a trace.
---@async
---@param engine mtr.Engine
---@param dst string
---@param opts? mtr.TraceOptions
---@return mtr.Hops
function M.iterate(engine, dst, opts)
  scheduler.check("hops", 3)
  local trace, bug, kept = Trace.new(engine, dst, opts, options.hops, t)
  if not trace then error(bug, 2) end
  interrupt.check()
  local self = setmetatable({ trace = trace, queue = queue(trace, trace.on_hop) }, Hops)
  local ok, message, name = trace:launch(t, kept)
  if name == err.BUG then error("hops: " .. message, 2) end
  if not ok then trace:fail(message, name) end
  self.guard = guard(trace)
  return self
end

--- Ends the traces of iterators that were collected.
---@param engine mtr.Engine
function M.end_abandoned(engine)
  local list = engine.abandoned
  engine.abandoned = {}
  for _, trace in ipairs(list) do trace:halt() end
end

function Hops:__call()
  local q, trace = self.queue, self.trace
  scheduler.check "hops"
  while q.first > q.last do
    if trace.state == "done" then
      self.result = trace.result
      if trace.failure then error("hops: " .. trace.failure, 2) end
      return nil
    end
    q.op = { abandon = function() trace:halt() end }
    scheduler.wait(q.op)
  end
  local hop = q[q.first]
  q[q.first], q.first = nil, q.first + 1
  return hop
end

--- Stops the trace; the loop ends after the hops that have settled already.
---@param reason? string a stop_reason; default "halted"
function Hops:stop(reason) self.trace:stop(reason) end

return M
