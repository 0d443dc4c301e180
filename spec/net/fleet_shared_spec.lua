-- SPDX-License-Identifier: MIT
--
-- What the workers of a fleet tell each other while they trace.
local fleets = require "spec.support.real.fleet"
local run = require "spec.support.harness.run"
local vantage = dofile "spec/perf/loads/vantage.lua"

describe("workers of a fleet", function()
  local fleet

  before_each(function() fleet = fleets.up() end)
  after_each(function() fleet:down() end)

  it("shares stop sets of doubletree between vantage points", function()
    local list = run.file("list", table.concat(vantage("targets", 60), "\n") .. "\n")
    -- The probes and the interfaces of two vantage points, one after the other.
    local function traced(name, words)
      fleet:good("submit", ("%s -t %s --share all --points v1,v2 --strategy doubletree "
        .. "--lease 10 %s"):format(name, list, words))
      for v = 1, 2 do
        fleet.net = run.file("v.lua",
          ("return dofile('spec/perf/loads/vantage.lua')('v%d', 60)"):format(v))
        fleet:good("work", ("--name v%d --campaign %s --once"):format(v, name))
      end
      local probes, seen, n = 0, {}, 0
      for _, result in ipairs(fleet:drained(name)) do
        probes = probes + result.probe_count
        for _, hop in ipairs(result.hops) do
          if hop.addr and not seen[hop.addr] then seen[hop.addr], n = true, n + 1 end
        end
      end
      return probes, n
    end
    local probes, interfaces = traced("apart", "")
    local fewer, same = traced("together", "--shared")
    assert.is_true(fewer < 0.8 * probes, fewer .. " of " .. probes)
    assert.is_true(same >= 0.99 * interfaces, same .. " of " .. interfaces)
  end)
end)
