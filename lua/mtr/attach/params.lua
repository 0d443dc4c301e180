-- SPDX-License-Identifier: MIT
--
-- Reads what a client says of itself behind the word attach:
--
--     attach [cycle_id N] [descr "TEXT"] [format warts|json] [list_id N] [monitor "TEXT"]
--       [name "TEXT"] [priority N]

local M = {}

---@class mtr.AttachParams
---@field format "warts"|"json"
---@field priority integer
---@field cycle? integer
---@field list_id? integer
---@field list? string
---@field description? string
---@field monitor? string

local NAMES = { cycle_id = "cycle", list_id = "list_id", name = "list", descr = "description",
  monitor = "monitor", format = "format", priority = "priority" }

local READ = {}

local function number(least, most)
  return function(text)
    local n = text:find "^%d+$" and #text < 11 and tonumber(text)
    return n and n >= least and n <= most and n or nil
  end
end

local function text_of(text) return #text <= 255 and text or nil end

READ.cycle_id, READ.list_id = number(0, 4294967295), number(0, 4294967295)
READ.priority = number(1, 100000)
READ.name, READ.descr, READ.monitor = text_of, text_of, text_of

function READ.format(text)
  if text == "warts" or text == "json" then return text end
  return nil, "format must be warts or json"
end

-- Cuts a line into words; a word in quotes may have blanks. Returns nil if a quote is not closed.
local function words_of(line)
  local words, at = {}, 1
  while true do
    at = line:find("%S", at)
    if not at then return words end
    local word, after = line:match('^"([^"]*)"()', at)
    if not word then word, after = line:match('^([^%s"]+)()', at) end
    if not word then return nil end
    words[#words + 1], at = word, after
  end
end

--- Reads the text behind the word attach.
---@param text string
---@return mtr.AttachParams?
---@return string? problem as a client gets it
function M.read(text)
  if text:find "[^\t\32-\126]" then return nil, "only printable characters are allowed" end
  local words = words_of(text)
  if not words then return nil, "a quote is not closed" end
  local params = { format = "warts", priority = 1 }
  for at = 1, #words, 2 do
    local name, value = words[at], words[at + 1]
    local read = READ[name]
    local result, problem
    if read and value then result, problem = read(value) end
    if result == nil then
      return nil, problem or ("command attach param '%s' failed"):format(name:sub(1, 32))
    end
    params[NAMES[name]] = result
  end
  return params
end

return M
