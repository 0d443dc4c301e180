-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/deliver.c.

local core = require "spec.support.harness.core"
local inline = require "spec.support.harness.inline"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C, ffi = core.load{ "core/probe/core.h" }

local V4, ROUTER = "203.0.113.9", "10.0.0.1"

describe("a reply whose probe is known", function()
  local d, t

  -- Traces one hop, which is as |place| says, with options over defaults. Returns the done event.
  local function one(place, o, network)
    d = drive.new{ network = path.new{ dst = o and o.dst or V4, dest = place } }
    for k, v in pairs(network or {}) do d.network[k] = v end
    local options = { max_ttl = 1, attempts = 1, timeout = 1000 }
    for k, v in pairs(o or {}) do options[k] = v end
    t = d:start(options)
    d:run()
    return d:done(t)
  end
  after_each(function() d:close() end)

  it("is one hop, and not flagged local, in a trace to this host", function()
    one({}, { dst = "192.0.2.1" })
    assert.same({ "FINAL ANSWER PRIMARY" }, d:flags(t))
  end)

  it("that is a duplicate is flagged, counted separately and answers nothing", function()
    one({ kind = "TIME_EXCEEDED", n = 3 }, { queries = 2, attempts = 2, dst = V4 })
    assert.same({ "TE_FROM_DST ANSWER PRIMARY", "TE_FROM_DST DUP", "TE_FROM_DST DUP",
      "TE_FROM_DST ANSWER", "TE_FROM_DST DUP" }, { unpack(d:flags(t), 1, 5) })
    assert.equal(2, #d.sent)
    assert.equal(2, d:count("replies"))
    assert.equal(4, d:count("duplicates") + d:count("orphans"))
  end)

  it("that is late is flagged, and credited to its own attempt only", function()
    d = drive.new{ network = path.new{ dst = V4, function(_, attempt)
      return { from = ROUTER, rtt = attempt == 1 and 150 or 80 }
    end } }
    t = d:start{ attempts = 2, timeout = 100, max_ttl = 1 }
    d:run()
    local list = d:of("REPLY")
    assert.same({ "LATE", "ANSWER PRIMARY" }, { drive.flags(list[1]), drive.flags(list[2]) })
    assert.same({ 1, 2 }, { list[1].attempt, list[2].attempt })
    assert.same({ 150, 80 }, { list[1].rtt, list[2].rtt })
    assert.equal(80, d:of("HOP")[1].rtt)
    assert.same({ 1, 1, 1 }, { d:count("late"), d:count("replies"), d:count("timeouts") })
  end)

  it("that is late and comes a second time is a duplicate", function()
    one(function() return { from = ROUTER, kind = "TIME_EXCEEDED", rtt = 150, n = 2 } end,
      { timeout = 100, attempts = 3 })
    assert.same({ "LATE", "DUP" }, { unpack(d:flags(t), 1, 2) })
  end)

  it("that is late never completes a trace", function()
    local done = one({ rtt = 150 }, { timeout = 100, attempts = 2 })
    assert.equal("hoplimit", done.reason)
    assert.same({ "FINAL LATE" }, d:flags(t))
  end)

  for _, case in ipairs{
    { "the kernel's stamp", {}, 10, "FINAL ANSWER PRIMARY" },
    { "the engine's own when there is none", { kernel_time = 0 }, 10,
      "FINAL ANSWER PRIMARY USER_TIME" },
  } do
    it("has the round trip from " .. case[1], function()
      case[2].rtt = 10
      one(case[2])
      assert.equal(case[3], d:of("REPLY")[1].rtt)
      assert.same({ case[4] }, d:flags(t))
      assert.equal(case[2].kernel_time and 1 or 0, d:count("user_times"))
    end)
  end

  it("has the engine's own time if its stamp is before its probe's", function()
    for _, back in ipairs{ 1, 100000, 10e9 } do
      d = drive.new{ network = path.new{ dst = V4, dest = false } }
      t = d:start{ max_ttl = 1 }
      d:step()
      d.now = d.now + 5e6
      local r = path.reply(d.sent[1], { kind = "ECHO_REPLY" })
      r.at = d.sent[1].at - back
      C.receive_reply(d.core, r, d.now)
      d:run()
      local reply = d:of("REPLY")[1]
      assert.equal(5, reply.rtt)
      assert.is_true(reply.set.USER_TIME)
      if back < 10e9 then d:close() end
    end
  end)

  it("has no negative round trip when the clock is behind a send's stamp", function()
    d = drive.new{ network = path.new{ dst = V4, dest = false } }
    t = d:start{ max_ttl = 1 }
    d:step()
    local r = path.reply(d.sent[1], { kind = "ECHO_REPLY", at = d.now - 1e9 })
    C.receive_reply(d.core, r, d.now - 1000)
    d:collect()
    assert.equal(0, d:of("REPLY")[1].rtt)
  end)

  it("tells the transport how soon it came", function()
    local I = inline.load("core/probe/deliver.h", C)
    d = drive.new{ network = path.new{ dst = V4, dest = false } }
    t = d:start{ max_ttl = 3, window = 3 }
    d:step()
    assert.equal(0, tonumber(I.deliver_soonest(d.core)))
    for i, at in ipairs{ 4000, 3000, -7 } do
      local r = path.reply(d.sent[i], { kind = "TIME_EXCEEDED", from = ROUTER })
      r.at = d.sent[i].at + at
      C.receive_reply(d.core, r, d.now + 5000)
      if i == 2 then assert.equal(3000, tonumber(I.deliver_soonest(d.core))) end
    end
    assert.equal(1, tonumber(I.deliver_soonest(d.core)))
    assert.equal(0, tonumber(I.deliver_soonest(d.core)))
  end)

  it("has its fields copied into its events", function()
    local want = { from = ROUTER, kind = "TIME_EXCEEDED", ttl = 250, size = 168, quoted_ttl = 2,
      quoted_tos = 0x20, quoted_size = 1234, icmp_code = 0, rtt = 12.5 }
    one(want, { cookie = 4711, flow = 5 })
    for _, e in ipairs{ d:of("REPLY")[1], d:replies(t)[1], d:of("HOP")[1] } do
      assert.same({ ROUTER, 250, 168, 2, 0x20, 1234, 11, 0, 12.5, 1, 5, 4 }, { e.addr, e.reply_ttl,
        e.reply_size, e.quoted_ttl, e.quoted_tos, e.quoted_size, e.icmp_type, e.icmp_code, e.rtt,
        e.protocol, e.flow, e.family })
    end
    assert.equal(4711, d:of("REPLY")[1].cookie)
    assert.is_true(d:of("REPLY")[1].set.QUOTE)
  end)

  it("of TCP has its flags and MSS copied", function()
    one({ kind = "TCP_REPLY", tcp_flags = 0x12, mtu = 1460 }, { protocol = "tcp" })
    local e = d:of("REPLY")[1]
    assert.same({ 0x12, 1460, 6 }, { e.tcp_flags, e.mtu, e.protocol })
    assert.is_nil(e.set.QUOTE)
  end)

  for _, bytes in ipairs{ 4, 44, 48, 1020 } do
    it(("keeps and reports %d bytes of extensions"):format(bytes), function()
      local ext = ("abcd"):rep(bytes / 4)
      one({ from = ROUTER, kind = "TIME_EXCEEDED" }, nil, { edit = function(r)
        r.ext, r.ext_size, r.flags = ext, bytes, r.flags + C.WIRE_EXT_BAD
      end })
      assert.equal(ext, d:replies(t)[1].bytes)
      assert.equal(bytes / 4, d:of("REPLY")[1].ext_words)
      assert.same({ "ANSWER PRIMARY EXT_BAD" }, d:flags(t))
    end)
  end

  it("has extensions that are too long cut at a whole word", function()
    local ext = ("abcd"):rep(300)
    one({ from = ROUTER, kind = "TIME_EXCEEDED" }, nil, { edit = function(r)
      r.ext, r.ext_size = ext, 1200
    end })
    assert.equal(ext:sub(1, 1020), d:replies(t)[1].bytes)
  end)

  it("has its extensions after those of the reply before it", function()
    local ext = { "aaaabbbb", "cccc", "ddddeeeeffff" }
    d = drive.new{ network = path.new{ dst = V4, dest = false } }
    t = d:start{ max_ttl = 3, gap_limit = 0 }
    d:step()
    for i, bytes in ipairs(ext) do
      local r = path.reply(d.sent[i], { from = ROUTER, at = d.now })
      r.ext, r.ext_size = bytes, #bytes
      C.receive_reply(d.core, r, d.now)
    end
    for i, bytes in ipairs(ext) do
      local e = d.core.events[i - 1]
      assert.equal(bytes, ffi.string(d.core.ext + e.ext * 4, e.ext_words * 4))
    end
    d:collect()
  end)

  for _, case in ipairs{
    { 0, "DONE" }, { C.MTR_WANT_SENT, "SENT DONE" }, { C.MTR_WANT_REPLY, "REPLY DONE" },
    { C.MTR_WANT_HOP, "HOP HOP DONE" }, { C.MTR_WANT_TIMEOUT, "TIMEOUT DONE" },
  } do
    it(("gives only the events %s when only these are wanted"):format(case[2]), function()
      d = drive.new{ network = path.new{ dst = V4, ROUTER, dest = false } }
      t = d:start{ max_ttl = 2, attempts = 1, window = 1, want = case[1] }
      d:run()
      local kinds, last = {}, nil
      for _, e in ipairs(d.events) do
        if e.kind ~= "SENT" or last ~= "SENT" then kinds[#kinds + 1] = e.kind end
        last = e.kind
      end
      assert.equal(case[2], table.concat(kinds, " "))
    end)
  end

  it("is not kept at hops behind the one that completes", function()
    one({ rtt = 10 }, { max_ttl = 10, queries = 1 }, { ROUTER })
    for _, r in ipairs(d:replies(t)) do assert.is_true(r.ttl <= 2) end
    assert.equal(2, d:done(t).ttl)
  end)
end)
