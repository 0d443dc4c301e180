-- SPDX-License-Identifier: MIT
--
-- Cuts the bytes that a client sends into lines of bounded length. A line that is longer counts as
-- one line without content: its bytes are dropped up to the newline, so memory stays bounded.

---@class mtr.ServeLines
---@field most integer bytes of the longest line
---@field text string bytes of which no line was made yet
---@field at integer where they begin
---@field long boolean the present line is longer; its bytes are dropped
local Lines = {}
Lines.__index = Lines

local M = {}
local CR = 13

--- Makes a cutter without bytes.
---@param most integer
---@return mtr.ServeLines
function M.new(most)
  return setmetatable({ most = most, text = "", at = 1, long = false }, Lines)
end

--- Adds bytes.
---@param bytes string
function Lines:add(bytes)
  self.text, self.at = self.text:sub(self.at) .. bytes, 1
end

--- Ends the last line, if it has no newline yet: no more bytes come.
function Lines:finish()
  if self.long or self.at <= #self.text then self:add "\n" end
end

--- Takes the next whole line, without its newline; false: it was too long; nil: there is none yet.
---@return string|false|nil
function Lines:next()
  local text, from = self.text, self.at
  local stop = text:find("\n", from, true)
  if self.long or (stop or #text + 1) - from > self.most then
    self.long = stop == nil
    self.text, self.at = stop and text or "", stop and stop + 1 or 1
    if stop then return false end
    return nil
  end
  if not stop then return nil end
  self.at = stop + 1
  local last = stop - 1
  if last >= from and text:byte(last) == CR then last = last - 1 end
  return text:sub(from, last)
end

return M
