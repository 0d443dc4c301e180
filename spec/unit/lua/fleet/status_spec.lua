-- SPDX-License-Identifier: MIT
--
-- How a fleet is, from what a stand-in for Redis answers: rates, time to go, dead and slow workers,
-- as a table, text, JSON and metrics.
local cjson = require "cjson"
local fleet = require "mtr.fleet"
local keys = require "mtr.fleet.keys"
local status_text = require "mtr.fleet.status_text"
local status = require "mtr.fleet.status"

local NOW = 1000000                    -- ms

-- A campaign of 1000 targets in 10 leases, of which 4 are done and 3 under way.
local function campaign(more)
  local facts = { version = "2", state = "running", share = "split", trace = "{}", complete = "1",
    targets = "1000", leases = "10", done = "4", done_targets = "390", failed = "10",
    most_bytes = "1000", bytes = "0" }
  for name, value in pairs(more or {}) do facts[name] = value end
  return facts
end

-- A worker that sends as much as it may.
local function worker(more)
  local facts = { campaign = "s", probe_rate = 100, rates_over = 10, tracing = 50, rate = 100,
    leases = 1, done_leases = 2, done_targets = 200, target_rates = { s = 10 } }
  for name, value in pairs(more or {}) do facts[name] = value end
  return facts
end

