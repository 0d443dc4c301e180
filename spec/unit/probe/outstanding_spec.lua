-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/outstanding.c.

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local inline = require "spec.support.harness.inline"

local C = core.load{ "core/probe/core.h", "core/probe/outstanding.h" }
local I = inline.load "core/probe/core.h"

describe("outstanding probes", function()
  local d

  local function open(o, places) d = drive.over(o, places) end

  after_each(function() d:close() end)

  local function handles(t)
    local list, place = {}, t.oldest
    while place ~= C.SLAB_NONE do
      local p = I.table_at(d.core.tables[t.region], place)
      list[#list + 1] = p.ttl
      place = p.newer
    end
    return table.concat(list, " ")
  end
  local function sent(i) return I.state_probe(d.core, d.sent[i].handle) end

  it("are listed in the order in which they were sent", function()
    open({}, { false, dest = false })
    local t = d:trace(d:start{ window = 4, gap_limit = 0 })
    d:step()
    assert.equal("1 2 3 4", handles(t))
    assert.same({ 4, 4 }, { t.out, d:count("probes") })
  end)

  it("leave the list from its middle and from both ends", function()
    open({}, { false, dest = false })
    local t = d:trace(d:start{ window = 4, gap_limit = 0 })
    d:step()
    for _, case in ipairs{ { 2, "1 3 4" }, { 4, "1 3" }, { 1, "3" }, { 3, "" } } do
      C.outstanding_remove(d.core, t, sent(case[1]))
      assert.equal(case[2], handles(t))
    end
    assert.equal(C.SLAB_NONE, t.newest)
    assert.same({ 0, 0 }, { t.out, d:count("probes") })
    for i = 4, 1, -1 do C.outstanding_add(d.core, t, sent(i)) end
    assert.equal("4 3 2 1", handles(t))
  end)

  it("keep their identity for the late window when they have ended", function()
    open({ late_window = 100 }, { false, dest = false })
    d:start{ window = 1, max_ttl = 1, attempts = 1, timeout = 50 }
    d:step()
    local p, ended = sent(1), d.now + 50e6
    d:run()
    assert.equal(C.PROBE_SILENT, p.state)
    assert.is_true(math.abs(tonumber(p.timer.at) - ended - 100e6) < 1e6)
  end)
end)
