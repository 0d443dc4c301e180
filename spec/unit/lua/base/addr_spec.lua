-- SPDX-License-Identifier: MIT
--
-- Addresses: bytes and text, and the classes of special ones.
local addr = require "mtr.base.addr"
local lib = require "mtr.lib"

local bytes = lib.new "uint8_t[16]"

-- RFC 5952 sections 4 and 5, and RFC 4291.
local forms = {
  ["0.0.0.0"] = "0.0.0.0", ["255.255.255.255"] = "255.255.255.255", ["192.0.2.1"] = "192.0.2.1",
  ["::"] = "::", ["::1"] = "::1", ["1::"] = "1::",
  ["2001:db8:0:0:1:0:0:1"] = "2001:db8::1:0:0:1", ["2001:DB8::00AB"] = "2001:db8::ab",
  ["2001:db8:0:1:1:1:1:1"] = "2001:db8:0:1:1:1:1:1", ["2001:0:0:1:0:0:0:1"] = "2001:0:0:1::1",
  ["::ffff:192.0.2.1"] = "192.0.2.1", ["::ffff:0:1"] = "0.0.0.1",
  ["0:0:0:0:0:ffff:1:0"] = "0.1.0.0", ["::fffe:c000:201"] = "::fffe:c000:201",
  ["fe80::1"] = "fe80::1", ["1:2:3:4:5:6:7:0"] = "1:2:3:4:5:6:7:0",
  ["1:2:3:4:5:6:0:0"] = "1:2:3:4:5:6::", ["0:0:3:4:5:6:7:8"] = "::3:4:5:6:7:8",
  ["64:ff9b::c000:201"] = "64:ff9b::c000:201",
}

describe("an address", function()
  for given, form in pairs(forms) do
    it(("%s is written %s"):format(given, form), function()
      local family = addr.parse(given, bytes)
      assert.equal(form, addr.format(bytes, family))
      assert.equal(form, addr.text(bytes, family))
      assert.equal(form, addr.text(bytes, family))  -- and remembered
    end)
  end

  it("is written with dots where a packet has one mapped from IPv4", function()
    local raw, zone = lib.new "uint8_t[16]", lib.new "uint32_t[1]"
    for given, form in pairs {
      ["::ffff:192.0.2.1"] = "::ffff:192.0.2.1", ["::ffff:0:1"] = "::ffff:0.0.0.1",
      ["0:0:0:0:0:ffff:1:0"] = "::ffff:0.1.0.0",
    } do
      assert.equal(6, lib.C.mtr_address(given, raw, zone))
      assert.equal(form, addr.format(raw, 6))
    end
  end)

  it("is broken, not a name, where only addresses are made so", function()
    for _, text in ipairs {
      "300.1.2.3", "1.2.3", "1.2.3.4.5", "1.2.3.4.", "010.0.0.1", "0x7f.1", "127.1", "10.0.0.1%lo",
      "::1::", "1:2", "[::1]", "host:80", "::ffff:10.0.0.1%lo", "fe80:::1", "1..2.3",
      "7", "0x7f000001", "017700000001",
    } do
      assert.equal(-22, (addr.parse(text)), text)
      assert.matches("is not an IPv4 or IPv6 address", addr.broken(text), nil, text)
    end
    for _, text in ipairs { "localhost", "1.2.3.example", "3com.net", "1e100.net", "0xab.cafe",
      "_gateway", "r1.2x" } do
      assert.is_nil(addr.broken(text), text)
    end
  end)

  it("has a key of its own", function()
    local keys = {}
    for _, text in ipairs { "10.0.0.1", "10.0.0.2", "255.0.0.1", "1.0.0.10", "::1", "1::" } do
      for _ = 1, 2 do
        local key = addr.key(bytes, (addr.parse(text, bytes)))
        assert.is_true(keys[key] == nil or keys[key] == text)
        keys[key] = text
      end
    end
    local n = 0
    for _ in pairs(keys) do n = n + 1 end
    assert.equal(6, n)
  end)

  it("of no family has no text", function()
    assert.is_nil(addr.text(bytes, 0))
  end)

  it("is not a name, a prefix or a number", function()
    for _, text in ipairs { "", "localhost", "1.2.3", "1.2.3.4.5", "10.0.0.0/8", "::1::", "1:2" } do
      assert.equal(-22, (addr.parse(text)), text)
    end
  end)

  it("has a family", function()
    local families = { addr.family "127.0.0.1", addr.family "::1", addr.family "fe80::1%lo" }
    assert.same({ 4, 6, 6 }, families)
    for _, text in ipairs { "", "localhost", "127.0.0.1%lo", "127.000.000.001", "fe80::1%no0" } do
      assert.is_nil(addr.family(text))
    end
  end)

  it("may have a zone, which must exist", function()
    local family, zone = addr.parse "fe80::1%lo"
    assert.equal(6, family)
    assert.truthy(zone > 0)
    assert.equal(-19, (addr.parse "fe80::1%nowhere"))
    assert.same({ 4, 0 }, { addr.parse "192.0.2.1" })
  end)

  it("is still right after more of them than are remembered", function()
    for i = 0, 70000 do
      bytes[0], bytes[1], bytes[2], bytes[3] = 10, i / 65536, i / 256 % 256, i % 256
      local text = addr.text(bytes, 4)
      if i % 9999 == 0 then
        assert.equal(("10.%d.%d.%d"):format(bytes[1], bytes[2], bytes[3]), text)
      end
    end
    addr.parse("2001:db8::7", bytes)
    assert.equal("2001:db8::7", addr.text(bytes, 6))
  end)
end)

describe("the class of an address", function()
  for text, class in pairs {
    ["10.1.2.3"] = "private", ["172.31.255.255"] = "private", ["192.168.0.1"] = "private",
    ["100.64.0.1"] = "shared", ["127.0.0.1"] = "loopback", ["169.254.1.1"] = "link-local",
    ["192.0.2.1"] = "documentation", ["198.51.100.1"] = "documentation",
    ["203.0.113.1"] = "documentation", ["224.0.0.1"] = "multicast", ["240.0.0.1"] = "reserved",
    ["255.255.255.255"] = "broadcast", ["0.0.0.0"] = "this-network", ["::"] = "unspecified",
    ["::1"] = "loopback", ["fd00::1"] = "private", ["fe80::1"] = "link-local",
    ["ff02::1"] = "multicast", ["2001:db8::1"] = "documentation", ["64:ff9b::1"] = "nat64",
    ["::ffff:1.2.3.4"] = "mapped", ["198.19.0.1"] = "benchmarking",
  } do
    it(("%s is %s"):format(text, class), function()
      assert.equal(class, addr.class(text))
    end)
  end

  it("of ordinary addresses, and of other texts, is nil", function()
    for _, text in ipairs { "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606::1", "nonsense" } do
      assert.is_nil(addr.class(text), text)
      assert.is_nil(addr.class(text), text)
    end
  end)
end)
