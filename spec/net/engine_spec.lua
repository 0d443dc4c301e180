-- SPDX-License-Identifier: MIT
--
-- Engines on loopback: what they refuse and why, how a host program drives them, and that they
-- leave nothing behind.
local mtr = require "mtr"
local loopback = require "spec.support.real.loopback"

local describe = loopback.describe(describe, it, pending)

local TICK = 2 ^ 17 / 1e6              -- ms: a timer is at most so late (core/base/wheel.h)

local engine
local function open() engine = assert(mtr.engine { rate = "max" }) end
local function close() engine:close() end

describe("an environment error", function()
  before_each(open)
  after_each(close)

  -- target, options, name, and what else the message says
  for _, case in ipairs {
    { "no.such.invalid", {}, nil, 'name "no.such.invalid" not found' },
    { "224.0.0.1", {}, "EACCES", "allow_broadcast" },
    { "ff02::1%lo", {}, "EACCES", "allow_broadcast" },
    { "255.255.255.255", {}, "EACCES", "allow_broadcast" },
    { "127.0.0.1", { source = "203.0.113.77" }, "EADDRNOTAVAIL",
      "source 203.0.113.77 is not an address of this host" },
    { "127.0.0.1", { source = "::1" }, "EAFNOSUPPORT", "127.0.0.1 is not an IPv6 address" },
    { "::1", { family = 4 }, "EAFNOSUPPORT", "::1 is not an IPv4 address" },
    { "127.0.0.1", { interface = "nowhere0" }, "ENODEV", 'interface "nowhere0"' },
    { "fe80::1%nowhere0", {}, "ENODEV", 'zone in "fe80::1%nowhere0"' },
    { "fe80::1", {}, "EINVAL", "needs a zone" },
    { "127.0.0.1", { payload = ("x"):rep(65535) }, "EMSGSIZE", "payload" },
  } do
    local target, opts, name, text = unpack(case, 1, 4)
    it(("%s is given for %s"):format(name or "of the resolver", target), function()
      local result, message, got = engine:trace(target, opts)
      assert.is_nil(result)
      assert.equal(name or got, got)
      assert.truthy(message:find("^" .. got .. ": "), message)
      assert.truthy(message:find(text, 1, true), message)
      assert.equal(0, engine.work)
    end)
  end

  it("is given when too many traces are in flight", function()
    local small = assert(mtr.engine { max_traces = 1 })
    local port, close_port = loopback.silent_port()
    small:trace("127.0.0.1", { protocol = "udp", port = port }, function() end)
    local _, message, name = small:trace("127.0.0.1")
    assert.equal("EAGAIN", name)
    assert.truthy(message:find "max_traces")
    small:close()
    close_port()
  end)

  it("is returned when an engine cannot open", function()
    for name, opts in pairs {
      EADDRNOTAVAIL = { source4 = "203.0.113.77" }, ENODEV = { interface = "nowhere0" },
      ENOENT = { exclude = "/nonexistent/list" },
    } do
      local none, message, got = mtr.engine(opts)
      assert.is_nil(none)
      assert.equal(name, got)
      assert.truthy(message:find("^" .. name .. ": "))
    end
  end)
end)

describe("a caller's bug", function()
  before_each(open)
  after_each(close)

  it("is raised at the caller's line by every function that starts something", function()
    for _, fn in ipairs {
      function() local _ = engine:trace("::1", { max_tll = 1 }) end,
      function() local _ = mtr.trace("::1", { max_tll = 1 }) end,
      function() local _ = engine:trace("") end,
      function() local _ = engine:trace("::1", {}, "print") end,
      function() local _ = engine:trace("::1", { size = 21 }) end,
      function() local _ = engine:probe { dst = "::1", ttl = 0 } end,
      function() local _ = engine:probe { dst = "::1", ttl = 1, size = 21 } end,
      function() local _ = engine:hops("::1", { max_tll = 1 }) end,
      function() local _ = engine:hops("::1", { size = 21 }) end,
      function() local _ = mtr.engine { raet = 1 } end,
      function() local _ = mtr.engine { exclude = { "x" } } end,
      function() local _ = mtr.configure { raet = 1 } end,
      function() local _ = mtr.sleep "5" end,
      function() local _ = mtr.with_timeout("5", print) end,
      function() local _ = engine:set_rate "often" end,
    } do
      local line = debug.getinfo(fn, "S").linedefined
      local ok, message = pcall(fn)
      assert.is_false(ok)
      assert.truthy(message:find("engine_spec.lua:" .. line .. ": %l[%l_]+: %a"), message)
    end
    mtr.default():close()
  end)

  it("that the library finds is raised without the text of the errno", function()
    local ok, message = pcall(engine.trace, engine, "127.0.0.1", { size = 21 })
    assert.is_false(ok)
    assert.truthy(message:find "trace: size must be %d+%.%.%d+ .*got 21$")
  end)
end)

