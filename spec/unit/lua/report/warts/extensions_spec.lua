-- SPDX-License-Identifier: MIT
--
-- ICMP extension objects: tables to bytes and back, and lengths that do not add up.
local extensions = require "mtr.report.warts.extensions"

local LABELS = { class = 1, type = 1, mpls = { { label = 1048575, tc = 7, s = 0, ttl = 255 },
  { label = 16, tc = 0, s = 1, ttl = 1 } } }

describe("extension objects", function()
  for words, object in pairs {
    labels = LABELS,
    ["an interface"] = { class = 2, type = 15, interface = { role = "incoming", ifindex = 70000,
      addr = "192.0.2.7", name = "eth0", mtu = 1500 } },
    ["an interface with IPv6"] = { class = 2, type = 128 + 4,
      interface = { role = "outgoing", addr = "2001:db8::1" } },
    ["an interface with a name of seven letters"] = { class = 2, type = 192 + 2,
      interface = { role = "next-hop", name = "ether17" } },
    ["anything else"] = { class = 77, type = 3, hex = "00ff10" },
    nothing = { class = 77, type = 3, hex = "" },
  } do
    it("of " .. words .. " come back", function()
      assert.same({ { object, LABELS } }, { extensions.list(extensions.bytes { object, LABELS }) })
    end)
  end

  it("have their lengths without their headers", function()
    assert.equal("\0\8\1\1\255\255\254\255\0\1\1\1\0\1\77\3\9",
      extensions.bytes { LABELS, { class = 77, type = 3, hex = "09" } })
  end)

  it("that there are none of are nil", function()
    assert.is_nil(extensions.bytes {})
    assert.is_nil(extensions.bytes(nil))
    assert.is_nil(extensions.list(nil))
  end)

  it("that are cut off are malformed; those before it are kept", function()
    local bytes = extensions.bytes { LABELS, { class = 77, type = 3, hex = "0102" } }
    for cut = 12, #bytes - 1 do
      local list, malformed = extensions.list(bytes:sub(1, cut))
      assert.same({ LABELS }, list)
      assert.equal(cut > 12 or nil, malformed)
    end
  end)
end)
