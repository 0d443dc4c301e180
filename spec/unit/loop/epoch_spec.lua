-- SPDX-License-Identifier: MIT
--
-- Tests core/loop/epoch.h.

local core = require "spec.support.harness.core"
local inline = require "spec.support.harness.inline"

local _, ffi = core.load{ "core/loop/epoch.h" }
local I = inline.load("core/loop/epoch.h")

local NEVER = 2 ^ 60

describe("what is known of the time of day", function()
  local e

  local function learn(before, real, after)
    I.epoch_learn(e, before, real, after)
    return { tonumber(e.offset), tonumber(e.error) }
  end

  before_each(function() e = ffi.new("struct epoch", 0, NEVER) end)

  it("is as exact as the reading of both clocks was short", function()
    assert.same({ 5000, 50 }, learn(0, 5050, 100))
    assert.same({ 5010, 20 }, learn(1000, 6030, 1040))
  end)

  it("is kept when a longer reading does not contradict it", function()
    local first = learn(0, 5050, 100)
    assert.same(first, learn(1000, 6000, 1200))
    assert.same(first, learn(1000, 6200, 1200))
    assert.same(first, learn(1000, 5000000, 9000000))
  end)

  it("is learned anew when the time of day was set", function()
    learn(0, 5050, 100)
    assert.same({ 4000, 500 }, learn(1000, 5500, 2000))
    assert.same({ 9000, 500 }, learn(1000, 10500, 2000))
    assert.same({ -7000, 10 }, learn(1000, -5990, 1020))
  end)
end)
