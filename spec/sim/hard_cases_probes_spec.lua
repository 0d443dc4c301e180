-- SPDX-License-Identifier: MIT
--
-- Hard cases about probes: identifying one of very many, running out of identities,
-- checksums, sends that fail, names; and messages that are no answer.
local hard = require "spec.support.virtual.hard"
local traces = require "spec.support.virtual.traces"

-- Traces along many flows to one target, which take one of three ways each. Every reply in time,
-- late or twice has to come from where the probe's flow leads at that TTL.
local function crowd(e, flows, opts)
  local wrong, told, done = 0, 0, 0
  for flow = 0, flows - 1 do
    for _, protocol in ipairs { "icmp", "udp", "tcp" } do
      local path = assert(e:sim():path("web", flow, { protocol = protocol }))
      local all = { protocol = protocol, flow = flow, timeout = 800 }
      for key, value in pairs(opts or {}) do all[key] = value end
      function all.on_reply(_, reply)
        told = told + 1
        local truth = path[math.min(reply.ttl, path.n)]
        if reply.addr ~= truth or reply.flow ~= flow then wrong = wrong + 1 end
      end
      assert(e:trace("web", all, function(err, r)
        assert(not err and r.stop_reason == "completed", err)
        done = done + 1
      end))
    end
  end
  e:run()
  assert.same({ 0, flows * 3 }, { wrong, done })
  return told, e:stats()
end

describe("hard case 13: cross-talk", function()
  it("of a thousand traces to one target: no reply is credited to another's probe", function()
    hard.over("crowd", function(e)
      local told, stats = crowd(e, 334)
      assert(stats.late > 50 and stats.duplicates > 100)
      assert.equal(told, stats.replies + stats.late + stats.duplicates)
    end, { rate = 0, late_window = "6s" })
  end)
end)

describe("hard case 14: identities wrap around", function()
  it("with few identities, traces wait for a free one, and every reply is matched", function()
    hard.over("crowd", function(e)
      local _, stats = crowd(e, 60, { window = 8 })
      assert(stats.probe_waits > 0, "no wait")
    end, { rate = 0, max_probes = 64, late_window = "6s", seed = 3 })
  end)

  it("with more probes than identities, each is matched with its own answer", function()
    hard.over("plain", function(e)
      for _, family in ipairs { 4, 6 } do
        local n = 0
        for _ = 1, 80 do
          local jobs = {}
          for flow = 0, 19 do
            jobs[flow + 1] = { "web", { protocol = "udp", family = family, flow = flow,
              queries = 16 } }
          end
          for _, r in ipairs(traces.run(e, jobs)) do
            n = n + r.probe_count
            assert.equal("completed", r.stop_reason)
            assert.equal(16, #r.hops[3].replies)
          end
        end
        assert(n > 65536, n .. " probes")
      end
      local stats = e:stats()
      assert.same({ 0, 0 }, { stats.timeouts, stats.unmatched })
    end, { rate = 0 })
  end)
end)

describe("hard case 17: UDP checksum 0", function()
  -- Targets of the simulator drop what does not verify, and IPv6 UDP without a checksum.
  it("is never sent, whatever the identity: all probes arrive", function()
    for _, multipath in ipairs { "paris", "classic", "dublin" } do
      for family = 4, 6, 2 do
        for _, payload in ipairs { "", "x", "xy", ("\255"):rep(33) } do
          local opts = { protocol = "udp", family = family, multipath = multipath, first_ttl = 3,
            payload = payload, queries = 16, attempts = 1, flow = #payload }
          local r, _, stats = hard.trace("plain", "web", opts)
          assert.same({ "completed", 16, 0 }, { r.stop_reason, #r.hops[3].replies,
            stats.timeouts })
        end
      end
    end
  end)
end)

describe("hard case 24: sends fail on this host", function()
  it("is reported for each probe with its errno's name, and is no time-out", function()
    local errors = { denied = "EPERM", unreachable = "EHOSTUNREACH", invalid = "EINVAL" }
    for target, name in pairs(errors) do
      local r, told, stats = hard.trace("send_failures", target, { protocol = "udp" })
      assert.same({ "error", 10, 0 }, { r.stop_reason, stats.send_errors, stats.timeouts })
      for _, probe in ipairs(told.timeouts) do assert.equal(name, probe.error) end
      for _, hop in ipairs(r.hops) do assert.equal(name, hop.error) end
    end
  end)

  it("for want of buffers: the probe goes a little later, and nothing is lost", function()
    local r, told, stats = hard.trace("send_failures", "busy", { queries = 16, attempts = 1 })
    assert.same({ "completed", 0, 0, 0 }, { r.stop_reason, #told.timeouts, stats.send_errors,
      stats.timeouts })
    assert(stats.send_retries > 5, stats.send_retries .. " retries")
  end)

  it("is reported as an error if buffers stay full longer than neighbour resolution takes",
    function()
      local r, _, stats = hard.trace("send_failures", "full", { attempts = 1, max_ttl = 1 })
      assert.same({ "error", "ENOBUFS", 1 }, { r.stop_reason, r.hops[1].error, stats.send_errors })
      assert(r.duration >= 6000 and r.duration < 9000, r.duration)
    end)

  it("later, by an unreachable from this host: it is flagged local", function()
    local r = hard.trace("send_failures", "neighbour", {})
    local reply = r.hops[1].replies[1]
    assert.same({ "unreach", 1, true, r.src }, { r.stop_reason, r.stop_data, reply.local_,
      reply.addr })
  end)
end)

-- What comes back in place of time exceeded is kept, but makes no hop.
local function no_hop(r, ttl, kind, code)
  local reply = r.hops[ttl].replies[1]
  assert.is_nil(r.hops[ttl].addr)
  assert.same({ kind, code, true }, { reply.icmp_type, reply.icmp_code, reply.ignored })
end

describe("hard case 31: time exceeded in reassembly", function()
  it("is recorded, but is not taken for a hop", function()
    for _, protocol in ipairs { "icmp", "udp", "tcp" } do
      no_hop(hard.trace("no_hops", "web", { protocol = protocol }), 1, 11, 1)
    end
  end)
end)

describe("hard case 32: an echo reply with another payload", function()
  it("still completes the trace", function()
    for family = 4, 6, 2 do
      local r = hard.trace("altered_echo", "web", { family = family })
      assert.same({ "completed", 2, r.dst }, { r.stop_reason, r.hop_count, r.hops[2].addr })
    end
  end)
end)

describe("hard case 37: a name with many addresses", function()
  it("the first address of the family is traced, all are listed", function()
    local v4 = { "203.0.113.9", "203.0.113.10" }
    local v6 = { "2001:db8:9::9", "2001:db8:9::10" }
    for family, list in pairs { [4] = v4, [6] = v6 } do
      local r = hard.trace("many_addresses", "web", { family = family })
      assert.same({ list[1], "web", list }, { r.dst, r.target, r.all_addresses })
    end
    local six = hard.trace("many_addresses", "six", {})
    assert.same({ "2001:db8:9::6", "completed" }, { six.dst, six.stop_reason })
  end)
end)

describe("hard case 40: parameter problem, redirect, source quench", function()
  it("are recorded, are never taken for a hop, and stop nothing", function()
    for _, protocol in ipairs { "icmp", "udp", "tcp" } do
      local r = hard.trace("no_hops", "web", { protocol = protocol })
      no_hop(r, 2, 12, 0)
      no_hop(r, 3, 5, 1)
      no_hop(r, 4, 4, 0)
      assert.same({ "completed", r.dst }, { r.stop_reason, r.hops[5].addr })
    end
  end)
end)
