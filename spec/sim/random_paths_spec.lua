-- SPDX-License-Identifier: MIT
--
-- Random paths with loss, delay, reordering, duplicates and damaged quotes: whatever the network
-- does, every trace ends, reports nothing false, and all counters add up.
local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"
local random = require "spec.support.harness.random"
local wild = require "spec.support.virtual.wild"

local C = core.load{ "core/probe/core.h" }

-- Traces over several networks in one engine, some of them over the same one; and some are stopped
-- on their way.
local function run(seed)
  local pick = random(seed)
  local networks, by_dst = {}, {}
  -- Few identities mean that answered ones are used again at once, so that duplicates mislead.
  local few = pick(4) == 1
  for i = 1, pick(6) do
    networks[i] = wild.network(pick, i, { no_dups = few })
    by_dst[path.bytes(networks[i].dst)] = networks[i]
  end
  -- Identities come from another seed: with 914 two live identifications are each other's swapped,
  -- and a short quote of one of them is nobody's.
  local d = drive.new{ seed = seed + 1000, rate = pick(2) == 1 and 0 or 100 + pick(2000),
    target_rate = pick(5) == 1 and 20 or 0, max_probes = few and 30 or 65536,
    late_window = 10000, max_events = 1024,
    network = { probe = function(_, p, emit) return by_dst[p.dst]:probe(p, emit) end } }
  local traces = {}
  for _, n in ipairs(networks) do
    -- Not several to an open port: what answers one that has ended would seem to be another's.
    for _ = 1, pick(3) == 1 and not n.open and 1 + pick(3) or 1 do
      local o = wild.options(pick, n)
      local stop = not n.open and pick(6) == 1 and pick(1000)
      traces[#traces + 1] = { handle = d:start(o), o = o, n = n, stop = stop }
    end
  end
  for _, t in ipairs(traces) do
    if t.stop then
      d:run(t.stop)
      C.stop_trace(d.core, d:trace(t.handle), C.MTR_STOP_HALTED, 0, d.now)
    end
  end
  d:run()
  return d, traces
end

local function fail(seed, ...) error(("seed %d: "):format(seed) .. string.format(...), 0) end

-- Hops in order, where they are, and all of them where nothing was lost.
local function check_hops(seed, d, t)
  local ttl = t.o.first_ttl - 1
  for _, e in ipairs(d:of("HOP", t.handle)) do
    ttl = ttl + 1
    if e.ttl ~= ttl then fail(seed, "hop %d told as %d", ttl, e.ttl) end
    local truth = t.n.truth[math.min(ttl, t.n.hops)]
    if e.addr and not truth[e.addr] then fail(seed, "%s is not at hop %d", e.addr, ttl) end
    if e.stop > t.o.queries then fail(seed, "%d answers at hop %d", e.stop, ttl) end
    if t.n.perfect and not t.n.narrow and not e.addr and next(truth) then
      fail(seed, "%s did not answer at hop %d", next(truth), ttl)
    end
  end
  local done = d:done(t.handle)
  if done.reason ~= "halted" and done.ttl ~= ttl then
    fail(seed, "%d hops told of, %d in the result", ttl, done.ttl)
  end
  if done.reason == "completed" and ttl < t.n.hops then fail(seed, "completed at %d", ttl) end
end

-- No more probes than asked for, and no probe ends twice.
local function check_probes(seed, d, t)
  local sent, too_big, fate = {}, {}, {}
  for _, e in ipairs(d.events) do
    if e.trace == t.handle then
      local ended = fate[e.probe]
      if e.kind == "SENT" then
        sent[e.ttl] = (sent[e.ttl] or 0) + 1
        if fate[e.probe] then fail(seed, "a probe's handle was used twice") end
      elseif e.kind == "TIMEOUT" then
        if ended then fail(seed, "%s, then timed out", ended) end
        fate[e.probe] = "timed out"
      elseif e.kind == "REPLY" then
        if e.rtt < 0 or e.rtt > 12000 then fail(seed, "rtt %g", e.rtt) end
        if e.set.LATE and ended ~= "timed out" then fail(seed, "late without time-out") end
        if e.set.DUP and ended ~= "answered" then fail(seed, "a duplicate of nothing") end
        if not e.set.LATE and not e.set.DUP then
          if ended then fail(seed, "%s, then answered", ended) end
          if e.set.TOO_BIG then too_big[e.ttl] = (too_big[e.ttl] or 0) + 1 end
          if not e.set.TOO_BIG and not e.set.ANSWER then fail(seed, "an answer that is none") end
        end
        fate[e.probe] = "answered"
      end
    end
  end
  for ttl, n in pairs(sent) do
    -- Where data did not tell its probe, each query is asked once more.
    local attempts = t.o.attempts + (t.n.open and 1 or 0)
    if n > t.o.queries * attempts + (too_big[ttl] or 0) then
      fail(seed, "%d probes of ttl %d", n, ttl)
    end
  end
end

local function check_counters(seed, d, traces)
  local told = { replies = 0, timeouts = 0, late = 0, duplicates = 0, nat = 0, send_errors = 0,
    probes_sent = #d:of("SENT"), events = #d.events, traces_done = #d:of("DONE") }
  local function count(name) told[name] = told[name] + 1 end
  for _, e in ipairs(d:of("REPLY")) do
    count(e.set.LATE and "late" or e.set.DUP and "duplicates" or "replies")
    if e.set.NAT then count("nat") end
  end
  for _, e in ipairs(d:of("TIMEOUT")) do count(e.error == 0 and "timeouts" or "send_errors") end
  for name, n in pairs(told) do
    if d:count(name) ~= n then fail(seed, "%d %s counted, %d told", d:count(name), name, n) end
  end
  local ended = d:count("replies") + d:count("timeouts")
  if ended > d:count("probes_sent") then fail(seed, "%d probes ended", ended) end
  if d:count("traces_started") ~= d:count("traces_done") then fail(seed, "not all have ended") end
  -- Data that comes after its trace has ended is nobody's.
  for _, t in ipairs(traces) do if t.n.open then return end end
  if d:count("unmatched") > 0 then fail(seed, "%d unmatched", d:count("unmatched")) end
end

describe("random paths #luajit", function()
  for block = 0, 9 do
    local from, to = block * 100 + 1, block * 100 + 100
    it(("keep traces true and counted, seeds %d to %d"):format(from, to), function()
      for seed = from, to do
        local d, traces = run(seed)
        for _, t in ipairs(traces) do
          check_hops(seed, d, t)
          check_probes(seed, d, t)
        end
        check_counters(seed, d, traces)
        d:close()
      end
    end)
  end

  it("give the same events for the same seed", function()
    for seed = 1, 20 do
      local a, b = run(seed), run(seed)
      assert.same(a.events, b.events)
      a:close()
      b:close()
    end
  end)
end)
