-- SPDX-License-Identifier: MIT
--
-- The numbers by which events find their owners.
local scheduler = require "mtr.wait.scheduler"
local pending = require "mtr.wait.pending"

local engine

before_each(function()
  engine = {}
  pending.prepare(engine)
end)

describe("a slot", function()
  it("is the least number that was never used, or the one freed last", function()
    local a, b, c = {}, {}, {}
    assert.equal(1, pending.take(engine, a))
    assert.equal(2, pending.take(engine, b))
    pending.free(engine, a)
    assert.is_nil(a.slot)
    assert.is_false(engine.entries[1])
    assert.equal(1, pending.take(engine, c))
    assert.equal(c, engine.entries[c.slot])
    assert.equal(2, engine.work)
  end)

  it("is its entry's alone, in whatever order slots are taken and freed", function()
    local held, free, most, seed = {}, {}, 0, 1
    for _ = 1, 5000 do
      seed = seed * 16807 % 2147483647
      if #held == 0 or seed % 5 < 3 then
        local entry = {}
        local slot = pending.take(engine, entry)
        assert.equal(table.remove(free) or most + 1, slot)
        most, held[#held + 1] = math.max(most, slot), entry
      else
        local entry = table.remove(held, seed % #held + 1)
        free[#free + 1] = entry.slot
        pending.free(engine, entry)
      end
    end
    assert.is_true(most > 200)
    for _, entry in ipairs(held) do assert.equal(entry, engine.entries[entry.slot]) end
    assert.equal(#held, engine.work)
  end)

  it("is freed once", function()
    local a = {}
    pending.take(engine, a)
    pending.free(engine, a)
    pending.free(engine, a)
    assert.equal(0, engine.work)
    assert.equal(1, pending.take(engine, {}))
    assert.equal(2, pending.take(engine, {}))
  end)

  it("that is forgotten counts no more, and stays taken until it is freed", function()
    local a = {}
    pending.take(engine, a)
    pending.forget(engine, a)
    pending.forget(engine, a)
    assert.equal(0, engine.work)
    assert.equal(2, pending.take(engine, {}))
    pending.free(engine, a)
    assert.equal(1, engine.work)
    assert.equal(1, pending.take(engine, {}))
    assert.equal(3, pending.take(engine, {}))
  end)

  it("that is remembered counts again", function()
    local a = {}
    pending.take(engine, a)
    pending.remember(engine, a)
    assert.equal(1, engine.work)
    pending.forget(engine, a)
    pending.remember(engine, a)
    pending.remember(engine, a)
    assert.equal(1, engine.work)
    pending.free(engine, a)
    assert.equal(0, engine.work)
    pending.take(engine, a)
    pending.free(engine, a)
    assert.equal(0, engine.work)
  end)
end)

describe("the last thing under way", function()
  it("wakes the task that waits for the engine to be idle", function()
    local a, b, idle = {}, {}, {}
    pending.take(engine, a)
    pending.take(engine, b)
    engine.idle = idle
    local t = scheduler.go(function() scheduler.wait(idle) end)
    pending.free(engine, a)
    assert.is_false(t.done)
    pending.forget(engine, b)
    assert.is_true(t.done)
    assert.is_nil(engine.idle)
  end)
end)
