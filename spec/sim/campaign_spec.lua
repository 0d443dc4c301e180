-- SPDX-License-Identifier: MIT
--
-- Campaigns over a simulated internet: the same output every time, and memory that does not grow.
local mtr = require "mtr"

local function campaign(prefixes, opts, engine_opts)
  engine_opts = engine_opts or {}
  engine_opts.sim = mtr.sim.internet { prefixes = prefixes }
  engine_opts.transport, engine_opts.seed = "sim", 5
  engine_opts.rate = engine_opts.rate or "max"
  local e = assert(mtr.engine(engine_opts))
  opts.engine, opts.targets = e, opts.targets or engine_opts.sim:targets()
  local c = mtr.campaign(opts)
  local summary = assert(c:run())
  local stats = e:stats()
  assert.equal(0, stats.traces)
  e:close()
  return summary, stats
end

local function text_of(prefixes, opts)
  local path = os.tmpname()
  opts.reporters = { mtr.report.jsonl(path) }
  local summary = campaign(prefixes, opts)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  assert(os.remove(path))
  return text, summary
end

describe("a campaign over a simulated internet", function()
  it("traces all of it, and writes the same bytes for the same seeds", function()
    local first, summary = text_of(400, { window = 50 })
    assert.equal(400, summary.traces)
    assert.equal(400, select(2, first:gsub("\n", "")))
    assert.is_true((summary.stop_reasons.completed or 0) > 200)
    assert.is_true(first == text_of(400, { window = 50 }))
    assert.is_false(first == text_of(400, { window = 49 }))
  end)

  it("takes no more memory for many targets than for few", function()
    local function peak(prefixes)
      local most, n = 0, 0
      local _, stats = campaign(prefixes, {
        window = 100, trace = { max_ttl = 4, gap_limit = 2, timeout = 50 },
        on_trace = function(result)
          n = n + #result.dst * 0 + 1
          if n % 100 == 0 then
            collectgarbage()
            most = math.max(most, collectgarbage "count")
          end
        end,
      }, { late_window = 50 })
      assert.equal(prefixes, n)
      return most, stats.memory
    end
    peak(200)
    local lua_few, slabs_few = peak(1000)
    local lua_many, slabs_many = peak(10000)
    assert.is_true(lua_many - lua_few < 50, ("%.0f KiB more"):format(lua_many - lua_few))
    assert.equal(slabs_few, slabs_many)
  end)

  for name, opts in pairs {
    ["strategy"] = { trace = { strategy = "sequential" } },
    ["wait of their own"] = { trace = { pace = function() return 5 end } },
  } do
    it("traces separately the targets with a " .. name, function()
      local seen = {}
      local summary = campaign(40, {
        window = 7, trace = opts.trace,
        on_trace = function(result) seen[result.dst] = result:copy() end,
      })
      assert.equal(40, summary.traces)
      local n = 0
      for _, result in pairs(seen) do
        assert.equal(result.hop_count, #result.hops)
        n = n + 1
      end
      assert.equal(40, n)
    end)
  end

  it("calls update of its reporters once a second, and not after its end", function()
    local at, engine, last = {}, nil, nil
    local reporter = { update = function(_, summary)
      at[#at + 1] = engine:now()
      last = summary.traces
    end }
    engine = mtr.engine { sim = mtr.sim.internet { prefixes = 100 }, rate = "200/s" }
    local begin = engine:now()
    local summary = assert(mtr.campaign({ engine = engine, reporters = { reporter },
      targets = engine:sim():targets() }):run())
    local seconds = math.floor((engine:now() - begin) / 1000)
    assert.is_true(seconds >= 2)
    assert.equal(seconds, #at)
    for i, ms in ipairs(at) do assert.is_near(begin + 1000 * i, ms, 5) end
    assert.is_true(last <= summary.traces)
    engine:close()
  end)

  it("lets an engine's pick choose among its traces", function()
    local asked = 0
    local summary = campaign(20, { window = 5 }, {
      rate = "1000/s",
      pick = function(ready)
        asked = asked + 1
        assert(ready[1].target)
        return #ready
      end,
    })
    assert.equal(20, summary.traces)
    assert.is_true(asked > 20)
  end)
end)
