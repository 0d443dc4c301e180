-- SPDX-License-Identifier: MIT
--
-- A worker of the fleet: takes leases, traces their targets, hands the results in. It keeps its
-- leases alive, takes over those of workers that are dead, and gives its own back when it ends.
--
-- What its owner has set limits what campaigns may do: max_rate, protocols, the engine's exclude
-- list.

local default = require "mtr.engine.default"
local each = require "mtr.base.each"
local err = require "mtr.base.err"
local lib = require "mtr.lib"
local scheduler = require "mtr.wait.scheduler"
local campaigns = require "mtr.fleet.campaigns"
local facts = require "mtr.fleet.facts"
local keys = require "mtr.fleet.keys"
local pacing = require "mtr.fleet.pacing"
local scripts = require "mtr.fleet.scripts"
local shared = require "mtr.fleet.shared"
local taking = require "mtr.fleet.taking"
local troubles = require "mtr.fleet.trouble"

local xpcall = require "mtr.compat".xpcall

local M = {}

local REST, BEAT = 200, 1000           -- ms: until it asks again; between signs of life

---@class mtr.FleetWorkerOptions
---@field name string of the worker: its vantage point, or POINT/SOMETHING
---@field link mtr.RedisLink
---@field ticker mtr.Ticker
---@field window integer targets under way at once
---@field lease_time integer ms until the leases of a dead worker are taken over
---@field max_rate? number|string
---@field protocols? table<string, true> allowed ones; default: all
---@field campaign? string works for this one only
---@field once? boolean ends when all campaigns are done
---@field engine? mtr.Engine default: the default engine
---@field place? string where it is, for people
---@field say fun(message: string)

---@class mtr.FleetWorker: mtr.FleetWorkerOptions
---@field leases_here table<mtr.FleetLease, true> those under way
local Worker = {}
Worker.__index = Worker

M.protocols = taking.protocols

--- Makes a worker.
---@param opts mtr.FleetWorkerOptions
---@return mtr.FleetWorker?
---@return string? message, string? name
function M.new(opts)
  local engine, message, name = opts.engine
  if not engine then engine, message, name = default.get() end
  if not engine then return nil, message, name end
  local self = setmetatable({
    engine = engine, point = keys.point(opts.name), secret = keys.secret(), leases_here = {},
    count = 0, done_leases = 0, done_targets = 0, campaigns = {}, ended = false, noted = {},
    shares = {}, tasks = {},
  }, Worker)
  for key, value in each(opts) do self[key] = value end
  self.max = pacing.limit(self.max_rate)
  self.trouble = troubles.new(self.ticker, self.say)
  return self
end

--- Tells the user something, but not twice in a row.
---@param about string
---@param message string
function Worker:notify(about, message)
  if self.noted[about] ~= message then self.say(message) end
  self.noted[about] = message
end

--- Ends the worker for a reason that waiting cannot mend.
---@param message string
---@param name string
function Worker:fail(message, name)
  if not self.failure then self.failure, self.failure_name = message, name end
  self.ended = true
end

