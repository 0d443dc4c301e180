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

  -- How many datagrams the service sends at once for the one number n, and how many ms later one
  -- more; whether n counts in each flow; whether the target has to be found.
  local HABITS = {
    ["one for each"] = { function() return 1 end, found = true },
    ["two for each"] = { function() return 2 end, found = true },
    ["three for each"] = { function() return 3 end, found = true },
    ["one for each, and one more soon"] = { function() return 1, 15 end, found = true },
    ["one for each, and one more later"] = { function() return 1, 600 end, found = true },
    ["one in a flow"] = { function(n) return n <= 1 and 1 or 0 end, flows = true, found = true },
    ["two in a flow"] = { function(n) return n <= 2 and 1 or 0 end, flows = true, found = true },
    ["four in a flow"] = { function(n) return n <= 4 and 1 or 0 end, flows = true, found = true },
    ["the first of a flow twice"] = { function(n) return n <= 1 and 2 or 0 end, flows = true,
      found = true },
    ["four"] = { function(n) return n <= 4 and 1 or 0 end },
    ["five"] = { function(n) return n <= 5 and 1 or 0 end },
    ["the first, twice"] = { function(n) return n <= 1 and 2 or 0 end },
    ["all but the first"] = { function(n) return n > 1 and 1 or 0 end, found = true },
    ["three of four"] = { function(n) return n % 4 ~= 1 and 1 or 0 end, found = true },
    ["every second of a flow"] = { function(n) return 1 - n % 2 end, flows = true },
  }
  local TTLS = { [62] = "as far away as it is", [61] = "a hop farther", [126] = "128 at first" }

  -- Traces to a service of a habit; returns the summary, the nearest TTL, and the least RTT there.
  local function meet(habit, family, ttl, rate, opts)
    local seen = {}
    local function service(p)
      local flow = habit.flows and p.sport or 0
      seen[flow] = (seen[flow] or 0) + 1
      local n, later = habit[1](seen[flow])
      if later then
        d:deliver(RTT + later, path.reply(p, { kind = "UDP_REPLY", ttl = ttl }))
      end
      return n > 0 and { kind = "UDP_REPLY", rtt = RTT, ttl = ttl, n = n } or nil
    end
    d = drive.new { network = path.new { dst = DST[family], dest = service, rtt = 6,
      A[family][1], A[family][2] }, target_rate = rate }
    opts.protocol, opts.family, opts.timeout = "udp", family, 1000
    local t, nearest, least = d:start(opts), 99, 99
    d:run()
    for _, e in ipairs(d:of("REPLY", t)) do
      if e.addr == DST[family] and not e.set.DUP then
        nearest = math.min(nearest, e.ttl)
        if e.ttl == 3 then least = math.min(least, e.rtt) end
      end
    end
    return d:summary(t), nearest, least
  end

  for name, habit in pairs(HABITS) do
    for ttl, far in pairs(TTLS) do
      it(("is not too far and not too fast: %s; its TTL says %s"):format(name, far), function()
        for family = 4, 6, 2 do
          for _, rate in ipairs { 0, 500, 100 } do
            for attempts = 1, 2 do
              for queries = 1, 3, 2 do
                if d then d:close() end
                local text, nearest, least = meet(habit, family, ttl, rate,
                  { attempts = attempts, queries = queries })
                local where = ("%s: IPv%d, rate %d, attempts %d, queries %d"):format(text, family,
                  rate, attempts, queries)
                if habit.found or nearest < 99 then
                  assert.equal(3, nearest, where)
                  assert.is_true(least >= RTT - 0.001, least .. " ms " .. where)
                end
              end
            end
          end
        end
      end)
    end
  end

  it("is asked again from a port that the user chose, one datagram at a time", function()
    for attempts = 1, 2 do
      if d then d:close() end
      local text, nearest, least = meet(HABITS["three of four"], 4, 61, 500,
        { attempts = attempts, source_port = 5353 })
      assert.same({ 3, RTT }, { nearest, least }, text)
      for _, p in ipairs(d.sent) do assert.equal(5353, p.sport) end
    end
  end)
end)
