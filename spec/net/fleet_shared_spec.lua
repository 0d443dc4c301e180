-- SPDX-License-Identifier: MIT
--
-- What the workers of a fleet tell each other while they trace.
local fleets = require "spec.support.real.fleet"
local run = require "spec.support.harness.run"
local vantage = dofile "spec/perf/loads/vantage.lua"

describe("workers of a fleet", function()
  local fleet = fleets.each(before_each, after_each)

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

  it("shares the rates of routers that limit their answers", function()
    local targets = {}
    for i = 1, 600 do targets[i] = ("20.%d.%d.9"):format(i / 250, i % 250) end
    local list = run.file("list", table.concat(targets, "\n") .. "\n")
    fleet.net = run.file("limited.lua", ([[
      local net = { source = "me", nodes = { me = "192.0.2.1" } }
      net.links = { { "me", delay = "1ms" } }
      for i = 1, 9 do
        local limit = i == 8 and { rate = "20/s", burst = 2 } or nil
        net.nodes["r" .. i] = { "10.0.0." .. i, reply = limit }
        net.links[1][i + 1] = "r" .. i
      end
      local n = 0
      for target in io.lines "%s" do
        n = n + 1
        net.nodes["t" .. n] = target
        net.links[n + 1] = { "r9", "t" .. n }
      end
      return net]]):format(list))
    -- How often each vantage point, one after the other, heard of r8.
    local function heard(name, words)
      local n = { a = 0, b = 0 }
      fleet:good("submit", ("%s -t %s --share all --points a,b --strategy doubletree --lease 20 %s")
        :format(name, list, words))
      for point in pairs(n) do
        fleet:good("work", ("--name %s --campaign %s --once --window 40"):format(point, name))
      end
      for _, result in ipairs(fleet:drained(name)) do
        for _, hop in ipairs(result.hops) do
          if hop.addr == "10.0.0.8" then n[result.monitor] = n[result.monitor] + 1 end
        end
      end
      return n
    end
    local apart, together = heard("apart", ""), heard("together", "--shared")
    for point, n in pairs(together) do
      assert.is_true(n > 2 * apart[point], point .. ": " .. n)
    end
    local told = fleet:redis "XRANGE mtr:fleet:{together}:rates - +"
    for point in pairs(together) do
      assert.truthy(told:find("worker\n" .. point .. "\nrates\n10.0.0.8 ", 1, true), told)
    end
    fleet:good("cancel", "together")
    assert.equal("0", fleet:redis "EXISTS mtr:fleet:{together}:rates")
  end)
end)
