-- SPDX-License-Identifier: MIT
--
-- On a path of some microseconds the kernel answers within the call that sends: the time of the
-- send was taken in the middle of it, behind the answer, and one RTT in four was exactly 0.

local nets = require "spec.support.real.nets"

local PROBES, LEAST, MOST = 300, 0.002, 0.25 -- ms: what a path of two hops can take

describe("an RTT on a path of some microseconds #alone", function()
  after_each(nets.down)

  for _, transport in ipairs { "raw", "packet" } do
    it("is never less than the path takes, over " .. transport, function()
      nets.needs_privilege(pending)
      local l = nets.up "chain 2"
      nets.inside(l, function(e)
        for v = 4, 6, 2 do
          for _, protocol in ipairs { "icmp", "udp", "tcp" } do
            local all = {}
            for _ = 1, PROBES / 30 do
              e:trace(l["dst" .. v], { protocol = protocol, queries = 15, timeout = 500,
                on_reply = function(_, reply) all[#all + 1] = reply.rtt end })
            end
            table.sort(all)
            assert.is_true(#all >= PROBES * 0.9, #all)
            local median = all[math.floor(#all / 2)]
            local text = ("%s%d: %.4f .. %.4f"):format(protocol, v, all[1], median)
            assert.is_true(all[1] >= LEAST, text)
            assert.is_true(median <= MOST, text)
          end
        end
      end, { transport = transport })
    end)
  end
end)
