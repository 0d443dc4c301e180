-- SPDX-License-Identifier: MIT
--
-- Tests core/wire/verify.c.

local core = require "spec.support.harness.core"
local packet = require "spec.support.packets.packet"
local parts = require "spec.support.packets.parts"
local path = require "spec.support.virtual.path"

local C, ffi = core.load{ "core/wire/verify.h" }

local function intact(bytes, whole, trusted)
  return C.wire_intact(bytes, #bytes, whole or #bytes, trusted or 0)
end

-- The packet with byte number `at` (from 0) changed.
local function changed(bytes, at)
  return packet.patch(bytes, at, string.char((bytes:byte(at + 1) + 1) % 256))
end

describe("wire_intact", function()
  local te4 = parts.te4(parts.probe4(17, parts.udp))
  local te6 = parts.te6(parts.probe6(17, parts.udp))

  it("finds one byte changed in the IPv4 header or the ICMP message, wherever", function()
    assert.equal(1, intact(te4))
    for at = 0, #te4 - 1 do
      -- a length or fragment that says that not all is there is looked at no further
      if at > 7 then assert.equal(0, intact(changed(te4, at)), at) end
    end
    assert.equal(1, intact(te6))
    for at = 8, #te6 - 1 do assert.equal(0, intact(changed(te6, at)), at) end
  end)

  it("believes whom it is told to trust of the header, and looks at the message", function()
    assert.equal(1, intact(changed(te4, 8), nil, 1))
    assert.equal(0, intact(changed(te4, 24), nil, 1))
  end)

  it("accepts a message that is cut off", function()
    assert.equal(1, C.wire_intact(te4, #te4 - 4, #te4, 0))
    assert.equal(1, C.wire_intact(te4, 10, 10, 0))
  end)
end)

describe("wire_possible", function()
  local function possible(from, to)
    local r = ffi.new("struct wire_reply")
    r.family = from:find(":", 1, true) and 6 or 4
    ffi.copy(r.from, path.bytes(from), 16)
    ffi.copy(r.to, path.bytes(to or (r.family == 6 and "fd00::1" or "10.0.0.1")), 16)
    return C.wire_possible(r) == 1
  end

  it("knows addresses that cannot send", function()
    for _, from in ipairs { "127.0.0.1", "127.255.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
      "255.255.255.255", "::", "::1", "ff02::1" } do
      assert.is_false(possible(from), from)
    end
  end)

  it("lets all others pass, and loopback to loopback", function()
    for _, from in ipairs { "0.0.0.0", "10.0.0.2", "126.1.1.1", "128.1.1.1", "192.0.0.8",
      "223.255.255.255", "::2", "fe80::1", "fd00::2", "2001:db8::1" } do
      assert.is_true(possible(from), from)
    end
    assert.is_true(possible("127.0.0.1", "127.0.0.1"))
    assert.is_true(possible("::1", "::1"))
    assert.is_false(possible("::", "::"))
  end)
end)
