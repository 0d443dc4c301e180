-- SPDX-License-Identifier: MIT
--
-- The C interface to simulated networks: records in, an engine over them, and nothing left behind.
local core = require "spec.support.harness.core"
local fds = require "spec.support.harness.fds"
local path = require "spec.support.virtual.path"

local C, ffi = core.load{ "core/mtr.h", "core/net/sim/topo.h" }

local EINVAL, EBUSY, EOPNOTSUPP = -22, -16, -95

local function node(o)
  local v = ffi.new("struct mtr_sim_node")
  C.mtr_sim_node_defaults(v)
  for name, value in pairs(o or {}) do v[name] = value end
  return v
end

local function addr(i, text, bits)
  local v = ffi.new("struct mtr_sim_addr", { node = i, family = text:find ":" and 6 or 4 })
  v.bits = bits or (v.family == 4 and 32 or 128)
  ffi.copy(v.addr, path.bytes(text), 16)
  return v
end

local function link(from, to, o)
  local v = ffi.new("struct mtr_sim_link", { from = from, to = to, cost = 1 })
  for name, value in pairs(o or {}) do v[name] = value end
  return v
end

-- me - r1 - web
local function small()
  local sim = C.mtr_sim_new(1)
  for _, v in ipairs{ node{ name = "me" }, node{ name = "r1", reply_ttl = 255 },
    node{ name = "web", flags = C.MTR_SIM_TARGET } } do
    assert.equal(0, C.mtr_sim_nodes(sim, v, 1))
  end
  for i, text in ipairs{ "192.0.2.1", "10.0.0.1", "203.0.113.9" } do
    assert.equal(0, C.mtr_sim_addrs(sim, addr(i - 1, text), 1))
  end
  for _, ends in ipairs{ { 0, 1 }, { 1, 0 }, { 1, 2 }, { 2, 1 } } do
    assert.equal(0, C.mtr_sim_links(sim, link(ends[1], ends[2], { delay = 1 }), 1))
  end
  return sim
end

local why = ffi.new("char[256]")

local function open(sim, change)
  local config, out = ffi.new("struct mtr_config"), ffi.new("struct mtr *[1]")
  C.mtr_defaults(config)
  if change then change(config) end
  local err = C.mtr_open_sim(config, sim, out, why, 256)
  return err == 0 and out[0] or nil, err
end

local function trace(dst)
  local t = ffi.new("struct mtr_trace")
  C.mtr_trace_defaults(t)
  t.family, t.want = 4, C.MTR_WANT_HOP
  ffi.copy(t.dst, path.bytes(dst), 16)
  return t
end

