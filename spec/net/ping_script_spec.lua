-- SPDX-License-Identifier: MIT
--
-- scripts/ping.lua from the command line, over kernel routers: answers, options, and ^C.
-- What it prints and counts is in spec/sim.
local lab = require "spec.lab.lab"
local nets = require "spec.support.real.nets"
local run = require "spec.support.harness.run"

local PING = '"$MTR_PROGRAM" scripts/ping.lua -i 20ms -W 1 '
local privileged, reason = lab.available()

local function up(words)
  if not privileged then pending(reason) end
  return nets.shared(words)
end

local records = run.records

describe("ping", function()
  teardown(nets.down_shared)
  teardown(run.clean)

  for _, protocol in ipairs { "icmp", "udp", "tcp" } do
    it("is answered by a host, and not by a router on the way: " .. protocol, function()
      local l = up "chain 3"
      for v = 4, 6, 2 do
        local dst, source = l["dst" .. v], l["src" .. v]
        local words = ("-o jsonl -c 3 -p %s --source %s "):format(protocol, source)
        local got = run.run(l:command(PING .. words .. dst))
        assert.same({ 0, "" }, { got.status, got.err })
        local list = records(got.out)
        for seq = 1, 3 do
          local r = list[seq + 1]
          assert.same({ "ping", seq, dst, nil }, { r.type, r.seq, r.addr, r.error })
        end
        assert.same({ 3, 3, 0 }, { list[5].sent, list[5].received, list[5].unanswered })
        local near = run.run(l:command(PING .. words .. "-t 1 " .. dst))
        assert.equal(1, near.status)
        local first = records(near.out)[2]
        assert.same({ l.truth["v" .. v][1][1], "time exceeded" }, { first.addr, first.error })
      end
    end)
  end

  it("reports the refusal of a filter", function()
    local l = up "filter"
    local got = run.run(l:command(PING .. "-c 1 " .. l.dst4))
    assert.equal(1, got.status)
    assert(got.out:find " from 10.0.3.2: seq=1 .* ms !X\n")
  end)

  it("prints the summaries after ^C", function()
    local l = up "chain 3"
    local pipe = assert(io.popen(l:command(("echo $$; exec %s %s %s"):format(PING, l.dst4, l.dst6))
      .. "; echo status $?"))
    local pid = pipe:read "*l"
    for _ = 1, 4 do pipe:read "*l" end
    os.execute("kill -INT " .. pid)
    local rest = pipe:read "*a"
    pipe:close()
    for v = 4, 6, 2 do
      assert(rest:find("\n--- " .. l["dst" .. v] .. " ping statistics ---\n%d+ sent, %d+ received, "
        .. "[%d.]+%% unanswered\nrtt min/avg/max/mdev "), rest)
    end
    assert.equal("status 130\n", rest:match "[^\n]*\n$")
  end)

  it("reports the targets that cannot be probed, and probes the others", function()
    local l = up "chain 3"
    local got = run.run(l:command(PING .. "-c 1 224.0.0.1 " .. l.dst6))
    assert.equal(1, got.status)
    assert(got.err:find "^ping: 224.0.0.1: EACCES: ")
    assert(got.out:find("1 sent, 1 received", 1, true))
  end)
end)
