-- SPDX-License-Identifier: MIT
--
-- Strategies over a simulated internet: what they find, and with how many probes.
local mtr = require "mtr"

-- Traces the first n targets of an internet, one after another; results and the engine's counters.
local function trace(n, opts)
  local net = mtr.sim.internet { seed = 7, prefixes = 1000, loss = 0 }
  local e = assert(mtr.engine { sim = net, rate = "max", seed = 1 })
  local results = {}
  for dst in e:sim():targets() do
    results[#results + 1] = assert(e:trace(dst, opts))
    if #results == n then break end
  end
  local stats = e:stats()
  e:close()
  return results, stats
end

local function interfaces(results)
  local seen, n = {}, 0
  for _, result in ipairs(results) do
    for _, hop in ipairs(result.hops) do
      if hop.addr and not seen[hop.addr] then seen[hop.addr], n = true, n + 1 end
    end
  end
  return n
end

describe("strategies over a simulated internet", function()
  it("give with the sweep written in Lua the same bytes as the sweep", function()
    local a, b = trace(100), trace(100, { strategy = "window-lua" })
    for i = 1, 100 do assert.equal(a[i]:json(), b[i]:json()) end
  end)

  it("find the same path one probe at a time, in either form", function()
    local sweep, object = trace(50), trace(50, { strategy = "sequential" })
    local co = trace(50, { strategy = function(t)
      local gap = 0
      for ttl = 1, t.options.max_ttl do
        local reply = t:probe { ttl = ttl }
        if reply.timeout then reply = t:probe { ttl = ttl } end
        if reply.final then return "completed", 0, ttl end
        gap = reply.timeout and gap + 1 or 0
        if gap == t.options.gap_limit then return "gaplimit", 0, ttl end
      end
      return "hoplimit"
    end })
    for i = 1, 50 do
      for _, other in ipairs { object[i], co[i] } do
        assert.same({ sweep[i].stop_reason, sweep[i].hop_count }, { other.stop_reason,
          other.hop_count })
        for ttl, hop in ipairs(sweep[i].hops) do assert.equal(hop.addr, other.hops[ttl].addr) end
      end
    end
  end)

  it("reuse instances if they say so, for similar traces of the same strategy", function()
    local made, old = 0, {}
    local function strategy(reuse)
      local s = { reuse = reuse }
      function s.create()
        made = made + 1
        return {}
      end
      function s:init(t)
        assert.equal(old[self] or s, s)
        old[self], self.ttl, self.of = s, 0, t.dst
      end
      function s:next(_, t)
        assert.equal(t.dst, self.of)
        assert.equal(t, self.trace)
        self.ttl = self.ttl + 1
        if self.ttl <= 3 then return { ttl = self.ttl }, self.ttl == 3 end
      end
      return s
    end
    local first, second = strategy(true), strategy(true)
    local a = trace(20, { strategy = first })
    assert.equal(1, made)
    local b = trace(20, { strategy = second })
    assert.equal(2, made)
    trace(20, { strategy = second, max_ttl = 20 })
    assert.equal(3, made)
    local c = trace(20, { strategy = strategy(false) })
    assert.equal(23, made)
    for i = 1, 20 do
      assert.equal(a[i]:json(), b[i]:json())
      assert.equal(a[i]:json(), c[i]:json())
    end
  end)

  it("save most probes where paths are shared", function()
    local sweep, before = trace(400)
    local state = mtr.strategy.doubletree.new_state()
    local results, after = trace(400, {
      strategy = mtr.strategy.doubletree { state = state, h = 8 } })
    local all, found = interfaces(sweep), interfaces(results)
    assert.is_true(after.probes_sent < 0.75 * before.probes_sent,
      after.probes_sent .. " of " .. before.probes_sent)
    assert.is_true(found >= 0.9 * all, found .. " of " .. all)
  end)
end)
