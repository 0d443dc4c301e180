-- SPDX-License-Identifier: MIT
--
-- Probers: single probes by the thousand, each with its id, on loopback.
local mtr = require "mtr"
local loopback = require "spec.support.real.loopback"

local describe = loopback.describe(describe, it, pending)

local engine, reports, port, close_port

local function prepare(opts)
  opts = opts or {}
  opts.rate = "max"
  engine = assert(mtr.engine(opts))
  reports = {}
  mtr.on_error(function(text) reports[#reports + 1] = text end)
  port, close_port = loopback.silent_port()
end

local function finish()
  mtr.on_error(nil)
  close_port()
  if not engine.closed then
    while engine:step() > 0 do end
    local stats = engine:stats()
    assert.same({ 0, 0, 0 }, { stats.traces, stats.probes, engine.work })
    engine:close()
  end
end

-- A prober that notes what it is told: { hook, id, field of the object }.
local function noting(dst, opts)
  local told = {}
  opts = opts or {}
  opts.on_probe = opts.on_probe ~= false
    and function(_, probe, id) told[#told + 1] = { "probe", id, probe.ttl } end or nil
  opts.on_reply = function(_, reply, id) told[#told + 1] = { "reply", id, reply.addr } end
  opts.on_timeout = function(_, probe, id) told[#told + 1] = { "timeout", id, probe.error } end
  return assert(engine:prober(dst, opts)), told
end

describe("prober", function()
  before_each(function() prepare() end)
  after_each(finish)

  for _, case in ipairs {
    { "127.0.0.1", {} }, { "::1", {} }, { "127.0.0.1", { protocol = "udp" } },
    { "::1", { protocol = "udp" } }, { "127.0.0.1", { protocol = "tcp", port = 1 } },
    { "::1", { protocol = "tcp", port = 1 } }, { "127.0.0.1", { size = 9000, fill = 85 } },
    { "127.0.0.1", { protocol = "udp", source_port = 4321, tos = 16, source = "127.0.0.5" } },
  } do
    local dst, opts = unpack(case)
    local name = ("gets answers from %s, %s"):format(dst, opts.protocol or "icmp")
    it(name, function()
      local prober, told = noting(dst, opts)
      assert.same({ 7, 8 }, { prober:send(1, 7), prober:send(255, 8) })
      assert.equal(2, prober.outstanding)
      engine:run()
      assert.same({ 0, engine, dst }, { prober.outstanding, prober.engine, prober.dst })
      table.sort(told, function(a, b) return a[1] .. a[2] < b[1] .. b[2] end)
      assert.same({ { "probe", 7, 1 }, { "probe", 8, 255 }, { "reply", 7, dst },
        { "reply", 8, dst } }, told)
      prober:close()
    end)
  end

  it("gives each probe an id, or takes any value as its id", function()
    local prober, told = noting("127.0.0.1", { on_probe = false })
    local one, two, table_id = prober:send(1), prober:send(1), {}
    assert.is_true(type(one) == "number" and one ~= two)
    assert.equal(table_id, prober:send(1, table_id))
    assert.equal("same", prober:send(1, "same"))
    assert.equal("same", prober:send(1, "same"))
    engine:run()
    local ids = {}
    for i, note in ipairs(told) do ids[i] = note[2] end
    assert.same({ one, two, table_id, "same", "same" }, ids)
    prober:close()
  end)

  it("reports unanswered probes in the order of sending", function()
    local prober, told = noting("127.0.0.1",
      { protocol = "udp", port = port, timeout = 30, on_probe = false })
    for id = 1, 100 do prober:send(1, id) end
    engine:run()
    assert.equal(100, #told)
    for id, note in ipairs(told) do assert.same({ "timeout", id }, note) end
    prober:close()
  end)

  it("needs no hooks", function()
    local prober = assert(engine:prober("127.0.0.1"))
    prober:send(1)
    prober:send(2)
    engine:run()
    assert.equal(0, prober.outstanding)
    assert.equal(2, engine:stats().replies)
    prober:close()
  end)

  it("keeps nothing of probes that have ended", function()
    local prober = noting("127.0.0.1", { on_probe = false })
    for _ = 1, 20 do
      for id = 1, 500 do assert(prober:send(1, id)) end
      engine:run()
    end
    for _, room in pairs(engine.rooms) do
      for place, id in pairs(room.id) do assert.same({ false, 0 }, { id, room.handle[place] }) end
    end
    assert.equal(10000, engine:stats().replies)
    prober:close()
  end)

  it("sends along other paths when asked", function()
    local flows = {}
    local prober = assert(engine:prober("127.0.0.1", { protocol = "tcp", port = 1,
      on_reply = function(_, reply, id) flows[id] = reply.flow end }))
    for flow = 0, 20 do prober:send(1, flow, flow) end
    engine:run()
    for flow = 0, 20 do assert.equal(flow, flows[flow]) end
    prober:close()
  end)

  it("checks its options, and names the caller's line", function()
    for opts, message in pairs {
      [{ protocl = "udp" }] = 'unknown option "protocl"; did you mean "protocol"',
      [{ fill = 256 }] = "fill must be 0..255, got 256",
      [{ on_hop = print }] = 'unknown option "on_hop"',
      [{ size = 20 }] = "size must be",
    } do
      local ok, problem = pcall(function() engine:prober("127.0.0.1", opts) end)
      assert.is_false(ok)
      assert.truthy(problem:find "prober_spec.lua:%d+: prober: ", problem)
      assert.truthy(problem:find(message, 1, true), problem)
    end
    assert.has_error(function() engine:prober "localhost" end)
    assert.has_error(function() engine:prober(nil) end)
    local prober = assert(engine:prober "127.0.0.1")
    for _, ttl in ipairs { 0, 256, -1, "1", false } do
      assert.has_error(function() prober:send(ttl) end)
    end
    prober:close()
  end)

  it("returns the error that keeps it from starting", function()
    for name, case in pairs {
      EACCES = { "224.0.0.1" }, EADDRNOTAVAIL = { "127.0.0.1", { source = "192.0.2.1" } },
      EAFNOSUPPORT = { "127.0.0.1", { source = "::1" } }, ENODEV = { "::1", { interface = "no0" } },
    } do
      local prober, message, code = engine:prober(case[1], case[2])
      assert.is_nil(prober)
      assert.equal(name, code, message)
    end
    assert.same({ nil, "EAFNOSUPPORT: 127.0.0.1 is not an IPv6 address, as option family wants",
      "EAFNOSUPPORT" }, { engine:prober("127.0.0.1", { family = 6 }) })
  end)

  it("obeys the engine's exclude list", function()
    engine:close()
    close_port()
    prepare { exclude = { "127.0.0.0/8" } }
    assert.equal("EACCES", select(3, engine:prober "127.0.0.1"))
  end)

  it("reports an error raised by a hook, and closes", function()
    local prober = assert(engine:prober("127.0.0.1", { on_reply = function() error "oops" end }))
    prober:send(1)
    prober:send(1)
    engine:run()
    assert.truthy(reports[1]:find "oops")
    assert.same({ 1, false }, { #reports, prober.open })
    assert.equal("ECANCELED", select(3, prober:send(1)))
  end)

  it("closes when a hook returns stop, or when its close is called", function()
    local n = 0
    local prober = assert(engine:prober("127.0.0.1", { on_reply = function()
      n = n + 1
      return "stop"
    end }))
    for _ = 1, 5 do prober:send(1) end
    engine:run()
    assert.same({ 1, false }, { n, prober.open })
    prober:close()
    local silent = assert(engine:prober("127.0.0.1", { protocol = "udp", port = port,
      on_timeout = function() n = n + 1 end }))
    silent:send(1)
    engine:step()
    silent:close()
    engine:run()
    assert.equal(1, n)
  end)

  it("finishes after its last answer", function()
    local n = 0
    local prober = assert(engine:prober("127.0.0.1", { on_reply = function() n = n + 1 end }))
    for _ = 1, 5 do prober:send(1) end
    prober:finish()
    assert.is_true(prober.open)
    engine:run()
    assert.same({ 5, false }, { n, prober.open })
    local idle = assert(engine:prober "127.0.0.1")
    idle:finish()
    assert.is_false(idle.open)
  end)

  it("may send again from its hooks", function()
    local left = 1000
    local prober = assert(engine:prober("127.0.0.1", { on_reply = function(self)
      left = left - 1
      if left > 0 then self:send(1) end
    end }))
    prober:send(1)
    engine:run()
    assert.equal(0, left)
    prober:close()
  end)

  it("ends when its engine closes", function()
    local prober = assert(engine:prober("127.0.0.1", { protocol = "udp", port = port }))
    prober:send(1)
    engine:close()
    assert.is_false(prober.open)
    assert.equal("ESHUTDOWN", select(3, engine:prober "127.0.0.1"))
  end)
end)

describe("a prober's room", function()
  after_each(finish)

  it("is all the room that the engine has", function()
    prepare { max_probes = 80000, late_window = 0 }
    local prober, sent, n, name
    -- Fills the room with probes that end so much later; false if the first ended before.
    local function filled(timeout)
      sent, n, name = 0, 0, nil
      prober = assert(engine:prober("127.0.0.1", {
        protocol = "udp", port = port, timeout = timeout,
        on_timeout = function() n = n + 1 end,
      }))
      while not name and n == 0 do
        local id, _, why = prober:send(1)
        name = why
        if id then sent = sent + 1 end
        if sent % 64 == 0 then engine:step() end
      end
      if name then return true end
      prober:close()
      engine:run()
    end
    assert(filled(2000) or filled(10000) or filled(50000), "probes end faster than they are sent")
    assert.equal("EAGAIN", name)
    assert.is_true(sent >= 80000, sent)
    engine:run()
    assert.equal(sent, n)
    assert(prober:send(1))
    prober:close()
  end)
end)
