-- SPDX-License-Identifier: MIT
--
-- core/api/answer.c: probes and answers, over engines that cannot send (paired.lua).
local core = require "spec.support.harness.core"
local paired = require "spec.support.real.paired"
local path = require "spec.support.virtual.path"

local C, ffi = core.load{ "core/mtr.h" }

local EINVAL, ESTALE, EBUSY = -22, -116, -16
local HALTED = C.MTR_STOP_HALTED

describe("answer", function()
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

  it("takes probes for manual traces only, with a TTL and a flow that exist", function()
    local handle
    e, handle = paired.stuck{ flags = C.MTR_MANUAL }
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
    assert.equal(path.bytes("127.0.0.1"), ffi.string(e:describe(handle).dst, 16))
    C.mtr_stop(e.mtr, handle, HALTED, 0, 0)
    assert.equal(ESTALE, (probe{ trace = handle, ttl = 1 }))
  end)

  it("takes answers only from traces that were asked", function()
    local sweep
    e, sweep = paired.stuck()
    local strategy = e:start{ flags = C.MTR_STRATEGY }
    for _, handle in ipairs{ sweep, strategy } do
      assert.equal(EBUSY, C.mtr_pass(e.mtr, handle, -1))
      assert.equal(EBUSY, C.mtr_pace(e.mtr, handle, 5))
    end
  end)

  it("refuses a time that is not a number", function()
    local handle
    e, handle = paired.stuck{ flags = C.MTR_STRATEGY }
    for _, ms in ipairs{ 0 / 0, 1e12, 1 / 0 } do
      assert.equal(EINVAL, C.mtr_pass(e.mtr, handle, ms))
      assert.equal(EINVAL, C.mtr_pace(e.mtr, handle, ms))
    end
    assert.equal(EINVAL, C.mtr_pace(e.mtr, handle, -1))
  end)

  it("lists who may be picked, and sends the one that is", function()
    open{ pick = 1, rate = 1000 }
    local cookies, handle = ffi.new("uint32_t[4]"), {}
    for i = 1, 3 do handle[i] = e:start{ cookie = i, max_ttl = 1, attempts = 1 } end
    local asked = e:until_event(function(ev) return ev.kind == "PICK" end, 100)
    assert.is_true(asked.probe >= 1)
    assert.equal(3, C.mtr_ready(e.mtr, cookies, 4))
    assert.equal(0, C.mtr_pick(e.mtr, handle[2]))
    assert.equal(EBUSY, C.mtr_pick(e.mtr, handle[2]))
    local failed = e:until_event(function(ev) return ev.kind == "TIMEOUT" end, 100)
    assert.equal(2, failed.cookie)
    for i = 1, 3 do C.mtr_stop(e.mtr, handle[i], HALTED, 0, 0) end
  end)
end)
