-- SPDX-License-Identifier: MIT
--
-- The text inside a block. A piece in `backticks` is code: names, options, values. The rest is
-- plain. There is no other markup, so that any comment of a source file can be such a text.

local M = {}

--- Passes each piece of a text to a function, and joins what it returns.
---@param text string
---@param piece fun(text: string, code: boolean): string
---@return string
function M.map(text, piece)
  local out, from = {}, 1
  while true do
    local first, last = text:find("`[^`]+`", from)
    local plain = text:sub(from, (first or 0) - 1)
    if plain ~= "" then out[#out + 1] = piece(plain, false) end
    if not first then return table.concat(out) end
    out[#out + 1] = piece(text:sub(first + 1, last - 1), true)
    from = last + 1
  end
end

--- Returns the text without marks.
---@param text string
---@return string
function M.plain(text)
  return M.map(text, function(piece) return piece end)
end

--- Breaks a text at blanks into lines of at most `width` bytes, as far as its words allow it.
---@param text string
---@param width integer
---@return string[]
function M.wrap(text, width)
  local lines, line = {}, nil
  for word in text:gmatch "%S+" do
    if line and #line + 1 + #word > width then
      lines[#lines + 1], line = line, nil
    end
    line = line and line .. " " .. word or word
  end
  lines[#lines + 1] = line
  return lines
end

return M
