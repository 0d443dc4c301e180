-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/events.c.

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local inline = require "spec.support.harness.inline"

local C = core.load{ "core/probe/core.h" }
local I = inline.load "core/probe/events.h"

describe("events", function()
  local d

  local function open(o, places) d = drive.over(o, places) end

  after_each(function() d:close() end)

  it("are up to max_events, and each one takes one place", function()
    open{ max_events = 1024 }
    assert.equal(1024, I.events_room(d.core))
    for _ = 1, 1000 do C.events_add(d.core, C.MTR_EV_TIMER) end
    assert.equal(24, I.events_room(d.core))
  end)

  it("have every field but the kind zero, in memory that was used before", function()
    open{ max_events = 1024 }
    for _ = 1, 3 do
      local e = C.events_add(d.core, C.MTR_EV_TIMER)
      assert.equal(C.MTR_EV_TIMER, e.kind)
      assert.same({ 0, 0, 0 }, { e.trace, e.cookie, e.rtt })
      e.trace, e.cookie, e.rtt = 1, 2, 3
      d.core.events_seen = d.core.event_count
      C.events_clear(d.core)
    end
    assert.equal(3, d:count("events"))
  end)

  it("stay until the caller has seen them", function()
    open{ max_events = 1024 }
    for cookie = 1, 5 do C.events_add(d.core, C.MTR_EV_TIMER).cookie = cookie end
    d.core.events_seen = 2
    C.events_clear(d.core)
    assert.equal(3, d.core.event_count)
    for i = 0, 2 do assert.equal(3 + i, d.core.events[i].cookie) end
    assert.equal(1021, I.events_room(d.core))
    assert.equal(2, d:count("events"))
  end)

  it("have room for the extension bytes of a batch of replies", function()
    open()
    local replies = I.events_ext_room(d.core)
    assert.is_true(replies >= 64)
    d.core.ext_count = C.CELL_EXT_MAX
    assert.equal(replies - 1, I.events_ext_room(d.core))
    C.events_clear(d.core)
    assert.equal(replies, I.events_ext_room(d.core))
  end)

  it("about a probe have its handle and the time when it was sent", function()
    open()
    local handle = d:start{ cookie = 9, flow = 3 }
    d.now = d.now + 5e6
    d:step()
    local sent = d.sent[2]
    local p = I.state_probe(d.core, sent.handle)
    local e = C.events_probe(d.core, C.MTR_EV_TIMEOUT, d:trace(handle), p)
    assert.same({ C.MTR_EV_TIMEOUT, handle, 9, sent.handle, 2, 1, 3, 5 },
      { e.kind, e.trace, e.cookie, e.probe, e.ttl, e.attempt, e.flow, e.at })
  end)
end)
