-- SPDX-License-Identifier: MIT
--
-- Names of a campaign: looked up beside the window, and traced within it.
local lookups = require "mtr.campaign.lookups"
local mtr = require "mtr"

local NETWORK = { nodes = { me = "192.0.2.1", r1 = "10.0.0.1", web = { "10.8.0.0/16" } },
  links = { { "me", "r1", "web", delay = 1 } } }
for i = 1, 40 do
  local name = ("host%d.test"):format(i)
  NETWORK.nodes[name] = "10.9.0." .. i
  NETWORK.links[#NETWORK.links + 1] = { "r1", name, delay = 1 }
end

-- A campaign with so much room in its window.
local function campaign(room)
  return { room = room, window = { free = function(_, c) return c.room end } }
end

local function looking(names, n)
  local list = {}
  for i = 1, n do
    list[i] = { state = "resolving", lookup = {} }
    names:begun(list[i])
  end
  return list
end

describe("names of a campaign", function()
  it("are counted while they are looked up", function()
    local names = lookups.new()
    local list = looking(names, 3)
    names:begun { state = "running" }
    assert.equal(3, names.count)
    for _ = 1, 2 do names:over(list[2]) end
    assert.same({ 2, 0 }, { names.count, names.waiting })
  end)

  it("start in the order in which they were found, when there is room", function()
    local names, c, started = lookups.new(), campaign(1), {}
    for i, trace in ipairs(looking(names, 4)) do
      names:found(c, trace, function()
        started[#started + 1], c.room = i, c.room - 1
      end)
    end
    assert.same({ { 1 }, 0, 3 }, { started, names.count, names.waiting })
    c.room = 2
    names:admit(c)
    assert.same({ { 1, 2, 3 }, 1 }, { started, names.waiting })
  end)

  it("that were stopped while they waited do not start", function()
    local names, c, started = lookups.new(), campaign(0), {}
    local list = looking(names, 3)
    for i, trace in ipairs(list) do
      names:found(c, trace, function() started[#started + 1] = i end)
    end
    for _ = 1, 2 do list[2].lookup:cancel() end
    assert.equal(2, names.waiting)
    c.room = 9
    names:admit(c)
    assert.same({ { 1, 3 }, 0 }, { started, names.waiting })
  end)

  for window = 1, 3 do
    it(("are traced as many at once as a window of %d says"):format(window), function()
      local engine = assert(mtr.engine { sim = NETWORK, seed = 1, rate = "max" })
      local list, under_way, most, seen = {}, 0, 0, {}
      for i = 1, 40 do
        list[2 * i - 1], list[2 * i] = ("host%d.test"):format(i), "10.8.0." .. i
      end
      local summary = assert(mtr.campaign {
        engine = engine, targets = list, window = window, trace = { window = 1, on_probe =
          function(trace)
            if seen[trace.target] then return end
            seen[trace.target], under_way = true, under_way + 1
            most = math.max(most, under_way)
          end },
        on_trace = function() under_way = under_way - 1 end,
      }:run())
      engine:close()
      assert.same({ 80, window }, { summary.stop_reasons.completed, most })
    end)
  end

  it("are all done or left when a campaign is stopped", function()
    local engine = assert(mtr.engine { sim = NETWORK, seed = 1, rate = "max" })
    local list, ends, c = {}, 0, nil
    for i = 1, 40 do list[i] = ("host%d.test"):format(i) end
    c = mtr.campaign {
      engine = engine, targets = list, window = 1,
      on_trace = function()
        ends = ends + 1
        if ends == 3 then c:stop() end
      end,
      on_error = function(message)
        assert.truthy(message:find "^ECANCELED")
        ends = ends + 1
      end,
    }
    local summary = assert(c:run())
    engine:close()
    assert.equal(ends, summary.targets)
    assert.is_true(ends > 3)
  end)
end)
