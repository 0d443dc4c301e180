-- SPDX-License-Identifier: MIT
--
-- mtr.watch: traces targets again and again and reports what has changed.
--
--     local watcher = mtr.watch { targets = { "192.0.2.7" }, every = "60s",
--       on_event = function(event) print(event.event, event.target) end }
--     watcher:run()                                   -- until it is interrupted
--
-- Events have type "watch", event, time (unix seconds), target and dst, and further:
--
--     first        path, reachable                    the path that was learned
--     path         changes, before, path              mtr.PathChange: added, removed, moved
--     rtt          from, to                           medians in ms: see mtr.change.shift
--     unreachable  stop_reason, last_ttl, last_addr   two rounds have not reached the target
--     reachable    after                              seconds since it was unreachable
--     error        message, name                      the target cannot be traced
--
-- A path is a list of addresses by TTL, "*" is silent. mtr.change.subject says what a round does
-- and when a path counts as changed. The first rounds are spread over the time of one round.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local check = require "mtr.base.check"
local each = require "mtr.base.each"
local err = require "mtr.base.err"
local default = require "mtr.engine.default"
local options = require "mtr.trace.options"
local task = require "mtr.script.task"
local targets = require "mtr.targets"
local coro = require "mtr.wait.coro"
local scheduler = require "mtr.wait.scheduler"
local metrics = require "mtr.change.metrics"
local state = require "mtr.change.state"
local subject = require "mtr.change.subject"

local SAVE_MS = 10000                  -- the shortest time from one state to the next

local M = {}

---@class mtr.WatchEvent
---@field type "watch"
---@field event "first"|"path"|"rtt"|"unreachable"|"reachable"|"error"
---@field time number unix seconds
---@field target string
---@field dst? string

---@class mtr.WatchOptions
---@field targets mtr.Targets|string[]|function of strings, as in mtr.campaign
---@field every? number|string time from one round of a target to the next (60s)
---@field rounds? integer ends after so many rounds of each target; default: never
---@field flows? integer flows to learn equal-cost alternatives with (4)
---@field trace? mtr.TraceOptions
---@field state? string a file: what is known is kept there
---@field engine? mtr.Engine default: the default engine
---@field on_event? fun(event: mtr.WatchEvent)
---@field on_round? fun(watcher: mtr.Watcher) called after each round of a target
---@field say? fun(message: string) called when the state cannot be saved; default: standard error

---@class mtr.Watcher
---@field subjects mtr.Subject[]
local Watcher = {}
Watcher.__index = Watcher

local hook, a_table = check.type "function", check.type "table"
local declaration = check.declare("watch", {
  { name = "targets", kind = function(value)
    if type(value) == "table" or type(value) == "function" then return value end
    return nil, "must be a table or a function"
  end, doc = "addresses, prefixes, names" },
  { name = "every", kind = check.duration(1, 1e10), doc = "time from one round to the next" },
  { name = "rounds", kind = check.integer(1, 1e9), doc = "rounds of each target" },
  { name = "flows", kind = check.integer(1, 64), doc = "flows to learn alternatives with" },
  { name = "trace", kind = a_table, doc = "options of each trace" },
  { name = "state", kind = check.type "string", doc = "keeps what is known there" },
  { name = "engine", kind = a_table, doc = "default: the default engine" },
  { name = "on_event", kind = hook, doc = "gets each event" },
  { name = "on_round", kind = hook, doc = "called after each round of a target" },
  { name = "say", kind = hook, doc = "is called when the state cannot be saved" },
})

