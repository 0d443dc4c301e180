-- SPDX-License-Identifier: MIT
--
-- The receive ring with the real kernel, on loopback: what it holds, what it drops and counts, that
-- it goes on after a loss, and that it leaves nothing behind.

local core = require "spec.support.harness.core"
local nets = require "spec.support.real.nets"
local loopback = require "spec.support.real.loopback"

local C, ffi = core.load{ "core/net/packet/ring.h", "core/net/host/filter.h" }

ffi.cdef [[
long ring_spec_sendto(int fd, const void *bytes, size_t n, int flags, const void *to,
  uint32_t size) __asm__("sendto");
]]

local AF_INET, AF_PACKET, SOCK_DGRAM = 2, 17, 2
local PORT, SNAP = 20480, 2048
local BLOCKS = 32 -- each may be taken by a single packet, when we are kept from sending the next

describe("ring #alone", function()
  local l, ring, packet, sender, socket

  -- A datagram of ours for each number, |size| bytes long.
  local function send(n, size, port)
    port = port or PORT
    local to = ffi.new("uint8_t[16]", { AF_INET, 0, math.floor(port / 256), port % 256, 127, 0, 0,
      1 })
    local bytes = ("x"):rep(size)
    for _ = 1, n do
      assert.equal(size, tonumber(ffi.C.ring_spec_sendto(sender, bytes, size, 0, to, 16)))
    end
  end

  -- Reads until |want| have come, or none has for a while: the kernel hands a block over when it
  -- is full, or some milliseconds later.
  local function read(want)
    local n, quiet = 0, 0
    repeat
      loopback.sleep(5)
      quiet = quiet + 1
      while C.ring_next(ring, packet) == 1 do
        assert.equal(0x45, packet.bytes[0])
        assert.is_true(packet.size <= SNAP and packet.size <= packet.whole)
        n, quiet = n + 1, 0
      end
    until n == want or quiet == 40
    return n
  end

  local function open(blocks)
    nets.needs_privilege(pending)
    l = nets.up "chain 2"
    l:inside(function()
      socket = ffi.C.socket(AF_PACKET, SOCK_DGRAM, 0)
      sender = ffi.C.socket(AF_INET, SOCK_DGRAM, 0)
    end)
    assert(socket >= 0 and sender >= 0)
    assert.equal(0, C.filter_none(socket))
    ring, packet = ffi.new("struct ring"), ffi.new("struct ring_packet")
    assert.equal(0, C.ring_open(ring, socket, 4, blocks))
    assert.equal(0, C.filter_ring(socket, ffi.new("struct filter", { port_base = PORT,
      port_count = 1024 }), 4, SNAP))
  end

  after_each(function()
    if not ring then return end
    C.ring_close(ring)
    C.ring_close(ring)
    ffi.C.close(socket)
    ffi.C.close(sender)
    ring = nil
    nets.down()
  end)

  it("holds our packets, with time stamps, and nothing else", function()
    open(BLOCKS)
    send(50, 100)
    send(50, 100, PORT + 2000)
    local before = os.time()
    assert.equal(50, read(50))
    assert.equal(128, tonumber(packet.whole))
    assert.is_true(math.abs(tonumber(packet.at) / 1e9 - before) < 5)
    assert.equal(0, C.ring_lost(ring))
  end)

  it("cuts large packets, and says how large they were", function()
    open(BLOCKS)
    send(3, 5000)
    assert.equal(3, read(3))
    assert.same({ SNAP, 5028 }, { tonumber(packet.size), tonumber(packet.whole) })
  end)

  it("drops packets that do not fit, counts them, and goes on", function()
    open(8)
    send(3000, 500)
    local got = read()
    assert.is_true(got > 0 and got < 1000, got)
    assert.equal(1, C.ring_crowded(ring))
    assert.equal(3000 - got, C.ring_lost(ring))
    assert.equal(0, C.ring_lost(ring))
    for _ = 1, 5 do
      send(20, 500)
      assert.equal(20, read(20))
      assert.equal(0, C.ring_lost(ring))
    end
  end)

  it("starts again at its first block after the last", function()
    open(BLOCKS)
    for i = 1, 80 do
      send(60, 400)
      assert.equal(60, read(60), "round " .. i)
    end
    assert.equal(0, C.ring_lost(ring))
  end)

  it("may admit nothing, be closed and be opened again", function()
    open(2)
    assert.equal(0, C.filter_none(socket))
    send(10, 100)
    assert.equal(0, read())
    C.ring_close(ring)
    assert.equal(0, C.ring_next(ring, packet))
    assert.equal(0, C.ring_open(ring, socket, 4, BLOCKS))
    send(10, 100)
    assert.equal(0, read())
  end)
end)
