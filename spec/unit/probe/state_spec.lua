-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/state.h.

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local inline = require "spec.support.harness.inline"

local C = core.load{ "core/probe/state.h", "core/probe/core.h", "core/probe/fail.h" }
local I = inline.load "core/probe/state.h"

describe("state", function()
  local d

  local function open(o, places) d = drive.over(o, places) end

  after_each(function() d:close() end)

  it("finds no trace by a handle that is stale, wild or 0", function()
    open()
    local t = d:start{}
    for _, handle in ipairs{ 0, 1, 0xffffffff, t + 1, t + 2 ^ 20, 2 ^ 20 } do
      if handle ~= t then assert.is_nil(d:trace(handle)) end
    end
    assert.is_not_nil(d:trace(t))
  end)

  it("finds no probe by a handle that is stale or wild", function()
    open()
    d:start{}
    d:step()
    local handle = d.sent[1].handle
    assert.is_true(I.state_probe(d.core, handle) ~= nil)
    for _, other in ipairs{ 0, 0xffffffff, handle + 2 ^ 19, handle + 15 * 2 ^ 15, 40000 } do
      assert.is_true(I.state_probe(d.core, other) == nil)
    end
    C.fill_sent(d.core, handle + 2 ^ 19, 60, 0, d.now)
    C.fail_probe(d.core, 0, 1, d.now)
    assert.equal(#d.sent, d:count("probes_sent"))
  end)
end)
