-- SPDX-License-Identifier: MIT
--
-- The same networks of kernel routers, traced by scamper and by us, both as warts: the same hops.
local deep = require "luassert.util".deepcompare
local lab = require "spec.lab.lab"
local mtr = require "mtr"
local nets = require "spec.support.real.nets"
local peers = require "spec.support.real.peers"
local run = require "spec.support.harness.run"

local privileged, reason = lab.available()

-- The results in a file.
local function results(name)
  local file, list = assert(mtr.report.read(run.dir() .. "/" .. name)), {}
  for result in file:results() do list[#list + 1] = result end
  local problem = file.problem
  file:close()
  assert.is_nil(problem)
  return list
end

-- What two tracers must agree on. Scamper does not write what IPv6 routers quote.
local function summary(result)
  local out = { result.src, result.dst, result.protocol, result.multipath, result.stop_reason,
    result.stop_data, result.hop_count }
  for ttl, hop in ipairs(result.hops) do
    local reply = hop.replies[1]
    local text = "%d %s %s/%s ttl %s tos %s tcp %s quoted %s big %s"
    out[#out + 1] = not reply and ttl .. " *" or text:format(ttl, reply.addr, reply.icmp_type,
      reply.icmp_code, reply.reply_ttl, reply.tos, reply.tcp_flags,
      not reply.addr:find ":" and reply.quoted and reply.quoted.ttl or nil, reply.mtu)
  end
  return out
end

local function inside(l, command)
  local got = run.run(l:command(command))
  assert.same({ 0, "" }, { got.status, (got.err:gsub("%[[^\n]*scamper[^\n]*\n", "")) })
  return got.out
end

describe("warts", function()
  teardown(function()
    nets.down_shared()
    run.clean()
  end)

  -- Our results and scamper's. On a busy machine scamper may miss a reply: then it is asked again,
  -- until the results are |alike| or that was five times.
  local function both(words, target, ours, theirs, alike)
    if not privileged then pending(reason) end
    if peers.missing "scamper" then pending(peers.missing "scamper") end
    local l = nets.shared(words)
    local dst = target == 4 and l.dst4 or l.dst6
    inside(l, ('"$MTR_PROGRAM" --rate 0 scripts/trace.lua -q 1 -w 1 %s -o warts %s >"$DIR/ours"')
      :format(ours, dst))
    local mine, its = results "ours", nil
    for _ = 1, 5 do
      inside(l, ("scamper -O warts -o \"$DIR/theirs\" -c 'trace -q 1 -w 1 -P %s' -i %s"):format(
        theirs, dst))
      its = results "theirs"
      if not alike or alike(mine, its) then break end
    end
    return mine, its
  end

  local function alike(ours, theirs)
    return #theirs == 1 and deep(summary(ours[1]), summary(theirs[1]))
  end

  for _, case in ipairs {
    { "chain hops=4 udp=7 tcp=80", 4, "-I", "icmp-paris" },
    { "chain hops=4 udp=7 tcp=80", 6, "-I", "icmp-paris" },
    { "chain hops=4 udp=7 tcp=80", 4, "-U", "udp-paris" },
    { "chain hops=4 udp=7 tcp=80", 4, "-U --multipath classic", "udp" },
    { "chain hops=4 udp=7 tcp=80", 4, "-T --port 80", "tcp -d 80" },
    { "silent", 4, "-I", "icmp-paris" },
    { "unreach kind=host", 4, "-I", "icmp-paris" },
    { "filter", 4, "-U", "udp-paris" },
  } do
    it(("has the hops that scamper finds: %s v%d %s"):format(unpack(case)), function()
      local words, target, options, method = unpack(case)
      local ours, theirs = both(words, target, options, method, alike)
      assert.same({ 1, 1 }, { #ours, #theirs })
      assert.same(summary(theirs[1]), summary(ours[1]))
      assert.is_true(#ours[1].hops >= 3)
    end)
  end

  it("is written by report as it was read, be it scamper's or ours", function()
    both("chain hops=4 udp=7 tcp=80", 4, "-U", "udp-paris")
    for _, name in ipairs { "ours", "theirs" } do
      local got = run.run(('"$MTR_PROGRAM" scripts/report.lua -o warts "$DIR/%s" >"$DIR/again" && '
        .. 'cmp "$DIR/%s" "$DIR/again"'):format(name, name))
      assert.same({ 0, "", "" }, { got.status, got.out, got.err })
    end
  end)

  it("has the path MTU that scamper finds", function()
    if not privileged then pending(reason) end
    if peers.missing "scamper" then pending(peers.missing "scamper") end
    local l = nets.shared "mtu size=1400"
    inside(l, ('"$MTR_PROGRAM" --rate 0 scripts/pmtu.lua -U -o warts %s >"$DIR/ours"'):format(
      l.dst4))
    local ours, theirs = results "ours"[1], nil
    for _ = 1, 5 do
      inside(l, ("scamper -O warts -o \"$DIR/theirs\" -c 'trace -M -P udp-paris' -i %s"):format(
        l.dst4))
      theirs = results "theirs"[1]
      if deep(ours.pmtu.limits, theirs.pmtu and theirs.pmtu.limits) then break end
    end
    assert.same({ 1400, 1400 }, { ours.pmtu.mtu, theirs.pmtu.mtu })
    assert.same(theirs.pmtu.limits, ours.pmtu.limits)
    local text = inside(l, 'sc_wartsdump "$DIR/ours"')
    assert.truthy(text:find "pmtud: ver 2 ifmtu %d+, pmtu 1400, notec 1", text)
  end)
end)
