-- SPDX-License-Identifier: MIT
--
-- The module bit for a Lua without it, beside LuaJIT's where that is there.
local compat = require "mtr.compat"
local random = require "spec.support.harness.random"

local FILE = (os.getenv "MTR_PUC" or "build/puc") .. "/5.1/mtr/ffi.so"
local bit = compat.puc and compat.bit or assert(package.loadlib(FILE, "luaopen_mtr_ffi"))().bit

describe("bit", function()
  it("has signed results of 32 bits", function()
    assert.equal(-1, bit.bnot(0))
    assert.equal(-2 ^ 31, bit.lshift(1, 31))
    assert.equal(1, bit.rshift(-2 ^ 31, 31))
    assert.equal(-1, bit.arshift(-2 ^ 31, 31))
    assert.equal(-1, bit.tobit(2 ^ 32 - 1))
    assert.equal(0x34120000, bit.bswap(0x1234))
    assert.equal(0x23456781, bit.rol(0x12345678, 4))
    assert.equal(-2128394905, bit.ror(0x12345678, 4))
    assert.equal(6, bit.bxor(1, 3, 4))
    assert.equal(7, bit.bor(1, 2, 4))
    assert.equal(1, bit.band(5, 3))
    assert.equal("ffffffff", bit.tohex(-1))
    assert.equal("FF", bit.tohex(-1, -2))
    assert.is_false((pcall(bit.band, {})))
    assert.is_false((pcall(bit.band)))
  end)

  it("is that of LuaJIT", function()
    if compat.puc then return end
    local theirs, r = require "bit", random(3)
    for _ = 1, 2000 do
      local a, b = r(2 ^ 33) - 2 ^ 32, r(2 ^ 34) - 2 ^ 33
      if r(4) == 1 then a = a + 0.5 end
      for name in ("band bor bxor lshift rshift arshift rol ror"):gmatch "%l+" do
        assert.equal(theirs[name](a, b), bit[name](a, b), name)
      end
      assert.equal(theirs.bswap(a), bit.bswap(a))
      assert.equal(theirs.tohex(a), bit.tohex(a))
    end
  end)
end)
