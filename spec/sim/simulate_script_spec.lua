-- SPDX-License-Identifier: MIT
--
-- scripts/simulate.lua, run from the command line, without privilege and without a network.
local run = require "spec.support.harness.run"

local SIMULATE = '"$MTR_PROGRAM" scripts/simulate.lua '

describe("simulate #luajit", function()
  teardown(run.clean)

  it("shows what a trace sees beside the truth", function()
    local got = run.run(SIMULATE)
    assert.same({ 0, "" }, { got.status, got.err })
    local hops = 0
    for ttl, truth, seen in got.out:gmatch "\n +(%d+)  (%S+) +(%S+)" do
      hops = hops + 1
      assert.same({ hops, truth }, { tonumber(ttl), seen })
    end
    assert.equal(9, hops)
    assert(got.out:find "\n  5  .*3 of 3 answered, MPLS label 24001\n  6")
    assert(got.out:find "\n  7  %* +%* +%* +0 of 3 answered\n")
    assert(got.out:find "\n  8  198.18.0.7 .* 2 of 3 answered\n")
  end)

  it("takes both paths through the diamond, by flow, and halves the range to the target", function()
    local ways = {}
    for flow = 0, 7 do
      local got = run.run(SIMULATE .. "-p udp --flow " .. flow)
      assert.equal(0, got.status)
      ways[got.out:match "\n  3  (%S+)"] = true
      local far, probes, truth =
        got.out:match "web is (%d+) hops away, found with (%d+) .* is (%d+)\n$"
      assert.same({ "9", "9" }, { far, truth })
      assert(tonumber(probes) <= 5)
    end
    assert.same({ ["198.18.1.1"] = true, ["198.18.2.1"] = true }, ways)
  end)

  it("prints the same for the same seed", function()
    local one, two = run.run(SIMULATE .. "--seed 4"), run.run(SIMULATE .. "--seed 4")
    assert.equal(one.out, two.out)
    assert.are_not.equal(one.out, run.run(SIMULATE .. "--seed 5").out)
  end)

  it("says what is wrong with its options, and helps", function()
    for words, message in pairs {
      ["-q 99"] = "simulate: --queries must be 1..16, got 99\ntry: simulate --help\n",
      ["--seed x"] = 'simulate: --seed must be 0..4294967295, got "x"\ntry: simulate --help\n',
      ["-p sctp"] = 'simulate: --protocol must be "icmp", "udp" or "tcp", got "sctp"\n'
        .. "try: simulate --help\n",
    } do
      local got = run.run(SIMULATE .. words)
      assert.same({ 2, "", message }, { got.status, got.out, got.err })
    end
    local help = run.run(SIMULATE .. "--help")
    assert.same({ 0, "" }, { help.status, help.err })
    assert(help.out:find "^usage: simulate" and help.out:find "examples:")
  end)
end)
