-- SPDX-License-Identifier: MIT
--
-- What a watcher tells over simulated networks, and what not. A network does not change while an
-- engine uses it; so the watcher ends, and goes on over another network from its state.
local mtr = require "mtr"
local run = require "spec.support.harness.run"
local simulated = require "spec.support.virtual.simulated"

-- A network: a chain of nodes to the target, some of them several side by side: "fork/spoon".
local ADDRS = { first = "10.0.0.1", left = "10.0.1.1", right = "10.0.2.1", more = "10.0.3.1",
  last = "10.0.9.1" }

local function net(chain, more)
  local nodes, links, before = { me = "192.0.2.1" }, {}, { "me" }
  more = more or {}
  for word in chain:gmatch "%S+" do
    local here = {}
    for name in word:gmatch "[^/]+" do
      here[#here + 1] = name
      nodes[name] = name == "web" and { "203.0.113.9" }
        or { ADDRS[name], balance = more.balance, silent = name == more.silent or nil }
      for _, from in ipairs(before) do
        links[#links + 1] = { from, name, delay = more.delay or "1ms", jitter = "0.1ms" }
      end
    end
    before = here
  end
  return mtr.sim { nodes = nodes, links = links }
end

local state = 0

-- Watches over one network after the other; returns the events behind the first, as texts.
local function watch(phases, opts)
  state = state + 1
  local path, told, probes = ("%s/state%d"):format(run.dir(), state), {}, {}
  for i, phase in ipairs(phases) do
    local engine = assert(mtr.engine { sim = phase.net, seed = phase.seed or 1 })
    local given = { targets = { "203.0.113.9" }, every = "10s", rounds = phase.rounds or 3,
      state = path, engine = engine, trace = { timeout = "500ms", gap_limit = 3 },
      on_event = function(event) told[#told + 1] = event end }
    for name, value in pairs(opts or {}) do given[name] = value end
    local watcher = assert(mtr.watch(given))
    mtr.go(function() assert(watcher:run()) end)
    engine:run()
    probes[i] = watcher.subjects[1].probes
    engine:close()
  end
  assert.equal("first", table.remove(told, 1).event)
  return told, probes
end

-- Events as texts.
local function texts(events)
  local list = {}
  for i, event in ipairs(events) do
    list[i] = mtr.event_line(event):match "^%S+ %S+ 203%.0%.113%.9: (.*)\n$"
  end
  return list
end

local STRAIGHT = net "first left last web"
local MOVED = net "first right last web"

describe("a watcher", function()
  teardown(run.clean)

  it("tells nothing of a path that stays, with few probes", function()
    local told, probes = watch { { net = STRAIGHT, rounds = 20 } }
    assert.same({}, told)
    local learned = 4 * 6
    assert.is_true(probes[1] <= learned + 19 * 4, probes[1])
  end)

  it("tells which hops were added, removed and moved, once, and also when they come back",
    function()
      local told = watch { { net = STRAIGHT }, { net = MOVED }, { net = STRAIGHT },
        { net = net "first left more last web" }, { net = net "first last web" } }
      assert.same({
        "path changed: removed 10.0.1.1 hop 2, added 10.0.2.1 hop 2",
        "path changed: removed 10.0.2.1 hop 2, added 10.0.1.1 hop 2",
        "path changed: added 10.0.3.1 hop 3, moved 10.0.9.1 hop 3 to 4, "
          .. "moved 203.0.113.9 hop 4 to 5",
        "path changed: removed 10.0.1.1 hop 2, moved 10.0.9.1 hop 4 to 2, removed 10.0.3.1 hop 3, "
          .. "moved 203.0.113.9 hop 5 to 3",
      }, texts(told))
      assert.same({ "10.0.0.1", "10.0.1.1", "10.0.9.1", "203.0.113.9" }, told[1].before)
      assert.same({ "10.0.0.1", "10.0.2.1", "10.0.9.1", "203.0.113.9" }, told[1].path)
    end)

  for _, balance in ipairs { "flow", "packet" } do
    it("takes equal-cost alternatives for no change: by " .. balance, function()
      local phases = {}
      for seed = 1, 4 do
        phases[seed] = { net = net("first left/right last web", { balance = balance }), seed = seed,
          rounds = 10 }
      end
      assert.same({}, texts((watch(phases))))
    end)
  end

  it("learns an alternative later, when another flow still takes the old way", function()
    local before = net "first left last web"
    local after = {}
    for seed = 1, 6 do
      after[seed] = mtr.sim { seed = seed, nodes = { me = "192.0.2.1",
        first = { "10.0.0.1", balance = "flow" }, left = "10.0.1.1", right = "10.0.2.1",
        last = "10.0.9.1", web = "203.0.113.9" }, links = {
        { "me", "first", "left", "last", "web", delay = "1ms" }, { "first", "right", "last",
          delay = "1ms" } } }
    end
    local phases = { { net = before } }
    for seed = 1, 6 do phases[#phases + 1] = { net = after[seed] } end
    assert.same({}, texts((watch(phases, { flows = 16 }))))
  end)

  it("takes silence for no change", function()
    assert.same({}, texts((watch { { net = STRAIGHT },
      { net = net("first left last web", { silent = "left" }) }, { net = STRAIGHT } })))
  end)

  it("tells when a target is unreachable, after two rounds, and when it is back", function()
    local gone = mtr.sim { nodes = { me = "192.0.2.1", first = "10.0.0.1", left = "10.0.1.1",
      last = { "10.0.9.1" }, web = { "203.0.113.9", echo = false } }, links = {
      { "me", "first", "left", "last", "web", delay = "1ms" } } }
    assert.same({}, texts((watch { { net = STRAIGHT }, { net = gone, rounds = 1 },
      { net = STRAIGHT } })))
    local told = watch { { net = STRAIGHT }, { net = gone, rounds = 15 }, { net = STRAIGHT } }
    local list = texts(told)
    assert.equal("unreachable, last answer from 10.0.9.1 at hop 3", list[1])
    assert.truthy(list[2]:find "^reachable again after %-?%d+ s$")
    assert.equal(2, #list)
  end)

  it("tells a lasting shift of the RTT, and no other one", function()
    local told = watch { { net = STRAIGHT, rounds = 30 },
      { net = net("first left last web", { delay = "4ms" }), rounds = 30 } }
    assert.equal(1, #told)
    assert.truthy(texts(told)[1]:find "^RTT shifted from 8%.%d to 32%.%d ms$")
  end)

  it("tells once that a target cannot be traced", function()
    local engine = assert(mtr.engine { sim = STRAIGHT, exclude = { "203.0.113.9" } })
    local told = {}
    local watcher = assert(mtr.watch { targets = { "203.0.113.9" }, every = 10, rounds = 3,
      engine = engine, on_event = function(event) told[#told + 1] = event end })
    mtr.go(function() assert(watcher:run()) end)
    engine:run()
    engine:close()
    assert.equal(1, #told)
    assert.same({ "error", "203.0.113.9" }, { told[1].event, told[1].target })
  end)

  it("tells a state that cannot be written at once, without a trace", function()
    simulated.with(simulated.chain(2), function(engine)
      local watcher = assert(mtr.watch { targets = { "203.0.113.9" }, rounds = 1, engine = engine,
        state = run.dir() .. "/missing/state" })
      local ok, message, name = watcher:run()
      assert.same({ nil, "ENOENT", 0 }, { ok, name, engine:stats().probes_sent })
      assert.matches("^ENOENT: no such file or directory: saving the state [^\n]+$", message)
    end)
  end)

  it("refuses a state of other options, of something else, and cut off", function()
    local path = run.dir() .. "/other"
    local engine = assert(mtr.engine { sim = STRAIGHT })
    local function new(more)
      local opts = { targets = { "203.0.113.9" }, rounds = 1, engine = engine, state = path }
      for name, value in pairs(more or {}) do opts[name] = value end
      return mtr.watch(opts)
    end
    mtr.go(function() assert(assert(new()):run()) end)
    engine:run()
    local text = run.read(path)
    local watcher, message, name = new { flows = 2 }
    assert.same({ nil, "EPROTO" }, { watcher, name })
    assert.truthy(message:find("with flows 4, not with flows 2", 1, true))
    for _, wrong in ipairs { text:sub(1, -9), "[]", '{"state":"other"}', "" } do
      run.file("other", wrong)
      watcher, message, name = new()
      assert.same({ nil, "EPROTO" }, { watcher, name })
      assert.truthy(message:find("this is not the state of a watch", 1, true))
    end
    engine:close()
  end)

  it("says what is wrong with its options", function()
    for text, opts in pairs {
      ["watch: targets must be given"] = {},
      ["watch: unknown option \"evry\"; did you mean \"every\"?"] = { targets = {}, evry = 1 },
      ["trace: unknown option \"flwo\"; did you mean \"flow\"?"] = { targets = {},
        trace = { flwo = 1 } },
    } do
      local ok, message = pcall(mtr.watch, opts)
      assert.is_false(ok)
      assert.truthy(message:find(text, 1, true), message)
    end
    assert.same({ nil, "EINVAL: there are no targets to watch", "EINVAL" },
      { mtr.watch { targets = {} } })
  end)
end)
