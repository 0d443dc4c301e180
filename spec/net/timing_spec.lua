-- SPDX-License-Identifier: MIT
--
-- The time of an answer is that of the kernel, even if the engine reads it late. Packets that do
-- not fit into the buffers of the kernel are counted.

local forger = require "spec.support.real.forger"
local hostile = require "spec.support.real.hostile"
local nets = require "spec.support.real.nets"

local MANY = 150000 -- more answers than the largest socket buffer holds

describe("an answer #alone", function()
  teardown(hostile.tear_down)

  for _, protocol in ipairs { "icmp", "udp", "tcp" } do
    it("to " .. protocol .. " has the time of its arrival, not of our reading", function()
      local l, f = hostile.set_up(pending)
      for v = 4, 6, 2 do
        for _, how in ipairs { "exceeded", "final" } do
          nets.inside(l, function(e)
            local reply
            e:probe({ dst = hostile.DST[v], ttl = 5, protocol = protocol, timeout = 2000 },
              function(err, r) reply = assert(r, err) end)
            local before = forger.now()
            e:step()
            local seen
            f:answer(function(p)
              seen = forger.now()
              f:wait(20)
              f:send(how == "final" and forger.final(p) or forger.icmp(p, "exceeded"))
            end)
            local sent = forger.now()
            f:wait(60)
            e:run()
            local text = ("%s%d: %.3f ms"):format(protocol, v, reply.rtt)
            assert.equal("kernel", reply.tstamp)
            assert.is_true(reply.rtt >= 20 and reply.rtt <= sent - before, text)
            assert.is_true(seen >= before)
          end)
        end
      end
    end)
  end

  for v = 4, 6, 2 do
    it(("over IPv%d that the full socket buffer dropped is counted"):format(v), function()
      local l, f = hostile.set_up(pending)
      nets.inside(l, function(e)
        local reply
        e:probe({ dst = hostile.DST[v], ttl = 5, timeout = 2000 },
          function(err, r) reply = assert(r, err) end)
        e:step()
        local last
        f:answer(function(p)
          last = forger.icmp(p, "exceeded")
          for _ = 1, MANY do f:send(last) end
        end)
        local function told()
          local stats = e:stats()
          return stats.replies + stats.duplicates + stats.orphans, stats.kernel_drops
        end
        local function drain()
          local n
          repeat
            n = told()
            e:step()
          until n == told()
        end
        drain()
        f:send(last) -- the kernel tells what it dropped with the next packet
        drain()
        local received, dropped = told()
        assert.is_true(reply ~= nil and dropped > 0)
        assert.equal(MANY + 1, received + dropped)
      end, nil, nil, true)
    end)
  end
end)
