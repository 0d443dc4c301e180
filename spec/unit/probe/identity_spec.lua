-- SPDX-License-Identifier: MIT
local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local inline = require "spec.support.harness.inline"

local C = core.load{ "core/probe/core.h" }
local I = inline.load "core/probe/identity.h"

describe("identity", function()
  local d

  local function open(o, places) d = drive.over(o, places) end

  after_each(function() d:close() end)

  it("gives each place another number, never 0, and finds the place again", function()
    open()
    local seen = {}
    for place = 0, C.TABLE_REGION - 1 do
      local id = I.identity_of(d.core, place)
      assert(id >= 1 and id <= C.TABLE_REGION and not seen[id], place)
      assert(I.identity_place(d.core, id) == place, place)
      seen[id] = true
    end
  end)

  it("is far from those of the places before and behind", function()
    open()
    for place = 0, 999 do
      local apart = math.abs(I.identity_of(d.core, place) - I.identity_of(d.core, place + 1))
      assert(apart > 100, place)
    end
  end)

  it("differs from engine to engine", function()
    open{ seed = 1 }
    local first = I.identity_of(d.core, 7)
    d:close()
    open{ seed = 2 }
    assert.not_equal(first, I.identity_of(d.core, 7))
  end)

  it("has a checksum for each flow, never 0 or 0xffff", function()
    open()
    local seen = {}
    for flow = 0, 0xdfff do
      local sum = I.identity_checksum(d.core, flow)
      assert(sum ~= 0 and sum ~= 0xffff and not seen[sum], flow)
      seen[sum] = true
    end
  end)
end)
