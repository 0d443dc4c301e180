-- SPDX-License-Identifier: MIT
--
-- ICMP extension objects, read from bytes that a network may have damaged.
local ext = require "mtr.record.ext"
local lib = require "mtr.lib"
local random = require "spec.support.harness.random"

-- The objects in a string of hex digits and blanks, in memory that ends where they end.
local function read(hex)
  local text = hex:gsub("%s", ""):gsub("%x%x", function(b) return string.char(tonumber(b, 16)) end)
  local bytes = lib.new("uint8_t[?]", #text)
  lib.copy(bytes, text, #text)
  return ext.read(bytes, #text)
end

describe("extension objects", function()
  it("are MPLS label stacks", function()
    -- RFC 4950 section 2.1: label 16188 with TTL 1, then label 0xfffff, TC 7, bottom, TTL 255.
    local objects, malformed = read "000c 0101 03f3c001 ffffffff"
    assert.is_false(malformed)
    assert.same({
      { class = 1, type = 1, mpls = {
        { label = 16188, tc = 0, s = 0, ttl = 1 },
        { label = 0xfffff, tc = 7, s = 1, ttl = 255 },
      } },
    }, objects)
  end)

  it("give the labels of all stacks, as text", function()
    local objects = read "000c 0101 03f3c001 ffffffff  0006 0903 abcd  0008 0101 000011ff"
    assert.same({ "16188 0 0 1", "1048575 7 1 255", "1 0 1 255" },
      ext.mpls(objects, "%d %d %d %d"))
    assert.same({}, ext.mpls(nil, "%d"))
  end)

  it("are several, one after the other", function()
    local objects, malformed = read "0008 0101 000011ff  0006 0903 abcd  0004 0a01"
    assert.is_false(malformed)
    assert.equal(3, #objects)
    assert.same({ { label = 1, tc = 0, s = 1, ttl = 255 } }, objects[1].mpls)
    assert.same({ class = 9, type = 3, hex = "abcd" }, objects[2])
    assert.same({ class = 10, type = 1, hex = "" }, objects[3])
  end)

  it("are interface information", function()
    -- RFC 5837 section 4: role 2, ifindex, IPv4 address, name "eth0", MTU.
    assert.same({ {
      class = 2, type = 0x8f,
      interface = {
        role = "outgoing", ifindex = 15, addr = "192.0.2.1", name = "eth0", mtu = 1500,
      },
    } }, (read "0020 028f 0000000f 00010000c0000201 0865746830000000 000005dc 00000000"))
    assert.same({ {
      class = 2, type = 0x04, interface = { role = "incoming", addr = "2001:db8::1" },
    } }, (read "0018 0204 00020000 20010db8000000000000000000000001"))
    assert.same({ {
      class = 2, type = 0xc2, interface = { role = "next-hop", name = "" },
    } }, (read "0008 02c2 01000000"))
  end)

  it("that are damaged inside are kept as hex", function()
    for _, hex in ipairs {
      "0007 0101 0000ff",                -- no whole label
      "0004 0101",                       -- an empty stack
      "0006 0208 0000",                  -- half an ifindex
      "000c 0204 0003000000000000",      -- an address family of its own
      "000a 0204 0001 0000 c000",        -- half an address
      "0008 0202 09616263",              -- a name longer than its object
      "0008 0202 00616263",              -- a name without a length
      "0006 0201 05dc",                  -- half an MTU
    } do
      local objects, malformed = read(hex)
      assert.is_false(malformed, hex)
      assert.equal(1, #objects)
      assert.is_nil(objects[1].mpls, hex)
      assert.is_nil(objects[1].interface, hex)
      assert.equal((hex:gsub("%s", ""):sub(9)), objects[1].hex)
    end
  end)

  it("that lie about their length end the walk, those before them are kept", function()
    for _, rest in ipairs {
      "0003 0101", "0000 0101", "0100 0101 00", "0008 0101 000000", "00", "0008",
    } do
      local objects, malformed = read("0008 0101 000011ff" .. rest)
      assert.is_true(malformed, rest)
      assert.equal(1, #objects)
    end
  end)

  it("may be none", function()
    assert.same({ {}, false }, { read "" })
  end)

  it("never make it read outside the bytes or raise", function()
    local draw = random(7)
    for _ = 1, 20000 do
      local n = draw(40) - 1
      local bytes = lib.new("uint8_t[?]", n)
      for i = 0, n - 1 do
        bytes[i] = ({ 0, 0, 4, 8, 1, 2, draw(256) - 1, draw(32) - 1 })[draw(8)]
      end
      for _, object in ipairs(ext.read(bytes, n)) do
        assert.truthy(object.mpls or object.interface or object.hex)
      end
    end
  end)
end)
