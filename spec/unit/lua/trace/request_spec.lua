-- SPDX-License-Identifier: MIT
--
-- Options of traces and probes, down to the fields of struct mtr_trace.
local lib = require "mtr.lib"
local options = require "mtr.trace.options"
local request = require "mtr.trace.request"

local C = lib.C
local t = lib.new "struct mtr_trace"

local function fill(opts, declaration)
  return request.fill(declaration or options.trace, opts, t)
end

describe("trace options", function()
  it("that are not given keep the library's defaults", function()
    assert.same({}, fill(nil))
    local defaults = lib.new "struct mtr_trace"
    C.mtr_trace_defaults(defaults)
    local size = lib.sizeof "struct mtr_trace"
    assert.equal(lib.string(lib.cast("const char *", defaults), size),
      lib.string(lib.cast("const char *", t), size))
  end)

  it("default to port 33434 for UDP and 80 for TCP", function()
    fill { protocol = "udp" }
    assert.equal(33434, t.port)
    fill { protocol = "tcp" }
    assert.equal(80, t.port)
    fill { protocol = "tcp", port = 443 }
    assert.equal(443, t.port)
  end)

  it("go into the struct", function()
    local kept = fill {
      protocol = "tcp", multipath = "classic", flow = 511, port = 443, source_port = 1024,
      tcp_flags = "ack", first_ttl = 2, max_ttl = 255, window = 255, queries = 16, attempts = 15,
      timeout = "1.5s", gap_limit = 0, loop_limit = 0, size = 1500, tos = 0xb8,
      dont_fragment = true, flow_label = 0xfffff, mark = 0xffffffff, allow_broadcast = true,
      unreach_continue = true, stop_on_te_from_dst = true, strategy = "window",
    }
    assert.same({}, kept)
    for field, value in pairs {
      protocol = C.MTR_TCP, multipath = C.MTR_CLASSIC, flow = 511, port = 443, source_port = 1024,
      flags = C.MTR_TCP_ACK + C.MTR_DONT_FRAGMENT + C.MTR_BROADCAST + C.MTR_UNREACH_CONTINUE
        + C.MTR_TE_COMPLETES, first_ttl = 2, max_ttl = 255,
      window = 255, queries = 16, attempts = 15, timeout = 1500, gap_limit = 0, loop_limit = 0,
      size = 1500, tos = 0xb8, flow_label = 0xfffff, mark = 0xffffffff,
    } do
      assert.equal(value, tonumber(t[field]), field)
    end
  end)

  it("that are off leave their bits alone", function()
    fill { protocol = "tcp", dont_fragment = false, tcp_flags = "syn", allow_broadcast = false }
    assert.equal(0, t.flags)
  end)

  it("that have no field are kept", function()
    local function hook() end
    local data = {}
    local kept = fill {
      on_hop = hook, on_reply = hook, on_probe = hook, on_timeout = hook, data = data,
      payload = "x", source = "192.0.2.1", interface = "lo", family = 4,
    }
    assert.equal(hook, kept.on_hop)
    assert.equal(data, kept.data)
    assert.equal("x", kept.payload)
    assert.equal(4, kept.source.family)
    assert.equal("lo", kept.interface)
    assert.equal(4, kept.family)
  end)

  for opts, message in pairs {
    [{ max_tll = 3 }] = 'trace: unknown option "max_tll"; did you mean "max_ttl"?',
    [{ max_ttl = 300 }] = "trace: max_ttl must be 1..255, got 300",
    [{ ttl = 3 }] = 'trace: unknown option "ttl"',
    [{ protocol = "icpm" }] =
      'trace: protocol must be "icmp", "udp" or "tcp", got "icpm"; did you mean "icmp"?',
    [{ max_probes = 9 }] = 'trace: max_probes needs a strategy other than "window"',
    [{ strategy = {} }] =
      "trace: strategy must be the name of a strategy, or a table with the function next or run"
      .. ", got a table",
    [{ first_ttl = 9, max_ttl = 3 }] = "trace: first_ttl 9 is above max_ttl 3",
    [{ first_ttl = 31 }] = "trace: first_ttl 31 is above max_ttl 30",
    [{ tcp_flags = "ack" }] = 'trace: tcp_flags needs protocol "tcp"',
    [{ port = 80 }] = 'trace: port needs protocol "udp" or "tcp"',
    [{ protocol = "tcp", multipath = "dublin" }] =
      'trace: multipath "dublin" needs protocol "udp"',
    [{ family = 5 }] = "trace: family must be 4 or 6, got 5",
    [{ family = 6, source = "192.0.2.1" }] =
      'trace: source "192.0.2.1" is not an IPv6 address',
    [{ source = "me" }] = 'trace: source must be an IPv4 or IPv6 address, got "me"',
    [{ on_hop = "print" }] = 'trace: on_hop must be a function, got "print"',
    [{ flow = 512 }] = "trace: flow must be 0..511, got 512",
    [{ payload = 5 }] = "trace: payload must be a string, got 5",
  } do
    it("refuse: " .. message, function()
      local kept, problem = fill(opts)
      assert.is_nil(kept)
      assert.equal(message, problem)
    end)
  end
end)

describe("probe options", function()
  it("are those of a packet, with dst and ttl", function()
    local kept = fill({ dst = "192.0.2.1", ttl = 7, protocol = "udp", flow = 3 }, options.probe)
    assert.same({ dst = "192.0.2.1", ttl = 7 }, kept)
    assert.equal(3, t.flow)
  end)

  it("have no place for a sweep", function()
    for _, name in ipairs { "window", "gap_limit", "on_hop", "strategy", "first_ttl" } do
      local _, problem = fill({ [name] = 1 }, options.probe)
      assert.truthy(problem:find('^probe: unknown option "' .. name .. '"'))
    end
  end)
end)
