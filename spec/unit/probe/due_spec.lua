-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/due.c: what a trace does when its turn has come: send, wait, or be asked.
local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C = core.load{ "core/probe/core.h", "core/probe/due.h" }

local EBUSY = -16

describe("traces whose turn it is", function()
  local d

  local function open(o, network)
    o.network = path.new(network or { dst = "203.0.113.9", dest = false })
    d = drive.new(o)
  end

  after_each(function() d:close() end)

  for name, flags in pairs{ sweep = C.MTR_PACED, strategy = C.MTR_PACED + C.MTR_STRATEGY } do
    it(("wait as long as they are told before each probe of a %s"):format(name), function()
      open{}
      local handle = d:start{ flags = flags, max_ttl = 4, gap_limit = 0, attempts = 1,
        timeout = 100 }
      local waits, ttl = { 10, 30, 0, 40, 1000 }, 0
      d:answer("PACE NEXT", function(e)
        if d:trace(handle).state ~= C.TRACE_RUNNING then return end
        if e.kind == "NEXT" then
          ttl = ttl + 1
          if ttl <= 4 then d:probe(handle, { ttl = ttl }) else
            C.answer_pass(d.core, d:trace(handle), -1, d.now)
          end
        else
          local wait = table.remove(waits, 1)
          assert.equal(0, C.answer_pace(d.core, d:trace(handle), wait * 1e6))
        end
      end)
      local at = {}
      for i, p in ipairs(d.sent) do at[i] = math.floor((p.at - 1e12) / 1e6 + 0.5) end
      assert.same({ 10, 40, 40, 80 }, at)
      assert.equal("hoplimit", d:done(handle).reason)
    end)
  end

  it("never go faster than the rate of one trace", function()
    open{ target_rate = 10 }
    local handle = d:start{ flags = C.MTR_PACED, max_ttl = 3, gap_limit = 0, attempts = 1 }
    d:answer("PACE", function() C.answer_pace(d.core, d:trace(handle), 1e6) end, 5000)
    local at = {}
    for i, p in ipairs(d.sent) do at[i] = math.floor((p.at - 1e12) / 1e6 + 0.5) end
    assert.same({ 1, 101, 201 }, at)
  end)

  it("are not asked when they have nothing to send", function()
    open{}
    local handle = d:start{ flags = C.MTR_PACED, window = 1, timeout = 1000 }
    d:answer("PACE", function() C.answer_pace(d.core, d:trace(handle), 0) end, 900)
    assert.equal(1, #d:of "PACE")
    assert.equal(EBUSY, C.answer_pace(d.core, d:trace(handle), 0))
  end)

  it("have something to send if the window and the answers allow", function()
    open{}
    local handle = d:start{ window = 2, max_ttl = 5 }
    assert.equal(1, C.due_wants(d:trace(handle)))
    d:step()
    assert.equal(0, C.due_wants(d:trace(handle)))
    local manual = d:start{ flags = C.MTR_MANUAL }
    assert.equal(0, C.due_wants(d:trace(manual)))
    d:probe(manual, { ttl = 1 })
    assert.equal(1, C.due_wants(d:trace(manual)))
  end)

  it("are asked for a pace or a probe according to their flags", function()
    open{}
    for _, case in ipairs{ { 0, 0 }, { C.MTR_MANUAL, 0 }, { C.MTR_PACED, C.MTR_EV_PACE },
      { C.MTR_STRATEGY, C.MTR_EV_NEXT }, { C.MTR_STRATEGY + C.MTR_PACED, C.MTR_EV_PACE } } do
      local flags, kind = unpack(case)
      assert.equal(kind, C.due_question(d:trace(d:start{ flags = flags })))
    end
  end)
end)
