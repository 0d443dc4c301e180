-- SPDX-License-Identifier: MIT
--
-- A worker of the fleet: takes leases, traces their targets, hands the results in. It keeps its
-- leases alive, takes over those of workers that are dead, and gives its own back when it ends.
--
-- Its owner's word stands above the campaign's: `max_rate`, `protocols`, and the exclude list of
-- the engine.

local default = require "mtr.engine.default"
local err = require "mtr.base.err"
local json = require "mtr.record.json"
local lib = require "mtr.lib"
local units = require "mtr.base.units"
local scheduler = require "mtr.wait.scheduler"
local book = require "mtr.fleet.book"
local chosen = require "mtr.fleet.chosen"
local keys = require "mtr.fleet.keys"
local leases = require "mtr.fleet.lease"
local scripts = require "mtr.fleet.scripts"
local stops = require "mtr.fleet.stops"

local M = {}

local REST = 200                       -- ms until a worker without work asks again
local BEAT = 1000                      -- ms between two signs of life, at most

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
---@field place? string where it is, for people
---@field say fun(message: string)

---@class mtr.FleetWorker: mtr.FleetWorkerOptions
---@field point string
---@field engine mtr.Engine
---@field held table<mtr.FleetLease, true>
---@field done_leases integer
---@field done_targets integer
local Worker = {}
Worker.__index = Worker

--- Makes a worker.
---@param opts mtr.FleetWorkerOptions
---@return mtr.FleetWorker?
---@return string? message, string? name
function M.new(opts)
  local engine, message, name = default.get()
  if not engine then return nil, message, name end
  local self = setmetatable({
    engine = engine, point = keys.point(opts.name), held = {}, count = 0, done_leases = 0,
    done_targets = 0, campaigns = {}, ended = false, told = {}, stop_sets = {},
  }, Worker)
  for key, value in pairs(opts) do self[key] = value end
  self.secret = ("%08x%08x"):format(math.random(0, 2 ^ 31 - 1), os.time() % 2 ^ 31)
  self.max = self.max_rate and units.rate(self.max_rate) or 0
  return self
end

-- Tells the user something, but not twice in a row.
local function tell(self, about, message)
  if self.told[about] ~= message then self.say(message) end
  self.told[about] = message
end

-- The end of the worker for a reason that no waiting mends.
local function fail(self, message, name)
  if not self.failure then self.failure, self.failure_name = message, name end
  self.ended = true
end

local function facts(self)
  return json.encode {
    point = self.point, place = self.place, version = "0.1.0", leases = self.count,
    done_leases = self.done_leases, done_targets = self.done_targets,
    rate = self.engine.rate, transport = self.engine.transport_name,
    probes = self.engine:stats().probes, campaign = self.working, lease_time = self.lease_time,
  }
end

