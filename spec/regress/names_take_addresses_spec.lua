-- SPDX-License-Identifier: MIT
--
-- mtr.names took 300.1.2.3 for a name and asked name servers about it, called ::ffff:10.0.0.1
-- "mapped", and took servers that are no addresses or have no such port.
local mtr = require "mtr"

describe("mtr.names", function()
  it("labels an address mapped from IPv4 as that of IPv4", function()
    assert.equal("private", mtr.names.label "::ffff:10.0.0.1")
    assert.equal("link-local", mtr.names.label "fe80::1%lo")
    assert.is_nil(mtr.names.label "::ffff:8.8.8.8")
    assert.is_nil(mtr.names.label "300.1.2.3")
  end)

  it("looks nothing up that looks like an address and is none", function()
    for _, text in ipairs { "300.1.2.3", "10.0.0.1%lo", "0x7f.1", "1::2::3" } do
      local list, message, name = mtr.names.lookup(text)
      assert.same({ nil, "EINVAL" }, { list, name }, text)
      assert.matches("is not an IPv4 or IPv6 address", message, nil, text)
    end
    assert.same({ "10.0.0.1" }, mtr.names.lookup "::ffff:10.0.0.1")
  end)

  it("takes servers that are addresses, with a port that there is", function()
    local function take(...) return pcall(mtr.names.configure, { servers = { ... } }) end
    for _, text in ipairs { "300.1.1.1", "127.0.0.1:99999", "127.0.0.1:0", "127.0.0.1:", "[::1",
      "::1]:53", "fe80::1%lo", "ns.example", "1.2.3" } do
      assert.is_false(take(text), text)
    end
    for _, text in ipairs { "127.0.0.1", "127.0.0.1:5353", "::1", "[::1]", "[::1]:5353", "none" } do
      assert.is_true(take(text), text)
    end
    mtr.names.configure {}
  end)
end)
