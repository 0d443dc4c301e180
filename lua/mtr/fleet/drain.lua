-- SPDX-License-Identifier: MIT
--
-- Takes the results of a campaign out of Redis and gives them to reporters. With a state each lease
-- is once in every output, whatever is killed: results are removed from Redis only when the disk
-- has them, outputs are cut back to what the state speaks of, and a lease that comes twice (Redis
-- may forget its last second when it is killed) is written once (see also mtr.fleet.place).

local lib = require "mtr.lib"
local each = require "mtr.base.each"
local err = require "mtr.base.err"
local Reporters = require "mtr.campaign.reporters"
local book = require "mtr.fleet.book"
local entry = require "mtr.fleet.entry"
local keys = require "mtr.fleet.keys"
local place = require "mtr.fleet.place"
local scripts = require "mtr.fleet.scripts"
local drain_lock = require "mtr.fleet.drain_lock"
local drain_state = require "mtr.fleet.drain_state"

local C = lib.C
local M = {}

local REST, EVERY = 200, 1000          -- ms: until it asks again; between two checkpoints
local READ = 8                         -- entries that are read at once
local LARGE = 2 ^ 25                   -- bytes of an entry after which they are read one by one

---@class mtr.FleetDrainOptions
---@field link mtr.RedisLink
---@field ticker mtr.Ticker
---@field campaign string
---@field reporters mtr.Reporter[]
---@field outputs string[] what they are, for the state
---@field state? string a file
---@field follow? boolean goes on when the campaign is done
---@field say fun(message: string)
---@field on_update? fun(drain: mtr.FleetDrain)

---@class mtr.FleetDrain: mtr.FleetDrainOptions
---@field after string id of the entry behind which it reads
---@field seen string the highest id of the entries that were written
---@field ids string[] of those of them that are not removed from Redis yet
---@field connection? mtr.RedisConnection over which it reads
---@field done table<string, mtr.FleetWrittenLeases>
---@field results integer written by this run
---@field leases integer
---@field repeated integer leases that came twice
---@field failed integer targets that could not be traced
---@field unread integer lines that are no results, and are in no output
---@field strange integer entries that are not of a fleet, too large, or parts without the others
---@field problem? string says how many these are, and what is wrong with the first
---@field lock mtr.FleetDrainLock
---@field at_once integer entries that are read next
---@field open? mtr.FleetPart the part that was written last, if more parts have to follow
---@field skipping? boolean the present lease is in the outputs already
---@field whole boolean no lease is written in part
local Drain = {}
Drain.__index = Drain

