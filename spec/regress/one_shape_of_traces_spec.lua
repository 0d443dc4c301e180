-- SPDX-License-Identifier: MIT
--
-- In hooks of mtr.trace trace.start was a function and trace.src nil, in those of a campaign a
-- number and an address.
local mtr = require "mtr"
local fields = require "mtr.record.fields"

local NET = {
  nodes = { me = "192.0.2.1", r1 = "198.18.0.1", web = "203.0.113.9" },
  links = { { "me", "r1", "web", delay = "1ms" } },
}

-- Of each field what kind of value it is to be in a hook of a trace that runs.
local KINDS = {
  engine = "table", handle = "number", target = "string", dst = "string", src = "string",
  protocol = "string", multipath = "string", sport = "number", dport = "number", flow = "number",
  size = "number", start = "number", duration = "number", first_ttl = "number",
  hop_count = "number", probe_count = "number", data = "string", state = "string",
  max_ttl = "number", window = "number", queries = "number", attempts = "number", tos = "number",
  timeout = "number", gap_limit = "number", loop_limit = "number",
}

-- Values that are of the trace alone, and the same as long as it is there.
local SAME = { "dst", "src", "protocol", "multipath", "sport", "dport", "flow", "size", "start",
  "first_ttl", "data", "target", "max_ttl", "window", "queries", "attempts", "tos", "timeout",
  "gap_limit", "loop_limit" }

local function shape(trace)
  local seen = {}
  for name in pairs(fields.trace) do
    local value = trace[name]
    if value then seen[name] = name == "engine" and {} or value end
  end
  seen.strategy, seen.options = nil, nil
  return seen
end

local function kinds(seen)
  local out = {}
  for name, value in pairs(seen) do out[name] = type(value) end
  return out
end

-- What the trace looks like wherever user code is given one, by the place.
local function look(options)
  local looks = {}
  local function note(place)
    return function(trace) looks[place] = looks[place] or shape(trace) end
  end
  options.protocol, options.port, options.data, options.size = "udp", 4000, "mine", 80
  options.on_probe, options.on_hop = note "on_probe", note "on_hop"
  options.on_reply, options.on_timeout = note "on_reply", note "on_timeout"
  return options, looks, note
end

local STRATEGY = {}
function STRATEGY.of(note)
  local s, sent = {}, 0
  function s.init(_, trace) note "init"(trace) end
  function s.next(_, _, trace)
    note "next"(trace)
    sent = sent + 1
    if sent > 2 then return nil end
    return { ttl = sent }
  end
  function s.on_reply(_, reply, trace)
    note "heard"(trace)
    if reply.final then return "stop", "completed" end
  end
  return s
end

local function by_trace(engine, options, looks, note)
  local trace
  options.on_hop = function(t) note "on_hop"(t) end
  trace = engine:trace("203.0.113.9", options, function(_, result)
    looks.result, looks.callback = result, shape(trace)
  end)
  looks.returned = shape(trace)
  engine:run()
end

local function by_campaign(engine, options, looks)
  assert(mtr.campaign { engine = engine, targets = { "203.0.113.9" }, trace = options,
    on_trace = function(result) looks.result = result:copy() end }:run())
end

describe("a trace has one shape", function()
  local engine
  before_each(function()
    engine = assert(mtr.engine { seed = 1, sim = NET })
  end)
  after_each(function() engine:close() end)

  for name, run in pairs { ["mtr.trace"] = by_trace, ["a campaign"] = by_campaign } do
    for _, own in ipairs { false, true } do
      it(("in %s%s"):format(name, own and " with a strategy" or ""), function()
        local options, looks, note = look {}
        if own then options.strategy = STRATEGY.of(note) end
        run(engine, options, looks, note)
        local result, places = looks.result, 0
        looks.result = nil
        assert.equal("completed", result.stop_reason)
        for place, seen in pairs(looks) do
          places = places + 1
          local over = place == "callback"
          if over then
            assert.same({ "completed", "done" }, { seen.stop_reason, seen.state })
            assert.equal(result, seen.result)
            seen.stop_reason, seen.stop_data, seen.result = nil, nil, nil
          else
            assert.equal("running", seen.state, place)
          end
          assert.same(KINDS, kinds(seen), place)
          for _, field in ipairs(SAME) do
            assert.equal(result[field], seen[field], place .. ": " .. field)
          end
        end
        assert.equal((own and 6 or 3) + (name == "mtr.trace" and 2 or 0), places)
        assert.same({ "192.0.2.1", 4000, 80 }, { result.src, result.dport, result.size })
      end)
    end
  end

  it("that tells how far it is", function()
    for _, run in ipairs { by_trace, by_campaign } do
      local options, looks, note = look { window = 1 }
      local hops, probes, before = {}, {}, -1
      options.on_reply = function(trace)
        hops[#hops + 1], probes[#probes + 1] = trace.hop_count, trace.probe_count
        assert(trace.duration > before)
        before = trace.duration
      end
      run(engine, options, looks, note)
      assert.same({ { 1, 2 }, { 2, 2 } }, { hops, probes })
    end
  end)

  it("and says why it ends", function()
    for _, run in ipairs { by_trace, by_campaign } do
      local options, looks, note = look {}
      local seen
      options.on_reply = function(trace)
        assert.is_nil(trace.stop_reason)
        trace:stop("gss", 7)
        seen = { trace.stop_reason, trace.stop_data }
      end
      run(engine, options, looks, note)
      assert.same({ "gss", 7 }, seen)
    end
  end)

  it("before its name is looked up: no fact is known yet", function()
    local trace = engine:trace("localhost", nil, function() end)
    assert.same({ "resolving", "localhost" }, { trace.state, trace.target })
    assert.same({}, { trace.dst, trace.src, trace.start, trace.flow, trace.handle })
    trace:stop()
    engine:run()
  end)

  it("and takes fields of one's own", function()
    local counts = {}
    local function count(trace, hop)
      trace.foo = hop.ttl == 1 and 1 or trace.foo + 1
      counts[#counts + 1] = trace.foo
    end
    assert(engine:trace("203.0.113.9", { on_hop = count }))
    assert.same({ 1, 2 }, counts)
  end)
end)
