-- SPDX-License-Identifier: MIT
--
-- mtrlua scamper with real packets: scamper's own programs drive it, and it finds what scamper
-- finds. What becomes of clients that halt, go away or do not read.
local cjson = require "cjson"
local attach = require "spec.support.harness.attach"
local lab = require "spec.lab.lab"
local loopback = require "spec.support.real.loopback"
local nets = require "spec.support.real.nets"
local peers = require "spec.support.real.peers"
local run = require "spec.support.harness.run"

local privileged, reason = lab.available()
local on_loopback = loopback.describe(describe, it, pending)

-- A ping that goes on for a quarter of an hour.
local LONG = "ping -c 1000 127.0.0.1"

local function attached(server, words)
  local client = server:connect()
  client:say("attach " .. (words or "format json"))
  client:record()
  return client
end

-- Asks a server again and again until so many commands are under way.
local function until_under_way(server, n)
  local wanted, said = "/" .. n .. "$", nil
  for _ = 1, 20000 do
    said = server:ask "get window"
    if said:find(wanted) then return end
  end
  error(("%s, not %d"):format(said, n))
end

on_loopback("a command for mtrlua scamper", function()
  local server
  before_each(function() server = assert(attach.start(nil, "-w 3")) end)
  after_each(function() return server and server:stop() end)
  teardown(run.clean)

  it("is halted by halt, under way or waiting", function()
    local client = attached(server)
    client:say(LONG, LONG, LONG, "trace 127.0.0.1", "halt 4", "halt 2", "halt 9")
    local lines, record = client:record()
    assert.same({ "OK id-1", "MORE", "OK id-2", "MORE", "OK id-3", "MORE", "OK id-4",
      "OK halted 4", "OK halted 2", "ERR no task id-9" }, lines)
    assert.equal("ping", cjson.decode(record).type)
    until_under_way(server, 2)
    client:say("halt 1", "halt 3", "done")
    local records = client:all()
    assert.equal(3, #records)
    assert.equal("cycle-stop", cjson.decode(records[3]).type)
  end)

  it("is halted when its client goes away", function()
    local one, two = attached(server), attached(server)
    one:say(LONG, LONG)
    two:say(LONG)
    until_under_way(server, 3)
    one:close()
    until_under_way(server, 1)
    two:say "done"
    assert.same({ "OK id-1", "MORE", "OK" }, { two:line(), two:line(), (two:line()) })
    two:close()
    until_under_way(server, 0)
  end)

  it("goes on when its client only ends its commands", function()
    local client = attached(server)
    client:say("ping -c 2 -i 0.2 127.0.0.1", "done")
    client.socket:shutdown "send"
    assert.equal(2, cjson.decode((client:all())[1]).ping_sent)
  end)

  it("gives its record when the server ends", function()
    local client, idle = attached(server), server:connect()
    client:say(LONG, LONG, LONG, LONG)
    until_under_way(server, 3)
    local status, log = server:stop()
    server = nil
    assert.same({ 143, "mtrlua: interrupted\n" }, { status, log })
    local records = client:all()
    assert.equal(4, #records)
    assert.equal("cycle-stop", cjson.decode(records[4]).type)
    assert.same({ nil, "closed" }, { idle:line() })
  end)

  for how, records in pairs { now = 4, flush = 4, done = 5 } do
    it("ends as a client wishes: shutdown " .. how, function()
      local client = attached(server)
      -- All three must still be under way when the server hears of its end.
      local ping = how == "now" and LONG or "ping -c 2 -i 2 127.0.0.1"
      client:say(ping, ping, ping, ping)
      until_under_way(server, 3)
      assert.equal("OK", server:ask("shutdown " .. how))
      local found = client:all()
      assert.equal(records, #found)
      assert.equal("cycle-stop", cjson.decode(found[records]).type)
      local status = server:wait()
      server = nil
      assert.equal(0, status)
      assert.equal("", run.run('ls "$DIR/socket" 2>/dev/null').out)
    end)
  end
end)

on_loopback("a client that does not read", function()
  teardown(run.clean)

  it("gets no more commands started, and its server little memory", function()
    local server = assert(attach.start("--rate 0", "-w 50"))
    local function memory()
      return tonumber(run.read("/proc/" .. server.pid .. "/status"):match "VmRSS:%s*(%d+)")
    end
    local mute, other = attached(server), attached(server)
    local n, before = 0, memory()
    mute.socket:settimeout(1)
    while n < 100000 do
      if not mute.socket:send("trace -P icmp-paris 127.0.0.1\n") then break end
      n = n + 1
    end
    assert(n < 100000, "the server reads all that it is sent")
    until_under_way(server, 0)
    assert(memory() - before < 32768, "it has grown by KiB: " .. memory() - before)
    other:say("trace -P icmp-paris 127.0.0.1", "done")
    assert.equal("COMPLETED", cjson.decode((other:all())[1]).stop_reason)
    mute.socket:settimeout(30)
    local lines = 0
    while lines < n do
      local line = assert(mute:line())
      if line:find "^OK id" then lines = lines + 1 end
    end
    mute:close()
    server:stop()
  end)
end)

describe("scamper's own programs", function()
  teardown(function()
    nets.down_shared()
    run.clean()
  end)

  -- Starts a server in the prober of a lab.
  local function serve(l, words)
    return assert(attach.start("--rate 0", words, function(command) return l:command(command) end))
  end

  -- What sc_warts2json prints of a file in the directory of the run.
  local function read(name)
    local got = run.run(('sc_warts2json "$DIR/%s"'):format(name))
    assert.same({ 0, "" }, { got.status, got.err })
    return got.out, run.records(got.out)
  end

  local function lab_of(words)
    if not privileged then pending(reason) end
    if not run.has "sc_attach" then pending "needs the program sc_attach" end
    return nets.shared(words)
  end

  -- Replaces times, and the numbers that senders and kernels choose.
  local function constant(line)
    for _, name in ipairs { "sec", "usec", "rtt", "reply_ipid", "probe_ipid", "sport", "icmp_sum",
      "ipid", "min", "max", "avg", "stddev" } do
      line = line:gsub(('"%s":[%%d.]+'):format(name), ('"%s":N'):format(name))
    end
    return (line:gsub('"ftime":"[^"]*"', '"ftime":N'))
  end

  it("sc_attach gets of us what it gets of scamper", function()
    local l = lab_of "chain hops=4 udp=7 tcp=80"
    if peers.missing "scamper" then pending(peers.missing "scamper") end
    local commands = {
      "trace -P icmp-paris -w 1 -U 1 " .. l.dst4, "trace -P udp-paris -w 1 -m 30 -U 2 " .. l.dst4,
      "trace -P tcp -d 80 -w 1 -m 30 -U 3 " .. l.dst6, "trace -P icmp-paris -m 30 -U 4 " .. l.dst6,
      "ping -c 2 -i 1 -U 5 " .. l.dst4, "tracelb -P icmp-echo -W 25 -w 1 -U 6 " .. l.dst4,
    }
    local list = run.file("commands.txt", table.concat(commands, "\n") .. "\n")
    local server = serve(l)
    local got = run.run(('sc_attach -U %s -i %s -o "$DIR/ours.warts"'):format(server.path, list))
    assert.same({ 0, "" }, { got.status, got.err })
    server:stop()
    local function by_user(name)
      local by = {}
      for line in read(name):gmatch "[^\n]+" do
        local user = tonumber(line:match '"userid":(%d+)')
        if user then by[user] = line end
      end
      return by
    end
    local ours, theirs = by_user "ours.warts", nil
    local function differs()
      for user = 2, 5 do
        if constant(theirs[user] or "") ~= constant(ours[user]) then return true end
      end
    end
    -- On a busy machine scamper may miss a reply: then it is asked again.
    for _ = 1, 5 do
      got = run.run(l:command(([[mkdir -p /var/empty; scamper -p 1000 -P 31337 & scamper=$!
        for i in $(seq 240); do
          sc_attach -p 31337 -i %s -o %s/theirs.warts 2>/dev/null && break
          sleep 0.5
        done
        kill $scamper; wait]]):format(list, run.dir())))
      theirs = by_user "theirs.warts"
      if not differs() then break end
    end
    for user = 2, 5 do
      assert.equal(constant(theirs[user]), constant(ours[user]), got.err)
    end
    -- Of a limit of 255 hops scamper says 0.
    assert.equal(constant(theirs[1]), (constant(ours[1]):gsub('"hoplimit":255', '"hoplimit":0')))
    local mine, its = cjson.decode(ours[6]), cjson.decode(theirs[6])
    assert.same({ its.nodec, its.linkc, its.method, its.wait_probe },
      { mine.nodec, mine.linkc, mine.method, mine.wait_probe })
    for i, node in ipairs(its.nodes) do assert.equal(node.addr, mine.nodes[i].addr) end
  end)

  it("sc_attach may send all at once, over TCP too", function()
    local l = lab_of "chain hops=4 udp=7 tcp=80"
    local list = run.file("list.txt", (l.dst4 .. "\n"):rep(300))
    local server = serve(l, "-P 31337 -w 20")
    for _, how in ipairs { "-O impatient -P 7 -U " .. server.path, "-p 31337",
      "-O impatient -p 31337" } do
      local got = run.run(l:command(("sc_attach %s -c 'trace -P icmp-paris' -i %s -o %s/all.warts")
        :format(how, list, run.dir())))
      assert.same({ 0, "" }, { got.status, got.err }, how)
      local _, records = read "all.warts"
      assert.equal(302, #records)
      for i = 2, 301 do
        assert.same({ "COMPLETED", 4 }, { records[i].stop_reason, records[i].hop_count }, how)
      end
    end
    server:stop()
  end)

  it("sc_ally finds that two addresses are one host's", function()
    local l = lab_of "chain hops=4 udp=7 tcp=80"
    if not run.has "sc_ally" then pending "needs the program sc_ally" end
    local trace = run.run(l:command(('"$MTR_PROGRAM" trace -I -q 1 -o jsonl %s'):format(l.dst4)))
    local hops = cjson.decode(trace.out).hops
    local list = run.file("pairs.txt", hops[1].addr .. " " .. hops[2].addr .. "\n")
    local server = serve(l)
    local got = run.run(('sc_ally -w 1 -q 2 -i 200 -U %s -a %s -o "$DIR/ally.warts"'):format(
      server.path, list))
    assert.equal(0, got.status, got.err)
    server:stop()
    local _, records = read "ally.warts"
    assert(#records > 3, "only " .. #records)
    for i = 2, #records - 1 do assert.equal("ping", records[i].type) end
    got = run.run('sc_ally -d 1 "$DIR/ally.warts"')
    assert.equal(0, got.status, got.err)
  end)
end)
