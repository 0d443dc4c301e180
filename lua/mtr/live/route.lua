-- SPDX-License-Identifier: MIT
--
-- The addresses that answer at one hop: which one now, which others (equal-cost alternatives), and
-- when it changed.
--
-- A load balancer also brings other addresses, without any change of the path. So an address is
-- followed in each flow for itself, and another one is a change only if it answers CONFIRM times in
-- a row, after one address had answered STEADY times in a row, and if it has not been seen at this
-- hop in the MEMORY answers of each flow before. A balancer of single packets looks like a change
-- only if chance gives such a row.

local M = {}

local CONFIRM, STEADY, MEMORY = 3, 5, 20

---@class mtr.LiveRoute
---@field addr? string the address that answers now, in the flow that was seen first
---@field change? { from: string, to: string, at: integer } the last one; at: time, s
local Route = {}
Route.__index = Route

--- Makes a route of which nothing is known.
---@return mtr.LiveRoute
function M.new()
  return setmetatable({ count = 0, seen = {}, flows = {}, flow_count = 0 }, Route)
end

-- Returns true if an address answered lately; `last`: its last answer, by number.
local function recent(self, last)
  return last ~= nil and self.count - last <= MEMORY * math.max(1, self.flow_count)
end

-- Another address has answered in a flow. Returns the one before, if that is a change of the path.
local function other(self, flow, addr)
  if flow.candidate ~= addr then
    flow.candidate, flow.times, flow.steady = addr, 0, flow.run
    flow.known = recent(self, self.seen[addr])
  end
  flow.run, flow.times = 0, flow.times + 1
  if flow.times < CONFIRM then return nil end
  local from = flow.addr
  flow.addr, flow.run, flow.candidate = addr, CONFIRM, nil
  return not flow.known and flow.steady >= STEADY and from or nil
end

--- Takes the address of an answer. Returns true if the path has changed here.
---@param number integer of the flow
---@param addr string
---@param now integer time, s
---@return boolean
function Route:add(number, addr, now)
  local flow, from = self.flows[number], nil
  if not flow then
    flow = { addr = addr, run = 0 }
    self.flows[number], self.flow_count = flow, self.flow_count + 1
    self.leader = self.leader or flow
  end
  if addr == flow.addr then
    flow.run, flow.candidate = flow.run + 1, nil
  else
    from = other(self, flow, addr)
  end
  self.count = self.count + 1
  self.seen[addr], self.addr = self.count, self.leader.addr
  if from then
    self.seen[from] = nil              -- it is no alternative, unless it answers again
    self.change = { from = from, to = addr, at = now }
  end
  return from ~= nil
end

--- Returns the other addresses that answer now, in the order of their text.
---@return string[]
function Route:others()
  local list = {}
  for addr, last in pairs(self.seen) do
    if addr ~= self.addr and recent(self, last) then list[#list + 1] = addr end
  end
  table.sort(list)
  return list
end

return M
