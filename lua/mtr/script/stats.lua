-- SPDX-License-Identifier: MIT
--
-- Statistics per hop, over the replies of one trace or of many, as mtr(8) shows them.
--
--     local s = mtr.stats()
--     s:add(result)                                -- finished traces; or as they go:
--     mtr.trace(dst, s:hooks { protocol = "udp" })
--     local hop = s:hop(3)
--     print(hop.addr, hop.sent, hop.unanswered, hop.best, hop.avg, hop.worst, hop:quantile(0.95))
--
-- Only the first reply in time counts as received. Duplicates and late replies are counted apart;
-- a probe with only a late reply is unanswered. Those outstanding when a trace stops do not count.
--
-- The word is "unanswered" and not loss, because a router need not answer. Only the destination has
-- `loss`. A hop is `rate_limited` if it answered some probes, and a later hop answered a larger
-- share of its probes, so many that this would hardly happen if the probes that this hop did not
-- answer had been lost on the way: 1 case in 20 if the later hop answered all, else 1 in 700 (three
-- standard deviations of the difference of two shares).
--
-- It needs no engine: a result may be any table with the fields of mtr.Result. Traces over
-- different paths are mixed here; use one object per flow to separate them.

local Series = require "mtr.script.series"
local each = require "mtr.base.each"

local CHANCE, DEVIATIONS, PATIENCE = 0.05, 3, 8      -- patience: as that of the strategy rounds

---@class mtr.Stats
---@field traces integer results added
local Stats = {}
Stats.__index = Stats

---@class mtr.HopStats
---@field ttl integer
---@field addr? string the address that answered most often; nil: silent
---@field addrs { addr: string, count: integer }[] all that answered, most frequent first
---@field sent integer probes that were sent and have ended: received + unanswered + too_big
---@field received integer probes answered in time
---@field unanswered integer
---@field errors integer probes that could not be sent
---@field too_big integer probes answered by a packet too big, which is not the hop's answer
---@field dup integer replies after the first
---@field late integer replies after the timeout
---@field last? number ms; this and the next fields are RTTs, nil without an answer
---@field best? number
---@field avg? number
---@field worst? number
---@field gmean? number geometric mean
---@field stdev? number of the sample; nil with fewer than two answers, like all jitter
---@field jitter? number ms; see mtr.script.series for the kinds of jitter
---@field jitter_avg? number
---@field jitter_max? number
---@field jitter_interarrival? number
---@field p50? number quantiles: exact up to 256 answers, with more within 1 %
---@field p90? number
---@field p95? number
---@field p99? number
---@field destination? true a message from here completed a trace
---@field loss? number 0..1, unanswered / sent; of the destination only
---@field rate_limited? true
local HopStats = {}
HopStats.__index = HopStats

--- Returns any quantile of the RTTs; see mtr.script.series for its error.
---@param q number 0..1
---@return number?
function HopStats:quantile(q) return self._rtts:quantile(q) end

local M = {}

--- Makes empty statistics.
---@return mtr.Stats
function M.new() return setmetatable({ traces = 0, _hops = {}, _last = 0, _count = 0 }, Stats) end

local function at(stats, ttl)
  local hop = stats._hops[ttl]
  if not hop then
    hop = {
      received = 0, unanswered = 0, errors = 0, too_big = 0, dup = 0, late = 0, addrs = {},
      rtts = Series.new(), quiet = 0, heard = 0,
    }
    stats._hops[ttl], stats._last = hop, math.max(stats._last, ttl)
  end
  return hop
end

local function take(stats, hop, reply)
  if reply.dup then
    hop.dup = hop.dup + 1
  elseif reply.late then
    hop.late = hop.late + 1
  elseif reply.too_big then
    hop.too_big = hop.too_big + 1
  elseif not reply.ignored then
    local addr = reply.addr
    stats._count = stats._count + 1
    hop.received, hop.quiet, hop.heard = hop.received + 1, 0, stats._count
    hop.addrs[addr] = (hop.addrs[addr] or 0) + 1
    hop.rtts:add(reply.rtt)
    hop.ends = reply.final or false
    if reply.final then hop.final = true end
    if not reply.unreach then hop.passes = true end
  end
end

--- Adds one reply; has the parameters of the hook on_reply.
---@param _ any a trace; not used
---@param reply mtr.Reply borrowed or not
function Stats:on_reply(_, reply) take(self, at(self, reply.ttl), reply) end

--- Adds a probe without an answer, or that could not be sent; has the parameters of the hook
--- on_timeout.
---@param _ any a trace; not used
---@param probe mtr.Probe borrowed or not
function Stats:on_timeout(_, probe)
  local hop = at(self, probe.ttl)
  if probe.error then
    hop.errors = hop.errors + 1
  else
    hop.unanswered, hop.quiet = hop.unanswered + 1, hop.quiet + 1
  end
end

local function after(mine, theirs)
  if not theirs then return mine end
  return function(...)
    mine(...)
    return theirs(...)
  end
end

