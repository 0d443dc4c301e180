-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/ask.c: when a strategy is asked, and for how many probes.
local core = require "spec.support.harness.core"
local asks = require "spec.support.virtual.asks"

local C = core.load { "core/probe/core.h" }

local EBUSY, EDQUOT = -16, -122

describe("asking a strategy", function()
  local d

  local function start(...)
    local handle
    d, handle = asks.start(...)
    return handle
  end

  after_each(function()
    d:close()
    d = nil
  end)

  it("happens once for all the probes that may go, until it has answered", function()
    local handle = start({ dst = "203.0.113.9", "10.0.0.1" }, { window = 2 })
    d:step()
    d:step()
    assert.equal(1, asks.count(d, handle))
    assert.equal(2, d:of("NEXT")[1].ttl)
    assert.equal(0, #d.sent)
    assert.is_not_nil(d:probe(handle, { ttl = 1 }))
    assert.is_not_nil(d:probe(handle, { ttl = 1 }))
    local none, err = d:probe(handle, { ttl = 2 })
    assert.is_nil(none)
    assert.equal(EBUSY, err)
    assert.equal(EBUSY, asks.pass(d, handle))
    d:step()
    assert.equal(2, #d.sent)
    d:run(50)
    assert.equal(2, asks.count(d, handle))
  end)

  it("sends each answered probe at once, while there is more to answer", function()
    local handle = start({ dst = "203.0.113.9", dest = false })
    d:step()
    d:probe(handle, { ttl = 1 })
    d:step()
    assert.equal(1, #d.sent)
    assert.equal(1, asks.count(d, handle))
    assert.equal(0, asks.pass(d, handle))
    d:step()
    assert.equal(1, asks.count(d, handle))
    assert.equal(C.TRACE_RUNNING, d:trace(handle).state)
  end)

  it("stops at the window, and goes on as it opens", function()
    local handle = start({ dst = "203.0.113.9", false, false, false, "10.0.0.4", dest = false },
      { window = 3, timeout = 1000 })
    asks.run(d, handle, function() return 1 end, 500)
    assert.equal(3, #d.sent)
    assert.equal(2, asks.count(d, handle))
    asks.run(d, handle, function() return 1 end, 600)
    assert.equal(6, #d.sent)
  end)

  it("keeps to the engine's rate: no trace is asked before it may send", function()
    local handle = start({ dst = "203.0.113.9", dest = false }, { window = 200, max_ttl = 255 },
      { rate = 100 })
    asks.run(d, handle, function() return 1 end, 1000)
    assert.is_true(#d.sent >= 99 and #d.sent <= 102, #d.sent .. " sent")
    local places = 0
    for _, e in ipairs(d:of("NEXT", handle)) do places = places + e.ttl end
    assert.is_true(places - #d.sent <= 1)
  end)

  it("asks for a whole burst at once, not for each probe as it may go", function()
    start({ dst = "203.0.113.9", dest = false }, { window = 1 }, { rate = 100000 })
    for _ = 2, 40 do d:start{ flags = C.MTR_STRATEGY, window = 1 } end
    local began = d.now
    for _, at in ipairs{ 0, 20, 50, 89 } do
      d.now = began + at * 1000
      d:step()
      assert.equal(0, #d:of "NEXT")
    end
    assert.equal(began + 90000, d:next())
    d.now = began + 90000
    d:step()
    assert.equal(10, #d:of "NEXT")
    for _, e in ipairs(d:of "NEXT") do
      assert.is_not_nil(d:probe(e.trace, { ttl = 1, last = 1 }))
    end
    d:step()
    assert.equal(10, #d.sent)
    assert.equal(10, #d:of "NEXT")
  end)

  it("asks no more traces than may send", function()
    local handles = { start({ dst = "203.0.113.9", dest = false }, nil, { rate = 10 }) }
    for i = 2, 20 do handles[i] = d:start{ flags = C.MTR_STRATEGY } end
    d:step()
    d:step()
    assert.equal(1, #d:of "NEXT")
    assert.equal(1, d.core.asked)
    local ok = d:probe(d:of("NEXT")[1].trace, { ttl = 1 })
    assert.is_not_nil(ok)
    d:step()
    assert.equal(1, #d.sent)
    assert.equal(1, #d:of "NEXT")
    d:run(100)
    assert.equal(2, #d:of "NEXT")
    assert.equal(20, #handles)
  end)

  it("keeps to the rate of one trace", function()
    local handle = start({ dst = "203.0.113.9", dest = false }, { window = 200 },
      { target_rate = 20 })
    asks.run(d, handle, function() return 1 end, 1000)
    assert.is_true(#d.sent >= 20 and #d.sent <= 21, #d.sent .. " sent")
  end)

  it("is repeated after an event, or after the time that the answer gave", function()
    local times = {}
    local handle = start({ dst = "203.0.113.9", "10.0.0.1", rtt = 50 })
    asks.run(d, handle, function(e)
      times[#times + 1] = math.floor(e.at + 0.5)
      if #times == 1 then return 1 end
      return nil, #times == 2 and 20 or #times == 3 and 500 or nil
    end)
    assert.same({ 0, 0, 20, 50 }, times)
    assert.equal("hoplimit", d:done(handle).reason)
  end)

  it("happens once more at max_probes, when no probe is outstanding", function()
    local handle = start({ dst = "203.0.113.9", dest = false }, { max_probes = 4, timeout = 1000 })
    local result
    asks.run(d, handle, function() return 1 end, 900)
    assert.equal(4, #d.sent)
    assert.equal(2, asks.count(d, handle))
    asks.run(d, handle, function()
      result = { d:probe(handle, { ttl = 1 }) }
    end)
    assert.equal(3, asks.count(d, handle))
    assert.equal(EDQUOT, result[2])
  end)

  it("leaves no question unanswered when the trace is stopped", function()
    local handle = start{ dst = "203.0.113.9" }
    d:step()
    assert.equal(2, d.core.asked)
    C.stop_trace(d.core, d:trace(handle), C.MTR_STOP_HALTED, 0, d.now)
    assert.equal(0, d.core.asked)
    d:step()
    assert.equal("halted", d:done(handle).reason)
  end)
end)
