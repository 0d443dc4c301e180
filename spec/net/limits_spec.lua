-- SPDX-License-Identifier: MIT
--
-- Routers that limit their ICMP, as real ones do: the kernel's own limits are on. A probe without
-- an answer is not an error, it hides no hop, and more attempts find all hops.

local nets = require "spec.support.real.nets"

local HOPS, QUERIES = 4, 10
local LIMITED = "chain " .. HOPS .. " limits=on"

-- A trace and what it was told on the way.
local function trace(e, dst, opts)
  local timeouts = 0
  opts.on_timeout = function(_, probe)
    timeouts = timeouts + 1
    assert.is_nil(probe.error)
  end
  local before = e:stats()
  local r = nets.traces(e, { { dst, opts } })[1]
  local after = e:stats()
  assert.equal(timeouts, after.timeouts - before.timeouts)
  assert.equal(0, after.send_errors)
  for _, hop in ipairs(r.hops) do assert.is_nil(hop.error) end
  return r, timeouts, after.replies - before.replies
end

describe("routers that limit ICMP", function()
  after_each(nets.down)

  for _, protocol in ipairs { "icmp", "udp", "tcp" } do
    for v = 4, 6, 2 do
      it(("leave %s probes over IPv%d unanswered, not failed"):format(protocol, v), function()
        nets.needs_privilege(pending)
        local l = nets.up(LIMITED)
        local dst, truth = l["dst" .. v], l.truth["v" .. v]
        nets.inside(l, function(e)
          local r, timeouts, replies = trace(e, dst, { protocol = protocol, queries = QUERIES,
            attempts = 1, timeout = 200, window = HOPS * QUERIES, max_ttl = HOPS })
          assert.equal("completed", r.stop_reason)
          assert.equal(r.probe_count, timeouts + replies)
          assert.equal(HOPS * QUERIES, r.probe_count)
          for ttl, hop in ipairs(r.hops) do
            assert.equal(truth[ttl][1], hop.addr)
            if ttl < HOPS then assert.is_true(#hop.replies < QUERIES, "limited") end
          end
        end)
      end)
    end
  end

  it("look silent while they are limited, and the trace still ends", function()
    nets.needs_privilege(pending)
    local l = nets.up(LIMITED)
    -- One answer in 20 s, not in one: a busy machine may take as long between the two.
    for _, node in ipairs { "r1", "r2", "r3", "d" } do
      nets.must(l, "echo 20000 >/proc/sys/net/ipv4/icmp_ratelimit", node)
    end
    nets.inside(l, function(e)
      local opts = { protocol = "udp", timeout = 100, attempts = 1, gap_limit = 0, max_ttl = HOPS }
      local flood = { queries = 16, window = 255 }
      for key, value in pairs(opts) do flood[key] = value end
      local answered = select(3, trace(e, l.dst4, flood))
      assert.is_true(answered >= HOPS, answered)
      local r, timeouts = trace(e, l.dst4, opts)
      assert.same({ "hoplimit", HOPS, HOPS }, { r.stop_reason, r.probe_count, timeouts })
      assert.equal("* * * *", nets.path(r))
    end)
  end)

  for v = 4, 6, 2 do
    it(("are all found over IPv%d with enough attempts"):format(v), function()
      nets.needs_privilege(pending)
      local l = nets.up(LIMITED)
      nets.inside(l, function(e)
        local r = trace(e, l["dst" .. v], { protocol = "udp", queries = 8, attempts = 15,
          timeout = 200, window = 255, max_ttl = HOPS })
        assert.equal("completed", r.stop_reason)
        for ttl, hop in ipairs(r.hops) do
          assert.equal(l.truth["v" .. v][ttl][1], hop.addr)
          assert.equal(8, #hop.replies, "ttl " .. ttl)
        end
      end)
    end)
  end
end)