describe("names", function()
  before_each(open)
  after_each(close)

  it("are looked up", function()
    local result = assert(engine:trace "localhost")
    assert.equal("localhost", result.target)
    assert.truthy(result.dst == "127.0.0.1" or result.dst == "::1")
  end)

  it("are looked up in the family that is asked for", function()
    assert.equal("127.0.0.1", assert(engine:trace("localhost", { family = 4 })).dst)
    assert.equal("127.0.0.1", assert(engine:trace("localhost", { source = "127.0.0.1" })).dst)
  end)

  it("never block the call", function()
    local got
    local trace = engine:trace("localhost", nil, function(_, result) got = result end)
    assert.equal("resolving", trace.state)
    assert.is_nil(trace.dst)
    engine:run()
    assert.equal("completed", got.stop_reason)
  end)

  it("need not be waited for: a trace may be stopped during the lookup", function()
    local got
    local trace = engine:trace("localhost", nil, function(...) got = { ... } end)
    trace:stop()
    assert.is_nil(got)
    engine:run()
    assert.same({ "ECANCELED: stopped while its name was looked up" }, got)
  end)

  it("need not be waited for: the engine may be closed during the lookup", function()
    local got
    engine:trace("localhost", nil, function(problem) got = problem end)
    engine:close()
    assert.truthy(got:find "^ECANCELED: ")
  end)
end)

describe("the exclude list", function()
  it("is never sent to", function()
    engine = assert(mtr.engine { exclude = { "127.0.0.0/8" } })
    local _, message, name = engine:trace "127.0.0.1"
    assert.equal("EACCES", name)
    assert.equal("EACCES: 127.0.0.1 is in the exclude list (127.0.0.0/8)", message)
    assert.equal("completed", engine:trace("::1").stop_reason)
    assert.equal(1, engine:stats().traces_started)
    engine:close()
  end)
end)

