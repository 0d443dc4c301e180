-- SPDX-License-Identifier: MIT
--
-- Receiving through the loop, from the bytes on: engines of paired.lua, whose probes all fail, so
-- that whatever answers them is late. No spec here waits for time to pass.
local core = require "spec.support.harness.core"
local inline = require "spec.support.harness.inline"
local packet = require "spec.support.packets.packet"
local paired = require "spec.support.real.paired"
local parts = require "spec.support.packets.parts"

local C, ffi = core.load{ "core/mtr.h", "core/probe/core.h" }
local I = inline.load("core/probe/identity.h")

ffi.cdef [[ int loop_poll(void *fds, unsigned long n, int timeout) __asm__("poll"); ]]

local hex, u16 = packet.hex, packet.u16

describe("loop", function()
  local e

  after_each(function()
    local last = e
    e = nil
    if last then last:close() end
  end)

  -- An engine with one trace that has a failed probe and, for an hour, no other.
  local function stuck(o)
    e = assert(paired.open{ rate = 1 / 3600 })
    local options = { gap_limit = 0, attempts = 15, dst = "127.0.0.1" }
    for k, v in pairs(o) do options[k] = v end
    local handle = assert(e:start(options))
    local failed = assert(e:until_event(function(ev) return ev.kind == "TIMEOUT" end, 1000))
    local place = failed.probe % 0x8000
    local t, p = I.state_trace(e.core, handle), I.state_probe(e.core, failed.probe)
    return { handle = handle, probe = failed.probe, id = I.identity_of(e.core, place),
      ip_id = I.identity_ip(e.core, place), sport = t.sport, dport = t.opts.dport,
      cookie = I.identity_low(e.core, p) }
  end
  local US = hex "7f000001"
  local function te4(protocol, transport, id)
    return parts.te4(packet.ipv4{ src = US, dst = US, protocol = protocol, ttl = 1, id = id,
      body = transport })
  end
  -- A time exceeded to 127.0.0.1 rather than to parts' us.
  local function to_us(bytes)
    return packet.ipv4{ src = parts[4].router, dst = US, protocol = 1, ttl = 60,
      body = bytes:sub(21) }
  end
  local function reply()
    return e:until_event(function(ev) return ev.kind == "REPLY" end, 1000)
  end

  it("takes a packet from a socket, through filter, parser and matching, to an event", function()
    local p = stuck{ protocol = C.MTR_ICMP }
    local echo = hex "0800" .. u16(0x4321) .. u16(p.sport) .. u16(p.id)
    e:inject("ICMP4", to_us(te4(1, echo, p.ip_id)))
    local ev = assert(reply(), "no reply")
    assert.same({ p.probe, "198.51.100.7", 11, 60, 1, true, true, true },
      { ev.probe, ev.addr, ev.icmp_type, ev.reply_ttl, ev.quoted_ttl, ev.set.LATE, ev.set.QUOTE,
        ev.set.USER_TIME })
    assert.is_nil(ev.set.NAT)
    assert.equal(1, e:stats().late)
  end)

  for _, case in ipairs{
    { "UDP", "ICMP4", function(p)
      return to_us(te4(17, u16(p.sport) .. u16(p.dport) .. u16(40) .. u16(p.id), p.ip_id))
    end },
    { "TCP", "ICMP4", function(p)
      return to_us(te4(6, u16(p.sport) .. u16(p.dport) .. u16(p.id) .. u16(p.cookie), p.ip_id))
    end },
    { "TCP", "TCP4", function(p)
      return packet.ipv4{ src = US, dst = US, protocol = 6, body = packet.tcp{ sport = p.dport,
        dport = p.sport, ack = p.id * 65536 + p.cookie + 1, flags = 0x12 } }
    end },
  } do
    local protocol, socket, bytes = unpack(case)
    it(("receives what answers %s on the %s socket"):format(protocol, socket), function()
      local p = stuck{ protocol = C["MTR_" .. protocol] }
      e:inject(socket, bytes(p))
      assert.equal(p.probe, assert(reply(), "no reply").probe)
      assert.equal(0, e:stats().unmatched)
    end)
  end

  it("counts what is ours by port and no probe's, and what does not parse", function()
    local p = stuck{ protocol = C.MTR_UDP }
    local header = u16(p.sport) .. u16(9) .. u16(40)
    e:inject("ICMP4", to_us(te4(17, header .. u16(0), 0)))
    e:inject("UDP4", packet.ipv4{ src = US, dst = US, protocol = 17,
      body = u16(9) .. u16(p.sport) })
    e:inject("UDP4", packet.ipv4{ src = US, dst = US, protocol = 17,
      body = u16(7) .. u16(p.sport) .. u16(8) .. u16(0) })
    e:inject("TCP4", packet.ipv4{ src = US, dst = US, protocol = 6, body = u16(1) .. u16(9) })
    e:until_event(function() return false end)
    assert.same({ 2, 1, 0 }, { e:stats().unmatched, e:stats().malformed, e:stats().late })
    assert.equal(0, e:stats().orphans)
  end)

  it("takes in a flood in one step after another, and loses none of it", function()
    local p = stuck{ protocol = C.MTR_ICMP }
    local echo = hex "0800" .. u16(0x4321) .. u16(p.sport) .. u16(p.id)
    local bytes, sent = to_us(te4(1, echo, p.ip_id)), 0
    for _ = 1, 30 do
      while ffi.C.send(e.peer[2], bytes, #bytes, 0x40) == #bytes do sent = sent + 1 end
      e:step()
    end
    e:until_event(function() return false end)
    assert.is_true(sent > 30)
    assert.equal(sent, e:stats().late + e:stats().duplicates)
    local told = 0
    for _, ev in ipairs(e.events) do if ev.kind == "REPLY" then told = told + 1 end end
    assert.equal(sent, told)
  end)

  it("has a deadline that timers, rate and ended traces move", function()
    stuck{}
    local far = C.mtr_timeout(e.mtr)
    assert.is_true(far > 1000)
    local timer = ffi.new("uint32_t[1]")
    C.mtr_timer(e.mtr, 50, 1, timer)
    assert.is_true(C.mtr_timeout(e.mtr) <= 51)
    C.mtr_timer_cancel(e.mtr, timer[0])
    assert.is_true(C.mtr_timeout(e.mtr) > 1000)
    C.mtr_set_rate(e.mtr, 0)
    assert.equal(0, C.mtr_timeout(e.mtr))
  end)

  it("sends nothing between hold and flush, and reports it with the next step", function()
    e = assert(paired.open{ rate = 0 })
    local engines = ffi.new("struct mtr *[1]", e.mtr)
    e:step()
    C.mtr_hold(e.mtr)
    local handle = e:start{ max_ttl = 1, attempts = 1 }
    assert.equal(0, C.mtr_wait(engines, 1, -1, 0))
    assert.equal(0, e:stats().send_errors)
    assert.equal(0, C.mtr_flush(e.mtr))
    assert.equal(1, e:stats().send_errors)
    local kinds = {}
    for i, ev in ipairs(e:step()) do kinds[i] = ev.kind end
    assert.same({ "TIMEOUT", "HOP", "DONE" }, kinds)
    assert.equal(0, C.mtr_release(e.mtr, handle))
  end)

  -- One engine that may send again in a third of a millisecond, with a reply that waits, and a
  -- descriptor to wake it.
  local function held_back()
    e = assert(paired.open{ rate = 3000 })
    assert(e:start{ attempts = 15, gap_limit = 0 })
    e:step()
    local echo = hex "08004321" .. u16(e.core.config.echo_base) .. u16(1)
    e:inject("ICMP4", to_us(te4(1, echo, 1)))
    local pair = ffi.new("int[2]")
    assert(ffi.C.socketpair(1, 2, 0, pair) == 0)
    e.peer.wake, e.peer.waker = pair[0], pair[1]
    return ffi.new("struct mtr *[1]", e.mtr)
  end

  it("sleeps over replies where only the rate keeps probes back, until these may go", function()
    local engines = held_back()
    assert.equal(1, C.mtr_wait(engines, 1, e.peer.wake, -1))
    assert.equal(0, C.mtr_timeout(e.mtr))
    assert.equal(0, e:stats().unmatched)
    e:step()
    assert.equal(1, e:stats().unmatched)
  end)

  it("can be woken from that sleep", function()
    local engines = held_back()
    assert(ffi.C.send(e.peer.waker, "x", 1, 0) == 1)
    assert.equal(-4, C.mtr_wait(engines, 1, e.peer.wake, -1))
  end)

  it("makes its descriptor readable at deadlines if it is asked for later", function()
    local engines = held_back()
    assert.equal(1, C.mtr_wait(engines, 1, e.peer.wake, -1))
    e:step()
    -- Alone it would be ready for the reply: that has been read.
    local p = ffi.new("struct { int fd; short events, revents; }[1]", { { C.mtr_fd(e.mtr), 1, 0 } })
    assert.equal(1, ffi.C.loop_poll(p, 1, 10000))
  end)
end)
