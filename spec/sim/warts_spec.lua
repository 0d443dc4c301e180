-- SPDX-License-Identifier: MIT
--
-- Results as warts over simulated networks: the library (for borrowed results) and the Lua layer
-- (for kept ones) write the same, and scamper's own readers print what the results say.
local lib = require "mtr.lib"
local mtr = require "mtr"
local random = require "spec.support.harness.random"
local read = require "mtr.report.warts.read"
local run = require "spec.support.harness.run"
local simulated = require "spec.support.virtual.simulated"
local trace = require "mtr.report.warts.trace"
local write = require "mtr.report.warts.write"

local ROOM = 65536
local buffer = lib.new("uint8_t[?]", ROOM)
local EMSGSIZE = -require "mtr.base.err".code.EMSGSIZE

local function record_of(bytes) return assert(read.record(6, bytes:sub(9), {})) end

-- A network that answers in many ways: silence, loss, duplicates, other orders, labels.
local function network(r)
  local hops, nodes = 2 + r(7), { me = { "192.0.2.1", "2001:db8::1" } }
  for i = 1, hops do
    nodes["r" .. i] = { silent = r(4) == 1, balance = "flow", reply = {
      loss = r(3) == 1 and r() or 0, copies = r(8) == 1 and 2 or 1,
      jitter = r(4) == 1 and 400 or 0 } }
  end
  local more = { seed = r(1000) }
  if r(3) == 1 then more.tunnels = { { "r1", "r2", "r3", labels = { 17, r(9) } } } end
  local targets = { simulated.V4, simulated.V6 }
  for i = 1, hops do targets[i + 2] = "10.0.0." .. i end
  return simulated.chain(hops, nodes, more), targets
end

local function options(r)
  local first = r(5) == 1 and r(3) or 1
  return {
    protocol = ({ "icmp", "udp", "tcp" })[r(3)], first_ttl = first, max_ttl = first + r(12),
    queries = r(3), attempts = r(3), window = r(12), gap_limit = r(6) - 1, timeout = 300,
    multipath = ({ "paris", "classic" })[r(2)],
  }
end

-- Traces the targets in a campaign and calls fn(result, options) for each.
local function each(net, targets, opts, fn)
  local engine = assert(mtr.engine { sim = net, rate = 1000, late_window = 500 })
  local n = 0
  assert(mtr.campaign({ engine = engine, targets = targets, window = 20, trace = opts,
    on_trace = function(result)
      n = n + 1
      fn(result)
    end }):run())
  engine:close()
  return n
end

