-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/fill.c.

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C, ffi = core.load{ "core/probe/core.h" }

local SILENT = { dst = "203.0.113.9", dest = false }

-- A path of n answering routers to a silent destination.
local function routers(n, o)
  local p = { dst = "203.0.113.9", dest = false }
  for ttl = 1, n do p[ttl] = "10.0.0." .. ttl end
  for k, v in pairs(o or {}) do p[k] = v end
  return path.new(p)
end

describe("fill", function()
  local d

  local function open(o)
    d = drive.new(o)
    return d
  end
  local function column(name, list)
    local out = {}
    for i, p in ipairs(list or d.sent) do out[i] = p[name] end
    return out
  end
  local function per_second()
    local n = {}
    for _, p in ipairs(d.sent) do
      local second = math.floor((p.at - 1e12) / 1e9) + 1
      n[second] = (n[second] or 0) + 1
    end
    return n
  end

  after_each(function() d:close() end)

  it("sends a window of probes at once and the next as answers come", function()
    open{ network = routers(20) }
    d:start{ window = 4, gap_limit = 0, max_ttl = 12 }
    d:step()
    assert.same({ 1, 2, 3, 4 }, column("ttl"))
    d:run(9)
    assert.equal(4, #d.sent)
    d:run(2)
    assert.same({ 1, 2, 3, 4, 5 }, column("ttl"))
    d:run(50)
    assert.is_true(#d.sent <= 4 + 6)
  end)

  it("never has more than the window outstanding", function()
    open{ network = routers(15, { edit = function(_, p) return p.id % 3 ~= 0 end }) }
    local t = d:trace(d:start{ window = 3, queries = 3, max_ttl = 15, gap_limit = 0, timeout = 50 })
    while d:next() and t.state == C.TRACE_RUNNING do
      d:run(1)
      assert.is_true(t.out <= 3)
    end
  end)

  it("lets traces take turns, one probe each", function()
    open{ network = path.new(SILENT), batch = 7 }
    for i = 1, 3 do d:start{ dst = "203.0.113." .. i, window = 5 } end
    d:step()
    local order = {}
    for i, p in ipairs(d.sent) do order[i] = p.dst:byte(4) .. "/" .. p.ttl end
    assert.equal("1/1 2/1 3/1 1/2 2/2 3/2 1/3 2/3 3/3 1/4 2/4 3/4 1/5 2/5 3/5",
      table.concat(order, " "))
  end)

  for _, case in ipairs{ { 100, 10, 40 }, { 5000, 2, 300 } } do
    local rate, seconds, traces = unpack(case)
    it(("sends exactly %d/s over many traces"):format(rate), function()
      open{ network = path.new(SILENT), rate = rate }
      for _ = 1, traces do d:start{ timeout = 100, max_ttl = 255, gap_limit = 0, window = 50 } end
      d:run(seconds * 1000)
      local n, sum = per_second(), 0
      for second = 1, seconds do
        sum = sum + n[second]
        assert.is_true(math.abs(sum - rate * second) <= 1 + rate / 500, sum .. " sent")
      end
    end)
  end

  it("sends exactly 500000/s", function()
    open{ rate = 500000, max_probes = 524288, late_window = 0 }
    for _ = 1, 1000 do d:start{ dst = "203.0.113.9", timeout = 1, gap_limit = 0, window = 255,
      max_ttl = 255, attempts = 15, want = 0 } end
    local sent, start = 0, d.now
    while d.now < start + 20e6 do
      d:collect()
      C.expire_due(d.core, d.now)
      C.advance_traces(d.core, d.now)
      C.core_reserve(d.core, d.now)
      local n = C.fill_probes(d.core, d.probes, d.handles, 64, d.now)
      for i = 0, n - 1 do C.fill_sent(d.core, d.handles[i], 60, 0, d.now) end
      sent = sent + n
      d.now = math.max(d.now, tonumber(C.core_deadline(d.core, 1, d.now)))
    end
    assert.is_true(math.abs(sent - 10000) < 1000, sent .. " sent")
  end)

  it("keeps each trace to target_rate, whatever the engine's rate", function()
    open{ network = path.new(SILENT), target_rate = 10 }
    for i = 1, 5 do d:start{ dst = "203.0.113." .. i, window = 8, gap_limit = 0, timeout = 500 } end
    d:run(3000)
    local last, n = {}, {}
    for _, p in ipairs(d.sent) do
      local gap = p.at - (last[p.dst] or 0)
      assert.is_true(gap >= 100e6 and (gap < 101e6 or not last[p.dst]), gap .. " ns apart")
      last[p.dst], n[p.dst] = p.at, (n[p.dst] or 0) + 1
    end
    for _, count in pairs(n) do assert.is_true(count >= 29 and count <= 31, count .. " sent") end
  end)

  it("waits for a free identity instead of taking one that may still be answered", function()
    open{ network = path.new(SILENT), max_probes = 16, late_window = 1000 }
    local t = d:start{ window = 8, gap_limit = 0, max_ttl = 40, timeout = 200, attempts = 1 }
    d:run()
    assert.equal("hoplimit", d:done(t).reason)
    assert.equal(40, #d.sent)
    assert.is_true(d:count("probe_waits") > 0)
    local used = {}
    for _, p in ipairs(d.sent) do
      assert.is_true(p.at >= (used[p.id] or 0) + 1200e6, "id reused too early")
      used[p.id] = p.at
    end
  end)

  it("reuses the identities of answered probes when there are no others", function()
    open{ network = routers(40), max_probes = 8, late_window = 5000 }
    local t = d:start{ window = 4, gap_limit = 0, max_ttl = 40 }
    d:run()
    assert.equal("hoplimit", d:done(t).reason)
    assert.is_true(d:done(t).rtt < 5000, d:done(t).rtt .. " ms")
  end)

  it("numbers the attempts at a hop and gives them their own identities", function()
    open{ network = path.new(SILENT) }
    d:start{ queries = 2, attempts = 2, max_ttl = 1, timeout = 10 }
    d:run()
    assert.equal(4, #d.sent)
    local attempts, ids = {}, {}
    for i, e in ipairs(d:of("SENT")) do attempts[i] = e.attempt end
    for _, p in ipairs(d.sent) do ids[p.id] = true end
    assert.same({ 1, 2, 3, 4 }, attempts)
    local n = 0
    for _ in pairs(ids) do n = n + 1 end
    assert.equal(4, n)
  end)

  it("sends no more than the event array can report", function()
    open{ network = path.new(SILENT), max_events = 1024 }
    d.batch = 0
    for _ = 1, 200 do d:start{ window = 8, gap_limit = 0 } end
    local v, handles = ffi.new("struct wire_probe[2000]"), ffi.new("uint32_t[2000]")
    for _ = 1, 4 do assert(C.core_reserve(d.core, d.now) == 0) end
    C.events_add(d.core, C.MTR_EV_TIMER)
    local n = C.fill_probes(d.core, v, handles, 2000, d.now)
    assert.is_true(n > 0 and n <= 1023, n .. " filled")
    for i = 0, n - 1 do C.fill_sent(d.core, handles[i], 60, 0, d.now) end
    assert.equal(n + 1, d.core.event_count)
  end)
end)
