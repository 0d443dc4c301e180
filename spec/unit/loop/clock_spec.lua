-- SPDX-License-Identifier: MIT
--
-- Tests core/loop/clock.c.

local core = require "spec.support.harness.core"

local C, ffi = core.load{ "core/mtr.h", "core/net/net.h" }

pcall(ffi.cdef, "int64_t clock_system(void); int64_t clock_epoch(void);")

describe("the clock", function()
  it("never goes back", function()
    local last = C.clock_system()
    for _ = 1, 1000 do
      local now = C.clock_system()
      assert.is_true(now >= last)
      last = now
    end
  end)

  it("knows the time of day to the second", function()
    local before = os.time()
    local now = tonumber(C.clock_system() + C.clock_epoch()) / 1e9
    assert.is_true(now >= before - 0.1 and now <= os.time() + 1.1, now .. " s")
  end)
end)
