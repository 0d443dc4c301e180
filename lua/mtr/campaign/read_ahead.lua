-- SPDX-License-Identifier: MIT
--
-- The targets of a campaign that were read and are not started: one bounded store for all that
-- changes their order.
--
-- A target waits here for its priority (then the store is kept full, and the highest one goes
-- first; of equal ones the first that was read), for a lane that has room (rates of prefixes and
-- ASes; others go on meanwhile), or for its next attempt. No more targets are read while the store
-- is full. Targets to try again are always taken back, so it may have as many more as traces were
-- under way.
--
-- The checkpoint saves what is here as unfinished: each_stored(). A campaign that needs none of
-- this has no store.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local each = require "mtr.base.each"
local heap = require "mtr.base.heap"
local scheduler = require "mtr.wait.scheduler"
local timer = require "mtr.wait.timer"
local lanes = require "mtr.campaign.lanes"

local C = lib.C
local M = {}

local bytes = lib.new "uint8_t[16]"

---@class mtr.StoredTarget: mtr.TargetNote
---@field address string|false 16 bytes; false: a name
---@field family integer
---@field zone integer
---@field priority number
---@field attempt integer from 1
---@field number integer order of reading
---@field lanes mtr.Lane[]|false
---@field due number ms of the engine, when it may be tried again

---@class mtr.ReadAhead
---@field c mtr.Campaign
---@field size integer most targets to read ahead
---@field count integer targets in the store
---@field eager boolean there are priorities: keep the store full
---@field over boolean no more targets are read
local Store = {}
Store.__index = Store

local function before(a, b)
  if a.priority ~= b.priority then return a.priority > b.priority end
  return a.number < b.number
end

local function earlier(a, b)
  if a.due ~= b.due then return a.due < b.due end
  return a.number < b.number
end

--- Makes an empty store.
---@param c mtr.Campaign
---@param size integer
---@return mtr.ReadAhead
function M.new(c, size)
  return setmetatable({
    c = c, size = size, count = 0, read_so_far = 0, over = false, eager = c.priority ~= nil,
    all = {}, ready = heap.new(before), later = heap.new(earlier), clock = false,
  }, Store)
end

local function add(self, item)
  self.all[item], self.count = true, self.count + 1
end

local function now(self) return C.mtr_now(self.c.engine.c) end

-- Starts the timer for the first target of those that wait for their next attempt.
local function arm(self)
  local item = self.later[1]
  if not item or self.clock and self.clock_due <= item.due then return end
  if self.clock then self.clock:cancel() end
  self.clock_due = item.due
  self.clock = timer.start(self.c.engine, math.max(item.due - now(self), 0), function()
    self.clock = false
    if not self.c.done then scheduler.wake(self.c.pump) end
  end)
end

-- Lets a target wait for its next attempt, as many ms.
local function wait_for(self, item, wait)
  item.due = now(self) + wait
  self.later:push(item)
  arm(self)
end

-- Returns the priority of a target: that of the user's function, or that of its note.
local function priority_of(c, target, note)
  local value = note and note.priority or 0
  if type(c.priority) == "function" then value = c.priority(target) or 0 end
  if type(value) ~= "number" or value ~= value then
    error(("priority must be a number, got %s"):format(tostring(value)), 0)
  end
  return value
end

--- Makes a target of what the list gave, and stores it.
---@param kind integer as from mtr.Targets:next, not negative
---@param what any
---@param address ffi.cdata* 16 bytes
---@param note mtr.TargetNote|false
function Store:put(kind, what, address, note)
  local c, named = self.c, kind == 0
  local target = named and what
    or addr.format(address, kind) .. (what > 0 and "%" .. what or "")
  self.read_so_far = self.read_so_far + 1
  if note and note.priority then self.eager = true end
  local item = {
    target = target, address = not named and lib.string(address, 16), family = kind,
    zone = named and 0 or what, priority = priority_of(c, target, note),
    attempt = note and note.attempt or 1, number = self.read_so_far, lanes = false, due = 0,
  }
  if c.lanes and not named then item.lanes = c.lanes:of(address, kind) end
  add(self, item)
  local wait = c.retry and note and note.wait or 0
  if wait <= 0 then return self.ready:push(item) end
  wait_for(self, item, math.min(wait, c.retry.after))
