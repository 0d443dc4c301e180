-- SPDX-License-Identifier: MIT
--
-- Every topology of the lab, over every protocol, IP version, probe layout (multipath) and
-- transport that carries packets: the engine finds what the topology declares, and at each hop what
-- traceroute(8) and scamper find there. Where a peer cannot be right, the table says why.

local words = require "mtr.record.words"
local nets = require "spec.support.real.nets"
local peers = require "spec.support.real.peers"

local ANY = { "icmp", "udp", "tcp" }
local LAYOUTS = { icmp = { "paris", "classic" }, udp = { "paris", "classic", "dublin" },
  tcp = { "paris", "classic" } }
local PORTS = { udp = 33434, tcp = 80 }

-- What each transport is asked. The ports of user are the kernel's choice, so its udp and tcp are
-- not paris, and no peer can use the same ones.
local TRANSPORTS = { "raw", "packet", "user" }
local OF_USER = { icmp = { "paris", "classic" }, udp = { "paris" }, tcp = { "paris" } }

-- Why a peer is not asked for all.
local NO_LOOPS = "traceroute(8) does not look for loops; it goes on to the last hop"
local NO_DATA = "scamper does not take data from an open UDP port for an answer"
local ASKS_MORE = "traceroute(8) does not give up after silent hops"
local OTHER_PORTS = "scamper's classic UDP, used over IPv6, changes ports: ECMP sends it elsewhere"
local HASHED = "a packet of a kernel socket keeps its hash on virtual links, and r1 goes by that"
local BRANCHES = { scamper_udp6 = OTHER_PORTS, traceroute_udp4 = HASHED, traceroute_udp6 = HASHED,
  traceroute_icmp6 = HASHED, scamper_icmp6 = HASHED }

local WANTS_SOURCE = "traceroute(8) takes no quote with another source than its own"
local WANTS_SOCKET = "the kernel finds no socket for a quote with another source than its own"

---@class matrix.Case
---@field [1] string what `lab up` takes
---@field past table<string, string>? by peer: it goes on where we stop, and why
---@field blind table<string, string>? by peer or transport: it sees nothing where quotes were
--- rewritten
---@field without table<string, string>? by peer, protocol and version: the last hop is not compared
---@field branches boolean? the path hangs on the ports: all ask from the same one
---@field branch table<string, string>? by peer, protocol and version: it may see another branch
local CASES = {
  { "chain 2" },
  { "chain 8" },
  { "chain 30" },
  { "chain 4 udp=33434 tcp=80", without = { scamper_udp4 = NO_DATA, scamper_udp6 = NO_DATA } },
  { "diamond", branches = true, branch = BRANCHES },
  { "ecmp 8", branches = true, branch = BRANCHES },
  { "silent 1" },
  { "silent 3" },
  { "filter" },
  { "filter prerouting" },
  { "nat" },
  { "nat broken=1", blind = { traceroute = WANTS_SOURCE, user = WANTS_SOCKET } },
  { "mtu 1300" },
  { "loop", past = { traceroute = NO_LOOPS } },
  { "unreach" },
  { "unreach host" },
  { "unreach admin" },
  { "blackhole", past = { traceroute = ASKS_MORE } },
  { "twohomed" },
  { "many 5" },
}

