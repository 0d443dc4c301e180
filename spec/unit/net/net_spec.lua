-- SPDX-License-Identifier: MIT
local core = require "spec.support.core"
local inline = require "spec.support.inline"

local _, ffi = core.load{ "core/net/net.h" }
local I = inline.load("core/net/net.h")

describe("a stamp", function()
  local function stamps(n, first, last)
    local sent, list = ffi.new("struct net_sent[16]"), {}
    I.net_stamp(sent, n, first, last)
    for i = 1, n do list[i] = tonumber(sent[i - 1].at) end
    return list, tonumber(sent[math.max(n, 0)].at)
  end

  it("is in the middle of a packet's share of the call", function()
    assert.same({ 1050 }, (stamps(1, 1000, 1100)))
    assert.same({ 1010, 1030, 1050, 1070, 1090 }, (stamps(5, 1000, 1100)))
  end)

  it("is early where the call was interrupted", function()
    assert.same({ 1000 + 10000 }, (stamps(1, 1000, 5000000)))
    assert.same({ 1000 + 10000, 1000 + 30000 }, (stamps(2, 1000, 5000000)))
    assert.same({ 1000 + 10000 }, (stamps(1, 1000, 21000)))
  end)

  it("is given to no packet that the call did not take", function()
    local list, behind = stamps(2, 1000, 1100)
    assert.same({ 1025, 1075 }, list)
    assert.equal(0, behind)
    assert.same({}, (stamps(-1, 1000, 1100)))
  end)
end)
