-- SPDX-License-Identifier: MIT
--
-- ^C while programs started: results of traces that had sent nothing raised an error in mda and
-- pmtu, and every program took the interruption for a wrong option.
local run = require "spec.support.harness.run"

-- Runs a program over a simulated network. `early` is Lua text that runs before it.
local function interrupted(early, words)
  run.file("early.lua", early)
  local got = run.run('"$MTR_PROGRAM" --seed 1 --rate 10 -e "dofile \'$DIR/early.lua\'" '
    .. "--sim spec/sim/topologies/plain.lua scripts/" .. words)
  return { got.status, got.out, got.err }
end

-- The signal comes before the program starts its traces, or this many ms afterwards.
local AT_ONCE = "local ffi = require 'ffi' ffi.cdef 'int raise(int)' ffi.C.raise(2)"
local function after(ms)
  return ("local mtr = require 'mtr' mtr.go(function() mtr.sleep(%d) %s end)"):format(ms, AT_ONCE)
end

local SAID = "mtrlua: interrupted\n"

describe("^C", function()
  teardown(run.clean)

  for _, name in ipairs { "trace", "ping", "pmtu", "mda" } do
    it(("before the start of %s is no wrong usage"):format(name), function()
      assert.same({ 130, "", SAID },
        interrupted(AT_ONCE, name .. ".lua web"))
    end)
  end

  for name, lines in pairs {
    mda = { "paths to web %(203.0.113.9%), udp, 95 %% sure with %d+ flows, %d+ probes\n",
      "\npaths to web %(203.0.113.9%), udp, 0 probes\nstopped: halted\n" },
    pmtu = { "^web %(203.0.113.9%): not done, path mtu at least 68, as far as hop 1\n",
      "web %(203.0.113.9%): nothing came back\n$" },
  } do
    it(("before the first probe of a target of %s leaves what was found"):format(name), function()
      local got = interrupted(after(3),
        ("%s.lua %s"):format(name, ("web "):rep(20)))
      assert.same({ 130, SAID }, { got[1], got[3] })
      for _, line in ipairs(lines) do assert.matches(line, got[2]) end
      assert.equal(20, select(2, got[2]:gsub("203.0.113.9", "")))
    end)
  end
end)

describe("pmtu", function()
  teardown(run.clean)

  -- A trace that ends at its reply number n: mostly of the hop n.
  local STOPPED = [[
    local mtr, n = require "mtr", 0
    local reporter = mtr.report.open("pmtu", "text")
    local result = mtr.trace("web", { strategy = "pmtu", on_reply = function()
      n = n + 1
      return n > %d and "stop" or nil
    end })
    reporter:start()
    reporter:trace(result)
    reporter:finish()]]

  for n, text in pairs {
    [0] = "nothing came back",
    [2] = "not done, path mtu at least 68, as far as hop 2",
    [3] = "not done, path mtu at least 68",
  } do
    it(("says what has answered before it was ended: %d"):format(n), function()
      run.file("stopped.lua", STOPPED:format(n))
      local got = run.run '"$MTR_PROGRAM" --sim spec/sim/topologies/plain.lua "$DIR/stopped.lua"'
      assert.same({ 0, "web (203.0.113.9): " .. text .. "\n", "" },
        { got.status, got.out, got.err })
    end)
  end

  it("does not take a routing loop for a path", function()
    for target, hop in pairs { lost = 4, far = 5 } do
      local got = run.run('"$MTR_PROGRAM" --sim spec/sim/topologies/loop.lua scripts/pmtu.lua '
        .. target)
      assert.equal(1, got.status)
      assert.matches(("no path mtu, a routing loop at hop %d\n$"):format(hop), got.out)
    end
  end)
end)
