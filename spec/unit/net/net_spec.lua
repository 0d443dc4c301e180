-- SPDX-License-Identifier: MIT
--
-- Tests core/net/net.h.

local core = require "spec.support.harness.core"
local inline = require "spec.support.harness.inline"

local _, ffi = core.load{ "core/net/net.h" }
local I = inline.load("core/net/net.h")

describe("a stamp", function()
  local usual

  local function stamps(n, first, last)
    local sent, list = ffi.new("struct net_sent[16]"), {}
    I.net_stamp(sent, n, first, last, usual)
    for i = 1, n do list[i] = tonumber(sent[i - 1].at) end
    return list, tonumber(sent[math.max(n, 0)].at)
  end

  before_each(function() usual = ffi.new "int64_t[1]" end)

  it("is in the middle of a packet's share of the call", function()
    assert.same({ 1050 }, (stamps(1, 1000, 1100)))
    assert.same({ 1050, 1150, 1250, 1350, 1450 }, (stamps(5, 1000, 1500)))
    assert.same({ 1010, 1030, 1050, 1070, 1090 }, (stamps(5, 1000, 1100)))
  end)

  it("is the beginning of a packet's share where the call may contain the answer", function()
    local sent = ffi.new("struct net_sent[16]")
    local function early(n, first, last)
      local list = {}
      I.net_stamp_early(sent, n, first, last, usual)
      for i = 1, n do list[i] = tonumber(sent[i - 1].at) end
      return list
    end
    assert.same({ 1000 }, early(1, 1000, 1100))
    assert.same({ 1000, 1100, 1200 }, early(3, 1000, 1300))
    local long = early(2, 10000, 5000000)      -- interrupted: not later than is usual
    assert.is_true(long[1] == 10000 and long[2] < 10110, long[2])
  end)

  it("is not given to a packet that the call did not send", function()
    local list, behind = stamps(2, 1000, 1100)
    assert.same({ 1025, 1075 }, list)
    assert.equal(0, behind)
    assert.same({}, (stamps(0, 1000, 1100)))
    assert.same({}, (stamps(-1, 1000, 1100)))
  end)

  it("is late when the call took longer by the length of an interrupt", function()
    stamps(1, 0, 1000)
    local one, two = stamps(1, 10000, 40000), stamps(2, 10000, 40000)
    assert.is_true(one[1] <= 39500 and one[1] > 39450, one[1])
    assert.is_true(two[1] <= 38500 and two[1] > 38400, two[1])
    assert.is_true(two[2] - two[1] >= 1000 and two[2] - two[1] < 1100, two[2])
  end)

  it("is early when the call was interrupted for longer", function()
    stamps(1, 0, 1000)
    local one, two = stamps(1, 10000, 5000000), stamps(2, 10000, 5000000)
    assert.is_true(one[1] >= 10500 and one[1] < 10550, one[1])
    assert.is_true(two[1] >= 10500 and two[1] < 10550, two[1])
    assert.is_true(two[2] - two[1] >= 1000 and two[2] - two[1] < 1100, two[2])
    usual[0] = 0
    local first = stamps(1, 10000, 5000000)[1]
    assert.is_true(first >= 20000 and first < 20200, first)
  end)

  it("follows slower calls when they last, and faster ones at once", function()
    stamps(1, 0, 1000)
    for _ = 1, 200 do stamps(1, 0, 5000) end
    local slow = stamps(1, 0, 5000)[1]
    assert.is_true(slow == 2500, slow)
    for _ = 1, 20 do stamps(1, 0, 1000) end
    assert.is_true(usual[0] < 1500)
  end)
end)
