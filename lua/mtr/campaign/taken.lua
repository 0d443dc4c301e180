-- SPDX-License-Identifier: MIT
--
-- The targets of a campaign that can be resumed: first those that were taken before and are not
-- done, then the others of the list. Counts how many were taken from the list.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local targets = require "mtr.campaign.targets"

local M = {}

---@class mtr.Taken: mtr.Feed
---@field again? mtr.Feed the unfinished targets
---@field feed mtr.Feed
---@field position integer targets taken from the list
local Taken = {}
Taken.__index = Taken

--- Makes a feed around another.
---@param feed mtr.Feed
---@return mtr.Taken
function M.new(feed) return setmetatable({ feed = feed, position = 0 }, Taken) end

local scratch = lib.new "uint8_t[16]"

--- Goes on where another run was.
---@param position integer targets that it had taken
---@param left string[] those of them that are not done
---@return true?
---@return string? message, string? name
function Taken:resume(position, left)
  self.again = left[1] and targets.feed(left) or nil
  for i = 1, position do
    local kind, message, name = self.feed:next(scratch)
    if not kind then
      if name then return nil, message, name end
      return err.named("EINVAL", ("there are only %d targets, but %d were taken before: the list "
        .. "was changed"):format(i - 1, position))
    end
  end
  self.position = position
  return true
end

--- Returns the next target, like mtr.Feed.
---@param out ffi.cdata* 16 bytes
---@return integer?
---@return integer|string?
---@return string?
function Taken:next(out)
  local again = self.again
  if again then
    local kind, what = again:next(out)
    self.text = again.text
    if kind then return kind, what end
    self.again = nil
  end
  local kind, what, name = self.feed:next(out)
  self.text = self.feed.text
  if kind then self.position = self.position + 1 end
  return kind, what, name
end

--- Describes targets in words: which list, not what is in it.
---@param given any the campaign's option `targets`
---@return string
function M.describe(given)
  if type(given) == "function" then return "a function" end
  if given.describe then return given:describe() end
  if given.name and given.read then return "file " .. given.name end
  if given.next then return "a prefix" end
  return ("a list of %d"):format(#given)
end

return M
