-- SPDX-License-Identifier: MIT
--
-- scripts/trace.lua, run from the command line, in cases that only simulated routers show.
local run = require "spec.support.harness.run"

local TRACE = '"$MTR_PROGRAM" --sim spec/sim/topologies/%s.lua scripts/trace.lua -q 1 %s'

describe("trace #luajit", function()
  teardown(run.clean)

  -- A network, options and target, then the hops that are printed and how the trace stops.
  for _, case in ipairs {
    { "unreachables", "host", 3, "unreach" },
    { "unreachables", "--unreach-continue --loop-limit 0 -m 6 host", 6, "hoplimit" },
    { "te_from_dst", "web", 4 },
    { "te_from_dst", "--stop-on-te-from-dst web", 2 },
  } do
    local network, words, hops, stopped = unpack(case, 1, 4)
    it(("ends at hop %d of %s with %s"):format(hops, network, words), function()
      local got = run.run(TRACE:format(network, words))
      assert.same({ 0, "" }, { got.status, got.err })
      assert.equal(hops, select(2, got.out:gsub("\n %d  ", "")))
      assert.equal(stopped, got.out:match "\nstopped: (%S+)\n$")
    end)
  end
end)
