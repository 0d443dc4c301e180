-- SPDX-License-Identifier: MIT
--
-- A UDP service at hop 3 that answers once in a flow was reported as hop 5, one that answers two
-- datagrams as hop 6, with RTTs below that of the path: the data went to the highest TTLs.

local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local DST = { [4] = "203.0.113.9", [6] = "2001:db8:9::9" }
local A = { [4] = { "10.0.0.1", "10.0.0.2" }, [6] = { "2001:db8:1::1", "2001:db8:1::2" } }
local RTT = 20

describe("a UDP service that answers some datagrams only", function()
  local d
  after_each(function() d:close() end)

  for _, family in ipairs { 4, 6 } do
    for most = 1, 2 do
      for _, multipath in ipairs { "paris", "dublin", "classic" } do
        for _, queries in ipairs { 1, 3 } do
          local name = ("is at its hop: IPv%d, %d in a flow, %s, %d queries"):format(
            family, most, multipath, queries)
          it(name, function()
            local seen, first = {}, {}
            local function service(p)
              local flow = p.sport .. " " .. p.dport
              seen[flow] = (seen[flow] or 0) + 1
              if seen[flow] > most then return nil end
              return { kind = "UDP_REPLY", rtt = RTT, ttl = 62 }
            end
            d = drive.new { network = path.new { dst = DST[family], dest = service, rtt = 6,
              A[family][1], A[family][2] }, target_rate = 500 }
            local t = d:start { protocol = "udp", family = family, multipath = multipath,
              queries = queries, timeout = 1000 }
            d:run()
            assert.equal(("%s %s %s completed"):format(A[family][1], A[family][2], DST[family]),
              d:summary(t))
            for _, e in ipairs(d:of("REPLY", t)) do
              first[e.ttl] = first[e.ttl] or e.rtt
              assert(e.ttl < 3 or e.rtt >= RTT, e.rtt .. " ms")
            end
            assert.equal(RTT, first[3])
          end)
        end
      end
    end
  end
end)
