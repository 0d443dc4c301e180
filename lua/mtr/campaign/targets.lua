-- SPDX-License-Identifier: MIT
--
-- Reads the targets of a campaign, one at a time: from a list, any iterator of strings, a file or a
-- prefix.
--
-- A string is an address, a name, or a prefix, whose addresses are returned one by one. Any other
-- string is returned as an error and the next target follows: a bad line does not end a campaign.
-- An error that a user's iterator raises is not caught here.

local addr = require "mtr.base.addr"
local err = require "mtr.base.err"
local lines = require "mtr.base.lines"
local Range = require "mtr.base.range"

local EINVAL = err.code.EINVAL
local M = {}

---@class mtr.Targets
---@operator call: string?
local File = {}
File.__index = File

-- Why the last file could not be opened: `targets = mtr.targets.file(path)` passes on only nil.
local failure

--- Returns a message about targets from which feed() can make nothing.
---@param given any
---@return string
function M.wrong(given)
  local why = given == nil and failure
  failure = nil
  if why then return "targets is nil: " .. why end
  return "targets must be a list or an iterator of strings"
end

--- Reads targets from a file: the first word of each line; "#" begins a comment. "-" is standard
--- input.
---@param path string
---@return mtr.Targets?
---@return string? message, string? name
function M.file(path)
  if type(path) ~= "string" then
    error(("targets.file: the path must be a string, got %s"):format(err.show(path)), 2)
  end
  local owned = path ~= "-"
  local file, _, code = io.stdin, nil, nil
  if owned then file, _, code = io.open(path) end
  failure = not file and select(2, err.file(code, path)) or nil
  if not file then return err.file(code, path) end
  return setmetatable({
    file = file, name = owned and path or "standard input", line = lines.of(file), owned = owned,
  }, File)
end

--- Returns the next target; nil at the end; nil, a message and a name if the file cannot be read.
---@return string?
---@return string? message, string? name
function File:read()
  while self.file do
    local line, _, code = self.line()
    if line and line:find("#", 1, true) then line = line:gsub("#.*", "") end
    local word = line and line:match "%S+"
    if word then return word end
    if not line then
      if self.owned then self.file:close() end
      self.file = nil
    end
    if code then return err.env(code, "reading " .. self.name) end
  end
end

function File:__call()
  local word, message = self:read()
  if message then error("targets.file: " .. message, 0) end
  return word
end

--- Iterates over the addresses of a prefix. With a step: the first address of each part that has
--- this prefix length.
---@param prefix string
---@param step? integer
---@return mtr.Range
function M.cidr(prefix, step)
  if type(prefix) ~= "string" then
    error(("targets.cidr: the prefix must be a string, got %s"):format(err.show(prefix)), 2)
  end
  local made, bug = Range.new(prefix, step)
  if not made then error("targets.cidr: " .. bug, 2) end
  return made
end

-- Makes an iterator from a list.
local function each(list)
  local i = 0
  return function()
    i = i + 1
    return list[i]
  end
end

local function callable(value)
  local meta = type(value) == "table" and getmetatable(value)
  return type(value) == "function" or meta and meta.__call ~= nil
end

---@class mtr.Feed
---@field text? string the text of the last target
local Feed = {}
Feed.__index = Feed

--- Makes a feed of targets; returns nil if the value is not a list or an iterator.
---@param targets any
---@return mtr.Feed?
function M.feed(targets)
  local feed = setmetatable({}, Feed)
  if type(targets) == "table" and targets.next and targets.bytes then
    feed.range, feed.iterate = targets, function() end
  elseif getmetatable(targets) == File then
    function feed.iterate() return targets:read() end
  elseif callable(targets) then
    feed.iterate = targets
  elseif type(targets) == "table" then
    feed.iterate = each(targets)
  else
    return nil
  end
  return feed
end

--- Returns the next target: family and zone of an address, which it writes into `out`; or 0 and a
--- name; or -1 and a message that begins with the name of the error; or nil at the end; or nil, a
--- message and a name if no more targets can be read.
---@param out ffi.cdata* 16 bytes
---@return integer?
---@return integer|string?
---@return string?
function Feed:next(out)
  if self.range then
    local family = self.range:next(out)
    if family then return family, 0 end
    self.range = nil
  end
  local text, message, name = self.iterate()
  self.text = text
  if text == nil then return nil, name and message, name end
  if type(text) ~= "string" or text == "" then
    self.text = err.show(text)
    return -1, "EINVAL: a target must be an address, a prefix or a name, got " .. self.text
  end
  local family, zone = addr.parse(text, out)
  if family > 0 then return family, zone end
  if family ~= -EINVAL then
    return -1, (select(2, err.env(family, ("the zone in %s"):format(err.show(text)))))
  end
  if not text:find("/", 1, true) then
    local broken = addr.broken(text)
    if broken then return -1, "EINVAL: " .. broken end
    return 0, text
  end
  local made, problem = Range.new(text)
  if not made then return -1, "EINVAL: " .. problem end
  self.range = made
  return self:next(out)
end

return M
