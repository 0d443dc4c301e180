-- SPDX-License-Identifier: MIT
--
-- scripts/ping.lua, run from the command line, over simulated networks: what it prints, counts and
-- returns.
local run = require "spec.support.harness.run"

local function ping(topology, words)
  return run.run(('"$MTR_PROGRAM" --sim spec/sim/topologies/%s.lua --seed 1 scripts/ping.lua %s')
    :format(topology, words))
end

local records = run.records

-- What --output of the program ping takes, as its message says it.
local function outputs()
  local words = require "mtr.report".words "ping"
  return table.concat(words, ", ", 1, #words - 1) .. " or " .. words[#words]
end

describe("ping #luajit", function()
  teardown(run.clean)

  it("prints a line for each answer, and the summary", function()
    local got = ping("plain", "-c 2 web")
    assert.same({ 0, "" }, { got.status, got.err })
    assert.equal(table.concat {
      "PING web (203.0.113.9) 56(84) bytes of icmp data\n",
      "84 bytes from 203.0.113.9: seq=1 ttl=62 time=6.000 ms\n",
      "84 bytes from 203.0.113.9: seq=2 ttl=62 time=6.000 ms\n",
      "\n--- web ping statistics ---\n",
      "2 sent, 2 received, 0% unanswered\n",
      "rtt min/avg/max/mdev 6.000/6.000/6.000/0.000 ms, jitter 0.000 ms\n",
    }, got.out)
  end)

  for _, case in ipairs {
    { "-p icmp -4", 56 + 28, 84 }, { "-p icmp -6", 56 + 48, 104 },
    { "-p udp -4 -s 10", 10 + 28, 66 }, { "-p udp -6 -s 10", 10 + 48, 106 },
    { "-p tcp -4", 40, 44 }, { "-p tcp -6 -s 4", 64, 64 },
  } do
    it("takes " .. case[1], function()
      local got = ping("plain", "-o jsonl -c 1 " .. case[1] .. " web")
      assert.same({ 0, "" }, { got.status, got.err })
      local start, reply, summary = unpack(records(got.out))
      assert.same({ "ping_start", case[2] }, { start.type, start.size })
      assert.same({ "ping", 1, 6, case[3] }, { reply.type, reply.seq, reply.rtt, reply.size })
      assert.equal(start.dst, reply.addr)
      assert.same({ type = "ping_summary", target = "web", dst = start.dst, sent = 1, received = 1,
        unanswered = 0, min = 6, avg = 6, max = 6, mdev = 0, jitter = 0 }, summary)
    end)
  end

  it("computes its summary over all answers", function()
    local far = ping("jitter", "-c 40 -i 0.1 -o jsonl web")
    local rtts, all = {}, records(far.out)
    for _, r in ipairs(all) do if r.rtt then rtts[#rtts + 1] = r.rtt end end
    local sum, squares, steps = 0, 0, 0
    for i, rtt in ipairs(rtts) do
      sum = sum + rtt
      steps = steps + math.abs(rtt - (rtts[i - 1] or rtt))
    end
    for _, rtt in ipairs(rtts) do squares = squares + (rtt - sum / #rtts) ^ 2 end
    table.sort(rtts)
    local s = all[#all]
    assert.same({ 40, #rtts, 0 }, { s.sent, s.received, far.status })
    assert(#rtts > 20 and #rtts < 40)
    assert.near(100 - #rtts / 0.4, s.unanswered, 1e-6)
    assert.same({ rtts[1], rtts[#rtts] }, { s.min, s.max })
    assert.near(sum / #rtts, s.avg, 1e-6)
    assert.near(math.sqrt(squares / #rtts), s.mdev, 1e-6)
    assert.near(steps / (#rtts - 1), s.jitter, 1e-6)
  end)

  it("keeps its pace while answers are out, and ends at the deadline", function()
    local slow = ping("late", "-c 3 -t 2 -i 200ms -W 2 -p udp web")
    assert(slow.out:find("seq=1 ttl=254 time=704.000 ms time exceeded\n.*seq=2.*seq=3"))
    local got = ping("plain", "-w 4.5 -q web")
    assert.equal(0, got.status)
    assert(got.out:find "\n5 sent, 5 received, 0%% unanswered\n")
    assert.is_nil(got.out:find "bytes from")
  end)

  it("reports errors, duplicates and missing answers", function()
    local expired = ping("plain", "-c 1 -t 2 web")
    assert(expired.out:find "\n112 bytes from 198.18.0.2: seq=1 ttl=254 .* time exceeded\n")
    local forbidden = ping("unreachables", "-c 1 admin")
    assert(forbidden.out:find " from 198.18.0.2: seq=1 .* ms !X\n")
    local twice = ping("duplicates", "-c 2 web")
    assert(twice.out:find "seq=1 ttl=62 time=6.%d+ ms %(DUP!%)\n")
    local silent = ping("plain", "-c 2 -W 0.3 -p tcp --port 81 web")
    assert(silent.out:find "\n203.0.113.9: seq=1 no answer\n203.0.113.9: seq=2 no answer\n")
    local failed = ping("send_failures", "-c 1 denied")
    assert(failed.out:find "\n203.0.113.1: seq=1 EPERM\n")
    for _, got in ipairs { expired, forbidden, silent, failed } do assert.equal(1, got.status) end
    for _, got in ipairs { expired, forbidden } do
      assert(got.out:find "\n1 sent, 0 received, 100%% unanswered, 1 error\n$")
    end
    assert(silent.out:find "\n2 sent, 0 received, 100%% unanswered\n$")
    assert(failed.out:find "\n1 sent, 0 received, 0%% unanswered, 1 failed\n$")
  end)

  it("probes several targets side by side, and says which one is silent", function()
    local got = ping("open_udp", "-c 2 -o jsonl -W 1 dns me nowhere")
    assert.equal(1, got.status)
    assert(got.err:find "^ping: nowhere: ENOENT")
    local order = {}
    for i, r in ipairs(records(got.out)) do order[i] = r.type .. " " .. r.target end
    assert.same({ "ping_start dns", "ping_start me", "ping me", "ping dns", "ping me", "ping dns",
      "ping_summary dns", "ping_summary me" }, order)
  end)

  it("says what is wrong with its options, and helps", function()
    for words, message in pairs {
      ["-c 0 web"] = "--count must be 1..1000000, got 0",
      ["-t 256 web"] = "--ttl must be 1..255, got 256",
      ["-s x web"] = "--data must be 0..65000, got x",
      ["--tos 256 web"] = "--tos must be 0..255, got 256",
      ["-W soon web"] = "--timeout must be such as 2 (seconds) or 250ms, got 'soon'",
      ["-i fast web"] = "--interval must be such as 2 (seconds) or 250ms, got 'fast'",
      ["-p 53 web"] = "-p is the protocol; for the port: --port 53",
      ["-o xml web"] = "--output must be " .. outputs() .. ", got 'xml'",
      [""] = "missing argument 'target'",
    } do
      local got = ping("plain", words)
      assert.same({ 2, "", "ping: " .. message .. "\ntry: ping --help\n" },
        { got.status, got.out, got.err })
    end
    local help = ping("plain", "--help")
    assert.same({ 0, "" }, { help.status, help.err })
    assert(help.out:find "^usage: ping" and help.out:find "examples:")
  end)
end)
