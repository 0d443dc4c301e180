-- SPDX-License-Identifier: MIT
--
-- window = "auto" of a campaign: the rate stays busy, results come early, and few traces are under
-- way. All times are those of the simulated network.
local mtr = require "mtr"

-- Traces a simulated internet, and returns what it took.
local function run(window, opts)
  local net = mtr.sim.internet { seed = 3, prefixes = opts.prefixes or 3000 }
  local engine = assert(mtr.engine {
    sim = net, rate = opts.rate or "1000/s", seed = 5, pick = opts.pick,
  })
  local took = { most = 0 }
  local begin = engine:now()
  local c = mtr.campaign {
    engine = engine, targets = net:targets(), window = window, trace = opts.trace,
    on_trace = function(result)
      took.first = took.first or engine:now() - begin
      took.most = math.max(took.most, engine:stats().traces)
      if opts.on_trace then opts.on_trace(engine, result, took) end
    end,
  }
  took.summary = assert(c:run())
  took.total = engine:now() - begin
  assert.equal(0, #engine.feeders)
  engine:close()
  return took
end

describe("the window auto", function()
  it("is the default, takes at most 2 % longer than a large window, and begins at once", function()
    local auto, large = run(nil, {}), run(2000, {})
    assert.equal(3000, auto.summary.traces)
    assert.is_true(auto.total <= 1.02 * large.total, auto.total .. " " .. large.total)
    assert.is_true(auto.first < 2000 and large.first > 10000, auto.first .. " " .. large.first)
    assert.is_true(auto.most < 1000, auto.most)
    assert.equal(auto.total, run("auto", {}).total)
  end)

  it("has more traces under way where hops are silent for longer", function()
    local short = run("auto", { trace = { timeout = 200 } })
    local long = run("auto", { trace = { timeout = 8000 } })
    assert.is_true(long.most > 1.5 * short.most, long.most .. " " .. short.most)
  end)

  it("does so for traces with a strategy", function()
    local opts = { trace = { strategy = "sequential" }, prefixes = 1000 }
    local auto, large = run("auto", opts), run(1000, opts)
    assert.is_true(auto.total <= 1.02 * large.total, auto.total .. " " .. large.total)
    assert.is_true(auto.first < large.first / 3)
  end)

  it("follows the rate", function()
    local function faster(engine, _, took)
      took.n = (took.n or 0) + 1
      if took.n == 1000 then engine:set_rate "10000/s" end
    end
    local slow = run("auto", {})
    local both = run("auto", { on_trace = faster })
    assert.is_true(both.most > slow.most)
    assert.is_true(both.total < 0.8 * slow.total, both.total .. " " .. slow.total)
  end)

  for name, opts in pairs {
    ["without a rate"] = { rate = "max" },
    ["with an engine's pick, so that it has a choice"] = { pick = function() return 1 end },
  } do
    it("is a thousand " .. name, function()
      local auto, fixed = run("auto", opts), run(1000, opts)
      assert.same({ auto.first, auto.total, auto.most }, { fixed.first, fixed.total, fixed.most })
    end)
  end
end)