-- Returns the options of the traces as text: a state can be used only with the same options.
local function identity(self)
  local parts = { ("flows %d"):format(self.flows) }
  for name, value in each(self.trace) do
    parts[#parts + 1] = ("%s %s"):format(name, err.show(value))
  end
  table.sort(parts)
  return table.concat(parts, ", ")
end

local bytes = lib.new "uint8_t[16]"

-- Reads the targets; returns the three values of an error.
local function read_targets(self, feed, saved)
  while true do
    local text, message, name = feed:read()
    if not text and not message then break end
    local family = message and 0 or addr.parse(text, bytes)
    if family > 0 and addr.unspecified(bytes, family) then message = addr.NOBODY end
    if message then return nil, message, name or "EINVAL" end
    self.subjects[#self.subjects + 1] = subject.new(text, saved[text])
  end
  if not self.subjects[1] then return err.named("EINVAL", "there are no targets to watch") end
  return true
end

local function on_stderr(message) io.stderr:write("watch: ", message, "\n") end

--- Makes a watcher: see mtr.WatchOptions.
---@param opts mtr.WatchOptions
---@return mtr.Watcher?
---@return string? message, string? name the targets or the state cannot be read
function M.new(opts)
  local self = setmetatable({ every = 60000, flows = 4, trace = {}, subjects = {}, saved_at = 0,
    say = on_stderr }, Watcher)
  local bug = check.each(declaration, opts, function(option, value) self[option.name] = value end)
  if not bug and not self.targets then bug = "watch: targets must be given" end
  bug = bug or check.each(options.trace, self.trace, function() end)
  local feed = not bug and targets.feed(self.targets)
  if not bug and not feed then bug = "watch: " .. targets.wrong(self.targets) end
  if bug then error(bug, 2) end
  self.identity = identity(self)
  local saved = {}
  if self.state then
    local why, which
    saved, why, which = state.read(self.state, self.identity)
    if not saved then return nil, why, which end
  end
  local ok, message, name = read_targets(self, feed, saved)
  if not ok then return nil, message, name end
  return self
end

-- Gives an event to the user.
local function emit(self, one, event)
  event.type, event.target, event.dst = "watch", one.target, one.dst
  event.time = event.time or one.now or os.time()
  self.dirty = true
  if self.on_event then self.on_event(event) end
end

--- Saves what is known, if there is a state file. Waits for the disk.
---@return true?
---@return string? message, string? name
function Watcher:save()
  if not self.state then return true end
  self.dirty, self.saved_at = false, self.engine:now()
  return state.write(self.state, self.identity, self.subjects)
end

-- Says what is wrong with the state, and that it is right again; the same problem once.
local function state_is(self, problem)
  if problem and problem ~= self.problem then
    self.say(problem .. "; what is known is kept, and saved when that is possible")
  elseif self.problem and not problem then
    self.say(("the state %s is saved again"):format(self.state))
  end
  self.problem = problem
end

-- Saves the state between rounds if it is time. A disk may have room again later, and the watch
-- goes on until then.
local function save_soon(self)
  if not self.state then return end
  local waited = self.engine:now() - self.saved_at >= SAVE_MS
  if not waited and (self.problem or not self.dirty) then return end
  local ok, problem = self:save()
  state_is(self, not ok and problem or nil)
end

-- Runs a round of a target. An error is reported unless the round before had the same error.
local function round(self, one, context)
  local ok, message, name = one:round(context)
  if not ok and name ~= one.failed then
    emit(self, one, { event = "error", message = message, name = name })
  end
  one.failed = not ok and name or nil
  if self.on_round then self.on_round(self) end
  save_soon(self)
end

-- Watches one target until its rounds are over.
local function follow(self, one, context, wait)
  local n, at = 0, self.engine:now() + wait
  while true do
    local rest = at - self.engine:now()
    if rest > 0 then task.sleep(rest) end
    round(self, one, context)
    n = n + 1
    if n == self.rounds then return end
    at = math.max(at + self.every, self.engine:now())
  end
end

--- Watches until all rounds are over, or it is interrupted; then saves the state.
---@async
---@return true?
---@return string? message, string? name there is no engine, a hook has failed (ETASK), or the state
--- cannot be saved at the start or the end
function Watcher:run()
  scheduler.check "run"
  local message, name
  if not self.engine then
    self.engine, message, name = default.get()
    if not self.engine then return nil, message, name end
  end
  local tasks, writable = {}
  writable, message, name = self:save()      -- a state that cannot be written is an error at once
  if not writable then return nil, message, name end
  for i, one in ipairs(self.subjects) do
    local context = { flow = self.trace.flow or 0, flows = self.flows }
    function context.trace(dst, more)
      local opts = {}
      for option, value in each(self.trace) do opts[option] = value end
      for option, value in each(more) do opts[option] = value end
      return self.engine:trace(dst, opts)
    end
    function context.event(subject_of, event) emit(self, subject_of, event) end
    tasks[i] = scheduler.go(follow, self, one, context,
      self.every * (i - 1) / #self.subjects)
  end
  local whole, ok, problem, code = coro.pcall(task.wait_all, tasks)
  local saved, why, which = self:save()
  if not saved and not (whole and ok) then self.say(why) end
  if not whole then error(ok, 0) end         -- an interrupt
  if not ok then return nil, problem, code end
  return saved, why, which
end

--- Returns the text of the metrics for Prometheus.
---@return string
function Watcher:metrics() return metrics.text(self.subjects) end

return M
