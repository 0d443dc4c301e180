-- SPDX-License-Identifier: MIT
--
-- What the answers of Redis must look like, checked here once. The server may be another program,
-- or a later Redis that answers in another way.

local M = {}

local function is_text(value) return type(value) == "string" end
local function is_integer(value) return type(value) == "number" end

-- Is it a list of `each`?
local function list(value, each)
  if type(value) ~= "table" or value.error then return false end
  for _, one in ipairs(value) do
    if not each(one) then return false end
  end
  return true
end

local function texts(value) return list(value, is_text) end
local function pairs_of(value) return texts(value) and #value % 2 == 0 end

-- The same, but some texts may be sizes of texts that were too large (see resp:skim).
local function is_piece(value) return is_text(value) or is_integer(value) end
local function pieces_of(value) return list(value, is_piece) and #value % 2 == 0 end

-- An entry of a stream: its id, and its fields; false in their place if it was deleted.
local function entry(value)
  return type(value) == "table" and is_text(value[1]) and value[1]:find "^%d+%-%d+$" ~= nil
    and (value[2] == false or pairs_of(value[2]))
end

local function stream(value)
  return type(value) == "table" and is_text(value[1]) and list(value[2], entry)
end

local function large_entry(value)
  return type(value) == "table" and entry { value[1], false } and pieces_of(value[2])
end

local function large_stream(value)
  return type(value) == "table" and is_text(value[1]) and list(value[2], large_entry)
end

local function group(value) return type(value) == "table" and not value.error end

local SHAPES = {
  INFO = is_text, TYPE = is_text, EXISTS = is_integer, EVAL = is_integer,
  HKEYS = texts, SMEMBERS = texts, TIME = texts, HGETALL = pairs_of,
  HGET = function(value) return value == false or is_text(value) end,
  XPENDING = function(value) return group(value) and is_integer(value[1]) end,
  XINFO = function(value) return list(value, group) end,
  XREAD = function(value, words)
    local each = words.large and large_stream or stream
    return value == false or list(value, each) and value[1] ~= nil
  end,
  XAUTOCLAIM = function(value)
    return type(value) == "table" and is_text(value[1]) and list(value[2], entry)
  end,
}
SHAPES.XREADGROUP = SHAPES.XREAD

--- Returns whether an answer, which is not an error, fits its command.
---@param words table the command; with `texts` it is a script that returns a list of texts,
---and with `large` texts of the reply may be numbers
---@param reply any
---@return boolean
function M.fits(words, reply)
  local shape = words.texts and texts or SHAPES[words[1]]
  return not shape or shape(reply, words)
end

return M
