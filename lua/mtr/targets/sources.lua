-- SPDX-License-Identifier: MIT
--
-- The sources of a chain: a file, standard input, a list, a function, a prefix. See mtr.targets.run
-- for what a source is.

local err = require "mtr.base.err"
local entry = require "mtr.targets.entry"
local items = require "mtr.targets.items"
local Files = require "mtr.targets.file"
local Index = require "mtr.targets.index"
local Reader = require "mtr.targets.reader"

local M = {}

---@class mtr.FileSource
local File = { who = "targets.file" }
File.__index = File

--- Makes the source of an open file.
---@param file file*
---@param path? string nil: standard input
---@param expansion? mtr.Expansion
---@param words string of the expansion
---@return table
function M.file(file, path, expansion, words)
  local name = path or "standard input"
  return setmetatable({
    file = file, path = path or false, name = name,
    items = Files.new(file, name, { owned = path ~= nil, expansion = expansion }),
    text = (path and "file " .. err.show(path) or "stdin") .. words, reader = false, made = false,
  }, File)
end

-- All chains of a file share what was read.
function File:open()
  self.reader = self.reader or Reader.new(self.items)
  return self.reader
end

function File:index()
  if not self.made then
    local made, message, name = Index.new(self.items)
    if not made then return nil, message, name end
    self.made = made
  end
  return self.made
end

function File:no_shuffle()
  if self.items:can_go() then return nil end
  return ("%s can be read only once: write it to a file, and shuffle that"):format(self.name)
end

function File:column(n, separator, priority)
  local list = self.items
  list.column, list.separator, list.priority = n, separator or false, priority or false
  self.text = ("%s:column(%d%s%s)"):format(self.text, n,
    separator and ", " .. err.show(separator) or "", priority and ", priority " .. priority or "")
  return self
end

-- A list that has become longer or shorter is another one. A pipe has no size.
function File:describe()
  local at = self.path and self.file:seek()
  local size = at and self.file:seek "end"
  if not size then return self.text end
  self.file:seek("set", at)
  return ("%s of %d bytes"):format(self.text, size)
end

---@class mtr.ListSource
local List = { who = "targets.list" }
List.__index = List

--- Makes the source of a list.
---@param list any[]
---@param expansion? mtr.Expansion
---@param words string
---@return table
function M.list(list, expansion, words)
  return setmetatable({ list = list, expansion = expansion, words = words }, List)
end

function List:open() return Reader.new(items.list(self.list, self.expansion)) end
function List:index() return Index.new(items.list(self.list, self.expansion)) end
function List:describe() return ("list of %d%s"):format(#self.list, self.words) end

---@class mtr.GeneratorSource
local Generator = { who = "targets.generator" }
Generator.__index = Generator

--- Makes the source of a function.
---@param next_one function
---@param expansion? mtr.Expansion
---@param words string
---@return table
function M.generator(next_one, expansion, words)
  return setmetatable({
    reader = Reader.new(items.generator(next_one, expansion)), words = words,
  }, Generator)
end

function Generator:open() return self.reader end
function Generator:describe() return "function" .. self.words end

function Generator.no_shuffle()
  return "what a function returns cannot be shuffled: make a list or a file of it"
end

---@class mtr.PrefixSource
local Prefix = { who = "targets.cidr" }
Prefix.__index = Prefix

--- Makes the source of a prefix.
---@param make fun(): mtr.Range
---@param text string
---@return table
function M.prefix(make, text) return setmetatable({ make = make, text = text }, Prefix) end

function Prefix:open()
  local range = self.make()
  return Reader.new { take = function()
    local whole = range
    range = nil
    return whole and entry.PREFIX, whole
  end, share = function() return 1 end }
end

function Prefix:index() return self.make() end
function Prefix:describe() return self.text end

return M