-- Says that the worker lives, and keeps its leases. Returns false if another one has its name.
local function beat(self)
  local now, message, name = self.link:call(scripts.command(scripts.alive,
    { keys.lock(self.name), keys.WORKERS },
    { self.secret, self.name, self.lease_time, facts(self) }))
  if not now then return fail(self, message, name) end
  if now == 0 then return false end
  local drift = math.abs(now / 1000 - os.time())
  if drift > 5 then
    tell(self, "clock", ("the clock of this host is %.0f s off that of Redis; the times in results "
      .. "are this host's"):format(drift))
  end
  for campaign, list in pairs(self:by_campaign()) do
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
  for lease in pairs(self.held) do
    local list = by[lease.campaign] or {}
    by[lease.campaign], list[#list + 1] = list, lease
  end
  return by
end

--- Returns the strategy doubletree with the stop sets that all workers of a campaign share.
function Worker:shared(campaign)
  local set = self.stop_sets[campaign.name]
  if not set then
    set = stops.new(self.link, campaign.name, self.name)
    self.stop_sets[campaign.name] = set
  end
  return set:strategy(campaign.trace)
end

-- The rate that the worker may have for a campaign.
local function set_rate(self, campaign)
  local wanted, own = units.rate(campaign.facts.rate or 0) or 0, self.max
  local rate = wanted == 0 and own or own == 0 and wanted or math.min(wanted, own)
  if rate ~= self.rate then
    self.rate = rate
    self.engine:set_rate(rate == 0 and "max" or rate)
  end
end

-- May the worker trace for this campaign now?
local function willing(self, campaign)
  local state = campaign.facts.state
  if state ~= "running" or campaign.full or not campaign.takes_part then return false end
  local protocol = campaign.trace.protocol or "icmp"
  if self.protocols and not self.protocols[protocol] then
    tell(self, campaign.name, ("campaign %s wants %s probes, which this worker does not send")
      :format(campaign.name, err.plain(protocol)))
    return false
  end
  return true
end

-- Asks for at most `n` leases: new ones, else those of dead workers. Returns their entries.
local function ask(self, campaign, n)
  local key = keys.leases(campaign.name)
  local answer, message, name = self.link:call { "XREADGROUP", "GROUP", campaign.group, self.name,
    "COUNT", n, "STREAMS", key, ">" }
  if answer == nil then return nil, message, name end
  if answer then return answer[1][2] end
  answer, message, name = self.link:call { "XAUTOCLAIM", key, campaign.group, self.name,
    self.lease_time, "0", "COUNT", n }
  if answer == nil then return nil, message, name end
  local list = {}
  for _, entry in ipairs(answer[2]) do
    local ours = not entry[2]          -- its target was deleted
    for lease in pairs(self.held) do ours = ours or lease.id == entry[1] end
    if not ours then list[#list + 1] = entry end
  end
  if list[1] then
    self.taken_over = (self.taken_over or 0) + #list
    self.say(("takes over %d leases of a worker that is gone"):format(#list))
  end
  return list
end

-- Traces a lease and hands it in.
local function work(self, lease)
  local campaign = lease.campaign
  local whole, message, name = lease:trace(self)
  if whole == nil then
    self.broken[campaign.name] = message
    fail(self, ("campaign %s: %s"):format(campaign.name, message), name)
  elseif whole then
    lease.handing = true
    local ok
    ok, message, name = lease:finish(self)
    if ok then
      self.done_leases = self.done_leases + 1
      self.done_targets = self.done_targets + #lease.targets
    elseif message then
      fail(self, message, name)
    end
    lease.handed = ok ~= nil
  end
  if lease.handed or lease.lost then self.held[lease] = nil end
  lease:release()
  self.count = self.count - 1
  if self.room then scheduler.finish(self.room) end
end

-- Starts the leases of some entries.
local function start(self, campaign, entries)
  for _, entry in ipairs(entries) do
    local lease, bug = leases.read(campaign, entry)
    if not lease then
      fail(self, "EPROTO: " .. bug, "EPROTO")
    elseif campaign.share == "n" and not chosen.is(self.point, campaign.points, campaign.n,
      campaign.seed, lease.number) then
      self.link:call(scripts.command(scripts.skip, { keys.leases(campaign.name),
        keys.left(campaign.name) }, { campaign.group, self.name, lease.id, campaign.seats }))
    else
      self.held[lease], self.count = true, self.count + 1
      self.working = campaign.name
      scheduler.go(work, self, lease)
    end
  end
end

-- Looks which campaigns there are, and how they are.
local function look(self)
  local names, message, name = { self.campaign }, nil, nil
  if not self.campaign then
    names, message, name = self.link:call { "SMEMBERS", keys.CAMPAIGNS }
    if not names then return fail(self, message, name) end
    table.sort(names)
  end
  local list = {}
  for _, one in ipairs(names) do
    local known = self.campaigns[one]
    local there = known and known:refresh(self.link, self.point)
    if not there then
      known, message, name = book.read(self.link, one, self.point)
      if known == nil then return fail(self, message, name) end
      if known == false and self.campaign then
        tell(self, one, ("there is no campaign %s yet"):format(one))
      end
    end
    self.campaigns[one], list[#list + 1] = known or nil, known or nil
  end
  for lease in pairs(self.held) do
    if lease.campaign.facts.state == "cancelled" then lease:stop() end
  end
  self.list = list
end

-- Takes as many leases as there is room for. Returns how many it took.
local function take(self)
  local taken = 0
  for _, campaign in ipairs(self.list or {}) do
    if willing(self, campaign) then
      set_rate(self, campaign)
      local size = tonumber(campaign.facts.lease) or 200
      local most = math.max(2, math.floor(self.window / size))
      if self.count < most then
        local entries, message, name = ask(self, campaign, most - self.count)
        if not entries then return fail(self, message, name) or taken end
        start(self, campaign, entries)
        taken = taken + #entries
      end
      if self.count >= most then break end
    end
  end
  return taken
end

-- Is nothing left of this campaign for this worker's vantage point?
local function nothing_left(self, campaign)
  if campaign.facts.state == "cancelled" or not campaign.takes_part then return true end
  if campaign.share == "split" then return campaign:finished() end
  if campaign.facts.complete ~= "1" then return false end
  local pending = self.link:call { "XPENDING", keys.leases(campaign.name), campaign.group }
  return type(pending) == "table" and pending[1] == 0
end

-- May a worker with the option `once` end? It has just been told that there is no lease to take.
local function all_done(self)
  if not self.once or self.count > 0 or not self.list[1] then return false end
  for _, campaign in ipairs(self.list) do
    if not nothing_left(self, campaign) then return false end
  end
  return true
end

-- Shows signs of life and looks at the campaigns, until the worker ends.
local function attend(self)
  while not self.ended do
    if not self.ticker:wait(math.min(BEAT, self.lease_time / 3)) then break end
    if self.ended then break end
    if beat(self) == false then
      fail(self, ("EEXIST: another worker has the name %s; give --name"):format(self.name), "EEXIST")
    end
    look(self)
    for _, set in pairs(self.stop_sets) do set:exchange() end
  end
  if self.room then scheduler.finish(self.room) end
end

-- Waits until a lease has ended, or some time.
local function rest(self)
  local op = {}
  self.room = op
  self.ticker:listen(function()
    if not op.done then
      op.ticks = (op.ticks or 0) + 1
      if op.ticks * self.ticker.ms >= REST then scheduler.finish(op) end
    end
    return op.done
  end)
  if self.ticker.gone then self.ended = true return end
  scheduler.wait(op)
  if self.room == op then self.room = nil end
end

-- Gives back what is not done, and signs off.
local function leave(self)
  for campaign, list in pairs(self:by_campaign()) do
    local args = { campaign.group, self.name }
    for _, lease in ipairs(list) do
      lease:stop()
      args[#args + 1] = lease.id
    end
    self.link:post(scripts.command(scripts.give_back, { keys.leases(campaign.name) }, args))
  end
  self.link:post(scripts.command(scripts.gone, { keys.lock(self.name), keys.WORKERS },
    { self.secret, self.name }))
  self.link:close()
end

-- Waits until a former worker of this name is known to be dead.
local function sign_on(self)
  while true do
    local alive = beat(self)
    if self.failure then return nil, self.failure, self.failure_name end
    if alive then return true end
    tell(self, "name", ("another worker has the name %s; waiting for its end"):format(self.name))
    if not self.ticker:wait(BEAT) then return err.named("ECANCELED", "interrupted") end
  end
end

--- Works until it is interrupted, or with `once` until nothing is left.
---@async
---@return true?
---@return string? message, string? name
function Worker:run()
  self.broken = {}
  local ok, message, name = sign_on(self)
  if not ok then return nil, message, name end
  look(self)
  scheduler.go(attend, self)
  while not self.ended and lib.signals[0] == 0 do
    local taken = take(self)
    if self.ended then break end
    if taken == 0 and all_done(self) then break end
    if taken == 0 or self.count > 0 then rest(self) end
  end
  self.ended = true
  leave(self)
  if self.failure then return nil, self.failure, self.failure_name end
  return true
end

return M
