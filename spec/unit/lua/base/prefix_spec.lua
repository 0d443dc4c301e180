-- SPDX-License-Identifier: MIT
--
-- The one parser of prefixes.
local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local prefix = require "mtr.base.prefix"

local bytes = lib.new "uint8_t[16]"

describe("a prefix", function()
  for _, case in ipairs {
    { "192.0.2.77/24", 4, 24, "192.0.2.77" }, { "192.0.2.77", 4, 32, "192.0.2.77" },
    { "0.0.0.0/0", 4, 0, "0.0.0.0" }, { "2001:db8::/32", 6, 32, "2001:db8::" },
    { "::1", 6, 128, "::1" }, { "10.0.0.0/08", 4, 8, "10.0.0.0" },
  } do
    it(("%s has the length %d"):format(case[1], case[3]), function()
      local family, length, zone = prefix.parse(case[1], bytes)
      assert.same({ case[2], case[3], 0 }, { family, length, zone })
      assert.equal(case[4], addr.format(bytes, family))
    end)
  end

  it("may have a zone if it is a single address", function()
    local family, length, zone = prefix.parse("fe80::1%lo", bytes)
    assert.same({ 6, 128 }, { family, length })
    assert.truthy(zone > 0)
  end)

  for _, text in ipairs {
    "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/8x", "10.0.0.0/-1",
    "10.0.0.0/8/8", "name", "name/8", "fe80::1%lo/64", "fe80::1%nowhere",
  } do
    it(("is not %q"):format(text), function()
      local family, message = prefix.parse(text, bytes)
      assert.is_nil(family)
      assert.equal(("%q is not a prefix such as 192.0.2.0/24 or 2001:db8::/120"):format(text),
        message)
    end)
  end

  for _, case in ipairs {
    { "255.255.255.255", 4, 0, "0.0.0.0" }, { "255.255.255.255", 4, 11, "255.224.0.0" },
    { "255.255.255.255", 4, 24, "255.255.255.0" }, { "255.255.255.255", 4, 32, "255.255.255.255" },
    { "2001:db8:ffff::1", 6, 33, "2001:db8:8000::" }, { "2001:db8::1", 6, 128, "2001:db8::1" },
  } do
    it(("cleared behind bit %d leaves %s"):format(case[3], case[4]), function()
      addr.parse(case[1], bytes)
      prefix.clear(bytes, case[3])
      assert.equal(case[4], addr.format(bytes, case[2]))
    end)
  end
end)
