-- SPDX-License-Identifier: MIT
--
-- TCP to an open port looked lossy. A target in SYN-RECEIVED does not answer the next SYNs of the
-- same ports, but acknowledges the first once more, at most twice a second; that was taken for a
-- duplicate, and the SYNs for lost.
local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C = core.load{ "core/probe/core.h" }

local A, B, RTT = "10.0.0.1", "10.0.0.2", 40
local ADDR = { [4] = "203.0.113.9", [6] = "2001:db8:9::9" }

describe("a target that holds the connection of the first SYN", function()
  local d

  after_each(function() d:close() end)

  -- As Linux does it, RFC 9293 3.10.7.4 and RFC 5961 4: what is held is given up when our host's
  -- reset comes, half a way after the SYN/ACK has; never if |kept|.
  local function listener(kept)
    local held = {}
    return function(p)
      local now = d.now / 1e6 + RTT / 2
      local h = held[p.sport]
      if not h or now >= h.till then
        held[p.sport] = { p = p, till = kept and math.huge or now + RTT, said = -math.huge }
        return { kind = "TCP_REPLY", rtt = RTT }
      end
      if now < h.said + 500 then return nil end
      h.said = now
      return { kind = "TCP_REPLY", rtt = RTT, tcp_flags = 0x10, id = h.p.id, tcp_low = h.p.cookie }
    end
  end

  local function open(v, places, kept)
    places.dst, places.dest = ADDR[v], listener(kept)
    d = drive.new{ network = path.new(places) }
  end

  -- The answers of a trace at the destination, which all have the path's own RTT.
  local function answers(handle)
    local n = 0
    for _, reply in ipairs(d:replies(handle)) do
      if reply.set.FINAL then
        assert.is_true(reply.set.ANSWER)
        assert.is_nil(reply.set.DUP)
        assert.equal(RTT, reply.rtt)
        n = n + 1
      end
    end
    return n
  end

  for v = 4, 6, 2 do
    for _, kept in ipairs{ false, true } do
      local way = ("over IPv%d%s"):format(v, kept and ", and gives none up" or "")
      local from = v == 4 and { A, B } or { "2001:db8:a::1", "2001:db8:a::2" }

      it("answers all queries of a trace " .. way, function()
        open(v, { from[1], from[2] }, kept)
        local t = d:start{ protocol = "tcp", queries = 3, attempts = 1 }
        d:run()
        assert.equal(("%s %s %s completed"):format(from[1], from[2], ADDR[v]), d:summary(t))
        assert.equal(3, answers(t))
        local ports, n = {}, 0
        for _, p in ipairs(d.sent) do
          if p.ttl < 3 then ports[p.sport], n = true, n + 1 end
        end
        assert.equal(6, n)                          -- of one flow
        assert.is_nil(next(ports, next(ports)))
        assert.equal(0, #d:of "TIMEOUT")
      end)

      it("answers one trace after the other " .. way, function()
        open(v, { from[1], false }, kept)
        for _ = 1, 3 do
          local t = d:start{ protocol = "tcp", queries = 2, attempts = 1, timeout = 500 }
          d:run()
          assert.equal(("%s * %s completed"):format(from[1], ADDR[v]), d:summary(t))
          assert.equal(2, answers(t))
        end
      end)

      for _, gap in ipairs{ 10, 700 } do
        it(("answers each of ten SYNs %d ms apart %s"):format(gap, way), function()
          open(v, {}, kept)
          local t = d:start{ protocol = "tcp", flags = C.MTR_MANUAL }
          for _ = 1, 10 do
            d:probe(t, { ttl = 64 })
            d:run(gap)
          end
          d:run()
          assert.equal(10, #d:of("REPLY", t))
          assert.equal(10, answers(t))
          assert.equal(0, #d:of "TIMEOUT")
        end)
      end
    end
  end

  it("is asked no more than once if it answers everything", function()
    d = drive.new{ network = path.new{ dst = ADDR[4], A, B } }
    d:start{ protocol = "tcp", queries = 3 }
    d:run()
    for _, p in ipairs(d.sent) do assert.equal(d.sent[1].sport, p.sport) end
    assert.equal(0, d:count "send_retries")
  end)

  it("keeps the port that the user chose", function()
    open(4, { A })
    d:start{ protocol = "tcp", queries = 3, attempts = 1, source_port = 33000 }
    d:run()
    for _, p in ipairs(d.sent) do assert.equal(33000, p.sport) end
  end)
end)
