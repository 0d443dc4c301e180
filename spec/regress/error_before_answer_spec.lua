-- SPDX-License-Identifier: MIT
--
-- An ICMP error that came for a probe ended it, and the answer behind it counted as a duplicate.
-- With await_answer it does not: ping needs that. What ping makes of it is in
-- spec/net/error_before_answer_spec.lua.
local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C = core.load{ "core/mtr.h" }

local ANSWER = { icmp = { kind = "ECHO_REPLY" }, tcp = { kind = "TCP_REPLY" },
  udp = { kind = "UNREACH" } }
local ERROR = { [4] = { from = "10.0.0.7", icmp_code = 1 },
  [6] = { from = "2001:db8:7::7", icmp_code = 0 } }

-- A trace of one hop, after an error for its only probe and, perhaps, its answer.
local function run(protocol, family, kind, answered)
  local d = drive.new{ network = path.new{
    dst = family == 4 and "203.0.113.9" or "2001:db8:9::9", dest = false } }
  d:start{ protocol = protocol, flags = C.MTR_AWAIT_ANSWER, max_ttl = 1, attempts = 1 }
  d:step()
  local failure = { kind = kind }
  for key, value in pairs(ERROR[family]) do failure[key] = value end
  d:deliver(5, path.reply(d.sent[1], failure))
  if answered then d:deliver(9, path.reply(d.sent[1], ANSWER[protocol])) end
  d:run()
  return d
end

describe("with await_answer, an error before the answer", function()
  for _, protocol in ipairs { "icmp", "udp", "tcp" } do
    for family = 4, 6, 2 do
      for _, kind in ipairs { "TIME_EXCEEDED", "UNREACH" } do
        local what = ("%s, %s over IPv%d"):format(kind, protocol, family)
        it("ends no probe: " .. what, function()
          local d = run(protocol, family, kind, true)
          local first, second = unpack(d:of("REPLY"))
          assert.is_nil(first.set.ANSWER or first.set.DUP or second.set.DUP)
          assert.is_true(second.set.ANSWER and second.set.FINAL and second.set.PRIMARY)
          assert.same({ 1, 0, 0 },
            { d:count("replies"), d:count("duplicates"), d:count("timeouts") })
          assert.same({ "completed", 1 }, { d:of("DONE")[1].reason, d:of("DONE")[1].ttl })
          d:close()
        end)

        it("is told though nothing follows, and the probe has its timeout: " .. what, function()
          local d = run(protocol, family, kind, false)
          assert.same({ 1, 1 }, { #d:of("REPLY"), #d:of("TIMEOUT") })
          assert.same({ 0, 0, 1 },
            { d:count("replies"), d:count("duplicates"), d:count("timeouts") })
          assert.equal("hoplimit", d:of("DONE")[1].reason)
          d:close()
        end)
      end
    end
  end
end)

-- In a sweep too: the trace ended at once with the error, and the answer behind it was lost.
describe("without await_answer, an unreachable before the answer", function()
  local ROUTER = { [4] = "10.0.0.1", [6] = "2001:db8:1::1" }
  local DST = { [4] = "203.0.113.9", [6] = "2001:db8:9::9" }

  -- Traces a path of two hops; |after| ms behind the unreachable, 5 ms after the probe to hop 2,
  -- comes the answer.
  local function sweep(protocol, family, after, queries)
    local d
    d = drive.new { network = path.new { dst = DST[family], rtt = 2, ROUTER[family],
      dest = function(p)
        local failure = { kind = "UNREACH", rtt = 5 }
        for key, value in pairs(ERROR[family]) do failure[key] = value end
        if after then d:deliver(5 + after, path.reply(p, ANSWER[protocol])) end
        return failure
      end } }
    d:start { protocol = protocol, queries = queries }
    d:run()
    return d
  end

  for _, protocol in ipairs { "icmp", "udp", "tcp" } do
    for family = 4, 6, 2 do
      for queries = 1, 3, 2 do
        local what = ("%s over IPv%d, %d queries"):format(protocol, family, queries)
        it("stands beside it: " .. what, function()
          local d = sweep(protocol, family, 4, queries)
          assert.same({ "completed", 2 }, { d:of("DONE")[1].reason, d:of("DONE")[1].ttl })
          local hop = d:of("HOP")[2]
          assert.same({ DST[family], 9, queries }, { hop.addr, hop.rtt, hop.stop })
          local beside = 0
          for _, e in ipairs(d:of("REPLY")) do
            assert.is_nil(e.set.DUP)
            if e.ttl == 2 and e.set.UNREACH then
              beside = beside + 1
              assert.is_nil(e.set.ANSWER)
            end
          end
          assert.is_true(beside >= queries)
          assert.equal(0, d:count("duplicates"))
          d:close()
        end)

        it("is the answer if none follows in as much time again: " .. what, function()
          for _, after in ipairs { false, 6 } do
            local d = sweep(protocol, family, after, queries)
            assert.same({ "unreach", 2 }, { d:of("DONE")[1].reason, d:of("DONE")[1].ttl })
            local hop = d:of("HOP")[2]
            assert.same({ ERROR[family].from, 5 }, { hop.addr, hop.rtt })
            d:close()
          end
        end)
      end
    end
  end

  it("is held for some probes at a time, and counted once", function()
    local d = sweep("icmp", 4, nil, 15)
    local sent = d:count "replies" + d:count "timeouts" + d:count "failed" + d:count "given_up"
    assert.equal(sent, d:count "probes_sent")
    d:close()
  end)
end)

-- Strategies in Lua send the probes of their traces one by one.
describe("in a trace of a strategy, an unreachable before the answer", function()
  for _, protocol in ipairs { "icmp", "udp", "tcp" } do
    for family = 4, 6, 2 do
      it(("stands beside it: %s over IPv%d"):format(protocol, family), function()
        local d = drive.new { network = path.new {
          dst = family == 4 and "203.0.113.9" or "2001:db8:9::9", dest = false } }
        local handle, asked = d:start { protocol = protocol, flags = C.MTR_STRATEGY }, false
        d:answer("NEXT", function()
          if asked then return C.answer_pass(d.core, d:trace(handle), -1, d.now) end
          asked = true
          d:probe(handle, { ttl = 1 })
        end, 1)
        local failure = { kind = "UNREACH" }
        for key, value in pairs(ERROR[family]) do failure[key] = value end
        d:deliver(5, path.reply(d.sent[1], failure))
        d:deliver(9, path.reply(d.sent[1], ANSWER[protocol]))
        d:run(100)
        local first, second = unpack(d:of("REPLY"))
        assert.is_nil(first.set.DUP or second.set.DUP)
        assert.is_true(second.set.ANSWER and second.set.FINAL)
        assert.same({ 1, 0, 0 },
          { d:count("replies"), d:count("duplicates"), d:count("timeouts") })
        C.stop_trace(d.core, d:trace(handle), C.MTR_STOP_HALTED, 0, d.now)
        d:close()
      end)
    end
  end
end)
