-- SPDX-License-Identifier: MIT
--
-- Records of warts to tables and back: the same bytes, for files that scamper itself has made
-- (spec/fuzz/corpus/warts), and no crash for any bytes.
local random = require "spec.support.harness.random"
local read = require "mtr.report.warts.read"
local write = require "mtr.report.warts.write"

local FILES = { "ping", "ping-icmp-time", "ping-record-route", "ping-tcp", "ping-timestamps",
  "ping-udp", "trace-all-attempts", "trace-icmp", "trace-icmp-paris", "trace-last-ditch",
  "trace-pmtud", "trace-silent", "trace-tcp", "trace-tcp-ack", "trace-udp", "trace-udp-paris",
  "tracelb-diamond", "tracelb-silent", "tracelb-tcp" }

local function unhex(text)
  return (text:gsub("%s", ""):gsub("..", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

-- The records of a file: their type, their bytes without header, and those with it.
local function records(bytes)
  local list, at = {}, 1
  while at <= #bytes do
    local _, _, _, kind, a, b, c, d = bytes:byte(at, at + 7)
    local size = ((a * 256 + b) * 256 + c) * 256 + d
    list[#list + 1] = { kind = kind, body = bytes:sub(at + 8, at + 7 + size),
      whole = bytes:sub(at, at + 7 + size) }
    at = at + 8 + size
  end
  return list
end

local function corpus(name)
  local file = assert(io.open("spec/fuzz/corpus/warts/" .. name, "rb"))
  local bytes = file:read "*a"
  file:close()
  return records(bytes)
end

local function one(hex)
  local r = records(unhex(hex))[1]
  return read.record(r.kind, r.body, {})
end

-- A trace with this hop record.
local function trace_with(hop, parts)
  local body = unhex("80 80 80 20 0006 0401 0a000009 0001" .. hop .. (parts or "0000"))
  return read.record(6, body, {})
end

describe("a warts record", function()
  for _, name in ipairs(FILES) do
    it("of scamper's file " .. name .. " is written as it was", function()
      local list = corpus(name)
      assert.is_true(#list >= 3)
      for _, r in ipairs(list) do
        local record = assert(read.record(r.kind, r.body, {}))
        assert.is_nil(record.rest)
        assert.is_true(assert(write.record(record)) == r.whole, name .. ": " .. record.record)
      end
    end)
  end

  it("has the values that its bytes say", function()
    assert.same({ record = "list", id = 1, person = 0, name = "default", monitor = "mon1" },
      one "1205 0001 00000018  00000001 00000000 64656661756c7400  02 0005 6d6f6e3100")
    assert.same({ record = "cycle_start", id = 1, list = 1, person = 7, start = 1767225600,
      host = "host1" },
      one "1205 0002 00000019  00000001 00000001 00000007 6955b900  02 0006 686f73743100")
    assert.same({ record = "cycle_stop", id = 1, stop = 1767225699 },
      one "1205 0004 00000009 00000001 6955b963 00")
    local trace = trace_with [[fe 8f 1a 0020  01 3c 11 00 0000019c 0b00 002c 0048 1234 00  00
      0401 0a000001  6955b900 0003f7a0]]
    assert.same({ { ttl = 1, reply_ttl = 60, flags = 17, probe_id = 0, rtt = 412,
      icmp = { 11, 0 }, probe_size = 44, reply_size = 72, ip_id = 0x1234, reply_tos = 0,
      quoted_tos = 0, addr = "\1\10\0\0\1", sent = 1767225600260000 } }, trace.hops)
    assert.same("\1\10\0\0\9", trace.dst)
  end)

  it("keeps parameters and parts that this reader does not know", function()
    local body = unhex("80 80 80 20 0006 0401 0a000009 0001" .. "82 80 88 01 0009 07"
      .. "0401 0a000001 abcd" .. "4003 010203 0000")                 -- 2, 18 and 22
    local record = assert(read.record(6, body, {}))
    assert.same({ numbers = { 22 }, bytes = "\171\205" }, record.hops[1].unknown)
    assert.same({ { kind = 4, bytes = "\1\2\3" } }, record.parts)
    assert.equal(body, write.record(record):sub(9))
  end)

  it("of an unknown type is kept as it is", function()
    assert.same({ record = "unknown", number = 15, bytes = "abc" }, read.record(15, "abc", {}))
    assert.equal("\18\5\0\15\0\0\0\3abc", write.record(read.record(15, "abc", {})))
  end)

  it("takes deprecated numbers of addresses for the addresses", function()
    local globals = {}
    assert(read.record(5, "\1\1\10\0\0\7", globals))
    local body = unhex "08 0004 00000001 0001 03 0005 00000001 01 0000"
    local record = assert(read.record(6, body, globals))
    assert.same({ "\1\10\0\0\7", "\1\10\0\0\7" }, { record.dst, record.hops[1].addr })
    assert.same({ nil, "an address is used before it is defined", 7 }, { read.record(6, body, {}) })
  end)

  for name, case in pairs {
    ["a hop without an address"] = { "02 0001 01", "a hop has no address" },
    ["a hop without a TTL"] = { "80 80 08 0006 0401 0a000001", "a hop has no TTL" },
    ["a TTL of 0"] = { "82 80 08 0007 00 0401 0a000001", "a hop has no TTL" },
    ["a number of no address"] = { "82 80 08 0006 01 00 00000005",
      "an address is used before it is defined" },
    ["an address of a wrong length"] = { "82 80 08 0007 01 0402 0a000001",
      "an address has a wrong length or type" },
    ["a block beyond its record"] = { "82 80 08 7fff 01 0401 0a000001",
      "a block goes beyond the end of its record" },
    ["a value beyond its block"] = { "82 80 08 0005 01 0401 0a000001",
      "a value goes beyond the end of its record" },
    ["a text without an end"] = { "82 80 28 0009 01 0401 0a000001 4142",
      "a text has no end" },
    ["a part beyond its record"] = { "82 80 08 0007 01 0401 0a000001",
      "a part goes beyond the end of its record", "3fff 00" },
  } do
    it("with " .. name .. " yields a message", function()
      local record, text, offset = trace_with(case[1], case[3])
      assert.same({ nil, case[2] }, { record, text })
      assert.is_true(offset >= 0 and offset <= 64)
    end)
  end

  it("with links to nodes that are not there yields a message", function()
    local list = corpus "tracelb-tcp"
    local record = assert(read.record(list[3].kind, list[3].body, {}))
    record.links[1].to = #record.nodes
    local bytes = write.record(record)
    local _, text = read.record(8, bytes:sub(9), {})
    assert.equal("a link is to a node that is not there", text)
  end)

  it("of any bytes is read within them, or yields a message, and is written again", function()
    local r, good, bad = random(11), 0, 0
    local function try(kind, body)
      local record, text, offset = read.record(kind, body, { "\1\10\0\0\7" })
      if not record then
        bad = bad + 1
        assert.equal("string", type(text))
        assert.is_true(offset >= 0 and offset <= #body)
        return
      end
      good = good + 1
      local again = write.record(record)
      if again then
        assert.equal("string", type(again))
        assert(read.record(again:byte(4), again:sub(9), {}))
      end
    end
    for _, name in ipairs(FILES) do
      for _, one_record in ipairs(corpus(name)) do
        local body = one_record.body
        for cut = 0, math.min(#body - 1, 120) do try(one_record.kind, body:sub(1, cut)) end
        for _ = 1, 150 do
          local bytes = { body:byte(1, -1) }
          for _ = 1, r(3) do bytes[r(#bytes)] = ({ 0, 255, 128, r(256) - 1 })[r(4)] end
          try(r(20) == 1 and r(8) or one_record.kind, string.char(unpack(bytes)))
        end
      end
    end
    assert.is_true(good > 1000 and bad > 1000, good .. " " .. bad)
  end)

  it("with a value that does not fit is an error, not a wrong record", function()
    for _, value in ipairs { 256, -1, 1e9 } do
      local bytes, message, name = write.record { record = "trace", dst = "\1\10\0\0\1",
        tos = value, hops = {}, parts = {} }
      assert.same({ nil, "EINVAL" }, { bytes, name })
      assert.truthy(message:find "^EINVAL: a value does not fit into warts")
    end
  end)
end)
