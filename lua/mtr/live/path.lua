-- SPDX-License-Identifier: MIT
--
-- What live knows of one target: statistics, history and addresses of each hop, and how its trace
-- is doing. It is fed by the hooks of the trace and needs no engine; the pages and lines of live
-- are made of it.

local ext = require "mtr.record.ext"
local words = require "mtr.record.words"
local stats = require "mtr.script.stats"
local history = require "mtr.live.history"
local route = require "mtr.live.route"

local M = {}

---@class mtr.LiveHop
---@field ttl integer
---@field history mtr.LiveHistory
---@field route mtr.LiveRoute
---@field mark? string "!H" and the like, of the last answer
---@field mpls? string labels in the last answer: "24001" or "24001 24002"
---@field heard boolean something has answered

---@class mtr.LivePath
---@field target string
---@field dst? string
---@field src? string
---@field state "starting"|"running"|"failed"|"ended"
---@field message? string why it failed
---@field stats mtr.Stats
---@field round integer the latest round that has begun
---@field since integer the last round before the reset
---@field interval number ms between rounds
---@field privacy integer how many of the first hops are hidden
---@field clock integer time, s: when changes are noted; its owner sets it now and then
---@field hops table<integer, mtr.LiveHop> by TTL
---@field changed? { at: integer, ttl: integer } the last change of the path
---@field fresh boolean something has come since this was last set to false
local Path = {}
Path.__index = Path

--- Makes the path of a target.
---@param target string
---@param interval number ms
---@param privacy? integer how many of the first hops are hidden
---@return mtr.LivePath
function M.new(target, interval, privacy)
  local self = setmetatable({ target = target, interval = interval, privacy = privacy or 0,
    state = "starting", round = 0, clock = 0 }, Path)
  self:reset()
  return self
end

--- Forgets all outcomes.
function Path:reset()
  self.stats, self.hops, self.changed, self.fresh = stats.new(), {}, nil, true
  self.since = self.round
end

local function at(self, ttl)
  local hop = self.hops[ttl]
  if not hop then
    hop = { ttl = ttl, history = history.new(), route = route.new(), heard = false }
    self.hops[ttl] = hop
  end
  return hop
end

-- Returns the round of a probe, by the time when it was sent, ms since the trace began. That time
-- is a float: with ten rounds a second it distinguishes them for some days, with one for months.
local function round_of(self, sent) return math.floor(sent / self.interval) + 1 end

local function shown(self, ttl) return ttl > self.privacy and ttl <= self:length() end

local function labels(reply)
  local objects = reply.ext
  local list = objects and ext.mpls(objects, "%d")
  return list and list[1] and table.concat(list, " ") or nil
end

--- Takes a reply. Returns its hop and round if it is the answer to a probe, and true if the path
--- has changed there; nothing if the probe went beyond the end of the path, or its hop is hidden.
---@param reply mtr.Reply borrowed or not
---@return mtr.LiveHop?
---@return integer? round
---@return boolean? changed
function Path:on_reply(reply)
  self.stats:on_reply(nil, reply)
  self.fresh = true
  if reply.dup or reply.late or reply.ignored or reply.too_big then return nil end
  if not shown(self, reply.ttl) then return nil end
  local hop, round = at(self, reply.ttl), round_of(self, reply.at)
  hop.history:add(round, reply.rtt)
  hop.mpls = labels(reply)
  hop.mark, hop.heard = not reply.final and words.mark(reply) or nil, true
  local changed = hop.route:add(reply.flow, reply.addr, self.clock)
  if changed then self.changed = { at = self.clock, ttl = reply.ttl } end
  return hop, round, changed
end

--- Takes a probe without an answer, or that could not be sent. Returns its hop and round, unless it
--- was sent beyond the end of the path, or its hop is hidden.
---@param probe mtr.Probe borrowed or not
---@return mtr.LiveHop?
---@return integer? round
function Path:on_timeout(probe)
  self.stats:on_timeout(nil, probe)
  self.fresh = true
  if probe.ttl <= self.privacy then return nil end
  local hop, round = at(self, probe.ttl), round_of(self, probe.at)
  hop.history:add(round, false)
  if probe.ttl > self:length() then return nil end
  return hop, round
end

--- Returns the TTL of the last hop, or of the last one that was asked if the target never answered.
---@return integer
function Path:length() return self.stats:length() end

--- Returns the TTL of the last hop that has answered; 0: none.
---@return integer
function Path:heard()
  for ttl = self:length(), 1, -1 do
    if self.hops[ttl] and self.hops[ttl].heard then return ttl end
  end
  return 0
end

return M
