-- SPDX-License-Identifier: MIT
--
-- A moment without network: the link of this host is down for 1.5 seconds, or its route is gone.
-- The probes of that time have failed, each with the reason; what goes on afterwards is as before.
local mtr = require "mtr"
local lab = require "spec.lab.lab"
local nets = require "spec.support.real.nets"
local run = require "spec.support.harness.run"

local privileged, reason = lab.available()

-- What makes the network go and come back.
local WAYS = {
  link = { "ip link set r1 down", [[set -e
ip link set r1 up
for i in $(seq 100); do ip link show r1 | grep -q 'state UP' && break; sleep 0.01; done
ip addr replace 10.0.1.1/24 dev r1; ip -6 addr replace fd00:1::1/64 dev r1 nodad
ip route replace 10.0.0.0/8 via 10.0.1.2; ip -6 route replace fd00::/8 via fd00:1::2]] },
  route = { "ip route del 10.0.0.0/8; ip -6 route del fd00::/8",
    "ip route replace 10.0.0.0/8 via 10.0.1.2; ip -6 route replace fd00::/8 via fd00:1::2" },
  blackhole = { "ip route replace unreachable 10.0.0.0/8; ip -6 route replace unreachable fd00::/8",
    "ip route replace 10.0.0.0/8 via 10.0.1.2; ip -6 route replace fd00::/8 via fd00:1::2" },
}
local NAMES = { ENETUNREACH = true, ENETDOWN = true, EHOSTUNREACH = true }

describe("a moment without network", function()
  local l

  before_each(function()
    if privileged then l = nets.up "chain 3" end
  end)
  after_each(nets.down)
  teardown(run.clean)

  for _, transport in ipairs { "raw", "packet", "user" } do
    for name, way in pairs(WAYS) do
      it(("ends no strategy: %s, %s"):format(transport, name), function()
        if not privileged then pending(reason) end
        nets.inside(l, function(e)
          local results, errors, after = {}, {}, {}
          for i, protocol in ipairs { "icmp", "udp", "tcp" } do
            for v = 4, 6, 2 do
              local at = i * 2 + v / 2
              errors[at], after[at] = 0, 0
              local opts = { protocol = protocol, timeout = 500,
                strategy = mtr.strategy.rounds { rounds = 40, interval = 100 } }
              function opts.on_timeout(_, probe)
                if probe.error then
                  assert(NAMES[probe.error], probe.error)
                  errors[at] = errors[at] + 1
                end
              end
              function opts.on_reply(_, reply)
                if reply.final and errors[at] > 0 then after[at] = after[at] + 1 end
              end
              e:trace(l["dst" .. v], opts, function(err, r) results[at] = r or err end)
            end
          end
          mtr.go(function()
            mtr.sleep(800)
            nets.must(l, way[1])
            mtr.sleep(1500)
            nets.must(l, way[2])
          end)
          mtr.run()
          e:run()
          for at, r in pairs(results) do
            assert.equal("completed", r.stop_reason, at)
            assert(errors[at] > 5, at .. ": " .. errors[at])
            assert(after[at] > 3, at .. ": " .. after[at])
          end
          nets.accounted(e:stats())
        end, { transport = transport })
      end)
    end
  end

  for v = 4, 6, 2 do
    it("ends no ping: IPv" .. v, function()
      if not privileged then pending(reason) end
      local base = run.dir() .. "/ping"
      os.execute(("(timeout 120 %s >%s.out 2>%s.err; touch %s.done) &"):format(l:command(
        '"$MTR_PROGRAM" scripts/ping.lua -o jsonl -W 0.5 -i 50ms -c 80 ' .. l["dst" .. v]), base,
        base, base))
      local many = 'for i in $(seq 600); do [ "$(grep -c %s %s.out)" -ge %d ] && break; '
        .. "sleep 0.1; done"
      os.execute(many:format("rtt", base, 15))
      nets.must(l, WAYS.link[1])
      os.execute(many:format("error", base, 25))
      nets.must(l, WAYS.link[2])
      os.execute(("for i in $(seq 600); do [ -e %s.done ] && break; sleep 0.1; done"):format(base))
      local text = run.read(base .. ".out")
      os.remove(base .. ".done")
      assert.equal("", run.read(base .. ".err"))
      local list = run.records(text)
      local s, failed = list[#list], 0
      for _, r in ipairs(list) do
        if NAMES[r.error] then failed = failed + 1 end
      end
      assert.same({ "ping_summary", 80, failed }, { s.type, s.sent, s.failed }, text)
      assert(s.received >= 30 and failed >= 20, text)
    end)
  end
end)
