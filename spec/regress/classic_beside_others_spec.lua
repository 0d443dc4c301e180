-- SPDX-License-Identifier: MIT
--
-- Classic traces at once to one UDP service use the same ports. Data went to the first trace that
-- had a probe with these ports, although another one had sent earlier: half of the answers had an
-- RTT that was too small, and as many one that was too large.
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local RTT = 20

describe("many classic traces to one UDP service at once", function()
  for _, family in ipairs { 4, 6 } do
    for _, queries in ipairs { 1, 3 } do
      it(("each have their answers: IPv%d, %d queries"):format(family, queries), function()
        local dst = family == 4 and "203.0.113.9" or "2001:db8:9::9"
        local routers = family == 4 and { "10.0.0.1", "10.0.0.2" }
          or { "2001:db8:1::1", "2001:db8:1::2" }
        local d = drive.new { rate = 20000, max_events = 65536, network = path.new { dst = dst,
          rtt = 6, routers[1], routers[2], dest = { kind = "UDP_REPLY", rtt = RTT, ttl = 62 } } }
        local traces = {}
        for i = 1, 180 do
          traces[i] = assert(d:start { protocol = "udp", family = family, multipath = "classic",
            queries = queries, timeout = 1000 })
        end
        d:run()
        local answers = 0
        for _, t in ipairs(traces) do
          assert.equal(("%s %s %s completed"):format(routers[1], routers[2], dst), d:summary(t))
          for _, e in ipairs(d:of("REPLY", t)) do
            if e.addr == dst then
              answers = answers + 1
              assert.is_true(math.abs(e.rtt - RTT) < 0.001, e.rtt .. " ms")
            end
          end
        end
        assert.is_true(answers >= 180 * queries, answers)
        d:close()
      end)
    end
  end
end)
