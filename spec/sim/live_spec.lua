-- SPDX-License-Identifier: MIT
--
-- Rounds without an end, and scripts/live.lua without a terminal, over simulated networks.
local mtr = require "mtr"
local run = require "spec.support.harness.run"
local simulated = require "spec.support.virtual.simulated"
local Path = require "mtr.live.path"
local runner = require "mtr.live.runner"

local V4 = simulated.V4

-- A chain of five routers whose last link loses a share of the packets.
local function lossy(share)
  return simulated.chain(5, {}, { links = { { "r5", "web", delay = 1, loss = share } } })
end

-- The TTLs that were probed behind the target, and the result, of `n` rounds.
local function beyond(net, n, opts)
  local most, count = 0, 0
  return simulated.with(net, function(e)
    local o = { strategy = mtr.strategy.rounds { rounds = n, interval = 500 }, window = 64 }
    for name, value in pairs(opts or {}) do o[name] = value end
    function o.on_probe(_, probe)
      most, count = math.max(most, probe.ttl), count + (probe.ttl > 6 and 1 or 0)
    end
    local result = assert(e:trace(V4, o))
    return { most = most, count = count, result = result }
  end, { rate = "max" })
end

describe("rounds", function()
  it("see no longer path in a target that loses many probes", function()
    for _, share in ipairs { 0.1, 0.3 } do
      local got = beyond(lossy(share), 200)
      local r = got.result
      assert.same({ "completed", 6, 6 }, { r.stop_reason, r.hop_count, #r.hops })
      local first = beyond(lossy(share), 1)
      assert.equal(first.count, got.count, "only the first round goes behind the target")
    end
  end)

  it("see no longer path when answers take longer than a round", function()
    local net = simulated.chain(5, {}, { links = { { "r5", "web", delay = "2s" } } })
    local got = beyond(net, 20, { timeout = "9s" })
    assert.same({ "completed", 6, 6 }, { got.result.stop_reason, got.result.hop_count,
      #got.result.hops })
  end)

  it("follow a target that moves away behind a silent router", function()
    local net = mtr.sim {
      nodes = { me = "192.0.2.1", r1 = "10.0.0.1", r2 = { "10.0.0.2", silent = true }, web = V4 },
      links = { { "me", "r1", "web", delay = 1 }, { "r1", "r2", "web", delay = 1 } },
      routes = { { at = "r1", to = "web", via = "web", before = "5s" },
        { at = "r1", to = "web", via = "r2", after = "5s" } },
    }
    local stats = mtr.stats()
    simulated.with(net, function(e)
      local r = assert(e:trace(V4, stats:hooks {
        strategy = mtr.strategy.rounds { rounds = 40, interval = 500 }, window = 64 }))
      assert.same({ "completed", 3, false }, { r.stop_reason, r.hop_count,
        r.hops[2].replies[#r.hops[2].replies].addr ~= V4 })
      return r
    end)
    local hops = stats:hops()
    assert.same({ 3, V4 }, { #hops, hops[3].addr })
  end)

  it("use their flows in turn", function()
    local flows = {}
    simulated.with(simulated.chain(1), function(e)
      assert(e:trace(V4, { flow = 5, on_probe = function(_, probe)
        flows[#flows + 1] = probe.ttl == 1 and probe.flow or nil
      end, strategy = mtr.strategy.rounds { rounds = 5, interval = 100, flows = 3 } }))
      return true
    end)
    assert.same({ 5, 6, 7, 5, 6 }, flows)
  end)
end)

describe("the traces of live", function()
  -- Runs targets for some seconds of the network's time; fn(paths, runner) is called then.
  local function with(net, targets, opts, seconds, fn)
    simulated.with(net, function(e)
      local paths = {}
      for i, target in ipairs(targets) do paths[i] = Path.new(target, opts.interval) end
      local default = require "mtr.engine.default"
      local get = default.get
      default.get = function() return e end        -- luacheck: ignore 122
      local ok, r = pcall(runner.start, paths, opts)
      default.get = get                            -- luacheck: ignore 122
      assert(ok, r)
      local over
      require "mtr.wait.timer".start(e, seconds * 1000, function() over = true end)
      while not over do assert(e:step()) end
      fn(paths, r, e)
      r:stop()
      return e:run()
    end, { rate = "max" })
  end

  it("go on without an end, and keep no replies", function()
    with(lossy(0.2), { V4 }, { trace = {}, rounds = math.huge, interval = 10, flows = 1 }, 300,
      function(paths, r)
        local path = paths[1]
        assert.is_true(path.round > 29000)
        assert.is_false(r:done())
        assert.same({ 6, 6 }, { path:length(), path:heard() })
        local target = path.stats:hop(6)
        assert.is_true(math.abs(target.loss - 0.2) < 0.02)
        for ttl = 1, 5 do assert.equal(0, path.stats:hop(ttl).unanswered) end
        assert.equal("running", path.state)
      end)
  end)

  it("send nothing while they pause", function()
    with(simulated.chain(2), { V4 }, { trace = {}, rounds = math.huge, interval = 100, flows = 1 },
      2, function(paths, r, e)
        r.paused = true
        local target = paths[1].stats:hop(3).received
        local over
        require "mtr.wait.timer".start(e, 5000, function() over = true end)
        while not over do assert(e:step()) end
        assert.is_true(paths[1].stats:hop(3).received - target <= 1)
        r.paused = false
        over = false
        require "mtr.wait.timer".start(e, 1000, function() over = true end)
        while not over do assert(e:step()) end
        local more = paths[1].stats:hop(3).received - target
        assert.is_true(more >= 8 and more <= 13, more .. " rounds in a second")
        assert.equal(0, paths[1].stats:hop(3).unanswered)
      end)
  end)
end)

describe("live without a terminal", function()
  teardown(run.clean)
  local LIVE = '"$MTR_PROGRAM" --sim spec/sim/topologies/%s.lua scripts/live.lua %s'

  local function live(network, words)
    local got = run.run(LIVE:format(network, words))
    got.out = got.out:gsub("%f[%d]%d%d:%d%d:%d%d ", "")
    return got
  end

  it("writes a line for each answer, round by round", function()
    local got = live("plain", "-n -c 2 web")
    assert.same({ 0, "" }, { got.status, got.err })
    local hops = {}
    for round, hop, addr in got.out:gmatch "web round (%d) hop (%d) (%S+) [%d.]+ ms\n" do
      hops[#hops + 1] = round .. hop .. " " .. addr
    end
    assert.is_true(#hops >= 4 and #hops % 2 == 0)
    assert.equal(#hops, select(2, got.out:gsub("\n", "")))
    table.sort(hops)
    for i = 1, #hops / 2 do
      assert.equal("1" .. hops[i]:sub(2), "1" .. hops[i + #hops / 2]:sub(2))
      assert.equal("12", hops[i]:sub(1, 1) .. hops[i + #hops / 2]:sub(1, 1))
    end
  end)

  it("says when the path changes, and what is silent", function()
    local got = live("unequal_paths", "-U -c 30 -i 0.25 early")
    assert.same({ 0, "" }, { got.status, got.err })
    assert(got.out:find("early path changed at hop 2: 198.18.1.1 in place of 198.18.2.1", 1, true),
      got.out)
    got = live("rate_limit", "-c 30 -i 0.02 web")
    assert(got.out:find "web round %d+ hop 2 no answer\n")
    assert.is_nil(got.out:find "hop 3 no answer")
  end)

  it("makes mtr's report, or another format", function()
    local got = live("rate_limit", "--report 20 -i 0.05 web")
    assert.same({ 0, "" }, { got.status, got.err })
    local hosts = {}
    for ttl, host, loss, sent in got.out:gmatch "\n *(%d+)%.|%-%- (%S+) +([%d.]+)%% +(%d+)" do
      hosts[tonumber(ttl)] = host .. " " .. sent .. (tonumber(loss) > 0 and " loss" or "")
    end
    assert.same({ "198.18.0.1 20", "198.18.0.2 20 loss", "198.18.0.3 20", "203.0.113.9 20" },
      hosts)
    got = live("plain", "--report 3 -o jsonl web")
    assert.equal(1, select(2, got.out:gsub('"type":"trace"', "")))
  end)

  it("has no row behind the target in a report of a lossy path", function()
    run.file("lossy.lua", [[return {
      nodes = { me = "192.0.2.1", r1 = "10.0.0.1", web = "10.0.0.9" },
      links = { { "me", "r1", delay = 1 }, { "r1", "web", delay = 1, loss = 0.3 } } }]])
    local got = run.run('"$MTR_PROGRAM" --sim "$DIR"/lossy.lua scripts/live.lua --report 100 web')
    assert.equal(0, got.status)
    assert.equal(2, select(2, got.out:gsub("|%-%- ", "")))
  end)

  it("says what is wrong with its options, and what cannot be traced", function()
    for words, message in pairs {
      ["--columns Q web"] = "--columns must be letters of",
      ["-i 0 web"] = "--interval must be 0.01..3600 seconds, got 0",
      ["--flows 99 web"] = "--flows must be 1..64, got 99",
      ["--flow 511 --flows 2 web"] = "--flow must be at most 510 with 2 --flows, got 511",
      ["-o json web"] = "--output is for a report: give --report too",
      ["--report 1 -o nothing web"] = "--output must be text, jsonl, warts",
      ["-m 0 web"] = "--max-ttl must be 1..255, got 0",
    } do
      local got = live("plain", words)
      assert.equal(2, got.status)
      assert(got.err:find("live: " .. message, 1, true), got.err)
    end
    local got = live("plain", "-c 2 web nosuch.invalid")
    assert.equal(1, got.status)
    assert(got.out:find "nosuch.invalid %u+: ", got.out)
    assert(got.out:find "web round 2 ", got.out)
  end)
end)
