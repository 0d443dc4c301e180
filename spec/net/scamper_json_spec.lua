-- SPDX-License-Identifier: MIT
--
-- The same networks of kernel routers, traced by scamper and by us: the same line of JSON, but for
-- times and what a sender chooses.
local lab = require "spec.lab.lab"
local nets = require "spec.support.real.nets"
local peers = require "spec.support.real.peers"
local run = require "spec.support.harness.run"

local privileged, reason = lab.available()

-- Replaces times, and the numbers that senders and kernels choose.
local function constant(line)
  for _, name in ipairs { "sec", "usec", "rtt", "reply_ipid", "sport", "icmp_sum", "userid" } do
    line = line:gsub(('"%s":[%%d.]+'):format(name), ('"%s":N'):format(name))
  end
  return (line:gsub('"ftime":"[^"]*"', '"ftime":N'))
end

-- The line of a trace in what a tracer prints.
local function trace_of(text)
  return assert(text:match '[^\n]*"type":"trace"[^\n]*', text)
end

describe("scamper and we", function()
  teardown(function()
    nets.down_shared()
    run.clean()
  end)

  local function both(words, target, ours, theirs, transport)
    if not privileged then pending(reason) end
    if peers.missing "scamper" then pending(peers.missing "scamper") end
    local l = nets.shared(words)
    local dst = target == 4 and l.dst4 or l.dst6
    local got = run.run(l:command(('"$MTR_PROGRAM" --rate 0 --transport %s scripts/trace.lua -q 1 '
      .. "--attempts 2 -w 1 --window 1 %s -o scamper %s"):format(transport or "raw", ours, dst)))
    assert.same({ 0, "" }, { got.status, got.err })
    local mine, its = trace_of(got.out), nil
    -- On a busy machine scamper may miss a reply: then it is asked again.
    for _ = 1, 5 do
      local scamper = run.run(l:command(("scamper -O json -c 'trace -q 2 -m 30 -w 1 %s' -i %s")
        :format(theirs, dst)))
      its = trace_of(scamper.out)
      if constant(its) == constant(mine) then break end
    end
    return mine, its
  end

  for _, case in ipairs {
    { "chain hops=4 udp=7 tcp=80", 4, "-I --size 44", "-P icmp-paris" },
    { "chain hops=4 udp=7 tcp=80", 6, "-I --size 60", "-P icmp-paris" },
    { "chain hops=4 udp=7 tcp=80", 4, "-U --size 44 --port 33435", "-P udp-paris" },
    { "chain hops=4 udp=7 tcp=80", 6, "-U --multipath classic --size 60 --port 33435 --tos 8",
      "-P udp -t 8" },
    { "chain hops=4 udp=7 tcp=80", 4, "-T --tcp-flags ack --port 7 --tos 32",
      "-P tcp-ack -d 7 -t 32" },
    { "silent", 4, "-I --size 44", "-P icmp-paris" },
    { "unreach kind=host", 4, "-I --size 44", "-P icmp-paris" },
    { "filter", 4, "-U --size 44 --port 33435", "-P udp-paris" },
    { "loop", 4, "-I --size 44", "-P icmp-paris" },
    { "chain hops=4 udp=7 tcp=80", 4, "-I --size 44", "-P icmp-paris", "packet" },
  } do
    it(("print the same line: %s v%d %s"):format(unpack(case)), function()
      local ours, theirs = both(unpack(case))
      assert.equal(constant(theirs), constant(ours))
    end)
  end

  for _, transport in ipairs { "raw", "packet" } do
    it("see the identifications that kernel routers count up, over " .. transport, function()
      local last = {}
      for _ = 1, 3 do
        local ours = both("chain hops=4 udp=7 tcp=80", 4, "-I", "-P icmp-paris", transport)
        local n = 0
        for addr, id in ours:gmatch '"addr":"([%d.]+)".-"reply_ipid":(%d+)' do
          n, id = n + 1, tonumber(id)
          assert.is_true(id > 0)
          if last[addr] then assert.is_true((id - last[addr]) % 65536 < 20000, addr) end
          last[addr] = id
        end
        assert.equal(4, n)
      end
    end)
  end
end)
