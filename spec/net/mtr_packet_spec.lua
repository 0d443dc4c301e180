-- SPDX-License-Identifier: MIT
--
-- The transport mtr-packet with the real helper, in labs: it finds the same as raw, also under
-- load.

local ffi = require "ffi"
local mtr = require "mtr"
local nets = require "spec.support.real.nets"
local run = require "spec.support.harness.run"

ffi.cdef [[ int mtrp_kill(int pid, int signal) __asm__("kill"); ]]

local SIGKILL, SIGSTOP = 9, 19
local HELPED = { transport = "mtr-packet" }
local PROTOCOLS = { "icmp", "udp", "tcp" }

local function needs_helper()
  nets.needs_privilege(pending)
  if not mtr.find_binary "mtr-packet" then pending "needs mtr-packet" end
end

-- The helpers that this process runs, each with its resident memory in kB.
local function helpers()
  local pipe, list = io.popen "env -u LD_PRELOAD ps -o pid=,rss=,comm= --ppid $PPID", {}
  for pid, rss in pipe:read("*a"):gmatch "(%d+) +(%d+) +mtr%-packet" do
    list[#list + 1] = { pid = tonumber(pid), rss = tonumber(rss) }
  end
  pipe:close()
  return list
end

local function memory()
  local file = assert(io.open "/proc/self/status")
  local text = file:read "*a"
  file:close()
  return tonumber(text:match "VmRSS:%s*(%d+)")
end

-- How a trace ended and its path, in one line.
local function told(result)
  if not result.hops then return result.failed end
  return result.stop_reason .. ": " .. nets.path(result)
end

describe("through mtr-packet the same script finds the same hops", function()
  after_each(nets.down)

  for _, words in ipairs {
    "chain 8", "silent 1", "silent 3", "filter", "filter prerouting", "nat", "mtu 1300", "loop",
    "unreach", "unreach host", "unreach admin", "blackhole", "twohomed", "many 5",
    "chain 4 tcp=80",
  } do
    it("in the topology " .. words, function()
      needs_helper()
      local l, found = nets.up(words), {}
      for _, transport in ipairs { "raw", "mtr-packet" } do
        local jobs = {}
        for _, protocol in ipairs(PROTOCOLS) do
          for _, dst in ipairs { l.dst4, l.dst6 } do
            jobs[#jobs + 1] = { dst, { protocol = protocol, timeout = 700 } }
          end
        end
        nets.inside(l, function(e)
          found[transport] = {}
          for i, result in ipairs((nets.traces(e, jobs))) do
            found[transport][i] = told(result)
            assert.equal(transport, result.transport)
            for _, hop in ipairs(result.hops) do
              assert.truthy(not hop.rtt or hop.rtt >= 0 and hop.rtt < 700)
              for _, reply in ipairs(transport == "raw" and {} or hop.replies) do
                assert.same({ "user" }, { reply.tstamp, reply.reply_ttl, reply.quoted })
              end
            end
          end
        end, { transport = transport })
      end
      assert.same(found.raw, found["mtr-packet"])
    end)
  end

  it("and its result leaves out what it cannot know", function()
    needs_helper()
    local l = nets.up "chain 2"
    nets.inside(l, function(e)
      local udp, icmp = e:trace(l.dst4, { protocol = "udp" }), e:trace(l.dst6)
      assert.same({ "paris", "classic" }, { udp.multipath, icmp.multipath })
      assert.truthy(udp.sport > 1023 and udp.sport < 33000)
      for _, name in ipairs { "sport", "flow_label", "size" } do assert.is_nil(icmp[name]) end
      assert.truthy(icmp:json():find '"transport":"mtr%-packet","protocol":"icmp"')
    end, HELPED)
  end)
end)

describe("through one mtr-packet", function()
  after_each(nets.down)

  -- Half of the destinations of `many` fall silent.
  local function half_silent()
    needs_helper()
    local l = nets.up "many 4"
    local rule = "nft 'table inet half { chain c { type filter hook prerouting priority 0; "
      .. "ip daddr 10.200.128.0/17 drop; ip6 daddr fd00:200::8000/113 drop; }; }'"
    assert(select(2, l:exec(rule, "d")) == 0)
    return l
  end

  -- Starts n traces, every other one to silence, and checks their ends; `meanwhile` is called once.
  local function campaign(e, l, n, opts, meanwhile)
    local ends, calls = { completed = 0, gaplimit = 0, error = 0 }, 0
    for i = 1, n do
      local v4, v6 = l.target(i % 2 == 0 and 32768 + i or i)
      e:trace(opts.v6 and v6 or v4, opts.trace, function(err, result)
        assert.is_nil(err)
        calls = calls + 1
        ends[result.stop_reason] = ends[result.stop_reason] + 1
        for ttl = 1, 3 do
          local addr = (result.hops[ttl] or {}).addr
          if not opts.lossy then assert.equal(l.truth[opts.v6 and "v6" or "v4"][ttl][1], addr) end
        end
        local last = result.hops[4] and result.hops[4].addr
        assert.truthy(not last or i % 2 == 1 and last == result.dst)
      end)
    end
    if meanwhile then meanwhile() end
    e:run()
    assert.equal(n, calls)
    return ends
  end

  for _, protocol in ipairs(PROTOCOLS) do
    it("500 concurrent traces all end, half of them in silence, by " .. protocol, function()
      local l = half_silent()
      nets.inside(l, function(e)
        campaign(e, l, 20, { trace = { protocol = protocol, timeout = 1000 } })
        collectgarbage()
        local before, began = memory(), os.time()
        local ends = campaign(e, l, 500, {
          v6 = protocol == "icmp", trace = { protocol = protocol, timeout = "1s" },
        })
        assert.same({ completed = 250, gaplimit = 250, error = 0 }, ends)
        collectgarbage()
        local list, stats = helpers(), e:stats()
        assert.equal(1, #list)
        assert.truthy(list[1].rss < 20000, list[1].rss)
        assert.truthy(memory() - before < 8000, memory() - before)
        assert.truthy(os.time() - began < 100)      -- one after the other: 40 minutes
        assert.same({ 0, 0, 0 }, { stats.malformed, stats.unmatched, stats.send_errors })
      end, HELPED)
      assert.same({}, helpers())
    end)
  end

  it("a campaign goes on when mtr-packet is killed, or hangs", function()
    local l = half_silent()
    for signal, timeout in pairs { [SIGKILL] = 500, [SIGSTOP] = "200s" } do
      nets.inside(l, function(e)
        local pid
        local opts = { timeout = timeout, attempts = 1, gap_limit = 1 }
        local began = os.time()
        campaign(e, l, 100, { lossy = true, trace = opts }, function()
          e:step()
          pid = helpers()[1].pid
          ffi.C.mtrp_kill(pid, signal)
        end)
        assert.truthy(os.time() - began < 100)
        assert.same({ completed = 10, gaplimit = 10, error = 0 },
          campaign(e, l, 20, { trace = { timeout = 1500 } }))
        assert.not_equal(pid, helpers()[1].pid)
      end, HELPED)
      assert.same({}, helpers())
    end
  end)

  -- 300 ms are over long before it is known that mtr-packet hangs, even before the engine reads on.
  -- Hop 3 never answers.
  it("no hop is taken to be silent because mtr-packet hangs", function()
    needs_helper()
    local l = nets.up "silent 3"
    nets.inside(l, function(e)
      local sent = 0
      local result = e:trace(l.dst4, {
        timeout = 300, attempts = 1, window = 4, max_ttl = 4,
        on_probe = function()
          sent = sent + 1
          if sent ~= 4 then return end
          ffi.C.mtrp_kill(helpers()[1].pid, SIGSTOP)
          run.pause(0.4)
        end,
      })
      assert.equal(4, result.hop_count)
      for ttl, hop in ipairs(result.hops) do
        assert.equal(hop.error or l.truth.v4[ttl][1], hop.addr or "ETIMEDOUT")
      end
      assert.equal("ETIMEDOUT", result.hops[3].error)
      assert.equal(0, e:stats().timeouts)
      assert.equal("completed", e:trace(l.dst4).stop_reason, "it was replaced")
    end, HELPED)
  end)

  -- Its numbers begin at 33,000. It asks whose number the port of a UDP quote is before anything
  -- else, so whoever has number 33,434 would take what is for the probes to that port.
  it("UDP answers find their probes when sequence numbers pass their port", function()
    local l = half_silent()
    nets.inside(l, function(e)
      for _ = 1, 25 do e:trace(l.target(1), { max_ttl = 1, queries = 16, window = 16 }) end
      local silent = {}
      for i = 1, 8 do
        silent[i] = e:trace(l.target(40000 + i), {
          first_ttl = 4, max_ttl = 11, gap_limit = 0, attempts = 1, timeout = "20s",
        }, function() end)
      end
      while e:stats().probes < 64 do e:step() end
      local result = e:trace(l.target(2), { protocol = "udp", attempts = 1, timeout = "10s" })
      assert.equal("completed: 10.0.1.2 10.0.2.2 10.0.3.2 " .. l.target(2), told(result))
      for i = 1, 8 do silent[i]:stop() end
      e:run()
    end, HELPED)
  end)
end)

describe("through several mtr-packets", function()
  after_each(nets.down)

  it("ICMP and UDP go as well, and TCP does not", function()
    needs_helper()
    local l = nets.up "chain 4"
    nets.inside(l, function(e)
      assert.equal(2, #helpers())
      assert.is_false(e:transport().capabilities.tcp)
      local jobs = {}
      for i = 1, 100 do
        jobs[i] = { i % 4 < 2 and l.dst4 or l.dst6, {
          protocol = i % 2 == 0 and "icmp" or "udp", queries = 3, first_ttl = i % 3 + 1,
        } }
      end
      for i, result in ipairs((nets.traces(e, jobs))) do
        assert.equal("completed", result.stop_reason)
        for ttl = i % 3 + 1, 4 do
          assert.equal(l.truth[i % 4 < 2 and "v4" or "v6"][ttl][1], result.hops[ttl].addr)
          assert.equal(3, #result.hops[ttl].replies)
        end
      end
      local _, message, name = e:trace(l.dst4, { protocol = "tcp" })
      assert.equal("EOPNOTSUPP", name)
      assert.truthy(message:find 'protocol "tcp" is not possible with transport mtr%-packet: with')
    end, { transport = "mtr-packet", workers = 2 })
    assert.same({}, helpers())
  end)
end)
