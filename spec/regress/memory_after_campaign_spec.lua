-- SPDX-License-Identifier: MIT
--
-- After a campaign with mda, some 20 KB of Lua stayed reachable for each place of its window when
-- its engine was closed: coroutines kept for later use still held their last trace.
local mtr = require "mtr"

local KB = 40                          -- what modules, options and pools may keep

local NODES = { me = "192.0.2.1", r1 = { "198.18.0.1", balance = "flow" }, a = "198.18.1.1",
  b = "198.18.1.2", r2 = "198.18.0.2" }
local LINKS = { { "me", "r1" }, { "r1", "a", "r2" }, { "r1", "b", "r2" } }
local TARGETS = {}
for i = 1, 100 do
  local name, address = "t" .. i, ("203.0.%d.%d"):format(math.floor(i / 250), i % 250 + 1)
  NODES[name], LINKS[#LINKS + 1], TARGETS[i] = address, { "r2", name }, address
end

-- Compiled code would count too.
local function kilobytes()
  require "jit".flush()
  collectgarbage()
  collectgarbage()
  return collectgarbage "count"
end

local function campaign(e, strategy, n)
  local targets, done = {}, 0
  for i = 1, n do targets[i] = TARGETS[i] end
  mtr.campaign { engine = e, targets = targets, window = 300, trace = { strategy = strategy },
    on_trace = function(result) done = done + (result.stop_reason == "completed" and 1 or 0) end,
  }:run()
  assert.equal(n, done)
end

local function single(e, strategy, n)
  local done = 0
  for i = 1, n do
    e:trace(TARGETS[i], { strategy = strategy }, function(_, result)
      done = done + (result.stop_reason == "completed" and 1 or 0)
    end)
  end
  e:run()
  assert.equal(n, done)
end

local function run(how, strategy, n)
  local e = assert(mtr.engine { sim = { nodes = NODES, links = LINKS }, seed = 1 })
  how(e, strategy, n)
  e:close()
end

-- Keeps 20 KB for each trace, in its locals.
local function heavy(trace)
  local mine = {}
  for i = 1, 1280 do mine[i] = i end
  for ttl = 1, 30 do
    if trace:probe { ttl = ttl }.final then return "completed" end
  end
  return "hoplimit", #mine
end

local function queued(trace)
  for _ = 1, 50 do
    for ttl = 1, 4 do trace:send { ttl = ttl } end
  end
  for _ in trace.wait, trace do end    -- luacheck: ignore 542
  return "completed"
end

local STRATEGIES = {
  mda = function() return mtr.strategy.mda {} end,
  doubletree = function() return mtr.strategy.doubletree {} end,
  ["doubletree with shared sets"] = function()
    return mtr.strategy.doubletree { state = mtr.strategy.doubletree.new_state() }
  end,
  pmtu = function() return mtr.strategy.pmtu {} end,
  random = function() return mtr.strategy.random {} end,
  rounds = function() return mtr.strategy.rounds { rounds = 3 } end,
  sequential = function() return mtr.strategy.sequential {} end,
  ["window-lua"] = function() return "window-lua" end,
  ["a table of its own that derives from window-lua"] = function()
    return mtr.strategy.window {}
  end,
  ["a function"] = function() return function(trace) return heavy(trace) end end,
  ["a function whose replies queue up"] = function() return function(t) return queued(t) end end,
  ["a table with run"] = function()
    return { run = function(self, trace)
      self.mine, self.last = {}, trace
      for i = 1, 1280 do self.mine[i] = i end
      return heavy(trace)
    end }
  end,
}

describe("what a closed engine leaves in memory", function()
  -- Pools grow once to what so many traces at a time need, whichever case is first. LuaJIT's table
  -- of strings doubles at 4,096 strings, about as many as there are here: by more than all that is
  -- looked for. With these it is large enough, and far from the next step.
  local strings = {}
  teardown(function() assert.equal(20000, #strings) end)
  setup(function()
    for i = 1, 20000 do strings[i] = "string " .. i end
    run(campaign, function(trace) return heavy(trace) end, #TARGETS)
    run(single, function(trace) return heavy(trace) end, #TARGETS)
  end)

  for name, make in pairs(STRATEGIES) do
    for how, start in pairs { ["a campaign"] = campaign, ["single traces"] = single } do
      it(("is little after %s with %s"):format(how, name), function()
        run(start, make(), 3)
        local before = kilobytes()
        run(start, make(), #TARGETS)
        local more = kilobytes() - before
        assert(more < KB, ("%.0f KB stay"):format(more))
      end)
    end
  end
end)
