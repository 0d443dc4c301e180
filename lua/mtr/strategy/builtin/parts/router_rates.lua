-- SPDX-License-Identifier: MIT
--
-- Routers that limit how many ICMP errors they send, and how many that is: a table that strategies
-- fill while they trace, and ask how long to wait before the next probe to a hop.
--
-- A router is expected where one answered before: behind the same hop, or at the same TTL where the
-- hop before is not known. A report says now and then what the routers with missing answers did;
-- reports of others may be learned as well. All answers of a router, of which many were missing,
-- are its rate, but a report lowers a rate only by a part. Those that probe the router share it.
-- While no answers are missing the rate grows, since it may have been too low.
--
-- A router that answers fewer when it is asked less has no limit: its answers are lost. The table
-- is wrong about a router that has a separate limit for each sender.

local each = require "mtr.base.each"
local recent = require "mtr.base.recent"

local M = {}

local PERIOD = 500                     -- ms: a report covers at least this time
local LEAST, SHARE = 3, 0.2            -- answers that are missing in it: at least, and of all
local LOWEST = 1                       -- answers per second; below that waiting is of no use
local GROWTH = 1.1                     -- of a rate, in a report without missing answers
-- A router is lossy if, in TIMES reports in a row with missing answers, it is asked less than LESS
-- times what it was asked, and answers less than FEWER times what it answered.
local LESS, FEWER, TIMES = 0.5, 0.7, 3
local HOPS = 8192                      -- that are known, behind others and before others
local SILENCE, DOUBT = 60, 300         -- reports until a rate is forgotten; until a lossy router is

---@class mtr.RouterRates
---@field ahead table<string|integer, table> the hop behind an address or a TTL: { at =, votes = }
---@field back table<string|integer, table> the hop before an address, or before a TTL
---@field counts table<string, { answered: integer, missed: integer }> by router; since the report
---@field routers table<string, mtr.RouterRate>
---@field due? fun() called when there is something to report
---@field round integer reports so far
local Rates = {}
Rates.__index = Rates

---@class mtr.RouterRate
---@field rate? number answers per second; nil: not limited
---@field by table<string, table> the last report of each that probes it
---@field lossy integer the report until which it has no limit
---@field fewer integer reports in a row that say so
---@field users integer how many these are
---@field next number ms: time of the next probe that may be sent
---@field round integer when it was last heard of

--- Makes an empty table.
---@param now fun(): number time in ms
---@return mtr.RouterRates
function M.new(now)
  return setmetatable({ now = now, since = now(), round = 0, ahead = recent.new(HOPS),
    back = recent.new(HOPS), counts = {}, routers = recent.new(HOPS) }, Rates)
end

local function side(self, forward) return forward and self.ahead or self.back end

--- Returns the router that will probably answer next; nil: none is known.
---@param forward boolean away from the source?
---@param from string|integer the last hop, or if it did not answer its TTL
---@return string? address
function Rates:expected(forward, from)
  local hop = side(self, forward)[from]
  return hop and hop.votes > 1 and hop.at or nil
end

--- Returns how many ms the next probe shall wait, and counts it as sent then. At most `most`.
---@param forward boolean
---@param from string|integer
---@param most number ms
---@return number
function Rates:wait(forward, from, most)
  local router = self.routers[self:expected(forward, from)]
  if not router or not router.rate then return 0 end
  if self.round - router.round > SILENCE then
    router.rate = nil
    return 0
  end
  local now = self.now()
  local at = math.max(router.next, now)
  if at - now > most then return most end
  router.next = at + 1000 * router.users / router.rate
  return at - now
end

local function count(self, at)
  local counts = self.counts[at]
  if not counts then
    counts = { answered = 0, missed = 0 }
    self.counts[at] = counts
  end
  return counts
end

--- A router has answered.
---@param forward boolean
---@param from string|integer
---@param at string its address
function Rates:answered(forward, from, at)
  local hops = side(self, forward)
  local hop, counts = hops[from], count(self, at)
  counts.answered = counts.answered + 1
  if not hop then
    hops[from] = { at = at, votes = 1 }
  elseif hop.at == at then
    hop.votes = math.min(hop.votes + 1, 8)
  elseif hop.votes == 0 then
    hop.at, hop.votes = at, 1
  else
    hop.votes = hop.votes - 1
  end
  if self.due and self.now() - self.since >= 2 * PERIOD then self.due() end
end

--- A router has not answered probes that did not get lost.
---@param at string
---@param n integer how many
function Rates:missed(at, n)
  local counts = count(self, at)
  counts.missed = counts.missed + n
end

--- Returns what happened since the last report: a line for each router that matters, "ADDRESS
--- ANSWERED MISSED", and the ms that they cover; nil: too little time has passed. What is returned
--- has to be learned.
---@return string[]? lines
---@return number? ms
function Rates:report()
  local now = self.now()
  local ms, lines = now - self.since, {}
  if ms < PERIOD then return nil end
  for at, counts in each(self.counts) do
    local router = self.routers[at]
    if counts.missed > 0 or router and router.rate then
      lines[#lines + 1] = ("%s %d %d"):format(at, counts.answered, counts.missed)
    end
  end
  self.counts, self.since, self.round = {}, now, self.round + 1
  return lines, ms
end

-- Sums the last reports about a router: answers and probes per second.
local function sum(self, router)
  local answered, asked, users = 0, 0, 0
  for who, said in each(router.by) do
    if self.round - said.round > SILENCE then
      router.by[who] = nil
    else
      answered, asked, users = answered + said.answered, asked + said.asked, users + 1
    end
  end
  router.users = users
  return answered, asked
end

-- Takes a new rate from what a router does while answers are missing. What it did when it was asked
-- most is kept, to distinguish a limit from loss.
local function judge(self, router, answered, asked)
  if self.round < router.lossy then return end
  if not router.rate or asked >= router.asked then
    router.asked, router.answered = asked, answered
  end
  local fewer = asked < LESS * router.asked and answered < FEWER * router.answered
  router.fewer = fewer and router.fewer + 1 or 0
  if router.fewer == TIMES then
    router.rate, router.lossy = nil, self.round + DOUBT
  else
    router.rate = math.max(answered, FEWER * (router.rate or 0), LOWEST)
  end
end

--- Learns what somebody reports of a router.
---@param who string
---@param at string its address
---@param answered integer
---@param missed integer
---@param ms number the time of the report
function Rates:learn(who, at, answered, missed, ms)
  local router = self.routers[at]
  if not router then
    router = { by = {}, next = 0, lossy = 0, fewer = 0 }
    self.routers[at] = router
  end
  router.round = self.round
  router.by[who] = { round = self.round, answered = answered * 1000 / ms,
    asked = (answered + missed) * 1000 / ms }
  local all, asked = sum(self, router)
  if missed >= LEAST and missed >= SHARE * (answered + missed) then
    judge(self, router, all, asked)
  elseif router.rate then
    router.fewer = 0
    router.rate = router.rate * GROWTH ^ (1 / router.users)
  end
end

return M