describe("a host with a loop of its own", function()
  before_each(open)
  after_each(close)

  it("needs one descriptor, timers included", function()
    local port, close_port = loopback.silent_port()
    local done = {}
    engine:trace("127.0.0.1", nil, function() done[#done + 1] = "answer" end)
    engine:trace("127.0.0.1", {
      protocol = "udp", port = port, timeout = "30ms", attempts = 1, max_ttl = 2,
    }, function() done[#done + 1] = "silence" end)
    engine:trace("localhost", nil, function() done[#done + 1] = "name" end)
    local turns = 0
    while #done < 3 do
      turns = turns + 1
      assert.is_true(loopback.readable(engine:fd(), 2000))
      engine:step()
      assert(turns < 100)
    end
    table.sort(done)
    assert.same({ "answer", "name", "silence" }, done)
    -- What comes late is read, and then there is nothing more.
    turns = 0
    repeat
      turns = turns + 1
      engine:step()
    until turns == 100 or not loopback.readable(engine:fd(), 20)
    assert.is_false(loopback.readable(engine:fd(), 20))
    close_port()
  end)

  -- The time told is never past the deadline, but it may be before it: then a step changes nothing
  -- and the next one is told. A host that has only a clock gets there in a few turns.
  it("learns when it has to step the engine next", function()
    assert.is_nil(engine:timeout())
    assert.equal(-1, engine:timeout_ms())
    local port, close_port = loopback.silent_port()
    local result
    engine:trace("127.0.0.1", {
      protocol = "udp", port = port, timeout = "700ms", attempts = 1, max_ttl = 1,
    }, function(_, told) result = told end)
    engine:step()
    local sleeps, turns = 0, 0
    while not result do
      local ms, seconds = engine:timeout_ms(), engine:timeout()
      assert.truthy(ms >= 0 and ms <= 700 + TICK and seconds >= 0 and seconds * 1000 <= ms, ms)
      if ms >= 1 then sleeps = sleeps + 1 end
      loopback.sleep(ms)
      engine:step()
      turns = turns + 1
      assert(turns < 50)
    end
    assert.truthy(sleeps > 0)
    assert.equal("hoplimit", result.stop_reason)
    assert.truthy(result.duration >= 700)
    assert.is_nil(engine:timeout())
    close_port()
  end)

  it("may be cqueues or luasocket", function()
    assert.equal(engine:fd(), engine:pollfd())
    assert.equal(engine:fd(), engine:getfd())
    assert.equal("r", engine:events())
    assert.is_false(engine:dirty())
  end)

  it("has its tasks run after the step that woke them", function()
    local task = engine:go(function() return engine:trace("127.0.0.1").stop_reason end)
    while not task.done do
      assert.is_true(loopback.readable(engine:fd(), 2000))
      engine:step()
    end
    assert.equal("completed", task:wait())
  end)
end)

describe("engines", function()
  it("live side by side", function()
    local tasks, engines = {}, {}
    for i = 1, 3 do
      engines[i] = assert(mtr.engine { rate = "max" })
      tasks[i] = mtr.go(function() return engines[i]:trace("127.0.0.1").stop_reason end)
    end
    assert.is_true(mtr.wait_all(tasks))
    for _, one in ipairs(engines) do
      assert.equal(1, one:stats().traces_done)
      one:close()
    end
  end)

  it("end their open traces as halted when they are closed", function()
    open()
    local port, close_port = loopback.silent_port()
    local got = {}
    for i = 1, 20 do
      engine:trace("127.0.0.1", { protocol = "udp", port = port }, function(problem, result)
        got[i] = problem or result.stop_reason
        assert.is_nil((engine:trace "127.0.0.1"))
      end)
    end
    local waiting = mtr.go(function()
      return engine:trace("127.0.0.1", { protocol = "udp", port = port }).stop_reason
    end)
    engine:close()
    assert.equal(20, #got)
    for _, reason in ipairs(got) do assert.equal("halted", reason) end
    assert.equal("halted", waiting:wait())
    close_port()
  end)

  it("raise an error when they are used after they were closed", function()
    open()
    engine:close()
    assert.is_true(engine:close())
    local _, message, name = engine:trace "127.0.0.1"
    assert.same({ "ESHUTDOWN: the engine is closed", "ESHUTDOWN" }, { message, name })
    local calls = 0
    assert.is_nil((engine:trace("127.0.0.1", nil, function() calls = calls + 1 end)))
    assert.equal(0, calls)
    mtr.run()
    assert.equal(1, calls)
    for _, method in ipairs { "step", "run", "fd", "timeout", "stats", "transport" } do
      assert.has_error(function() engine[method](engine) end)
    end
  end)

  it("report their transport and count everything", function()
    local lines = {}
    engine = assert(mtr.engine { transport = "raw", log = function(level, text)
      lines[#lines + 1] = level .. " " .. text
    end })
    local transport = engine:transport()
    assert.equal("raw", transport.name)
    for _, name in ipairs { "icmp", "udp", "tcp", "ipv4", "ipv6", "quote", "ext", "flow" } do
      assert.is_true(transport.capabilities[name], name)
    end
    assert.equal("asked for", transport.why)
    assert.same({ "info transport raw: asked for" }, lines)
    -- One probe: of several, as many may be answered before the trace ends as have left by then.
    engine:trace("127.0.0.1", { max_ttl = 1 })
    local stats = engine:stats()
    assert.equal(1, stats.traces_done)
    assert.equal(1, stats.replies)
    assert.equal(1, stats.probes_sent)
    assert.truthy(stats.memory > 0 and stats.steps > 0)
    engine:close()
  end)

  it("leave no descriptor and no trace when they are closed", function()
    collectgarbage()
    local before = loopback.descriptors()
    for i = 1, 10 do
      open()
      for _ = 1, 20 do engine:trace("127.0.0.1", nil, function() end) end
      if i % 2 == 0 then
        engine:run()
        local stats = engine:stats()
        assert.same({ 0, 0 }, { stats.traces, stats.probes })
      end
      engine:close()
    end
    assert.equal(before, loopback.descriptors())
  end)

  it("keep nothing of traces that have ended", function()
    engine = assert(mtr.engine { rate = "max", late_window = 0 })
    local function run(n)
      for _ = 1, n do
        for _ = 1, 100 do engine:trace("127.0.0.1", nil, function(_, result) return result end) end
        engine:run()
      end
      collectgarbage()
      collectgarbage()
      return collectgarbage "count", engine:stats().memory
    end
    run(5)
    local lua, slabs = run(5)
    local lua_later, slabs_later = run(20)
    assert.truthy(lua_later < lua + 64, lua_later - lua)
    assert.equal(slabs, slabs_later)
    engine:close()
  end)
end)
