-- SPDX-License-Identifier: MIT
--
-- An answer that came while some other probe was being sent made all later stamps early: at 1,000
-- probes a second every RTT was 2 to 3 us too long. Only an answer that comes within the call that
-- sends its own probe asks for early stamps.
local core = require "spec.support.harness.core"

local C, ffi = core.load{ "core/net/raw/send.h" }

describe("the time stamp of a send", function()
  local raw, sent, time

  before_each(function()
    raw, sent, time = ffi.new "struct raw", ffi.new "struct net_sent[8]", 1e6
    raw.quick = C.RAW_UNKNOWN
  end)

  -- Sends up to 8 packets, each in 1000 ns; |soonest| as the loop says. Returns how many went, and
  -- how long after the beginning of the call the first did.
  local function send(soonest)
    raw.net.soonest = soonest or 0
    local n = C.raw_run(raw, 8, 8)
    time = time + 100000
    C.raw_sent(raw, sent, n, time, time + 1000 * n)
    return n, tonumber(sent[0].at) - time
  end

  local function many(times)
    local counts = {}
    for _ = 1, times do
      local n, after = send()
      local key = n .. " " .. after
      counts[key] = (counts[key] or 0) + 1
    end
    return counts
  end

  it("is early until the first answer tells how short the path is", function()
    assert.same({ ["1 0"] = 300 }, many(300))
    assert.same({ 8, 500 }, { send(30000) })
    assert.same({ ["8 500"] = 300 }, many(300))
  end)

  it("is early for a while after an answer within its own call", function()
    send()
    assert.same({ 1, 0 }, { send(700) })
    assert.same({ ["1 0"] = C.RAW_QUICK - 1 }, many(C.RAW_QUICK - 1))
    assert.same({ 8, 500 }, { send() })
    assert.same({ 1, 0 }, { send(1) })
    assert.same({ 1, 0 }, { send(30000) })       -- other hops are farther
  end)

  it("is early, many packets in a call, while many probes are outstanding", function()
    send()
    raw.net.load = 64
    assert.same({ 8, 0 }, { send(700) })
  end)
end)
