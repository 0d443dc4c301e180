-- SPDX-License-Identifier: MIT
--
-- Where a campaign's targets come from, one at a time and never all at once: a list, any iterator
-- of strings, a file, a prefix.
--
-- A string is an address, a prefix, whose addresses then come one by one, or a name. What is none
-- of them is told as such and the next target is tried: one bad line ends no campaign. An error
-- raised by an iterator of the user's is not caught here.

local addr = require "mtr.base.addr"
local err = require "mtr.base.err"
local lines = require "mtr.base.lines"
local range = require "mtr.base.range"

local EINVAL = err.code.EINVAL
local M = {}

---@class mtr.Targets
---@operator call: string?
local File = {}
File.__index = File

-- Why the last file could not be opened: in `targets = mtr.targets.file(path)` only nil arrives.
local failure

--- What is wrong with targets of which feed() makes none.
---@param given any
---@return string
function M.wrong(given)
  local why = given == nil and failure
  failure = nil
  return "targets must be a list or an iterator of strings" .. (why and ": " .. why or "")
end

--- The targets in a file: the first word of each line; "#" begins a comment. "-" is standard input.
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
  failure = not file and select(2, err.env(code, path)) or nil
  if not file then return err.env(code, path) end
  return setmetatable({
    file = file, name = owned and path or "standard input", line = lines.of(file), owned = owned,
  }, File)
end

function File:__call()
  while self.file do
    local line, message = self.line()
    local word = line and line:gsub("#.*", ""):match "%S+"
    if word then return word end
    if not line then
      if self.owned then self.file:close() end
      self.file = nil
    end
    if message then error(("targets.file: reading %s: %s"):format(self.name, message), 0) end
  end
end

--- The addresses of a prefix; with a step the first address of each of its parts of that length.
---@param prefix string
---@param step? integer
---@return mtr.Range
function M.cidr(prefix, step)
  if type(prefix) ~= "string" then
    error(("targets.cidr: the prefix must be a string, got %s"):format(err.show(prefix)), 2)
  end
  local made, bug = range.new(prefix, step)
  if not made then error("targets.cidr: " .. bug, 2) end
  return made
end

-- A list as an iterator.
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
---@field text? string the string that the last target came from
local Feed = {}
Feed.__index = Feed

--- A feed of targets, or nil when that is not what it was given.
---@param targets any
---@return mtr.Feed?
function M.feed(targets)
  local feed = setmetatable({}, Feed)
  if type(targets) == "table" and targets.next and targets.bytes then
    feed.range, feed.iterate = targets, function() end
  elseif callable(targets) then
    feed.iterate = targets
  elseif type(targets) == "table" then
    feed.iterate = each(targets)
  else
    return nil
  end
  return feed
end

--- The next target: an address into `out`, with its family and zone; or 0 and a name; or -1 and
--- what is wrong with it, its error's name in front; or nil at the end.
---@param out ffi.cdata* 16 bytes
---@return integer?
---@return integer|string?
function Feed:next(out)
  if self.range then
    local family = self.range:next(out)
    if family then return family, 0 end
    self.range = nil
  end
  local text = self.iterate()
  self.text = text
  if text == nil then return nil end
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
  local made, problem = range.new(text)
  if not made then return -1, "EINVAL: " .. problem end
  self.range = made
  return self:next(out)
end

return M