-- Looks at campaigns and workers by name; `o.age`: ms since their last signs, `o.dead`.
local function look(campaigns, workers, o)
  o = o or {}
  local function list(t)
    local words = {}
    for name, value in pairs(t) do words[#words + 1], words[#words + 2] = name, value end
    return words
  end
  local answers = {
    TIME = function() return { "1000", "0" } end,
    SMEMBERS = function()
      local names = {}
      for name in pairs(campaigns) do names[#names + 1] = name end
      return names
    end,
    HGETALL = function(key)
      if key ~= keys.WORKERS then return list(campaigns[key:match "{(.*)}"] or {}) end
      local said = {}
      for name, facts in pairs(workers) do
        said[name] = ("%d %s"):format(NOW - (o.age and o.age[name] or 0), cjson.encode(facts))
      end
      return list(said)
    end,
    EXISTS = function(key) return o.dead and key == keys.worker(o.dead) and 0 or 1 end,
    XINFO = function() return { { "name", "all", "pending", o.under_way or 3 } } end,
  }
  return assert(status.look({ call = function(_, words) return answers[words[1]](words[2]) end }))
end

local function metric(text, line)
  assert.truthy(text:find("\n" .. line .. "\n", 1, true), line .. " is not in\n" .. text)
end

describe("the status of a fleet", function()
  it("has the rate of each campaign and its time to go, in every format", function()
    local found = look({ s = campaign(), t = campaign { complete = "0" } },
      { a = worker(), b = worker { target_rates = { s = 20, t = 7 } } })
    local s, t = found.campaigns[1], found.campaigns[2]
    assert.same({ 30, 20 }, { s.rate, s.eta })               -- 600 targets are left
    assert.same({ 7 }, { t.rate, t.eta })                    -- more may come
    local text = status_text.text(found)
    assert.truthy(text:find("30 targets/s, 20 s to go; 10 targets failed", 1, true), text)
    assert.truthy(text:find("  7 targets/s; 10 targets failed", 1, true), text)
    local json = cjson.decode(fleet.json(found))
    assert.same({ 30, 20 }, { json.campaigns[1].rate, json.campaigns[1].eta })
    text = status_text.prometheus(found)
    metric(text, 'mtr_fleet_targets_per_second{campaign="s"} 30')
    metric(text, 'mtr_fleet_eta_seconds{campaign="s"} 20')
    assert.falsy(text:find('eta_seconds{campaign="t"}', 1, true))
  end)

  it("counts the targets that are left from every vantage point", function()
    local found = look({ s = campaign { share = "all", points = "a,b,c" } }, { a = worker() })
    assert.equal((3000 - 400) / 10, found.campaigns[1].eta)
  end)

  it("counts no rates of the dead, and has no time to go without any", function()
    local found = look({ s = campaign() }, { a = worker() }, { dead = "a", age = { a = 90000 } })
    assert.same({ 0, nil }, { found.campaigns[1].rate, found.campaigns[1].eta })
  end)

  -- How worker a is said to be in each format.
  local function is(found, state, why, words)
    local w = found.workers[1]
    assert.same({ state, why, state == "slow", state ~= "dead" },
      { w.state, w.why, w.slow, w.alive })
    local text = status_text.text(found)
    assert.truthy(text:find("worker a: " .. words, 1, true), text)
    local json = cjson.decode(fleet.json(found)).workers[1]
    assert.same({ state, why }, { json.state, json.why })
    text = status_text.prometheus(found)
    metric(text, ('mtr_fleet_worker_alive{worker="a"} %d'):format(state ~= "dead" and 1 or 0))
    metric(text, ('mtr_fleet_worker_slow{worker="a"} %d'):format(state == "slow" and 1 or 0))
    metric(text, ('mtr_fleet_workers{state="%s"} 1'):format(state))
  end

  it("says who is alive, dead, and late with its sign of life", function()
    local one = { a = worker() }
    is(look({ s = campaign() }, one, { age = { a = 4000 } }), "alive", nil, "alive, 1 leases")
    is(look({ s = campaign() }, one, { age = { a = 5000 } }), "slow",
      "no sign of life for 5 s", "slow (no sign of life for 5 s), 1 leases")
    is(look({ s = campaign() }, one, { age = { a = 50000 }, dead = "a" }), "dead", nil,
      "dead since 50 s")
  end)

  it("says who sends far less than it may", function()
    is(look({ s = campaign() }, { a = worker { probe_rate = 25 } }), "alive", nil, "alive")
    is(look({ s = campaign() }, { a = worker { probe_rate = 24 } }), "slow",
      "24 probes/s, where it may send 100", "slow (24 probes/s, where it may send 100)")
  end)

  it("takes the lower one of the owner's rate and the campaign's", function()
    for _, case in ipairs { { 0, 400, 400 }, { 300, 0, 300 }, { 500, 400, 400 }, { 300, 400, 300 } }
    do
      local found = look({ s = campaign { rate = tostring(case[2]) } },
        { a = worker { probe_rate = 50, rate = case[1] } })
      assert.equal(("50 probes/s, where it may send %d"):format(case[3]), found.workers[1].why)
    end
  end)

  it("compares those without a rate with each other, if they are three", function()
    local function three(sent, n)
      local workers = {}
      for i = 1, n do
        workers[("abc"):sub(i, i)] = worker { rate = 0, probe_rate = i == 1 and sent or 1000 * i }
      end
      return look({ s = campaign() }, workers).workers[1].why
    end
    assert.equal("499 probes/s, where others send 2000", three(499, 3))
    assert.is_nil(three(501, 3))
    assert.is_nil(three(0, 2))
  end)

  for _, case in ipairs {
    { "in its first ten seconds", worker = { rates_over = 8 } },
    { "without targets under way", worker = { tracing = 0 } },
    { "that works for a campaign that is gone", worker = { campaign = "gone" } },
    { "while the campaign is paused", campaign = { state = "paused" } },
    { "while its results wait for a drain", campaign = { bytes = "1000" } },
    { "while the last leases are under way", under_way = 6 },
  } do
    it("does not judge the speed of a worker " .. case[1], function()
      local facts = case.worker or {}
      facts.probe_rate = 0
      local found = look({ s = campaign(case.campaign) }, { a = worker(facts) },
        { under_way = case.under_way })
      assert.equal("alive", found.workers[1].state)
    end)
  end

  it("shows from where workers probe, and what their owners allow", function()
    local text = status_text.text(look({}, { a = worker { place = "Amsterdam", version = "0.1.0",
      source4 = "192.0.2.7", source6 = "2001:db8::7", max_rate = 500, allow = { "icmp", "udp" },
      exclude = 12 } }))
    assert.equal([[
no campaigns
worker a (Amsterdam): alive, 1 leases, 2 done, 200 targets, 100 probes/s of 100
  from 192.0.2.7, 2001:db8::7; version 0.1.0; its owner allows 500 probes/s; only icmp, udp; ]]
      .. "excludes 12 prefixes\n", text)
  end)

  it("bears facts of any kind", function()
    local strange = { { 1 }, "\27[m", true, -1, "nan", cjson.null }
    for _, value in ipairs(strange) do
      local facts = {}
      for name in pairs(worker { place = 1, source4 = 1, source6 = 1, version = 1, max_rate = 1,
        allow = 1, exclude = 1 }) do facts[name] = value end
      local found = look({ s = campaign() }, { a = facts })
      for _, text in ipairs { status_text.text(found), status_text.prometheus(found) } do
        assert.falsy(text:gsub("\n", ""):find "[%c]", text)
      end
      cjson.decode(fleet.json(found))
    end
    assert.equal("alive", look({}, { a = { 1, 2 } }).workers[1].state)
  end)
end)
