-- SPDX-License-Identifier: MIT
--
-- Tests core/wire/quote.c.

local core = require "spec.support.harness.core"
local packet = require "spec.support.packets.packet"
local parts = require "spec.support.packets.parts"
local vectors = require "spec.support.packets.vectors"
local wire = require "spec.support.packets.wire"

local C, ffi = core.load{ "core/wire/quote.h" }

describe("a quote of", function() vectors.each("quote", it) end)

describe("quote_parse", function()
  local function filled()
    local r = ffi.new("struct wire_reply")
    ffi.fill(r, ffi.sizeof(r), 0xa5)
    return r
  end

  it("leaves the record as it is when there is no IP header", function()
    local r, before = filled(), ffi.string(filled(), ffi.sizeof("struct wire_reply"))
    for _, bytes in ipairs{ "", "\69", parts.probe6(17, parts.udp),
      parts.probe4(17, parts.udp, { ihl = 3 }) } do
      assert.equal(wire.EBADMSG, C.quote_parse(bytes, #bytes, 4, r))
      assert.equal(packet.dump(before), packet.dump(ffi.string(r, ffi.sizeof(r))))
    end
  end)

  it("reads the flow label of IPv6", function()
    local bytes = parts.probe6(17, parts.udp)
    for label, word in pairs{ [0xabcde] = "\96\10\188\222", [1] = "\111\240\0\1" } do
      local r, quote = filled(), word .. bytes:sub(5)
      assert.equal(0, C.quote_parse(quote, #quote, 6, r))
      assert.equal(label, r.flow_label)
    end
  end)

  it("adds to the flags and keeps the fields that are not of the quote", function()
    local r = filled()
    local bytes = parts.probe4(6, parts.tcp)
    r.flags = C.WIRE_EXT_BAD
    assert.equal(0, C.quote_parse(bytes, #bytes, 4, r))
    assert.equal("QUOTE EXT_BAD", wire.field(r, "flags"))
    assert.same({ 0x1234, 0x5678, 0xa5, 0xa5a5 }, { r.id, r.tcp_low, r.kind, r.mtu })
  end)
end)
