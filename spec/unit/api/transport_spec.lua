-- SPDX-License-Identifier: MIT
--
-- core/api/transport.c: which transport an engine gets, and what it says of it.
local core = require "spec.support.harness.core"
local paired = require "spec.support.real.paired"

local C, ffi = core.load{ "core/mtr.h" }

ffi.cdef "uint32_t geteuid(void);"

local EPERM = -1

describe("the transport", function()
  local e

  after_each(function()
    local last = e
    e = nil
    if last then
      assert.equal(0, last:stats().probes)
      last:close()
    end
  end)

  it("says that raw sockets need a privilege, and what to do", function()
    if ffi.C.geteuid() == 0 then
      pending("needs to run without CAP_NET_RAW")
      return
    end
    local config, engine = ffi.new("struct mtr_config"), ffi.new("struct mtr *[1]")
    local why = ffi.new("char[256]")
    C.mtr_defaults(config)
    config.transport = C.MTR_RAW
    assert.equal(EPERM, C.mtr_open(config, engine, why, 256))
    assert.is_true(engine[0] == nil)
    assert.is_not_nil(ffi.string(why):find("CAP_NET_RAW", 1, true))
  end)

  it("is raw over the sockets that it is given, as it is at a low rate", function()
    for _, rate in ipairs{ 1, C.MTR_FAST_RATE } do
      e = assert(paired.open{ rate = rate })
      assert.equal("raw", ffi.string(C.mtr_transport(e.mtr)))
      assert.equal("raw sockets are permitted", e.why)
      e:close()
    end
    e = nil
  end)

  it("says that no packet sockets are left where a high rate would have them", function()
    e = assert(paired.open{ rate = C.MTR_FAST_RATE + 1 })
    assert.equal("raw", ffi.string(C.mtr_transport(e.mtr)))
    assert.equal("raw sockets are permitted, no packet sockets left", e.why)
  end)

  it("says that a transport was asked for", function()
    e = assert(paired.open{ transport = C.MTR_RAW })
    assert.equal("asked for", e.why)
  end)

  it("cannot be packet over sockets that are none", function()
    local engine, err, why = paired.open{ transport = C.MTR_PACKET }
    assert.is_nil(engine)
    assert.is_true(err < 0)
    assert.equal("packet sockets cannot be had here; choose raw", why)
  end)
end)
