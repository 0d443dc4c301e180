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
-- strategy with `done`, or an engine's pick. A target that cannot be traced goes to on_error. Only
-- a reporter that fails, targets that raise, or wrong options end a campaign.
--
-- With `state = "run.state"` a campaign can be resumed: see mtr.campaign.checkpoint. When it is
-- stopped, traces under way give no results, and their targets come first when it is run again;
-- on_error may get a target again after a kill.
local addr = require "mtr.base.addr"
local each = require "mtr.base.each"
local err = require "mtr.base.err"
local ids = require "mtr.record.ids"
local words = require "mtr.record.words"
local campaign_options = require "mtr.campaign.options"
local clock = require "mtr.campaign.clock"
local Cohort = require "mtr.campaign.cohort"
local interrupt = require "mtr.wait.interrupt"
local scheduler = require "mtr.wait.scheduler"
local pending = require "mtr.wait.pending"
local default = require "mtr.engine.default"
local enrich = require "mtr.campaign.enrich"
local intake = require "mtr.campaign.intake"
local results = require "mtr.campaign.results"
local stored = require "mtr.campaign.stored"
local running = require "mtr.campaign.running"
local lookups = require "mtr.campaign.lookups"
local thresholds = require "mtr.campaign.thresholds"
local window = require "mtr.campaign.window"
local Tally = require "mtr.campaign.tally"
local xpcall = require "mtr.compat".xpcall

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
    window = window.kind "auto", singles = {}, single_count = 0, lookups = lookups.new(),
    unread = 0, waits = 0, tally = Tally.new(), exhausted = false, halted = false, started = false,
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

--- Ends the campaign: traces under way end as "halted", and their results are handed out, unless
--- there is a state.
function Campaign:stop()
  if self.done then return end
  self.halted, self.exhausted = true, true
  if self.ahead then stored.stop(self) end
  for trace in each(self.singles) do trace:halt() end
  if self.cohort then
    if self.checkpoint then self.checkpoint:leave_waiting() end
    self.cohort:stop()
    scheduler.wake(self.pump)
  end
end

Campaign.abandon, Campaign.halt = Campaign.stop, Campaign.stop
Campaign.set_rate, Campaign.set_window, Campaign.hand_out = running.set_rate, running.set_window,
  enrich.hand_out

-- Ends the campaign with an error.
function Campaign:fail(message, name)
  if not self.failure then self.failure, self.failure_name = message, name end
  self:stop()
end

-- Notes that a target could not be traced; a stored one may be tried again.
function Campaign:cannot(target, message, name, item)
  if item and stored.failed(self, item) then return end
  self.tally:refuse(target, message, name)
  if self.on_error then call(self, self.on_error, message, target, name) end
end

-- Notes that the library refused to start a trace of the cohort.
function Campaign:refused(t, message, name, item)
  if name == err.BUG then return self:fail(message, name) end
  self:cannot(addr.format(t.dst, t.family), message, name, item)
end

function Campaign:ids_of(item) return stored.ids(self, item.attempt) end

-- Notes that the trace of a target has started.
function Campaign:begun(target, trace) call(self, self.on_start, target, trace) end

-- Hands out the result of a target that is done: give() gets it, now or later.
function Campaign:deliver(result)
  if self.thresholds then self.thresholds:count(result) end
  return self:hand_out(result)
end

function Campaign:give(result)
  local ok, message, name = self.reporters:call("trace", result)
  if not ok then self:fail(message, name) end
  if self.on_trace then call(self, self.on_trace, result) end
  if self.queue then self.queue(result:copy()) end
end

-- Returns true if a trace was stopped before its end because the campaign ends, and will be traced
-- again when the campaign is resumed.
function Campaign:unfinished(reason)
  return self.checkpoint ~= nil and self.halted and (reason == "halted" or reason == "ECANCELED")
end

-- Takes the end of a trace of the cohort.
function Campaign:ended(result, e, item)
  local mark = result._mark
  if self.halted and not mark and self:unfinished(words.stop[e.stop]) then
    return self.checkpoint:leave_trace(e.trace, item)
  end
  if item and stored.ended(self, item, result) then return end
  self.tally:count(mark and mark.stop_reason, e.stop, e.probe, e.ttl)
  return self:deliver(result)
end

local function summary(c)
  local made = c.tally:summary(c.halted)
  made.stopped_by, made.as_table = c.stopped_by, c.lanes and c.lanes.table or nil
  return made
end

local function finish(c)
  local saver = c.checkpoint
  if saver and saver:wait(function() finish(c) end) then return end
  c.done = true
  clock.stop(c)
  running.remove(c)
  if c.lanes then c.lanes:close() end
  pending.remember(c.engine, c.cohort)
  c.cohort:close()
  c.summary = summary(c)
  thresholds.judge(c.thresholds, c.summary)
  local function last() return c.reporters:call("finish", c.summary) end
  local ok, message, name
  if saver then ok, message, name = saver:finish(last) else ok, message, name = last() end
  if not ok and not c.failure then c.failure, c.failure_name = message, name end
  scheduler.finish(c)
end

-- Ends it if nothing is left to wait for.
function Campaign:settle()
  local group = self.cohort
  local left = group.in_flight + group.count + self.single_count + self.waits
  if self.done then return end
  if self.exhausted and left == 0 then return finish(self) end
  -- A program must be able to end although nobody takes the results.
  local idle = left == self.lookups.waiting and self.window:full(self)
  if idle then pending.forget(self.engine, group) end
end

-- Called after the end of each trace: takes more targets, or ends.
function Campaign:after()
  local taken = self.exhausted and self.cohort.count == 0 and self.lookups.waiting == 0
  if taken then self:settle() else scheduler.wake(self.pump) end
end

local function start(c, whole)
  if c.started then error("campaign: it has run already; make another one", 3) end
  interrupt.check()
  c.started = true
  local engine, message, name = c.engine, nil, nil
  if not engine then engine, message, name = default.get() end
  if not engine then return nil, message, name end
  if engine.closing then return err.named("ESHUTDOWN", "the engine is closed") end
  c.engine, c.apart, c.ids = engine, c.apart or engine.pick ~= nil, ids.take(c, engine.ids)
  if c.rate then engine:set_rate(c.rate) end
  local ok, saver = true, c.checkpoint
  if saver then ok, message, name = saver:open() end
  if ok and saver and saver.finished then
    c.done, c.summary = true, c.tally:summary(false)
    c.summary.already = true
    thresholds.judge(c.thresholds, c.summary)
    return true
  end
  if ok then ok, message, name = stored.open(c) end
  c.reporting = ok
  if ok then ok, message, name = c.reporters:start(engine, c.ids or {}, c.feed) end
  if ok and saver then ok, message, name = saver:begin() end
  if not ok then return nil, message, name end
  c.cohort, message, name = Cohort.new(engine, not c.apart and c.trace or nil, c, whole)
  if not c.cohort then return nil, message, name end
  if engine.halted then c:stop() end
  clock.start(c)
  running.add(c)
  scheduler.wake(c.pump)
  return true
end

-- Returns the three values of a failure; raises a caller's bug.
local function failed(c, message, name, level)
  if name == err.BUG then error("campaign: " .. message, level + 1) end
  if not c.summary then
    c.summary = summary(c)
    if c.reporting then c.reporters:call("finish", c.summary) end
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
  if not self.done then scheduler.wait(self) end
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
