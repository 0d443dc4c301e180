-- SPDX-License-Identifier: MIT
--
-- The sweep written in Lua is the sweep: over any network, both give the same results to the last
-- field.
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"
local random = require "spec.support.harness.random"
local strategist = require "spec.support.virtual.strategist"
local wild = require "spec.support.virtual.wild"
local mtr = require "mtr"

-- The same network and options for the same seed. All probes leave: the sweep chooses up to a
-- window of them before it hears that one did not, a strategy one.
local function scene(seed)
  local pick = random(seed)
  local n = wild.network(pick, 1 + seed % 200, { sends = true })
  return n, wild.options(pick, n)
end

local VOLATILE = { trace = true, probe = true, cookie = true }
local NUMBERS = { "handle", "id", "ip_id", "checksum" }

-- Records up to a TTL, without what names them.
local function plain(list, last)
  local out = {}
  for _, e in ipairs(list) do
    local copy = {}
    for name, value in pairs(e) do if not VOLATILE[name] then copy[name] = value end end
    -- What is sent again, from another port, has a new number in a sweep only.
    if e.sport and e.sport ~= list[1].sport then
      for _, name in ipairs(NUMBERS) do copy[name] = nil end
    end
    if e.ttl <= last then out[#out + 1] = copy end
  end
  return out
end

local function outcome(d, handle)
  local done, t = d:done(handle), d:trace(handle)
  return {
    replies = plain(d:replies(handle), done.ttl), sent = plain(d.sent, 255),
    hops = plain(d:of("HOP", handle), 255),
    done = { done.reason, done.icmp_code, done.ttl, done.probe, done.rtt },
    size = t.extra ~= nil and t.extra.asked_size > 0 and t.extra.asked_size or t.size,
  }
end

local function by_sweep(seed, network, o)
  local d = drive.new{ seed = seed, network = network }
  local handle = d:start(o)
  d:run()
  return d, handle
end

local function by_strategy(seed, network, o)
  local d = drive.new{ seed = seed, network = network }
  local s = strategist.start(d, mtr.strategy.window, o)
  s:run()
  assert.equal(0, tonumber(d.core.asked))
  return d, s.handle
end

-- Compares both over make(), which gives a network and options; returns why the traces ended.
local function compare(seed, make)
  local a, first = by_sweep(seed, make())
  local b, second = by_strategy(seed, make())
  local x, y = outcome(a, first), outcome(b, second)
  for _, part in ipairs{ "done", "size", "sent", "hops", "replies" } do
    assert.same(x[part], y[part], ("seed %d: %s"):format(seed, part))
  end
  a:close()
  b:close()
  return x.done[1]
end

local function refused(from) return { from = from, kind = "UNREACH", icmp_code = 13 } end

-- What ends a trace that chance does not make.
local ENDS = {
  loop = { "10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.2", "10.0.0.1" },
  unreach = { "10.0.0.1", refused "10.0.0.2", refused "10.0.0.2", refused "10.0.0.2" },
  gaplimit = { "10.0.0.1", false, "10.0.0.3", false, false, false, false, false, dest = false },
}

describe("the window strategy in Lua #luajit", function()
  local reasons = {}

  for block = 0, 3 do
    local from, to = block * 100 + 1, block * 100 + 100
    it(("gives the sweep's results, seeds %d to %d"):format(from, to), function()
      for seed = from, to do
        reasons[compare(seed, function() return scene(seed) end)] = true
      end
    end)
  end

  it("goes on as the sweep does past this host's own address", function()
    local us = path.US[4]
    assert.equal("completed", compare(1, function()
      return path.new { dst = "203.0.113.9", us, "10.0.0.2", us, "10.0.0.4", us }, { max_ttl = 20 }
    end))
  end)

  for reason, places in pairs(ENDS) do
    for queries = 1, 3 do
      it(("ends by %s as the sweep does, queries %d"):format(reason, queries), function()
        assert.equal(reason, compare(1, function()
          local network = { dst = "203.0.113.9" }
          for key, place in pairs(places) do network[key] = place end
          local o = { queries = queries, max_ttl = 20, loop_limit = 2 - queries % 2 }
          return path.new(network), o
        end))
      end)
    end
  end

  it("was tried by chance on every end that chance makes", function()
    assert.same({ completed = true, gaplimit = true, hoplimit = true }, reasons)
  end)
end)