--- Returns a copy of the trace options `opts`, with hooks that add to these statistics and then
--- call the hooks of `opts`. Do not also add() the result of such a trace.
---@param opts? mtr.TraceOptions
---@return mtr.TraceOptions
function Stats:hooks(opts)
  local all = {}
  for name, value in each(opts or {}) do all[name] = value end
  all.on_reply = after(function(trace, reply) self:on_reply(trace, reply) end, all.on_reply)
  all.on_timeout = after(function(trace, probe) self:on_timeout(trace, probe) end, all.on_timeout)
  return all
end

--- Adds a finished trace.
---@param result mtr.Result
---@return mtr.Stats self
function Stats:add(result)
  if type(result) ~= "table" or type(result.hops) ~= "table" then
    error("stats: add takes a result, got " .. tostring(result), 2)
  end
  self.traces = self.traces + 1
  for _, hop in ipairs(result.hops) do
    local mine = at(self, hop.ttl)
    for _, reply in ipairs(hop.replies) do take(self, mine, reply) end
    mine.unanswered = mine.unanswered + (hop.unanswered or 0)
    mine.errors = mine.errors + (hop.failed or 0)
  end
  return self
end

local function by_count(a, b)
  if a.count ~= b.count then return a.count > b.count end
  return a.addr < b.addr
end

local function addresses(hop)
  local list = {}
  for addr, count in each(hop.addrs) do list[#list + 1] = { addr = addr, count = count } end
  table.sort(list, by_count)
  return list
end

-- Returns true if a later hop answered so large a share of its probes that the unanswered ones of
-- this hop were hardly lost on the way to it.
local function shows_more(hop, later)
  local asked, also = hop.received + hop.unanswered, later.received + later.unanswered
  if later.unanswered == 0 then return (hop.received / asked) ^ later.received <= CHANCE end
  local share = (hop.received + later.received) / (asked + also)
  local deviation = math.sqrt(share * (1 - share) * (1 / asked + 1 / also))
  return later.received / also - hop.received / asked > DEVIATIONS * deviation
end

-- Returns true if a later hop shows that unanswered probes of this hop were not lost on the way.
local function rate_limited(stats, ttl, hop)
  if hop.received == 0 or hop.unanswered == 0 then return nil end
  for later = ttl + 1, stats._last do
    local other = stats._hops[later]
    if other and other.received > 0 and shows_more(hop, other) then return true end
  end
end

--- Returns the statistics of a hop now; nil if nothing was added for that TTL.
---@param ttl integer
---@param brief? boolean without p50 to p99, which cost most
---@return mtr.HopStats?
function Stats:hop(ttl, brief)
  local hop = self._hops[ttl]
  if not hop then return nil end
  local rtts, addrs = hop.rtts, addresses(hop)
  local sent = hop.received + hop.unanswered + hop.too_big
  return setmetatable({
    ttl = ttl, addr = addrs[1] and addrs[1].addr, addrs = addrs,
    sent = sent, received = hop.received, unanswered = hop.unanswered, errors = hop.errors,
    too_big = hop.too_big, dup = hop.dup, late = hop.late,
    last = rtts.last, best = rtts.min, worst = rtts.max, avg = rtts.count > 0 and rtts.mean or nil,
    gmean = rtts:geometric_mean(), stdev = rtts:stdev(), jitter = rtts.jitter,
    jitter_avg = rtts.jitter_avg, jitter_max = rtts.jitter_max,
    jitter_interarrival = rtts.jitter_interarrival,
    p50 = not brief and rtts:quantile(0.5) or nil, p90 = not brief and rtts:quantile(0.9) or nil,
    p95 = not brief and rtts:quantile(0.95) or nil, p99 = not brief and rtts:quantile(0.99) or nil,
    destination = hop.final,
    loss = hop.final and sent > 0 and hop.unanswered / sent or nil,
    rate_limited = rate_limited(self, ttl, hop),
    _rtts = rtts,
  }, HopStats)
end

-- Returns the last hop of the path: the lowest TTL at which the destination answers. (It answers
-- higher TTLs too. If it no longer answers at the lowest one but still at a higher one, the path
-- became longer: then the higher one counts.) A path also ends where only unreachables came.
local function length(stats)
  local last, heard = stats._last, 0
  for ttl = stats._last, 1, -1 do
    local hop = stats._hops[ttl]
    if hop and hop.ends and (hop.quiet < PATIENCE or hop.heard > heard) then
      last, heard = ttl, hop.heard
    end
  end
  for ttl = last, 1, -1 do
    local hop = stats._hops[ttl]
    if hop and hop.passes then break end
    if hop and hop.received > 0 then last = ttl end
  end
  return last
end

--- Returns the TTL of the last hop: of the destination, or the highest that was probed; 0: none.
---@return integer
function Stats:length() return length(self) end

--- Returns the statistics of all hops up to the destination, by TTL.
---@param brief? boolean see hop()
---@return mtr.HopStats[]
function Stats:hops(brief)
  local list = {}
  for ttl = 1, length(self) do list[#list + 1] = self:hop(ttl, brief) end
  return list
end

return M
