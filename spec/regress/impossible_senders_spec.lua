-- SPDX-License-Identifier: MIT
--
-- Answers from addresses that no router or host can have were hops in simulated networks, over
-- mtr-packet and over the transport user. spec/net/damaged_spec.lua has them as real packets,
-- spec/unit/net/mtrpacket/worker_spec.lua as lines of mtr-packet.
local mtr = require "mtr"
local hard = require "spec.support.virtual.hard"
local simulated = require "spec.support.virtual.simulated"

local FROM = { [4] = { "127.0.0.9", "224.0.0.1", "240.0.0.1", "255.255.255.255" },
  [6] = { "::", "::1", "ff02::1" } }

local function network(from)
  return mtr.sim {
    nodes = { me = { "192.0.2.1", "2001:db8::1" }, r1 = { "10.0.1.1", "2001:db8:1::1" },
      r2 = { "10.0.2.1", "2001:db8:2::1", reply = { from = from } },
      web = { "203.0.113.9", "2001:db8:9::9" } },
    links = { { "me", "r1", "r2", "web", delay = "1ms" } },
  }
end

describe("an answer from an address that cannot send", function()
  for v = 4, 6, 2 do
    for _, from in ipairs(FROM[v]) do
      it("is no hop, and is counted: " .. from, function()
        hard.each(function(opts, family)
          if family ~= v then return end
          opts.attempts = 1
          simulated.with(network(from), function(engine)
            local r = assert(engine:trace("web", opts))
            assert.same({ "completed", 3, 0 }, { r.stop_reason, r.hop_count, #r.hops[2].replies })
            assert.equal(1, engine:stats().malformed)
          end)
        end)
      end)
    end
  end
end)
