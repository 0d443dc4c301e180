-- SPDX-License-Identifier: MIT
--
-- A drain wrote warts as a program does that copies records: each list and cycle once. When its
-- files rotated, the next ones had neither, so scamper could not read them; and a file that had
-- something in it was looked for without its number, so no drain with a state could go on.
local fleets = require "spec.support.real.fleet"
local redis = require "spec.support.real.redis"
local run = require "spec.support.harness.run"

describe("a drain into files of warts that rotate", function()
  local fleet = fleets.each(before_each, after_each)

  -- Drains 16 targets of a campaign of their own.
  local function drain(name, net, state)
    fleet:good("submit", ("%s --list mine --prefix %s"):format(name, net))
    fleet:good("work", "--once --name ams --campaign " .. name)
    local words = ("%s -o warts=%s/o.warts --rotate-size 1K"):format(name, run.dir())
    if state then words = words .. " --state " .. state end
    fleet:good("drain", words)
  end

  -- How many traces there are in the files, which scamper can read one by one.
  local function traces()
    local n = 0
    for path in run.run("ls " .. run.dir() .. "/o.*.warts").out:gmatch "[^\n]+" do
      local got = run.run("sc_wartsdump " .. path)
      assert.equal("", got.err)
      assert.truthy(got.out:find("list id 0, name mine", 1, true), path)
      n = n + select(2, got.out:gsub("traceroute from", ""))
    end
    return n
  end

  it("begins each file with its list and cycle", function()
    drain("s", "1.0.0.0/28", run.dir() .. "/state")
    assert.equal(0, run.run(("test -e %s/o.0002.warts"):format(run.dir())).status)
    assert.equal(16, traces())
  end)

  it("goes on with files that are there", function()
    drain("s", "1.0.0.0/28")
    drain("t", "1.0.1.0/28")
    assert.equal(32, traces())
  end)

  it("goes on with its state", function()
    local words = ("s -o warts=%s/o.warts --rotate-size 1M --state %s/state"):format(run.dir(),
      run.dir())
    fleet:good("submit", "s --list mine --prefix 1.0.0.0/28")
    fleet:good("work", "--once --name ams")
    local killed = fleet:start("drain", words .. " --follow")
    redis.await("a state", function() return fleet:field("s", "drained") == 1 end)
    killed:kill()
    fleet:redis "DEL mtr:fleet:{s}:drain"
    local got = fleet:run("drain", words)
    assert.equal(0, got.status, got.err)
    assert.equal(16, traces())
  end)
end)
