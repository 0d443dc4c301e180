-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/expire.c.

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"

local C = core.load{ "core/probe/core.h" }

describe("time", function()
  local d

  local function open(o, places) d = drive.over(o, places) end

  after_each(function() d:close() end)

  it("ends an unanswered probe at its time-out and not before", function()
    open({}, { false, dest = false })
    d:start{ max_ttl = 1, attempts = 1, timeout = 100, cookie = 6 }
    d:step()
    C.expire_due(d.core, d.now + 99e6)
    d:collect()
    assert.equal(0, #d:of "TIMEOUT")
    C.expire_due(d.core, d.now + 101e6)
    d:collect()
    local e = d:of("TIMEOUT")[1]
    assert.same({ 6, 1, 1, 0 }, { e.cookie, e.ttl, e.attempt, e.error })
    assert.equal(1, d:count("timeouts"))
    d:run()
  end)

  it("waits for the transport's helper program as long as that is not heard", function()
    open({}, { false, dest = false })
    d:start { max_ttl = 1, attempts = 1, timeout = 100 }
    d:step()
    local sent = d.now
    d.core.unheard = sent + 50e6
    for after = 100e6, 3000e6, 100e6 do C.expire_due(d.core, sent + after) end
    d:collect()
    assert.equal(0, #d:of "TIMEOUT")
    d.core.unheard = 0                           -- it lives
    C.expire_due(d.core, sent + 3000e6 * 17 / 16)
    d:collect()
    assert.equal(1, #d:of "TIMEOUT")
    d:run()
  end)

  it("ends probes whose time was over when the helper was last heard", function()
    open({}, { false, dest = false })
    d:start { max_ttl = 1, attempts = 1, timeout = 100 }
    d:step()
    d.core.unheard = d.now + 102e6
    C.expire_due(d.core, d.now + 103e6)
    d:collect()
    assert.equal(1, #d:of "TIMEOUT")
    d:run()
  end)

  it("fails probes where the transport can receive no more", function()
    open({}, { false, dest = false })
    d:start { max_ttl = 1, attempts = 1, timeout = 100 }
    d:step()
    d.core.broken = 32
    C.expire_due(d.core, d.now + 101e6)
    d:run()
    assert.equal(32, d:of("TIMEOUT")[1].error)
    assert.same({ 0, 1 }, { d:count "timeouts", d:count "send_errors" })
    assert.same({ C.MTR_STOP_ERROR, 32 }, { d:of("DONE")[1].stop, d:of("DONE")[1].icmp_code })
  end)

  it("lets a silent hop be tried again", function()
    open({}, { false, dest = false })
    d:start{ max_ttl = 1, attempts = 3, timeout = 100 }
    d:run()
    assert.equal(3, #d.sent)
    for i = 2, 3 do
      local gap = d.sent[i].at - d.sent[i - 1].at
      assert.is_true(gap >= 100e6 and gap < 101e6, gap .. " ns")
    end
  end)

  it("stops when the event array is full, and continues in the next round", function()
    open({ max_events = 1024 }, { false, dest = false })
    for _ = 1, 200 do d:start{ gap_limit = 0, window = 8, attempts = 1, timeout = 10 } end
    while #d.sent < 1600 do d:step() end
    d:collect()
    C.expire_due(d.core, d.now + 20e6)
    assert.equal(1024 - 256, d.core.event_count)
    d:collect()
    C.expire_due(d.core, d.now + 20e6)
    assert.equal(1024 - 256, d.core.event_count)
  end)

  it("fires the timers of users along with the time-outs, in order", function()
    open({}, { false, dest = false })
    d:start{ max_ttl = 1, attempts = 1, timeout = 20 }
    C.timers_start(d.core, 10e6, 1, d.now)
    C.timers_start(d.core, 30e6, 2, d.now)
    d:step()
    C.expire_due(d.core, d.now + 40e6)
    d:collect()
    local kinds = {}
    for _, e in ipairs(d.events) do
      if e.kind ~= "SENT" then kinds[#kinds + 1] = e.kind end
    end
    assert.equal("TIMER TIMEOUT TIMER", table.concat(kinds, " "))
  end)
end)
