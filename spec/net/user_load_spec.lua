-- SPDX-License-Identifier: MIT
--
-- The transport user with many probes, and with few descriptors: probes wait, and none is lost.

local nets = require "spec.support.real.nets"
local run = require "spec.support.harness.run"

local USER = { transport = "user" }
local PROTOCOLS = { "icmp", "udp", "tcp" }

-- Takes all privileges away.
local NOTHING = "setpriv --inh-caps=-all --bounding-set=-all"

-- Traces of all protocols to both families by a program with few descriptors.
local SCRIPT = [[
  local mtr = require "mtr"
  local e = assert(mtr.engine { transport = "user", rate = 0 })
  for _, protocol in ipairs { "icmp", "udp", "tcp" } do
    for i = 1, 2 do
      for _ = 1, 5 do
        e:trace(arg[i], { protocol = protocol, attempts = 1, timeout = 4000, max_ttl = 6 },
          function(err, r)
            print(protocol, r and r.stop_reason or err, r and r.hop_count)
          end)
      end
    end
  end
  e:run()
  print(e:stats().failed + e:stats().send_errors)]]

describe("descriptors", function()
  teardown(nets.down_shared)
  after_each(run.clean)

  it("that are missing make probes wait: ulimit -n 40", function()
    nets.needs_privilege(pending)
    local l = nets.shared "chain 4"
    nets.pings(l)
    local got = run.run(l:command(("ulimit -n 40; %s \"$MTR_PROGRAM\" %s %s %s"):format(
      NOTHING, run.file("few.lua", SCRIPT), l.dst4, l.dst6)))
    local counts = {}
    for line in got.out:gmatch "[^\n]+" do counts[line] = (counts[line] or 0) + 1 end
    assert.same({ ["icmp\tcompleted\t4"] = 10, ["udp\tcompleted\t4"] = 10,
      ["tcp\tcompleted\t4"] = 10, ["0"] = 1 }, counts, got.err)
  end)

  it("of TCP are closed with their probes, and ports are given back", function()
    nets.needs_privilege(pending)
    local l = nets.shared "chain 4"
    nets.inside(l, function(e)
      e:trace(l.dst4, { protocol = "udp" })
      local before = nets.descriptors()
      for _ = 1, 20 do e:trace(l.dst4, { protocol = "tcp" }) end
      assert.equal(before, nets.descriptors())
    end, USER)
  end)
end)

describe("through user, at full speed,", function()
  after_each(nets.down)

  for _, protocol in ipairs(PROTOCOLS) do
    it("500 traces have true hops, half of them to silence, by " .. protocol, function()
      nets.needs_privilege(pending)
      local l = nets.up "many 4"
      nets.must(l, "nft 'table inet half { chain c { type filter hook prerouting priority 0; "
        .. "ip daddr 10.200.128.0/17 drop; ip6 daddr fd00:200::8000/113 drop; }; }'", "d")
      nets.inside(l, function(e)
        local ends = { completed = 0, gaplimit = 0 }
        for i = 1, 500 do
          local v = i % 4 < 2 and 4 or 6
          local v4, v6 = l.target(i % 2 == 0 and 32768 + i or i)
          e:trace(v == 4 and v4 or v6, { protocol = protocol, timeout = "1s", attempts = 2 },
            function(err, result)
              assert.is_nil(err)
              ends[result.stop_reason] = (ends[result.stop_reason] or 0) + 1
              for ttl = 1, 3 do
                assert.equal(l.truth["v" .. v][ttl][1], result.hops[ttl].addr)
              end
              local last = result.hops[4] and result.hops[4].addr
              assert.equal(i % 2 == 1 and result.dst or nil, last)
            end)
        end
        e:run()
        local stats = e:stats()
        assert.same({ completed = 250, gaplimit = 250 }, ends)
        assert.same({ 0, 0, 0 }, { stats.malformed, stats.unmatched, stats.send_errors })
      end, USER)
    end)
  end
end)
