-- SPDX-License-Identifier: MIT
--
-- scripts/mtr-packet.lua, as its clients see it: its answers to commands are those of mtr-packet
-- 0.96 to the byte (N stands for a time), except where the head of the script names an improvement.
-- Where 0.95 answers the same, the installed mtr-packet is compared too.

local forger = require "spec.support.real.forger"
local loopback = require "spec.support.real.loopback"
local nets = require "spec.support.real.nets"
local packet = require "spec.support.packets.packet"
local run = require "spec.support.harness.run"

local SCRIPT = '"$MTR_PROGRAM" scripts/mtr-packet.lua '
local EXECUTABLE = 'PATH="$(dirname "$MTR_PROGRAM"):$PATH" MTR_PACKET=scripts/mtr-packet.lua '

-- What the script, or another program, answers to the bytes |input|.
local function serve(input, l, program)
  run.file("in", input)
  local command = (program or SCRIPT) .. ' <"$DIR/in"'
  return run.run(l and l:command(command) or command)
end

-- Answers by token, without their times.
local function by_token(text)
  local answers = {}
  text = text:gsub("round%-trip%-time %d+", "round-trip-time N")
  for token, answer in text:gmatch "(%S+) ([^\n]*)\n" do
    answers[token] = (answers[token] and answers[token] .. "\n" or "") .. answer
  end
  return answers
end

local function fill(l, text)
  return (text:gsub("[DS][46]", function(word)
    return l and l[(word:sub(1, 1) == "D" and "dst" or "src") .. word:sub(2)]
  end))
end

