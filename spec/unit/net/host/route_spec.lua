-- SPDX-License-Identifier: MIT
--
-- Tests core/net/host/route.c, as far as loopback can; connecting a datagram socket sends nothing.
local core = require "spec.support.harness.core"
local fds = require "spec.support.harness.fds"
local packet = require "spec.support.packets.packet"
local path = require "spec.support.virtual.path"
local record = require "spec.support.virtual.record"

local C, ffi = core.load{ "core/net/host/route.h", "core/mtr.h" }

local EACCES, ENODEV, EADDRNOTAVAIL = -13, -19, -99
local SECOND = 1e9

describe("route", function()
  local r, before

  local function question(o)
    local q = ffi.new("struct net_route")
    q.family = o.dst:find(":") and 6 or 4
    ffi.copy(q.dst, path.bytes(o.dst), 16)
    if o.src then ffi.copy(q.src, path.bytes(o.src), 16) end
    q.protocol, q.now = C.WIRE_UDP, o.now or 5 * SECOND
    q.broadcast, q.interface = o.broadcast or 0, o.interface or 0
    return q
  end
  local function find(o)
    local q = question(o)
    local err = C.route_find(r, q)
    return err == 0 and record.text(q.src, q.family) or err
  end
  local loopback = C.mtr_interface("lo")

  before_each(function()
    before = fds()
    r = ffi.new("struct route")
    C.route_init(r)
  end)

  after_each(function()
    C.route_close(r)
    C.route_close(r)
    assert.equal(before, fds())
  end)

  for _, case in ipairs{
    { "finds our address towards ourselves", { dst = "127.0.0.1" }, "127.0.0.1" },
    { "keeps a source address that is ours", { dst = "127.0.0.1", src = "127.0.0.5" },
      "127.0.0.5" },
    { "asks for the interface given", { dst = "127.0.0.1", interface = loopback }, "127.0.0.1" },
    { "refuses a source address that is not ours", { dst = "127.0.0.1", src = "203.0.113.7" },
      EADDRNOTAVAIL },
    { "refuses an interface that is not there", { dst = "127.0.0.1", interface = 99999 }, ENODEV },
    { "refuses multicast", { dst = "224.0.0.1" }, EACCES },
    { "refuses the highest multicast address", { dst = "239.255.255.255" }, EACCES },
    { "refuses broadcast", { dst = "255.255.255.255" }, EACCES },
    { "refuses the broadcast of a network of ours", { dst = "127.255.255.255" }, EACCES },
    { "allows that when asked to", { dst = "127.255.255.255", broadcast = 1 }, "127.0.0.1" },
    { "refuses IPv6 multicast", { dst = "ff02::1" }, EACCES },
  } do
    it(case[1], function() assert.equal(case[3], find(case[2])) end)
  end

  it("finds the IPv6 source address for loopback", function()
    local got = find{ dst = "::1" }
    if type(got) == "number" then pending("needs IPv6 on lo: errno " .. -got) end
    assert.equal("::1", got)
  end)

  it("keeps one socket for plain questions, and forgets the last answer's address", function()
    assert.equal("127.0.0.1", find{ dst = "127.0.0.1" })
    local fd = r.fd4
    assert.equal("127.0.0.1", find{ dst = "127.0.0.2" })
    assert.equal("127.0.0.1", find{ dst = "127.0.0.1", now = 9 * SECOND })
    assert.equal(fd, r.fd4)
    assert.equal(before + 1, fds())
  end)

  it("does not repeat the same question within a second", function()
    local function asked_at(dst)
      for i = 0, C.ROUTE_CACHE - 1 do
        local a = r.cache[i]
        if a.valid == 1 and ffi.string(a.question.dst, 16) == path.bytes(dst) then
          return tonumber(a.question.now) / SECOND
        end
      end
    end
    find{ dst = "127.0.0.1" }
    find{ dst = "127.0.0.1", now = 5.9 * SECOND }
    assert.equal(5, asked_at("127.0.0.1"))
    find{ dst = "127.0.0.1", now = 6 * SECOND }
    assert.equal(6, asked_at("127.0.0.1"))
    find{ dst = "127.0.0.1", now = 6.1 * SECOND, src = "127.0.0.5" }
    assert.equal(6.1, asked_at("127.0.0.1"))
    assert.equal("127.0.0.1", find{ dst = "127.0.0.1", now = 6.2 * SECOND })
  end)

  for _, case in ipairs{
    { 4, "192.0.2.7", 0x1234, 0, "0200 1234 c0000207 0000000000000000", 16 },
    { 6, "2001:db8::1", 0, 5, "0a00 0000 00000000 20010db8 00000000 00000000 00000001 00000000",
      28 },
    { 6, "fe80::1", 53, 5, "0a00 0035 00000000 fe800000 00000000 00000000 00000001 05000000", 28 },
  } do
    local family, addr, port, scope, want, size = unpack(case)
    it(("writes %s port %d scope %d as the kernel wants it"):format(addr, port, scope), function()
      local out = ffi.new("uint8_t[28]")
      assert.equal(size, C.route_sockaddr(out, family, path.bytes(addr), port, scope))
      assert.equal(packet.dump(packet.hex(want)), packet.dump(ffi.string(out, size)))
    end)
  end
end)
