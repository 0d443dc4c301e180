-- SPDX-License-Identifier: MIT
--
-- Names with letters outside ASCII, as the DNS knows them (RFC 5891, UTS 46).
local core = require "spec.support.harness.core"

local C, ffi = core.load { "core/loop/idna.h" }
local EINVAL, ELIBACC = -22, -79

local out = ffi.new "char[256]"

local function ascii(name)
  local code = C.idna_ascii(name, out, 256)
  if code == 0 then return ffi.string(out) end
  return code
end

describe("a name", function()
  local found = ascii "k\195\182the.test" ~= ELIBACC

  for given, form in pairs {
    ["k\195\182the.test"] = "xn--kthe-5qa.test", ["K\195\150THE.test"] = "xn--kthe-5qa.test",
    ["Ko\204\136the.TEST"] = "xn--kthe-5qa.test", ["STRA\195\159E.de"] = "xn--strae-oqa.de",
    ["\206\145\206\146.example"] = "xn--mxac.example",
    ["a\227\128\130b\195\182"] = "a.xn--b-1ga",
  } do
    it(("of letters outside ASCII is mapped: %s"):format(form), function()
      if not found then pending "needs libidn2" end
      assert.equal(form, ascii(given))
    end)
  end

  it("of ASCII stays as it is", function()
    for _, name in ipairs { "", "localhost", "_gateway", "WWW.Example.ORG", "xn--kthe-5qa" } do
      assert.equal(name, ascii(name))
    end
  end)

  it("that is empty or too long is refused", function()
    if not found then pending "needs libidn2" end
    for _, name in ipairs { "\255\254", "\195", ("\195\182"):rep(200), ("x"):rep(256) } do
      assert.equal(EINVAL, ascii(name))
    end
  end)
end)
