-- SPDX-License-Identifier: MIT
--
-- Tests how the sweep lowers its packet size after a packet too big (core/probe/sweep.c).

local core = require "spec.support.harness.core"
local sweep = require "spec.support.virtual.sweep"

local C = core.load{ "core/probe/sweep.h" }

describe("the sweep, after a packet too big,", function()
  local s

  local function init(o)
    if s then s:close() end
    s = sweep.new(o)
  end

  before_each(function() init() end)

  after_each(function()
    s:close()
    s = nil
  end)

  -- Of a probe of |size| bytes: what the next one is asked to have (0: as before) and whether the
  -- attempt was free.
  for _, case in ipairs{
    { "what the router says", { size = 1500 }, 1500, 1400, 28, 1400, true },
    { "the plateau below when it says 0", { size = 1500 }, 1500, 0, 28, 1492, true },
    { "the plateau below when it lies", { size = 1400 }, 1400, 1500, 28, 1006, true },
    { "the plateau when it says less than IPv4 has", { size = 296 }, 296, 20, 28, 68, true },
    { "no less than the payload needs", { size = 1500 }, 1500, 100, 600, 600, true },
    { "nothing at the payload's size", { size = 600 }, 600, 100, 600, 600, false },
    { "nothing below IPv4's least", { size = 68 }, 68, 0, 28, 68, false },
    { "nothing of a default probe that is small", {}, 60, 50, 28, 0, false },
    { "the size of a default probe that is large", {}, 1528, 1400, 1028, 1400, true },
    { "nothing more of an earlier, larger probe", { size = 1300 }, 1500, 1400, 28, 1300, true },
    { "no less than IPv6's least", { size = 1500, family = 6 }, 1500, 900, 48, 1280, true },
    { "nothing of a small IPv6 probe", { size = 1000, family = 6 }, 1000, 900, 48, 1000, false },
    { "dublin's base, so that the TTL fits", { size = 1400, family = 6, multipath = C.MTR_DUBLIN },
      1403, 1402, 48, 1399, true },
    { "dublin's base below 1280, but not the packet",
      { size = 1280, family = 6, multipath = C.MTR_DUBLIN }, 1283, 1280, 48, 1277, true },
  } do
    local name, options, size, mtu, floor, want, free = unpack(case)
    it("lowers " .. name, function()
      init(options)
      s:probes(3)
      s:back(3)
      C.sweep_too_big(s.t, 3, size, mtu, floor)
      assert.equal(want, s.t.size)
      assert.equal(free and 0 or 1, s.hops[2].sent)
      assert.equal("3", s:probes(1))
    end)
  end

  it("gives up on a router that finds every size too big", function()
    for _, family in ipairs{ 4, 6 } do
      init{ family = family, size = 9000, attempts = 3 }
      local n, size = 0, 9000
      while s:probes(1) == "1" do
        s:back(1)
        C.sweep_too_big(s.t, 1, size, 0, 28)
        size, n = s.t.size, n + 1
        assert(n < 20, "without end")
        s.t.next_ttl, s.t.retry = 1, 1
      end
      assert.equal(family == 4 and 68 or 1280, s.t.size)
      assert.equal(3, s.hops[0].sent)
    end
  end)
end)
