-- SPDX-License-Identifier: MIT
--
-- Everything that twisted-mtr does, one example per row, through the same helper program. What
-- happens at the end of its counter is in spec/unit/net/mtrpacket/worker_spec.lua.

local mtr = require "mtr"
local fake = require "spec.support.real.fake"
local nets = require "spec.support.real.nets"

local HELPED = { transport = "mtr-packet" }
local LOOPBACK = "127.0.0.1"

local function with(more)
  local opts = { transport = "mtr-packet", rate = "max" }
  for key, value in pairs(more or {}) do opts[key] = value end
  return opts
end

-- An engine on a stand-in for mtr-packet; no lab and no privilege needed.
local engine
local function stand_in(chunk, more)
  local opts = with(more)
  opts.mtr_packet = fake.program(chunk)
  engine = assert(mtr.engine(opts))
  return engine
end

-- A path of four hops: what a stand-in's probe() answers.
local FOUR_HOPS = [[
  function probe(token, p)
    local ttl = tonumber(p.ttl)
    if ttl >= 4 then return echo(token, p) end
    say(token, "ttl-expired ip-4 10.0." .. ttl .. ".2 round-trip-time", ttl)
  end]]

describe("like the seed,", function()
  after_each(function()
    if engine then engine:close() end
    engine = nil
    nets.down()
  end)
  teardown(fake.clean)

  local function up(words)
    nets.needs_privilege(pending)
    return nets.up(words)
  end

  it("traces run side by side in one process, without waiting for each other", function()
    local l = up "many 4"
    nets.inside(l, function(e)
      local done = 0
      for i = 1, 50 do
        assert(e:trace(l.target(i), nil, function(err, result)
          assert.is_nil(err)
          assert.equal(l.target(i), result.hops[4].addr)
          done = done + 1
        end))
      end
      assert.equal(0, done)
      e:run()
      assert.equal(50, done)
    end, HELPED)
  end)

  it("they use ICMP, TCP, UDP, IPv4 and IPv6, with a source address for each", function()
    local l = up "chain 4"
    nets.inside(l, function(e)
      for _, protocol in ipairs { "icmp", "tcp", "udp" } do
        for v = 4, 6, 2 do
          local result = assert(e:trace(l["dst" .. v], { protocol = protocol }))
          assert.equal(l["src" .. v], result.src)
          assert.equal("completed", result.stop_reason)
          for ttl, addrs in ipairs(l.truth["v" .. v]) do
            assert.equal(addrs[1], result.hops[ttl].addr)
          end
        end
      end
    end, { transport = "mtr-packet", source4 = l.src4, source6 = l.src6 })
  end)

  it("a family without an address is an error, and so is a foreign source", function()
    local l = up "chain 2"
    nets.must(l, "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6")
    nets.inside(l, function(e)
      local none, message, name = e:trace(l.dst6)
      assert.is_nil(none)
      assert.truthy(message:find "no address of this host" or message:find "IPv6", message)
      assert.truthy(("ENETUNREACH EADDRNOTAVAIL EAFNOSUPPORT"):find(name), name)
      assert.equal("completed", e:trace(l.dst4).stop_reason)
      none, message, name = mtr.engine(with { source4 = "203.0.113.77" })
      assert.is_nil(none)
      assert.equal("EADDRNOTAVAIL", name)
      assert.truthy(message:find "source4 203%.0%.113%.77 is not an address of this host")
    end, HELPED)
  end)

  it("the first TTL may be above 1, and the hops below it are still listed", function()
    local l = up "chain 4"
    nets.inside(l, function(e)
      local result = e:trace(l.dst4, { first_ttl = 3 })
      assert.same({ true, true }, { result.hops[1].skipped, result.hops[2].skipped })
      assert.is_nil(result.hops[1].addr)
      assert.equal(l.truth.v4[3][1], result.hops[3].addr)
      assert.equal(4, result.hop_count)
    end, HELPED)
  end)

  it("ports are checked: 1 to 65535", function()
    stand_in ""
    for _, protocol in ipairs { "tcp", "udp" } do
      for _, port in ipairs { 1, 443, 65535 } do
        assert.equal(port, engine:trace(LOOPBACK, { protocol = protocol, port = port }).dport)
      end
      for _, port in ipairs { 0, 65536, -1, 1.5, "443" } do
        local ok, message = pcall(engine.trace, engine, LOOPBACK, {
          protocol = protocol, port = port,
        })
        assert.is_false(ok)
        assert.truthy(message:find "trace: port must be 1..65535, got", message)
      end
    end
  end)

  it("results have start time, target, protocol, port, and TTL, address, RTT of hops", function()
    stand_in(FOUR_HOPS)
    local before = os.time()
    local result = engine:trace(LOOPBACK, { protocol = "tcp", port = 443 })
    assert.truthy(result.start >= before and result.start < before + 10)
    assert.same({ LOOPBACK, LOOPBACK, "tcp", 443, "mtr-packet" },
      { result.target, result.dst, result.protocol, result.dport, result.transport })
    local list = {}
    for i, hop in ipairs(result.hops) do list[i] = { hop.ttl, hop.addr, hop.rtt } end
    assert.same({ { 1, "10.0.1.2", 0.001 }, { 2, "10.0.2.2", 0.002 }, { 3, "10.0.3.2", 0.003 },
      { 4, LOOPBACK, 0.005 } }, list)
  end)

  it("a failure comes with the request and the reason", function()
    stand_in [[function probe(token) say(token, "network-down") end]]
    local failed
    local result = engine:trace(LOOPBACK, { max_ttl = 1, on_timeout = function(trace, probe)
      failed = { trace.target, probe.ttl, probe.error }
    end })
    assert.same({ LOOPBACK, 1, "ENETDOWN" }, failed)
    assert.same({ "error", "ENETDOWN" }, { result.stop_reason, result.hops[1].error })
    local told
    local none, message = engine:trace("224.0.0.1", nil, function(err) told = err end)
    engine:run()
    assert.is_nil(none)
    assert.equal(message, told)
    assert.truthy(told:find "^EACCES: .*multicast")
  end)

  it("the caller's own data comes back", function()
    stand_in(FOUR_HOPS)
    local mine = {}
    assert.equal(mine, engine:trace(LOOPBACK, { data = mine }).data)
    engine:trace(LOOPBACK, { data = mine }, function(_, result) mine[1] = result.data end)
    engine:run()
    assert.equal(mine, mine[1])
  end)

  it("single requests can be made, with a callback of their own", function()
    stand_in(FOUR_HOPS)
    local got = {}
    for ttl = 1, 4 do
      engine:probe({ dst = LOOPBACK, ttl = ttl }, function(err, reply)
        got[ttl] = err or reply.addr
      end)
    end
    engine:run()
    assert.same({ "10.0.1.2", "10.0.2.2", "10.0.3.2", LOOPBACK }, got)
    assert.equal(0.003, engine:probe({ dst = LOOPBACK, ttl = 3 }).rtt)
  end)

  it("requests that found no room or no answer are tried again", function()
    stand_in([[local n = 0 ]] .. FOUR_HOPS .. [[
      local answer = probe
      function probe(token, p)
        n = n + 1
        if n <= 4 then return say(token, "probes-exhausted") end
        if n > 8 or n % 2 == 0 then answer(token, p) end
      end]])
    local result = engine:trace(LOOPBACK, { timeout = "2s" })
    assert.equal("10.0.1.2 10.0.2.2 10.0.3.2 127.0.0.1", nets.path(result))
    assert.truthy(engine:stats().send_retries > 0 and engine:stats().timeouts > 0)
  end)

  it("timeout, attempts, maximum TTL and silent hops can be chosen", function()
    stand_in "function probe() end"
    local result = engine:trace(LOOPBACK, {
      timeout = "20ms", attempts = 3, gap_limit = 2, max_ttl = 9, window = 1,
    })
    assert.same({ "gaplimit", 2, 6 }, { result.stop_reason, result.hop_count, result.probe_count })
    -- By default it would be 2 s for each of six probes.
    assert.truthy(result.duration >= 120 and result.duration < 10000, result.duration)
    result = engine:trace(LOOPBACK, { timeout = "20ms", attempts = 1, gap_limit = 9, max_ttl = 3 })
    assert.same({ "hoplimit", 3 }, { result.stop_reason, result.hop_count })
  end)

  it("the helper is found, and addresses are read", function()
    local path = mtr.find_binary "mtr-packet"
    if not path then pending "needs mtr-packet" end
    assert.equal("/", path:sub(1, 1))
    local none, message, name = mtr.find_binary "no-such-program"
    assert.is_nil(none)
    assert.equal("ENOENT", name)
    assert.truthy(message:find "no%-such%-program")
    for text, want in pairs {
      ["192.0.2.7"] = "192.0.2.7 4", [" 2001:DB8::0:1 \n"] = "2001:db8::1 6",
      ["::ffff:1.2.3.4"] = "1.2.3.4 4",
    } do
      assert.equal(want, table.concat({ mtr.parse_ip(text) }, " "))
    end
    for _, text in ipairs { "", "300.1.1.1", "1.2.3", "1.2.3.4/8", "::g", "localhost" } do
      none, message, name = mtr.parse_ip(text)
      assert.same({ "EINVAL" }, { name, none })
      assert.truthy(message:find "not an IPv4 or IPv6 address")
    end
  end)

  it("every request and every reply can be logged", function()
    local lines = {}
    stand_in(FOUR_HOPS, { log_level = "debug", log = function(level, text)
      if level == "debug" then lines[#lines + 1] = text end
    end })
    engine:trace(LOOPBACK, { protocol = "udp", window = 1, max_ttl = 2 })
    assert.same({
      "127.0.0.1 udp 33434, ttl 1, try 1: sent",
      "127.0.0.1 udp 33434, ttl 1, try 1: 10.0.1.2 after 0.001 ms, icmp 11/0",
      "127.0.0.1 udp 33434, ttl 2, try 1: sent",
      "127.0.0.1 udp 33434, ttl 2, try 1: 10.0.2.2 after 0.002 ms, icmp 11/0",
    }, lines)
  end)
end)
