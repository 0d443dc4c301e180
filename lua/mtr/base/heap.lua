-- SPDX-License-Identifier: MIT
--
-- A binary heap: gives its elements in an order, the first one first. Elements that are equal in
-- that order come in no certain order, so let the order decide every pair.

---@class mtr.Heap
---@field n integer
---@field before fun(a: any, b: any): boolean
local Heap = {}
Heap.__index = Heap

local M = {}

--- Makes an empty heap.
---@param before fun(a: any, b: any): boolean true: a comes before b
---@return mtr.Heap
function M.new(before) return setmetatable({ n = 0, before = before }, Heap) end

--- Adds an element.
---@param element any not nil
function Heap:push(element)
  local i, before = self.n + 1, self.before
  self.n = i
  while i > 1 do
    local parent = (i - i % 2) / 2
    if not before(element, self[parent]) then break end
    self[i], i = self[parent], parent
  end
  self[i] = element
end

--- Takes the first element; nil: there is none.
---@return any
function Heap:pop()
  local n, first, before = self.n, self[1], self.before
  if n == 0 then return nil end
  local last, i = self[n], 1
  self[n], self.n = nil, n - 1
  if n == 1 then return first end
  while 2 * i < n do
    local child = 2 * i
    if child + 1 < n and before(self[child + 1], self[child]) then child = child + 1 end
    if not before(self[child], last) then break end
    self[i], i = self[child], child
  end
  self[i] = last
  return first
end

return M
