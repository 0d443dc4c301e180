-- SPDX-License-Identifier: MIT
--
-- mtrlua scamper over simulated networks, as programs that drive scamper see it.
local cjson = require "cjson"
local attach = require "spec.support.harness.attach"
local run = require "spec.support.harness.run"

local SIM = "--seed 1 --sim spec/sim/topologies/plain.lua"
local DST = "203.0.113.9"

-- Gives fn a server, and ends it.
local function with(options, fn)
  local server = assert(attach.start(SIM, options))
  local ok, problem = pcall(fn, server)
  local status, log = server:stop()
  if not ok then error(problem, 0) end
  assert.equal(143, status)
  return log
end

-- A client that has attached, behind the first record of its list.
local function attached(server, words)
  local client = server:connect()
  client:say("attach" .. (words and " " .. words or ""))
  assert.same({ "OK", "MORE" }, { client:line(), client:line() })
  return client
end

-- Checks that sc_warts2json reads these uuencoded records, and returns its lines.
local function decoded(records)
  local bytes = {}
  for _, record in ipairs(records) do
    assert(record:find "\n`\n$" or record == "`\n", record)
    for line in record:gmatch "([^\n]*)\n" do
      local n = (line:byte() - 32) % 64
      local out = line:sub(2):gsub("(.)(.)(.)(.)", function(...)
        local value = 0
        for _, c in ipairs { ... } do value = value * 64 + (c:byte() - 32) % 64 end
        return string.char(math.floor(value / 65536), math.floor(value / 256) % 256, value % 256)
      end)
      bytes[#bytes + 1] = out:sub(1, n)
    end
  end
  local got = run.run("sc_warts2json " .. run.file("records.warts", table.concat(bytes)))
  assert.same({ 0, "" }, { got.status, got.err })
  return run.records(got.out)
end

describe("a client of mtrlua scamper #luajit", function()
  teardown(run.clean)

  it("gets the records of its commands, and a cycle around them", function()
    if not run.has "sc_warts2json" then pending "needs the program sc_warts2json" end
    with(nil, function(server)
      local client = attached(server)
      client:say("trace -P icmp-paris -U 7 " .. DST, "ping -c 2 -i 0.1 " .. DST,
        "tracelb -P icmp-echo -W 1 " .. DST, "trace -W 1 -P udp " .. DST, "done")
      local records, lines = client:all()
      assert.same({ "OK id-1", "MORE", "OK id-2", "MORE", "OK id-3", "MORE", "OK id-4", "MORE",
        "OK" }, lines)
      local found = decoded(records)
      assert.same({ 6, "cycle-start", "cycle-stop" },
        { #found, found[1].type, found[#found].type })
      local by = {}
      for _, line in ipairs(found) do by[line.method or line.type] = by[line.method] or line end
      assert.same({ "trace", "COMPLETED", 7, 3, "198.18.0.2" }, { by["icmp-echo-paris"].type,
        by["icmp-echo-paris"].stop_reason, by["icmp-echo-paris"].userid,
        by["icmp-echo-paris"].hop_count, by["icmp-echo-paris"].hops[2].addr })
      assert.same({ 1, "udp" }, { by.udp.wait_probe, by.udp.method })
    end)
  end)

  it("gets JSON if it asks for that", function()
    with("-M ams", function(server)
      local client = attached(server, 'format json name "my list" cycle_id 9 priority 2')
      client:say("ping -P udp-dport -c 3 -i 0.1 -o 2 -U 5 " .. DST, "done")
      local records = client:all()
      local start, ping, stop = cjson.decode(records[1]), cjson.decode(records[2]),
        cjson.decode(records[3])
      assert.same({ "cycle-start", "my list", 9, "cycle-stop" },
        { start.type, start.list_name, start.id, stop.type })
      assert.equal(run.run("uname -n").out, start.hostname .. "\n")
      assert.same({ "ping", "udp-dport", 5, 2, 2 },
        { ping.type, ping.method, ping.userid, ping.ping_sent, #ping.responses })
      assert.is_nil(records[4])
    end)
  end)

  it("is told what is refused, and goes on", function()
    with(nil, function(server)
      local client = server:connect()
      client:say("", "foo", "get version", "get pps", "get window", "get \27[1m", "set pps 9999",
        "set pps 7", "set window 1", "attach format xml", "attach bar", "shutdown later", "attach")
      assert.same({ "ERR unhandled command 'foo'", "OK version 20211212", "OK pps 1000",
        "OK window 1000/0", "ERR unhandled get command '?[1m'",
        "ERR pps: 9999 out of range (1, 1000)", "OK pps 7",
        "ERR unhandled set command 'window'", "ERR format must be warts or json",
        "ERR command attach param 'bar' failed", "ERR usage: shutdown [done | flush | now]", "OK",
        "MORE" }, (client:record()))
      assert.equal("DATA", (client:line()))
      client:say("get pps", "trace -Y " .. DST, "trace", "halt 9", "halt", "attach",
        "trace -f 9 -m 8 " .. DST, "done")
      assert.same({ "ERR command not accepted: use trace, tracelb or ping",
        "ERR command not accepted: option -Y is not supported",
        "ERR command not accepted: give one address", "ERR no task id-9",
        "ERR command not accepted", "ERR command not accepted: use trace, tracelb or ping",
        "ERR command not accepted: first_ttl 9 is above max_ttl 8", "OK" }, (client:record()))
    end)
  end)

  it("can send hostile bytes", function()
    local log = with(nil, function(server)
      local other, client = attached(server, "format json"), server:connect()
      client:send(("x"):rep(1e6) .. "\n" .. "\0\n" .. ("attach "):rep(5000) .. "\n"
        .. ('attach name "'):rep(300) .. "\n\255\254\n  \r\nattach\r\n")
      local lines = client:record()
      assert.equal("MORE", lines[#lines])
      assert.equal("DATA", (client:line()))
      client:send(("trace "):rep(1e5) .. "\ntrace \0" .. DST .. "\nhalt 99999999999999999999\n"
        .. "halt -1\nhalt 1 2\n" .. ("-q"):rep(4000) .. "\ntrace -p " .. ("0"):rep(8000) .. " ::1\n"
        .. "done extra\ndone\n")
      local _, said = client:all()
      for i = 1, #said - 1 do assert(said[i]:find "^ERR ", said[i]) end
      assert.equal("OK", said[#said])
      local browser = server:connect()
      browser:send "POST / HTTP/1.1\r\nHost: x\r\n\r\nattach\r\n"
      assert.same({ nil, "closed" }, { browser:line() })
      other:say("trace -P icmp-paris " .. DST, "done")
      assert.equal("COMPLETED", cjson.decode((other:all())[2]).stop_reason)
    end)
    assert.truthy(log:find("speaks HTTP", 1, true))
  end)

  it("may send more commands ahead when it sends many", function()
    with(nil, function(server)
      local client = attached(server, "format json")
      local credit, most, sent, records = 1, 1, 0, 0
      while records < 502 do
        while credit > 0 and sent < 500 do
          client:say("trace -P icmp-paris " .. DST)
          credit, sent = credit - 1, sent + 1
          if sent == 500 then client:say "done" end
        end
        local line = assert(client:line())
        if line == "MORE" then credit = credit + 1 end
        if line == "DATA" then records = records + 1 end
        if sent < 15 then assert(credit <= 1) end
        most = math.max(most, credit)
      end
      assert.equal(16, credit)
      assert(most <= 16)
    end)
  end)

  it("gets turns as its priority says, and never more than the window", function()
    with("-w 1", function(server)
      local one, three = attached(server, "format json"), attached(server, "format json priority 3")
      for i = 1, 40 do
        one:say(("trace -P icmp-paris -U %d %s"):format(i, DST))
        three:say(("trace -P icmp-paris -U %d %s"):format(i, DST))
      end
      one:say "done"
      three:say "done"
      local records = one:all()
      assert.equal(42, #records)
      assert.equal(42, #(three:all()))
      for i = 1, 40 do assert.equal(i, cjson.decode(records[i + 1]).userid) end
    end)
  end)
end)

describe("the command line of scamper", function()
  teardown(run.clean)

  local function scamper(words)
    return run.run(('"$MTR_PROGRAM" %s scamper %s'):format(SIM, words))
  end

  it("is M-Lab's", function()
    local got = scamper('-o- -O json -I "tracelb -P icmp-echo -q 3 -W 39 -O ptr ' .. DST .. '"')
    assert.same({ 0, "" }, { got.status, got.err })
    local lines = run.records(got.out)
    assert.same({ "cycle-start", "tracelb", "cycle-stop" },
      { lines[1].type, lines[2].type, lines[3].type })
    assert.same({ DST, "icmp-echo", 3, 390, "198.18.0.1" }, { lines[2].dst, lines[2].method,
      lines[2].attempts, lines[2].wait_probe, lines[2].nodes[1].addr })
  end)

  it("finds the path MTU, as scamper's readers show it", function()
    if not run.has "sc_wartsdump" then pending "needs the program sc_wartsdump" end
    for dst, mtu in pairs { ["203.0.113.1"] = 1400, ["203.0.113.2"] = 1300,
      ["2001:db8:9::1"] = 1400 } do
      local got = run.run(('"$MTR_PROGRAM" --sim spec/sim/topologies/small_mtu.lua --seed 1 '
        .. 'scripts/scamper.lua -O warts -o "$DIR/out.warts" -I "trace -M -P udp-paris %s"')
        :format(dst))
      assert.same({ 0, "" }, { got.status, got.err })
      local dump = run.run 'sc_wartsdump "$DIR/out.warts"'.out
      assert.truthy(dump:find(("pmtu %d,"):format(mtu), 1, true), dump)
    end
  end)

  it("takes addresses and files, and writes warts", function()
    if not run.has "sc_warts2json" then pending "needs the program sc_warts2json" end
    local list = run.file("list", "# targets\n" .. DST .. "\n\n  " .. DST .. " comment\n")
    for words, n in pairs { ["-c 'trace -P icmp-paris' -i " .. DST .. " " .. DST] = 2,
      ["-c 'ping -c 1' -f " .. list] = 2, ["-f - <" .. list] = 2 } do
      local got = scamper('-O warts -l mine -L 3 -C 5 -o "$DIR/out.warts" ' .. words)
      assert.same({ 0, "", "" }, { got.status, got.err, got.out }, words)
      local lines = run.records(run.run 'sc_warts2json "$DIR/out.warts"'.out)
      assert.equal(n + 2, #lines, words)
      assert.same({ "mine", 5, DST }, { lines[1].list_name, lines[1].id, lines[2].dst })
    end
    local file = run.file("commands", "ping -c 1 " .. DST .. "\ntrace " .. DST .. "\n")
    assert.equal(4, #run.records(scamper("-O json -O cmdfile -f " .. file).out))
  end)

  it("names what is wrong", function()
    for words, wanted in pairs {
      ["-O json -I 'trace -Y 192.0.2.1'"] = { 2,
        "scamper: trace -Y 192.0.2.1: option -Y is not supported\n" },
      ["-i 192.0.2.1"] = { 2, "give a format" }, ["-O text -i 192.0.2.1"] = { 2, "-O must be" },
      ["-O json"] = { 2, "give -i" }, ["-O json 192.0.2.1"] = { 2, "give -i" },
      ["-O json -i -I x"] = { 2, "give -i" }, ["-U s -O json"] = { 2, "-U and -P serve" },
      ["-P 192.0.2.1:80"] = { 2, "loopback" }, ["-P 99999"] = { 2, "PORT or ADDRESS:PORT" },
      ["-p 0 -U s"] = { 2, "-p must be" }, ["-w 0 -U s"] = { 2, "-w must be" },
      ["-O json -f /does/not/exist"] = { 1, "No such file" },
      ["-O json -o /does/not/exist -i 192.0.2.1"] = { 1, "No such file" },
      ["-O json -o /dev/full -i " .. DST] = { 1, "No space left" },
      ["-U /does/not/exist"] = { 1, "ENOENT" },
    } do
      local got = scamper(words)
      assert.equal(wanted[1], got.status, words)
      assert.truthy(got.err:find(wanted[2], 1, true), words .. ": " .. got.err)
    end
  end)

  it("refuses a wrong command and runs the others", function()
    local got = scamper(("-O json -I 'trace' 'ping -c 1 %s'"):format(DST))
    assert.equal(2, got.status)
    assert.equal("ping", run.records(got.out)[2].type)
  end)
end)

describe("mtrlua scamper", function()
  it("keeps no descriptors of clients", function()
    with(nil, function(server)
      local function open() return run.run("ls /proc/" .. server.pid .. "/fd | wc -l").out end
      local before = open()
      for _ = 1, 30 do
        local client = attached(server)
        client:say("trace -P icmp-paris " .. DST, "done")
        client:all()
        client:close()
      end
      -- It sees the end of the last client some time after that.
      for _ = 1, 600 do
        if open() == before then break end
        run.pause(0.1)
      end
      assert.equal(before, open())
    end)
    run.clean()
  end)
end)