-- What the topology declares for one way of tracing: addresses by TTL and how the trace ends.
local function truth_of(l, protocol, v, layout)
  local truth, key = l.truth, "v" .. v
  local hops, stop, data = { unpack(truth[key]) }, truth.stop, 0
  if protocol == "udp" and truth.udp then hops[#hops] = { truth.udp[key] } end
  if stop == "unreach" then data = truth.unreach[key].code end
  if stop == "loop" and layout == "classic" then
    stop = "hoplimit" -- addresses come back on equal-cost paths too, if each probe may go its own
  elseif stop == "loop" then
    for ttl = #hops, 6, -1 do hops[ttl] = nil end
  elseif stop == "gaplimit" then
    local answered = #hops
    while not hops[answered] do answered = answered - 1 end
    for ttl = answered + 1, answered + 5 do hops[ttl] = false end
  end
  return hops, stop, data
end

local function includes(list, value)
  for _, v in ipairs(list) do
    if v == value then return true end
  end
  return false
end

-- What a blind transport finds is silence or the truth.
local function check_blind(l, job)
  local hops, seen = truth_of(l, job.protocol, job.v, job.layout), 0
  for ttl, hop in ipairs(job.result.hops) do
    assert(not hop.addr or includes(hops[ttl], hop.addr), ("ttl %d"):format(ttl))
    seen = seen + (hop.addr and 1 or 0)
  end
  assert.is_true(seen > 0)
end

local function check_truth(l, job)
  local r = job.result
  local hops, stop, data = truth_of(l, job.protocol, job.v, job.layout)
  assert.same({ stop, data, #hops }, { r.stop_reason, r.stop_data, r.hop_count }, nets.path(r))
  for ttl, expected in ipairs(hops) do
    local hop = r.hops[ttl]
    if expected then
      assert(includes(expected, hop.addr), ("ttl %d in %s"):format(ttl, nets.path(r)))
      assert.is_true(hop.rtt >= 0 and hop.rtt < 1000)
    else
      assert.same({ ttl = ttl, replies = {}, unanswered = 1 }, hop)
    end
    for _, reply in ipairs(hop.replies) do
      assert.equal(hop.addr, reply.addr)
      local nat = l.truth.nat
      local quotes_nat = nat and reply.quoted and ttl >= nat.ttl and nat.quoted["v" .. job.v]
        ~= r.src
      assert.equal(quotes_nat or nil, reply.quoted and reply.quoted.nat)
      assert.equal(reply.quoted and 1, reply.quoted and reply.quoted.ttl)
      assert.is_true(job.transport ~= "user" or not reply.quoted)
    end
  end
end

-- What is compared with a peer at a TTL; nil: nothing.
local function expected(case, peer, job, ttl)
  local key, r = ("%s_%s%d"):format(peer, job.protocol, job.v), job.result
  local hop = r.hops[ttl]
  local reply = hop.replies[1] or {}
  if (case.blind or {})[peer] and (reply.quoted or {}).nat then return nil end
  if ttl == r.hop_count and (case.without or {})[key] then return nil end
  local want = { addr = hop.addr }
  if (case.branch or {})[key] and ttl == 2 then want.addr = job.truth[ttl] end
  if peer == "traceroute" then
    want.mark = reply.addr and words.mark(reply)
  else
    want.icmp_type, want.icmp_code = reply.icmp_type, reply.icmp_code
    want.reply_ttl = reply.reply_ttl
  end
  return want
end

local function check_peer(case, peer, job, found)
  local r, where = job.result, peer .. " " .. job.protocol .. job.v .. " ttl "
  for ttl = 1, r.hop_count do
    local got, kept = found.hops[ttl] or {}, {}
    local want = expected(case, peer, job, ttl)
    for key in pairs(want or {}) do kept[key] = got[key] end
    if type((want or {}).addr) == "table" then
      assert(includes(want.addr, got.addr), where .. ttl)
      want.addr = got.addr
    end
    assert.same(want or {}, kept, where .. ttl)
  end
  local goes_on = (case.past or {})[peer] or (case.without or {})[
    ("%s_%s%d"):format(peer, job.protocol, job.v)]
  if not goes_on then assert.equal(r.hop_count, found.count, where .. "last") end
  if found.stop_reason and not goes_on then
    assert.same({ r.stop_reason, r.stop_data }, { found.stop_reason, found.stop_data }, where)
  end
end

-- One way of tracing each; peers are asked for the first layout, paris, from the same ports.
local function jobs_of(l, case, transport)
  local jobs, questions = {}, {}
  for _, protocol in ipairs(ANY) do
    for v = 4, 6, 2 do
      for i, layout in ipairs((transport == "user" and OF_USER or LAYOUTS)[protocol]) do
        local job = { protocol = protocol, v = v, layout = layout, dst = l["dst" .. v],
          port = PORTS[protocol], truth = l.truth["v" .. v], transport = transport,
          blind = (case.blind or {})[transport] }
        if i == 1 then
          local ported = case.branches and protocol ~= "icmp"
          job.sport = ported and transport ~= "user" and 20000 + v or nil
          job.alone = ported and transport == "user"
          questions[#questions + 1] = job
        end
        jobs[#jobs + 1] = job
      end
    end
  end
  return jobs, questions
end

-- Traces |jobs|, whose results they get.
local function trace_all(l, jobs, transport)
  nets.inside(l, function(e)
    local list = {}
    for i, job in ipairs(jobs) do
      list[i] = { job.dst, { protocol = job.protocol, multipath = job.layout, port = job.port,
        source_port = job.sport, timeout = 1000, attempts = 1 } }
    end
    for i, result in ipairs(nets.traces(e, list)) do
      assert.equal(transport, assert(result.hops and result, result.failed).transport)
      jobs[i].result = result
    end
  end, { transport = transport })
end

local function run(l, case)
  local all, hops, by, asked = {}, truth_of(l, "icmp", 4), {}, {}
  for _, transport in ipairs(TRANSPORTS) do
    by[transport], asked[transport] = jobs_of(l, case, transport)
  end
  -- The same time for all of us, unless it is also the same ports.
  local started = not case.branches and peers.start(l, asked.raw, #hops)
  for _, transport in ipairs(TRANSPORTS) do trace_all(l, by[transport], transport) end
  started = started or peers.start(l, asked.raw, #hops)
  local traceroutes, scampers = peers.read(started)
  for _, transport in ipairs(TRANSPORTS) do
    for i, job in ipairs(asked[transport]) do
      if not job.alone and not job.blind then
        job.traceroute, job.scamper = traceroutes[i], scampers[i]
      end
    end
    for _, job in ipairs(by[transport]) do all[#all + 1] = job end
  end
  return all
end

for _, case in ipairs(CASES) do
  describe("in the topology " .. case[1], function()
    local l, jobs, problem

    -- All at once, on first use: the traces of one topology take the time of the slowest.
    local function trace()
      l = nets.up(case[1])
      jobs = run(l, case)
    end

    local function find(protocol, v)
      nets.needs_privilege(pending)
      if not l then problem = select(2, xpcall(trace, debug.traceback)) end
      local text = problem
      problem = problem and "the traces of this topology failed above"
      if text then error(text, 0) end
      local some = {}
      for _, job in ipairs(jobs) do
        if job.protocol == protocol and job.v == v then some[#some + 1] = job end
      end
      return some
    end

    teardown(nets.down)

    for _, protocol in ipairs(ANY) do
      for v = 4, 6, 2 do
        it(("%s over IPv%d finds the true path"):format(protocol, v), function()
          for _, job in ipairs(find(protocol, v)) do
            if job.blind then check_blind(l, job) else check_truth(l, job) end
          end
        end)
        for _, peer in ipairs { "traceroute", "scamper" } do
          it(("%s over IPv%d finds what %s finds"):format(protocol, v, peer), function()
            local all = find(protocol, v)
            if peers.missing(peer) then pending(peers.missing(peer)) end
            for _, job in ipairs(all) do
              if job[peer] then check_peer(case, peer, job, job[peer]) end
            end
          end)
        end
      end
    end
  end)
end
