-- SPDX-License-Identifier: MIT
--
-- Addresses that many routers answer from, the target's own, which tunnels lend to routers before
-- it, and this host's, with which translators near it answer, were taken for loops when two hops
-- had them; the trace ended before its target.
local mtr = require "mtr"
local hard = require "spec.support.virtual.hard"

local STRATEGIES = { false, "window-lua", "sequential", "random", "rounds", "doubletree", "mda",
  "pmtu" }

local function trace(target, opts, strategy)
  opts.strategy = strategy or nil
  return hard.trace("shared_addresses", target, opts)
end

describe("an address at two hops that names no router", function()
  for _, target in ipairs { "dummy", "none", "link", "target", "source" } do
    for _, strategy in ipairs(STRATEGIES) do
      it(("is no loop: %s, %s"):format(target, strategy or "sweep"), function()
        hard.each(function(opts)
          opts.loop_limit = 1
          local r = trace(target, opts, strategy)
          assert.same({ "completed", 5, r.dst }, { r.stop_reason, r.hop_count, r.hops[5].addr })
          assert.equal(r.hops[1].addr, r.hops[3].addr)
          assert.equal(0, r.loops or 0)
        end)
      end)
    end
  end

  for _, strategy in ipairs { false, "window-lua", "pmtu" } do
    it("is a loop if it is an ordinary one: " .. (strategy or "sweep"), function()
      hard.each(function(opts)
        local r = trace("loop", opts, strategy)
        assert.same({ "loop", 3 }, { r.stop_reason, r.hop_count })
      end)
    end)
  end
end)

describe("an address that names no router", function()
  it("ends no way of doubletree, whatever is in the stop sets", function()
    hard.each(function(opts)
      local strategy = mtr.strategy.doubletree { h = 3 }
      for _, target in ipairs { "dummy", "none", "link", "target", "source" } do
        local r = trace(target, opts, strategy)
        assert.same({ "completed", "first_ttl" }, { r.stop_reason, r.doubletree.backward })
      end
    end)
  end)

  it("goes on in what mda says of the path", function()
    hard.each(function(opts)
      local r = trace("target", opts, "mda")
      for ttl = 2, 5 do assert.equal(1, #r.mda.hops[ttl].links, ttl) end
    end)
  end)

  it("is no sign of a gateway", function()
    local hops, replies = {}, { { addr = "192.0.0.8", reply_ttl = 64 } }
    for ttl = 1, 4 do hops[ttl] = { ttl = ttl, addr = "192.0.0.8", replies = replies } end
    local kinds = {}
    for _, w in ipairs(mtr.warnings { stop_reason = "completed", hop_count = 4, protocol = "icmp",
      dst = "203.0.113.9", hops = hops }) do kinds[w.kind] = true end
    assert.is_nil(kinds.one_address)
  end)

  it("makes no circle in a graph", function()
    for _, target in ipairs { "dummy", "none", "link", "target", "source" } do
      for name, strategy in pairs { routes = false, dot = "mda" } do
        hard.each(function(opts)
          opts.strategy = strategy or nil
          local r, out = hard.trace("shared_addresses", target, opts), {}
          local reporter = mtr.report[name](function(text) out[#out + 1] = text return true end)
          reporter:start {}
          reporter:trace(r)
          reporter:finish()
          local to = {}
          for from, node in table.concat(out):gmatch '"([^"]+)" %-> "([^"]+)"' do
            assert.is_nil(to[from])
            to[from] = node
          end
          local at, steps, shown = strategy and "source" or r.src, 0, 0
          while to[at] do at, steps = to[at], steps + 1 end
          -- The arrows of routes lead over silent hops, which "::" makes.
          for _, hop in ipairs(r.hops) do shown = shown + ((hop.addr or strategy) and 1 or 0) end
          assert.same({ r.dst, shown }, { at, steps }, name .. " " .. target)
        end)
      end
    end
  end)
end)