end

-- Reads one target more; returns false if there is no room or no target.
local function read(self)
  local c = self.c
  if self.over or self.count >= self.size then return false end
  local kind, what, name = c.feed:next(bytes)
  if not kind then
    self.over = true
    if what then c:fail(what, name) end
    return false
  end
  c.tally.targets = c.tally.targets + 1
  if kind < 0 then
    c:cannot(c.feed.text, what, what:match "^%u+")
  elseif kind > 0 and addr.unspecified(bytes, kind) then
    c:cannot(addr.format(bytes, kind), addr.NOBODY, "EINVAL")
  else
    self:put(kind, what, bytes, c.feed.note)
  end
  return true
end

-- Lets those wait no longer whose time has come.
local function ripen(self)
  local later, time = self.later, now(self)
  while later[1] and later[1].due <= time do
    later[1].wait = nil
    self.ready:push(later:pop())
  end
  arm(self)
end

-- Lets one of the targets that wait for a lane try again, if the lane has room.
local function unpark(self, lane)
  if lane.parked and lane.parked.n > 0 and lane.users < lane.rule.most then
    self.ready:push(lane.parked:pop())
  end
end

-- Lets a target wait for a lane. Its other lanes may have room for somebody else.
local function park(self, item, lane)
  lane.parked = lane.parked or heap.new(before)
  lane.parked:push(item)
  for _, other in ipairs(item.lanes) do
    if other ~= lane then unpark(self, other) end
  end
end

--- Takes the target that starts next out of the store; nil: none can start now.
---@return mtr.StoredTarget?
function Store:take()
  ripen(self)
  while true do
    while self.eager and read(self) do end
    local item = self.ready:pop()
    if item then
      local lane = item.lanes and lanes.full(item.lanes)
      if not lane then
        self.all[item], self.count = nil, self.count - 1
        if item.lanes then lanes.count(item.lanes, 1) end
        return item
      end
      park(self, item, lane)
    elseif not read(self) then
      return nil
    end
  end
end

--- Returns true if nothing is stored and nothing more will be read.
---@return boolean
function Store:empty() return self.over and self.count == 0 end

-- Notes that the trace of a target has ended.
local function leave(self, item)
  if not item.lanes then return end
  lanes.count(item.lanes, -1)
  for _, lane in ipairs(item.lanes) do unpark(self, lane) end
end

--- Notes that a target is done.
---@param item mtr.StoredTarget
function Store:done(item)
  leave(self, item)
  if item.lanes then self.c.lanes:drop(item.lanes) end
end

--- Takes a target back whose attempt has failed. It starts again after some time.
---@param item mtr.StoredTarget
---@param wait number ms
function Store:again(item, wait)
  leave(self, item)
  item.attempt = item.attempt + 1
  add(self, item)
  wait_for(self, item, wait)
end

--- Calls fn for each target in the store, in the order of reading. `wait` of each is the rest of
--- its wait for the next attempt.
---@param fn fun(item: mtr.StoredTarget)
function Store:each_stored(fn)
  local list, time = {}, now(self)
  for item in each(self.all) do
    list[#list + 1], item.wait = item, math.max(math.ceil(item.due - time), 0)
  end
  table.sort(list, function(a, b) return a.number < b.number end)
  for _, item in ipairs(list) do fn(item) end
end

--- Ends reading and waiting. What is stored stays stored.
function Store:stop()
  self.over = true
  if self.clock then self.clock:cancel() end
  self.clock = false
end

return M
