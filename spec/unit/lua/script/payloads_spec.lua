-- SPDX-License-Identifier: MIT
--
-- Tests lua/mtr/script/payloads.lua.

local mtr = require "mtr"

local function hex(text)
  return (text:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

describe("payloads", function()
  it("dns is one question for the NS of the root", function()
    assert.equal("6d74" .. "0000" .. "0001" .. "0000" .. "0000" .. "0000" .. "00" .. "0002"
      .. "0001", hex(mtr.payloads.dns))
  end)

  it("ntp is a client's packet of version 4", function()
    assert.same({ "23", 48 }, { hex(mtr.payloads.ntp:sub(1, 1)), #mtr.payloads.ntp })
  end)

  it("quic has a long header, a version to be refused, and the least length", function()
    local quic = mtr.payloads.quic
    assert.equal("c0" .. "1a2a3a4a" .. "08" .. "6d74726c75615f5f" .. "08", hex(quic:sub(1, 15)))
    assert.equal(1200, #quic)
  end)

  it("are sent as they are by size = 28 + #payload, and reach their targets", function()
    for name, payload in pairs(mtr.payloads) do
      for _, size in ipairs { 28 + #payload, 28 + #payload + 4 } do
        local e = assert(mtr.engine { seed = 1, sim = {
          nodes = { me = "192.0.2.1", r = "10.0.0.1", web = { "203.0.113.9", udp = "open" } },
          links = { { "me", "r", "web", delay = "1ms" } } } })
        local r = assert(e:trace("web", { protocol = "udp", payload = payload, size = size }), name)
        assert.same({ "completed", 2, size }, { r.stop_reason, r.hop_count, r.size })
        e:close()
      end
    end
  end)
end)
