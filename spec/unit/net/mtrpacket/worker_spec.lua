-- SPDX-License-Identifier: MIT
--
-- The conversation with one mtr-packet: which answer belongs to which probe, its window,
-- exhaustion, tokens.
local fake = require "spec.support.real.fake"
local core = require "spec.support.harness.core"
local at = require "spec.support.real.worker"

local C, ffi = core.load { "core/net/mtrpacket/worker.h" }

local EAGAIN, ENOBUFS = 11, 105
local SECOND, START = at.SECOND, at.START

describe("a worker", function()
  before_each(at.reset)
  after_each(at.close)
  teardown(fake.clean)

  it("matches each answer with its probe, in any order", function()
    at.ready [[
      local kept = {}
      function probe(token, p)
        kept[#kept + 1] = function() echo(token, p) end
        if #kept == 3 then kept[3]() kept[1]() kept[2]() end
      end]]
    assert.equal("0.95", ffi.string(at.w.hello.version))
    at.send_many(3)
    at.upto(at.answers(3))
    assert.same({ { 103, 0, C.WIRE_ECHO_REPLY }, { 101, 0, C.WIRE_ECHO_REPLY },
      { 102, 0, C.WIRE_ECHO_REPLY } }, at.got)
    assert.same({ 0, 0, 0 }, { at.w.out, at.w.faults, at.w.restarts })
  end)

  it("ignores lines that answer no probe", function()
    at.ready [[function probe(token, p)
      raw("\n\1\2\3\n")
      say(99999, "reply ip-4 1.2.3.4 round-trip-time 1")
      say("0 command-parse-error")
      raw(("x"):rep(1e7) .. "\n")
      echo(token, p)
      echo(token, p)
      say(token, "no-reply")
    end]]
    at.send_many(1)
    at.upto(function() return at.w.faults + at.w.lines.too_long == 7 end)
    assert.same({ { 101, 0, C.WIRE_ECHO_REPLY } }, at.got)
    assert.same({ C.WORKER_READY, 0 }, { tonumber(at.w.state), at.w.restarts })
  end)

  it("does not believe an answer of another family", function()
    at.ready [[function probe(token) say(token, "ttl-expired ip-6 ::1 round-trip-time 5") end]]
    at.send_many(1)
    at.upto(function() return at.w.faults == 1 end)
    assert.same({ {}, 0 }, { at.got, at.w.out })
  end)

  it("does not believe an answer from an address that cannot send, and keeps its child", function()
    at.ready [[function probe(token, p)
      if token % 20 == 0 then return echo(token, p) end
      say(token, ("ttl-expired ip-4 %s round-trip-time 5"):format(
        ({ "240.0.0.1", "224.0.0.1", "255.255.255.255", "127.0.0.1" })[token % 4 + 1]))
    end]]
    at.send_many(20)
    at.upto(at.answers(1))
    at.upto(function() return at.w.out == 0 end)
    assert.same({ 1, 19, 0 }, { #at.got, at.w.faults, at.w.restarts })
  end)

  it("keeps to the window, also with probes that timed out here", function()
    at.ready [[function probe(token) if token < 216 then say(token, "no-reply") end end]]
    at.w.sequence = 0
    local sent = 0
    while at.room() > 0 and sent < 2000 do
      at.send_many(1)
      sent = sent + 1
      if sent < 200 then at.upto(function() return at.w.out == 0 end) end
    end
    assert.equal(1199, sent)
    assert.equal(1000, at.w.out)
  end)

  it("opens no more streams than its descriptors allow", function()
    at.ready [[function probe() end]]
    for i = 900, 1, -1 do
      assert.equal(math.min(i, at.room()), at.room(1))
      at.send_many(1, { protocol = "tcp" })
    end
    assert.same({ 0, 100 }, { at.room(1), at.room() })
  end)

  it("waits when mtr-packet is exhausted, and offers the probe again", function()
    at.ready [[local n = 0
      function probe(token, p)
        n = n + 1
        if n <= 2 then say(token, "probes-exhausted") else echo(token, p) end
      end]]
    at.send_many(40)
    at.upto(at.answers(2))
    assert.same({ { 101, EAGAIN, C.WIRE_ERROR }, { 102, EAGAIN, C.WIRE_ERROR } },
      { at.got[1], at.got[2] })
    assert.equal(0, at.room())
    at.upto(at.answers(40))
    at.wake()
    at.read()
    assert.truthy(at.room() > 15 and at.room() < 40)
    at.now = at.now + 60 * SECOND
    for _ = 1, 200 do
      at.now = at.now + 2 * SECOND
      at.read()
    end
    assert.truthy(at.room() > 150)
  end)

  it("gives up in the end when mtr-packet refuses every probe", function()
    at.ready [[function probe(token) say(token, "probes-exhausted") end]]
    for i = 1, 20 do
      at.send_many(1)
      at.upto(at.answers(i))
      if at.got[i][2] == ENOBUFS then break end
      at.wake()
      at.read()
    end
    assert.equal(ENOBUFS, at.got[#at.got][2])
    assert.truthy(at.now - START < 3 * SECOND and #at.got < 15)
  end)

  it("sends fewer streams when descriptors run out, and as many others", function()
    at.ready [[function probe(token) say(token, "unexpected-error errno 24") end]]
    at.send_many(100, { protocol = "tcp" })
    at.upto(at.answers(100))
    at.wake()
    at.read()
    assert.truthy(at.room(1) < 100)
    assert.truthy(at.room() > 150)
  end)

  it("skips a sequence number that is the port of a probe", function()
    at.ready()
    local function requests()
      local list = {}
      for line in ffi.string(at.w.buf, at.w.pending):gmatch "[^\n]+" do
        list[#list + 1] = line:match "ip%-4 0$" or line:match "protocol %a+"
      end
      return list
    end
    assert.equal(33003, at.w.sequence)
    at.w.sequence = 33433
    for _, o in ipairs { { dport = 33434, protocol = "udp" }, {}, {} } do at.send(o) end
    assert.same({ "protocol udp", "ip-4 0", "protocol icmp", "protocol icmp" }, requests())
    assert.equal(33437, at.w.sequence)
    at.w.sequence = 65535
    at.send()
    assert.equal(33000, at.w.sequence)
    at.upto(at.answers(4))
    at.send_many(1, { protocol = "tcp" })
    assert.equal(0, at.w.sequence)
  end)

  it("does not probe a port while that sequence number is in use", function()
    at.ready [[local held
      function probe(token, p)
        if held then echo(held, p) echo(token, p) end
        held = token
      end]]
    at.w.sequence = 40000
    at.send_many(1)
    assert.equal(-EAGAIN, at.send { dport = 40000, protocol = "udp" })
    at.send_many(1, { dport = 40001, protocol = "udp" })
    at.upto(at.answers(2))
    at.send_many(1, { dport = 40000, protocol = "udp" })
  end)
end)
