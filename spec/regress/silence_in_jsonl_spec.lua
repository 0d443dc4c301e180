-- SPDX-License-Identifier: MIT
--
-- The lines of JSON of a campaign did not have the probes that were not answered or not sent; those
-- of single traces did.
local mtr = require "mtr"
local run = require "spec.support.harness.run"

local TARGETS = 60

local function network()
  return mtr.sim.internet { seed = 9, prefixes = TARGETS, silent = 0.2, loss = 0.02,
    limited = 0.3, limit = 2 }
end

-- Calls fn with an engine over a network: what runs alike meets the same chances at the same times.
local function with(net, fn)
  local engine = assert(mtr.engine { sim = net, seed = 5, rate = 2000 })
  fn(engine, net:targets())
  engine:close()
end

local function by_campaign(net, trace)
  local path = run.dir() .. "/lines"
  with(net, function(engine, targets)
    assert(mtr.campaign({
      engine = engine, targets = targets, window = 1, trace = trace,
      reporters = { mtr.report.jsonl(path, { overwrite = true }) },
    }):run())
  end)
  local lines = {}
  for line in io.lines(path) do lines[#lines + 1] = line end
  return lines
end

local function one_by_one(net, trace)
  local lines = {}
  with(net, function(engine, targets)
    for target in targets do lines[#lines + 1] = assert(engine:trace(target, trace)):json() end
  end)
  return lines
end

describe("probes that nothing came back for", function()
  teardown(run.clean)

  for _, trace in ipairs {
    { attempts = 2, queries = 3 }, { attempts = 1, window = 1 }, { strategy = "window-lua" },
    { strategy = "sequential", attempts = 2 },
  } do
    it(("are in a campaign's lines as in others: %s, %d attempts, %d queries"):format(
      trace.strategy or "the sweep", trace.attempts or 2, trace.queries or 1), function()
      local lines = by_campaign(network(), trace)
      assert.equal(TARGETS, #lines)
      assert.same(one_by_one(network(), trace), lines)
      local n = select(2, table.concat(lines):gsub('"unanswered":', ""))
      assert.is_true(n > TARGETS, n .. " of them")
    end)
  end

  it("are in a campaign's lines if they were not sent", function()
    local nodes, links = { r1 = "10.0.0.1" }, { { "me", "r1", delay = 2 } }
    nodes.me = { "192.0.2.1", filter = { to = "203.0.113.0/24", answer = "EPERM", share = 0.4 } }
    for i = 1, TARGETS do
      nodes["far" .. i] = "203.0.113." .. i
      links[i + 1] = { "r1", "far" .. i }
    end
    local net = mtr.sim { nodes = nodes, links = links }
    local trace = { attempts = 3, queries = 2 }
    local lines = by_campaign(net, trace)
    assert.same(one_by_one(net, trace), lines)
    assert.equal(TARGETS, #lines)
    assert.matches('"failed":%d+,"error":"EPERM","replies":%[', table.concat(lines))
  end)
end)
