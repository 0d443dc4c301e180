-- SPDX-License-Identifier: MIT
--
-- Tests core/api/check.c.

local core = require "spec.support.harness.core"

local C, ffi = core.load{ "core/api/check.h", "core/mtr.h" }

local EINVAL, EOPNOTSUPP = -22, -95
local NAN, INF = 0 / 0, 1 / 0

local why = ffi.new("char[256]")

local function config(o)
  local c = ffi.new("struct mtr_config")
  C.mtr_defaults(c)
  for k, v in pairs(o or {}) do c[k] = v end
  why[0] = 0
  return C.check_config(c, why, 256), ffi.string(why)
end

local function options(o)
  local t = ffi.new("struct mtr_trace")
  C.mtr_trace_defaults(t)
  t.dst[0] = 10
  for k, v in pairs(o) do if k ~= "payload" then t[k] = v end end
  why[0] = 0
  return t
end

local function trace(o, flows)
  return C.check_trace(options(o), o.payload or 0, flows or 512, why, 256), ffi.string(why)
end

describe("check", function()
  it("accepts the defaults", function()
    assert.equal(0, (config()))
    assert.equal(0, (trace{}))
  end)

  for _, case in ipairs{
    { "max_traces", 1, 1000000, 0, 1000001 }, { "max_probes", 1, 524288, 0, 524289 },
    { "max_events", 1024, 65536, 1023, 65537 }, { "rate", 0, 1e9, -1, 1.1e9 },
    { "target_rate", 0, 1e9, -0.5, INF }, { "late_window", 0, 3.6e6, -1, 3.7e6 },
    { "rate", 0.1, 5, NAN, -INF }, { "transport", 0, 1, 99, 0xffffffff },
    { "workers", 1, 8, 0, 9 }, { "max_step", 0, 1e6, -1, NAN },
  } do
    local name = case[1]
    it(("takes %s in %g..%g only, and names it"):format(name, case[2], case[3]), function()
      for i = 2, 3 do assert.equal(0, (config{ [name] = case[i] })) end
      for i = 4, 5 do
        local err, text = config{ [name] = case[i] }
        assert.equal(EINVAL, err)
        assert.equal(name .. " must be ", text:match("^" .. name .. " must be "))
      end
    end)
  end

  it("knows the transports, and that a replay needs a file", function()
    for transport = C.MTR_AUTO, C.MTR_PACKET do
      assert.equal(0, (config{ transport = transport }))
    end
    local err, text = config{ transport = C.MTR_SIM, recording = "x" }
    assert.same({ EINVAL, "a simulated network is not recorded: its seed repeats it" },
      { err, text })
    err, text = config{ transport = C.MTR_REPLAY }
    assert.same({ EINVAL, "transport replay needs a recording" }, { err, text })
    assert.equal(0, (config{ transport = C.MTR_REPLAY, recording = "x" }))
    err, text = config{ recording = ("x"):rep(256) }
    assert.equal(EINVAL, err)
    assert.truthy(text:find "must end with a zero byte")
  end)

  for _, case in ipairs{
    { "timeout", { 1, 3.6e6 }, { 0, 0.9, 3.7e6, -1, NAN, INF } },
    { "flow", { 0, 511 }, { 512, 65535 } },
    { "flow_label", { -1, 0, 0xfffff }, { 0x100000, -2 } },
    { "first_ttl", { 1, 30 }, { 0 } },
    { "max_ttl", { 1, 255 }, { 0 } },
    { "window", { 1, 255 }, { 0 } },
    { "queries", { 1, 16 }, { 0, 17, 255 } },
    { "attempts", { 1, 15 }, { 0, 16 } },
    { "family", { 4, 6 }, { 0, 5, 10 } },
    { "protocol", { 1, 6, 17 }, { 0, 2, 58 } },
    { "multipath", { 0, 1 }, { 3, 255 } },
  } do
    local name, good, bad = unpack(case)
    it(("takes a trace's %s in its range only, and names it"):format(name), function()
      for _, value in ipairs(good) do assert.equal(0, (trace{ [name] = value })) end
      for _, value in ipairs(bad) do
        local err, text = trace{ [name] = value }
        assert.equal(EINVAL, err)
        assert.is_not_nil(text:find("^" .. name .. " must be "), text)
      end
    end)
  end

  for family, none in pairs { [4] = "0.0.0.0", [6] = "::" } do
    it("requires a destination on IPv" .. family, function()
      local t = options { family = family }
      t.dst[0] = 0
      assert.equal(EINVAL, C.check_trace(t, 0, 512, why, 256))
      assert.equal("dst is not set: " .. none .. " is no destination", ffi.string(why))
      t.dst[3] = 1
      assert.equal(0, C.check_trace(t, 0, 512, why, 256))
    end)
  end

  it("requires max_ttl not below first_ttl", function()
    assert.equal(0, (trace{ first_ttl = 9, max_ttl = 9 }))
    assert.equal(EINVAL, (trace{ first_ttl = 9, max_ttl = 8 }))
  end)

  it("requires a port, but not for ICMP", function()
    assert.equal(0, (trace{ protocol = 1, port = 0 }))
    for _, protocol in ipairs{ 6, 17 } do
      assert.equal(EINVAL, (trace{ protocol = protocol, port = 0 }))
      assert.equal(0, (trace{ protocol = protocol, port = 65535 }))
    end
  end)

  it("knows how many flows there are", function()
    assert.equal(0, (trace({ flow = 63 }, 64)))
    assert.equal(EINVAL, (trace({ flow = 64 }, 64)))
  end)

  it("allows dublin for UDP only", function()
    assert.equal(0, (trace{ protocol = 17, multipath = C.MTR_DUBLIN }))
    for _, protocol in ipairs{ 1, 6 } do
      local err, text = trace{ protocol = protocol, multipath = C.MTR_DUBLIN }
      assert.equal(EINVAL, err)
      assert.is_not_nil(text:find("dublin"))
    end
  end)

  -- Options, the least size and the greatest payload; as wire/build lays packets out.
  for _, case in ipairs{
    { { protocol = 1 }, 30 }, { { protocol = 17 }, 28 }, { { protocol = 6 }, 40 },
    { { protocol = 1, multipath = 1 }, 28 }, { { protocol = 1, family = 6 }, 50 },
    { { protocol = 17, family = 6 }, 50 }, { { protocol = 6, family = 6 }, 60 },
    { { protocol = 17, payload = 100 }, 128 }, { { protocol = 1, payload = 101 }, 132 },
  } do
    local o, least = unpack(case)
    it(("wants at least %d bytes for protocol %d on IPv%d"):format(least, o.protocol,
      o.family or 4), function()
      local function sized(n)
        local copy = { size = n }
        for k, v in pairs(o) do copy[k] = v end
        return trace(copy)
      end
      assert.equal(0, (sized(0)))
      assert.equal(0, (sized(least)))
      assert.equal(0, (sized(65280)))
      for _, n in ipairs{ least - 1, 1, 65281, 65535 } do
        local err, text = sized(n)
        assert.equal(EINVAL, err)
        assert.is_not_nil(text:find("^size must be " .. least), text)
      end
    end)
  end

  it("refuses a payload that no packet holds", function()
    assert.equal(0, (trace{ payload = 65000 }))
    assert.equal(EINVAL, (trace{ payload = 65300 }))
  end)

  it("cuts its reason to the size of the buffer", function()
    local t = options{ window = 0 }
    local small = ffi.new("char[9]", "xxxxxxxx")
    C.check_trace(t, 0, 512, small, 8)
    assert.equal("window ", ffi.string(small))
  end)

  local HELPER = C.MTR_CAP_ICMP + C.MTR_CAP_UDP + C.MTR_CAP_TCP + C.MTR_CAP_PORTS4
  for _, case in ipairs{
    { { payload = 1 }, "payload" }, { { flow_label = 5 }, "flow_label" },
    { { flags = C.MTR_DONT_FRAGMENT }, "dont_fragment" },
    { { flags = C.MTR_TCP_ACK }, "tcp_flags" },
    { { source_port = 5000 }, "source_port" }, { { flow = 3 }, "flow" },
    { { protocol = 17, source_port = 5000 }, nil }, { { protocol = 17, flow = 3 }, nil },
    { { protocol = 17, source_port = 53 }, "source_port below 1024" },
    { { protocol = 17, family = 6, flow = 3 }, "flow" },
    { { protocol = 17, multipath = C.MTR_CLASSIC, flow = 3 }, "flow" },
    { { protocol = 17, multipath = C.MTR_DUBLIN }, "multipath" }, { { size = 9001 }, "size" },
    { { size = 9000 }, nil }, { {}, nil },
  } do
    local o, name = unpack(case)
    it(("says that a transport without our packets %s"):format(name and "cannot do " .. name
      or "can do the rest"), function()
      local t = options(o)
      t.payload = o.payload or 0
      local err = C.check_able(t, HELPER, "mtr-packet", why, 256)
      assert.equal(name and EOPNOTSUPP or 0, err)
      assert.equal(0, C.check_able(t, C.MTR_CAP_FLOW, "raw", why, 256))
      if name then
        local text = ffi.string(why)
        assert.equal(name, text:sub(1, #name))
        assert.is_not_nil(text:find("mtr-packet", 1, true))
      end
    end)
  end

  local USER = C.MTR_CAP_ICMP + C.MTR_CAP_UDP + C.MTR_CAP_TCP + C.MTR_CAP_PAYLOAD
    + C.MTR_CAP_CHECKSUM
  for _, case in ipairs{
    { { payload = 1 } }, { { protocol = 17, payload = 1 } },
    { { protocol = 6, payload = 1 }, "payload" }, { { protocol = 6, size = 60 }, "size of tcp" },
    { { protocol = 17, size = 20000 } }, { { flags = C.MTR_DONT_FRAGMENT } },
    { { flow = 3 } }, { { protocol = 17, flow = 3 }, "flow" },
    { { protocol = 6, flow = 3 }, "flow" }, { { source_port = 5000 }, "source_port" },
    { { protocol = 17, source_port = 5000 }, "source_port" },
    { { protocol = 6, flags = C.MTR_TCP_ACK }, "tcp_flags" },
    { { family = 6, flow_label = 5 }, "flow_label" },
    { { protocol = 17, multipath = C.MTR_DUBLIN }, "multipath" },
  } do
    local o, name = unpack(case)
    it(("says that sockets of an ordinary user %s"):format(name and "cannot do " .. name
      or "can do the rest"), function()
      local t = options(o)
      t.payload = o.payload or 0
      assert.equal(name and EOPNOTSUPP or 0, C.check_able(t, USER, "user", why, 256))
      if name then assert.equal(name, ffi.string(why):sub(1, #name)) end
    end)
  end
end)
