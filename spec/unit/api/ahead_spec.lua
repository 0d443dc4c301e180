-- SPDX-License-Identifier: MIT
--
-- Which cells are fetched ahead, over a batch of ends and chains of cells made by hand.
local core = require "spec.support.harness.core"

local L, ffi = core.load { "core/mtr.h", "core/api/ahead.h" }

local NONE = 0xffffffff

describe("ahead", function()
  local c, a

  -- A trace that has ended, with a chain of n cells, told in the next event.
  local function ended(n, kind)
    local i = L.slab_take(c.traces)
    local t = ffi.cast("struct trace *", c.traces.chunks[0] + i * c.traces.size)
    t.handle, t.state, t.cells = 1048576 + i, L.TRACE_DONE, { NONE, NONE, 0 }
    local reply = ffi.new("struct mtr_event", { family = 4, kind = L.MTR_EV_REPLY, ttl = 1 })
    for _ = 1, n do L.cells_add(c.cells, t.cells, reply, nil) end
    local e = c.events[c.events_seen]
    e.kind, e.trace = kind or L.MTR_EV_DONE, t.handle
    c.events_seen = c.events_seen + 1
    return t
  end

  -- The cells that n steps fetch.
  local function fetched(n)
    local list = {}
    for i = 1, n do
      local turn = a.turn % L.AHEAD
      L.ahead_next(a, c)
      list[i] = a.chain[turn].cell
    end
    return list
  end

  local function chain(t)
    local list, at = {}, t.cells.first
    while at ~= NONE do
      list[#list + 1] = at
      at = ffi.cast("struct cell *", c.cells.slab.chunks[0] + at * c.cells.slab.size).next
    end
    return list
  end

  before_each(function()
    c, a = ffi.new "struct core", ffi.new "struct ahead"
    L.slab_init(c.traces, ffi.sizeof "struct trace", 1000, 8)
    L.cells_init(c.cells)
    assert.equal(0, L.slab_reserve(c.traces, 100))
    assert.equal(0, L.cells_reserve(c.cells, 1000))
  end)

  after_each(function()
    L.slab_close(c.traces)
    L.cells_close(c.cells)
  end)

  local events = ffi.new "struct mtr_event[200]"
  before_each(function()
    ffi.fill(events, ffi.sizeof(events))
    c.events, c.counters.steps = events, 1
  end)

  it("walks the chains of the next three traces by turns", function()
    local traces = {}
    for i = 1, 5 do traces[i] = ended(4) end
    L.ahead_begin(a, c, traces[1].handle)
    local want, lists = {}, { chain(traces[2]), chain(traces[3]), chain(traces[4]) }
    for i = 1, 4 do
      for k = 1, 3 do want[#want + 1] = lists[k][i] end
    end
    assert.equal(table.remove(want, 1), a.chain[0].cell)
    assert.same(want, fetched(11))
    assert.same({ NONE, NONE, NONE }, fetched(3))
    assert.equal(chain(traces[5])[1], fetched(1)[1])
  end)

  it("goes on where it was when the next one is written, or one again", function()
    local traces = {}
    for i = 1, 3 do traces[i] = ended(9) end
    L.ahead_begin(a, c, traces[1].handle)
    fetched(3)
    L.ahead_begin(a, c, traces[1].handle)
    assert.equal(0, a.current)
    assert.equal(2, a.last)
    L.ahead_begin(a, c, traces[2].handle)
    assert.equal(1, a.current)
    -- The chain of the second is given up, that of the third is not.
    for _ = 1, 9 do
      L.ahead_next(a, c)
      for k = 0, 2 do assert.is_true(a.chain[k].cell == NONE or a.chain[k]["end"] >= 1) end
    end
    assert.equal(2, a.last)
  end)

  it("skips other events, and gives up where ends are far apart", function()
    local first = ended(1)
    for _ = 1, 60 do ended(0, L.MTR_EV_HOP) end
    local second = ended(2)
    L.ahead_begin(a, c, first.handle)
    assert.equal(second.cells.first, a.chain[0].cell)
    for _ = 1, 70 do c.events_seen = c.events_seen + 1 end
    local third = ended(2)
    L.ahead_begin(a, c, second.handle)
    assert.same({ NONE, NONE, NONE }, fetched(3))
    L.ahead_begin(a, c, third.handle)
    assert.same({ NONE, NONE, NONE }, fetched(3))
  end)

  it("fetches nothing for traces that are gone, not in the batch, or in the next one", function()
    local first, second = ended(3), ended(3)
    L.ahead_begin(a, c, 77)
    assert.same({ NONE, NONE, NONE }, fetched(3))
    c.counters.steps = 2
    second.state = L.TRACE_FREE
    L.ahead_begin(a, c, first.handle)
    assert.same({ NONE, NONE, NONE }, fetched(3))
    c.counters.steps, c.events_seen = 3, 0
    L.ahead_begin(a, c, first.handle)
    assert.same({ NONE, NONE, NONE }, fetched(3))
  end)
end)
