-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/queue.c.

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"

local C = core.load{ "core/probe/core.h", "core/probe/queue.h" }

describe("the queue of a manual trace", function()
  local d

  local function open(o, places) d = drive.over(o, places) end

  after_each(function() d:close() end)

  it("is sent in order, whatever the window", function()
    open()
    local t = d:start{ flags = C.MTR_MANUAL, window = 1 }
    local handles = {}
    for i, ttl in ipairs{ 9, 3, 3, 1 } do handles[i] = d:probe(t, { ttl = ttl }) end
    d:step()
    for i, ttl in ipairs{ 9, 3, 3, 1 } do
      assert.same({ ttl, handles[i] }, { d.sent[i].ttl, d.sent[i].handle })
    end
    d:probe(t, { ttl = 2 })
    d:run()
    assert.equal(5, #d:of("REPLY"))
    assert.equal(5, d:trace(t).probes)
  end)

  it("returns probes in the order in which they came, and then nothing", function()
    open()
    local handle = d:start{ flags = C.MTR_MANUAL }
    local t = d:trace(handle)
    for round = 1, 2 do
      for ttl = 1, 3 do d:probe(handle, { ttl = ttl }) end
      assert.equal(3, t.extra.queued)
      local taken = {}
      for i = 1, 3 do
        taken[i] = C.queue_take(d.core, t)
        assert.equal(i, taken[i].ttl)
      end
      assert.is_true(C.queue_take(d.core, t) == nil)
      assert.equal(0, t.extra.queued)
      for i = 3, 1, -1 do C.queue_put(d.core, t, taken[i]) end
      for ttl = 3, 1, -1 do assert.equal(ttl, C.queue_take(d.core, t).ttl, "round " .. round) end
    end
  end)
end)
