-- SPDX-License-Identifier: MIT
--
-- The line of JSON of a result is the same from the library (for a borrowed result) and from the
-- Lua layer (for a result that the script keeps).
local mtr = require "mtr"
local random = require "spec.support.harness.random"
local simulated = require "spec.support.virtual.simulated"

-- How often each member of hops came up.
local seen

before_each(function() seen = {} end)

-- Traces the targets, and compares what both say of the same result.
local function compare(words, net, targets, trace, opts)
  opts.sim = net
  local engine = assert(mtr.engine(opts))
  local n = 0
  local summary = assert(mtr.campaign({
    engine = engine, targets = targets, window = 20, trace = trace,
    on_trace = function(result)
      local c, lua = result:json(), result:copy():json()
      if c ~= lua then error(("%s\nC:   %s\nLua: %s"):format(words, c, lua), 0) end
      n = n + 1
      for name in c:match('"hops":.*'):gmatch '"([%l_]+)":' do
        seen[name] = (seen[name] or 0) + 1
      end
    end,
  }):run())
  engine:close()
  assert.equal(n, summary.traces)
  assert.is_true(n > 0)
end

local function came_up(...)
  for _, name in ipairs { ... } do
    assert.is_true((seen[name] or 0) > 20, name .. " hardly ever came up")
  end
end

-- A chain whose routers are silent, lose replies, or limit them, and whose source at times refuses
-- to send.
local function network(r)
  local hops = 2 + r(7)
  local me = { "192.0.2.1", "2001:db8::1" }
  if r(2) == 1 then
    me.filter = { { to = "any", answer = ({ "EPERM", "EINVAL", "ENETUNREACH" })[r(3)],
      share = r(4) == 1 and 1 or r() } }
  end
  local nodes = { me = me }
  for i = 1, hops do
    nodes["r" .. i] = { silent = r(4) == 1, balance = "flow", reply = {
      loss = r(3) == 1 and r() or 0, copies = r(8) == 1 and 2 or 1,
      rate = r(4) == 1 and r(5) or nil, jitter = r(4) == 1 and 400 or 0 } }
  end
  local net = simulated.describe(hops, nodes, { seed = r(1000) })
  net.links[1].loss = r(3) == 1 and r() * 0.2 or 0
  local targets = { simulated.V4, simulated.V6 }
  for i = 1, hops do targets[i + 2] = "10.0.0." .. i end
  return mtr.sim(net), targets
end

local function options(r)
  local first = r(5) == 1 and r(3) or 1
  return {
    protocol = ({ "icmp", "udp", "tcp" })[r(3)], first_ttl = first, max_ttl = first + r(12),
    queries = r(3), attempts = r(3), window = r(12), gap_limit = r(6) - 1, timeout = 300,
  }
end

describe("the JSON of a result, borrowed or held,", function()
  it("is the same over random networks", function()
    for seed = 1, 150 do
      local r = random(seed)
      local net, targets = network(r)
      compare("seed " .. seed, net, targets, options(r), { rate = 1000, late_window = 500 })
    end
    came_up("unanswered", "failed", "error", "skipped", "dup", "late")
  end)

  it("is the same of routers without an address", function()
    local nobody = { from = "0.0.0.0", copies = 2 }
    local net = {
      nodes = { me = "192.0.2.1", r1 = { "198.18.0.2", reply = nobody },
        r2 = { "198.18.0.3", reply = nobody }, web = "203.0.113.9" },
      links = { { "me", "r1", "r2", "web", delay = "1ms" } },
    }
    for _ = 1, 11 do
      compare("0.0.0.0", mtr.sim(net), { "203.0.113.9" }, { queries = 2 }, { rate = 1000 })
    end
    came_up "addr_class"
  end)

  it("is the same over a simulated internet", function()
    for _, case in ipairs {
      {}, { queries = 3 }, { attempts = 1 }, { queries = 3, window = 1, protocol = "udp" },
      { attempts = 1, window = 1 }, { gap_limit = 2, max_ttl = 8, protocol = "tcp" },
    } do
      case.timeout = 200
      local net = mtr.sim.internet { seed = 3, prefixes = 150, loss = 0.02, limited = 0.3,
        limit = 2, silent = 0.15 }
      compare("internet", net, net:targets(), case, { rate = 20000 })
    end
    came_up("unanswered", "rtt")
  end)

  for _, name in ipairs { "sequential", "window-lua", "rounds", "random", "mda" } do
    it("is the same if a strategy has chosen the probes: " .. name, function()
      for seed = 1, 25 do
        local r = random(seed)
        local net, targets = network(r)
        local trace = options(r)
        trace.strategy = name
        compare("seed " .. seed, net, targets, trace, { rate = 1000, late_window = 500 })
      end
      came_up("unanswered", "failed", "error")
    end)
  end
end)
