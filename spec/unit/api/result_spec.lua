-- SPDX-License-Identifier: MIT
--
-- core/api/result.c: what a trace has found out, over engines that cannot send (paired.lua).
local core = require "spec.support.harness.core"
local paired = require "spec.support.real.paired"
local record = require "spec.support.virtual.record"

local C, ffi = core.load{ "core/mtr.h" }

describe("result", function()
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

  it("ends a trace as error when the kernel takes none of its probes", function()
    open{ rate = 0 }
    local handle = e:start{ cookie = 7, max_ttl = 3 }
    local ev = e:done(handle)
    assert.same({ "error", 22, 7, 6 }, { ev.reason, ev.icmp_code, ev.cookie, ev.probe })
    assert.equal(6, e:stats().send_errors)
    local info = e:describe(handle)
    assert.same({ C.MTR_STOP_ERROR, 22, 3, 6, 7, 1, 4 }, { info.stop_reason, info.stop_data,
      info.hop_count, info.probes, info.cookie, info.protocol, info.family })
    assert.equal("127.0.0.1", record.text(info.src, 4))
    assert.is_true(info.duration >= 0 and info.start > 1e9)
  end)

  it("notes at the hops that probes could not be sent", function()
    open{ rate = 0 }
    local handle = e:start{ max_ttl = 2 }
    e:done(handle)
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

  it("describes a trace while it runs and when it has ended", function()
    local handle
    e, handle = paired.stuck{ protocol = C.MTR_UDP, flow = 3, first_ttl = 2, port = 53, size = 99 }
    local info = e:describe(handle)
    assert.same({ 17, 3, 2, 53, 99, 0 }, { info.protocol, info.flow, info.first_ttl, info.port,
      info.size, info.stop_reason })
    C.mtr_stop(e.mtr, handle, C.MTR_STOP_GSS, 5, 0)
    e:done(handle)
    info = e:describe(handle)
    assert.same({ C.MTR_STOP_GSS, 5 }, { info.stop_reason, info.stop_data })
    local duration = info.duration
    assert.equal(duration, e:describe(handle).duration)
  end)
end)
