-- SPDX-License-Identifier: MIT
--
-- The conversation with one mtr-packet: which answer belongs to which probe, its window,
-- exhaustion, tokens.
local fake = require "spec.support.real.fake"
local core = require "spec.support.harness.core"
local worker = require "spec.support.real.worker"

local C, ffi = core.load { "core/net/mtrpacket/worker.h" }

local EAGAIN, ENOBUFS = 11, 105
local SECOND, START = worker.SECOND, worker.START

describe("a worker", function()
  before_each(worker.reset)
  after_each(worker.close)
  teardown(fake.clean)

  it("matches each answer with its probe, in any order", function()
    worker.ready [[
      local kept = {}
      function probe(token, p)
        kept[#kept + 1] = function() echo(token, p) end
        if #kept == 3 then kept[3]() kept[1]() kept[2]() end
      end]]
    assert.equal("0.95", ffi.string(worker.w.hello.version))
    worker.send_many(3)
    worker.upto(worker.answers(3))
    assert.same({ { 103, 0, C.WIRE_ECHO_REPLY }, { 101, 0, C.WIRE_ECHO_REPLY },
      { 102, 0, C.WIRE_ECHO_REPLY } }, worker.got)
    assert.same({ 0, 0, 0 }, { worker.w.out, worker.w.faults, worker.w.restarts })
  end)

  it("ignores lines that answer no probe", function()
    worker.ready [[function probe(token, p)
      raw("\n\1\2\3\n")
      say(99999, "reply ip-4 1.2.3.4 round-trip-time 1")
      say("0 command-parse-error")
      raw(("x"):rep(1e7) .. "\n")
      echo(token, p)
      echo(token, p)
      say(token, "no-reply")
    end]]
    worker.send_many(1)
    worker.upto(function() return worker.w.faults + worker.w.lines.too_long == 7 end)
    assert.same({ { 101, 0, C.WIRE_ECHO_REPLY } }, worker.got)
    assert.same({ C.WORKER_READY, 0 }, { tonumber(worker.w.state), worker.w.restarts })
  end)

  it("does not believe an answer of another family", function()
    worker.ready [[function probe(token) say(token, "ttl-expired ip-6 ::1 round-trip-time 5") end]]
    worker.send_many(1)
    worker.upto(function() return worker.w.faults == 1 end)
    assert.same({ {}, 0 }, { worker.got, worker.w.out })
  end)

  it("does not believe an answer from an address that cannot send, and keeps its child", function()
    worker.ready [[function probe(token, p)
      if token % 20 == 0 then return echo(token, p) end
      say(token, ("ttl-expired ip-4 %s round-trip-time 5"):format(
        ({ "240.0.0.1", "224.0.0.1", "255.255.255.255", "127.0.0.1" })[token % 4 + 1]))
    end]]
    worker.send_many(20)
    worker.upto(worker.answers(1))
    worker.upto(function() return worker.w.out == 0 end)
    assert.same({ 1, 19, 0 }, { #worker.got, worker.w.faults, worker.w.restarts })
  end)

  it("keeps to the window, also with probes that timed out here", function()
    worker.ready [[function probe(token) if token < 216 then say(token, "no-reply") end end]]
    worker.w.sequence = 0
    local sent = 0
    while worker.room() > 0 and sent < 2000 do
      worker.send_many(1)
      sent = sent + 1
      if sent < 200 then worker.upto(function() return worker.w.out == 0 end) end
    end
    assert.equal(1199, sent)
    assert.equal(1000, worker.w.out)
  end)

  it("opens no more streams than its descriptors allow", function()
    worker.ready [[function probe() end]]
    for i = 900, 1, -1 do
      assert.equal(math.min(i, worker.room()), worker.room(1))
      worker.send_many(1, { protocol = "tcp" })
    end
    assert.same({ 0, 100 }, { worker.room(1), worker.room() })
  end)

  it("waits when mtr-packet is exhausted, and offers the probe again", function()
    worker.ready [[local n = 0
      function probe(token, p)
        n = n + 1
        if n <= 2 then say(token, "probes-exhausted") else echo(token, p) end
      end]]
    worker.send_many(40)
    worker.upto(worker.answers(2))
    assert.same({ { 101, EAGAIN, C.WIRE_ERROR }, { 102, EAGAIN, C.WIRE_ERROR } },
      { worker.got[1], worker.got[2] })
    assert.equal(0, worker.room())
    worker.upto(worker.answers(40))
    worker.wake()
    worker.read()
    assert.truthy(worker.room() > 15 and worker.room() < 40)
    worker.now = worker.now + 60 * SECOND
    for _ = 1, 200 do
      worker.now = worker.now + 2 * SECOND
      worker.read()
    end
    assert.truthy(worker.room() > 150)
  end)

  it("gives up in the end when mtr-packet refuses every probe", function()
    worker.ready [[function probe(token) say(token, "probes-exhausted") end]]
    for i = 1, 20 do
      worker.send_many(1)
      worker.upto(worker.answers(i))
      if worker.got[i][2] == ENOBUFS then break end
      worker.wake()
      worker.read()
    end
    assert.equal(ENOBUFS, worker.got[#worker.got][2])
    assert.truthy(worker.now - START < 3 * SECOND and #worker.got < 15)
  end)

  it("sends fewer streams when descriptors run out, and as many others", function()
    worker.ready [[function probe(token) say(token, "unexpected-error errno 24") end]]
    worker.send_many(100, { protocol = "tcp" })
    worker.upto(worker.answers(100))
    worker.wake()
    worker.read()
    assert.truthy(worker.room(1) < 100)
    assert.truthy(worker.room() > 150)
  end)

  it("skips a sequence number that is the port of a probe", function()
    worker.ready()
    local function requests()
      local list = {}
      for line in ffi.string(worker.w.buf, worker.w.pending):gmatch "[^\n]+" do
        list[#list + 1] = line:match "ip%-4 0$" or line:match "protocol %a+"
      end
      return list
    end
    assert.equal(33003, worker.w.sequence)
    worker.w.sequence = 33433
    for _, o in ipairs { { dport = 33434, protocol = "udp" }, {}, {} } do worker.send(o) end
    assert.same({ "protocol udp", "ip-4 0", "protocol icmp", "protocol icmp" }, requests())
    assert.equal(33437, worker.w.sequence)
    worker.w.sequence = 65535
    worker.send()
    assert.equal(33000, worker.w.sequence)
    worker.upto(worker.answers(4))
    worker.send_many(1, { protocol = "tcp" })
    assert.equal(0, worker.w.sequence)
  end)

  it("does not probe a port while that sequence number is in use", function()
    worker.ready [[local held
      function probe(token, p)
        if held then echo(held, p) echo(token, p) end
        held = token
      end]]
    worker.w.sequence = 40000
    worker.send_many(1)
    assert.equal(-EAGAIN, worker.send { dport = 40000, protocol = "udp" })
    worker.send_many(1, { dport = 40001, protocol = "udp" })
    worker.upto(worker.answers(2))
    worker.send_many(1, { dport = 40000, protocol = "udp" })
  end)
end)