-- Says that the worker lives, and keeps its leases. Returns false if another one has its name.
local function beat(self)
  local now, message, name = self.link:call(scripts.command(scripts.alive,
    { keys.worker(self.name), keys.WORKERS },
    { self.secret, self.name, self.lease_time, facts.text(self) }))
  if not now then return self:fail(message, name) end
  if now == 0 then return false end
  local off = facts.clock(self, now / 1000 - os.time())
  if off then self.say(off) end
  for campaign, list in each(self:by_campaign()) do
    local args = { campaign.group, self.name }
    for _, lease in ipairs(list) do args[#args + 1] = lease.id end
    local lost = self.link:call(scripts.command(scripts.keep, { keys.leases(campaign.name) }, args))
    for _, id in ipairs(type(lost) == "table" and lost or {}) do
      for _, lease in ipairs(list) do
        if lease.id == id and not lease.handing then lease:stop() end
      end
    end
  end
  return true
end

--- Returns its leases by campaign.
---@return table<mtr.FleetCampaign, mtr.FleetLease[]>
function Worker:by_campaign()
  local by = {}
  for lease in each(self.leases_here) do
    local list = by[lease.campaign] or {}
    by[lease.campaign], list[#list + 1] = list, lease
  end
  return by
end

--- Returns how many leases of a campaign it has.
function Worker:leases_of(campaign)
  local n = 0
  for lease in each(self.leases_here) do
    if lease.campaign.name == campaign then n = n + 1 end
  end
  return n
end

--- Starts a task of the worker, which ends with it if it raises.
function Worker:begin(fn, ...) self.tasks[scheduler.go(fn, self, ...)] = true end

-- Ends the worker if a part of it has raised.
local function check(self, whole, problem)
  if whole or err.is_interrupt(problem) then return end
  self:fail("ETASK: a fault of mtrlua ends the worker: " .. problem, "ETASK")
end

-- Forgets the tasks that have ended. One that has raised ends the worker: without it the worker
-- would look alive and do nothing. Its traceback was reported.
local function check_tasks(self)
  local over = {}
  for task in each(self.tasks) do
    if task.done then over[#over + 1] = task end
  end
  for _, task in ipairs(over) do
    self.tasks[task] = nil
    check(self, not task.err, task.err and task.err:match "^[^\n]*")
  end
end

--- Ends the leases of a campaign that was cancelled, and forgets what is shared for it.
---@param campaign mtr.FleetCampaign
function Worker:drop(campaign)
  for lease in each(self.leases_here) do
    if lease.campaign.name == campaign.name then lease:stop() end
  end
  self.shares[campaign.name] = nil
end

--- Returns doubletree with what all workers of a campaign share.
function Worker:shared(campaign)
  local known = self.shares[campaign.name] or shared.new(self, campaign.name)
  self.shares[campaign.name] = known
  return known:strategy(campaign.trace)
end

-- Shows signs of life and looks at the campaigns, until the worker ends.
local function attend(self)
  while not self.ended do
    if not self.ticker:wait(math.min(BEAT, self.lease_time / 3)) or self.ended then break end
    if beat(self) == false then
      self:fail(("EEXIST: another worker has the name %s; give --name"):format(self.name), "EEXIST")
    end
    campaigns.look(self)
    for _, known in each(self.shares) do known:exchange() end
  end
  if self.room then scheduler.finish(self.room) end
end

-- Waits until a lease has ended, or some time.
local function rest(self)
  local op = {}
  self.room = op
  self.ticker:after(REST, function() scheduler.finish(op) end)
  self.ended = self.ended or self.ticker.gone
  if not self.ended then scheduler.wait(op) end
  self.room = nil
end

-- Gives back what is not done, and signs off.
local function leave(self)
  pacing.finish(self)
  for _, known in each(self.shares) do known:exchange() end
  for campaign, list in each(self:by_campaign()) do
    local args = { campaign.group, self.name }
    for _, lease in ipairs(list) do
      lease:stop()
      args[#args + 1] = lease.id
    end
    self.link:post(scripts.command(scripts.give_back, { keys.leases(campaign.name) }, args))
  end
  self.link:post(scripts.command(scripts.gone, { keys.worker(self.name), keys.WORKERS },
    { self.secret, self.name }))
  self.link:close()
end

-- Waits until a former worker of this name is known to be dead.
local function sign_on(self)
  while true do
    local alive = beat(self)
    if self.failure then return nil, self.failure, self.failure_name end
    if alive then
      if self.link.evicts then self.say(self.link.evicts) end
      return true
    end
    self:notify("name", ("another worker has the name %s; waiting for its end"):format(self.name))
    if not self.ticker:wait(BEAT) then return err.named("ECANCELED", "interrupted") end
  end
end

local function labour(self)
  pacing.begin(self)
  campaigns.look(self)
  self:begin(attend)
  while not (self.ended or self.ticker.gone) and lib.signals[0] == 0 do
    local taken = taking.run(self)
    if self.ended or taken == 0 and campaigns.all_done(self) then break end
    if taken == 0 or self.count > 0 then rest(self) end
    check_tasks(self)
  end
end

--- Works until it is interrupted, or with `once` until nothing is left.
---@async
---@return true?
---@return string? message, string? name
function Worker:run()
  local ok, message, name = sign_on(self)
  if not ok then return nil, message, name end
  local whole, problem = xpcall(labour, err.traceback, self)  -- after an interrupt nothing starts
  self.ended = true
  check(self, whole, problem)
  check(self, xpcall(leave, err.traceback, self))
  return not self.failure or nil, self.failure, self.failure_name
end

return M
