-- SPDX-License-Identifier: MIT
--
-- Feeds messages, valid and damaged, as if they came from the kernel's socket; and reads the
-- kernel's own tables on this host, of which only the part about loopback is known.
local core = require "spec.support.harness.core"
local fds = require "spec.support.harness.fds"
local path = require "spec.support.virtual.path"
local random = require "spec.support.harness.random"
require "spec.support.real.bpf"             -- declares the system calls

local C, ffi = core.load{ "core/net/packet/fib.h", "core/net/packet/fib_load.h",
  "core/net/packet/fib_table.h" }

local INET, INET6 = 2, 10
local NEWLINK, NEWADDR, NEWROUTE, NEWRULE, NEWNEIGH, DELNEIGH = 16, 20, 24, 32, 28, 29
local DST, LLADDR = 1, 2               -- attributes of a neighbour
local REACHABLE, STALE, FAILED, INCOMPLETE, PERMANENT = 0x02, 0x04, 0x20, 0x01, 0x80
local NOARP = 0x40
local MAC = "\2\0\0\0\0\9"

local function u16(v) return ffi.string(ffi.new("uint16_t[1]", v), 2) end
local function u32(v) return ffi.string(ffi.new("uint32_t[1]", v), 4) end
local function padded(s) return s .. ("\0"):rep(-#s % 4) end
local function attribute(kind, bytes) return padded(u16(#bytes + 4) .. u16(kind) .. bytes) end
local function message(kind, body, attributes)
  local rest = padded(body) .. table.concat(attributes or {})
  return u32(#rest + 16) .. u16(kind) .. u16(0) .. u32(0) .. u32(0) .. rest
end
local function neighbour(kind, o)
  local addr = path.bytes(o.addr)
  local body = string.char(o.family or INET, 0, 0, 0) .. u32(o.link or 7) .. u16(o.state)
    .. string.char(o.flags or 0, 1)
  return message(kind, body, { attribute(DST, o.family == INET6 and addr or addr:sub(1, 4)),
    o.mac ~= false and attribute(LLADDR, o.mac or MAC) or nil })
end

describe("fib_load", function()
  local f, fd, before

  before_each(function()
    before = fds()
    f, fd = ffi.new("struct fib"), ffi.new("int[2]")
    assert.equal(0, C.fib_open(f, 0, 5e9))
    assert.equal(0, ffi.C.socketpair(1, 2, 0, fd))
    ffi.C.close(f.hear.fd)
    f.hear.fd = fd[1]
    f.stale = 0
  end)

  after_each(function()
    C.fib_close(f)
    C.fib_close(f)
    ffi.C.close(fd[0])
    assert.equal(before, fds())
  end)

  local function hear(bytes)
    assert.equal(#bytes, tonumber(ffi.C.send(fd[0], bytes, #bytes, 0x40)))
    C.fib_hear(f)
  end

  -- A next hop as if it had been asked for and not found.
  local function hop(family, addr, link)
    local h = C.fib_place(f, family, path.bytes(addr), link)
    h.family, h.link = family, link
    ffi.copy(h.addr, path.bytes(addr), 16)
    hear(neighbour(NEWNEIGH, { family = family == 6 and INET6 or INET, addr = addr, link = link,
      state = FAILED, mac = false }))
    h.known = 1                          -- whatever it was, it is to be heard of
    return h
  end

  it("reads that loopback is this host", function()
    local r = C.fib_find(f, 4, path.bytes "127.0.0.1", 5e9)
    assert.is_true(r ~= nil)
    assert.equal(C.FIB_HERE, r.way)
    C.fib_query(f, 4, path.bytes "127.0.0.1", r)
    assert.equal(C.FIB_HERE, r.way)
  end)

  it("learns a neighbour, forgets it, and learns it again", function()
    for _, case in ipairs { { 4, "10.0.0.1", INET }, { 6, "fe80::1", INET6 } } do
      local family, addr, af = unpack(case)
      local h = hop(family, addr, 7)
      for _, state in ipairs { REACHABLE, STALE, PERMANENT } do
        hear(neighbour(NEWNEIGH, { family = af, addr = addr, state = state }))
        assert.same({ 1, 6, MAC, state == PERMANENT and 1 or 0 },
          { h.known, h.size, ffi.string(h.hardware, 6), h.lasting })
        assert.is_true(h.why == nil)
        hear(neighbour(state == STALE and DELNEIGH or NEWNEIGH,
          { family = af, addr = addr, state = state == STALE and STALE or FAILED }))
        assert.equal(0, h.known)
        assert.equal("a next hop not yet resolved", ffi.string(h.why))
      end
      hear(neighbour(NEWNEIGH, { family = af, addr = addr, state = INCOMPLETE, mac = false }))
      assert.equal(0, h.known)
      assert.equal(0, f.stale)
    end
  end)

  it("ignores a neighbour of another address, link or kind", function()
    local h = hop(4, "10.0.0.1", 7)
    hear(neighbour(NEWNEIGH, { addr = "10.0.0.1", state = REACHABLE }))
    for _, o in ipairs { { addr = "10.0.0.2" }, { addr = "10.0.0.1", link = 8 },
      { addr = "10.0.0.1", flags = 8 } } do
      o.state, o.mac = REACHABLE, "\2\0\0\0\0\8"
      hear(neighbour(NEWNEIGH, o))
      assert.equal(MAC, ffi.string(h.hardware, 6))
    end
  end)

  it("learns nothing about hops behind a link without addresses", function()
    local h = hop(4, "0.0.0.0", 7)
    h.lasting = 1
    for _, kind in ipairs { NEWNEIGH, DELNEIGH } do
      for _, mac in ipairs { MAC, false } do
        hear(neighbour(kind, { addr = "0.0.0.0", state = NOARP, mac = mac }))
        assert.same({ 1, 1, 0 }, { h.known, h.lasting, h.size })
      end
    end
  end)

  it("learns the properties of a link", function()
    local l = ffi.new("struct fib_link", { index = 1 })
    C.fib_ask_link(f, l, 6e9)
    assert.equal(6e9, tonumber(l.asked))
    local why = ffi.string(l.why)          -- loopback is down in a network that was just made
    assert.is_true(why == "to this host itself" or why == "a link that is down", why)
    assert.is_true(l.mtu >= 16384)
    l.index = 0x7ffffffe
    C.fib_ask_link(f, l, 7e9)
    assert.same({ 7e9, "a link that is gone" }, { tonumber(l.asked), ffi.string(l.why) })
  end)

  it("refuses a hardware address that is longer than Ethernet's", function()
    local h = hop(4, "10.0.0.1", 7)
    hear(neighbour(NEWNEIGH, { addr = "10.0.0.1", state = REACHABLE, mac = ("\1"):rep(20) }))
    assert.equal(0, h.known)
  end)

  for name, kind in pairs { route = NEWROUTE, rule = NEWRULE, link = NEWLINK, address = NEWADDR } do
    it("knows from a changed " .. name .. " that its tables are old", function()
      hear(message(kind, ("\0"):rep(16)))
      assert.equal(1, f.stale)
      C.fib_find(f, 4, path.bytes "127.0.0.1", 5.001e9)
      assert.equal(1, f.stale, "not read again at once")
      C.fib_find(f, 4, path.bytes "127.0.0.1", 5.02e9)
      assert.same({ 0, 5.02e9 }, { f.stale, tonumber(f.loaded) })
    end)
  end

  it("forgets every hop and link when the tables are read", function()
    local h, l = hop(4, "10.0.0.1", 7), f.link[7]
    l.index = 7
    C.fib_load(f, 6e9)
    assert.same({ 0, 0 }, { h.family, l.index })
  end)

  it("survives messages that are cut short or have wrong lengths", function()
    local h, rand = hop(4, "10.0.0.1", 7), random(7)
    local whole = neighbour(NEWNEIGH, { addr = "10.0.0.1", state = REACHABLE })
    for n = 1, #whole - 1 do hear(whole:sub(1, n)) end
    for _ = 1, 2000 do
      local bytes = whole .. whole
      for _ = 1, rand(4) do
        local at = rand(#bytes)
        bytes = bytes:sub(1, at - 1) .. string.char(rand(256) - 1) .. bytes:sub(at + 1)
      end
      hear(bytes)
    end
    hear(whole)
    assert.equal(1, h.known)
  end)
end)
