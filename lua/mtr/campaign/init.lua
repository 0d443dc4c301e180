-- SPDX-License-Identifier: MIT
--
-- A campaign traces many targets. It reads them one by one, and at most `window` traces are under
-- way, so memory does not depend on the number of targets.
--
--     local c = mtr.campaign {
--       targets = mtr.targets.file "targets.txt", trace = { protocol = "udp" }, rate = "500/s",
--       reporters = { mtr.report.jsonl "out.jsonl" },
--       on_trace = function(result) print(result.dst, result.stop_reason) end,
--     }
--     local summary = assert(c:run())
--
-- Addresses and prefixes need no Lua object each: their traces are one mtr.campaign.cohort, and
-- hooks and on_trace get borrowed objects. A target that is a name has a single mtr.Trace. So has
-- every target if traces need different treatment: `trace` is a function, or there is a pace, a
-- strategy with `done`, or an engine's pick. A target that cannot be traced goes to on_error and is
-- counted. Only a reporter that fails, targets that raise, or wrong options end a campaign.

local addr = require "mtr.base.addr"
local err = require "mtr.base.err"
local campaign_options = require "mtr.campaign.options"
local clock = require "mtr.campaign.clock"
local Cohort = require "mtr.campaign.cohort"
local interrupt = require "mtr.wait.interrupt"
local scheduler = require "mtr.wait.scheduler"
local pending = require "mtr.wait.pending"
local default = require "mtr.engine.default"
local intake = require "mtr.campaign.intake"
local results = require "mtr.campaign.results"
local live = require "mtr.campaign.live"
local window = require "mtr.campaign.window"
local Tally = require "mtr.campaign.tally"

local M = {}

---@class mtr.Campaign: mtr.Op
---@field summary? mtr.Summary after its end
---@field failure? string the error that ended it before its last target
local Campaign = {}
Campaign.__index = Campaign

--- Makes a campaign; run() or results() starts it.
---@param opts mtr.CampaignOptions
---@return mtr.Campaign
function M.new(opts)
  local self = setmetatable({
    window = window.kind "auto", singles = {}, looking = {}, single_count = 0, unread = 0,
    tally = Tally.new(), exhausted = false, halted = false, started = false,
  }, Campaign)
  local bug = campaign_options.take(self, opts)
  if bug then error(bug, 2) end
  self.pump = { run = function() intake.run(self) self:settle() end }
  return self
end

-- Calls user code; reports its error, and the campaign goes on.
local function call(c, fn, ...)
  local ok, value = xpcall(fn, err.traceback, ...)
  if ok then ok, value = pcall(err.stops, value) end
  if not ok then return c.engine:report(value) end
  if value then c:stop() end
end

--- Ends the campaign: traces under way end as "halted", and their results are handed out.
function Campaign:stop()
  if self.done then return end
  self.halted, self.exhausted = true, true
  for trace in pairs(self.singles) do trace:halt() end
  if self.cohort then
    self.cohort:stop()
    scheduler.wake(self.pump)
  end
end

Campaign.abandon, Campaign.halt = Campaign.stop, Campaign.stop
Campaign.set_rate, Campaign.set_window = live.set_rate, live.set_window

--- Ends the campaign with an error.
function Campaign:fail(message, name)
  if not self.failure then self.failure, self.failure_name = message, name end
  self:stop()
end

--- Notes that a target could not be traced.
function Campaign:cannot(target, message, name)
  self.tally:refuse(target, message, name)
  if self.on_error then call(self, self.on_error, message, target, name) end
end

--- Notes that the library refused to start a trace of the cohort.
function Campaign:refused(t, message, name)
  if name == err.BUG then return self:fail(message, name) end
  self:cannot(addr.format(t.dst, t.family), message, name)
end

--- Notes that the trace of a target has started.
---@param trace? mtr.Trace of a target with an object
function Campaign:begun(target, trace) call(self, self.on_start, target, trace) end

--- Hands out a result.
function Campaign:deliver(result)
  if self.thresholds then self.thresholds:count(result) end
  local ok, message, name = self.reporters:call("trace", result)
  if not ok then self:fail(message, name) end
  if self.on_trace then call(self, self.on_trace, result) end
  if self.queue then self.queue(result:copy()) end
end

--- Takes the end of a trace of the cohort.
function Campaign:ended(result, e)
  local mark = result._mark
  self.tally:count(mark and mark.stop_reason, e.stop, e.probe, e.ttl)
  self:deliver(result)
end

local function summary(c)
  local made = c.tally:summary(c.halted)
  made.stopped_by = c.stopped_by
  return made
end

local function finish(c)
  c.done = true
  clock.stop(c)
  live.remove(c)
  pending.remember(c.engine, c.cohort)
  c.cohort:close()
  c.summary = summary(c)
  if c.thresholds then c.summary.thresholds = c.thresholds:judge(c.summary) end
  local ok, message, name = c.reporters:call("finish", c.summary)
  if not ok and not c.failure then c.failure, c.failure_name = message, name end
  scheduler.finish(c)
end

--- Ends the campaign if nothing is left to wait for.
function Campaign:settle()
  local group = self.cohort
  local left = group.in_flight + group.count + self.single_count
  if self.done then return end
  if self.exhausted and left == 0 then return finish(self) end
  -- A program must be able to end although nobody takes the results.
  if left == 0 and self.window:full(self) then pending.forget(self.engine, group) end
end

--- Called after the end of each trace: takes more targets, or ends.
function Campaign:after()
  if self.exhausted and self.cohort.count == 0 then self:settle() else scheduler.wake(self.pump) end
end

local function start(c, whole)
  if c.started then error("campaign: it has run already; make another one", 3) end
  interrupt.check()
  c.started = true
  local engine, message, name = c.engine, nil, nil
  if not engine then engine, message, name = default.get() end
  if not engine then return nil, message, name end
  if engine.closing then return err.named("ESHUTDOWN", "the engine is closed") end
  c.engine, c.apart = engine, c.apart or engine.pick ~= nil
  if c.rate then engine:set_rate(c.rate) end
  local ok
  ok, message, name = c.reporters:call("start", { transport = engine.transport_name })
  if not ok then return nil, message, name end
  c.cohort, message, name = Cohort.new(engine, not c.apart and c.trace or nil, c, whole)
  if not c.cohort then return nil, message, name end
  if engine.halted then c:stop() end
  clock.start(c)
  live.add(c)
  scheduler.wake(c.pump)
  return true
end

-- Returns the three values of a failure; raises a caller's bug.
local function failed(c, message, name, level)
  if name == err.BUG then error("campaign: " .. message, level + 1) end
  if not c.summary then
    c.summary = summary(c)
    c.reporters:call("finish", c.summary)
  end
  return nil, message, name
end

--- Traces all targets.
---@async
---@return mtr.Summary?
---@return string? message, string? name what ended it early; c.summary has the results so far
function Campaign:run()
  scheduler.check "campaign:run"
  local ok, message, name = start(self, self.on_trace ~= nil or self.reporters[1] ~= nil)
  if not ok then return failed(self, message, name, 2) end
  scheduler.wait(self)
  if self.failure then return failed(self, self.failure, self.failure_name, 2) end
  return self.summary
end

--- Iterates over the results as traces end: `for result in c:results() do`.
---@async
---@return fun(): mtr.Result?
function Campaign:results()
  scheduler.check "campaign:results"
  return results.iterate(self, function() return start(self, true) end)
end

return M
