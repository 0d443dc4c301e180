-- SPDX-License-Identifier: MIT
--
-- Spreads many starts over several steps. In a host whose loop must go on, only the first starts of
-- a long loop over engine:trace with a callback happen at once; the others wait here, in their
-- order, and each step starts as many as its time allows (mtr.EngineOptions.max_step). If one of
-- them cannot start, its callback gets the error; the call has already returned.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local crowds = require "mtr.trace.crowd"
local timer = require "mtr.wait.timer"

local C = lib.C
local M = {}

-- How many traces start at once between two steps; between two looks at the clock; and in a step
-- where time is virtual and a run can be repeated.
local AT_ONCE, CHUNK, VIRTUAL = 64, 8, 64

---@class mtr.Burst
---@field first integer
---@field last integer

local CLOSED = "ECANCELED: the engine was closed"

local function drop(item) item.dropped = true end

local function start(item)
  local trace = item.trace
  if item.dropped then return end
  trace.lookup, trace.state = false, "new"
  local ok, message, name = trace:launch(item.t, item.kept, item.plain and crowds.of(trace) or nil)
  if ok then return end
  if name == err.BUG then message, name = "EINVAL: " .. message, "EINVAL" end
  trace:fail(message, name)
end

local function over(engine, n, until_)
  if engine.network then return n >= VIRTUAL end
  return n % CHUNK == 0 and C.mtr_now(engine.c) >= until_
end

local function take(burst)
  local item = burst[burst.first]
  burst[burst.first], burst.first = nil, burst.first + 1
  return item
end

local wait

-- Starts traces for a quarter of the time that a step may take: the step does other things too.
local function run(engine, burst)
  local n, until_ = 0, C.mtr_now(engine.c) + (engine.max_step or 0) / 4
  while burst.first <= burst.last do
    start(take(burst))
    n = n + 1
    if over(engine, n, until_) then break end
  end
  if burst.first <= burst.last then wait(engine, burst) else engine.burst = nil end
end

function wait(engine, burst)
  local clock, message, name = timer.start(engine, 0, function(closed)
    if not closed then return run(engine, burst) end
    while burst.first <= burst.last do
      local item = take(burst)
      if not item.dropped then item.trace:fail(CLOSED, "ECANCELED") end
    end
  end)
  if clock then return end
  while burst.first <= burst.last do take(burst).trace:fail(message, name) end
  engine.burst = nil
end

--- Returns true if the next trace must wait its turn.
---@param engine mtr.Engine
---@return boolean
function M.full(engine)
  if not engine.max_step or engine.stepping or engine.closing then return false end
  engine.starts = engine.starts + 1
  return engine.burst ~= nil or engine.starts > AT_ONCE
end

--- Starts a trace later. Its stop() works meanwhile.
---@param engine mtr.Engine
---@param trace mtr.Trace
---@param t ffi.cdata* struct mtr_trace that Trace.new has filled
---@param kept table what else it has returned
---@param plain boolean it joins the crowd
---@return mtr.Trace
function M.later(engine, trace, t, kept, plain)
  local item = {
    trace = trace, t = lib.new("struct mtr_trace", t), kept = kept, plain = plain, cancel = drop,
  }
  trace.lookup, trace.state = item, "resolving"
  local burst = engine.burst
  if not burst then
    burst = { first = 1, last = 0 }
    engine.burst = burst
    wait(engine, burst)
  end
  burst.last = burst.last + 1
  burst[burst.last] = item
  return trace
end

return M
