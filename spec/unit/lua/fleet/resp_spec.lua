-- SPDX-License-Identifier: MIT
--
-- The protocol of Redis: commands as bytes, and replies from bytes that come in any pieces.
local lib = require "mtr.lib"
local random = require "spec.support.harness.random"
local resp = require "mtr.fleet.resp"

local function read(bytes, size)
  local reader, list = assert(resp.reader()), {}
  for first = 1, #bytes, size do
    reader:feed(bytes:sub(first, first + size - 1))
    while true do
      local reply, message = reader:next()
      if message then
        reader:close()
        return list, message
      end
      if reply == nil then break end
      list[#list + 1] = reply
    end
  end
  reader:close()
  return list
end

-- Gathers what a command writes.
local function written(words)
  local parts = {}
  resp.write({
    write = function(_, text) parts[#parts + 1] = text end,
    lend = function(_, bytes, size) parts[#parts + 1] = lib.string(bytes, size) end,
  }, words)
  return table.concat(parts)
end

describe("the protocol of Redis #luajit", function()
  local REPLIES = "+OK\r\n:42\r\n$5\r\na\0b\r\n\r\n$-1\r\n*-1\r\n*3\r\n:1\r\n*0\r\n$0\r\n\r\n"
    .. "-WRONGTYPE no\r\n:-7\r\n"

  for size = 1, #REPLIES, 7 do
    it(("gives replies that come in pieces of %d bytes"):format(size), function()
      assert.same({ "OK", 42, "a\0b\r\n", false, false, { 1, {}, "" }, { error = "WRONGTYPE no" },
        -7 }, (read(REPLIES, size)))
    end)
  end

  it("writes commands with numbers, bytes and memory", function()
    local bytes = lib.new("char[6]", "x\r\ny\0z")
    assert.equal("*4\r\n$3\r\nSET\r\n$1\r\n7\r\n$6\r\nx\r\ny\0z\r\n$0\r\n\r\n",
      written { "SET", 7, { bytes = bytes, size = 6 }, "" })
    assert.equal("*1\r\n$4\r\nPING\r\n", written { "PING" })
    assert.equal("*2\r\n$1\r\nA\r\n$13\r\n1795933795512\r\n", written { "A", 1795933795512 })
  end)

  it("says of other bytes that they are none", function()
    local list, message = read(":1\r\nHTTP/1.1 400 Bad Request\r\n", 100)
    assert.same({ 1 }, list)
    assert.truthy(message:find("Protocol error", 1, true), message)
  end)

  it("survives any bytes", function()
    local r = random(7)
    local letters = { "*", "$", ":", "-", "+", "\r\n", "1", "9", "a", "\0", "\255" }
    for _ = 1, 2000 do
      local parts = {}
      for i = 1, r(30) do parts[i] = letters[r(#letters)] end
      read(table.concat(parts), r(9))
    end
  end)
end)
