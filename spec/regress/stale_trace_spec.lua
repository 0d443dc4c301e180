-- SPDX-License-Identifier: MIT
--
-- What was stopped by the handle of a trace that had been released 4,096 traces before was another
-- trace. See spec/regress/stale_handles_spec.lua for how handles are given.
local lib = require "mtr.lib"
local mtr = require "mtr"

local ESTALE = 116

describe("the handle of a released trace", function()
  it("is refused by the interface", function()
    local e = assert(mtr.engine { sim = mtr.sim { nodes = { me = "192.0.2.1",
      web = "203.0.113.9" }, links = { { "me", "web" } } } })
    local first
    for _ = 1, 4100 do
      local trace
      trace = assert(e:trace("203.0.113.9", { max_ttl = 1 }, function() end))
      first = first or trace.handle
      e:run()
    end
    local last = assert(e:trace("203.0.113.9", { max_ttl = 1 }, function() end))
    assert.not_equal(first, last.handle)
    assert.equal(-ESTALE, lib.C.mtr_stop(e.c, first, lib.C.MTR_STOP_HALTED, 0, 0))
    e:run()
    e:close()
  end)
end)
