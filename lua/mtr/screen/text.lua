-- SPDX-License-Identifier: MIT
--
-- Text in columns: widths, padding, cutting, styles and bars. What is printed as one character is
-- counted as one column; wide characters of East Asia are not known, so a line with them may be
-- cut by the edge of the terminal.
--
-- A style is a word such as "bold" or "red". Whether the terminal gets UTF-8 and colours is said by
-- the environment: LC_ALL, LC_CTYPE, LANG, NO_COLOR, TERM.

local M = {}

local SPARKS = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }
local ASCII_SPARKS = { "_", ".", ",", "-", "=", "+", "*", "#" }
local CODES = { bold = "1", dim = "2", reverse = "7", red = "31", green = "32", yellow = "33",
  cyan = "36" }
local COLORS = { red = true, green = true, yellow = true, cyan = true }

---@class mtr.TextStyle
---@field utf8 boolean
---@field color boolean
---@field styled boolean bold and the like
local Style = {}
Style.__index = Style

--- Says what the environment wants.
---@param getenv? fun(name: string): string?
---@return { utf8: boolean, color: boolean }
function M.environment(getenv)
  getenv = getenv or os.getenv
  local function value(name)
    local text = getenv(name)
    return text ~= "" and text or nil
  end
  local locale = value "LC_ALL" or value "LC_CTYPE" or value "LANG" or ""
  return { utf8 = locale:lower():find "utf%-?8" ~= nil, color = not value "NO_COLOR" }
end

--- Makes a style.
---@param opts { utf8?: boolean, color?: boolean, styled?: boolean } styled: default true
---@return mtr.TextStyle
function M.new(opts)
  return setmetatable({ utf8 = opts.utf8 or false, color = opts.color or false,
    styled = opts.styled ~= false }, Style)
end

--- Returns text in styles, such as "bold red".
---@param text string
---@param words? string
---@return string
function Style:paint(text, words)
  if not words or not self.styled or text == "" then return text end
  local codes = {}
  for word in words:gmatch "%a+" do
    if self.color or not COLORS[word] then codes[#codes + 1] = CODES[word] end
  end
  if not codes[1] then return text end
  return ("\27[%sm%s\27[0m"):format(table.concat(codes, ";"), text)
end

--- Returns a bar for a share of 0..1.
---@param share number
---@return string
function Style:bar(share)
  local list = self.utf8 and SPARKS or ASCII_SPARKS
  return list[math.max(1, math.min(8, math.ceil(share * 8)))]
end

--- Returns how many columns a text without styles takes.
---@param text string
---@return integer
function M.width(text)
  if not text:find "[\128-\255]" then return #text end
  return select(2, text:gsub("[^\128-\191]", ""))
end

--- Returns the first `columns` columns of a text without styles.
---@param text string
---@param columns integer
---@return string
function M.cut(text, columns)
  if columns <= 0 then return "" end
  if M.width(text) <= columns then return text end
  if not text:find "[\128-\255]" then return text:sub(1, columns) end
  local n, out = 0, {}
  for character in text:gmatch "[^\128-\191][\128-\191]*" do
    n = n + 1
    if n > columns then break end
    out[n] = character
  end
  return table.concat(out)
end

--- Returns a text of exactly so many columns: cut, with ".." at its end, or with blanks behind it.
---@param text string
---@param columns integer
---@return string
function M.fit(text, columns)
  local width = M.width(text)
  if width > columns then
    return columns > 4 and M.cut(text, columns - 2) .. ".." or M.cut(text, columns)
  end
  return text .. (" "):rep(columns - width)
end

--- Returns a text of at least so many columns, with blanks before it.
---@param text string
---@param columns integer
---@return string
function M.right(text, columns) return (" "):rep(columns - M.width(text)) .. text end

--- Cuts a text with styles to so many columns; they end with it.
---@param text string
---@param columns integer
---@return string
function M.clip(text, columns)
  if not text:find "\27" then return M.cut(text, columns) end
  local out, left = {}, columns
  for plain, code in (text .. "\27[0m"):gmatch "([^\27]*)(\27%[[%d;]*m)" do
    local part = M.cut(plain, left)
    left = left - M.width(part)
    out[#out + 1] = part .. code
  end
  return table.concat(out)
end

return M
