-- SPDX-License-Identifier: MIT
--
-- Twenty minutes of campaigns, one behind the other, took 527 MB where mda was among them, and 23
-- MB without it. This is a shorter run of the same kind, over simulated networks: after the first
-- rounds the memory of the process stays as it is.
local run = require "spec.support.harness.run"

local ROUNDS, EARLY = 9, 4             -- rounds; in the first ones memory may still grow
local MORE = 6144                      -- KB: less than one campaign with mda once left behind

local SCRIPT = [[
local mtr = require "mtr"
local KINDS = { {}, { protocol = "udp", queries = 3 }, { strategy = "mda", protocol = "udp" },
  { protocol = "tcp" }, { strategy = "window-lua" }, { strategy = "doubletree" },
  { strategy = "mda" }, { strategy = "sequential" } }
local function resident()
  for line in io.lines "/proc/self/status" do
    local kb = line:match "^VmRSS:%s+(%d+)"
    if kb then return kb end
  end
end
for _ = 1, tonumber(arg[1]) do
  for i, trace in ipairs(KINDS) do
    local net = mtr.sim.internet { seed = i, prefixes = 250 }
    local engine = assert(mtr.engine { sim = net, rate = "max" })
    trace.timeout = 200
    local summary = mtr.campaign { engine = engine, targets = net:targets(), window = 250,
      trace = trace }:run()
    assert(summary.traces == 250)
    engine:close()
  end
  print(resident())
end
]]

describe("the memory of campaigns of all kinds, one behind the other,", function()
  teardown(run.clean)

  it("stays as it is after the first rounds", function()
    local name = run.dir() .. "/rounds.lua"
    local file = assert(io.open(name, "w"))
    file:write(SCRIPT)
    file:close()
    -- Freed memory that the sanitizers keep for a while would count too.
    local got = run.run(('ASAN_OPTIONS="$ASAN_OPTIONS:quarantine_size_mb=1" "$MTR_PROGRAM" %s %d')
      :format(name, ROUNDS))
    assert.equal(0, got.status, got.err)
    local most = { 0, 0 }
    local round = 0
    for kb in got.out:gmatch "%d+" do
      round = round + 1
      local part = round <= EARLY and 1 or 2
      most[part] = math.max(most[part], tonumber(kb))
    end
    assert.equal(ROUNDS, round)
    assert.is_true(most[2] < most[1] + MORE, got.out)
  end)
end)
