-- SPDX-License-Identifier: MIT
--
-- Answers of HTTP servers, in pieces of any size; and bytes that are none.
local http_reply = require "mtr.fleet.http_reply"
local random = require "spec.support.harness.random"

local function read(bytes, size)
  local reply = http_reply.new()
  for first = 1, #bytes, size do
    local ok, message = reply:feed(bytes:sub(first, first + size - 1))
    if not ok then return nil, message end
  end
  return reply
end

local GOOD = {
  { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true },
  { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 200, "", false },
  { "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false },
  { "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true },
  { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Oh\r\nContent-Length: 3\r\n\r\nbad", 500, "bad",
    true },
  { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Y:  z\r\n\r\n3\r\nabc\r\n10;x=1\r\n"
    .. "0123456789abcdef\r\n0\r\nTrailer: 1\r\n\r\n", 200, "abc0123456789abcdef", true },
}

local BAD = {
  ["this is no HTTP"] = "SSH-2.0-OpenSSH_9\r\n",
  ["this is no HTTP/1"] = "HTTP/2 200\r\nA: b\r\n\r\n",
  ["its Content-Length is not a number"] = "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
  ["a chunk has no size"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
  ["a chunk has no end"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabcd",
  ["its head is too long"] = "HTTP/1.1 200 OK\r\n" .. ("a: b\r\n"):rep(4000),
  ["a line is too long"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    .. ("1"):rep(20000),
}

describe("an answer of HTTP", function()
  for i, case in ipairs(GOOD) do
    it("is read in pieces of any size: " .. i, function()
      for size = 1, #case[1] do
        local reply = assert(read(case[1], size))
        assert.same({ true, case[2], case[3], case[4] }, { reply.done, reply.status, reply.body,
          reply.keep })
      end
    end)
  end

  it("without a length ends with its connection, and only its beginning is kept", function()
    local reply = assert(read("HTTP/1.1 200 OK\r\n\r\n" .. ("x"):rep(100000), 1000))
    assert.is_false(reply.done)
    assert.is_true(reply:finish())
    assert.same({ 8192, false }, { #reply.body, reply.keep })
    assert.is_false(assert(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", 9)):finish())
  end)

  it("has headers of any letters", function()
    local reply = assert(read("HTTP/1.1 404 No\r\nX-ClickHouse-EXCEPTION-Code: 60\r\n"
      .. "content-length: 0\r\n\r\n", 7))
    assert.equal("60", reply.headers["x-clickhouse-exception-code"])
  end)

  for message, bytes in pairs(BAD) do
    it("is refused: " .. message, function()
      for _, size in ipairs(#bytes > 1000 and { 997, #bytes } or { 1, 7, #bytes }) do
        assert.equal(message, select(2, read(bytes, size)))
      end
    end)
  end

  it("is read or refused, whatever bytes come", function()
    local r = random(7)
    for _ = 1, 2000 do
      local case = GOOD[r(#GOOD)][1]
      local at = r(#case)
      local bytes = case:sub(1, at - 1) .. string.char(r(256) - 1) .. case:sub(at + r(2) - 1)
      local reply, message = read(bytes, r(#bytes))
      assert.is_true(reply ~= nil or type(message) == "string")
    end
  end)
end)
