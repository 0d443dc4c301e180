-- SPDX-License-Identifier: MIT
--
-- Hard cases 33 and 36, which need this host's own kernel: replies that come in by another
-- interface than the probes left by, and a source address that changes between two traces.
local mtr = require "mtr"
local nets = require "spec.support.real.nets"

-- A second link from the prober to r2, over which r2 and all behind it answer.
local BACK = [[set -e
ip link add side netns %s type veth peer name side netns %s
ip addr add 10.9.0.1/24 dev side; ip -6 addr add fd00:9::1/64 dev side nodad; ip link set side up
echo 0 >/proc/sys/net/ipv4/conf/side/rp_filter
nsenter --net=%s sh -e <<'R2'
ip addr add 10.9.0.2/24 dev side; ip -6 addr add fd00:9::2/64 dev side nodad; ip link set side up
ip route replace 10.0.1.0/24 via 10.9.0.1 dev side
ip -6 route replace fd00:1::/64 via fd00:9::1 dev side
R2]]

-- The prober's addresses are others from now on.
local MOVE = [[set -e
ip addr del 10.0.1.1/24 dev r1; ip -6 addr del fd00:1::1/64 dev r1
ip addr add 10.0.1.77/24 dev r1; ip -6 addr add fd00:1::77/64 dev r1 nodad
ip route replace 10.0.0.0/8 via 10.0.1.2 dev r1
ip -6 route replace fd00::/8 via fd00:1::2 dev r1]]

local function received(l, name)
  return tonumber((l:exec("cat /sys/class/net/" .. name .. "/statistics/rx_packets")))
    or tonumber(l:exec("ip -s link show " .. name):match "RX:[^\n]*\n%s*%d+%s+(%d+)")
end

-- The traces of each protocol over each version, with the path that is the lab's.
local function all(l, e)
  local jobs = {}
  for _, protocol in ipairs { "icmp", "udp", "tcp" } do
    for v = 4, 6, 2 do
      jobs[#jobs + 1] = { l["dst" .. v], { protocol = protocol, queries = 3, timeout = 1000,
        max_ttl = 4 } }
    end
  end
  local results = nets.traces(e, jobs)
  for i, r in ipairs(results) do
    assert(r.hops, r.failed)
    assert.same({ "completed", 4, 12 }, { r.stop_reason, r.hop_count, r.probe_count })
    local v = jobs[i][1]:find ":" and 6 or 4
    assert.equal(v == 4 and "10.0.1.2" or "fd00:1::2", r.hops[1].addr)
    assert.equal(jobs[i][1], r.hops[4].addr)
  end
  return results
end

for _, transport in ipairs { "raw", "packet" } do
  describe("a host whose network changes, over " .. transport .. ":", function()
    local l

    before_each(function()
      nets.needs_privilege(pending)
      l = nets.up "chain 4"
    end)
    after_each(nets.down)

    it("replies that arrive through another interface are accepted", function()
      local r2 = l:path "r2"
      nets.must(l, BACK:format(l:path(), r2, r2))
      nets.await_links(l, { p = "side", r2 = "side" })
      nets.inside(l, function(e) all(l, e) end, { transport = transport })
      -- Of three hops behind r1, three answers to each of three protocols, two versions.
      assert(received(l, "side") >= 3 * 3 * 3 * 2)
    end)

    it("a new source address is noticed and given in the result", function()
      nets.inside(l, function(e)
        for _, r in ipairs(all(l, e)) do
          assert.equal(r.dst:find ":" and "fd00:1::1" or "10.0.1.1", r.src)
        end
        nets.must(l, MOVE)
        mtr.sleep "1.2s"               -- what is known of routes is good for a second
        for _, r in ipairs(all(l, e)) do
          assert.equal(r.dst:find ":" and "fd00:1::77" or "10.0.1.77", r.src)
        end
      end, { transport = transport })
    end)
  end)
end
