-- SPDX-License-Identifier: MIT
--
-- The lab itself: traceroute(8) finds in each topology what the topology declares, over ICMP, UDP
-- and TCP and both IP versions, and a lab that is down leaves nothing. It needs CAP_NET_ADMIN
-- (root, or `unshare -rnm`); packets stay inside the lab.

local lab = require "spec.lab.lab"
local netns = require "spec.lab.netns"
local states = require "spec.lab.state"
local sys = require "spec.lab.sys"

local METHODS = { icmp = "-I", udp = "-U", tcp = "-T" }
local available, reason = lab.available()

local function needs_privilege()
  if not available then
    pending(reason)
  end
end

local labs = {}

local function up(...)
  needs_privilege()
  local l = assert(lab.up(...))
  labs[#labs + 1] = l
  return l
end

local function all_down()
  while #labs > 0 do
    table.remove(labs):down()
  end
end

-- Run traceroute; what each TTL answered, as a list of { addr or false, note }. Where it sees
-- nothing and |truth| has somebody, it is asked once more, with patience: a busy machine may keep
-- it from looking for longer than it waits.
local function trace(l, options, dst, truth, wait)
  local output, status = l:exec(("traceroute -n -q 1 -w %s %s %s"):format(wait or "0.2", options,
    dst))
  assert(status == 0, output)
  local hops = {}
  for ttl, rest in output:gmatch("\n *(%d+)  ([^\n]*)") do
    local addr = rest:match("^%x[%x:.]+")
    hops[tonumber(ttl)] = { addr or false, rest:match("!%S+") }
  end
  for ttl, expected in pairs(not wait and truth or {}) do
    if expected and not (hops[ttl] or {})[1] then return trace(l, options, dst, truth, "10") end
  end
  return hops
end

local function includes(list, value)
  for _, v in ipairs(list) do
    if v == value then
      return true
    end
  end
  return false
end

-- Compare a trace with the truth.
local function check(l, protocol, v)
  local truth = l.truth["v" .. v]
  local hops = trace(l, METHODS[protocol] .. " -m " .. #truth, l["dst" .. v], truth)
  for ttl, expected in ipairs(truth) do
    local where = ("%s v%d ttl %d"):format(protocol, v, ttl)
    local other = protocol == "udp" and l.truth.udp and ttl == #truth
    expected = other and { l.truth.udp["v" .. v] } or expected
    local got = (hops[ttl] or {})[1]
    if expected then
      local want = ("%s: %s is not %s"):format(where, tostring(got), table.concat(expected, "|"))
      assert.is_true(includes(expected, got), want)
    else
      assert.equal(false, got, where)
    end
  end
  local unreach = l.truth.unreach and l.truth.unreach["v" .. v]
  if unreach then
    local note = v == 4 and { [0] = "!N", [1] = "!H", [13] = "!X" }
      or { [0] = "!N", [1] = "!X", [3] = "!H" }
    assert.same({ unreach.addr, note[unreach.code] }, hops[unreach.ttl])
  end
end

local CASES = {
  { "chain", { 2 } },
  { "chain", { 8 } },
  { "chain", { hops = 30 } },
  { "diamond", {} },
  { "ecmp", { 8 } },
  { "silent", { 1 } },
  { "silent", {} },
  { "filter", {} },
  { "filter", { hook = "prerouting" } },
  { "nat", {} },
  { "mtu", { 1300 } },
  { "loop", {} },
  { "unreach", {} },
  { "unreach", { "host" } },
  { "unreach", { kind = "admin" } },
  { "blackhole", {} },
  { "twohomed", {} },
  { "many", { 5 } },
}

describe("lab topology", function()
  after_each(all_down)

  for _, case in ipairs(CASES) do
    local name, args = unpack(case)
    local words = name .. " " .. tostring(args[1] or next(args) and select(2, next(args)) or "")
    it(words .. " looks to traceroute as it was declared", function()
      local l = up(name, args)
      for protocol in pairs(METHODS) do
        check(l, protocol, 4)
        check(l, protocol, 6)
      end
    end)
  end

  it("diamond shows every branch to enough flows", function()
    local l = up("diamond", { 3 })
    for v, dst in pairs({ v4 = l.dst4, v6 = l.dst6 }) do
      local seen = {}
      for port = 33434, 37434, 800 do
        local cmd = "traceroute -n -f 2 -m 2 -q 10 -N 10 -w 5 -p %d %s"
        for addr in l:exec(cmd:format(port, dst)):gmatch("%s(%x+[:.][%x:.]+)  ") do
          seen[addr] = true
        end
      end
      for _, addr in ipairs(l.truth[v][2]) do
        assert.is_true(seen[addr], addr)
      end
    end
  end)

  it("nat broken=1 leaves the quoted packets untranslated", function()
    local l = up("nat", { broken = true })
    local quoted = l.truth.nat.quoted
    -- What the quotes in the prober's errors give as their source.
    local rules = [[table inet t { counter c4 { }
counter c6 { }
chain input { type filter hook input priority 0
icmp type time-exceeded ip saddr %s @th,160,32 %s counter name c4
icmpv6 type time-exceeded ip6 saddr %s @th,128,128 %s counter name c6
} }]]
    local v4 = quoted.v4:gsub("(%d+)%.?", function(n)
      return ("%02x"):format(n)
    end)
    local v6 = quoted.v6:gsub("^(%x+):(%x+)::(%x+)$", function(a, b, c)
      return a .. ("%04x"):format(tonumber(b, 16)) .. ("0"):rep(23) .. c
    end)
    local hop4, hop6 = l.truth.v4[3][1], l.truth.v6[3][1]
    local text = rules:format(hop4, "0x" .. v4, hop6, "0x" .. v6):gsub("} }$", "}\n}")
    local output, status = l:exec("nft -f - <<'E'\n" .. text .. "\nE")
    assert(status == 0, output)
    trace(l, "-I -f 3 -m 3", l.dst4)
    trace(l, "-I -f 3 -m 3", l.dst6)
    assert.equal(5, trace(l, "-I", l.dst4) and #trace(l, "-I", l.dst6))
    local counters = l:exec("nft list counters")
    assert.equal(2, select(2, counters:gsub("packets [1-9]", "")), counters)
  end)

  it("mtu refuses packets that do not fit and says which size would", function()
    local l = up("mtu", {})
    for v, dst in pairs({ v4 = l.dst4, v6 = l.dst6 }) do
      local big = l.truth.too_big[v]
      local hops = trace(l, ("-F -m %d"):format(big.ttl), dst .. " 1450", { [big.ttl] = true })
      assert.same({ big.addr, "!F-" .. big.mtu }, hops[big.ttl])
    end
  end)

  it("many has all of its destinations", function()
    local l = up("many", { 2, udp = 7 })
    for _, i in ipairs({ 1, 255, 256, 65534 }) do
      for v, dst in ipairs({ l.target(i) }) do
        local dest = { dst }
        assert.same(dest, trace(l, "-U", dst, nil, "5")[2], "closed " .. v)
        assert.same(dest, trace(l, "-U -p 7", dst, nil, "5")[2], "open " .. v)
        assert.same(dest, trace(l, "-I", dst, nil, "5")[2], "echo " .. v)
      end
    end
  end)

  it("answers every probe, unless the limits are on", function()
    local function lost(limits, wait)
      local l = up("chain", { 3, limits = limits })
      local command = ("traceroute -n -w %s -m 2 -q 10 -N 20 "):format(wait)
      local _, n4 = l:exec(command .. l.dst4):gsub("%*", "")
      local _, n6 = l:exec(command .. l.dst6):gsub("%*", "")
      return n4, n6
    end
    assert.same({ 0, 0 }, { lost(false, "10") })
    local lost4, lost6 = lost("on", "0.2")
    assert.is_true(lost4 > 0 and lost6 > 0)
  end)

  it("serves open ports of the destination", function()
    local l = up("chain", { 3, udp = 7, tcp = 80 })
    for v, dst in pairs({ [""] = l.dst4, ["6"] = l.dst6 }) do
      assert.matches("<syn,ack>", (l:exec("traceroute -n -T -p 80 -O info " .. dst)))
      l:exec("traceroute -n -q 1 -U -p 7 " .. dst)
      local received = l:exec("nstat -asz | grep -w Udp" .. v .. "InDatagrams")
      assert.is_true(tonumber(received:match("Datagrams%s+(%d+)")) > 0, received)
    end
  end)
end)

describe("lab", function()
  after_each(all_down)

  it("leaves nothing behind when it is taken down, and may be taken down twice", function()
    local l = up("chain", { 4, udp = 7 })
    l:spawn("sleep 60")
    local names = table.concat(l.state.ns, " ")
    local pids = states.load(l.id).pids
    assert.is_true(#pids >= 2)
    for _, pid in ipairs(pids) do
      assert.equal(pid[2], sys.started(pid[1]))
    end
    l:down()
    l:down()
    for _, pid in ipairs(pids) do
      for _ = 1, 300 do
        if not sys.started(pid[1]) then break end
        netns.sh("sleep 0.1")
      end
      assert.is_nil(sys.started(pid[1]))
    end
    assert.is_nil(io.open(l:path("d")))
    for name in names:gmatch("%S+") do
      assert.is_nil(netns.sh("ip netns list"):find(name, 1, true))
    end
    assert.is_nil(lab.find(l.id))
    assert.is_nil((" " .. table.concat(lab.ids(), " ")):find(" " .. l.id, 1, true))
  end)

  it("first takes down a stale lab of the same id, and leaves others alone", function()
    local other = up("chain", { 2 })
    local id = "mtrlab-spec-" .. sys.getpid()
    local first = up("chain", { 3 }, { id = id })
    local second = up("chain", { 4 }, { id = id })
    assert.is_not.equal(first.dst4, second.dst4)
    assert.equal(second.dst4, lab.find(id).dst4)
    check(second, "icmp", 4)
    check(other, "icmp", 6)
  end)

  it("runs commands, here or in any node, and passes on their status", function()
    local l = up("chain", { 3 })
    local output, status = l:exec("echo out; echo err >&2; exit 7")
    assert.same({ "out\nerr\n", 7 }, { output, status })
    assert.matches("r1", (l:exec("ip -o link show", "r2")))
    local function interfaces()
      local file = assert(io.open("/proc/thread-self/net/dev"))
      local text = file:read("*a")
      file:close()
      return text
    end
    local home = interfaces():match("[^\n]* r1:")
    assert.matches(" r1:", l:inside(interfaces))
    assert.equal(home, interfaces():match("[^\n]* r1:"))
    assert.has_error(function()
      l:exec("true", "r9")
    end, "lab: no node 'r9', only p r1 r2 d")
  end)

  it("starts programs with an input, and tells their output and status", function()
    assert.same({ "a\nb\n", 0 }, { sys.feed({ "cat" }, "a\nb\n") })
    local script = "echo out; echo err >&2; exit 7"
    assert.same({ "out\nerr\n", 7 }, { sys.feed({ "sh", "-c", script }, "") })
    assert.same({ "", 128 + 9 }, { sys.feed({ "sh", "-c", "kill -9 $$" }, "") })
    assert.same({ "", 127 }, { sys.feed({ "no-such-program" }, "") })
  end)

  it("says what is wrong with a topology", function()
    assert.has_error(function()
      lab.up("chian")
    end, "lab: unknown topology 'chian': did you mean 'chain'?")
    assert.has_error(function()
      lab.up("chain", { hop = 3 })
    end, "lab: chain: unknown parameter 'hop': did you mean 'hops'?")
    assert.has_error(function()
      lab.up("chain", { 99 })
    end, "lab: chain: hops must be a whole number from 2 to 60, not '99'")
  end)
end)
