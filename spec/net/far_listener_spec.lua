-- SPDX-License-Identifier: MIT
--
-- TCP to the kernel's own listener at the end of a path of 40 ms without loss: all SYNs of a trace
-- are on their way before the first answer comes. Where the host's resets do not get out, the
-- listener keeps the connection half open, and acknowledges it once more instead of answering the
-- next SYNs (RFC 9293 3.10.7.4).
local cjson = require "cjson"
local nets = require "spec.support.real.nets"

local RTT = 40

-- What r1 has for the client goes through an interface that delays it. r1's own answers do not.
local DELAY = [[
  i=$(ip -o -4 route get DST4 | sed 's/.* dev \([^ ]*\).*/\1/')
  for _ in $(seq 1200); do ip link show delay0 >/dev/null 2>&1 && break; sleep 0.05; done
  sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.delay0.rp_filter=0
  ip link set delay0 up
  for v in -4 -6; do ip $v rule add iif $i lookup 100 priority 10; done
  ip -4 route add 10.0.1.0/24 dev delay0 table 100
  ip -6 route add fd00:1::/64 dev delay0 table 100]]

local NO_RESETS = "nft 'add table inet f;"
  .. " add chain inet f o { type filter hook output priority 0; };"
  .. " add rule inet f o tcp flags & rst == rst drop'"

local function up()
  nets.needs_privilege(pending)
  local l = nets.up "chain 3 tcp=80"
  l:spawn(("luajit spec/support/real/delay.lua delay0 %d"):format(RTT), "r1")
  nets.must(l, (DELAY:gsub("DST4", l.dst4)), "r1")
  return l
end

local function run(l, transport, cmd)
  return (l:exec(("build/mtrlua --transport %s scripts/%s"):format(transport, cmd)))
end

describe("a listener 40 ms away", function()
  after_each(nets.down)

  for _, transport in ipairs { "raw", "packet" } do
    for v = 4, 6, 2 do
      local name = (" over IPv%d by %s"):format(v, transport)

      it("answers each SYN, and the hops are on one flow," .. name, function()
        local l = up()
        local dst = l["dst" .. v]
        for _ = 1, 3 do
          local r = cjson.decode(run(l, transport,
            "trace.lua -T --port 80 -q 3 -o jsonl " .. dst))
          assert.same({ "completed", 3 }, { r.stop_reason, r.hop_count })
          for ttl = 1, 3 do
            local n = 0
            for _, reply in ipairs(r.hops[ttl].replies) do
              if not reply.dup then n = n + 1 end
              assert.is_true(ttl == 1 or reply.rtt >= RTT, reply.rtt)
              assert.equal(r.flow, reply.flow)
            end
            assert.equal(3, n, "answers of hop " .. ttl)
            assert.is_nil(r.hops[ttl].unanswered)
          end
        end
        assert.matches("10 sent, 10 received",
          run(l, transport, "ping.lua -p tcp --port 80 -c 10 -i 10ms -q " .. dst))
      end)

      it("answers each SYN where our resets do not get out," .. name, function()
        local l = up()
        nets.must(l, NO_RESETS)
        assert.matches("5 sent, 5 received",
          run(l, transport, "ping.lua -p tcp --port 80 -c 5 -i 700ms -q " .. l["dst" .. v]))
      end)
    end
  end
end)