-- Steps until nothing is planned; the events, as { kind, ttl, rtt }.
local function drive(engine)
  local list = {}
  for _ = 1, 1000 do
    if C.mtr_timeout(engine) < 0 then return list end
    assert.equal(0, C.mtr_timeout(engine))
    for i = 0, C.mtr_step(engine) - 1 do
      local e = C.mtr_events(engine)[i]
      list[#list + 1] = { e.kind, e.ttl, math.floor(e.rtt + 0.5) }
    end
  end
  error "never done"
end

describe("the C interface to simulated networks", function()
  local before

  -- The first loop of a process opens a pipe for all.
  setup(function()
    local sim = small()
    C.mtr_close(assert(open(sim)), nil)
    C.mtr_sim_free(sim)
  end)

  before_each(function() before = fds() end)
  after_each(function() assert.equal(before, fds()) end)

  it("runs a trace, in virtual time", function()
    local sim = small()
    local engine = assert(open(sim))
    C.mtr_sim_free(sim)                 -- the engine holds it
    local t = trace "203.0.113.9"
    assert.equal(1, C.mtr_start(engine, t, 1))    -- 1000 probes per second: one each ms
    assert.same({ { C.MTR_EV_HOP, 1, 2 }, { C.MTR_EV_HOP, 2, 4 }, { C.MTR_EV_DONE, 2, 5 } },
      drive(engine))
    assert.equal(0, C.mtr_release(engine, t.handle))
    assert.equal("sim", ffi.string(C.mtr_transport(engine)))
    C.mtr_close(engine, nil)
  end)

  it("has a descriptor that is readable while there is something to do", function()
    ffi.cdef "int poll(void *fds, unsigned long n, int timeout);"
    local sim = small()
    local engine = assert(open(sim))
    local pollfd = ffi.new("struct { int fd; short events, revents; }", { C.mtr_fd(engine), 1, 0 })
    drive(engine)
    C.mtr_step(engine)
    assert.equal(0, ffi.C.poll(pollfd, 1, 0))
    local timer = ffi.new("uint32_t[1]")
    C.mtr_timer(engine, 1e6, 7, timer)
    for _ = 1, 3 do assert.equal(1, ffi.C.poll(pollfd, 1, 0)) end
    assert.same({ { C.MTR_EV_TIMER, 0, 0 } }, drive(engine))
    for _ = 1, 40 do C.mtr_step(engine) end
    assert.equal(0, ffi.C.poll(pollfd, 1, 0))
    C.mtr_close(engine, nil)
    C.mtr_sim_free(sim)
  end)

  it("gives the true path", function()
    local sim = small()
    local engine = assert(open(sim))
    local out = ffi.new("struct mtr_event[8]")
    assert.equal(2, C.mtr_sim_path(engine, trace "203.0.113.9", out, 8))
    assert.same({ 1, 2, 2, 4 }, { out[0].ttl, out[1].ttl, out[0].rtt, out[1].rtt })
    assert.equal(path.bytes "10.0.0.1", ffi.string(out[0].addr, 16))
    assert.equal(1, C.mtr_sim_path(engine, trace "203.0.113.9", out, 1))
    assert.equal(-101, C.mtr_sim_path(engine, trace "8.8.8.8", out, 8))
    local stats = ffi.new("struct mtr_counters")
    C.mtr_stats(engine, stats)
    assert.equal(0, stats.probes_sent)
    C.mtr_close(engine, nil)
    C.mtr_sim_free(sim)
  end)

  it("refuses impossible networks", function()
    local sim = small()
    for field, value in pairs{ reply_delay = -1, reply_loss = 1.5, copies = 0, reply_ttl = 0,
      ext_size = 3, chain_size = 72, balance = 9, tcp = 5, ext_summed = 3, reply_rate = 0 / 0 } do
      assert.message(field).equal(EINVAL, C.mtr_sim_nodes(sim, node{ [field] = value }, 1))
    end
    for field, value in pairs{ from = 3, to = 3, delay = -1, loss = 2, cost = 1001, labels = 5,
      jitter = 0 / 0 } do
      assert.message(field).equal(EINVAL, C.mtr_sim_links(sim, link(0, 1, { [field] = value }), 1))
    end
    assert.equal(EINVAL, C.mtr_sim_links(sim, link(1, 1), 1))
    assert.equal(EINVAL, C.mtr_sim_addrs(sim, addr(3, "10.0.0.1"), 1))
    assert.equal(EINVAL, C.mtr_sim_addrs(sim, addr(0, "10.0.0.1", 33), 1))
    local route = ffi.new("struct mtr_sim_route", { node = 0, via = 9, family = 4 })
    assert.equal(EINVAL, C.mtr_sim_routes(sim, route, 1))
    local port = ffi.new("struct mtr_sim_port", { node = 0, protocol = C.MTR_ICMP })
    assert.equal(EINVAL, C.mtr_sim_ports(sim, port, 1))
    local filter = ffi.new("struct mtr_sim_filter", { node = 0, answer = 9 })
    assert.equal(EINVAL, C.mtr_sim_filters(sim, filter, 1))
    assert.equal(EINVAL, C.mtr_sim_source(sim, 3))
    local internet = ffi.new("struct mtr_sim_internet")
    C.mtr_sim_internet_defaults(internet)
    assert.equal(EINVAL, C.mtr_sim_internet(sim, internet))
    C.mtr_sim_free(sim)
    sim = C.mtr_sim_new(1)
    internet.prefixes = 0
    assert.equal(EINVAL, C.mtr_sim_internet(sim, internet))
    C.mtr_sim_free(sim)
    C.mtr_sim_free(nil)
  end)

  it("takes nothing more once an engine was opened", function()
    local sim = small()
    C.mtr_close(assert(open(sim)), nil)
    assert.equal(EBUSY, C.mtr_sim_nodes(sim, node(), 1))
    assert.equal(EBUSY, C.mtr_sim_links(sim, link(0, 1), 1))
    assert.equal(EBUSY, C.mtr_sim_source(sim, 1))
    C.mtr_sim_free(sim)
  end)

  it("opens no engine over an empty network", function()
    local sim = C.mtr_sim_new(1)
    assert.equal(EINVAL, select(2, open(sim)))
    assert.equal("the simulated network is empty", ffi.string(why))
    C.mtr_sim_free(sim)
    assert.equal(EINVAL, select(2, open(small(), function(config) config.max_probes = 0 end)))
    local config, out = ffi.new("struct mtr_config"), ffi.new("struct mtr *[1]")
    C.mtr_defaults(config)
    config.transport = C.MTR_SIM
    assert.equal(EINVAL, C.mtr_open(config, out, why, 256))
    assert.equal("transport sim needs a network", ffi.string(why))
  end)

  it("gives no true path for real networks", function()
    local config, out = ffi.new("struct mtr_config"), ffi.new("struct mtr *[1]")
    C.mtr_defaults(config)
    if C.mtr_open(config, out, why, 256) ~= 0 then return pending "needs CAP_NET_RAW" end
    local events = ffi.new("struct mtr_event[1]")
    assert.equal(EOPNOTSUPP, C.mtr_sim_path(out[0], trace "127.0.0.1", events, 1))
    C.mtr_close(out[0], nil)
  end)
end)
