-- SPDX-License-Identifier: MIT
--
-- Compiles Lua as string.dump does, but tables that the code makes keep their room.
--
-- For `{ a = 1, b = x }` LuaJIT keeps a template: a table with both keys, of which b is nil. The
-- table that is made is a copy of it, so that setting b needs no new key. string.dump leaves out
-- keys that are nil: then the copy is too small, grows key by key, and is hashed anew at each power
-- of two. But the reader of dumps takes such keys. So they get a mark as value here, and in the
-- dump each mark becomes nil. Later versions of LuaJIT do this themselves; then nothing is marked.
--
-- Wrong if the format changes: 27 "LJ", version, flags, name of the chunk; then for each function
-- its length and its bytes, the last one empty. Lengths are ULEB128. In a table a nil is the byte
-- 0, and a string is its length plus 5, and the string.

local funck = require "jit.util".funck

local MARK = "<nil in the template of a table>"
local MARKED = string.char(#MARK + 5) .. MARK

-- Returns all words of a text: among them are the names of all its keys.
local function words_of(text)
  local words, known = {}, {}
  for word in text:gmatch "[%a_][%w_]*" do
    if not known[word] then words[#words + 1], known[word] = word, true end
  end
  return words
end

-- Marks the keys of a template that are nil. A key is there, with or without a value, if next()
-- knows it.
local function mark(template, words)
  for _, word in ipairs(words) do
    if template[word] == nil and pcall(next, template, word) then template[word] = MARK end
  end
end

-- Marks all templates of a function and of those inside it.
local function mark_all(fn, words)
  local i, constant = -1, funck(fn, -1)
  while constant ~= nil do
    if type(constant) == "table" then mark(constant, words) end
    if type(constant) == "proto" then mark_all(constant, words) end
    i = i - 1
    constant = funck(fn, i)
  end
end

-- Reads a length; returns it and the place behind it.
local function read_length(text, at)
  local value, factor = 0, 1
  repeat
    local byte = text:byte(at)
    value, factor, at = value + byte % 128 * factor, factor * 128, at + 1
  until byte < 128
  return value, at
end

local function length_of(text)
  local value, out = #text, ""
  while value >= 128 do
    out, value = out .. string.char(value % 128 + 128), math.floor(value / 128)
  end
  return out .. string.char(value)
end

-- Makes nil of every mark in a dump.
local function unmark(text)
  local _, at = read_length(text, 5)
  local name, behind = read_length(text, at)
  at = behind + name
  local out = { text:sub(1, at - 1) }
  while true do
    local size
    size, at = read_length(text, at)
    if size == 0 then break end
    local body = text:sub(at, at + size - 1):gsub(MARKED:gsub("%p", "%%%0"), "\0")
    out[#out + 1] = length_of(body) .. body
    at = at + size
  end
  return table.concat(out) .. "\0"
end

--- Compiles a text. Returns bytes that loadstring() takes.
---@param text string
---@param name string of the chunk, as for loadstring()
---@return string
return function(text, name)
  local fn = assert(loadstring(text, name))
  mark_all(fn, words_of(text))
  return unmark(string.dump(fn))
end
