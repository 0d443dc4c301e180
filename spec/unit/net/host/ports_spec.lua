-- SPDX-License-Identifier: MIT
--
-- Tests core/net/host/ports.c.

local core = require "spec.support.harness.core"
local fds = require "spec.support.harness.fds"

local C, ffi = core.load{ "core/net/host/ports.h", "core/net/net.h" }

local UDP, TCP = C.WIRE_UDP, C.WIRE_TCP
local EADDRINUSE = -98

describe("ports", function()
  local open, before

  local function new(seed)
    local p = ffi.new("struct ports")
    assert.equal(0, C.ports_open(p, ffi.new("struct rand", { seed })))
    open[#open + 1] = p
    return p
  end

  before_each(function() open, before = {}, fds() end)

  after_each(function()
    for _, p in ipairs(open) do
      C.ports_close(p)
      assert.equal(0, p.count)
      C.ports_close(p)
    end
    assert.equal(before, fds())
  end)

  it("are a block outside the ephemeral range, its first held for UDP and TCP", function()
    local p = new(1)
    assert.is_true(p.base >= 16384 and p.base + C.NET_PORTS <= 32768)
    assert.equal(0, p.base % C.NET_PORTS)
    assert.equal(2, p.count)
    assert.equal(1, C.ports_reserve(p, UDP, p.base))
    assert.equal(1, C.ports_reserve(p, TCP, p.base))
  end)

  it("are another block for another engine, even of the same seed", function()
    local a, b, c = new(7), new(7), new(7)
    assert.is_true(a.base ~= b.base and b.base ~= c.base and a.base ~= c.base)
  end)

  it("are the same block again for the same seed, once free", function()
    local a = new(9)
    local base = a.base
    C.ports_close(a)
    assert.equal(base, new(9).base)
  end)

  it("are held once each, and separately for each protocol", function()
    local p = new(3)
    for i = 1, 40 do assert.equal(0, C.ports_reserve(p, UDP, p.base + i)) end
    for i = 1, 40 do assert.equal(1, C.ports_reserve(p, UDP, p.base + i)) end
    assert.equal(0, C.ports_reserve(p, TCP, p.base + 1))
    assert.equal(43, p.count)
    assert.equal(before + 43, fds())
  end)

  for _, protocol in ipairs{ "UDP", "TCP" } do
    it("cannot be taken by other programs while they are held: " .. protocol, function()
      local a, b = new(4), new(5)
      local number = a.base + 100
      assert.equal(0, C.ports_reserve(a, C["WIRE_" .. protocol], number))
      assert.equal(EADDRINUSE, C.ports_reserve(b, C["WIRE_" .. protocol], number))
      assert.equal(2, b.count)
      C.ports_close(a)
      assert.equal(0, C.ports_reserve(b, C["WIRE_" .. protocol], number))
    end)
  end
end)
