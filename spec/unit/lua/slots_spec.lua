-- SPDX-License-Identifier: MIT
-- The numbers by which events find their owners.
local park = require "mtr.park"
local slots = require "mtr.slots"

local engine

before_each(function() engine = { entries = {}, vacant = {}, work = 0 } end)

describe("a slot", function()
  it("is the least number that was never used, or the one freed last", function()
    local a, b, c = {}, {}, {}
    assert.equal(1, slots.take(engine, a))
    assert.equal(2, slots.take(engine, b))
    slots.free(engine, a)
    assert.is_nil(a.slot)
    assert.is_false(engine.entries[1])
    assert.equal(1, slots.take(engine, c))
    assert.equal(c, engine.entries[c.slot])
    assert.equal(2, engine.work)
  end)

  it("is freed once", function()
    local a = {}
    slots.take(engine, a)
    slots.free(engine, a)
    slots.free(engine, a)
    assert.equal(0, engine.work)
    assert.same({ 1 }, engine.vacant)
  end)

  it("that is forgotten counts no more, and stays taken until it is freed", function()
    local a = {}
    slots.take(engine, a)
    slots.forget(engine, a)
    slots.forget(engine, a)
    assert.equal(0, engine.work)
    assert.equal(2, slots.take(engine, {}))
    slots.free(engine, a)
    assert.equal(1, engine.work)
    assert.same({ 1 }, engine.vacant)
  end)

  it("that is remembered counts again", function()
    local a = {}
    slots.take(engine, a)
    slots.remember(engine, a)
    assert.equal(1, engine.work)
    slots.forget(engine, a)
    slots.remember(engine, a)
    slots.remember(engine, a)
    assert.equal(1, engine.work)
    slots.free(engine, a)
    assert.equal(0, engine.work)
    slots.take(engine, a)
    slots.free(engine, a)
    assert.equal(0, engine.work)
  end)
end)

describe("the last thing under way", function()
  it("wakes who waits for the engine to be idle", function()
    local a, b, idle = {}, {}, {}
    slots.take(engine, a)
    slots.take(engine, b)
    engine.idle = idle
    local t = park.go(function() park.wait(idle) end)
    slots.free(engine, a)
    assert.is_false(t.done)
    slots.forget(engine, b)
    assert.is_true(t.done)
    assert.is_nil(engine.idle)
  end)
end)
