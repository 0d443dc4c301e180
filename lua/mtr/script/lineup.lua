-- SPDX-License-Identifier: MIT
--
-- Passes hops and results on when the names in them are known, or were waited for long enough; for
-- each target in their order.

local scheduler = require "mtr.wait.scheduler"

local M = {}

---@class mtr.Lineup
---@field view mtr.View
---@field out fun(i: integer, method: string, a: any, b: any)
---@field queues table<integer, table> by target: what waits
local Lineup = {}
Lineup.__index = Lineup

--- Makes one. `out` gets what was passed to pass().
---@param view mtr.View
---@param out fun(i: integer, method: string, a: any, b: any)
---@return mtr.Lineup
function M.new(view, out) return setmetatable({ view = view, out = out, queues = {} }, Lineup) end

-- Passes on what is first in its queue and ready.
local function deliver(self, i)
  local queue = self.queues[i]
  while queue[1] and queue[1].ready do
    local item = table.remove(queue, 1)
    if item.hop then self.view:hop(item.hop) end
    if item.result then self.view:result(item.result) end
    self.out(i, item.method, item.a, item.hop or item.b)
  end
  local op = queue.op
  if op and not queue[1] then
    queue.op = nil
    scheduler.finish(op)
  end
end

--- Passes a call of a reporter's method on: now or later.
---@param i integer the target
---@param method string "begin", "hop" or "trace"
---@param a any the target, the trace, or the result
---@param b? mtr.Hop
function Lineup:pass(i, method, a, b)
  local queue = self.queues[i] or {}
  self.queues[i] = queue
  local item = { method = method, a = a, ready = false }
  if method == "hop" then item.hop = b.copy and b:copy() or b end
  if method == "trace" then item.result = a end
  queue[#queue + 1] = item
  local function ready()
    item.ready = true
    deliver(self, i)
  end
  local what = item.hop or item.result
  if what then self.view:await(self.view:addresses(what), ready) else ready() end
end

--- Waits until everything of a target was passed on.
---@async
---@param i integer
function Lineup:wait(i)
  local queue = self.queues[i]
  if not queue or not queue[1] then return end
  queue.op = {}
  scheduler.wait(queue.op)
end

return M
