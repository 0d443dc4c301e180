-- SPDX-License-Identifier: MIT
--
-- Many packets of other programs, and many damaged packets: a trace still ends as it should,
-- packets of other programs never reach the engine, and damaged packets do no harm.

local cjson = require "cjson"
local words = require "mtr.record.words"
local forger = require "spec.support.real.forger"
local hostile = require "spec.support.real.hostile"
local nets = require "spec.support.real.nets"
local packet = require "spec.support.packets.packet"
local random = require "spec.support.harness.random"

local PROTOCOLS = { "icmp", "udp", "tcp" }

-- An IP packet whose length and checksums are right again, so that the kernel lets it in: the
-- header's in IPv4, what is behind it in IPv6.
local function mended(bytes, v)
  if v == 4 then
    bytes = packet.patch(packet.patch(bytes, 2, packet.u16(#bytes)), 10, "\0\0")
    return packet.patch(bytes, 10, packet.u16(0xffff - packet.sum(bytes:sub(1, 20))))
  end
  local size, number = #bytes - 40, bytes:byte(7)
  local at = 40 + ({ [58] = 2, [17] = 6, [6] = 16 })[number]
  bytes = packet.patch(bytes, 4, packet.u16(size))
  if #bytes < at + 2 then return bytes end
  bytes = packet.patch(bytes, at, "\0\0")
  local pseudo = bytes:sub(9, 40) .. packet.u32(size) .. packet.u32(number)
  local sum = packet.sum(pseudo .. bytes:sub(41) .. (size % 2 == 1 and "\0" or ""))
  local none = sum == 0xffff and number == 17 -- 0 would mean that there is none
  return packet.patch(bytes, at, packet.u16(none and sum or 0xffff - sum))
end

-- A packet with some bytes behind the IP header changed, or cut off, or added.
local function mutant(bytes, v, rand)
  local head = v == 4 and 20 or 40
  for _ = 1, rand(8) do
    local at = head + rand(#bytes - head) - 1
    bytes = packet.patch(bytes, at, string.char(rand(3) == 1 and 255 or rand(256) - 1))
  end
  local kind = rand(4)
  if kind == 1 then bytes = bytes:sub(1, head + rand(#bytes - head)) end
  if kind == 2 then bytes = bytes .. bytes:sub(head + 1, head + rand(#bytes - head)) end
  return mended(bytes, v)
end

-- All kinds of answers there are to a probe.
local function answers(p)
  local labels = packet.extension(packet.object(1, 1, packet.u32(70000 * 4096 + 256 + 1))
    .. packet.object(2, 0x0f, ("\1"):rep(20)))
  local list = { forger.icmp(p, "exceeded"), forger.icmp(p, "unreach"), forger.final(p),
    forger.icmp(p, "too_big"), forger.icmp(p, "exceeded", { quote = packet.pad(forger.quote(p),
      128), length = 128 / (p.v == 4 and 4 or 8), behind = labels }) }
  if p.protocol == "udp" then list[#list + 1] = forger.udp(p) end
  if p.protocol == "tcp" then
    list[#list + 1] = forger.tcp(p, { flags = 0x12, options = "\2\4\5\180" })
  end
  return list
end

local MUTANTS = 40 -- of each probe

describe("in a storm", function()
  teardown(hostile.tear_down)

  local function trace(l, f, protocol, v, handler, opts)
    local result
    nets.inside(l, function(e)
      opts = opts or { timeout = 300, attempts = 1 }
      opts.protocol = protocol
      e:trace(hostile.DST[v], opts, function(err, r) result = assert(r, err) end)
      f:drive(e, function(p) handler(p, e) end)
      local text = cjson.decode(result:json())
      assert.equal(result.stop_reason, text.stop_reason)
      assert.equal(#result.hops, #text.hops)
    end)
    return result
  end

  for _, protocol in ipairs(PROTOCOLS) do
    for v = 4, 6, 2 do
      it(("of damaged answers to %s over IPv%d a trace still ends"):format(protocol, v), function()
        local l, f = hostile.set_up(pending)
        local rand, path, sent = random(20 + v), forger.path(3), 0
        for _ = 1, 3 do
          local result = trace(l, f, protocol, v, function(p)
            local list = answers(p)
            for _ = 1, MUTANTS do
              f:send(mutant(list[rand(#list)], v, rand))
              sent = sent + 1
            end
            f:send(path(p))
          end)
          assert.is_number(words.stop[result.stop_reason])
        end
        assert.is_true(sent >= 3 * MUTANTS)
        local result = trace(l, f, protocol, v, function(p) f:send(path(p)) end)
        assert.same({ "completed", 3 }, { result.stop_reason, result.hop_count })
      end)
    end
  end

  -- Messages about other people's probes, of the same kinds, between the same hosts.
  local function others(p, i)
    local port = (p.sport or p.echo_id) + 5000 + i % 1000
    local at = p.protocol == "icmp" and 4 or 0
    local q = forger.quote(p, { transport = { [at] = packet.u16(port % 65536) } })
    local list = { forger.icmp(p, "exceeded", { quote = q }),
      forger.icmp(p, "unreach", { quote = q, code = 1 }),
      forger.icmp(p, "unreach", { quote = q, code = p.v == 4 and 3 or 4, from = p.dst }) }
    if p.protocol == "icmp" then list[3] = forger.echo(p, { echo_id = port % 65536 }) end
    if p.protocol == "tcp" then
      local bytes = forger.tcp(p)
      list[3] = mended(packet.patch(bytes, p.head + 2, packet.u16(port % 65536)), p.v)
    end
    return list[1 + i % #list]
  end

  it("of messages about other hosts' packets, none reaches us", function()
    local l, f = hostile.set_up(pending)
    local path = forger.path(3)
    for _, protocol in ipairs(PROTOCOLS) do
      for v = 4, 6, 2 do
        local result = trace(l, f, protocol, v, function(p, e)
          for i = 1, 500 do f:send(others(p, i)) end
          f:send(path(p))
          local stats = e:stats()
          assert.same({ 0, 0, 0 }, { stats.unmatched, stats.malformed, stats.kernel_drops })
        end)
        assert.same({ "completed", 3 }, { result.stop_reason, result.hop_count })
        for _, hop in ipairs(result.hops) do assert.equal(1, #hop.replies) end
      end
    end
  end)

  -- Errors that the filter lets in to be on the safe side: about packets of other hosts, with
  -- another port or identification, and about ours, with too little to see a port.
  local FEW, FLOODS, MANY = 300, 3, 2000
  local SPAN = 100                     -- ms in which they are a flood
  for v = 4, 6, 2 do
    it(("of errors about what a translator might have changed over IPv%d, few reach us"):format(v),
      function()
        local l, f = hostile.set_up(pending)
        local far, other = forger.addr(v, 9, 9), forger.addr(v, 2, 99)
        local kinds = {
          function(p, i)
            return forger.quote(p, { src = far, dst = other, ip_id = packet.u16(0),
              transport = { [0] = packet.u16((p.sport + 5000 + i) % 65536) } })
          end,
          function(p)
            local quote = forger.quote(p, { dst = other, ip_id = v == 4 and packet.u16(0) or nil })
            if v == 4 then return quote:sub(1, 24) end
            return packet.patch(quote, 6, "\0"):sub(1, 40) .. "\17" .. ("\0"):rep(7)
              .. packet.u16(p.sport + 5000) .. ("\0"):rep(6)
          end }
        for _, kind in ipairs(kinds) do
          nets.inside(l, function(e)
            local path, probe, result = forger.path(3), nil, nil
            local function run(opts)
              opts.protocol, opts.timeout = "udp", 200
              e:trace(hostile.DST[v], opts, function(err, r) result = assert(r, err) end)
            end
            run {}
            f:drive(e, function(p)
              probe = p
              f:send(path(p))
            end)
            -- So many errors; whether they came fast enough to be a flood.
            local function flood(n)
              local from = forger.now()
              for i = 1, n do f:send(forger.icmp(probe, "exceeded", { quote = kind(probe, i) })) end
              e:step()
              e:step()
              return forger.now() - from < SPAN
            end
            -- They come in until they were a flood.
            local first, before, fast = 0
            repeat
              before, fast = first, flood(FEW)
              first = e:stats().unmatched
              assert.is_true(first == before + FEW or before > 0 and first == before, first)
              assert.is_true(first < 20 * FEW, "this machine is too slow for a flood")
            until fast or first == before
            for _ = 1, FLOODS do flood(MANY) end
            assert.equal(first, e:stats().unmatched)
            run { flow = 3 }
            f:drive(e, function(p)
              f:send(forger.icmp(p, "exceeded", { quote = kind(p, 1) }))
              local nat = { quote = forger.quote(p, { src = far }) }
              f:send(p.ttl == 1 and forger.icmp(p, "exceeded", nat) or path(p))
            end)
            assert.same({ "completed", 3 }, { result.stop_reason, result.hop_count })
            assert.equal(1, #result.hops[1].replies)
            assert.equal(1, e:stats().nat)
            assert.equal(first, e:stats().unmatched)
            assert.equal(0, e:stats().kernel_drops)
          end)
        end
      end)
  end

  it("of duplicate replies, all are counted and the first one is believed", function()
    local l, f = hostile.set_up(pending)
    local path, copies = forger.path(3), 200
    local result = trace(l, f, "icmp", 4, function(p)
      local bytes = path(p)
      for _ = 1, copies do f:send(bytes) end
    end, { window = 1, timeout = 100 })
    assert.equal("completed", result.stop_reason)
    local kept = 0
    for _, hop in ipairs(result.hops) do
      kept = kept + #hop.replies - 1
      assert.is_nil(hop.replies[1].dup)
      assert.equal(hop.rtt, hop.replies[1].rtt)
      for i = 2, #hop.replies do assert.is_true(hop.replies[i].dup) end
    end
    assert.equal(200, kept, "kept besides the answers")
  end)
end)

describe("other programs of the host", function()
  after_each(nets.down)

  -- Prints what they found at the destination, one line each.
  local BUSY = [[asked=$(seq 20 | sed 's/$/ send-probe ip-%d %s ttl 64/')
for i in $(seq 30); do
echo "$asked" | mtr-packet
for m in -I -U -T; do traceroute -n -q 1 -m 4 $m %s; done
done | grep -e reply -e '^ 4']]
  local ROUNDS, FOUND = 100, 30 * (20 + 3)

  it("may ping and trace the same targets without disturbing us", function()
    nets.needs_privilege(pending)
    local l = nets.up "chain 4"
    nets.inside(l, function(e)
      for v = 4, 6, 2 do
        local dst = l["dst" .. v]
        local pipe = assert(io.popen(l:command(BUSY:format(v, dst, dst))))
        for _ = 1, ROUNDS do
          local jobs = {}
          for i, protocol in ipairs(PROTOCOLS) do jobs[i] = { dst, { protocol = protocol } } end
          for _, result in ipairs(nets.traces(e, jobs)) do
            assert.same({ "completed", 4 }, { result.stop_reason, result.hop_count })
            for ttl, hop in ipairs(result.hops) do
              assert.equal(l.truth["v" .. v][ttl][1], hop.addr)
            end
          end
        end
        assert.equal(FOUND, select(2, pipe:read "*a":gsub("\n", "")))
        pipe:close()
      end
      local stats = e:stats()
      assert.same({ 0, 0, 0, 0 }, { stats.unmatched, stats.malformed, stats.orphans,
        stats.duplicates })
    end)
  end)
end)
