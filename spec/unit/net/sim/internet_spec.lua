-- SPDX-License-Identifier: MIT
--
-- The numbers behind an internet that is computed by a hash: an address belongs to a target or to a
-- router, two positions never share one, and nothing is stored.
local core = require "spec.support.harness.core"
local wire = require "spec.support.packets.wire"
local addr = require "mtr.base.addr"

local C, ffi = core.load{ "core/net/sim/internet.h", "core/base/rand.h", "core/wire/parse.h",
  "core/wire/record.h" }

local function plan(prefixes, o)
  local opts = ffi.new("struct mtr_sim_internet")
  C.mtr_sim_internet_defaults(opts)
  opts.prefixes, opts.silent, opts.dead, opts.balanced = prefixes, 0, 0, 0
  for name, value in pairs(o or {}) do opts[name] = value end
  local net = ffi.new("struct internet")
  assert(C.internet_init(net, opts, 9) == 0)
  return net
end

local bytes, out = ffi.new("uint8_t[16]"), ffi.new("uint8_t[65536]")
local at = ffi.new("int64_t[1]")

local function target(net, family, i)
  C.internet_target(net, family, i, bytes)
  return addr.text(bytes, family)
end

-- Who answers a ping of a TTL to an address, its kind and when; nil for nobody.
local function ask(net, dst, family, ttl, rand)
  local p = wire.probe{ family = family, protocol = "icmp", ttl = ttl, checksum = 0x1111 }
  addr.parse(dst, p.dst)
  local packet = ffi.new("uint8_t[200]")
  local size = C.wire_build(p, packet, 200)
  at[0] = 0
  local n = C.internet_send(net, packet, size, rand, at, out)
  if n == 0 then return nil end
  local r = assert(wire.parse(ffi.string(out, n)))
  return addr.text(r.from, family), wire.field(r, "kind"), tonumber(at[0])
end

describe("internet", function()
  for _, family in ipairs{ 4, 6 } do
    it(("has targets that are no special addresses, IPv%d"):format(family), function()
      local net, seen = plan(12000000), {}
      for i = 0, 11999999, 10007 do
        local text = target(net, family, i)
        assert.is_nil(seen[text])
        assert.is_nil(addr.class(text), text)
        seen[text] = true
      end
      C.internet_close(net)
    end)

    it(("has one address for each position, IPv%d"):format(family), function()
      local net, where = plan(3000), {}
      for i = 0, 2999, 3 do
        local dst = target(net, family, i)
        local before = 0
        for ttl = 1, 30 do
          local who, kind, when = ask(net, dst, family, ttl)
          assert.is_true(when > 0 and when < 2e9)
          if kind == "ECHO_REPLY" then
            assert.equal(dst, who)
            assert.is_true(ttl >= 10 and ttl <= 16 and before == ttl - 1)
            break
          end
          before = ttl
          assert.is_true(where[who] == nil or where[who] == ttl)
          assert.is_nil(addr.class(who), who)
          where[who] = ttl
        end
      end
      C.internet_close(net)
    end)
  end

  it("gives the same answer at any time, but for the delay", function()
    local net, rand = plan(1000, { balanced = 0.5 }), ffi.new("struct rand", { 1 })
    local dst, times = target(net, 4, 77), {}
    local who, _, truth = ask(net, dst, 4, 8)
    for i = 1, 20 do
      local again, _, when = ask(net, dst, 4, 8, rand)
      assert.equal(who, again)
      assert.is_true(when >= truth)
      times[i] = when
    end
    assert.not_equal(times[1], times[2])
    C.internet_close(net)
  end)

  it("has no route to an address that is not in it", function()
    local net = plan(70000)
    for _, dst in ipairs{ "10.0.0.1", "2.17.112.1", "192.0.2.9", "224.0.0.1", "0.0.0.0" } do
      local _, kind = ask(net, dst, 4, 9)
      assert.equal("UNREACH", kind)
    end
    assert.equal("UNREACH", select(2, ask(net, "2001:db8::1", 6, 9)))
    assert.equal("ECHO_REPLY", select(2, ask(net, "2.17.111.1", 4, 30)))
    C.internet_close(net)
  end)

  it("may be as small as one prefix", function()
    for _, n in ipairs{ 1, 2, 5 } do
      local net = plan(n, { min_hops = 8, max_hops = 30 })
      local who, kind
      for ttl = 1, 30 do
        who, kind = ask(net, target(net, 4, n - 1), 4, ttl)
        assert.is_string(who)
        if kind == "ECHO_REPLY" then break end
      end
      assert.equal(target(net, 4, n - 1), who)
      C.internet_close(net)
    end
  end)
end)
