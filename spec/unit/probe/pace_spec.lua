-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/pace.c.

local core = require "spec.support.harness.core"
local random = require "spec.support.harness.random"

local C, ffi = core.load{ "core/probe/pace.h" }

local START = 1e12

-- How late a wake-up may be, ns: a burst after idling is one packet and what this holds.
local function slack()
  local p = ffi.new("struct pace")
  C.pace_init(p, 1e6, START)
  C.pace_take(p, 1, START)
  return (C.pace_allow(p, 1e6, START + 60e9) - 1) * 1000
end

describe("pace", function()
  local SLACK = slack()
  local p

  local function init(rate)
    p = ffi.new("struct pace")
    C.pace_init(p, rate, START)
  end
  local function allow(want, ns) return C.pace_allow(p, want, START + math.floor(ns)) end
  local function take(n, ns) C.pace_take(p, n, START + math.floor(ns)) end
  local function next_ns() return tonumber(C.pace_next(p) - START) end

  -- Sends as much as is allowed at every wake-up until |goal|; wake(now) is when the next one is.
  local function send_until(goal, wake)
    local now, sent, idle = 0, 0, 0
    while now <= goal do
      local n = allow(64, now)
      take(n, now)
      sent = sent + n
      idle = n == 0 and idle + 1 or 0
      if idle == 2 then error("woken for nothing") end
      now = wake(now)
    end
    return sent
  end

  it("bears wake-ups that are two milliseconds late", function() assert.equal(2e6, SLACK) end)

  it("allows everything at once when unlimited", function()
    init(0)
    assert.equal(1000000, allow(1000000, 0))
    take(1000000, 0)
    assert.equal(1000000, allow(1000000, 0))
    assert.is_true(C.pace_next(p) <= START)
  end)

  for _, rate in ipairs{ 1, 7, 100, 1000, 12345, 500000, 999999 } do
    local seconds = rate < 100000 and 10 or 1

    it(("is exact at %d/s over %d s, woken when pace_next says"):format(rate, seconds), function()
      init(rate)
      local sent = send_until(seconds * 1e9, function(now) return math.max(now, next_ns()) end)
      assert.is_true(sent >= rate * seconds, sent .. " sent")
      assert.is_true(sent <= rate * seconds + rate * SLACK / 1e9 + 1, sent .. " sent")
    end)

    it(("loses nothing at %d/s when wake-ups are a little late"):format(rate), function()
      init(rate)
      local pick = random(rate)
      local sent = send_until(seconds * 1e9, function(now)
        if allow(1, now) > 0 then return now end
        return math.max(now, next_ns()) + pick() * SLACK * 0.999
      end)
      assert.is_true(sent >= rate * (seconds - 0.002) - 1, sent .. " sent")
    end)

    it(("never sends more at %d/s in any window than rate and burst"):format(rate), function()
      init(rate)
      local pick, now, log, first, sum = random(rate + 1), 0, {}, 1, 0
      local burst = 1 + rate * SLACK / 1e9
      for _ = 1, 3000 do
        now = math.floor(now + pick() ^ 4 * 5e6)
        local n = allow(64, now)
        take(n, now)
        log[#log + 1] = { now, n }
        sum = sum + n
        while log[first][1] < now - 10e6 do
          sum = sum - log[first][2]
          first = first + 1
        end
        if sum > burst + rate * (now - log[first][1]) / 1e9 + 1e-6 then error(sum .. " sent") end
      end
    end)
  end

  it("never names a time at which nothing may be sent", function()
    local pick = random(3)
    for _ = 1, 200 do
      init(10 ^ (pick() * 6))
      local now = 0
      for _ = 1, 20 do
        take(allow(1, now), now)
        now = math.max(next_ns(), now)
        assert.equal(1, allow(1, now), "at rate " .. 1e9 / p.gap_ns)
      end
    end
  end)

  it("allows one packet at first, however low the rate", function()
    init(0.1)
    assert.equal(1, allow(64, 0))
    take(1, 0)
    assert.equal(0, allow(64, 9999.9e6))
    assert.equal(1, allow(64, 10000e6))
  end)

  it("lets at most a small burst through after idling, of 1 or 2 ms", function()
    assert.is_true(SLACK >= 1e6 and SLACK <= 2e6)
    init(10000)
    take(allow(64, 0), 0)
    local burst = 1 + SLACK / 1e5
    assert.equal(burst, allow(64, 60e9))
    take(burst, 60e9)
    assert.equal(0, allow(64, 60e9))
    assert.equal(60e9 + 0.1e6, next_ns())
  end)

  for _, rate in ipairs{ 0.5, 100, 1000, 3000, 10000, 100000, 999999 } do
    it(("is exact at %g/s when woken by pace_wake, and in time"):format(rate), function()
      init(rate)
      local seconds = rate < 100000 and 10 or 1
      local sent = send_until(seconds * 1e9, function()
        local wake = tonumber(C.pace_wake(p) - START)
        if wake < next_ns() or wake > next_ns() + SLACK / 2 then error("not in time") end
        return wake
      end)
      assert.is_true(math.abs(sent - rate * seconds) <= rate * SLACK / 1e9 + 1, sent .. " sent")
    end)
  end

  it("never allows more than is wanted", function()
    init(1000000)
    assert.equal(3, allow(3, 10e6))
    assert.equal(0, allow(0, 10e6))
  end)

  it("waits longer after more was taken than allowed", function()
    init(1000)
    take(5, 0)
    assert.equal(0, allow(1, 4.9e6))
    assert.equal(1, allow(1, 5e6))
  end)

  it("keeps another rate from the last packet on", function()
    for _, case in ipairs { { 1000, 10, 100e6 }, { 10, 1000, 1e6 }, { 50, 50, 20e6 } } do
      init(case[1])
      take(1, 0)
      C.pace_change(p, case[2])
      assert.equal(case[3], next_ns())
    end
  end)

  it("delays a wake-up until a burst of 100 us of the rate may go", function()
    for _, case in ipairs{ { 100, 0 }, { 1000, 0 }, { 5000, 0 }, { 10000, 0 }, { 20000, 5e4, 2 },
      { 40000, 75000, 4 }, { 1e5, 9e4, 10 }, { 5e5, 98000, 50 } } do
      local rate, nap, burst = unpack(case)
      init(rate)
      take(1, 0)
      assert.equal(nap, tonumber(C.pace_wake(p) - C.pace_next(p)), rate .. "/s")
      assert.equal(burst or 1, allow(1000, tonumber(C.pace_wake(p) - START)), rate .. "/s")
    end
  end)
end)
