-- SPDX-License-Identifier: MIT
--
-- The targets of a campaign that can be resumed: first those that were taken before and are not
-- done, then the others of the list.

local targets = require "mtr.targets"

local M = {}

---@class mtr.Taken
---@field text any the text of the last target
---@field note mtr.TargetNote|false of the last target
---@field again mtr.Targets|false the unfinished targets, while there are some to hand out
---@field left (string|mtr.TargetNote)[] the unfinished targets
---@field given integer how many of them were handed out
---@field feed mtr.Targets
local Taken = {}
Taken.__index = Taken

--- Makes it of the targets of a campaign.
---@param feed mtr.Targets
---@return mtr.Taken
function M.new(feed)
  return setmetatable({ feed = feed, text = false, note = false, again = false, left = {},
    given = 0 }, Taken)
end

--- Goes on where another run was.
---@param position number what position() returned
---@param left (string|mtr.TargetNote)[] the targets taken before that are not done
---@return true?
---@return string? message, string? name
function Taken:resume(position, left)
  self.again, self.left, self.given = left[1] and targets.list(left) or false, left, 0
  return self.feed:skip(position)
end

--- Returns the place in the list; unfinished targets do not count.
---@return number
function Taken:position() return self.feed:position() end

--- Returns which part of the list was passed, 0..1; nil: nobody knows.
---@return number?
function Taken:share() return self.feed:share() end

--- Returns how many unfinished targets were not handed out yet.
---@return integer
function Taken:waiting() return #self.left - self.given end

--- Calls a function for each of them.
---@param fn fun(target: string|mtr.TargetNote)
function Taken:each_left(fn)
  for i = self.given + 1, #self.left do fn(self.left[i]) end
end

--- Returns the next target, like mtr.Targets:next.
---@param out ffi.cdata* 16 bytes
---@return integer?
---@return integer|string?
---@return string?
function Taken:next(out)
  local again = self.again
  if again then
    local kind, what = again:next(out)
    self.text, self.note = again.text, again.note
    if kind then
      self.given = self.given + 1
      return kind, what
    end
    self.again, self.left, self.given = false, {}, 0
  end
  local kind, what, name = self.feed:next(out)
  self.text, self.note = self.feed.text, self.feed.note
  return kind, what, name
end

return M
