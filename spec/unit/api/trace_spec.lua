-- SPDX-License-Identifier: MIT
--
-- core/api/trace.c: traces by handle, over engines that cannot send (paired.lua).
local core = require "spec.support.harness.core"
local paired = require "spec.support.real.paired"

local C, ffi = core.load{ "core/mtr.h", "core/api/names.h" }

local EINVAL, ESTALE, EBUSY, EAGAIN, EACCES = -22, -116, -16, -11, -13
local HALTED = C.MTR_STOP_HALTED

describe("trace", function()
  local e

  local function open(o)
    e = assert(paired.open(o))
    return e
  end

  after_each(function()
    local last = e
    e = nil
    paired.finish(last)
  end)

  it("keeps a trace until it is released, and not in flight", function()
    local handle
    e, handle = paired.stuck()
    assert.equal(EBUSY, C.mtr_release(e.mtr, handle))
    assert.equal(0, C.mtr_stop(e.mtr, handle, HALTED, 9, 0))
    assert.equal(ESTALE, C.mtr_stop(e.mtr, handle, HALTED, 9, 0))
    assert.equal(EBUSY, C.mtr_release(e.mtr, handle))
    local ev = e:done(handle)
    assert.same({ "halted", 9 }, { ev.reason, ev.icmp_code })
    assert.equal(1, e:stats().traces)
    assert.equal(0, C.mtr_release(e.mtr, handle))
    assert.equal(0, e:stats().traces)
  end)

  it("tells from which address it would probe, without a packet", function()
    open()
    local to, src = ffi.new "uint8_t[16]", ffi.new "uint8_t[16]"
    local text = ffi.new "char[46]"
    for family, address in pairs { [4] = "127.0.0.1", [6] = "::1" } do
      C.mtr_address(address, to, nil)
      assert.equal(0, C.mtr_source(e.mtr, family, to, src))
      C.mtr_address_text(src, family, text)
      assert.equal(address, ffi.string(text))
    end
    C.mtr_address("224.0.0.1", to, nil)
    assert.equal(EACCES, C.mtr_source(e.mtr, 4, to, src))
    assert.equal(EINVAL, C.mtr_source(e.mtr, 5, to, src))
    local stats = e:stats()
    assert.same({ 0, 0 }, { tonumber(stats.probes_sent), stats.traces })
  end)

  it("refuses a stale, random or zero handle", function()
    local handle
    e, handle = paired.stuck()
    C.mtr_stop(e.mtr, handle, HALTED, 0, 0)
    e:done(handle)
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

  it("lists the traces of a cookie until they are released, with their targets", function()
    open { rate = 1 / 3600 }
    local list, text = ffi.new "uint32_t[4]", ffi.new("char[?]", C.MTR_TARGET_SIZE)
    local handles, lo = {}, C.mtr_interface "lo"
    for i = 1, 4 do
      handles[i] = assert(e:start { dst = "127.0.0." .. i, cookie = i == 2 and 8 or 7,
        attempts = 15, gap_limit = 0, interface = i == 3 and lo or 0 })
    end
    local function targets(cookie, n)
      local found = {}
      local count = C.mtr_underway(e.mtr, cookie, list, n)
      for i = 0, math.min(count, n) - 1 do
        found[i + 1] = ffi.string(text, C.mtr_target(e.mtr, list[i], text))
      end
      return count, found
    end
    assert.same({ 1, { "127.0.0.2" } }, { targets(8, 4) })
    assert.same({ 3, { "127.0.0.1", "127.0.0.3", "127.0.0.4" } }, { targets(7, 4) })
    assert.same({ 3, { "127.0.0.1" } }, { targets(7, 1) })
    assert.same({ 0, {} }, { targets(9, 4) })
    C.mtr_stop(e.mtr, handles[1], HALTED, 0, 0)
    assert.equal(3, (targets(7, 4)))
    e:done(handles[1])
    assert.equal(3, (targets(7, 4)))
    C.mtr_release(e.mtr, handles[1])
    assert.same({ 2, { "127.0.0.3", "127.0.0.4" } }, { targets(7, 4) })
    assert.equal(ESTALE, C.mtr_target(e.mtr, handles[1], text))
  end)

  it("stops only for a reason that exists", function()
    local handle
    e, handle = paired.stuck()
    assert.equal(EINVAL, C.mtr_stop(e.mtr, handle, C.names_stops, 0, 0))
    assert.equal(0, C.mtr_stop(e.mtr, handle, C.MTR_STOP_GSS, 0, 0))
  end)

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

  it("stops all traces of a cookie, and no others", function()
    open{ rate = 0.001 }
    local handle = {}
    for i = 1, 4 do handle[i] = e:start{ cookie = i % 2 } end
    assert.equal(EINVAL, C.mtr_stop_all(e.mtr, 1, C.names_stops))
    assert.equal(2, C.mtr_stop_all(e.mtr, 1, HALTED))
    assert.equal(0, C.mtr_stop_all(e.mtr, 1, HALTED))
    for i = 1, 4 do
      assert.equal(i % 2 == 1 and ESTALE or 0, C.mtr_stop(e.mtr, handle[i], HALTED, 0, 0))
    end
  end)
end)
