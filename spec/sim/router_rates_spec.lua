-- SPDX-License-Identifier: MIT
--
-- Doubletree with a table of the rates of routers, on a simulated network whose third router
-- answers 20 probes per second, whoever asks.
local mtr = require "mtr"
local router_rates = require "mtr.strategy.builtin.parts.router_rates"

local TARGETS = 400

local function network(limited)
  local net = { nodes = { me = "192.0.2.1", r1 = "10.0.0.1", r2 = "10.0.0.2", r4 = "10.0.0.4",
    r3 = { "10.0.0.3", reply = limited } }, links = { { "me", "r1", "r2", "r3", "r4" } } }
  for i = 1, TARGETS do
    net.nodes["t" .. i] = ("20.%d.%d.9"):format(math.floor(i / 250), i % 250)
    net.links[i + 1] = { "r4", "t" .. i }
  end
  return net
end

describe("doubletree that knows the rates of routers", function()
  local engine
  after_each(function() engine:close() end)

  -- Traces all targets by so many workers; if `shared` is true they tell each other of rates.
  -- Returns the statistics of r3, the ms that it took, and the tables.
  local function traced(limited, workers, shared)
    engine = assert(mtr.engine { sim = network(limited), seed = 1, rate = "max" })
    local tables, states, stats = {}, {}, mtr.stats()
    for w = 1, workers do
      states[w] = mtr.strategy.doubletree.new_state()
      if shared then
        tables[w] = router_rates.new(function() return engine:now() end)
        states[w].rates = tables[w]
        tables[w].due = function()
          local lines, ms = tables[w]:report()
          for _, line in ipairs(lines or {}) do
            local at, answered, none = line:match "^(%S+) (%d+) (%d+)$"
            for _, each in ipairs(tables) do
              each:learn("w" .. w, at, tonumber(answered), tonumber(none), ms)
            end
          end
        end
      end
    end
    local lists = {}
    for i = 1, TARGETS do
      local w = i % workers + 1
      lists[w] = lists[w] or {}
      table.insert(lists[w], ("20.%d.%d.9"):format(math.floor(i / 250), i % 250))
    end
    local tasks, before = {}, engine:now()
    for w = 1, workers do
      tasks[w] = mtr.go(function()
        assert(mtr.campaign { engine = engine, targets = lists[w], window = 40 / workers,
          trace = stats:hooks { strategy =
            mtr.strategy.doubletree { state = states[w], h = 3 } } }:run())
      end)
    end
    for _, task in ipairs(tasks) do task:wait() end
    local hop = stats:hop(3)
    return hop, engine:now() - before, tables
  end

  for _, workers in ipairs { 1, 2 } do
    it(("holds probes back to a router with a limit: %d at work"):format(workers), function()
      local alone, took = traced({ rate = 20, burst = 2 }, workers, false)
      engine:close()
      local held, took_too, tables = traced({ rate = 20, burst = 2 }, workers, true)
      assert.is_true(alone.unanswered > 0.9 * alone.sent)
      assert.is_true(held.unanswered < 0.6 * held.sent, held.unanswered .. " of " .. held.sent)
      assert.is_true(held.received > 4 * alone.received, held.received)
      assert.is_true(took_too < 1.5 * took, took_too)
      for _, each in ipairs(tables) do
        local router = each.routers["10.0.0.3"]
        assert.is_true(router.rate > 10 and router.rate < 30, router.rate)
        assert.equal(workers, router.users)
      end
    end)

    it(("does not take loss for a limit: %d at work"):format(workers), function()
      local alone, took = traced({ loss = 0.3 }, workers, false)
      engine:close()
      local held, took_too, tables = traced({ loss = 0.3 }, workers, true)
      assert.is_true(math.abs(held.sent - alone.sent) < 0.1 * alone.sent, held.sent)
      assert.is_true(took_too < 1.5 * took, took_too)
      for _, each in ipairs(tables) do assert.is_nil(each.routers["10.0.0.3"].rate) end
    end)
  end

  it("waits for nobody where nothing is limited", function()
    local alone, took = traced(nil, 2, false)
    engine:close()
    local held, took_too, tables = traced(nil, 2, true)
    assert.same({ alone.sent, 0, took }, { held.sent, held.unanswered, took_too })
    assert.same({}, tables[1].routers)
  end)
end)
