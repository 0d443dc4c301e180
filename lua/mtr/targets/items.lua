-- SPDX-License-Identifier: MIT
--
-- The targets of a Lua list or of a function that returns one at each call.

local entry = require "mtr.targets.entry"

---@class mtr.ListItems
---@field text any
local List = {}
List.__index = List

local M = {}

--- Makes the items of a list. The list may grow while it is read.
---@param list any[]
---@param expansion? mtr.Expansion
---@return mtr.ListItems
function M.list(list, expansion)
  return setmetatable({ list = list, expansion = expansion, i = 0, text = false }, List)
end

function List:take(out)
  self.i = self.i + 1
  local text = self.list[self.i]
  self.text = text
  if text == nil then return nil end
  return entry.read(text, out, self.expansion)
end

function List:here() return self.i, 0 end
function List:go(place) self.i = place - 1 end

---@class mtr.GeneratorItems
---@field text any
local Generator = {}
Generator.__index = Generator

--- Makes the items that a function returns: strings; nil at the end; or nil, a message and a name.
---@param next_one function
---@param expansion? mtr.Expansion
---@return mtr.GeneratorItems
function M.generator(next_one, expansion)
  return setmetatable({ next_one = next_one, expansion = expansion, text = false }, Generator)
end

function Generator:take(out)
  local text, message, name = self.next_one()
  self.text = text
  if text == nil then return nil, name and message, name end
  return entry.read(text, out, self.expansion)
end

return M
