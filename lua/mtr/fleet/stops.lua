-- SPDX-License-Identifier: MIT
--
-- The stop sets of Doubletree, shared by all workers of a campaign while they trace: hops that one
-- vantage point has seen on the way to a prefix end the traces of the others to that prefix. (The
-- set of hops near the source stays with its worker.) Additions go through a stream in Redis, some
-- hundred at a time; traces never wait for it. A worker that cannot reach Redis goes on with what
-- it knows.

local doubletree = require "mtr.strategy.builtin.doubletree"
local strategy = require "mtr.strategy"
local keys = require "mtr.fleet.keys"
local shape = require "mtr.fleet.shape"

local M = {}

local BATCH = 256                      -- additions that are sent without waiting for the next time
local KEPT = 200000                    -- entries of the stream, about
local READ = 1000                      -- entries that are read at once

---@class mtr.FleetStops
---@field state table stop sets as of doubletree.new_state()
---@field fresh string[] additions to send: "PREFIX ADDRESS"
---@field after string id of the last entry that was read
---@field received integer additions of others
local Stops = {}
Stops.__index = Stops

--- Makes the stop sets of a worker.
---@param link mtr.RedisLink
---@param campaign string
---@param worker string
---@return mtr.FleetStops
function M.new(link, campaign, worker)
  local self = setmetatable({
    link = link, key = keys.stops(campaign), worker = worker, fresh = {}, after = "0",
    received = 0, state = doubletree.new_state(),
  }, Stops)
  function self.state.added(prefix, at)
    local fresh = self.fresh
    fresh[#fresh + 1] = prefix .. " " .. at
    if #fresh >= BATCH then self:exchange() end
  end
  return self
end

--- Returns the strategy of the traces of a campaign; `trace` may have its `h`, `prefix`, `prefix6`.
---@param trace table
---@return table
function Stops:strategy(trace)
  if not self.made then
    self.made = strategy.doubletree { state = self.state, h = trace.h, prefix = trace.prefix,
      prefix6 = trace.prefix6 }
  end
  return self.made
end

-- Takes the additions of others.
local function take(self, entries)
  local global = self.state.global
  for _, entry in ipairs(entries) do
    local id, fields = entry[1], entry[2]
    self.after = id
    if fields[2] ~= self.worker then
      for prefix, at in (fields[4] or ""):gmatch "(%S+) (%S+)" do
        local seen = global[prefix]
        if not seen then
          seen = {}
          global[prefix] = seen
        end
        seen[at], self.received = true, self.received + 1
      end
    end
  end
end

local function read(self)
  local c = self.link.connection
  if self.reading or not c or c.gone then return end
  self.reading = true
  local words = { "XREAD", "COUNT", READ, "STREAMS", self.key, self.after }
  c:send(function(reply)
    self.reading = false
    if not reply or not shape.fits(words, reply) then return end
    take(self, reply[1][2])
    if #reply[1][2] == READ then read(self) end
  end, words)
end

--- Sends the additions of this worker, and asks for those of others; does not wait.
function Stops:exchange()
  local fresh = self.fresh
  if fresh[1] and self.link:post { "XADD", self.key, "MAXLEN", "~", KEPT, "*", "worker",
    self.worker, "add", table.concat(fresh, "\n") } then
    self.fresh = {}
  end
  read(self)
end

return M
