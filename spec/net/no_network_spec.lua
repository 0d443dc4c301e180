-- SPDX-License-Identifier: MIT
--
-- A moment without network: the link of this host is down for 1.5 seconds or more, or its route is
-- gone. The probes of that time have failed, each with the reason; what goes on afterwards is as
-- before.
local mtr = require "mtr"
local lab = require "spec.lab.lab"
local nets = require "spec.support.real.nets"
local run = require "spec.support.harness.run"

local privileged, reason = lab.available()

-- What makes the network go, and what has to be set again when the link is up.
local WAYS = {
  link = { "ip link set r1 down", [[set -e
ip addr replace 10.0.1.1/24 dev r1; ip -6 addr replace fd00:1::1/64 dev r1 nodad
ip route replace 10.0.0.0/8 via 10.0.1.2; ip -6 route replace fd00::/8 via fd00:1::2]] },
  route = { "ip route del 10.0.0.0/8; ip -6 route del fd00::/8",
    "ip route replace 10.0.0.0/8 via 10.0.1.2; ip -6 route replace fd00::/8 via fd00:1::2" },
  blackhole = { "ip route replace unreachable 10.0.0.0/8; ip -6 route replace unreachable fd00::/8",
    "ip route replace 10.0.0.0/8 via 10.0.1.2; ip -6 route replace fd00::/8 via fd00:1::2" },
}

local function come_back(l, way)
  nets.must(l, "ip link set r1 up")
  nets.await_links(l)
  nets.must(l, way[2])
end

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
          local results, before, errors, after = {}, {}, {}, {}
          for i, protocol in ipairs { "icmp", "udp", "tcp" } do
            for v = 4, 6, 2 do
              local at = i * 2 + v / 2
              before[at], errors[at], after[at] = 0, 0, 0
              local opts = { protocol = protocol, timeout = 500,
                strategy = mtr.strategy.rounds { rounds = 40, interval = 100 } }
              function opts.on_timeout(_, probe)
                if probe.error then
                  assert(NAMES[probe.error], probe.error)
                  errors[at] = errors[at] + 1
                end
              end
              function opts.on_reply(_, reply)
                local count = errors[at] > 0 and after or before
                if reply.final then count[at] = count[at] + 1 end
              end
              e:trace(l["dst" .. v], opts, function(err, r) results[at] = r or err end)
            end
          end
          -- Waits until each trace has counted more than |n|.
          local function each_has(counts, n)
            local function all()
              for at in pairs(errors) do
                if counts[at] <= n and not results[at] then return false end
              end
              return true
            end
            while not all() do mtr.sleep(20) end
          end
          mtr.go(function()
            mtr.sleep(800)
            each_has(before, 3)
            nets.must(l, way[1])
            mtr.sleep(1500)
            each_has(errors, 5)
            come_back(l, way)
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
      local base = run.dir() .. "/ping" .. v   -- a file of its own: what it waits for is new
      -- So many that some are left when the network is back, also on a busy machine.
      local pipe = assert(io.popen(("timeout 120 %s >%s.out 2>%s.err"):format(l:command(
        '"$MTR_PROGRAM" scripts/ping.lua -o jsonl -W 0.5 -i 50ms -c 200 ' .. l["dst" .. v]), base,
        base)))
      local function await(word, n)
        for _ = 1, 6000 do
          local file = io.open(base .. ".out")         -- the shell may not have made it yet
          local text = file and file:read "*a" or ""
          if file then file:close() end
          if select(2, text:gsub(word, word)) >= n then return end
          run.pause(0.01)
        end
        error(("waited a minute for %d lines with %s"):format(n, word))
      end
      await("rtt", 15)
      nets.must(l, WAYS.link[1])
      await("error", 25)
      come_back(l, WAYS.link)
      pipe:close()
      local text = run.read(base .. ".out")
      assert.equal("", run.read(base .. ".err"))
      local list = run.records(text)
      local s, failed = list[#list], 0
      for _, r in ipairs(list) do
        if NAMES[r.error] then failed = failed + 1 end
      end
      assert.same({ "ping_summary", 200, failed }, { s.type, s.sent, s.failed }, text)
      assert(s.received >= 30 and failed >= 20, text)
    end)
  end
end)