-- Removes from Redis what was written.
local function trim(self)
  if not self.ids[1] then return true end
  local words = scripts.command(scripts.trim, { keys.meta(self.campaign),
    keys.results(self.campaign) }, { self.repeated - self.counted })
  for _, id in ipairs(self.ids) do words[#words + 1] = id end
  local n, message, name = self.link:call(words)
  if not n then return nil, message, name end
  self.ids, self.counted = {}, self.repeated
  return true
end

local function save(self, finished)
  if not self.state then return true end
  local data, count, name = {}, 0
  if not finished then
    data, count, name = self.list:save(self.fds, C.MTR_SAVE_FDS)
    if not data then return nil, count, name end
  end
  return drain_state.save(self.state, { campaign = self.campaign, after = self.seen,
    done = self.done, outputs = self.outputs, reporters = data, finished = finished },
    self.fds, count)
end

-- Makes sure that the disk has the outputs and the state, and then removes the results.
local function checkpoint(self)
  if not self.whole then return true end
  self.at = self.ticker.count
  local ok, message, name = self.list:call("update",
    { traces = self.results, failed = self.failed })
  if ok and self.ids[1] then ok, message, name = save(self, false) end
  if ok then ok, message, name = trim(self) end
  if self.on_update then self.on_update(self) end
  return ok, message, name
end

-- Opens state and outputs.
local function open(self)
  local state, message, name
  if self.state then
    state, message, name = drain_state.read(self.state, self.campaign, self.outputs)
    if message then return nil, message, name end
  end
  if state then
    self.seen, self.done, self.finished = state.after, state.done, state.finished
    if self.finished then return true end
    self.list:restore(state.reporters)
  end
  local ok
  ok, message, name = self.list:call("start", { campaign = self.campaign,
    list = self.book.facts.list, cycle = self.book.facts.cycle })
  if ok then ok, message, name = save(self, false) end
  return ok, message, name
end

-- Returns whether an entry is large. Redis makes an answer as a whole, so large entries are read
-- one by one.
local function is_large(one)
  local size = 0
  for _, text in ipairs(one[2] or {}) do size = size + #tostring(text) end
  return size > LARGE
end

-- Reads what is there, and writes it; a drain that has finished only notes what it has written.
-- Returns how many entries were there.
local function step(self)
  local answer, message, name = self.link:call { "XREAD", "COUNT", self.at_once, "STREAMS",
    keys.results(self.campaign), self.after, large = true }
  if answer == nil then return nil, message, name end
  if place.begin_again(self) then return 1 end
  local entries = answer and answer[1][2] or {}
  self.at_once = math.min(READ, self.at_once * 2)
  for _, one in ipairs(entries) do
    local large = entry.too_large(one)
    if large or is_large(one) then self.at_once = 1 end
    if large and entries[2] then break end       -- perhaps it is not when it comes alone
    local ok = entry.known(self, one)
    if not ok and self.finished then return 0 end
    if not ok then ok, message, name = entry.write(self, one) end
    if not ok then return nil, message, name end
    place.took(self, one[1])
  end
  if not entries[1] then entry.give_up(self) end
  return #entries
end

-- Returns whether no results will be added any more. Those that are there may not have been read.
local function over(self)
  local there, message, name = self.book:refresh(self.link)
  if there == nil then return nil, message, name end
  local facts = self.book.facts
  if not there then
    return err.named("ENOENT", ("the campaign %s is gone from Redis: its keys were deleted, and "
      .. "what was not drained is lost"):format(self.campaign))
  end
  if facts.state == "cancelled" then return true end
  return not self.follow and self.book:finished()
end

local function run(self)
  local done = false                   -- nothing came any more before the last read
  while lib.signals[0] == 0 and not self.ticker.gone do
    local n, message, name = step(self)
    local locked
    if n then locked, message, name = self.lock:keep() end
    if not locked then return nil, message, name end
    if (self.ticker.count - self.at) * self.ticker.ms >= EVERY or n == 0 then
      local ok
      ok, message, name = checkpoint(self)
      if not ok then return nil, message, name end
    end
    if n == 0 then
      if done then return true end
      done, message, name = over(self)
      if done == nil then return nil, message, name end
      if not done and not self.ticker:wait(REST) then break end
    end
  end
  return true
end

-- Ends outputs and state.
local function finish(self, ok, message, name)
  if ok and self.whole then
    if lib.signals[0] > 0 then ok, message, name = save(self, false) end
  end
  local fine, problem, code = self.list:call("finish", { traces = self.results })
  if not ok then return nil, message, name end
  if not fine then return nil, problem, code end
  if lib.signals[0] == 0 then
    ok, message, name = save(self, true)
    if ok then ok, message, name = trim(self) end
  end
  return ok, message, name
end

-- Drains a campaign that nobody else drains.
local function all(self)
  local ok, message, name = open(self)
  if not ok then return nil, message, name end
  local n = 1
  while self.finished and n > 0 do
    n, message, name = step(self)
    if not n then return nil, message, name end
  end
  if self.finished then return trim(self) end
  return finish(self, run(self))
end

-- Says what could not be read; nil: nothing.
local function problem_of(self)
  local counts = {}
  if self.unread > 0 then counts[1] = ("%d lines"):format(self.unread) end
  if self.strange > 0 then
    counts[#counts + 1] = ("%d %s"):format(self.strange, self.strange == 1 and "entry" or "entries")
  end
  return counts[1] and ("%s could not be read and are in no output; the first: %s"):format(
    table.concat(counts, " and "), self.unread_why)
end

--- Drains a campaign until it is done, or until the program is interrupted.
---@async
---@param opts mtr.FleetDrainOptions
---@return mtr.FleetDrain? counters
---@return string? message, string? name
function M.run(opts)
  local self = setmetatable({
    after = place.FIRST, seen = place.FIRST, ids = {}, done = {}, results = 0, leases = 0,
    repeated = 0, counted = 0, failed = 0, unread = 0, strange = 0, whole = true, at_once = 1,
    at = opts.ticker.count, fds = lib.new("int32_t[?]", C.MTR_SAVE_FDS),
    lock = drain_lock.new(opts.link, opts.ticker, opts.campaign),
  }, Drain)
  for key, value in each(opts) do self[key] = value end
  local bug
  self.list, bug = Reporters.new(opts.reporters)
  if not self.list then error("drain: " .. bug, 2) end
  local ok, message, name = book.read(self.link, self.campaign)
  if ok == false then return err.named("ENOENT", "there is no campaign " .. self.campaign) end
  if not ok then return nil, message, name end
  self.book = ok
  ok, message, name = self.lock:take()
  if not ok then return nil, message, name end
  if self.link.evicts then self.say(self.link.evicts) end
  self.lock:watch()
  ok, message, name = all(self)
  self.lock:release()
  self.problem = problem_of(self)
  return ok and self, message, name
end

return M
