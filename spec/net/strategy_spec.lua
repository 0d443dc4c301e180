-- SPDX-License-Identifier: MIT
--
-- Strategies of users over real networks: the same strategy works on every transport, and the
-- engine survives those that misbehave.
local mtr = require "mtr"
local find_binary = require "mtr.script.find_binary"
local nets = require "spec.support.real.nets"

local HOPS = 5

-- A user's strategy: two probes ahead, three tries, over at the target.
local function pairs_of_probes()
  local s = { name = "pairs" }
  function s:init(trace)
    self.queue, self.tries, self.probe = {}, {}, {}
    for ttl = 1, trace.options.max_ttl do self.queue[ttl] = ttl end
  end
  function s:next()
    local ttl = not self.last and table.remove(self.queue, 1)
    if not ttl then return nil end
    self.tries[ttl] = (self.tries[ttl] or 0) + 1
    self.probe.ttl = ttl
    return self.probe
  end
  function s:on_reply(reply)
    if reply.final then self.last = math.min(self.last or 255, reply.ttl) end
  end
  function s:on_timeout(probe)
    if self.tries[probe.ttl] < 3 then table.insert(self.queue, 1, probe.ttl) end
  end
  return s
end

local function one_by_one(trace)
  for ttl = 1, trace.options.max_ttl do
    for _ = 1, 3 do
      local reply = trace:probe { ttl = ttl }
      if reply.final then return "completed" end
      if not reply.timeout then break end
    end
  end
  return "hoplimit"
end

