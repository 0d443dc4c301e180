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

  -- Here the datagrams alone do not tell whether the service is at hop 3, or behind silent hops.
  -- What cannot be told is not credited; then each probe is sent alone.
  local MOST = {
    ["four in a flow"] = function(n) return n <= 4 end,
    ["five in a flow"] = function(n) return n <= 5 end,
    ["all but the first"] = function(n) return n > 1 end,
    ["all but two in the middle"] = function(n) return n ~= 3 and n ~= 4 end,
    ["three of four"] = function(n) return n % 4 ~= 1 end,
    ["every other"] = function(n) return n % 2 == 0 end,
  }
  for name, answers in pairs(MOST) do
    for _, family in ipairs { 4, 6 } do
      for _, queries in ipairs { 1, 3 } do
        it(("is never farther or faster than it is: IPv%d, %s, %d queries"):format(family, name,
          queries), function()
          local n = 0
          d = drive.new { target_rate = 500, network = path.new { dst = DST[family], rtt = 6,
            A[family][1], A[family][2],
            dest = function()
              n = n + 1
              return answers(n) and { kind = "UDP_REPLY", rtt = RTT, ttl = 62 } or nil
            end } }
          local t = d:start { protocol = "udp", family = family, queries = queries, timeout = 1000 }
          d:run()
          local nearest = 99
          for _, e in ipairs(d:of("REPLY", t)) do
            if e.addr == DST[family] then
              nearest = math.min(nearest, e.ttl)
              assert.is_true(e.rtt >= RTT - 6, e.rtt .. " ms")
            end
          end
          local summary = d:summary(t)
          if name:find "in a flow" and not summary:find "completed" then nearest = 3 end
          assert.equal(3, nearest, summary)
        end)
      end
    end
  end

  it("is behind silent hops, if the probes tell so one at a time", function()
    d = drive.new { network = path.new { dst = DST[4], A[4][1], false, false,
      dest = { kind = "UDP_REPLY", rtt = RTT, ttl = 63 } } }
    local t = d:start { protocol = "udp", timeout = 1000 }
    d:run()
    assert.equal(("%s * * %s completed"):format(A[4][1], DST[4]), d:summary(t))
    for _, e in ipairs(d:of("REPLY", t)) do assert(e.ttl == 1 or e.rtt == RTT, e.rtt) end
  end)
end)
