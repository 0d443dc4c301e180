-- SPDX-License-Identifier: MIT
--
-- Tests core/wire/fragment.c.

local core = require "spec.support.harness.core"
local packet = require "spec.support.packets.packet"
local wire = require "spec.support.packets.wire"

local C, ffi = core.load{ "core/wire/fragment.h" }

local HEADER = { [4] = 20, [6] = 40 }
local ID = 0xdeadbeef

-- All fragments of a packet, each in a buffer that ends where the link does.
local function fragments(bytes, mtu)
  local list, at = {}, ffi.new("size_t[1]")
  while true do
    local out = ffi.new("uint8_t[?]", mtu + 8)
    ffi.fill(out, mtu + 8, 0xa5)
    local n = C.wire_fragment(bytes, #bytes, mtu, ID, at, out)
    for i = mtu, mtu + 7 do assert.equal(0xa5, out[i]) end
    if n <= 0 then return list, n end
    list[#list + 1] = ffi.string(out, n)
  end
end

local function u16(bytes, at) return bytes:byte(at + 1) * 256 + bytes:byte(at + 2) end

-- What a receiver makes of them: the bytes behind the IP header, in the order of the offsets.
local function reassemble(family, list)
  local body, head = "", HEADER[family]
  for i, f in ipairs(list) do
    local field, from
    if family == 4 then
      field, from = u16(f, 6), head
      assert.equal(#f, u16(f, 2))
      assert.equal(i < #list, field >= 0x2000)
      field = field % 0x2000 * 8
    else
      field, from = u16(f, head + 2), head + 8
      assert.equal(#f - head, u16(f, 4))
      assert.same({ 44, packet.u32(ID) }, { f:byte(7), f:sub(head + 5, head + 8) })
      assert.equal(i < #list, field % 8 == 1)
      field = field - field % 8
    end
    assert.equal(#body, field)
    body = body .. f:sub(from + 1)
  end
  return body
end

describe("wire_fragment", function()
  for _, family in ipairs{ 4, 6 } do
    local head = HEADER[family]
    local least = head + (family == 6 and 8 or 0) + 8

    it(("cuts IPv%d packets so that they can be put together"):format(family), function()
      for _, size in ipairs{ 100, 101, 1499, 1500, 1501, 3000, 9000, 65535 } do
        local o = { family = family, protocol = "icmp", size = size, fill = 7 }
        local bytes = assert(wire.build(o))
        for _, mtu in ipairs{ least, least + 7, 576, 1280, 1500, 9000 } do
          local list, n = fragments(bytes, mtu)
          assert.equal(0, n)
          for i, f in ipairs(list) do
            assert(#f <= mtu)
            if i < #list then assert(#f > mtu - 8) end
            local to = family == 4 and 10 or 40
            assert.equal(bytes:sub(9, to), f:sub(9, to))
          end
          assert.equal(bytes:sub(head + 1), reassemble(family, list))
        end
      end
    end)

    it(("keeps what IPv%d routers change, and the identification"):format(family), function()
      local bytes = assert(wire.build{ family = family, protocol = "udp", size = 200, tos = 16,
        dont_fragment = 1, ttl = 9 })
      local f = fragments(bytes, 100)[2]
      assert.equal(bytes:sub(1, 2), f:sub(1, 2))
      assert.equal(9, f:byte(family == 4 and 9 or 8))
      if family == 4 then
        assert.equal(bytes:sub(5, 6), f:sub(5, 6))
        assert(u16(f, 6) < 0x4000, "DF is still set")
      else
        assert.equal(bytes:byte(7), f:byte(head + 1))
      end
    end)

    it(("gives up where no IPv%d fragment fits"):format(family), function()
      local bytes = assert(wire.build{ family = family, protocol = "icmp", size = 200 })
      for mtu = 0, least - 1 do assert.same({ {}, wire.EMSGSIZE }, { fragments(bytes, mtu) }) end
    end)
  end
end)
