-- SPDX-License-Identifier: MIT
--
-- Probes sent were in no counter if their trace ended first. They are answered, unanswered, failed,
-- given up or outstanding: at each moment of a campaign, and after it.
local mtr = require "mtr"

local function network()
  return mtr.sim { nodes = { me = { "192.0.2.1", filter = { { to = "refused", answer = "EPERM",
        share = 0.5 }, { to = "busy", answer = "ENOBUFS", share = 0.3 } } },
      r1 = { "198.18.0.1", reply = { loss = 0.2, jitter = "30ms" } },
      r2 = { "198.18.0.2", reply = { delay = "400ms" },
        filter = { to = "shut", answer = "admin" } },
      web = "203.0.113.9", shut = "203.0.113.8", refused = "203.0.113.7", busy = "203.0.113.6",
      dead = { "203.0.113.5", echo = false, tcp = "filtered", udp = "filtered" } },
    links = { { "me", "r1", delay = "5ms", loss = 0.1, duplicate = 0.1 },
      { "r1", "r2", delay = "5ms", loss = 0.1 }, { "r2", "web" }, { "r2", "shut" },
      { "r2", "refused" }, { "r2", "busy" }, { "r2", "dead" } } }
end

local function add_up(e)
  local s = e:stats()
  assert.equal(s.probes_sent, s.replies + s.timeouts + s.failed + s.given_up + s.probes)
  return s
end

describe("probes sent", function()
  for _, strategy in ipairs { "window", "window-lua", "sequential", "rounds", "random", "mda",
    "doubletree" } do
    for _, protocol in ipairs { "icmp", "udp", "tcp" } do
      it(("are all in one counter or another: %s, %s"):format(strategy, protocol), function()
        local e = assert(mtr.engine { sim = network(), seed = 3 })
        local targets, results = {}, 0
        for i = 1, 40 do targets[i] = "203.0.113." .. i % 5 + 5 end
        mtr.campaign { engine = e, targets = targets, window = 8,
          trace = { strategy = strategy, protocol = protocol, timeout = 300, max_ttl = 6,
            max_probes = strategy ~= "window" and 200 or nil },
          on_trace = function()
            results = results + 1
            add_up(e)
            if results == 35 then return "stop" end
          end }:run()
        local s = add_up(e)
        assert.same({ 0, 0 }, { s.probes, s.traces })
        assert(s.timeouts > 0 and s.given_up > 0 and s.replies > 0 and s.send_errors > 0)
        e:close()
      end)
    end
  end
end)
