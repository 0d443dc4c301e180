-- SPDX-License-Identifier: MIT
--
-- Answers with a wrong checksum or an impossible sender address never become hops, on any
-- transport. Those that the kernel does not drop are counted.

local forger = require "spec.support.real.forger"
local hostile = require "spec.support.real.hostile"
local nets = require "spec.support.real.nets"

-- A packet with one bit of byte `at` (from 0; below 0 from the end) turned over.
local function damaged(bytes, at)
  local i = at < 0 and #bytes + at + 1 or at + 1
  return bytes:sub(1, i - 1) .. string.char((bytes:byte(i) + 1) % 256) .. bytes:sub(i + 1)
end

local function from(bytes)
  return function(p) return forger.icmp(p, "exceeded", { from = bytes }) end
end

local function v6(first, last) return string.char(first) .. ("\0"):rep(14) .. string.char(last) end

-- what it is, the answer at the second hop, the versions; those in which raw and user are given it.
local CASES = {
  { "with a wrong ICMP checksum", function(p) return damaged(forger.icmp(p, "exceeded"), -1) end,
    { 4, 6 }, raw = { [4] = true } },
  { "with a wrong ICMP checksum of the header",
    function(p) return damaged(forger.icmp(p, "exceeded"), p.v == 4 and 22 or 42) end, { 4, 6 },
    raw = { [4] = true } },
  { "with a wrong IP checksum", function(p) return damaged(forger.icmp(p, "exceeded"), 10) end,
    { 4 } },
  { "from loopback", from "\127\0\0\1", { 4 } },
  { "from a group", from "\224\0\0\1", { 4 } },
  { "from everybody", from "\255\255\255\255", { 4 } },
  { "from class E", from "\240\0\0\1", { 4 }, raw = { [4] = true }, user = { [4] = true } },
  { "from loopback", from(v6(0, 1)), { 6 } },
  { "from nobody", from(v6(0, 0)), { 6 }, raw = { [6] = true }, user = { [6] = true } },
  { "from a group", from(v6(0xff, 1)), { 6 } },
}

for _, transport in ipairs { "raw", "packet", "user" } do
  describe("over " .. transport .. ", an answer", function()
    teardown(hostile.tear_down)

    for _, case in ipairs(CASES) do
      for _, v in ipairs(case[3]) do
        it(("%s is not taken for a hop, IPv%d"):format(case[1], v), function()
          local l, f = hostile.set_up(pending)
          nets.inside(l, function(e)
            local results = {}
            for i, protocol in ipairs { "icmp", "udp", "tcp" } do
              e:trace(hostile.DST[v], { protocol = protocol, timeout = 500, attempts = 1 },
                function(_, r) results[i] = r end)
            end
            local path = forger.path(3)
            f:drive(e, function(p) f:send(p.ttl == 2 and case[2](p) or path(p)) end)
            for i = 1, 3 do
              assert.same({ "completed", 3 }, { results[i].stop_reason, results[i].hop_count })
              assert.equal(0, #results[i].hops[2].replies)
            end
            local counted = transport == "packet" or (case[transport] or {})[v]
            if counted then assert.equal(3, e:stats().malformed) end
          end, { transport = transport }, nil, true)
        end)
      end
    end

    it("from 0.0.0.0 is accepted if the kernel passes it on", function()
      local l, f = hostile.set_up(pending)
      nets.inside(l, function(e)
        local result
        e:trace(hostile.DST[4], { timeout = 500, attempts = 1 }, function(_, r) result = r end)
        local path = forger.path(3)
        f:drive(e, function(p)
          f:send(p.ttl == 2 and from "\0\0\0\0"(p) or path(p))
        end)
        local hop = result.hops[2]
        assert.equal(transport == "packet" and "0.0.0.0" or nil, hop.addr)
      end, { transport = transport })
    end)
  end)
end
