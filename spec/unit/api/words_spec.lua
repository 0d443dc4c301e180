-- SPDX-License-Identifier: MIT
--
-- Tests core/api/words.c.

local core = require "spec.support.harness.core"

local C, ffi = core.load{ "core/mtr.h" }

local ENODEV, ENOENT = -19, -2

describe("words", function()
  it("say what version of the interface this is", function()
    assert.equal(C.MTR_ABI, C.mtr_abi())
  end)

  for _, name in ipairs{ "config", "trace", "probe_opts", "event", "info", "counters" } do
    it("know the size of struct mtr_" .. name, function()
      assert.equal(ffi.sizeof("struct mtr_" .. name), C.mtr_sizeof(name))
    end)
  end

  it("know no other sizes", function()
    for _, name in ipairs{ "", "even", "events", "mtr_event" } do
      assert.equal(0, C.mtr_sizeof(name))
    end
  end)

  it("keep an event within a cache line", function()
    assert.is_true(C.mtr_sizeof("event") <= 64)
  end)

  for _, case in ipairs{
    { 1, "EPERM", "EPERM: operation not permitted" },
    { -1, "EPERM", "EPERM: operation not permitted" },
    { 101, "ENETUNREACH", "ENETUNREACH: network is unreachable" },
    { -116, "ESTALE", "ESTALE: stale file handle" },
    { 72, "EMULTIHOP", "EMULTIHOP: multihop attempted" },
    { 73, "EDOTDOT", "EDOTDOT: RFS specific error" },
    { 99999, "EUNKNOWN", "EUNKNOWN: unknown" },
  } do
    local err, name, text = unpack(case)
    it(("call errno %d %s"):format(err, name), function()
      local buffer = ffi.new("char[100]")
      assert.equal(name, ffi.string(C.mtr_errname(err)))
      assert.equal(text, ffi.string(C.mtr_strerror(err, buffer, 100)))
    end)
  end

  it("cut an error's text to the size of the buffer", function()
    local buffer = ffi.new("char[16]", "xxxxxxxxxxxxxxx")
    assert.equal("EPERM: o", ffi.string(C.mtr_strerror(1, buffer, 9)))
    assert.equal("x", string.char(buffer[9]))
  end)

  it("know the loopback interface and none that is not there", function()
    assert.is_true(C.mtr_interface("lo") > 0)
    assert.equal(ENODEV, C.mtr_interface("nowhere"))
    assert.equal(ENODEV, C.mtr_interface(""))
    assert.equal(ENODEV, C.mtr_interface(("x"):rep(300)))
  end)

  it("find programs by name, absolute, and none that is not there", function()
    local out = ffi.new("char[200]")
    assert.equal(0, C.mtr_find("sh", out, 200))
    assert.is_not_nil(ffi.string(out):match("^/.*/sh$"))
    assert.equal(ENOENT, C.mtr_find("no-such-program-here", out, 200))
  end)

  it("have defaults that an engine accepts", function()
    local config = ffi.new("struct mtr_config")
    ffi.fill(config, ffi.sizeof(config), 0xa5)
    C.mtr_defaults(config)
    assert.same({ 0, 1000000, 65536, 4096, 1000, 0, 5000, 0, 0, 0, 0 }, { config.transport,
      config.max_traces, config.max_probes, config.max_events, config.rate, config.target_rate,
      config.late_window, config.seed, config.mark, config.interface[0],
      config.max_step })
    for i = 0, 7 do assert.equal(-1, config.sockets[i]) end
  end)

  it("have defaults for a trace that leave its destination out", function()
    local t = ffi.new("struct mtr_trace")
    ffi.fill(t, ffi.sizeof(t), 0xa5)
    C.mtr_trace_defaults(t)
    assert.same({ 4, C.MTR_ICMP, 1, 30, 8, 1, 2, 5, 1, 2000, C.MTR_NO_LABEL }, { t.family,
      t.protocol, t.first_ttl, t.max_ttl, t.window, t.queries, t.attempts, t.gap_limit,
      t.loop_limit, t.timeout, t.flow_label })
    assert.equal(("\0"):rep(32), ffi.string(t.dst, 16) .. ffi.string(t.src, 16))
  end)
end)
