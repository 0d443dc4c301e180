-- SPDX-License-Identifier: MIT
--
-- Addresses become bytes of warts and come back as text; what is no address is nil.
local address = require "mtr.report.warts.address"

describe("an address in warts", function()
  it("is a byte for its type and its bytes", function()
    assert.equal("\1\192\0\2\7", address.of "192.0.2.7")
    assert.equal("\2\32\1\13\184" .. ("\0"):rep(11) .. "\1", address.of "2001:db8::1")
    assert.equal("\2\254\128" .. ("\0"):rep(13) .. "\1", address.of "fe80::1%no-such-interface")
  end)

  it("comes back as text", function()
    for _, text in ipairs { "192.0.2.7", "2001:db8::1", "::", "0.0.0.0" } do
      assert.equal(text, address.text(address.of(text)))
    end
    assert.equal("02:00:00:00:00:ff", address.text "\3\2\0\0\0\0\255")
  end)

  it("is nil for what is none", function()
    for _, value in ipairs { "name", "", 7 } do assert.is_nil(address.of(value)) end
    assert.is_nil(address.of(nil))
    assert.is_nil(address.text(nil))
  end)
end)
