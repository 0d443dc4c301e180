-- SPDX-License-Identifier: MIT
--
-- The transport over a simulated network, as the loop uses it: it takes probes, gives replies at
-- their time, and releases its slots.
local core = require "spec.support.harness.core"
local path = require "spec.support.virtual.path"
local wire = require "spec.support.packets.wire"

local C, ffi = core.load{ "core/mtr.h", "core/net/sim/sim.h",
  "core/net/sim/state.h" }

local MS = 1000000

describe("the simulated transport", function()
  local topo, net, out

  local function open(prefixes)
    local internet = ffi.new("struct mtr_sim_internet")
    C.mtr_sim_internet_defaults(internet)
    internet.prefixes, internet.silent, internet.dead = prefixes or 100, 0, 0
    topo = C.mtr_sim_new(3)
    assert(C.mtr_sim_internet(topo, internet) == 0 and C.topo_freeze(topo) == 0)
    out = ffi.new("struct net *[1]")
    assert.equal(0, C.sim_open(out, topo, 4))
    net = out[0]
  end

  before_each(function() open() end)

  after_each(function()
    if net ~= nil then net.ops.close(net, nil) end
    C.topo_free(topo)
    net = nil
  end)

  local replies = ffi.new("struct wire_reply[64]")
  local sent = ffi.new("struct net_sent[64]")
  local more, clock = ffi.new("int[1]"), ffi.new("struct net_clock")

  local function probes(n, o)
    local v = ffi.new("struct wire_probe[?]", n)
    for i = 0, n - 1 do
      v[i] = wire.probe{ protocol = "icmp", ttl = i % 8 + 1, size = o and o.size }
      C.mtr_sim_targets(topo, 4, i, v[i].dst, 1)
      v[i].id = i + 1
    end
    return v
  end

  local function receive(now)
    clock.now = now
    return net.ops.receive(net, 0, replies, 64, clock, more)
  end

  local function sim() return ffi.cast("struct sim *", net) end

  it("has its own time, no descriptors and all capabilities", function()
    local fd = ffi.new("int[?]", C.NET_FDS)
    net.ops.fds(net, fd)
    for i = 0, C.NET_FDS - 1 do assert.equal(-1, fd[i]) end
    assert.same({ 1, 1 }, { net.virtual, C.sim_is(net) })
    assert.is_true(net.at == C.SIM_START)
    assert.equal("sim", ffi.string(net.ops.name))
    assert.is_true(net.ops.deadline(net) == 0x7fffffffffffffffLL)
  end)

  it("accepts all probes, and gives each reply at its time, stamped exactly", function()
    assert.equal(64, net.ops.send(net, probes(64), 64, sent))
    for i = 0, 63 do assert.same({ 0, 60 }, { sent[i].error, sent[i].size }) end
    local now, got, last = net.ops.deadline(net), 0, 0
    while got < 64 do
      assert.is_true(now < C.SIM_START + 1000 * MS)
      local n = receive(now)
      for i = 0, n - 1 do
        local at = replies[i].at
        assert.is_true(at <= now and at > last - 200000, "out of order")
        assert.same({ 1, "TIME_EXCEEDED" }, { replies[i].kernel_time,
          wire.field(replies[i], "kind") })
        last = at
      end
      got = got + n
      now = net.ops.deadline(net)
    end
    assert.equal(0, more[0])
    receive(now)
    assert.same({ 0, 0, 0 }, { sim().small.used, sim().large.used, sim().wheel.count })
  end)

  it("says when there is more than was asked for", function()
    for _ = 1, 3 do net.ops.send(net, probes(64), 64, sent) end
    local now = C.SIM_START + 5000 * MS
    assert.same({ 64, 1 }, { receive(now), more[0] })
    assert.same({ 64, 1 }, { receive(now), more[0] })
    assert.same({ 64, 1 }, { receive(now), more[0] })
    assert.same({ 0, 0 }, { receive(now), more[0] })
  end)

  it("needs no more memory for many probes than for few at once", function()
    for _ = 1, 200 do
      net.ops.send(net, probes(64), 64, sent)
      net.at = net.at + 1000 * MS
      while receive(net.at) > 0 do end
    end
    assert.is_true(sim().small.count <= 512)
  end)

  it("cuts what is too long for it, as a receiver does", function()
    local v = ffi.new("struct wire_probe[1]")
    v[0] = wire.probe{ protocol = "icmp", ttl = 30, size = 9000 }
    C.mtr_sim_targets(topo, 4, 5, v[0].dst, 1)
    net.ops.send(net, v, 1, sent)
    assert.equal(1, receive(C.SIM_START + 5000 * MS))
    assert.same({ "ECHO_REPLY", 9000 }, { wire.field(replies[0], "kind"), replies[0].size })
  end)

  it("reports which probe could not be built", function()
    local v = probes(2)
    v[0].id = 0
    assert.equal(2, net.ops.send(net, v, 2, sent))
    assert.same({ 22, 0 }, { sent[0].error, sent[1].error })
  end)

  it("knows its source address and refuses others", function()
    local r = ffi.new("struct net_route", { family = 4, protocol = 1 })
    ffi.copy(r.dst, path.bytes "1.0.0.1", 16)
    assert.equal(0, net.ops.route(net, r))
    assert.equal(path.bytes "192.0.2.1", ffi.string(r.src, 16))
    ffi.copy(r.src, path.bytes "192.0.2.2", 16)
    assert.equal(-99, net.ops.route(net, r))
    r.interface = 1
    assert.equal(-95, net.ops.route(net, r))
    assert.truthy(ffi.string(r.why):find "no interfaces")
  end)

  it("answers what a probe finds without using chance or time", function()
    local p, r = probes(1), ffi.new("struct wire_reply")
    local state = sim().rand.state
    assert.equal(1, C.sim_truth(net, p, r))
    assert.equal("TIME_EXCEEDED", wire.field(r, "kind"))
    assert.is_true(sim().rand.state == state and sim().wheel.count == 0)
  end)
end)
