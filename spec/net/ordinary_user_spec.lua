-- SPDX-License-Identifier: MIT
--
-- mtrlua run by a user without any privilege, in a lab: trace, ping and a campaign give true hops
-- by sockets of an ordinary user, by mtr-packet and by mtr-sockets, the same that traceroute(8),
-- tracepath(8) and mtr(8) find there; where ping sockets are closed icmp says what to do, and udp
-- and tcp work.

local nets = require "spec.support.real.nets"
local runs = require "spec.support.harness.run"

local run = runs.run
local ORDINARY = "setpriv --reuid=65534 --regid=65534 --clear-groups "
local NOBODY = ORDINARY .. "--inh-caps=-all --bounding-set=-all "
local HOPS = 4
local HELPER = ((os.getenv "MTR_PROGRAM") or "build/mtrlua"):gsub("/mtrlua$", "/mtr-sockets")
  :gsub("/asan/", "/")

local l

-- A lab, and an installation that nobody can read: the program, and its scripts.
local function set_up()
  nets.needs_privilege(pending)
  if run("id -u").out ~= "0\n" then pending "needs root" end
  if l then return end
  l = nets.up(("chain %d udp=7 tcp=80"):format(HOPS))
  run('mkdir -p $DIR/bin $DIR/share/mtrlua; cp "$MTR_PROGRAM" $DIR/bin/mtrlua; '
    .. ("cp -r scripts $DIR/share/mtrlua; install -D %s $DIR/sockets/mtr-sockets; "):format(HELPER)
    .. "chmod -R a+rX $DIR; setcap cap_net_raw+ep $DIR/sockets/mtr-sockets")
end

local function tear_down()
  nets.down()
  runs.clean()
  l = nil
end

-- Runs a command in the lab as nobody, who can gain no privilege.
local function nobody(command)
  return run(l:command("cd /; " .. NOBODY .. command))
end

local function mtrlua(words) return nobody(runs.dir() .. "/bin/mtrlua " .. words) end

-- The ways of an ordinary user to send and receive: what results call them, and who runs them.
local WAYS = {
  { "user", mtrlua },
  { "mtr-packet", function(words)
    return run(l:command("cd /; " .. ORDINARY .. "$DIR/bin/mtrlua --transport mtr-packet "
      .. words))
  end },
  { "raw", over = "mtr-sockets", function(words)
    return run(l:command("cd /; " .. ORDINARY .. "env PATH=$DIR/sockets:$PATH $DIR/bin/mtrlua "
      .. words))
  end },
}

-- The addresses that must be found, in order.
local function truth(v)
  local list = {}
  for ttl = 1, HOPS do list[ttl] = l.truth["v" .. v][ttl][1] end
  return table.concat(list, " ")
end

-- The path in a line of JSON.
local function path(record)
  local list = {}
  for ttl, hop in ipairs(record.hops) do list[ttl] = (hop.replies[1] or {}).addr or "*" end
  return table.concat(list, " ")
end

