-- SPDX-License-Identifier: MIT
--
-- Blocks that this spec writes instead of the kernel, valid and damaged: no packet points outside
-- its block. The ring with the real kernel is in spec/net/ring_spec.lua.
local core = require "spec.support.harness.core"
local random = require "spec.support.harness.random"

local C, ffi = core.load{ "core/net/packet/ring.h" }

local USER, LOSING = 1, 4
local HEAD = 48                        -- bytes of a block's header, and of a packet's
local NET = 96                         -- where a packet begins, behind its header

describe("ring", function()
  local r, p, memory

  local function word(block, at, value)
    ffi.cast("uint32_t *", memory + block * C.RING_BLOCK + at)[0] = value
  end
  local function status(block)
    return ffi.cast("uint32_t *", memory + block * C.RING_BLOCK + 8)[0]
  end

  -- Writes a block of packets, as linux/if_packet.h has tpacket_block_desc and tpacket3_hdr.
  local function fill(block, packets, o)
    o = o or {}
    local at = HEAD
    for i, bytes in ipairs(packets) do
      local size = math.ceil((NET + #bytes) / 16) * 16
      word(block, at, o.next or (i < #packets and size or 0))
      word(block, at + 4, 1700000000)
      word(block, at + 8, 123456789)
      word(block, at + 12, o.snap or #bytes)
      word(block, at + 16, o.whole or #bytes)
      word(block, at + 20, o.status or USER)
      ffi.cast("uint16_t *", memory + block * C.RING_BLOCK + at + 26)[0] = o.net or NET
      ffi.copy(memory + block * C.RING_BLOCK + at + NET, bytes, #bytes)
      at = at + size
    end
    word(block, 12, o.count or #packets)
    word(block, 16, o.first or HEAD)
    word(block, 8, USER)
  end

  local function read()
    local list = {}
    while C.ring_next(r, p) == 1 do
      assert.is_true(p.bytes >= memory and p.size <= C.RING_BLOCK)
      local block = math.floor(tonumber(p.bytes - memory) / C.RING_BLOCK)
      assert.is_true(p.bytes + p.size <= memory + (block + 1) * C.RING_BLOCK, "out of its block")
      list[#list + 1] = ffi.string(p.bytes, p.size)
      assert.is_true(#list < 10000)
    end
    return list
  end

  before_each(function()
    memory = ffi.new("uint8_t[?]", 4 * C.RING_BLOCK + 8)
    r, p = ffi.new("struct ring", { fd = -1, blocks = 4 }), ffi.new("struct ring_packet")
    r.map = memory
  end)

  it("is empty until the kernel fills a block", function()
    assert.same({}, read())
    r.map = nil
    assert.same({}, read())
  end)

  it("reads packets in order, block by block, and gives the blocks back", function()
    fill(0, { "one", "two", ("3"):rep(1000) })
    fill(1, { "four" })
    assert.same({ "one", "two", ("3"):rep(1000), "four" }, read())
    assert.same({ 0, 0 }, { status(0), status(1) })
    assert.equal(1700000000123456789LL, p.at)
    fill(3, { "six" })
    assert.same({}, read())              -- 2 comes first
    fill(2, { "five" })
    assert.same({ "five", "six" }, read())
    fill(0, { "seven" })
    assert.same({ "seven" }, read())
  end)

  it("gives a block back as soon as there is no next packet", function()
    fill(0, { "one", "two" })
    C.ring_next(r, p)
    C.ring_next(r, p)
    assert.equal(USER, status(0))
    assert.equal("two", ffi.string(p.bytes, p.size))
    assert.equal(0, C.ring_next(r, p))
    assert.equal(0, status(0))
  end)

  it("reports which packets were cut", function()
    fill(0, { "short" }, { whole = 5000 })
    assert.same({ "short" }, read())
    assert.same({ 5, 5000 }, { tonumber(p.size), tonumber(p.whole) })
  end)

  it("is crowded when half of it was full, or the kernel says that it loses", function()
    fill(0, { "one" })
    read()
    assert.equal(0, C.ring_crowded(r))
    fill(1, { "two" })
    fill(2, { "three" })
    read()
    assert.equal(1, C.ring_crowded(r))
    assert.equal(0, C.ring_crowded(r))
    fill(3, { "four" }, { status = USER + LOSING })
    read()
    assert.equal(1, C.ring_crowded(r))
  end)

  for name, o in pairs {
    ["packets that are not there"] = { count = 1000 }, ["no packets"] = { count = 0 },
    ["a first packet behind it"] = { first = C.RING_BLOCK }, ["a first packet far away"] =
      { first = 0xfffffff0 }, ["an odd first packet"] = { first = HEAD + 1 },
    ["a packet that begins behind it"] = { net = 0xffff }, ["a packet longer than it"] =
      { snap = C.RING_BLOCK }, ["a packet of 4 GiB"] = { snap = 0xffffffff },
    ["a next packet behind it"] = { next = C.RING_BLOCK }, ["a next packet at itself"] =
      { next = 0, count = 3 }, ["a next packet before it"] = { next = 0xffffffe0 },
  } do
    it("goes on behind a block that says it has " .. name, function()
      fill(0, { "one", "two" }, o)
      fill(1, { "three" })
      local list = read()
      assert.equal("three", list[#list])
      assert.is_true(#list <= 3)
      assert.equal(0, status(0))
    end)
  end

  it("goes on behind any damage", function()
    local rand, block = random(3), 0
    for _ = 1, 3000 do
      fill(block, { "one", "two", "three" })
      for _ = 1, rand(6) do
        local at = 12 + rand(360)
        if at < 40 or at > HEAD then memory[block * C.RING_BLOCK + at] = rand(256) - 1 end
      end
      word(block, 8, USER)
      read()
      block = (block + 1) % 4
      fill(block, { "whole" })
      assert.same({ "whole" }, read())
      block = (block + 1) % 4
    end
  end)
end)
