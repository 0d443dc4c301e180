-- SPDX-License-Identifier: MIT
--
-- The Lua API on loopback: when hooks are called, what is raised and what is returned.
local mtr = require "mtr"
local cjson = require "cjson"
local loopback = require "spec.support.real.loopback"

local describe = loopback.describe(describe, it, pending)

local engine, reports, port, close_port

local function prepare()
  engine = assert(mtr.engine { transport = "raw", rate = "max" })
  reports = {}
  mtr.on_error(function(text) reports[#reports + 1] = text end)
  port, close_port = loopback.silent_port()
end

-- Nothing is left of anything when a test has ended.
local function finish()
  mtr.on_error(nil)
  close_port()
  if not engine.closed then
    local stats = engine:stats()
    assert.same({ 0, 0 }, { stats.traces, engine.work })
    engine:close()
  end
end

-- Options of a trace that nobody answers.
local function silence(more)
  local opts = { protocol = "udp", port = port, timeout = "10s" }
  for name, value in pairs(more or {}) do opts[name] = value end
  return opts
end

describe("trace with a callback", function()
  before_each(prepare)
  after_each(finish)

  it("returns at once and calls once, from a later step", function()
    local calls, got = 0, nil
    local trace = engine:trace("127.0.0.1", nil, function(problem, result)
      calls = calls + 1
      got = { problem, result }
    end)
    assert.equal("running", trace.state)
    assert.equal("127.0.0.1", trace.dst)
    assert.equal(0, calls)
    engine:run()
    assert.equal(1, calls)
    assert.is_nil(got[1])
    assert.equal("completed", got[2].stop_reason)
    assert.equal("done", trace.state)
    assert.equal(got[2], trace.result)
  end)

  it("calls once, later, also with an error that it returned itself", function()
    local calls = {}
    local trace, message, name = engine:trace("224.0.0.1", nil, function(...)
      calls[#calls + 1] = { ... }
    end)
    assert.is_nil(trace)
    assert.equal("EACCES", name)
    assert.truthy(message:find "^EACCES: .*allow_broadcast")
    assert.same({}, calls)
    engine:run()
    assert.same({ { message } }, calls)
  end)

  it("builds no result for a callback that takes none", function()
    local trace = engine:trace("127.0.0.1", nil, function() end)
    engine:run()
    assert.equal("done", trace.state)
    assert.is_nil(trace.result)
  end)

  it("reports a callback that raises an error", function()
    engine:trace("127.0.0.1", nil, function() error "in callback" end)
    engine:run()
    assert.truthy(reports[1]:find "in callback")
  end)

  it("may start the next trace from it", function()
    local order = {}
    local function again(_, result)
      order[#order + 1] = result.stop_reason
      if #order < 3 then engine:trace("127.0.0.1", nil, again) end
    end
    engine:trace("127.0.0.1", nil, again)
    engine:run()
    assert.same({ "completed", "completed", "completed" }, order)
  end)
end)

describe("trace without a callback", function()
  before_each(prepare)
  after_each(finish)

  it("waits outside tasks", function()
    assert.equal("completed", engine:trace("127.0.0.1").stop_reason)
  end)

  it("waits in tasks, many at once", function()
    local tasks = {}
    for i = 1, 50 do
      tasks[i] = engine:go(function() return engine:trace("127.0.0.1", { data = i }) end)
    end
    assert.is_true(mtr.wait_all(tasks))
    for i, task in ipairs(tasks) do
      local result = task:wait()
      assert.equal("completed", result.stop_reason)
      assert.equal(i, result.data)
    end
  end)

  it("waits inside a generator of a task", function()
    local function targets()
      return mtr.coroutine.wrap(function()
        for _ = 1, 3 do coroutine.yield(engine:trace("127.0.0.1").dst) end
      end)
    end
    local task = engine:go(function()
      local seen = {}
      for dst in targets() do seen[#seen + 1] = dst end
      return #seen
    end)
    engine:run()
    assert.equal(3, task:wait())
  end)
end)

describe("hooks", function()
  before_each(prepare)
  after_each(finish)

  it("are called in the order of what happens, with borrowed objects", function()
    local log, kept = {}, {}
    engine:trace("127.0.0.1", {
      on_probe = function(trace, probe)
        log[#log + 1] = ("%s probe %d.%d"):format(trace.target, probe.ttl, probe.attempt)
      end,
      on_reply = function(_, reply)
        log[#log + 1] = ("reply %d %s %d"):format(reply.ttl, reply.addr, reply.icmp_type)
        kept.reply = reply:copy()
      end,
      on_hop = function(_, hop)
        log[#log + 1] = ("hop %d %s %d %s"):format(hop.ttl, hop.addr, #hop.replies, hop.addr_class)
        kept.hop = hop:copy()
      end,
      max_ttl = 1,
    })
    assert.same({ "127.0.0.1 probe 1.1", "reply 1 127.0.0.1 0", "hop 1 127.0.0.1 1 loopback" }, log)
    assert.equal(kept.hop.rtt, kept.reply.rtt)
    assert.same(kept.hop.replies[1], kept.reply)
    assert.is_true(kept.reply.final)
  end)

  it("are told of probes that nobody answered", function()
    local log = {}
    local result = engine:trace("127.0.0.1", silence {
      timeout = "20ms", max_ttl = 1, attempts = 2,
      on_timeout = function(_, probe) log[#log + 1] = probe.attempt end,
      on_hop = function(_, hop) log[#log + 1] = hop.addr or "silent" end,
    })
    assert.same({ 1, 2, "silent" }, log)
    assert.equal("hoplimit", result.stop_reason)
    assert.same({ ttl = 1, replies = {}, unanswered = 2 }, result.hops[1])
  end)

  for _, name in ipairs { "on_probe", "on_reply", "on_hop", "on_timeout" } do
    it(name .. " may stop its trace", function()
      local calls = 0
      local opts = name == "on_timeout" and silence { timeout = "10ms" } or {}
      opts[name] = function()
        calls = calls + 1
        return "stop"
      end
      local result = engine:trace("127.0.0.1", opts)
      assert.equal(1, calls)
      assert.equal("halted", result.stop_reason)
    end)

    it(name .. " that fails stops only its trace", function()
      local opts = name == "on_timeout" and silence { timeout = "10ms" } or {}
      opts[name] = function() error("bad " .. name) end
      local bad = engine:go(function() return engine:trace("127.0.0.1", opts) end)
      local good = engine:go(function() return engine:trace("127.0.0.1") end)
      assert.is_true(mtr.wait_all(bad, good))
      assert.equal("completed", good:wait().stop_reason)
      assert.equal("error", bad:wait().stop_reason)
      assert.truthy(bad:wait().error:find("bad " .. name .. "\nstack traceback:", 1, true))
      assert.same({ bad:wait().error }, reports)
    end)
  end

  it("cannot wait, but may start tasks", function()
    local task
    local result = engine:trace("127.0.0.1", { on_hop = function()
      task = mtr.go(function() return engine:trace("127.0.0.1").stop_reason end)
      mtr.sleep(1)
    end })
    assert.equal("error", result.stop_reason)
    assert.truthy(result.error:find "api_spec.lua:%d+: sleep: cannot wait inside a hook")
    assert.equal("completed", task:wait())
  end)

  it("cannot step their engine, but may step another", function()
    local other = assert(mtr.engine())
    local result = engine:trace("127.0.0.1", { on_hop = function()
      other:step()
      engine:step()
    end })
    assert.truthy(result.error:find "api_spec.lua:%d+: step: called inside a hook of this engine")
    other:close()
  end)

  it("may close the engine, when the step is over", function()
    local reasons = {}
    engine:trace("127.0.0.1", silence(), function(_, result) reasons[1] = result.stop_reason end)
    engine:trace("127.0.0.1", { on_hop = function()
      engine:close()
      assert.is_false(engine.closed)
    end }, function(_, result) reasons[2] = result.stop_reason end)
    mtr.run()
    assert.is_true(engine.closed)
    assert.same({ "halted", "completed" }, reasons)
    assert.same({}, reports)
  end)
end)

describe("hops", function()
  before_each(prepare)
  after_each(finish)

  it("are given as they settle, and may be kept", function()
    local seen = {}
    local hops = engine:hops("127.0.0.1")
    for hop in hops do seen[#seen + 1] = hop end
    assert.equal(1, #seen)
    assert.equal("127.0.0.1", seen[1].addr)
    assert.equal("completed", hops.result.stop_reason)
    assert.equal(seen[1].rtt, hops.result.hops[1].rtt)
  end)

  it("work in tasks, with a hook besides", function()
    local calls = 0
    local task = engine:go(function()
      local n = 0
      local opts = { on_hop = function() calls = calls + 1 end }
      for hop in engine:hops("::1", opts) do n = n + hop.ttl end
      return n
    end)
    engine:run()
    assert.same({ 1, 1 }, { task:wait(), calls })
  end)

  it("stop their trace when the loop is left early", function()
    local opts = silence {
      timeout = "20ms", attempts = 1, gap_limit = 0, window = 1, max_ttl = 255,
    }
    for hop in engine:hops("127.0.0.1", opts) do
      if hop.ttl == 2 then break end
    end
    for _ = 1, 3 do collectgarbage() end
    engine:run()
    assert.truthy(engine:stats().probes_sent < 8)
  end)

  it("may be stopped at once", function()
    local hops = engine:hops("127.0.0.1", silence())
    hops:stop()
    assert.is_nil(hops())
    assert.equal("halted", hops.result.stop_reason)
  end)

  it("raise an error, because a for loop cannot return one", function()
    local ok, problem = pcall(function()
      for _ in engine:hops("224.0.0.1") do error "never" end
    end)
    assert.is_false(ok)
    assert.truthy(problem:find "api_spec.lua:%d+: hops: EACCES: ")
  end)
end)

describe("probe", function()
  before_each(prepare)
  after_each(finish)

  for _, case in ipairs {
    { "127.0.0.1", "icmp", "icmp_type", 0 }, { "::1", "icmp", "icmp_type", 129 },
    { "127.0.0.1", "udp", "icmp_code", 3 }, { "::1", "udp", "icmp_code", 4 },
    { "127.0.0.1", "tcp", "tcp_flags", 0x14 }, { "::1", "tcp", "tcp_flags", 0x14 },
  } do
    local dst, protocol, field, value = unpack(case)
    it(("over %s to %s gives the reply"):format(protocol, dst), function()
      local reply = assert(engine:probe {
        dst = dst, ttl = 5, protocol = protocol, port = protocol ~= "icmp" and 9 or nil,
      })
      assert.equal(value, reply[field])
      assert.same({ dst, dst, 5, true }, { reply.addr, reply.dst, reply.ttl, reply.final })
      assert.is_nil(reply.timeout)
    end)
  end

  it("returns a probe without an answer as data, not as an error", function()
    local reply = assert(engine:probe(silence { dst = "127.0.0.1", ttl = 3, timeout = "20ms" }))
    assert.is_true(reply.timeout)
    assert.is_nil(reply.addr)
    assert.equal(3, reply.ttl)
  end)

  it("calls back once, later", function()
    local got = {}
    engine:probe({ dst = "127.0.0.1", ttl = 1 }, function(...) got[#got + 1] = { ... } end)
    assert.same({}, got)
    engine:run()
    assert.equal(1, #got)
    assert.equal("127.0.0.1", got[1][2].addr)
  end)

  it("gives an error to its callback", function()
    local got
    engine:probe({ dst = "no.such.invalid", ttl = 1 }, function(problem) got = problem end)
    engine:run()
    assert.truthy(got:find '^%u+: name "no.such.invalid" not found: ')
  end)

  it("needs a target and a TTL", function()
    assert.has_error(function() engine:probe { ttl = 1 } end,
      "probe: dst must be an address or a name, got nil")
    assert.has_error(function() engine:probe { dst = "::1" } end,
      "probe: ttl must be 1..255, got nil")
    assert.has_error(function() engine:probe() end, "probe: options must be a table, got nil")
  end)
end)

describe("a result", function()
  before_each(prepare)
  after_each(finish)

  it("says what the trace was", function()
    local r = engine:trace("127.0.0.1", { protocol = "tcp", port = 9, first_ttl = 3, data = print })
    for field, value in pairs {
      type = "trace", version = "2", transport = "raw", protocol = "tcp", multipath = "paris",
      src = "127.0.0.1", dst = "127.0.0.1", target = "127.0.0.1", dport = 9, flow = 0,
      stop_reason = "completed", stop_data = 0, first_ttl = 3, hop_count = 3, data = print,
    } do
      assert.equal(value, r[field], field)
    end
    assert.truthy(math.abs(r.start - os.time()) < 5 and r.duration < 5000 and r.probe_count >= 1)
    assert.same({ ttl = 1, skipped = true, replies = {} }, r.hops[1])
    assert.equal("127.0.0.1", r.hops[3].addr)
    assert.is_nil(r.flow_label)
    assert.is_nil(rawget(r, "_events"))
  end)

  it("of IPv6 has the flow label", function()
    assert.equal(77, engine:trace("::1", { flow_label = 77 }).flow_label)
  end)

  it("is one line of JSON, in a constant order", function()
    local r = engine:trace("::1", { protocol = "udp", first_ttl = 2, data = { 1 } })
    local text = r:json()
    assert.is_nil(text:find "\n")
    assert.truthy(text:find '^{"type":"trace","version":"2","transport":"raw","protocol":"udp",')
    assert.equal(text, r:json())
    assert.same({ 1 }, r.data)
    local back = cjson.decode(text)
    assert.is_nil(back.data)
    assert.equal(r.hops[2].rtt, back.hops[2].rtt)
    assert.equal(r.hops[2].replies[1].quoted.size, back.hops[2].replies[1].quoted.size)
    assert.truthy(text:find '"hops":%[{"ttl":1,"skipped":true,"replies":%[%]}')
  end)

  it("of a trace that was halted at once is complete too", function()
    local result
    engine:trace("127.0.0.1", silence(), function(_, r) result = r end):stop("gss", 7)
    engine:run()
    assert.same({ "gss", 7, 0, {} },
      { result.stop_reason, result.stop_data, result.hop_count, result.hops })
    assert.same({}, cjson.decode(result:json()).hops)
  end)
end)
