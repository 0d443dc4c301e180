-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/turns.c: the lists in which traces wait.
local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C = core.load{ "core/probe/core.h" }

describe("turns of traces", function()
  local d

  local function open(o, network)
    o.network = path.new(network or { dst = "203.0.113.9", dest = false })
    d = drive.new(o)
    return d
  end

  after_each(function()
    d:close()
    d = nil
  end)

  it("come in order, and each names the trace that comes some turns later", function()
    open{}
    local handles, behind = {}, C.TURNS_AHEAD
    local function place(i) return handles[i] % 2 ^ C.TRACE_BITS end
    for i = 1, behind + 2 do handles[i] = d:start{} end
    for i = 1, behind + 2 do
      local ahead = i <= 2 and place(i + behind) or C.SLAB_NONE
      assert.equal(ahead, d:trace(handles[i]).ready_ahead)
    end
  end)

  it("go in order of arrival, urgent ones before all others", function()
    open{}
    local t = {}
    for i = 1, 4 do t[i] = d:trace(d:start{}) end
    local function order()
      local list = {}
      for next in function() return C.turns_next(d.core) end do
        if next == nil then break end
        C.turns_leave(d.core, next)
        for i = 1, 4 do if t[i] == next then list[#list + 1] = i end end
      end
      return table.concat(list, " ")
    end
    C.turns_urgent(d.core, t[3])
    C.turns_leave(d.core, t[2])
    assert.equal("3 1 4", order())
    assert.equal("", order())
    for _, i in ipairs{ 4, 2, 4 } do C.turns_ready(d.core, t[i]) end
    assert.equal("4 2", order())
  end)

  it("are not given to traces that have ended", function()
    open{}
    local t = d:trace(d:start{})
    C.stop_trace(d.core, t, C.MTR_STOP_HALTED, 0, d.now)
    C.turns_ready(d.core, t)
    C.turns_urgent(d.core, t)
    assert.is_true(C.turns_next(d.core) == nil)
  end)

  it("list a trace to be judged once, however much happens to it", function()
    open{}
    local t = d:trace(d:start{})
    for _ = 1, 3 do C.turns_dirty(d.core, t) end
    assert.equal(d.core.dirty_first, d.core.dirty_last)
    assert.equal(C.SLAB_NONE, t.dirty_next)
    C.advance_traces(d.core, d.now)
    assert.equal(C.SLAB_NONE, d.core.dirty_first)
  end)
end)
