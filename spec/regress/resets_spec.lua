-- SPDX-License-Identifier: MIT
--
-- Resets were missed that came without ACK, or that acknowledged the SYN's own number instead of
-- the next; of other acknowledgement numbers half of all were believed.
local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"
local wire = require "spec.support.packets.wire"
local packet = require "spec.support.packets.packet"
local parts = require "spec.support.packets.parts"

local C = core.load{ "core/probe/core.h" }

local A, B = "10.0.0.1", "10.0.0.2"
local ADDR = { [4] = "203.0.113.9", [6] = "2001:db8:9::9" }
local RST, ACK, SYN = 4, 16, 2

describe("a reset", function()
  local d

  after_each(function()
    if d then d:close() end
    d = nil
  end)

  -- The reply record of a segment with these flags and numbers, relative to the probe's.
  local function segment(p, flags, seq, ack)
    local number = p.id * 65536 + p.cookie
    local r = assert(wire.parse(parts.outer4(6, packet.tcp{ sport = 1, dport = 2, flags = flags,
      seq = seq, ack = ack and (number + ack) % 2 ^ 32 or 0 }, { src = parts[4].dst })))
    return { kind = "TCP_REPLY", id = r.id, tcp_low = r.tcp_low, tcp_flags = flags }
  end

  local function trace(v, places, o, answer)
    places.dst, places.dest = ADDR[v], answer
    d = drive.new{ network = path.new(places) }
    local t = { protocol = "tcp", timeout = 500 }
    for k, value in pairs(o or {}) do t[k] = value end
    t = d:start(t)
    d:run()
    return d:summary(t), t
  end

  for v = 4, 6, 2 do
    local a, b = v == 4 and A or "2001:db8:a::1", v == 4 and B or "2001:db8:a::2"
    local want = ("%s %s %s completed"):format(a, b, ADDR[v])
    for name, fn in pairs{
      ["without ACK, and no number"] = function(p) return segment(p, RST, 0) end,
      ["without ACK, and some number"] = function(p) return segment(p, RST, 0x12345678) end,
      ["that acknowledges the SYN's own number"] = function(p)
        return segment(p, RST + ACK, 0, 0)
      end,
      ["that acknowledges the next number"] = function(p) return segment(p, RST + ACK, 0, 1) end,
    } do
      it(("%s ends a trace of IPv%d"):format(name, v), function()
        local text, t = trace(v, { a, b }, { queries = 2 }, fn)
        assert.equal(want, text)
        local n = 0
        for _, reply in ipairs(d:replies(t)) do
          if reply.set.FINAL then
            assert.equal(bit.band(fn{ id = 1, cookie = 1 }.tcp_flags, 0xff), reply.tcp_flags)
            assert.equal(ADDR[v], reply.addr)
            n = n + 1
          end
        end
        assert.equal(2, n)
      end)
    end
  end

  it("is a weak match without a number, and a full one with it", function()
    for name, fn in pairs{ weak = function(p) return segment(p, RST, 0) end,
      full = function(p) return segment(p, RST + ACK, 0, 1) end } do
      local _, t = trace(4, { A }, {}, fn)
      local n = 0
      for _, reply in ipairs(d:replies(t)) do
        if reply.set.FINAL then
          assert.equal(name == "weak", reply.set.WEAK or false)
          n = n + 1
        end
      end
      assert.is_true(n > 0)
      d:close()
    end
    d = nil
  end)

  it("without a number is the target's, behind a silent hop and of classic probes too", function()
    local function answer(p) return segment(p, RST, 0) end
    assert.equal(("%s * %s completed"):format(A, ADDR[4]), (trace(4, { A, false }, {}, answer)))
    d:close()
    local o = { multipath = "classic" }
    assert.equal(("%s %s %s completed"):format(A, B, ADDR[4]), (trace(4, { A, B }, o, answer)))
  end)

  it("without a number is nobody's if it comes from elsewhere, or to another port", function()
    for _, change in ipairs{ { from = "198.51.100.7" }, { sport = 24000 }, { dport = 81 } } do
      local text = trace(4, { A }, { gap_limit = 2 }, function(p)
        local r = segment(p, RST, 0)
        for k, value in pairs(change) do r[k] = value end
        return r
      end)
      assert.equal(A .. " * * gaplimit", text)
      d:close()
    end
    d = nil
  end)

  it("without a number answers the probes of a manual trace, each flow its own", function()
    d = drive.new{ network = path.new{ dst = ADDR[4], dest = function(p)
      return segment(p, RST, 0)
    end } }
    local t = d:start{ protocol = "tcp", flags = C.MTR_MANUAL }
    for flow = 0, 3 do d:probe(t, { ttl = 9, flow = flow }, 20480 + 2 * flow) end
    d:run()
    assert.equal(4, #d:of("REPLY", t))
  end)
end)

describe("an acknowledgement", function()
  -- What a SYN with |payload| bytes is answered with, and whether that is believed.
  local function believed(payload, flags, over)
    local d = drive.new{ network = path.new{ dst = ADDR[4], dest = function(p)
      local number = (p.id * 65536 + p.cookie + over) % 2 ^ 32
      return { kind = "TCP_REPLY", tcp_flags = flags, id = math.floor(number / 65536),
        tcp_low = number % 65536 }
    end } }
    local t = d:start{ protocol = "tcp", flags = C.MTR_MANUAL, payload = ("x"):rep(payload) }
    d:probe(t, { ttl = 64 })
    d:run()
    local n = #d:of "REPLY"
    d:close()
    return n == 1
  end

  it("has to fit exactly", function()
    for _, flags in ipairs{ SYN + ACK, ACK, RST + ACK } do
      for over = -70, 70 do
        local reset = flags == RST + ACK and over == -1
        assert.equal(over == 0 or reset, believed(0, flags, over), over)
      end
      for _, over in ipairs{ 0x7f00, 0x7fff, 0x8000, 0x10000, 0xffff, -0x10000, 2 ^ 31 } do
        assert.is_false(believed(0, flags, over), over)
      end
    end
  end)

  it("may take of the payload what there is", function()
    for over = -2, 12 do assert.equal(over >= 0 and over <= 10, believed(10, SYN + ACK, over))
    end
  end)
end)
