-- SPDX-License-Identifier: MIT
--
-- Many traces, engines and processes probe the same hosts at once. Each gets all answers to its own
-- probes and no others, and closed engines leave nothing behind.

local mtr = require "mtr"
local nets = require "spec.support.real.nets"

local PROTOCOLS = { "icmp", "udp", "tcp" }

-- What a trace of these options must find, in one line; skipped hops are "*".
local function truth(l, v, first)
  local words = {}
  for ttl, list in ipairs(l.truth["v" .. v]) do words[ttl] = ttl < first and "*" or list[1] end
  return table.concat(words, " ")
end

local function check(l, results, jobs)
  for i, job in ipairs(jobs) do
    local r = assert(results[i].hops and results[i], results[i].failed)
    local where = ("%s %s #%d"):format(job[2].protocol, job[1], i)
    assert.equal(job.truth or truth(l, job.v, job[2].first_ttl or 1), nets.path(r), where)
    assert.equal("completed", r.stop_reason, where)
  end
end

-- Nothing reached the engine that was not for it, and nothing was lost. `again`: how many answers
-- may have been given to nobody, because nothing in them told which probe they were for.
local function clean(stats, again)
  assert.is_true(stats.unmatched <= (again or 0), stats.unmatched)
  assert.same({ 0, 0, 0, 0, 0 }, { stats.malformed, stats.orphans, stats.duplicates, stats.late,
    stats.kernel_drops })
end

local function jobs_of(l, n, more)
  local jobs = {}
  for i = 1, n do
    for _, protocol in ipairs(PROTOCOLS) do
      for v = 4, 6, 2 do
        local opts = { protocol = protocol, timeout = "5s" }
        for key, value in pairs(more and more(i) or {}) do opts[key] = value end
        jobs[#jobs + 1] = { l["dst" .. v], opts, v = v }
      end
    end
  end
  return jobs
end

-- The kernel keeps few packets back while it looks for its neighbours; has it find them.
local function warm_up(l)
  nets.inside(l, function(e) nets.traces(e, { { l.dst4 }, { l.dst6 } }) end)
end

describe("traces side by side", function()
  teardown(nets.down_shared)

  local function up(words)
    nets.needs_privilege(pending)
    return nets.shared(words)
  end

  it("to one target by one flow do not take each other's answers", function()
    local l = up "chain 4 udp=33434 tcp=80" -- ports that are open tell the least
    nets.inside(l, function(e)
      -- Different beginnings: an answer to the wrong probe would be at the wrong hop.
      local jobs = jobs_of(l, 30, function(i)
        return { first_ttl = i % 3 + 1, window = i % 7 + 1, queries = i % 2 + 1 }
      end)
      check(l, nets.traces(e, jobs), jobs)
      -- Data of an open port holds no number. Where it is in doubt, it is given to nobody, and its
      -- probe is sent again or times out.
      local stats = e:stats()
      clean(stats, stats.given_up + stats.timeouts)
    end)
  end)

  it("to one target by many flows do not take each other's answers", function()
    local l = up "chain 3"
    nets.inside(l, function(e)
      local jobs = jobs_of(l, 100, function(i)
        return { flow = i * 4, multipath = i % 2 == 0 and "classic" or "paris" }
      end)
      check(l, nets.traces(e, jobs), jobs)
      clean(e:stats())
    end)
  end)

  it("in eight engines of one process keep to themselves, even of the same seed", function()
    local l = up "chain 5"
    local engines, n = {}, 8
    nets.inside(l, function(first)
      for i = 1, n do engines[i] = assert(mtr.engine { rate = "max", seed = 7 }) end
      local jobs, results = {}, {}
      for i, e in ipairs(engines) do
        jobs[i] = jobs_of(l, 5, function(k) return { first_ttl = (i + k) % 4 + 1 } end)
        results[i] = {}
        for k, job in ipairs(jobs[i]) do
          e:trace(job[1], job[2], function(err, r) results[i][k] = r or { failed = err } end)
        end
      end
      mtr.run()
      for i, e in ipairs(engines) do
        check(l, results[i], jobs[i])
        clean(e:stats())
        nets.accounted(e:stats())
        e:close()
      end
      clean(first:stats())
    end)
  end)

  it("in several processes do not take each other's answers", function()
    local l = up "chain 5"
    local script = [[local mtr, paths, bad = require "mtr", { ... }, 0
local e = assert(mtr.engine { rate = "max" })
for i = 1, 20 do for _, protocol in ipairs { "icmp", "udp", "tcp" } do for k = 1, #paths, 2 do
  local first = i % 4 + 1
  e:trace(paths[k], { protocol = protocol, first_ttl = first, timeout = "5s" }, function(_, r)
    local at = 0
    for word in paths[k + 1]:gmatch "%S+" do
      at = at + 1
      if at >= first and word ~= r.hops[at].addr then bad = bad + 1 end
    end
    if r.hop_count ~= at or r.stop_reason ~= "completed" then bad = bad + 1 end
  end)
end end end
e:run()
local s = e:stats()
print(bad, s.traces_done, s.timeouts, s.duplicates, s.late, s.kernel_drops)]]
    warm_up(l)
    local words = ("%s '%s' %s '%s'"):format(l.dst4, truth(l, 4, 1), l.dst6, truth(l, 6, 1))
    local cmd = ("cat >$0.lua <<'E'\n%s\nE\n"):format(script)
      .. ("for i in 1 2 3 4 5 6; do $MTR_PROGRAM $0.lua %s & done; wait; rm $0.lua"):format(words)
    local output = l:exec(("sh -c '%s' $(mktemp)"):format((cmd:gsub("'", "'\\''"))))
    assert.equal(("0\t120\t0\t0\t0\t0\n"):rep(6), output)
  end)

  it("a thousand, to a thousand targets, as fast as it goes, are all true", function()
    local l = up "many 8"
    warm_up(l)
    nets.inside(l, function(e)
      local jobs = {}
      for i = 1, 1000 do
        local v = i % 2 * 2 + 4
        local dst = select(v / 2 - 1, l.target(i))
        local want = truth(l, v, 1):gsub("%S+$", dst)
        jobs[i] = { dst, { protocol = PROTOCOLS[i % 3 + 1], timeout = "5s" }, v = v, truth = want }
      end
      local results, started = nets.traces(e, jobs)
      check(l, results, jobs)
      assert.equal(1000, started)
      local stats = e:stats()
      clean(stats)
      assert.same({ 1000, 0, 0 }, { stats.traces_done, stats.timeouts, stats.send_errors })
    end)
  end)
end)

describe("engines that come and go", function()
  after_each(nets.down)

  local function resident()
    collectgarbage()
    collectgarbage()
    local file = assert(io.open "/proc/self/status")
    local kib = tonumber(file:read("*a"):match "VmRSS:%s*(%d+)")
    file:close()
    return kib
  end

  it("leave no descriptor open and no memory in use", function()
    nets.needs_privilege(pending)
    local l = nets.up "chain 3"
    local function some(n)
      for i = 1, n do
        nets.inside(l, function(e)
          local jobs = jobs_of(l, 2)
          check(l, nets.traces(e, jobs), jobs)
          if i % 2 == 0 then
            e:trace(l.dst4, { first_ttl = 9 }, function() end)
            e:close() -- with a trace under way
          end
        end)
      end
    end
    some(20)
    local before = resident()
    some(100)
    assert.is_true(resident() - before < 1024, ("%d KiB more"):format(resident() - before))
  end)
end)