describe("a result as warts", function()
  teardown(run.clean)

  it("is the same from the library and from the Lua layer", function()
    local replies = 0
    for seed = 1, 120 do
      local r = random(seed)
      local net, targets = network(r)
      each(net, targets, options(r), function(result)
        local n = result:warts(3, 4, 5, buffer, ROOM)
        local c, kept = lib.string(buffer, n), result:copy()
        kept.data = 5
        local lua = trace.record(kept, { list = 3, cycle = 4 })
        replies = replies + #lua.hops
        if write.record(lua) ~= c then
          assert.same(lua, record_of(c), "seed " .. seed)
          error("the same record in other bytes, seed " .. seed)
        end
      end)
    end
    assert.is_true(replies > 2000)
  end)

  it("has extension objects as they came, but for damaged ones", function()
    local net, n = mtr.sim(dofile "spec/sim/topologies/ext_objects.lua"), 0
    each(net, { simulated.V4, simulated.V6 }, {}, function(result)
      local c = record_of(lib.string(buffer, result:warts(0, 0, 0, buffer, ROOM)))
      assert.same(trace.record(result:copy(), { list = 0, cycle = 0 }).hops, c.hops)
      assert.equal("\0\4\1\1\0\1\0\1\0\4\240\7\222\173\190\239\0\8\1\1\0\2\0\2\0\3\1\3",
        c.hops[1].ext)
      assert.equal("\0\4\1\1\0\1\1\1", c.hops[2].ext)
      n = n + 1
    end)
    assert.equal(2, n)
  end)

  it("has the options of its trace", function()
    each(simulated.chain(2), { simulated.V4 }, { protocol = "udp", queries = 3, attempts = 1,
      max_ttl = 9, window = 4, timeout = "1.5s", gap_limit = 7, loop_limit = 2, tos = 8 },
      function(result)
        local r = record_of(lib.string(buffer, result:warts(0, 0, 0, buffer, ROOM)))
        assert.same({ 3, 1, 9, 4, 2, 7, 2, 8 }, { r.attempts, r.flags, r.hop_limit, r.window,
          r.timeout, r.gap_limit, r.loops, r.tos })
        assert.is_nil(r.user)
      end)
  end)

  it("never goes beyond the memory that it is given", function()
    each(mtr.sim(dofile "spec/sim/topologies/ext_objects.lua"), { simulated.V4, simulated.V6 }, {},
      function(result)
        local n = result:warts(1, 1, 0, buffer, ROOM)
        local whole, fits, END = lib.string(buffer, n), 0, n + 400
        for size = 0, n + 200 do
          lib.fill(buffer, END, 0xa5)
          local got = result:warts(1, 1, 0, buffer, size)
          assert.is_true(lib.string(buffer + size, END - size) == ("\165"):rep(END - size))
          if got == n then
            fits = fits + 1
            assert.is_true(lib.string(buffer, n) == whole)
          else
            assert.equal(EMSGSIZE, got)
          end
        end
        assert.is_true(fits > 100 and fits <= 201)
      end)
  end)

  it("is of a trace that has more replies than the library writes", function()
    local path, engine = run.dir() .. "/many.warts", assert(mtr.engine { rate = 0,
      sim = simulated.chain(14) })
    local summary = assert(mtr.campaign({ engine = engine, targets = { simulated.V4, "10.0.0.3" },
      trace = { queries = 16, attempts = 1 }, reporters = { mtr.report.warts(path) } }):run())
    engine:close()
    assert.equal(2, summary.traces)
    local file, counts = assert(mtr.report.read(path)), {}
    for result in file:results() do
      counts[result.dst] = 0
      for _, hop in ipairs(result.hops) do
        counts[result.dst] = counts[result.dst] + #hop.replies
      end
    end
    file:close()
    assert.same({ [simulated.V4] = 240, ["10.0.0.3"] = 48 }, counts)
  end)

  local function reader(command)
    if not run.has(command:match "%S+") then pending("needs scamper") end
    local got = run.run(command)
    assert.same({ 0, "" }, { got.status, got.err })
    return got.out
  end

  -- The trace as sc_warts2json prints it, from the result.
  local METHODS = { icmp = { paris = "icmp-echo-paris", classic = "icmp-echo" },
    udp = { paris = "udp-paris", classic = "udp" }, tcp = { paris = "tcp", classic = "tcp" } }

  local function time(us) return { sec = math.floor(us / 1e6), usec = us % 1e6 } end

  local function hop_of(reply, ttl, result)
    local start = trace.us(result.start)
    return { addr = reply.addr, probe_ttl = ttl, probe_id = reply.attempt,
      probe_size = result.size, tx = time(start + math.floor(reply.at * 1000 + 0.5)),
      rtt = reply.rtt, reply_ttl = reply.reply_ttl, reply_size = reply.reply_size,
      reply_tos = reply.tos, reply_ipid = reply.ip_id, icmp_type = reply.icmp_type,
      icmp_code = reply.icmp_code, tcp_flags = reply.tcp_flags,
      icmp_q_ttl = reply.quoted and reply.quoted.ttl,
      icmp_q_ipl = reply.quoted and reply.quoted.size,
      icmp_q_tos = reply.quoted and not reply.addr:find ":" and reply.quoted.tos or nil }
  end

  it("is printed by sc_warts2json as it is", function()
    local path, kept = run.dir() .. "/sim.warts", {}
    for seed = 1, 30 do
      local r = random(seed)
      local net, targets = network(r)
      local engine = assert(mtr.engine { sim = net, rate = 1000, late_window = 500 })
      assert(mtr.campaign({ engine = engine, targets = targets, trace = options(r), window = 20,
        reporters = { mtr.report.warts(path, { list = "sim", cycle = seed }) },
        on_trace = function(result) kept[#kept + 1] = result:copy() end }):run())
      engine:close()
    end
    local lines, cycles, n, hops = run.records(reader('sc_warts2json "$DIR/sim.warts"')), 0, 0, 0
    for _, line in ipairs(lines) do
      if line.type == "cycle-start" then
        cycles = cycles + 1
        assert.same({ "sim", cycles }, { line.list_name, line.id })
      elseif line.type == "trace" then
        n = n + 1
        local result = kept[n]
        assert.same({ METHODS[result.protocol][result.multipath], result.src, result.dst,
          result.stop_reason:upper(), result.hop_count, result.probe_count, result.first_ttl,
          result.size, result.attempts * result.queries, result.max_ttl, result.tos,
          math.ceil(result.timeout / 1000) }, { line.method, line.src, line.dst, line.stop_reason,
          line.hop_count, line.probe_count, line.firsthop, line.probe_size, line.attempts,
          line.hoplimit, line.tos, line.wait })
        if result.protocol ~= "icmp" then
          assert.same({ result.sport, result.dport }, { line.sport, line.dport })
        else
          assert.equal(result.icmp_sum, line.icmp_sum)
        end
        local want = {}
        for _, hop in ipairs(result.hops) do
          local list = {}
          for i, reply in ipairs(hop.replies) do list[i] = hop_of(reply, hop.ttl, result) end
          for attempt = 1, 9 do
            for _, one in ipairs(list) do
              if one.probe_id == attempt then want[#want + 1] = one end
            end
          end
        end
        assert.equal(#want, #(line.hops or {}))
        for i, one in ipairs(want) do
          hops = hops + 1
          for name, value in pairs(one) do assert.same(value, line.hops[i][name], name) end
        end
      end
    end
    assert.same({ 30, #kept }, { cycles, n })
    assert.is_true(hops > 500)
  end)

  it("is accepted by sc_wartsdump and sc_wartscat", function()
    local one, two = run.dir() .. "/one.warts", run.dir() .. "/two.warts"
    for cycle, path in ipairs { one, two } do
      local engine = assert(mtr.engine { sim = simulated.chain(3), rate = 0 })
      assert(mtr.campaign({ engine = engine, targets = { simulated.V4, simulated.V6 },
        reporters = { mtr.report.warts(path, { monitor = "ams", description = "d",
          cycle = cycle }) } }):run())
      engine:close()
    end
    local text = reader('sc_wartsdump "$DIR/one.warts"')
    for _, words in ipairs { 'list id 0, name default, descr "d"', "monitor: ams",
      "traceroute from 192.0.2.1 to 203.0.113.9", "traceroute from 2001:db8::1",
      "stop reason: done", "cycle stop, list default 0, cycle 1" } do
      assert.truthy(text:find(words, 1, true), words)
    end
    reader('sc_wartscat -o "$DIR/both.warts" "$DIR/one.warts" "$DIR/two.warts"')
    local file, n = assert(mtr.report.read(run.dir() .. "/both.warts")), 0
    for _ in file:results() do n = n + 1 end
    file:close()
    assert.equal(4, n)
  end)

  it("of all paths is printed by sc_warts2json", function()
    local got = run.run('"$MTR_PROGRAM" --sim spec/sim/topologies/unequal_paths.lua --seed 1 '
      .. 'scripts/mda.lua -w 1s -o warts 203.0.113.9 >"$DIR/mda.warts"')
    assert.same({ 0, "" }, { got.status, got.err })
    local line = run.records(reader('sc_warts2json "$DIR/mda.warts"'))[2]
    assert.same({ "tracelb", "udp-sport", "192.0.2.1", "203.0.113.9", 68, 9, 8 }, { line.type,
      line.method, line.src, line.dst, line.probec, line.nodec, line.linkc })
    local links = {}
    for _, node in ipairs(line.nodes) do
      for _, list in ipairs(node.links) do
        for _, link in ipairs(list) do
          links[#links + 1] = node.addr .. " " .. link.addr
          assert.is_true(#link.probes > 0)
          for _, probe in ipairs(link.probes) do
            assert.equal(link.addr == "203.0.113.9" and 3 or 11, probe.replies[1].icmp_type)
          end
        end
      end
    end
    table.sort(links)
    local file = assert(mtr.report.read(run.dir() .. "/mda.warts"))
    local back = {}
    for result in file:results() do
      for _, hop in ipairs(result.mda.hops) do
        for _, link in ipairs(hop.links) do back[#back + 1] = link.from .. " " .. link.to end
      end
    end
    file:close()
    table.sort(back)
    assert.equal("source 198.18.0.1", table.remove(back))
    assert.same(links, back)
  end)

  it("of a ping is printed by sc_warts2json", function()
    local got = run.run('"$MTR_PROGRAM" --sim spec/sim/topologies/plain.lua --seed 1 '
      .. 'scripts/ping.lua -c 3 -i 0.25 -W 3 --tos 8 -o warts web >"$DIR/ping.warts"')
    assert.same({ 0, "" }, { got.status, got.err })
    local line = run.records(reader('sc_warts2json "$DIR/ping.warts"'))[2]
    assert.same({ "ping", "icmp-echo", "192.0.2.1", "203.0.113.9", 3, 84, 64, 0, 250000, 3 },
      { line.type, line.method, line.src, line.dst, line.ping_sent, line.probe_size, line.ttl,
        line.wait, line.wait_us, line.timeout })
    assert.equal(3, #line.responses)
    for i, response in ipairs(line.responses) do
      assert.same({ "203.0.113.9", i - 1, 84, 62, 6, 0, 0 }, { response.from, response.seq,
        response.reply_size, response.reply_ttl, response.rtt, response.icmp_type,
        response.icmp_code })
    end
  end)
end)
