-- SPDX-License-Identifier: MIT
--
-- A transport over a recording: which probe gets which reply, at what time, under which identity.
local run = require "spec.support.harness.run"
local tape = require "spec.support.virtual.tape"

local C, ffi = tape.C, tape.ffi
local EPERM, ENOENT, EAGAIN, EADDRINUSE, ENETUNREACH = 1, 2, 11, 98, 101
local CALL, NEVER = C.NET_CALL, 0x7fffffffffffffffLL
local SECOND = 1000000000

describe("replay", function()
  local net
  teardown(run.clean)

  local function open(t)
    local head
    net, head = assert(tape.open(t:bytes()))
    return head
  end
  -- A step that is due then; negative: a call.
  local function tick(due) net.ops.tick(net, due < 0 and due or due + tape.START) end
  local function at() return tape.after(net.at) end
  local function replies(n)
    local list = tape.receive(net, n)
    for i, r in ipairs(list) do list[i] = r.id end
    return list
  end
  after_each(function()
    if net then net.ops.close(net, nil) end
    net = nil
  end)

  local function one_reply()
    return tape.new():tick(100):send({ id = 7, handle = 70 }):tick(900):reply { id = 7, ip_id = 7 }
  end

  it("is what was recorded: name, capabilities, bases, time", function()
    local head = open(tape.new { name = "mtr-packet" })
    assert.same({ "mtr-packet", 5, 24576, 4000, 1, 0, 1000000000, 99 }, { ffi.string(net.ops.name),
      net.caps, net.port_base, net.echo_base, net.virtual, at(), tonumber(net.epoch),
      tonumber(head.seed) })
  end)

  it("sends a probe and gives its reply at the recorded times", function()
    open(one_reply())
    tick(0)
    assert.equal(100, at())
    local sent = tape.send(net)
    assert.same({ 110, 60, 0 }, { tape.after(sent.at), sent.size, sent.error })
    assert.equal(900, tape.after(net.ops.deadline(net)))
    assert.same({}, replies())
    tick(500)
    assert.equal(900, at())
    local list, more = tape.receive(net)
    assert.same({ 1, false, 895 }, { #list, more, tape.after(list[1].at) })
    assert.equal(NEVER, net.ops.deadline(net))
  end)

  it("gives replies the identity that the probe has now", function()
    open(one_reply())
    tick(0)
    tape.send(net, { id = 9, handle = 90 })
    tick(900)
    local r = tape.receive(net)[1]
    assert.same({ 9, 9, 24576, 0 }, { r.id, r.ip_id, r.sport, r.handle })
  end)

  it("keeps the round trip of a reply when its probe is sent later", function()
    open(one_reply())
    tick(100)
    tick(900)
    tick(2000 * SECOND)
    local sent = tape.send(net)
    assert.equal(2000 * SECOND + 10, tape.after(sent.at))
    assert.equal(2000 * SECOND + 800, tape.after(net.ops.deadline(net)))
    tick(2000 * SECOND + 800)
    assert.equal(2000 * SECOND + 795, tape.after(tape.receive(net)[1].at))
  end)

  it("answers the n-th of equal probes as the recorded n-th, and no more", function()
    open(tape.new():tick(100):send { id = 1 }:send({ id = 2 }, { error = EPERM }):send { id = 3 }
      :tick(200):reply { id = 3 }:reply { id = 1 })
    tick(0)
    assert.same({ 0, EPERM, 0 }, { tape.send(net, { id = 11 }).error,
      tape.send(net, { id = 12 }).error, tape.send(net, { id = 13 }).error })
    assert.equal(0, net.unreplayed)
    local sent = tape.send(net, { id = 14 })
    assert.same({ 1, 0, 60, 100 }, { net.unreplayed, sent.error, sent.size, tape.after(sent.at) })
    tick(200)
    assert.same({ 13, 11 }, replies())
  end)

  it("has no answer for a probe that differs in what a script decides", function()
    for name, value in pairs { dst = { 192, 0, 2, 8 }, src = { 192, 0, 2, 2 }, ttl = 2, size = 61,
      tos = 8, protocol = 6, sport = 24577, dport = 80, dont_fragment = 1, tcp_flags = 2,
      multipath = 2, interface = 3, mark = 4, fill = 5, family = 6 } do
      open(one_reply())
      tape.send(net, { [name] = value })
      assert.equal(1, net.unreplayed, name)
      net.ops.close(net, nil)
    end
    open(tape.new():tick(1):send { family = 6, flow_label = 1 }:send { protocol = 1, checksum = 5 })
    tape.send(net, { family = 6, flow_label = 2 })
    tape.send(net, { protocol = 1, checksum = 6 })
    local payload = ffi.new("uint8_t[1]", 7)
    tape.send(net, { family = 6, flow_label = 1, payload = payload, payload_size = 1 })
    assert.equal(3, net.unreplayed)
  end)

  it("does not compare what the engine decides", function()
    open(tape.new():tick(1):send { id = 1 }:send { id = 2, multipath = 1, dport = 4000 }
      :send { protocol = 1, sport = 4001 })
    tape.send(net, { id = 5, cookie = 6, handle = 7 })
    tape.send(net, { id = 6, multipath = 1, dport = 4001, sport = 9 })
    tape.send(net, { protocol = 1, sport = 4002 })
    assert.equal(0, net.unreplayed)
  end)

  it("gives due replies by time, then in file order, up to the number wanted", function()
    local t = tape.new():tick(10)
    for id = 1, 9 do t:send { id = id, ttl = id } end
    t:tick(20):reply { id = 5 }:tick(30):reply { id = 9 }:reply { id = 2 }:reply { id = 2 }
    t:tick(40):reply { id = 1 }
    open(t)
    tick(10)
    for id = 9, 1, -1 do tape.send(net, { id = 10 * id, ttl = id }) end
    tick(20)
    assert.same({ 50 }, replies())
    tick(30)
    local list, more = tape.receive(net, 2)
    assert.same({ 90, 20, true }, { list[1].id, list[2].id, more })
    list, more = tape.receive(net, 2)
    assert.same({ 1, 20, false }, { #list, list[1].id, more })
    tick(40)
    assert.same({ 10 }, replies())
  end)

  describe("knows the probe of a reply", function()
    -- two probes, a reply, and which probe it is about
    for name, case in pairs {
      ["by its handle"] = { { id = 1, handle = 5 }, { id = 1, handle = 6, ttl = 2 },
        { handle = 5, quoted_protocol = 0 }, 1 },
      ["by identity and port"] = { { id = 3, sport = 24577 }, { id = 3, sport = 24578 },
        { id = 3, sport = 24577 }, 1 },
      ["by the identity where the port was rewritten"] = { { id = 3 }, { id = 4, ttl = 2 },
        { id = 3, sport = 9 }, 1 },
      ["by the identification where nothing else was quoted"] = { { id = 3 }, { id = 4, ttl = 2 },
        { ip_id = 3, sport = 0 }, 1 },
      ["by the ports where there is no identity"] = { { id = 3, sport = 7 }, { id = 4, sport = 8 },
        { kind = C.WIRE_UDP_REPLY, sport = 7 }, 1 },
      ["by target and ports"] = { { id = 3, dst = { 192, 0, 2, 9 } }, { id = 4 },
        { kind = C.WIRE_UDP_REPLY, quoted_dst = { 192, 0, 2, 9 } }, 1 },
      ["as the latest of all that had the identity"] = { { id = 3, ttl = 4 }, { id = 3 },
        { id = 3 }, 2 },
    } do
      it(name, function()
        local first, second, reply, which = unpack(case)
        open(tape.new():tick(10):send(first):send(second):tick(20):reply(reply))
        tick(10)
        tape.send(net, which == 1 and second or first)
        assert.equal(NEVER, net.ops.deadline(net))
        tape.send(net, which == 1 and first or second)
        assert.equal(20, tape.after(net.ops.deadline(net)))
      end)
    end
  end)

  it("translates a quoted identification that was byte-swapped", function()
    open(tape.new():tick(10):send { id = 0x102 }:tick(20):reply { id = 0x102, ip_id = 0x201 })
    tick(10)
    tape.send(net, { id = 0x304 })
    tick(20)
    local r = tape.receive(net)[1]
    assert.same({ 0x304, 0x403 }, { r.id, r.ip_id })
  end)

  it("gives replies that match no probe at their own time, unchanged", function()
    open(tape.new():tick(10):send { id = 3 }:tick(20):reply { id = 77, sport = 1 }
      :reply { handle = 3 })
    assert.equal(20, tape.after(net.ops.deadline(net)))
    tick(10)
    tick(20)
    assert.same({ 77, 0 }, replies())
  end)

  it("reports losses at the time when they were noticed", function()
    open(tape.new():tick(10):loss { drops = 3, malformed = 4 }:tick(20):reply { id = 7 })
    tick(10)
    assert.same({}, replies())
    assert.same({ 3, 4 }, { net.drops, net.malformed })
    tick(20)
    assert.same({ 7 }, replies())
  end)

  it("answers for recorded routes again and again, and for no others", function()
    open(tape.new():tick(10):route(nil, { src = { 192, 0, 2, 1 } })
      :route(nil, { error = EPERM, why = "may not" }))
    local q = tape.question()
    assert.equal(0, net.ops.route(net, q))
    assert.same({ 192, 1 }, { q.src[0], q.src[3] })
    for _ = 1, 2 do
      q = tape.question()
      assert.equal(-EPERM, net.ops.route(net, q))
      assert.equal("may not", ffi.string(q.why))
    end
    for name, value in pairs { dst = { 192, 0, 2, 8 }, src = { 1 }, family = 6, protocol = 6,
      broadcast = 1, interface = 2, mark = 3 } do
      q = tape.question { [name] = value }
      assert.equal(-ENETUNREACH, net.ops.route(net, q), name)
      assert.truthy(ffi.string(q.why):find "no such target")
    end
  end)

  it("refuses the ports that were refused", function()
    open(tape.new():tick(10):port { protocol = 17, port = 53, error = EADDRINUSE })
    assert.same({ 0, 0, -EADDRINUSE, 0 }, { net.ops.reserve(net, 6, 53),
      net.ops.reserve(net, 17, 54), net.ops.reserve(net, 17, 53), net.ops.reserve(net, 17, 53) })
  end)

  it("answers for recorded names at the recorded time", function()
    open(tape.new():tick(10):name("a.example", 0, { 5, 6 }):tick(30)
      :name("b.example", 6, {}, EAGAIN))
    local v = ffi.new "struct net_route[64]"
    assert.equal(2, net.ops.resolve(net, "a.example", 0, v, 64))
    assert.same({ 10, 4, 5, 6 }, { tape.after(v[0].now), v[0].family, v[0].dst[3], v[1].dst[3] })
    assert.equal(-EAGAIN, net.ops.resolve(net, "b.example", 6, v, 64))
    assert.equal(30, tape.after(v[0].now))
    assert.equal(-ENOENT, net.ops.resolve(net, "b.example", 4, v, 64))
    assert.equal(-ENOENT, net.ops.resolve(net, "c.example", 0, v, 64))
  end)

  describe("time", function()
    before_each(function()
      open(tape.new():tick(100):tick(110, true):tick(120, true):tick(200):tick(300)
        :tick(5 * SECOND):tick(5 * SECOND + 7, true))
    end)

    it("goes on at a recorded call, and stands still elsewhere", function()
      tick(CALL)
      assert.equal(0, at())
      tick(0)
      local seen = { at() }
      for i = 2, 4 do
        tick(CALL)
        seen[i] = at()
      end
      assert.same({ 100, 110, 120, 120 }, seen)
    end)

    it("goes at a step to the next recorded step", function()
      tick(50)
      assert.equal(100, at())
      tick(100)
      assert.equal(200, at())
      tick(201)
      assert.equal(300, at())
    end)

    it("goes through recorded steps that are early, and the calls behind them", function()
      local seen = {}
      for i, due in ipairs { 290, CALL, CALL, 290, 290, CALL } do
        tick(due)
        seen[i] = at()
      end
      assert.same({ 100, 110, 120, 200, 300, 300 }, seen)
    end)

    it("meets a deadline exactly when no step was recorded for a second", function()
      for _ = 1, 3 do tick(350) end
      assert.equal(300, at())
      tick(350)
      assert.equal(350, at())
      tick(4 * SECOND)
      assert.equal(5 * SECOND, at())
      tick(CALL)
      assert.equal(5 * SECOND + 7, at())
      tick(3600 * SECOND - 1)
      assert.equal(3600 * SECOND - 1, at())
    end)

    it("never goes back, and stays when nothing is planned", function()
      for _ = 1, 3 do tick(250) end
      tick(20)
      assert.truthy(at() >= 300)
      local before = at()
      net.ops.tick(net, NEVER)
      assert.equal(before, at())
    end)
  end)

  it("does not accept a probe before the recorded kernel did", function()
    open(tape.new():tick(100):send { id = 1 }:tick(400):send({ id = 2 }, { later = 1 }))
    tick(0)
    local sent = ffi.new "struct net_sent[2]"
    local v = ffi.new "struct wire_probe[2]"
    v[0], v[1] = tape.probe { id = 1 }, tape.probe { id = 2 }
    assert.equal(1, net.ops.send(net, v, 2, sent))
    assert.equal(400, tape.after(net.ops.deadline(net)))
    tick(400)
    assert.same({}, replies())
    assert.equal(NEVER, net.ops.deadline(net))
    assert.equal(1, net.ops.send(net, v + 1, 1, sent))
    assert.equal(410, tape.after(sent[0].at))
  end)
end)
