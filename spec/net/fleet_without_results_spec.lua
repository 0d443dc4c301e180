-- SPDX-License-Identifier: MIT
--
-- A drain ended with "Redis says: ERR value is not an integer" when all that it had read were
-- leases of which no target could be traced: their results have no bytes, and the script that
-- removes them subtracted -0. Entries whose lease is no whole number made a state that the next
-- drain could not read. (Then they ended the drain, and every later one, until somebody removed
-- them by hand, so now they are passed over.)
local fleets = require "spec.support.real.fleet"
local run = require "spec.support.harness.run"

describe("a drain", function()
  local fleet = fleets.each(before_each, after_each)

  it("removes a lease of which no target could be traced", function()
    local list = run.file("list", "no.such.name.invalid\n")
    fleet:good("submit", "s -t " .. list)
    fleet:good("work", "--name ams --once")
    local got = fleet:run("drain", "s")
    assert.equal(0, got.status, got.err)
    assert.truthy(got.err:find("0 results of 1 leases written; 1 targets could not", 1, true))
    assert.equal("0", fleet:redis "XLEN mtr:fleet:{s}:results")
    assert.same({ 1, 0 }, { fleet:field("s", "drained"), fleet:field("s", "bytes") })
  end)

  it("takes no lease whose number a state cannot have", function()
    fleet:good("submit", "s --prefix 1.0.0.0/30")
    fleet:good("work", "--name ams --once")
    local state = run.dir() .. "/state"
    local words = ("s --state %s -o jsonl=%s/out"):format(state, run.dir())
    local numbers = { "nan", "inf", "-1", "1.5", "0x10", "1e300", "9007199254740993" }
    local first
    for _, number in ipairs(numbers) do
      local id = fleet:redis(("XADD mtr:fleet:{s}:results '*' lease %s point x worker x part 1/1 "
        .. "targets 0 failed 0 complaints '' results x"):format(number))
      first = first or id
    end
    local got = fleet:run("drain", words)
    assert.equal(1, got.status)
    assert.truthy(got.err:find(("%d entries could not be read and are in no output; the first: "
      .. "mtr:fleet:{s}:results %s: this is no entry of a fleet"):format(#numbers, first), 1, true),
      got.err)
    assert.equal("0", fleet:redis "XLEN mtr:fleet:{s}:results")
    assert.equal(0, fleet:run("drain", words).status)
    assert.equal(4, #run.records(run.read(run.dir() .. "/out")))
  end)
end)
