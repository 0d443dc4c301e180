-- SPDX-License-Identifier: MIT
--
-- The token bucket that limits the answers of a simulated router.
local core = require "spec.support.harness.core"

local C, ffi = core.load{ "core/net/sim/limit.h" }

local MS = 1000000

describe("a token bucket", function()
  it("holds its burst and fills with time", function()
    local b = ffi.new("struct limit_bucket")
    local function take(at, n)
      local got = 0
      for _ = 1, n do got = got + 1 - C.limit_reached(b, 100, 5, at) end
      return got
    end
    assert.equal(5, take(1000 * MS, 20))
    assert.equal(0, take(1000 * MS, 20))
    assert.equal(2, take(1020 * MS, 20))
    assert.equal(0, take(1010 * MS, 20))      -- what was sent later may come sooner
    assert.equal(5, take(9000 * MS, 20))
    assert.equal(0, C.limit_reached(b, 0, 5, 9000 * MS))
  end)
end)
