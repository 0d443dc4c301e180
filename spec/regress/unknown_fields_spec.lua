-- SPDX-License-Identifier: MIT
--
-- Misspelled fields, such as result.hop_cuont and mtr.trce, were nil without an error.
local mtr = require "mtr"
local run = require "spec.support.harness.run"

describe("a field that there is not", function()
  teardown(function()
    mtr.strict(false)
    run.clean()
  end)

  local function result()
    local engine = assert(mtr.engine { seed = 1, sim = {
      nodes = { me = "192.0.2.1", web = "192.0.2.2" }, links = { { "me", "web" } } } })
    local found = assert(engine:trace "web")
    engine:close()
    return found
  end

  it("raises with the nearest name in strict mode", function()
    mtr.strict(true)
    local found = result()
    assert.error_matches(function() return found.hop_cuont end,
      'a result has no field "hop_cuont"; did you mean "hop_count"?', 1, true)
    assert.error_matches(function() return mtr.trce end,
      'mtr has no field "trce"; did you mean "trace"?', 1, true)
    assert.same({}, { found.error, found.data, found.flow_label, found.all_addresses })
    assert.is_string(found:json())
    mtr.strict(false)
    assert.is_nil(found.hop_cuont)
    assert.is_nil(mtr.trce)
  end)

  -- mtr.strategy.pmtuu was nil, and so the default strategy.
  for module, names in pairs { strategy = { "pmtuu", "pmtu" }, report = { "jsnol", "jsonl" },
    names = { "revers", "reverse" }, targets = { "fiel", "file" }, payloads = { "dnss", "dns" } } do
    it("of mtr." .. module .. " raises too", function()
      local wrong, right = unpack(names)
      assert.is_not_nil(mtr[module][right])
      mtr.strict(true)
      assert.error_matches(function() return mtr[module][wrong] end,
        ("mtr.%s has no field %q; did you mean %q?"):format(module, wrong, right), 1, true)
      mtr.strict(false)
      assert.is_nil(mtr[module][wrong])
    end)
  end

  -- What is looked at, how the error calls it, a wrong name, the nearest, and known names that are
  -- absent now.
  local HOP = { "a hop", "adr", "addr", { "skipped", "unanswered", "failed", "error" } }
  local REPLY = { "a reply", "icmp_tpye", "icmp_type", { "ext", "mss", "error", "timeout" } }
  local PROBE = { "a probe", "attmept", "attempt", { "error", "final", "addr", "icmp_code" } }
  local TRACE = { "a trace", "strat", "start", { "error", "result", "failure", "stop_reason" } }
  local RESULT = { "a result", "prob_count", "probe_count", { "error", "all_addresses", "mda" } }

  local function check(object, class)
    local what, wrong, near, absent = unpack(class)
    local ok, text = pcall(function() return object[wrong] end)
    assert.is_false(ok)
    assert.matches(("^%%S*unknown_fields_spec.lua:%%d+: %s has no field %q; did you mean %q%%?$")
      :format(what, wrong, near), text)
    assert.is_nil(object[1])
    assert.is_nil(object._internal)
    for _, name in ipairs(absent) do
      assert.is_nil(object[name], what .. ": " .. name)
    end
    mtr.strict(false)
    assert.is_nil(object[wrong])
    mtr.strict(true)
  end

  local function each(traced)
    local seen = {}
    local function look(object, class)
      seen[class[1]] = (seen[class[1]] or 0) + 1
      check(object, class)
      if class ~= TRACE then check(object:copy(), class) end
    end
    local options = { gap_limit = 1, timeout = 50, attempts = 1, window = 1 }
    function options.on_probe(trace, probe)
      look(trace, TRACE)
      look(probe, PROBE)
    end
    function options.on_timeout(_, probe) look(probe, PROBE) end
    function options.on_hop(_, hop) look(hop, HOP) end
    function options.on_reply(_, reply) look(reply, REPLY) end
    mtr.strict(true)
    local engine = assert(mtr.engine { seed = 1, sim = {
      nodes = { me = "192.0.2.1", r1 = { "198.18.0.1" }, r2 = { "198.18.0.2", silent = true },
        web = "192.0.2.2" }, links = { { "me", "r1", "r2", "web" } } } })
    local found = traced(engine, options, look)
    engine:close()
    assert.is_nil(found.error)
    assert.equal("gaplimit", found.stop_reason)
    check(found, RESULT)
    check(found.hops[1], HOP)
    check(found.hops[1].replies[1], REPLY)
    assert.truthy(seen["a hop"] == 2 and seen["a reply"] == 1 and seen["a probe"] == 3
      and seen["a trace"] == 2)
  end

  it("raises in all that hooks and results show", function()
    each(function(engine, options) return assert(engine:trace("192.0.2.2", options)) end)
  end)

  it("raises in all that a campaign shows", function()
    each(function(engine, options, look)
      local found
      assert(mtr.campaign { engine = engine, targets = { "192.0.2.2" }, trace = options,
        on_trace = function(ended)
          look(ended, RESULT)
          found = ended:copy()
        end }:run())
      return found
    end)
  end)

  it("raises in what single probes and strategies are given", function()
    mtr.strict(true)
    local engine = assert(mtr.engine { seed = 1, sim = {
      nodes = { me = "192.0.2.1", r1 = { "198.18.0.1", silent = true }, web = "192.0.2.2" },
      links = { { "me", "r1", "web" } } } })
    local reply = assert(engine:probe { dst = "192.0.2.2", ttl = 2 })
    assert.same({ "192.0.2.2", true }, { reply.dst, reply.final })
    check(reply, REPLY)
    local silence = assert(engine:probe { dst = "192.0.2.2", ttl = 1, timeout = 50 })
    assert.same({ "192.0.2.2", true }, { silence.dst, silence.timeout })
    assert.is_nil(silence.final)
    check(silence, PROBE)
    local ended = assert(engine:trace("192.0.2.2", { timeout = 50, strategy = function(trace)
      check(trace, TRACE)
      check(trace:probe { ttl = 1 }, PROBE)
      check(trace:probe { ttl = 2 }, REPLY)
      return "completed"
    end }))
    assert.same({ "completed" }, { ended.stop_reason, ended.error })
    engine:close()
  end)

  it("is not raised by fields of the user's own", function()
    mtr.strict(true)
    local engine = assert(mtr.engine { seed = 1, sim = {
      nodes = { me = "192.0.2.1", web = "192.0.2.2" }, links = { { "me", "web" } } } })
    local got
    local ended = assert(engine:trace("192.0.2.2", { on_hop = function(trace, hop)
      trace.foo = hop.ttl
      got = trace.foo
    end }))
    ended.note = "mine"
    assert.same({ 1, "mine" }, { got, ended.note })
    engine:close()
  end)

  it("raises in mtrlua", function()
    local got = run.run [["$MTR_PROGRAM" -e 'print(require("mtr").trce)']]
    assert.equal(1, got.status)
    assert.matches('did you mean "trace"', got.err)
  end)
end)
