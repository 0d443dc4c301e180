-- SPDX-License-Identifier: MIT
--
-- IPv4 addresses inside IPv6 ones, by the examples of the RFCs.
local addr = require "mtr.base.addr"
local embedded = require "mtr.base.embedded"
local lib = require "mtr.lib"

local bytes = lib.new "uint8_t[16]"

-- All that are in an address.
local function all(text)
  local list = {}
  addr.parse(text, bytes)
  assert.is_nil(embedded.find(bytes, function(into, b, family)
    assert.equal(4, family)
    into[#into + 1] = addr.format(b, 4)
  end, list))
  return table.concat(list, " ")
end

describe("IPv4 in IPv6", function()
  for text, want in pairs {
    ["2002:c000:204::"] = "192.0.2.4", ["2002:c000:204:1::5"] = "192.0.2.4",
    ["2001:0:4136:e378:8000:63bf:3fff:fdd2"] = "192.0.2.45 65.54.227.120",
    ["64:ff9b::192.0.2.33"] = "192.0.2.33",
    ["2001:db8::5efe:192.0.2.143"] = "192.0.2.143", ["fe80::200:5efe:192.0.2.1"] = "192.0.2.1",
    ["::192.0.2.1"] = "192.0.2.1", ["::ffff:0:192.0.2.1"] = "192.0.2.1",
    ["::"] = "", ["::1"] = "", ["2001:db8::1"] = "", ["64:ff9a::c000:201"] = "",
    ["2001:1:4136:e378::1"] = "", ["2003:c000:204::"] = "", ["64:ff9b::1:c000:201"] = "",
  } do
    it(("of %s is %q"):format(text, want), function() assert.equal(want, all(text)) end)
  end

  it("is found in each form of local NAT64", function()
    for _, text in ipairs { "64:ff9b:1::192.0.2.33", "64:ff9b:1:c000:2:2100::",
      "64:ff9b:1:ffc0:0:221::", "64:ff9b:1:ffff:c0:2:2100::" } do
      assert.matches(" 192.0.2.33 ", " " .. all(text) .. " ", 1, true, text)
    end
  end)

  it("ends with the first answer", function()
    addr.parse("2001:0:4136:e378:8000:63bf:3fff:fdd2", bytes)
    local n = 0
    assert.equal("yes", embedded.find(bytes, function() n = n + 1 return "yes" end))
    assert.equal(1, n)
  end)
end)
