-- SPDX-License-Identifier: MIT
--
-- core/mtr.c: traces by handle, over engines that cannot send (paired.lua).
local core = require "spec.support.harness.core"
local paired = require "spec.support.real.paired"
local path = require "spec.support.virtual.path"
local record = require "spec.support.virtual.record"

local C, ffi = core.load{ "core/mtr.h" }

local EINVAL, ESTALE, EBUSY, EAGAIN, EACCES = -22, -116, -16, -11, -13
local EADDRNOTAVAIL, EMSGSIZE, EADDRINUSE, EMFILE = -99, -90, -98, -24
local HALTED = C.MTR_STOP_HALTED

describe("mtr", function()
  local e

  local function open(o)
    e = assert(paired.open(o))
    return e
  end
  local function done(handle)
    return e:until_event(function(ev) return ev.kind == "DONE" and ev.trace == handle end, 100)
  end
  local function describe_trace(handle)
    local info = ffi.new("struct mtr_info")
    assert.equal(0, C.mtr_describe(e.mtr, handle, info))
    return info
  end
  -- A trace whose first probe has failed and whose second is an hour away.
  local function stuck(o)
    open{ rate = 1 / 3600, max_traces = 3 }
    local options = { gap_limit = 0, attempts = 15, max_ttl = 30 }
    for k, v in pairs(o or {}) do options[k] = v end
    local handle = assert(e:start(options))
    e:step()
    return handle
  end

  after_each(function()
    local last = e
    e = nil
    if last then
      assert.equal(0, last:stats().probes)
      last:close()
    end
  end)

  it("ends a trace as error when the kernel takes none of its probes", function()
    open{ rate = 0 }
    local handle = e:start{ cookie = 7, max_ttl = 3 }
    local ev = done(handle)
    assert.same({ "error", 22, 7, 6 }, { ev.reason, ev.icmp_code, ev.cookie, ev.probe })
    assert.equal(6, e:stats().send_errors)
    local info = describe_trace(handle)
    assert.same({ C.MTR_STOP_ERROR, 22, 3, 6, 7, 1, 4 }, { info.stop_reason, info.stop_data,
      info.hop_count, info.probes, info.cookie, info.protocol, info.family })
    assert.equal("127.0.0.1", record.text(info.src, 4))
    assert.is_true(info.duration >= 0 and info.start > 1e9)
  end)

  it("tells in replies of the hops where probes could not be sent", function()
    open{ rate = 0 }
    local handle = e:start{ max_ttl = 2 }
    done(handle)
    local out = ffi.new("struct mtr_event[3]")
    assert.equal(2, C.mtr_replies(e.mtr, handle, 0, out, 1, nil, 0))
    assert.equal(0, out[1].kind)
    assert.equal(2, C.mtr_replies(e.mtr, handle, 0, out, 3, nil, 0))
    for i = 0, 1 do
      assert.same({ C.MTR_EV_TIMEOUT, i + 1, 22, 0 }, { out[i].kind, out[i].ttl, out[i].error,
        out[i].family })
    end
    assert.equal(1, C.mtr_replies(e.mtr, handle, 2, out, 3, nil, 0))
    assert.equal(0, C.mtr_replies(e.mtr, handle, 3, out, 3, nil, 0))
  end)

  it("keeps a trace until it is released, and not in flight", function()
    local handle = stuck()
    assert.equal(EBUSY, C.mtr_release(e.mtr, handle))
    assert.equal(0, C.mtr_stop(e.mtr, handle, HALTED, 9, 0))
    assert.equal(ESTALE, C.mtr_stop(e.mtr, handle, HALTED, 9, 0))
    assert.equal(EBUSY, C.mtr_release(e.mtr, handle))
    local ev = done(handle)
    assert.same({ "halted", 9 }, { ev.reason, ev.icmp_code })
    assert.equal(1, e:stats().traces)
    assert.equal(0, C.mtr_release(e.mtr, handle))
    assert.equal(0, e:stats().traces)
  end)

  it("knows no stale, wild or zero handle", function()
    local handle = stuck()
    C.mtr_stop(e.mtr, handle, HALTED, 0, 0)
    done(handle)
    C.mtr_release(e.mtr, handle)
    local info, out = ffi.new("struct mtr_info"), ffi.new("struct mtr_event[1]")
    local opts = ffi.new("struct mtr_probe_opts[1]", { { ttl = 1 } })
    for _, stale in ipairs{ handle, 0, 1, 0xffffffff } do
      opts[0].trace = stale
      assert.equal(ESTALE, C.mtr_stop(e.mtr, stale, HALTED, 0, 0))
      assert.equal(ESTALE, C.mtr_release(e.mtr, stale))
      assert.equal(ESTALE, C.mtr_describe(e.mtr, stale, info))
      assert.equal(ESTALE, C.mtr_replies(e.mtr, stale, 0, out, 1, nil, 0))
      assert.equal(ESTALE, C.mtr_probe(e.mtr, opts, 1))
    end
  end)

  it("stops only for a reason that there is", function()
    local handle = stuck()
    assert.equal(EINVAL, C.mtr_stop(e.mtr, handle, HALTED + 1, 0, 0))
    assert.equal(0, C.mtr_stop(e.mtr, handle, C.MTR_STOP_GSS, 0, 0))
  end)

  for _, case in ipairs{
    { { queries = 0 }, EINVAL, "queries must be 1..16, got 0" },
    { { payload = 3 }, EINVAL, "payload is not from mtr_payload" },
    { { dst = "224.0.0.1" }, EACCES, "multicast and broadcast targets are refused" },
    { { dst = "ff02::1" }, EACCES, "multicast and broadcast targets are refused" },
    { { src = "203.0.113.7" }, EADDRNOTAVAIL, "source 203.0.113.7 is not an address of this host" },
    { { interface = 99999 }, -19, "" },
  } do
    local o, want, text = unpack(case)
    it(("refuses a trace and says why: %d %s"):format(want, text), function()
      open()
      local handle, err, why = e:start(o)
      assert.is_nil(handle)
      assert.equal(want, err)
      assert.equal(text, why:sub(1, #text))
      assert.equal(0, e:stats().traces)
    end)
  end

  it("starts as many of a batch as it can and says how many", function()
    open{ max_traces = 2, rate = 0.001 }
    local list = ffi.new("struct mtr_trace[3]")
    for i = 0, 2 do list[i] = paired.trace{ cookie = i }[0] end
    assert.equal(2, C.mtr_start(e.mtr, list, 3))
    assert.equal(EAGAIN, C.mtr_start(e.mtr, list + 2, 1))
    assert.equal("max_traces are in flight", ffi.string(C.mtr_why(e.mtr)))
    assert.equal(0, C.mtr_start(e.mtr, list, 0))
    assert.is_true(list[0].handle ~= list[1].handle)
  end)

  it("reserves a user's port, and refuses one that another program has", function()
    open{ rate = 0.001 }
    local handle = e:start{ protocol = C.MTR_UDP, source_port = 33999 }
    local other = assert(paired.open{ seed = 3, rate = 0.001 })
    assert.equal(33999, describe_trace(handle).source_port)
    local refused, err, why = other:start{ protocol = C.MTR_UDP, source_port = 33999 }
    assert.is_nil(refused)
    assert.equal(EADDRINUSE, err)
    assert.is_not_nil(why:find("33999"))
    assert.is_not_nil((other:start{ protocol = C.MTR_TCP, source_port = 33999 }))
    other:close()
  end)

  it("has room in its filter for many users' ports, not for any number", function()
    open{ rate = 0.001 }
    local n, err = 0, nil
    for port = 34000, 34099 do
      local handle
      handle, err = e:start{ protocol = C.MTR_UDP, source_port = port }
      if not handle then break end
      n = n + 1
    end
    assert.equal(64, n)
    assert.equal(EMFILE, err)
  end)

  it("gives flows their own ports, in the block that it has reserved", function()
    open{ rate = 0.001 }
    local a = describe_trace(e:start{ protocol = C.MTR_TCP, flow = 0, port = 80 })
    local b = describe_trace(e:start{ protocol = C.MTR_TCP, flow = 5, port = 80 })
    assert.equal(5, b.flow)
    assert.equal(0, (b.source_port - a.source_port) % 5)
    assert.is_true(b.source_port > a.source_port)
    assert.equal(80, b.port)
  end)

  it("keeps a payload once and refuses one that no packet holds", function()
    open()
    local a = C.mtr_payload(e.mtr, "hello", 5)
    assert.equal(1, a)
    assert.equal(2, C.mtr_payload(e.mtr, "hellO", 5))
    assert.equal(1, C.mtr_payload(e.mtr, "hello", 5))
    assert.equal(0, C.mtr_payload(e.mtr, "", 0))
    assert.equal(EMSGSIZE, C.mtr_payload(e.mtr, ("x"):rep(65001), 65001))
    local handle = e:start{ payload = a, protocol = C.MTR_UDP }
    assert.is_true(describe_trace(handle).size >= 33)
  end)

  it("takes probes for manual traces only, with a TTL and a flow that there is", function()
    local handle = stuck{ flags = C.MTR_MANUAL }
    local sweep = e:start{}
    local function probe(o)
      local opts = ffi.new("struct mtr_probe_opts[1]", { o })
      return C.mtr_probe(e.mtr, opts, 1), opts[0].probe
    end
    assert.equal(EINVAL, (probe{ trace = sweep, ttl = 1 }))
    assert.equal(EINVAL, (probe{ trace = handle, ttl = 0 }))
    assert.equal(EINVAL, (probe{ trace = handle, ttl = 1, flow = 512 }))
    local n, name = probe{ trace = handle, ttl = 255, flow = 511 }
    assert.equal(1, n)
    assert.is_true(name ~= 0)
    assert.equal(path.bytes("127.0.0.1"), ffi.string(describe_trace(handle).dst, 16))
    C.mtr_stop(e.mtr, handle, HALTED, 0, 0)
    assert.equal(ESTALE, (probe{ trace = handle, ttl = 1 }))
  end)
end)
