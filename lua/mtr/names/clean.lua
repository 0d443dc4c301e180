-- SPDX-License-Identifier: MIT
--
-- Makes text from the network safe to print in one line: escape codes, line ends, characters that
-- change the direction of text or cannot be seen, and bytes that are not UTF-8 become "?". Quotes
-- and the like stay: a writer of HTML or JSON must also escape them.

local utf8 = require "mtr.base.utf8"

local M = {}

-- Longer texts are cut: a name of the DNS has at most 253 characters, unless it is escaped.
local MOST = 255

-- In UTF-8: U+0080..U+009F, U+061C, U+200B..U+200F, U+2028..U+202E, U+2060..U+206F, U+FEFF and
-- U+FFF9..U+FFFB.
local HIDDEN = { "\194[\128-\159]", "\216\156", "\226\128[\139-\143]", "\226\128[\168-\174]",
  "\226\129[\160-\175]", "\239\187\191", "\239\191[\185-\187]" }

--- Returns the text as it may be printed.
---@param text string
---@return string
function M.clean(text)
  text = text:gsub("%c", "?")
  if #text > MOST then text = text:sub(1, MOST - 3) .. "..." end
  if not text:find "[\128-\255]" then return text end
  text = utf8.clean(text, "?")
  for _, pattern in ipairs(HIDDEN) do text = text:gsub(pattern, "?") end
  return text
end

return M
