-- SPDX-License-Identifier: MIT
--
-- Tests core/api/engine.c.

local core = require "spec.support.harness.core"
local paired = require "spec.support.real.paired"

local C, ffi = core.load{ "core/mtr.h" }

local EINVAL, ENODEV, EADDRNOTAVAIL = -22, -19, -99

describe("engine", function()
  local e

  local function refused(o)
    local engine, err, why = paired.open(o)
    assert.is_nil(engine)
    return err, why
  end

  after_each(function()
    local last = e
    e = nil
    if last then last:close() end
  end)

  it("opens with sockets that it is given, and leaves nothing when closed", function()
    e = assert(paired.open())
    assert.equal("raw", ffi.string(C.mtr_transport(e.mtr)))
    assert.equal("", ffi.string(C.mtr_why(e.mtr)))
    assert.is_true(C.mtr_fd(e.mtr) >= 0)
  end)

  for _, case in ipairs{
    { { max_traces = 0 }, EINVAL, "max_traces must be 1..1000000, got 0" },
    { { max_events = 10 }, EINVAL, "max_events must be" },
    { { rate = 0 / 0 }, EINVAL, "rate must be" },
    { { interface = "nowhere0" }, ENODEV, "there is no interface \"nowhere0\"" },
    { { source4 = { 203, 0, 113, 7 } }, EADDRNOTAVAIL,
      "source4 203.0.113.7 is not an address of this host" },
    { { source6 = { 0x20, 1, 0xd, 0xb8, 1 } }, nil, "source6 2001:db8:100:: is not an address" },
  } do
    local o, want, text = unpack(case)
    it("says why it does not open: " .. text, function()
      local err, why = refused(o)
      if want then assert.equal(want, err) end
      assert.is_true(err < 0)
      assert.equal(text, why:sub(1, #text))
    end)
  end

  it("opens, or does not, also when nobody wants to know why", function()
    local config, out = ffi.new "struct mtr_config", ffi.new "struct mtr *[1]"
    local text, sim = ffi.new("char[8]", "unread"), C.mtr_sim_new(1)
    local node = ffi.new "struct mtr_sim_node"
    C.mtr_sim_node_defaults(node)
    assert.equal(0, C.mtr_sim_nodes(sim, node, 1))
    C.mtr_defaults(config)
    for _, buffer in ipairs { false, text } do
      assert.equal(0, C.mtr_open_sim(config, sim, out, buffer or nil, 0))
      C.mtr_close(out[0], nil)
      config.rate = -1
      assert.equal(EINVAL, C.mtr_open(config, out, buffer or nil, 0))
      assert.equal(EINVAL, C.mtr_open_sim(config, sim, out, buffer or nil, 0))
      assert.is_true(out[0] == nil)
      config.rate, config.transport = 1, C.MTR_SIM
      assert.equal(EINVAL, C.mtr_open(config, out, buffer or nil, 0))
    end
    assert.equal("unread", ffi.string(text))
    C.mtr_sim_free(sim)
  end)

  it("hands its sockets back, filtered and drained", function()
    e = assert(paired.open())
    e:inject("UDP4", "not read yet")
    local keep = ffi.new("int32_t[?]", C.MTR_SOCKETS)
    C.mtr_close(e.mtr, keep)
    for i = 0, 7 do
      assert.is_true(keep[i] >= 0)
      e:inject("UDP4", ("\0"):rep(100))
      assert.equal(-1, tonumber(ffi.C.recv(keep[i], ffi.new("char[1]"), 1, 0x40)))
      ffi.C.close(keep[i])
    end
    e:leave()
    e = nil
    C.mtr_close(nil, nil)
  end)

  it("changes its rate, within its range", function()
    e = assert(paired.open())
    assert.equal(0, C.mtr_set_rate(e.mtr, 0))
    assert.equal(0, C.mtr_set_rate(e.mtr, 1e9))
    for _, rate in ipairs{ -1, 2e9, 0 / 0 } do assert.equal(EINVAL, C.mtr_set_rate(e.mtr, rate)) end
  end)

  it("counts the memory that it has", function()
    e = assert(paired.open{ max_events = 1024 })
    assert.is_true(e:stats().memory >= 1024 * 64)
    assert.equal(0, e:stats().traces)
    e:step()
    e:step()
    assert.equal(2, e:stats().steps)
  end)
end)
