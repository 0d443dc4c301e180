-- SPDX-License-Identifier: MIT
--
-- Counters of a hop, with numbers that were computed by hand.
local hub = require "mtr.report.hub"

local function reply(rtt, more)
  local r = more or {}
  r.addr, r.rtt = r.addr or "10.0.0.1", rtt
  return r
end

describe("a hub", function()
  it("has nothing at first", function()
    local h = hub.new(3)
    assert.same({ 3, 0, 0, 0, 0 }, { h.ttl, h.sent, h.received, hub.loss(h), hub.deviation(h) })
  end)

  it("counts answers and silence over several results", function()
    local h = hub.new(1)
    hub.add(h, { replies = { reply(2), reply(4, { addr = "10.0.0.2" }) }, unanswered = 1 })
    hub.add(h, { replies = { reply(9) } })
    assert.same({ 4, 3, 9, 2, 9, 5 }, { h.sent, h.received, h.last, h.best, h.worst, h.mean })
    assert.equal(25, hub.loss(h))
    assert.is_true(math.abs(hub.deviation(h) - math.sqrt(13)) < 1e-9)
    assert.same({ "10.0.0.1", "10.0.0.2" }, h.hosts)
  end)

  it("does not count duplicates, late and other replies that answer no probe", function()
    local h = hub.new(1)
    hub.add(h, { replies = { reply(1, { dup = true }), reply(1, { late = true }),
      reply(1, { ignored = true }), reply(1, { too_big = true }) } })
    assert.same({ 0, 0 }, { h.sent, h.received })
  end)

  it("is the same after it was saved and loaded", function()
    local h, silent = hub.new(1), hub.new(12)
    hub.add(h, { replies = { reply(1 / 3), reply(4.7, { addr = "fe80::1%2" }) }, unanswered = 1 })
    hub.add(silent, { replies = {}, unanswered = 3 })
    assert.same({ h, silent }, hub.load(hub.save { h, silent }))
    assert.same({}, hub.load(hub.save {}))
  end)
end)
