-- SPDX-License-Identifier: MIT
--
-- core/api/plan.c: what is checked and found out before a trace starts.
local core = require "spec.support.harness.core"
local paired = require "spec.support.real.paired"

local C = core.load{ "core/mtr.h" }

local EINVAL, EACCES, EADDRNOTAVAIL, EADDRINUSE, EMFILE = -22, -13, -99, -98, -24

describe("plan", function()
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

  it("reserves a user's port, and refuses one that another program has", function()
    open{ rate = 0.001 }
    local handle = e:start{ protocol = C.MTR_UDP, source_port = 33999 }
    local other = assert(paired.open{ seed = 3, rate = 0.001 })
    assert.equal(33999, e:describe(handle).source_port)
    local refused, err, why = other:start{ protocol = C.MTR_UDP, source_port = 33999 }
    assert.is_nil(refused)
    assert.equal(EADDRINUSE, err)
    assert.is_not_nil(why:find("33999"))
    assert.is_not_nil((other:start{ protocol = C.MTR_TCP, source_port = 33999 }))
    other:close()
  end)

  it("has room in its filter for many users' ports, but not for any number", function()
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
    local a = e:describe(e:start{ protocol = C.MTR_TCP, flow = 0, port = 80 })
    local b = e:describe(e:start{ protocol = C.MTR_TCP, flow = 5, port = 80 })
    assert.equal(5, b.flow)
    assert.equal(0, (b.source_port - a.source_port) % 5)
    assert.is_true(b.source_port > a.source_port)
    assert.equal(80, b.port)
  end)
end)
