-- SPDX-License-Identifier: MIT
--
-- The traces of live: one for each target, in rounds without an end, or with so many. No result is
-- kept, so they may run for years. A target that cannot be traced is tried again after a while.

local default = require "mtr.engine.default"
local timer = require "mtr.wait.timer"
local strategy = require "mtr.strategy"
local each = require "mtr.base.each"

local M = {}

local AGAIN, PAUSED, WINDOW = 10000, 200, 255   -- ms; ms; probes

---@class mtr.LiveRunner
---@field paths mtr.LivePath[]
---@field paused boolean
---@field on_answer? fun(path: mtr.LivePath, hop: mtr.LiveHop, round: integer, reply: mtr.Reply,
--- changed: boolean)
---@field on_silence? fun(path: mtr.LivePath, hop: mtr.LiveHop, round: integer, probe: mtr.Probe)
---@field on_failure? fun(path: mtr.LivePath)
local Runner = {}
Runner.__index = Runner

-- The strategy of a target: rounds that can pause, and that write into the path which round it is.
local function rounds_of(self, path)
  local rounds = strategy.rounds { rounds = self.rounds, interval = self.interval,
    flows = self.flows }
  local steps = setmetatable({}, { __index = rounds })
  function steps.init(instance, trace)
    path.dst, path.src, path.state = trace.dst, trace.src, "running"
    return rounds.init(instance, trace)
  end
  function steps.next(instance, now, trace)
    if self.paused then return nil, PAUSED end
    path.round = instance.round
    return rounds.next(instance, now, trace)
  end
  return steps
end

local function options_of(self, path)
  local opts = {}
  for name, value in each(self.trace) do opts[name] = value end
  opts.strategy, opts.window = rounds_of(self, path), opts.window or WINDOW
  function opts.on_reply(_, reply)
    local hop, round, changed = path:on_reply(reply)
    if hop and self.on_answer then self.on_answer(path, hop, round, reply, changed) end
  end
  function opts.on_timeout(_, probe)
    local hop, round = path:on_timeout(probe)
    if hop and self.on_silence then self.on_silence(path, hop, round, probe) end
  end
  return opts
end

local begin

local function failed(self, path, message)
  path.state, path.message, path.fresh = "failed", message, true
  if self.on_failure then self.on_failure(path) end
  if self.over or self.rounds < math.huge then return end
  path.again = timer.start(self.engine, AGAIN, function(cancelled)
    path.again = nil
    if not cancelled then begin(self, path) end
  end)
end

-- The callback has one parameter: then no result is kept.
function begin(self, path)
  path.round = 0
  path:reset()
  path.state = "starting"
  path.trace = self.engine:trace(path.target, options_of(self, path), function(message)
    if message then return failed(self, path, message) end
    path.state = "ended"
  end)
end

--- Starts the traces. Raises a caller's bug in the options of the traces.
---@param paths mtr.LivePath[]
---@param opts { trace: mtr.TraceOptions, rounds: number, interval: number, flows: integer }
---@return mtr.LiveRunner?
---@return string? message, string? name
function M.start(paths, opts)
  local engine, message, name = default.get()
  if not engine then return nil, message, name end
  local self = setmetatable({ engine = engine, paths = paths, trace = opts.trace, paused = false,
    rounds = opts.rounds, interval = opts.interval, flows = opts.flows, over = false }, Runner)
  for _, path in ipairs(paths) do begin(self, path) end
  return self
end

--- Returns true if nothing is left to do.
---@return boolean
function Runner:done()
  for _, path in ipairs(self.paths) do
    local waits = path.state == "failed" and self.rounds == math.huge
    if path.state ~= "ended" and path.state ~= "failed" or waits then return false end
  end
  return true
end

--- Ends all traces.
function Runner:stop()
  self.over = true
  for _, path in ipairs(self.paths) do
    if path.again then path.again:cancel() end
    if path.trace and (path.state == "running" or path.state == "starting") then
      path.trace:stop()
    end
  end
end

return M
