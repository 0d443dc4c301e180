-- SPDX-License-Identifier: MIT
--
-- The rates of a campaign to parts of the network: to each prefix of some length, and to each AS.
--
-- A rate is in probes per second, over all traces of the campaign to one part. The library keeps it
-- (mtr_lane): a part is a lane, and a trace is in the lane of each part that its address is in.
--
-- Without a bound, a slow part would fill the window with traces that wait. So the number of traces
-- to it that are under way is half its probes per second, and at least two, which keeps its rate
-- busy. A lane is kept as long as the campaign knows a target of it, and until its next probe may
-- go.

local lib = require "mtr.lib"
local each = require "mtr.base.each"
local err = require "mtr.base.err"
local prefix = require "mtr.base.prefix"
local units = require "mtr.base.units"
local pfx2as = require "mtr.names.pfx2as"

local C = lib.C
local M = {}

local MOST_LENGTHS, LEAST_UNDER_WAY, PROBES_PER_TRACE = 3, 2, 2
local scratch = lib.new "uint8_t[16]"

-- The rate of all parts of one kind.
---@class mtr.LaneRule
---@field mark string begins the keys of its lanes
---@field length? integer of the prefixes; nil: each AS
---@field rate number probes per second
---@field most integer traces to one part under way at once
---@field idle table lanes that nobody uses, by the time of that

---@class mtr.Lane
---@field number integer of the library
---@field rule mtr.LaneRule
---@field key string
---@field targets integer known to the campaign
---@field users integer of them under way
---@field parked mtr.Heap|false targets that wait for it
---@field since number ms: it has had no target since then

---@class mtr.Lanes
---@field rules table<integer, mtr.LaneRule[]> by family
---@field as? mtr.LaneRule
---@field paths? string[] files of mtr.names.pfx2as
---@field table? mtr.AsTable
---@field by_key table<string, mtr.Lane>
local Lanes = {}
Lanes.__index = Lanes

local function rule(mark, length, rate)
  return {
    mark = mark, length = length, rate = rate, idle = { first = 1, last = 0 },
    most = math.max(LEAST_UNDER_WAY, math.ceil(rate / PROBES_PER_TRACE)),
  }
end

-- Returns the rate of an option, or nil and what is wrong.
local function rate_of(name, value)
  local rate = units.rate(value)
  if rate and rate > 0 then return rate end
  local wanted = '%s must be a rate in probes per second above 0, such as 2 or "0.5/s", got %s'
  return nil, wanted:format(name, err.show(value))
end

-- Returns family and length of a key such as "/16" or "ipv6/32".
local function part(key)
  local word, digits = tostring(key):match "^(%w*)/(%d+)$"
  local length = tonumber(digits)
  local family = word == "ipv4" and 4 or word == "ipv6" and 6
    or word == "" and length and (length <= 32 and 4 or 6)
  if not family or length > prefix.FULL[family] then return nil end
  return family, length
end

