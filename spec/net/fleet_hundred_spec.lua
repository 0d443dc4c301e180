-- SPDX-License-Identifier: MIT
--
-- A hundred workers, each an engine over a simulated internet of its own, and one real
-- redis-server.
local fleets = require "spec.support.real.fleet"
local run = require "spec.support.harness.run"

local WORKERS, PROCESSES, TARGETS = 100, 4, 200

describe("a fleet of a hundred workers", function()
  local fleet = fleets.each(before_each, after_each)

  it("traces each target once from each", function()
    local points, targets, commands = {}, {}, {}
    for i = 1, WORKERS do points[i] = "v" .. i end
    for i = 1, TARGETS do targets[i] = ("1.0.%d.1\n"):format(i - 1) end
    fleet:good("submit", ("s -t %s -f 7 --share all --lease 50 --points %s"):format(
      run.file("list", table.concat(targets)), table.concat(points, ",")))
    local each = WORKERS / PROCESSES
    for p = 1, PROCESSES do
      commands[p] = ("%s spec/perf/loads/vantages.lua url=%s targets=%d first=%d last=%d &"):format(
        fleets.PROGRAM, fleet.url, TARGETS, (p - 1) * each + 1, p * each)
    end
    local got = run.run(table.concat(commands, "\n") .. "\nwait", 300)
    assert.equal("", got.err)
    for traces in got.out:gmatch "traces=(%d+)" do
      assert.equal(each * TARGETS, tonumber(traces))
    end
    local seen, n = {}, 0
    for line in fleet:good("drain", "s").out:gmatch "[^\n]+" do
      local key = line:match '"target":"([^"]*)"' .. " " .. line:match '"monitor":"([^"]*)"'
      assert.is_nil(seen[key], key)
      seen[key], n = true, n + 1
    end
    assert.equal(WORKERS * TARGETS, n)
    assert.equal("", fleet:redis "HKEYS mtr:fleet:workers")
  end)
end)
