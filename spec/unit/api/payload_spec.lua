-- SPDX-License-Identifier: MIT
--
-- core/api/payload.c: the payloads that traces borrow.
local core = require "spec.support.harness.core"
local paired = require "spec.support.real.paired"

local C, ffi = core.load{ "core/mtr.h" }

local EMSGSIZE = -90

describe("payload", function()
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

  it("keeps a payload once and refuses one that no packet holds", function()
    open()
    local a = C.mtr_payload(e.mtr, "hello", 5)
    assert.equal(1, a)
    assert.equal(2, C.mtr_payload(e.mtr, "hellO", 5))
    assert.equal(1, C.mtr_payload(e.mtr, "hello", 5))
    assert.equal(0, C.mtr_payload(e.mtr, "", 0))
    assert.equal(EMSGSIZE, C.mtr_payload(e.mtr, ("x"):rep(65001), 65001))
    local handle = e:start{ payload = a, protocol = C.MTR_UDP }
    assert.is_true(e:describe(handle).size >= 33)
  end)

  it("keeps many, each as it was given", function()
    local C2, p = core.load{ "core/api/payload.h" }, ffi.new("struct payloads")
    for i = 1, 100 do assert.equal(i, C2.payload_keep(p, ("%03d"):format(i), 3)) end
    assert.equal(100, p.count)
    for i = 1, 100 do
      assert.equal(("%03d"):format(i), ffi.string(p.list[i - 1].bytes, p.list[i - 1].size))
    end
    C2.payload_close(p)
  end)
end)