local function read_prefixes(self, given)
  if type(given) ~= "table" or next(given) == nil then
    return 'prefix_rate must be a table such as { ["/16"] = "2/s" }, got ' .. err.show(given)
  end
  for key, value in each(given) do
    local family, length = part(key)
    if not family then
      return ('prefix_rate: a length must be such as "/16" (IPv4), "/48" (IPv6) or "ipv6/32", '
        .. "got %s"):format(err.show(key))
    end
    local rate, wrong = rate_of(("prefix_rate of %s"):format(key), value)
    if not rate then return wrong end
    local rules = self.rules[family]
    for _, other in ipairs(rules) do
      if other.length == length then
        return ("prefix_rate has IPv%d /%d twice"):format(family, length)
      end
    end
    if #rules == MOST_LENGTHS then
      return ("prefix_rate can have %d lengths of IPv%d"):format(MOST_LENGTHS, family)
    end
    rules[#rules + 1] = rule(("%d/%d "):format(family, length), length, rate)
  end
end

local function read_as(self, rate, files)
  local wrong
  rate, wrong = rate_of("as_rate", rate)
  if not rate then return wrong end
  if type(files) == "string" then files = { files } end
  if type(files) ~= "table" or type(files[1]) ~= "string" then
    return "as_rate needs asn, a file (or a list of them) with lines such as 192.0.2.0 24 64496, "
      .. "got " .. err.show(files)
  end
  self.as, self.paths = rule("as ", nil, rate), files
end

--- Makes the lanes of a campaign; returns nil and a message if an option is wrong.
---@param given { prefix_rate?: table, as_rate?: number|string, asn?: string|string[] }
---@return mtr.Lanes?
---@return string? message
function M.new(given)
  local self = setmetatable({ rules = { [4] = {}, [6] = {} }, by_key = {} }, Lanes)
  local wrong = given.prefix_rate ~= nil and read_prefixes(self, given.prefix_rate)
  if wrong then return nil, wrong end
  if given.as_rate ~= nil then wrong = read_as(self, given.as_rate, given.asn) end
  if wrong then return nil, wrong end
  if given.asn ~= nil and not self.as then return nil, "asn needs as_rate" end
  return self
end

--- Reads the table of ASes, if there is one.
---@return true?
---@return string? message, string? name
function Lanes:open()
  if not self.paths or self.table then return true end
  local message, name
  self.table, message, name = pfx2as.load(self.paths)
  if not self.table then return nil, message, name end
  return true
end

--- Sets the engine, before targets come.
---@param engine mtr.Engine
function Lanes:attach(engine) self.engine = engine end

--- Calls fn(rule, key) for each part that an address is in.
---@param bytes ffi.cdata*
---@param family integer
---@param fn fun(rule: mtr.LaneRule, key: string)
function Lanes:each_part(bytes, family, fn)
  for _, one in ipairs(self.rules[family]) do
    lib.copy(scratch, bytes, 16)
    prefix.clear(scratch, one.length)
    fn(one, one.mark .. lib.string(scratch, 16))
  end
  local as = self.table and self.table.set:find(bytes, family)
  if as then fn(self.as, self.as.mark .. as) end
end

-- Closes the lanes of a rule that have had no target for so long that their next probe may go.
local function sweep(self, one, now)
  local idle, wait = one.idle, 1000 / one.rate
  while idle.first <= idle.last do
    local lane = idle[idle.first]
    if lane.targets == 0 then
      if lane.since + wait > now then return end
      C.mtr_lane_close(self.engine.c, lane.number)
      self.by_key[lane.key] = nil
    end
    lane.listed = false
    idle[idle.first], idle.first = nil, idle.first + 1
  end
end

local function lane_of(self, one, key)
  local lane = self.by_key[key]
  if lane then return lane end
  sweep(self, one, C.mtr_now(self.engine.c))
  local number = C.mtr_lane(self.engine.c, one.rate)
  if number < 0 then error(select(2, err.env(number, "a rate of a prefix")), 0) end
  lane = {
    number = number, rule = one, key = key, targets = 0, users = 0, parked = false, since = 0,
    listed = false,
  }
  self.by_key[key] = lane
  return lane
end

--- Returns the lanes of an address, which now have one target more; false: it is in none.
---@param bytes ffi.cdata* 16 bytes
---@param family integer
---@return mtr.Lane[]|false
function Lanes:of(bytes, family)
  local list = {}
  self:each_part(bytes, family, function(one, key)
    local lane = lane_of(self, one, key)
    lane.targets = lane.targets + 1
    list[#list + 1] = lane
  end)
  return list[1] and list or false
end

--- Notes that a target of these lanes is done.
---@param list mtr.Lane[]
function Lanes:drop(list)
  for _, lane in ipairs(list) do
    lane.targets = lane.targets - 1
    if lane.targets == 0 then
      lane.since = C.mtr_now(self.engine.c)
      local idle = lane.rule.idle
      if not lane.listed then
        idle.last = idle.last + 1
        idle[idle.last], lane.listed = lane, true
      end
    end
  end
end

--- Closes all lanes. Traces under way keep their rates.
function Lanes:close()
  for _, lane in pairs(self.by_key) do C.mtr_lane_close(self.engine.c, lane.number) end
  self.by_key = {}
end

--- Returns the first lane that has as many traces as it may have; nil: none.
---@param list mtr.Lane[]
---@return mtr.Lane?
function M.full(list)
  for _, lane in ipairs(list) do
    if lane.users >= lane.rule.most then return lane end
  end
end

--- Notes that a trace starts (1) or has ended (-1).
---@param list mtr.Lane[]
---@param n integer
function M.count(list, n)
  for _, lane in ipairs(list) do lane.users = lane.users + n end
end

--- Writes the lanes of a trace into its options.
---@param t ffi.cdata* struct mtr_trace
---@param list mtr.Lane[]|false
function M.write(t, list)
  for i = 0, C.MTR_LANES - 1 do
    local lane = list and list[i + 1]
    t.lanes[i] = lane and lane.number or 0
  end
end

return M
