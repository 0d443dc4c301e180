-- SPDX-License-Identifier: MIT
--
-- The protocol of Redis, both ways: commands to bytes, and bytes to replies. Replies are parsed by
-- the reader of hiredis, which is loaded when the first connection is made.
--
-- A reply is a string, a number, false (nothing there), a list of replies, or for an error a table
-- { error = "WRONGTYPE Operation against ..." }.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local resp_guard = require "mtr.fleet.resp_guard"

local M = {}

-- Types of a struct redisReply.
local STRING, ARRAY, INTEGER, NIL, STATUS, ERROR = 1, 2, 3, 4, 5, 6

---@class mtr.RespBytes bytes in memory, as a word of a command
---@field bytes ffi.cdata* char[size]; must stay until the command is answered
---@field size integer

--- Writes a command to a stream.
---@param output mtr.Stream
---@param words (string|number|mtr.RespBytes)[]
function M.write(output, words)
  local parts, n = { ("*%d\r\n"):format(#words) }, 1
  for _, word in ipairs(words) do
    if type(word) == "table" then
      output:write(table.concat(parts, "", 1, n) .. ("$%d\r\n"):format(word.size))
      output:lend(word.bytes, word.size)
      parts[1], n = "\r\n", 1
    else
      local text = type(word) == "number" and ("%.14g"):format(word) or word
      parts[n + 1], parts[n + 2], parts[n + 3] = ("$%d\r\n"):format(#text), text, "\r\n"
      n = n + 3
    end
  end
  output:write(table.concat(parts, "", 1, n))
end

---@class mtr.RespReader
---@field reader ffi.cdata*
---@field guard mtr.RespGuard
---@field refused? string why no more bytes are taken
local Reader = {}
Reader.__index = Reader

--- Makes a reader; nil and a message if hiredis is not installed.
---@return mtr.RespReader?
---@return string? message, string? name
function M.reader()
  local library, kind = lib.hiredis()
  if not library then
    return err.named("ELIBACC",
      "a fleet needs hiredis, which is not installed: apt-get install libhiredis0.14"
      .. " (Debian 13: libhiredis1.1.0)")
  end
  return setmetatable({
    library = library, kind = kind, out = lib.new "void *[1]", guard = resp_guard.new(),
    reader = lib.gc(library.mtr_redis_reader(), library.mtr_redis_reader_free),
  }, Reader)
end

local function value(self, pointer)
  local reply = lib.cast(self.kind, pointer)
  local kind = reply.type
  if kind == INTEGER then return tonumber(reply.integer) end
  if kind == NIL then return false end
  if kind == ARRAY then
    local list = {}
    for i = 1, tonumber(reply.elements) do list[i] = value(self, reply.element[i - 1]) end
    return list
  end
  local text = lib.string(reply.str, reply.len)
  if kind == ERROR then return { error = text } end
  if kind == STRING or kind == STATUS then return text end
  return { error = ("ERR a reply of the unknown type %d"):format(kind) }
end

--- Allows the next reply to have texts that are too large: they are not read, and the reply has
--- their sizes, as numbers, in their places.
---@param n integer how many replies have come, with this one
function Reader:skim(n) self.guard.large[n] = true end

--- Takes bytes of the connection.
---@param bytes string
function Reader:feed(bytes)
  if self.refused then return end
  bytes, self.refused = self.guard:take(bytes)
  self.library.mtr_redis_feed(self.reader, bytes, #bytes)
end

--- Returns the next reply; nil if it is not whole yet; nil and a message if it is not a reply.
---@return any
---@return string? message
function Reader:next()
  if self.library.mtr_redis_next(self.reader, self.out) ~= 0 then
    return nil, lib.string(self.reader.errstr)
  end
  if self.out[0] == nil then return nil, self.refused end
  local reply = value(self, self.out[0])
  self.library.mtr_redis_free(self.out[0])
  return reply
end

--- Frees the memory of the reader, which cannot be used any more.
function Reader:close()
  if self.reader then self.library.mtr_redis_reader_free(lib.gc(self.reader, nil)) end
  self.reader = nil
end

return M
