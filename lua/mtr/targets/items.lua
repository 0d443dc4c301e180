-- SPDX-License-Identifier: MIT
--
-- The targets of a Lua list or of a function that returns one at each call. A target is a string,
-- or a table such as { target = "192.0.2.1", priority = 5 }, which is the note of that target.

local entry = require "mtr.targets.entry"

---@class mtr.ListItems
---@field text any
---@field note mtr.TargetNote|false of the last item
local List = {}
List.__index = List

local M = {}

--- What a target carries beside its text.
---@class mtr.TargetNote
---@field target string
---@field priority? number
---@field attempt? integer of a target that a campaign tries again
---@field wait? integer ms until a campaign that goes on may try it again

-- Returns the text of a target and its note.
local function take_apart(value)
  if type(value) == "table" and value.target ~= nil then return value.target, value end
  return value, false
end

--- Makes the items of a list. The list may grow while it is read.
---@param list any[]
---@param expansion? mtr.Expansion
---@return mtr.ListItems
function M.list(list, expansion)
  return setmetatable({ list = list, expansion = expansion, i = 0, text = false, note = false },
    List)
end

function List:take(out)
  self.i = self.i + 1
  local text, note = take_apart(self.list[self.i])
  self.text, self.note = text, note
  if text == nil then return nil end
  return entry.read(text, out, self.expansion)
end

function List:here() return self.i, 0 end
function List:share() return math.min(1, self.i / math.max(#self.list, 1)) end
function List:go(place) self.i = place - 1 end

---@class mtr.GeneratorItems
---@field text any
---@field note mtr.TargetNote|false of the last item
local Generator = {}
Generator.__index = Generator

--- Makes the items that a function returns: targets; nil at the end; or nil, a message and a name.
---@param next_one function
---@param expansion? mtr.Expansion
---@return mtr.GeneratorItems
function M.generator(next_one, expansion)
  return setmetatable({ next_one = next_one, expansion = expansion, text = false, note = false },
    Generator)
end

function Generator:take(out)
  local given, message, name = self.next_one()
  local text, note = take_apart(given)
  self.text, self.note = text, note
  if text == nil then return nil, name and message, name end
  return entry.read(text, out, self.expansion)
end

return M
