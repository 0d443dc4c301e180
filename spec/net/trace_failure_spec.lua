-- SPDX-License-Identifier: MIT
--
-- scripts/trace.lua when something is wrong: usage, targets, privileges, the network, the disk.
-- Also its text for hops that no lab has: a replacement for the module "mtr" gives them.

local cjson = require "cjson"
local lab = require "spec.lab.lab"
local nets = require "spec.support.real.nets"
local runs = require "spec.support.harness.run"

local run = runs.run
local TRACE = '"$MTR_PROGRAM" scripts/trace.lua '
local privileged, reason = lab.available()

local function check(got, status, out, err)
  local text = ("status %d\nstdout: %s\nstderr: %s"):format(got.status, got.out, got.err)
  assert.message(text).equal(status, got.status)
  assert.message(text).truthy(out == "" and got.out == "" or out ~= "" and got.out:find(out))
  assert.message(text).truthy(err == "" and got.err == "" or err ~= "" and got.err:find(err))
end

-- What --output of the program trace takes, as its message says it.
local function outputs()
  local words = require "mtr.report".words "trace"
  return table.concat(words, ", ", 1, #words - 1) .. " or " .. words[#words]
end

-- Wrong usage that only an open engine notices.
local ENGINE = { ["-f 5 -m 3 ::1"] = true, ["--port 80 ::1"] = true, ["--size 25 ::1"] = true,
  ["-U --tcp-flags ack ::1"] = true }

describe("trace's usage", function()
  teardown(runs.clean)

  it("is printed by --help, with examples and exit statuses", function()
    for _, word in ipairs { "--help", "-h", "-m 3 --help x" } do
      check(run(TRACE .. word), 0, "^usage: trace .*\n  %-m, %-%-max%-ttl N .*\nexamples:\n  trace "
        .. ".*Exit status: 0 .* 1 .* 2 .*130", "")
    end
  end)

  for words, message in pairs {
    [""] = "missing argument 'target'",
    ["--protocl tcp ::1"] = "unknown option '%-%-protocl'\nDid you mean '%-%-protocol'%?",
    ["--size 25 ::1"] = "%-%-size must be .*, got 25",
    ["::1 -w"] = "option '%-w' requires an argument",
    ["-m 300 ::1"] = "%-%-max%-ttl must be 1%.%.255, got 300",
    ["-m x ::1"] = '%-%-max%-ttl must be 1%.%.255, got "x"',
    ["-f 0 ::1"] = "%-%-first%-ttl must be 1%.%.255, got 0",
    ["-q 0 ::1"] = "%-%-queries must be 1%.%.16, got 0",
    ["-w soon ::1"] = "%-%-timeout must be such as 2 %(seconds%) or 250ms, got 'soon'",
    ["-w 99999 ::1"] = '%-%-timeout must be .*, got "99999s"',
    ["-p tpc ::1"] = '%-%-protocol must be .*, got "tpc"; did you mean "tcp"%?',
    ["-p 443 ::1"] = "%-p is the protocol; for the port: %-%-port 443",
    ["-o xml ::1"] = "%-%-output must be " .. outputs() .. ", got 'xml'",
    ["-s nowhere ::1"] = '%-%-source must be .*, got "nowhere"',
    ["-U --tcp-flags ack ::1"] = '%-%-tcp%-flags needs %-%-protocol "tcp"',
    ["-f 5 -m 3 ::1"] = "%-%-first%-ttl 5 is above %-%-max%-ttl 3",
    ["--port 80 ::1"] = '%-%-port needs %-%-protocol "udp" or "tcp"',
  } do
    it("says what is wrong with: " .. words, function()
      if not privileged and ENGINE[words] then pending("needs CAP_NET_RAW") end
      check(run(TRACE .. words), 2, "", "^trace: " .. message .. "\ntry: trace %-%-help\n$")
    end)
  end
end)

describe("trace", function()
  after_each(nets.down)
  teardown(runs.clean)

  local function inside(topology, command)
    if not privileged then pending(reason) end
    local l = nets.up(topology)
    return run(l:command((command:gsub("DST4", l.dst4):gsub("DST6", l.dst6)))), l
  end

  it("goes on after targets that cannot be traced", function()
    local got, l = inside("chain 2", TRACE .. "-o jsonl no..where 203.0.113.1 DST4 224.0.0.1")
    check(got, 1, "^[^\n]+\n$", "trace: no%.%.where: E%u+: [^\n]*not found")
    check(got, 1, ".", "trace: 224%.0%.0%.1: EACCES: [^\n]*multicast")
    assert.equal(l.dst4, cjson.decode(got.out).dst)
  end)

  it("names the address or interface that cannot be used", function()
    check(inside("chain 2", TRACE .. "-s 192.0.2.1 DST4"), 1, "", "trace: 10.*: EADDRNOTAVAIL: ")
    check(inside("chain 2", TRACE .. "-i none0 DST4"), 1, "", "trace: 10.*: ENODEV: .*none0")
    check(inside("chain 2", TRACE .. "-4 DST6"), 1, "", "trace: fd00:.*: EAFNOSUPPORT: .*IPv4")
  end)

  it("prints nothing for no targets", function()
    check(run(TRACE .. "-o jsonl - </dev/null"), 0, "", "")
  end)

  it("says that a privilege is missing, and what to do", function()
    local drop = "setpriv --bounding-set=-net_raw --inh-caps=-net_raw "
    local root = run("id -u").out == "0\n"
    if root and run(drop .. "true").status ~= 0 then pending("needs setpriv") end
    local got = run((root and drop or "") .. '"$MTR_PROGRAM" --transport raw trace 127.0.0.1 ::1')
    check(got, 1, "", "^trace: 127%.0%.0%.1: EPERM: .*CAP_NET_RAW.*\ntrace: ::1: EPERM: .*\n$")
  end)

  it("traces to a broadcast address when that is asked for", function()
    local got = inside("chain 2", TRACE .. "-q 1 -m 1 -w 0.2 10.0.1.255; "
      .. TRACE .. "--allow-broadcast -q 1 -m 1 -w 0.2 10.0.1.255")
    check(got, 0, "^trace to 10%.0%.1%.255 [^\n]*\n 1 ", "^trace: 10%.0%.1%.255: EACCES: [^\n]*\n$")
  end)

  it("says that a firewall refuses the probes", function()
    local rules = "table inet t { chain o { type filter hook output priority 0; "
      .. "meta l4proto udp drop; }; }"
    local got = inside("chain 2", "nft '" .. rules .. "'; " .. TRACE .. "-U -q 2 DST4")
    check(got, 1, "\n 1  %* %*  EPERM\n.*\nstopped: error\n$", "")
  end)

  it("reports a full disk", function()
    for _, format in ipairs { "text", "jsonl" } do
      check(inside("chain 2", TRACE .. "-o " .. format .. " DST4 DST6 >/dev/full"), 1, "",
        "^trace: standard output: No space left on device\n$")
    end
  end)

  it("leaves no partial record on a full disk", function()
    local got = inside("chain 8", "unshare -m sh -c 'mount -t tmpfs -o size=8k none $DIR && "
      .. TRACE .. "-o jsonl DST4 DST4 DST4 >$DIR/o; echo $?; cat $DIR/o'")
    local status, record, rest = got.out:match "^(%d+)\n([^\n]*)\n(.*)$"
    assert.equal("1", status)
    assert.equal(8, cjson.decode(record).hop_count)
    assert.truthy(#rest > 0 and rest:find "^ *$")
  end)

  it("ends quietly when nobody reads", function()
    -- The pipe's reader has gone before the program begins.
    check(inside("chain 2", 'mkfifo "$DIR/pipe"; (exec 3<>"$DIR/pipe" 4>"$DIR/pipe" 3>&-; '
      .. TRACE .. 'DST4 DST6 >&4; echo $? >&2)'), 0, "", "^141\n$")
  end)
end)

-- Runs the script on a hop with these replies; what it prints for it.
local function text(replies, options)
  runs.file("replies.lua", "return " .. replies)
  runs.file("fake.lua", [[
    local replies, words = dofile(arg[1]), { [0] = "trace" }
    local words = require "mtr.record.words"
    for i = 2, #arg do words[i - 1] = arg[i] end
    package.loaded.mtr = {
      trace = function(_, opts)
        local hop = { ttl = 12, replies = replies }
        opts.on_hop({ dst = "192.0.2.9" }, hop)
        return { stop_reason = "completed" }
      end,
      mark = words.mark, cli = require "mtr.cli",
    }
    arg = words
    os.exit(dofile "scripts/trace.lua")]])
  local got = run("LUA_PATH='build/lua/?.lua;lua/?.lua;lua/?/init.lua;;' luajit $DIR/fake.lua "
    .. "$DIR/replies.lua " .. options .. " 192.0.2.9")
  assert.equal("", got.err)
  return (got.out:match "\n(12 .*)\n$")
end

describe("trace's line of a hop", function()
  teardown(runs.clean)

  for replies, line in pairs {
    ["{}"] = "12  * *",
    ['{ { addr = "192.0.2.1", rtt = 1.5, attempt = 1, at = 0 } }'] = "12  192.0.2.1  1.500 ms *",
    -- In the order of sending; duplicates and late replies are no answers.
    [ [[{ { addr = "192.0.2.2", rtt = 2, attempt = 2, at = 0 },
          { addr = "192.0.2.1", rtt = 10.0624, attempt = 1, at = 0 },
          { addr = "192.0.2.1", rtt = 11, attempt = 1, at = 0, dup = true },
          { addr = "192.0.2.1", rtt = 2000, attempt = 1, at = 0, late = true } }]] ] =
      "12  192.0.2.1  10.062 ms 192.0.2.2  2.000 ms",
    [ [[{ { addr = "192.0.2.1", rtt = 1, attempt = 1, at = 0, icmp_type = 3, icmp_code = 13,
            quoted = { nat = true }, local_ = true } }]] ] =
      "12  192.0.2.1 [nat] [local]  1.000 ms !X *",
    [ [[{ { addr = "192.0.2.1", rtt = 1, attempt = 1, at = 0, ext = {
            { class = 1, type = 1, mpls = { { label = 16, tc = 0, s = 0, ttl = 1 },
              { label = 17, tc = 5, s = 1, ttl = 255 } } },
            { class = 2, type = 10, interface = { role = "incoming", name = "ge\27[0m" } },
            { class = 9, type = 1, hex = "00ff" } } } }]] ] =
      "12  192.0.2.1 <MPLS:L=16,E=0,S=0,T=1/L=17,E=5,S=1,T=255> "
        .. "<incoming:name=ge?[0m> <9/1:00ff>  1.000 ms *",
  } do
    it("can be: " .. line, function()
      assert.equal(line, text(replies, "-q 2"))
    end)
  end
end)
