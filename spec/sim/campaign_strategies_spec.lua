-- SPDX-License-Identifier: MIT
--
-- Strategies in campaigns: many traces share one borrowed trace, and each is traced as it would be
-- by itself.
local mtr = require "mtr"

local engine, net

local function open(opts)
  opts = opts or {}
  net = mtr.sim.internet { seed = 3, prefixes = 300 }
  opts.sim, opts.seed, opts.rate = net, 5, opts.rate or "max"
  engine = assert(mtr.engine(opts))
end

after_each(function()
  if engine then engine:close() end
  engine = nil
end)

-- What both ways of tracing must agree on.
local function gist(result)
  local path = {}
  for i, hop in ipairs(result.hops) do path[i] = ("%s/%d"):format(hop.addr or "*", #hop.replies) end
  return ("%s %s %d %s"):format(result.stop_reason, result.stop_data or "-", result.hop_count,
    table.concat(path, " "))
end

local function campaign(strategy, opts)
  opts = opts or {}
  local seen, order = {}, {}
  local trace = { strategy = strategy, timeout = 500, window = opts.probes }
  for name, value in pairs(opts.trace or {}) do trace[name] = value end
  local summary = assert(mtr.campaign({
    engine = engine, window = opts.window or 40, targets = opts.targets or net:targets(),
    trace = trace,
    on_trace = function(result)
      seen[result.dst] = opts.keep and result:copy() or gist(result)
      order[#order + 1] = result.dst
    end,
  }):run())
  assert.equal(0, engine:stats().traces)
  return seen, summary, order
end

local function one_by_one(strategy, opts)
  local seen = {}
  for target in net:targets() do
    local trace = { strategy = strategy, timeout = 500, window = opts and opts.probes }
    seen[target] = gist(assert(engine:trace(target, trace)))
  end
  return seen
end

local function coroutine_form(trace)
  for ttl = 1, 30 do
    local answer = trace:probe { ttl = ttl }
    if answer.final then return "completed" end
    if answer.unreach then return "unreach", answer.icmp_code, ttl end
  end
  return "hoplimit"
end

local with_run = {
  name = "with run", tries = 2,
  run = function(self, trace)
    local silent = 0
    for ttl = 1, 30 do
      local answer
      for _ = 1, self.tries do
        answer = trace:probe { ttl = ttl }
        if not answer.timeout then break end
      end
      if answer.final then return "completed" end
      silent = answer.timeout and silent + 1 or 0
      if silent == 3 then return "gaplimit", 0, ttl end
    end
  end,
}

describe("a strategy in a campaign", function()
  for name, strategy in pairs {
    sequential = "sequential", ["window-lua"] = "window-lua", random = "random",
    ["a function"] = coroutine_form, ["a table with run"] = with_run,
  } do
    it("traces every target as it would alone: " .. name, function()
      open()
      local alone = one_by_one(strategy)
      local together, summary = campaign(strategy)
      assert.equal(300, summary.traces)
      assert.same(alone, together)
    end)
  end

  it("gives the same results as the engine's sweep if it is the sweep in Lua", function()
    open()
    local sweep = campaign "window"
    assert.same(sweep, (campaign "window-lua"))
  end)

  it("finds its own trace in every function", function()
    open()
    local dsts, wrong = {}, 0
    local s = {}
    function s:init(trace) self.dst, self.ttl, self.handle = trace.dst, 0, trace.handle end
    local function check(self, trace)
      dsts[trace.dst] = true
      local same = self.trace == trace and trace.dst == self.dst and trace.handle == self.handle
        and trace.strategy == self and trace.options.max_ttl == 9 and trace.data == "d"
      if not same then wrong = wrong + 1 end
    end
    function s:next(_, trace)
      check(self, trace)
      self.ttl = self.ttl + 1
      if self.ttl <= 9 then return { ttl = self.ttl } end
    end
    function s:on_reply(_, trace) check(self, trace) end
    s.on_timeout = s.on_reply
    campaign(s, { trace = { max_ttl = 9, data = "d" } })
    assert.equal(0, wrong)
    local n = 0
    for _ in pairs(dsts) do n = n + 1 end
    assert.equal(300, n)
  end)

  it("uses instances again if it says so, and makes each as new", function()
    open()
    local made, begun = 0, 0
    local s = { reuse = true }
    function s.create()
      made = made + 1
      return {}
    end
    function s:init() begun, self.ttl = begun + 1, 0 end
    function s:next()
      self.ttl = self.ttl + 1
      if self.ttl <= 3 then return { ttl = self.ttl }, self.ttl == 3 end
    end
    local seen = campaign(s, { window = 7 })
    assert.equal(300, begun)
    assert.is_true(made <= 7, made .. " made")
    s.reuse = false
    made = 0
    assert.same(seen, (campaign(s, { window = 7 })))
    assert.equal(300, made)
  end)

  it("that raises, or does what it may not, ends its own trace only", function()
    open()
    local messages = {}
    mtr.on_error(function(text) messages[#messages + 1] = text end)
    local s = {}
    function s:init(trace) self.ttl, self.n = 0, tonumber(trace.dst:match "(%d+)%.%d+$") end
    function s:next()
      self.ttl = self.ttl + 1
      if self.ttl == 3 and self.n % 3 == 0 then error("bang " .. self.n) end
      if self.ttl == 3 and self.n % 3 == 1 then return { ttl = 0 } end
      if self.ttl <= 4 then return { ttl = self.ttl } end
      return "stop", "halted", 1000.5, 4
    end
    local seen, summary = campaign(s, { keep = true })
    mtr.on_error(nil)
    local n = { [0] = 0, 0, 0 }
    for dst, result in pairs(seen) do
      local kind = tonumber(dst:match "(%d+)%.%d+$") % 3
      n[kind] = n[kind] + 1
      if kind == 0 then
        assert.equal("error", result.stop_reason)
        assert.matches("bang", result.error)
        assert.matches("stack traceback", result.error)
      elseif kind == 1 then
        assert.equal("error", result.stop_reason)
        assert.matches("next: ttl must be 1..30, got 0", result.error)
      else
        assert.equal("halted", result.stop_reason)
        assert.equal(1000.5, result.stop_data)
        assert.equal(4, result.hop_count)
      end
    end
    assert.equal(300, n[0] + n[1] + n[2])
    assert.is_true(n[0] > 50 and n[1] > 50 and n[2] > 50)
    assert.equal(n[0] + n[1], summary.stop_reasons.error)
    assert.equal(n[0] + n[1], #messages)
  end)

  it("is asked no more once its trace was stopped", function()
    open()
    local late = 0
    local s = {}
    function s.next(_, _, trace)
      if trace.state ~= "running" then late = late + 1 end
      return { ttl = 1 }
    end
    function s:on_reply(_, trace)
      if self.over then late = late + 1 end
      self.over = true
      trace:stop("gss", 7)
    end
    local seen, summary = campaign(s, { keep = true, probes = 5 })
    assert.equal(0, late)
    assert.is_true(summary.stop_reasons.gss > 200)
    for _, result in pairs(seen) do
      if result.stop_reason == "gss" then assert.equal(7, result.stop_data) end
    end
  end)

  it("keeps a probe that finds the table full, and loses none", function()
    open { max_probes = 64, late_window = 50 }
    local taken, ids = 0, {}
    local s = {}
    function s:init() self.ttl = 0 end
    function s:next()
      self.ttl = self.ttl + 1
      if self.ttl > 12 then return nil end
      taken = taken + 1
      self.probe = { ttl = self.ttl }
      ids[#ids + 1] = self.probe
      return self.probe
    end
    local _, summary = campaign(s, { window = 30, probes = 12 })
    assert.equal(taken, summary.probes)
    assert.equal(300 * 12, taken)
    for _, probe in ipairs(ids) do assert.is_number(probe.id) end
    assert.is_true(engine:stats().probe_waits > 0)
  end)

  it("may add to the result in its done hook", function()
    open()
    local s = { next = function() return "stop", "completed", 0, 1 end }
    function s.done(_, trace) trace.result.extra = trace.dst end
    local seen = campaign(s, { keep = true })
    for dst, result in pairs(seen) do assert.equal(dst, result.extra) end
  end)

  it("gets the options of the target's family, IPv4 or IPv6", function()
    local topo = mtr.sim {
      nodes = { me = { "10.0.0.1", "2001:db8::1" }, far = { "10.0.0.2", "2001:db8::2" } },
      links = { { "me", "far" } },
    }
    engine = assert(mtr.engine { sim = topo, rate = "max" })
    local seen = {}
    local s = {}
    function s.next(_, _, trace)
      seen[trace.dst] = trace.options.family .. " " .. trace.options.least
      return "stop", "completed"
    end
    campaign(s, { targets = { "10.0.0.2", "2001:db8::2" } })
    assert.matches("^4 ", seen["10.0.0.2"])
    assert.matches("^6 ", seen["2001:db8::2"])
  end)
end)
