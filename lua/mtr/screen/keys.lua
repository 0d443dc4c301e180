-- SPDX-License-Identifier: MIT
--
-- Names of keys in the bytes that a terminal sends: "a", "?", "up", "tab", "enter", "escape" ...
--
--     local keys = Keys.new()
--     for _, key in ipairs(keys:feed(text)) do ... end
--     local key = keys:rest()                      -- nothing came for a while: was it Escape?
--
-- A sequence may be cut in two between reads, so what may be the beginning of one is kept. Bytes
-- beyond ASCII are no keys here, and unknown sequences are ignored.

local M = {}

---@class mtr.Keys
---@field kept string the beginning of a sequence
local Keys = {}
Keys.__index = Keys

local BYTES = { ["\t"] = "tab", ["\r"] = "enter", ["\n"] = "enter", ["\127"] = "backspace",
  ["\b"] = "backspace", ["\12"] = "redraw" }

-- The end of a sequence ESC [ or ESC O: xterm's, and those of the Linux console and rxvt.
local SEQUENCES = { A = "up", B = "down", C = "right", D = "left", H = "home", F = "end",
  Z = "backtab", ["1~"] = "home", ["4~"] = "end", ["5~"] = "pageup", ["6~"] = "pagedown",
  ["7~"] = "home", ["8~"] = "end" }

--- Makes a reader of keys.
---@return mtr.Keys
function M.new() return setmetatable({ kept = "" }, Keys) end

-- Returns the key at the beginning of the text (nil: none), and the bytes that it takes; no number
-- if the text may be the beginning of a sequence.
local function first(text)
  local byte = text:sub(1, 1)
  if byte ~= "\27" then
    local known = BYTES[byte]
    return known or byte:find "[\32-\126]" and byte or nil, 1
  end
  if #text == 1 then return nil, nil end
  if not text:find "^\27[%[O]" then return "escape", 1 end
  local parameters, final = text:match "^\27[%[O]([\48-\63]*)([\64-\126])"
  if not final then
    if text:find "^\27[%[O][\48-\63]*$" and #text < 16 then return nil, nil end
    return nil, 2
  end
  local name = SEQUENCES[final == "~" and parameters .. final or final]
  return name, 2 + #parameters + 1
end

--- Takes bytes; returns the names of the keys in them.
---@param text string
---@return string[]
function Keys:feed(text)
  local list, rest = {}, self.kept .. text
  while rest ~= "" do
    local name, size = first(rest)
    if not size then break end
    list[#list + 1], rest = name, rest:sub(size + 1)
  end
  self.kept = rest
  return list
end

--- Returns "escape" if a sole Escape is kept, and forgets what is kept. For when nothing has
--- followed for a while.
---@return string?
function Keys:rest()
  local kept = self.kept
  self.kept = ""
  return kept == "\27" and "escape" or nil
end

return M
