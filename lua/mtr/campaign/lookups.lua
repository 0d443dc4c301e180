-- SPDX-License-Identifier: MIT
--
-- The targets of a campaign that are names. While they are looked up they do not count in its
-- window: so a slow lookup does not delay targets that are addresses. A trace whose name was found
-- waits here until the window has room.

local M = {}

---@class mtr.Lookups
---@field count integer names that are looked up
---@field waiting integer traces that wait for room
local Lookups = {}
Lookups.__index = Lookups

--- Makes one.
---@return mtr.Lookups
function M.new()
  return setmetatable({ looking = {}, count = 0, waiting = 0, first = 1, last = 0 }, Lookups)
end

--- Notes that a trace has been launched; its name may be looked up.
---@param trace mtr.Trace
function Lookups:begun(trace)
  if trace.state ~= "resolving" then return end
  self.looking[trace], self.count = true, self.count + 1
end

--- Notes that the name of a trace was found, or that the trace has ended.
---@param trace mtr.Trace
function Lookups:over(trace)
  if not self.looking[trace] then return end
  self.looking[trace], self.count = nil, self.count - 1
end

-- Takes the place of the lookup of a trace that waits.
local Ticket = {}
Ticket.__index = Ticket

--- Lets the trace wait no more, because it was stopped.
function Ticket:cancel()
  if self.go then self.go, self.owner.waiting = false, self.owner.waiting - 1 end
end

--- Lets the trace of a name that was found start when the window has room: now or later.
---@param c mtr.Campaign
---@param trace mtr.Trace
---@param go fun() starts it
function Lookups:found(c, trace, go)
  self:over(trace)
  self.waiting, self.last = self.waiting + 1, self.last + 1
  local ticket = setmetatable({ owner = self, go = go }, Ticket)
  self[self.last], trace.lookup = ticket, ticket
  self:admit(c)
end

--- Starts traces that wait, as long as the window has room.
---@param c mtr.Campaign
function Lookups:admit(c)
  while self.waiting > 0 and c.window:free(c) > 0 do
    local ticket = self[self.first]
    self[self.first], self.first = nil, self.first + 1
    local go = ticket.go
    ticket:cancel()
    if go then go() end
  end
end

return M