-- Asks all questions of { question, answer, "0.96" if 0.95 answers otherwise } in one process.
local function ask(cases, l)
  local lines, older = {}, {}
  for i, case in ipairs(cases) do
    lines[i] = i .. " " .. fill(l, case[1]) .. "\n"
    if not case[3] then older[#older + 1] = lines[i] end
  end
  local got = serve(table.concat(lines), l)
  assert.same({ 0, "" }, { got.status, got.err })
  local answers = by_token(got.out)
  local theirs = run.has "mtr-packet"
    and by_token(serve(table.concat(older), l, "mtr-packet").out)
  for i, case in ipairs(cases) do
    local expected = fill(l, case[2])
    assert.equal(expected, answers[tostring(i)], lines[i])
    if theirs and not case[3] then
      assert.equal(expected, theirs[tostring(i)], "mtr-packet 0.95: " .. lines[i])
    end
  end
end

local missing = loopback.missing()
local it_works = missing and function(name)
  it(name, function() pending(missing) end)
end or it

local V4, V6 = "reply ip-4 127.0.0.1 round-trip-time N", "reply ip-6 ::1 round-trip-time N"
local BAD, NEW = "invalid-argument", "0.96"

local LOOPBACK = {
  { "check-support feature send-probe", "feature-support support ok" },
  { "check-support feature version", "feature-support support 0.96", NEW },
  { "check-support feature ip-4", "feature-support support ok" },
  { "check-support feature ip-6", "feature-support support ok" },
  { "check-support feature icmp", "feature-support support ok" },
  { "check-support feature udp", "feature-support support ok" },
  { "check-support feature tcp", "feature-support support ok" },
  { "check-support feature mark", "feature-support support ok" },
  { "check-support feature local-device", "feature-support support no" },
  { "check-support feature bogus", "feature-support support no" },
  { "check-support", BAD },
  { "send-probe ip-4 127.0.0.1 ttl 1", V4 }, { "send-probe ip-6 ::1 ttl 1", V6 },
  { "send-probe ip-4 127.0.0.1 local-ip-4 127.0.0.1", V4 },
  { "send-probe ip-4 127.0.0.1 protocol udp", V4 }, { "send-probe ip-6 ::1 protocol udp", V6 },
  { "send-probe ip-4 127.0.0.1 protocol udp port 9", V4 },
  { "send-probe ip-4 127.0.0.1 protocol udp port 9 local-port 40000", V4 },
  { "send-probe ip-6 ::1 protocol udp port 9 local-port 40000", V6, NEW },
  { "send-probe ip-4 127.0.0.1 protocol tcp port 1", V4 },
  { "send-probe ip-6 ::1 protocol tcp port 1", V6 },
  { "send-probe ip-4 127.0.0.1 protocol tcp port 65536", V4 },
  { "send-probe ip-4 127.0.0.1 protocol tcp port -1", V4 },
  { "send-probe ip-4 127.0.0.1 protocol gre", BAD },
  { "send-probe", BAD .. " reason ip-version-not-supported" },
  { "send-probe ip-4 localhost", BAD }, { "send-probe ip-4 ::1", BAD },
  { "send-probe ip-6 fe80::1%lo", BAD }, { "send-probe ip-4 127.0.0.1 local-ip-6 ::1", BAD },
  { "send-probe ip-4 127.0.0.1 frobnicate 7", V4 },
  { "send-probe ip-4 192.0.2.1 ip-6 ::1", V6 },
  { "send-probe ip-4 127.0.0.1 ttl str-value", BAD },
  { "send-probe ip-4 127.0.0.1 ttl 0", BAD, NEW },
  { "send-probe ip-4 127.0.0.1 ttl 256", BAD, NEW },
  { "send-probe ip-4 127.0.0.1 ttl -1", V4 }, { "send-probe ip-6 ::1 ttl 256", BAD },
  { "send-probe ip-6 ::1 ttl 0", V6 },
  { "send-probe ip-4 127.0.0.1 timeout 0", V4 }, { "send-probe ip-4 127.0.0.1 timeout -1", V4 },
  { "send-probe ip-4 127.0.0.1 local-port 80", BAD },
  { "send-probe ip-4 127.0.0.1 size 1", V4 }, { "send-probe ip-4 127.0.0.1 size -5", V4 },
  { "send-probe ip-4 127.0.0.1 size 9000", V4 }, { "send-probe ip-4 127.0.0.1 size 9001", BAD },
  { "send-probe ip-6 ::1 size 9040", V6 }, { "send-probe ip-6 ::1 size 9041", BAD },
  { "send-probe ip-4 127.0.0.1 bit-pattern 256", V4 },
  { "send-probe ip-4 127.0.0.1 protocol udp bit-pattern 85 size 101", V4 },
  { "send-probe ip-6 ::1 protocol udp bit-pattern 170 size 101", V6 },
  { "send-probe ip-4 127.0.0.1 tos 256", V4 }, { "send-probe ip-6 ::1 tos 256", BAD },
  { "send-probe ip-4 127.0.0.1 local-device nosuch0", "unexpected-error errno 19", NEW },
  { "send-probe ip-4 127.0.0.1 local-device lo", V4 },
  { "send-probe ip-4 127.0.0.1 local-ip-4 10.250.0.1", "address-not-available", NEW },
  { "send-probe ip-4 127.0.0.1 local-ip-4 10.250.0.1 ttl 0", "address-not-available", NEW },
  { "send-probe ip-6 ::1 local-ip-6 2001:db8::1", "address-not-available" },
  { "send-probe ip-4 0.0.0.0", V4 }, { "send-probe ip-6 ::", V6 },
  { "argle-bargle", "unknown-command" }, { "SEND-PROBE ip-4 127.0.0.1", "unknown-command" },
}

local PARSE, OVER = "0 command-parse-error\n", "0 command-buffer-overflow\n"
local LINES = {
  { "", "" }, { "\n", PARSE }, { "1\n", PARSE }, { "  \t \n", PARSE },
  { "1 send-probe ip-4\n", PARSE }, { "1 x" .. (" a b"):rep(17) .. "\n", PARSE },
  { "1 x" .. (" a b"):rep(16) .. "\n", "1 unknown-command\n" },
  { "1 x\n2 y", "1 unknown-command\n" }, { "\t1\vx\f\r\n", "1 unknown-command\n" },
  { "+7 x\n007 x\n12abc x\nabc x\n0x10 x\n-5 x\n", "7 ;7 ;12 ;0 ;0 ;-5 " },
  { "2147483648 x\n4294967297 x\n9223372036854775808 x\n", "-2147483648 ;1 ;" .. PARSE },
  { "5 x\n5 x\n5 y\n", "5 ;5 ;5 " },
  { "1 x\0y\n2 x\n", PARSE .. "2 unknown-command\n" },
  { "\0\n2 x\n", PARSE .. "2 unknown-command\n" },
  { "1 x " .. (" "):rep(4090) .. "\n", "1 unknown-command\n" },
  { "1 x " .. (" "):rep(4091) .. "\n", OVER .. PARSE },
  { ("x"):rep(4094), "" }, { ("x"):rep(4095), OVER }, { ("x"):rep(4095) .. "7 x\n", OVER .. "7 " },
}

describe("mtr-packet", function()
  teardown(run.clean)

  it_works("answers as 0.96 does", function() ask(LOOPBACK) end)

  it_works("reads lines as 0.96 does", function()
    for _, case in ipairs(LINES) do
      local expected = case[2]:gsub("(%-?%d+) ;", "%1 unknown-command\n")
        :gsub("(%-?%d+) $", "%1 unknown-command\n")
      local got = serve(case[1])
      assert.same({ 0, expected, "" }, { got.status, got.out, got.err })
    end
  end)

  it_works("is never put off by garbage", function()
    math.randomseed(7)
    local junk = {}
    for i = 1, 300000 do junk[i] = string.char(math.random(0, 255)) end
    local ended = "\n77777 check-support feature version\n"
    local got = serve(table.concat(junk) .. ended .. ("y"):rep(1e7) .. ended)
    assert.same({ 0, "" }, { got.status, got.err })
    assert.equal(2, select(2, got.out:gsub("\n77777 feature%-support support 0%.96\n", "")))
    assert.is_true(select(2, got.out:gsub("0 command%-buffer%-overflow\n", "")) >= 2441)
  end)

  it_works("answers each of many, once, whatever the pieces", function()
    local lines = {}
    for i = 1, 20000 do
      lines[i] = ("%d send-probe ip-%s ttl %d protocol %s"):format(i, i % 3 == 0 and "6 ::1"
        or "4 127.0.0." .. i % 7 + 1, i % 250 + 1, i % 5 == 0 and "udp" or "icmp")
    end
    local input = table.concat(lines, "\n") .. "\n"
    run.file("in", input)
    for _, how in ipairs { SCRIPT .. '<"$DIR/in"', 'dd bs=37 if="$DIR/in" 2>&- |' .. SCRIPT,
      'cat "$DIR/in" |' .. SCRIPT .. "| (sleep 1; cat)" } do
      local seen, n = {}, 0
      for token, word in run.run(how).out:gmatch "(%d+) (%S+)[^\n]*\n" do
        assert(not seen[token] and word == "reply", token .. " " .. word)
        seen[token], n = true, n + 1
      end
      assert.equal(20000, n)
    end
  end)

  it_works("sleeps while the last probe is out, and then ends", function()
    local port, close = loopback.silent_port()
    run.file("in", "1 send-probe ip-4 127.0.0.1 timeout 1 protocol udp port " .. port .. "\n")
    local got = run.run(SCRIPT .. '<"$DIR/in"; times')
    close()
    assert.equal("1 no-reply\n", got.out:match "^[^\n]*\n")
    local user, system = got.out:match "\n%d+m([%d.]+)s %d+m([%d.]+)s\n$"
    assert.is_true(user + system < 0.5, got.out)
  end)

  it_works("ends quietly when nobody reads, and at once on a signal", function()
    run.file("in", ("1 send-probe ip-4 127.0.0.1\n"):rep(20000))
    local got = run.run(SCRIPT .. '<"$DIR/in" | head -n 1')
    assert.equal("", got.err)
    assert.equal("1 reply ip-4 127.0.0.1", got.out:match "^%d+ %S+ %S+ %S+")
    local port, close = loopback.silent_port()
    local line = "1 send-probe ip-4 127.0.0.1 timeout 50 protocol udp port " .. port
    got = run.run(('mkfifo "$DIR/fifo" "$DIR/said"; exec 3<>"$DIR/fifo" 4<>"$DIR/said"; '
      .. '%s <"$DIR/fifo" >&4 & echo %s >&3; echo "2 check-support feature version" >&3; '
      .. 'read answer <&4; echo "$answer"; kill $!; wait $!; echo $?'):format(SCRIPT, line))
    close()
    assert.same({ "2 feature-support support 0.96\n143\n", "mtrlua: interrupted\n" },
      { got.out, got.err })
  end)

  -- So mtr(8) ends it: it closes both pipes, and sends SIGTERM before we have seen that.
  it_works("ends silently when its client closes both pipes and ends it", function()
    local port, close = loopback.silent_port()
    local line = "1 send-probe ip-4 127.0.0.1 timeout 50 protocol udp port " .. port
    local got = run.run(('mkfifo "$DIR/i" "$DIR/o"; %s <"$DIR/i" >"$DIR/o" & exec 3>"$DIR/i" '
      .. '4<"$DIR/o"; echo "2 check-support feature version" >&3; read answer <&4; echo "$answer"; '
      .. "echo %s >&3; kill -STOP $!; exec 3>&- 4<&-; kill -TERM $!; kill -CONT $!; wait $!; "
      .. "echo $?"):format(SCRIPT, line))
    close()
    assert.same({ "2 feature-support support 0.96\n143\n", "" }, { got.out, got.err })
  end)

  it("says what it needs", function()
    local drop = "setpriv --bounding-set=-net_raw --inh-caps=-net_raw "
    if run.run("id -u").out ~= "0\n" then drop = "" end
    if drop ~= "" and run.run(drop .. "true").status ~= 0 then pending "needs setpriv" end
    local got = run.run("echo 1 x | " .. drop .. SCRIPT)
    assert.same({ 1, "" }, { got.status, got.out })
    assert.truthy(got.err:find "^mtr%-packet: EPERM: .*CAP_NET_RAW")
  end)
end)

-- In networks. D4, S4... are the destination's and the prober's addresses, R the last router asked.

local function expired(addr)
  return ("ttl-expired ip-%d %s round-trip-time N"):format(addr:find ":" and 6 or 4, addr)
end

local function replied(v) return ("reply ip-%d D%d round-trip-time N"):format(v, v) end

describe("mtr-packet in a network", function()
  before_each(function() nets.needs_privilege(pending) end)
  after_each(nets.down)
  teardown(run.clean)

  it("finds every hop, by every protocol", function()
    local l, cases = nets.up "chain 4 tcp=443 udp=53", {}
    for _, words in ipairs { "", " protocol udp", " protocol tcp", " protocol tcp port 443" } do
      for _, v in ipairs { 4, 6 } do
        local head = ("send-probe ip-%d D%d local-ip-%d S%d%s timeout 3 ttl "):format(
          v, v, v, v, words)
        for ttl = 1, 3 do
          cases[#cases + 1] = { head .. ttl, expired(l.truth["v" .. v][ttl][1]) }
        end
        cases[#cases + 1] = { head .. "9", replied(v) }
        cases[#cases + 1] = { head .. "9 size 1400 tos 16 bit-pattern 85", replied(v) }
      end
    end
    -- No local-ip, data from an open port, and packets larger than the link.
    cases[#cases + 1] = { "send-probe ip-4 D4 ttl 2", expired(l.truth.v4[2][1]) }
    cases[#cases + 1] = { "send-probe ip-4 D4 protocol udp port 53 timeout 2", replied(4), NEW }
    cases[#cases + 1] = { "send-probe ip-6 D6 protocol udp port 53 timeout 2", replied(6), NEW }
    cases[#cases + 1] = { "send-probe ip-4 D4 size 3000", replied(4), NEW }
    cases[#cases + 1] = { "send-probe ip-6 D6 size 9000 protocol udp", replied(6) }
    cases[#cases + 1] = { "send-probe ip-4 D4 size 9000 ttl 1", expired(l.truth.v4[1][1]), NEW }
    ask(cases, l)
  end)

  for topology, v in pairs {
    ["unreach"] = 4, ["unreach host"] = 6, ["unreach admin"] = 4, ["filter"] = 6,
  } do
    it("names the router that refuses packets: " .. topology, function()
      local l, cases = nets.up(topology), {}
      local by = l.truth.unreach["v" .. v].addr
      for i, protocol in ipairs { "icmp", "udp", "tcp" } do
        cases[i] = { ("send-probe ip-%d D%d protocol %s"):format(v, v, protocol),
          ("no-route-host ip-%d %s round-trip-time N"):format(v, by), NEW }
      end
      ask(cases, l)
    end)
  end

  it("says when nobody answers, and mixes up no probes", function()
    local l, cases = nets.up "silent", {}
    local silent = 1
    while l.truth.v4[silent] do silent = silent + 1 end
    for round = 1, 3 do
      for _, protocol in ipairs { "tcp", "icmp", "udp" } do
        local head = "send-probe ip-4 D4 local-ip-4 S4 timeout 1 protocol " .. protocol .. " ttl "
        cases[#cases + 1] = { head .. silent, "no-reply", round > 1 and NEW or nil }
        cases[#cases + 1] = { head .. silent - 1, expired(l.truth.v4[silent - 1][1]), NEW }
      end
    end
    ask(cases, l)
  end)

  it("says why this host cannot send a probe", function()
    local l = nets.up "chain 2"
    local near = l.truth.v4[1][1]:gsub("%d+$", "77")
    nets.must(l, "ip route add unreachable 10.77.1.0/24; ip route add prohibit 10.77.2.0/24; "
      .. "ip route add blackhole 10.77.3.0/24; ip -6 route add prohibit fd77:2::/64; "
      .. "nft 'table inet t { chain o { type filter hook output priority 0; "
      .. "ip daddr 10.77.4.1 drop; }; }'; ip route add 10.77.4.0/24 via " .. l.truth.v4[1][1])
    ask({
      { "send-probe ip-4 203.0.113.9", BAD },
      { "send-probe ip-4 203.0.113.9 local-ip-4 S4", "no-route-network", NEW },
      { "send-probe ip-6 2001:db8::9 local-ip-6 S6 protocol udp", "no-route-network", NEW },
      { "send-probe ip-4 10.77.1.1 local-ip-4 S4", "no-route-host", NEW },
      { "send-probe ip-4 10.77.1.1", "no-route-host", NEW },
      { "send-probe ip-4 10.77.2.1 local-ip-4 S4", "unexpected-error errno 13" },
      { "send-probe ip-4 10.77.2.1", BAD },
      { "send-probe ip-6 fd77:2::1 local-ip-6 S6 protocol tcp", "unexpected-error errno 13" },
      { "send-probe ip-4 10.77.3.1 local-ip-4 S4", BAD },
      { "send-probe ip-4 255.255.255.255", BAD },
      { "send-probe ip-4 10.77.4.1 local-ip-4 S4", "permission-denied" },
      { "send-probe ip-4 " .. near, "no-route-host ip-4 S4 round-trip-time N", NEW },
    }, l)
  end)

  it("sends through an interface, and with the mark that mtrlua was given", function()
    local l = nets.up "chain 2"
    local device = l:exec("ip route get " .. l.dst4):match " dev (%S+)"
    local head, hop = "send-probe ip-4 D4 ttl 1 timeout 2 ", l.truth.v4[1][1]
    ask({ { head .. "local-device " .. device, expired(hop), NEW },
      { head .. "local-device lo", "no-reply", NEW } }, l)
    local lines = fill(l, ("1 %s mark 7\n2 %s mark 8\n"):format(head, head))
    local got = serve(lines, l, '"$MTR_PROGRAM" --mark 7 scripts/mtr-packet.lua')
    assert.same({ ["1"] = expired(hop), ["2"] = "permission-denied" }, by_token(got.out))
  end)

  it("follows the routes as they change", function()
    local l = nets.up "chain 2"
    local hop = l.truth.v4[1][1]
    -- Each probe is answered before the route changes, and what is known of it is forgotten.
    local line = "echo %d send-probe ip-4 " .. l.dst4 .. " ttl 1 timeout 2; "
      .. "until grep -q '^%d ' $DIR/answers; do sleep 0.02; done; "
    local function probe(n) return line:format(n, n) end
    local route = "10.0.0.0/8 via " .. hop .. "; sleep 1.1; "
    local input = probe(1) .. "ip route del " .. route .. probe(2) .. "ip route add " .. route
      .. probe(3)
    local got = run.run(l:command(">$DIR/answers; (" .. input .. ") | " .. SCRIPT
      .. ">$DIR/answers; cat $DIR/answers"))
    assert.same({ ["1"] = expired(hop), ["2"] = BAD, ["3"] = expired(hop) }, by_token(got.out))
  end)

  it("has tens of thousands of probes under way", function()
    local l, lines = nets.up "blackhole", {}
    for i = 1, 50000 do
      lines[i] = ("%d send-probe ip-%d D%d timeout 2"):format(i, i % 2 * 2 + 4, i % 2 * 2 + 4)
    end
    local seen, n = {}, 0
    local out = serve(fill(l, table.concat(lines, "\n")) .. "\n", l).out
    for token, word in out:gmatch "(%d+) (%S+)\n" do
      assert(not seen[token] and word == "no-reply", token .. " " .. word)
      seen[token], n = true, n + 1
    end
    assert.equal(50000, n)
  end)

  it("reports MPLS labels", function()
    local l = nets.up "chain 2"
    local f = forger.open(l)
    local labels = packet.u32(24000 * 4096 + 1) .. packet.u32(24001 * 4096 + 0x302)
    local answered = 0
    local function label(p)
      answered = answered + 1
      f:send(forger.icmp(p, "exceeded", { length = p.v == 4 and 32 or 16,
        quote = packet.pad(forger.quote(p), 128),
        behind = packet.extension(packet.object(9, 9, "????") .. packet.object(1, 1, labels)) }))
    end
    run.file("in", "1 send-probe ip-4 10.66.2.1 ttl 3\n2 send-probe ip-6 fd66:2::1 ttl 4\n")
    local pipe = io.popen("DIR=" .. run.dir() .. " exec " .. l:command(SCRIPT .. '<"$DIR/in"'))
    for _ = 1, 6000 do                       -- 30 s, where the program starts slowly
      f:answer(label)
      if answered == 2 then break end
      f:wait(5)
    end
    local text = pipe:read "*a"
    pipe:close()
    f:close()
    local mpls = " mpls 24000,0,0,1,24001,1,1,2"
    assert.same({ ["1"] = expired "10.66.1.3" .. mpls, ["2"] = expired "fd66:1::4" .. mpls },
      by_token(text))
  end)

  it("is enough for mtr(8) to run", function()
    if not run.has "mtr" then pending "needs mtr" end
    local l, command = nets.up "chain 4", {}
    for i, options in ipairs { "", "-u", "-T", "-6", "-6 -u", "-6 -T" } do
      command[i] = ('%s mtr -n -r -c 5 -i 0.3 %s %s >"$DIR/%d" 2>&1 &'):format(EXECUTABLE, options,
        options:find "6" and l.dst6 or l.dst4, i)
    end
    local left = "left() { for p in $(find -L /proc/[0-9]*/ns/net -samefile /proc/self/ns/net); "
      .. 'do grep mtrlua ${p%/ns/net}/comm; done 2>&-; } 2>&-; '
      .. 'for i in $(seq 100); do [ "$(left)" ] || break; sleep 0.2; done; left'
    local got = run.run(l:command(table.concat(command, "\n") .. "\nwait\n" .. left))
    assert.equal("", got.out)
    for i = 1, 6 do
      local text, path = run.run(('cat "$DIR/%d"'):format(i)).out, {}
      for ttl, addr, loss, sent in text:gmatch "\n *(%d+)%.|%-%- (%S+) +([%d.]+)%% +(%d+) " do
        path[tonumber(ttl)] = { addr }
        assert.same({ "0.0", "5" }, { loss, sent }, text)
      end
      assert.same(l.truth[i < 4 and "v4" or "v6"], path, text)
    end
  end)
end)