describe("an ordinary user", function()
  teardown(tear_down)

  for _, way in ipairs(WAYS) do
    local transport, by = way[1], way[2]
    for _, protocol in ipairs { "icmp", "udp", "tcp" } do
      local words = protocol .. " over " .. (way.over or transport)

      it("traces by " .. words, function()
        set_up()
        nets.pings(l)
        local got = by(("trace -o jsonl -p %s %s %s"):format(protocol, l.dst4, l.dst6))
        local records = runs.records(got.out)
        assert.same({ 2, "" }, { #records, got.err })
        for _, record in ipairs(records) do
          assert.same({ transport, "completed" }, { record.transport, record.stop_reason })
          assert.equal(truth(record.dst:find ":" and 6 or 4), path(record))
        end
      end)

      it("pings by " .. words, function()
        set_up()
        nets.pings(l)
        for _, dst in ipairs { l.dst4, l.dst6 } do
          local got = by(("ping -c 2 -i 10ms -p %s %s"):format(protocol, dst))
          assert.equal(0, got.status, got.err)
          assert.truthy(got.out:find "2 sent, 2 received, 0%% unanswered", got.out)
        end
      end)

      it("runs a campaign by " .. words, function()
        set_up()
        nets.pings(l)
        local list = runs.file("targets", l.dst4 .. "\n" .. l.dst6 .. "\n")
        run("chmod a+r $DIR/targets")
        local got = by(("campaign -t %s -p %s -o jsonl"):format(list, protocol))
        local records = runs.records(got.out)
        assert.equal(2, #records, got.err)
        for _, record in ipairs(records) do
          assert.equal(transport, record.transport)
          assert.equal(truth(record.dst:find ":" and 6 or 4), path(record))
        end
      end)
    end
  end

  it("has no privilege with its own sockets, and none that others could not open", function()
    set_up()
    nets.pings(l)
    runs.file("sockets.lua", [[
      local ffi, mtr = require "ffi", require "mtr"
      ffi.cdef "int getsockopt(int, int, int, int *, unsigned *);"
      local engine = assert(mtr.engine())
      for _, protocol in ipairs { "icmp", "udp", "tcp" } do
        print(engine:trace(arg[1], { protocol = protocol, on_probe = function()
          local value, size = ffi.new "int[1]", ffi.new("unsigned[1]", 4)
          for fd = 0, 200 do
            local function option(number)      -- of SOL_SOCKET
              return ffi.C.getsockopt(fd, 1, number, value, size) == 0 and value[0] or nil
            end
            local kind, domain = option(3), option(39)
            if domain == 17 or (kind == 3 and domain ~= 16) then print "raw" end   -- not netlink
          end
        end }).stop_reason)
      end
      print(io.open "/proc/self/status":read "*a":match "CapEff:%s*(%x+)")
      engine:close()]])
    run "chmod a+r $DIR/sockets.lua"
    local got = mtrlua("--transport user $DIR/sockets.lua " .. l.dst4)
    assert.equal(("completed\n"):rep(3) .. ("0"):rep(16) .. "\n", got.out, got.err)
  end)

  it("is told which transport it has, what that lacks, and what would give more", function()
    set_up()
    nets.pings(l)
    local got = mtrlua("--log info trace " .. l.dst4)
    for _, words in ipairs { "transport user: raw sockets are not permitted", "no quotes",
      "no constant flows of udp and tcp", "cap_net_raw", "mtr-tiny" } do
      assert.truthy(got.err:find(words, 1, true), got.err)
    end
    assert.is_nil(got.err:find("ping_group_range", 1, true))
  end)

  it("where ping sockets are closed, has udp and tcp, and is told about icmp", function()
    set_up()
    nets.pings(l, nil, true)
    for _, protocol in ipairs { "udp", "tcp" } do
      local got = mtrlua(("trace -o jsonl -p %s %s"):format(protocol, l.dst6))
      assert.equal(truth(6), path(runs.records(got.out)[1]), got.err)
    end
    for _, words in ipairs { "trace ", "ping -c 1 " } do
      local got = mtrlua("--log info " .. words .. l.dst4)
      assert.equal(1, got.status)
      assert.truthy(got.err:find("EPERM: [^\n]*sysctl %-w net.ipv4.ping_group_range="
        .. '"0 2147483647"'), got.err)
    end
  end)
end)

-- Other programs, and how they are called. mtr's helper needs its privilege, and so does a trace of
-- traceroute by TCP: these run as root. With several pings at once, traceroute loses those that it
-- sends while the error about another one is pending. Without -w it waits for a hop ten times as
-- long as the next one took: that may be less than a millisecond.
local PEERS = {
  { "traceroute", "traceroute -n -q 1 -w 10 -U -p 33434" },
  { "traceroute", "traceroute -n -q 1 -w 10 -N 1 -I" },
  { "traceroute", "traceroute -n -q 1 -w 10 -T -p 80", root = true },
  { "tracepath", "tracepath -n -m 8" },
  { "mtr", "mtr -n -r -c 1 -G 1", root = true },
  { "mtr", "mtr -n -r -c 1 -G 1 -u", root = true },
  { "mtr", "mtr -n -r -c 1 -G 1 -T -P 80", root = true },
}

-- The addresses in front of which a tool writes the number of a hop, each hop once.
local function listed(text)
  local hops, count = {}, 0
  for line in text:gmatch "[^\n]+" do
    local ttl, addr = line:match "^%s*(%d+)[:.|%-%s]+([%x.:]*[.:][%x.:]+)"
    if ttl and not hops[tonumber(ttl)] then
      hops[tonumber(ttl)] = addr
      count = count + 1
    end
  end
  return table.concat(hops, " ", 1, count)
end

describe("an ordinary user finds what is found by", function()
  teardown(tear_down)

  for _, peer in ipairs(PEERS) do
    for v = 4, 6, 2 do
      it(("%s over IPv%d"):format(peer[2], v), function()
        set_up()
        nets.pings(l)
        if not runs.has(peer[1]) then pending("needs the program " .. peer[1]) end
        local command = peer[2] .. " " .. l["dst" .. v]
        local got = peer.root and run(l:command(command)) or nobody(command)
        assert.equal(truth(v), listed(got.out), got.out .. got.err)
      end)
    end
  end
end)