-- Runs fn with an engine in a lab, its reports collected.
local function inside(words, fn, opts)
  nets.needs_privilege(pending)
  local l, reports = nets.shared(words), {}
  opts = opts or {}
  nets.inside(l, function(e)
    mtr.on_error(function(text) reports[#reports + 1] = text end)
    local ok, problem = pcall(fn, e, l, reports)
    mtr.on_error(nil)
    if not ok then error(problem, 0) end
  end, opts)
end

teardown(nets.down_shared)

describe("a user's strategy", function()
  for _, transport in ipairs { "raw", "mtr-packet" } do
    for form, make in pairs { object = pairs_of_probes, ["function"] = function()
      return one_by_one
    end } do
      for v = 4, 6, 2 do
        it(("that is a %s traces the path through %s, IPv%d"):format(form, transport, v), function()
          if transport == "mtr-packet" and not find_binary.find "mtr-packet" then
            pending "needs mtr-packet"
          end
          inside("chain " .. HOPS, function(e, l)
            local told = {}
            local r = e:trace(l["dst" .. v], { strategy = make(), window = 2, timeout = 2000,
              protocol = "udp", on_hop = function(_, hop) told[hop.ttl] = hop.addr end })
            local truth = {}
            for ttl, addresses in ipairs(l.truth["v" .. v]) do truth[ttl] = addresses[1] end
            assert.equal("completed", r.stop_reason)
            assert.equal(table.concat(truth, " "), nets.path(r))
            assert.same(truth, told)
            assert.equal(transport, r.transport)
            assert.is_true(r.hops[2].replies[1].rtt >= 0)
          end, { transport = transport })
        end)
      end
    end
  end

  it("may send, wait and sleep as it likes", function()
    inside("silent", function(e, l)
      local seen, ids = {}, {}
      local r = e:trace(l.dst4, { timeout = 200, window = 3, strategy = function(trace)
        for ttl = 1, 4 do ids[trace:send { ttl = ttl }] = ttl end
        trace:sleep "20ms"
        for what in trace.wait, trace do
          assert.equal(ids[what.id], what.ttl)
          seen[#seen + 1] = what.ttl .. (what.timeout and " silent" or " " .. what.addr)
        end
        assert.is_nil(trace:wait())
        return "halted", 7, 4
      end })
      table.sort(seen)
      local truth = l.truth.v4
      assert.same({ "1 " .. truth[1][1], "2 " .. truth[2][1], "3 silent", "4 " .. truth[4][1] },
        seen)
      assert.same({ "halted", 7, 4, 4 },
        { r.stop_reason, r.stop_data, r.hop_count, r.probe_count })
    end)
  end)

  it("is told of the end of each probe once, whatever hooks there are", function()
    inside("silent", function(e, l)
      local ends, hooks, s = {}, 0, { n = 0 }
      function s:next()
        self.n = self.n + 1
        return self.n <= 6 and { ttl = self.n } or nil
      end
      function s.on_reply(_, reply)
        assert.same(reply:copy().addr, reply.addr)
        for _, name in ipairs { "ttl", "rtt", "flow", "attempt", "icmp_type" } do
          assert.equal(reply:copy()[name], reply[name])
        end
        for _, flag in ipairs { "dup", "late", "final", "unreach", "too_big" } do
          assert.equal(reply:copy()[flag] or false, reply[flag])
        end
        ends[reply.id] = (ends[reply.id] or 0) + 1
      end
      function s.on_timeout(_, probe) ends[probe.id] = (ends[probe.id] or 0) + 1 end
      function s:done(trace) self.trace.data = { self.n, trace.result.probe_count } end
      local count = function() hooks = hooks + 1 end
      local trace
      e:trace(l.dst4, { strategy = s, timeout = 200, on_reply = count, on_timeout = count },
        function(_, result) trace = result end)
      e:run()
      local n = 0
      for _, times in pairs(ends) do
        assert.equal(1, times)
        n = n + 1
      end
      assert.same({ 6, 6, "completed" }, { n, hooks, trace.stop_reason })
    end)
  end)
end)

describe("a strategy that misbehaves", function()
  -- The strategy, and what its trace ends with.
  local cases = {
    ["asks for TTL 0"] = { { next = function() return { ttl = 0 } end },
      "^strategy: next: ttl must be 1%.%.30, got 0$" },
    ["asks for TTL 300"] = { { name = "far", next = function() return { ttl = 300 } end },
      "^strategy far: next: ttl must be 1%.%.30, got 300$" },
    ["asks for half a TTL"] = { { next = function() return { ttl = 1.5 } end }, "got 1%.5$" },
    ["asks for no TTL"] = { { next = function() return {} end }, "ttl must be 1%.%.30, got nil$" },
    ["asks for a flow that there is not"] = {
      { next = function() return { ttl = 1, flow = 512 } end }, "flow must be 0%.%.511, got 512$" },
    ["asks for a packet too small"] = { { next = function() return { ttl = 1, size = 21 } end },
      "EINVAL: .*size must be %d+%.%.65280, got 21$" },
    ["returns a number"] = { { next = function() return 7 end },
      'next must return a probe such as { ttl = 1 }, nil or "stop", got 7$' },
    ["wants to be woken in the past"] = { { next = function() return nil, -5 end },
      "wake must be ms from now, got %-5$" },
    ["stops for no reason that there is"] = { { next = function() return "stop", "complete" end },
      'unknown reason "complete"; did you mean "completed"%?$' },
    ["stops at hop 256"] = { { next = function() return "stop", "completed", 0, 256 end },
      "the last ttl 0%.%.255" },
    ["raises in next"] = { { next = function() error "in next" end }, "in next.*stack traceback" },
    ["raises in init"] = { { next = print, init = function() error "in init" end }, "in init" },
    ["raises in on_reply"] = { { next = function() return { ttl = 1 } end,
      on_reply = function() error "in on_reply" end }, "in on_reply" },
    ["raises in done"] = { { next = function() return "stop" end,
      done = function() error "in done" end }, "in done" },
    ["yields"] = { { next = function() coroutine.yield() end }, "attempt to yield" },
    ["never stops"] = { { next = function() return { ttl = 1 } end },
      '^strategy: 40 probes sent without an end: raise max_probes, or return "stop" earlier$' },
    ["is a function that raises"] = { function(trace)
      trace:probe { ttl = 1 }
      error "in it"
    end, "in it" },
    ["is a function that yields"] = { function() coroutine.yield(1) end, "coroutine.yield in" },
    ["is a function that waits elsewhere"] = { function() mtr.sleep(1) end, "cannot wait inside" },
    ["is a function that never stops"] = { function(trace)
      while true do trace:probe { ttl = 1 } end
    end, "40 probes sent without an end" },
    ["is a function that sends nothing"] = { function(trace) trace:probe(1) end,
      "probe: the probe must be a table" },
  }
  for name, case in pairs(cases) do
    it("ends its own trace as error: it " .. name, function()
      inside("chain 3", function(e, l, reports)
        local other
        e:trace(l.dst4, nil, function(_, result) other = result end)
        local result
        e:trace(l.dst4, { strategy = case[1], max_probes = 40, window = 4, timeout = 500 },
          function(_, r) result = r end)
        e:run()
        assert.equal("error", result.stop_reason)
        assert.truthy(result.error:find(case[2]), result.error)
        assert.same({ result.error }, reports)
        assert.equal("completed", other.stop_reason)
        assert.is_true(result.probe_count <= 40)
      end)
    end)
  end

  it("cannot exceed its window", function()
    inside("blackhole", function(e, l)
      local n = 0
      local trace
      trace = e:trace(l.dst4, { window = 5, timeout = "10s",
        strategy = { next = function()
          n = n + 1
          return { ttl = 6 }
        end } }, function() end)
      e:trace(l.dst4, { timeout = 100, attempts = 1 }, function() trace:stop() end)
      e:run()
      assert.equal(5, n)
    end)
  end)

  it("cannot use what is a function strategy's outside of one", function()
    inside("chain 3", function(e, l)
      local trace = e:trace(l.dst4, nil, function() end)
      assert.has_error(function() trace:probe { ttl = 1 } end,
        "probe: may only be called by a strategy that is a function, in its trace")
      e:run()
    end)
  end)
end)

describe("pace", function()
  for name, strategy in pairs { sweep = "window", strategy = "sequential" } do
    it("delays each probe of a " .. name, function()
      inside("chain 4", function(e, l)
        local at, asked = {}, 0
        local r = e:trace(l.dst4, { strategy = strategy, pace = function(trace)
          assert.equal(l.dst4, trace.dst)
          asked = asked + 1
          return asked == 1 and 0 or "20ms"
        end, on_probe = function(_, probe) at[#at + 1] = probe.at end })
        assert.equal("completed", r.stop_reason)
        for i = 2, #at do assert.is_true(at[i] - at[i - 1] >= 19.9, at[i] - at[i - 1]) end
      end)
    end)
  end

  it("that returns no duration ends the trace", function()
    inside("chain 3", function(e, l, reports)
      local r = e:trace(l.dst4, { pace = function() return "soon" end })
      assert.equal("error", r.stop_reason)
      assert.equal('pace must return ms or a duration, got "soon"', r.error)
      assert.equal(1, #reports)
    end)
  end)
end)

describe("pick", function()
  it("chooses the trace that sends next", function()
    local order = {}
    local function pick(ready)
      local best = 1
      for i, trace in ipairs(ready) do
        if trace.data > ready[best].data then best = i end
      end
      return best
    end
    inside("many 3", function(e, l)
      local base = l.dst4:match "^(.*%.)%d+$"
      -- The last one asks no strategy first: it is ready at once, whenever the rate has room.
      for i = 1, 4 do
        e:trace(base .. i, { data = i, window = 1, attempts = 1, timeout = 500,
          strategy = i % 2 == 1 and "sequential" or nil,
          on_probe = function(trace) order[#order + 1] = trace.data end }, function() end)
      end
      e:run()
    end, { pick = pick, rate = "500/s" })
    assert.equal(4, order[1])
    assert.equal(4 * 3, #order)
  end)

  it("that raises an error is reported, and the first trace sends", function()
    inside("chain 3", function(e, l, reports)
      local r = e:trace(l.dst4)
      assert.equal("completed", r.stop_reason)
      assert.truthy(reports[1]:find "pick must return 1%.%.1, the place of a ready trace, got 7")
    end, { pick = function() return 7 end })
    inside("chain 3", function(e, l, reports)
      assert.equal("completed", e:trace(l.dst4).stop_reason)
      assert.truthy(reports[1]:find "no idea")
    end, { pick = function() error "no idea" end })
  end)
end)
