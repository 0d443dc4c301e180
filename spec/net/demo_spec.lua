-- SPDX-License-Identifier: MIT
--
-- What `make demo` prints, as root and as a user who may make namespaces: hops of every protocol
-- and IP version, and a summary that adds up; it leaves nothing behind. Also README.md's script: it
-- prints what README.md says.

local lab = require "spec.lab.lab"
local runs = require "spec.support.harness.run"

local run = runs.run
local available, reason = lab.available()

-- Checks the demo's output.
local function check(got)
  assert.message(got.err).equal(0, got.status)
  assert.equal("", got.err)
  local traces, probes, replies, hops, last = 0, 0, 0, 0, nil
  for line in got.out:gmatch "[^\n]+" do
    local t, p, r = line:match "^summary: (%d+) traces, (%d+) probes, (%d+) replies, %d+%.%d+ s: "
    if t then
      traces, probes, replies = traces + t, probes + p, replies + r
    elseif line:find "^%l+ +flow %d  %S+ +%d+  [%x*]" then
      hops = hops + 1
    end
    last = line
  end
  assert.equal(24, traces)
  assert.equal(6 * 6 + 12 * 4 + 6 * 4, hops)
  local all = ("^In all: %d traces, %d probes, %d replies, "):format(traces, probes, replies)
  assert(last:find(all), last)
  assert(last:find " 18 completed" and last:find " 6 unreach", last)
  for _, protocol in ipairs { "icmp", "udp ", "tcp " } do
    for _, hop in ipairs { "10.0.10.2     4  10.0.10.2 ", "fd00:10::2    4  fd00:10::2 ",
      "10.0.6.2      3  *", "fd00:5::2     4  fd00:3::2 " } do
      assert(got.out:find("\n" .. protocol .. " flow 0  " .. hop, 1, true), protocol .. hop)
    end
  end
end

describe("make demo", function()
  teardown(runs.clean)

  it("shows traces of all protocols and their sum", function()
    if not available then pending(reason) end
    -- What it left would have no owner any more; others may be making labs meanwhile.
    local before = #lab.ids(true)
    check(run "sh spec/lab/demo.sh")
    assert.is_true(#lab.ids(true) <= before)
  end)

  -- A tree that nobody may read, and commands that run as nobody.
  local function as_nobody(command)
    if run("id -u").out ~= "0\n" then pending("needs root") end
    run "mkdir -p $DIR/spec $DIR/build && cp -r spec/lab $DIR/spec && chmod -R a+rX $DIR"
    run 'install "$MTR_PROGRAM" $DIR/build/mtrlua'
    local nobody = "cd $DIR && setpriv --reuid=65534 --regid=65534 --clear-groups "
    if run(nobody .. "unshare -rnm ip link set lo up").status ~= 0 then
      pending("users may not make namespaces here")
    end
    return run(nobody .. command)
  end

  it("needs no root", function()
    check(as_nobody "sh spec/lab/demo.sh")
  end)

  it("says which system limits forbid network namespaces", function()
    local got = as_nobody("unshare -rn sh -c 'echo 0 >/proc/sys/user/max_net_namespaces; "
      .. "sh spec/lab/demo.sh'")
    assert.same({ 1, "" }, { got.status, got.out })
    assert(got.err:find "^demo: cannot make network namespaces: raise their limits ", got.err)
  end)

  -- Runs the demo as root in a chroot, whose tree is the whole system's.
  local function in_chroot(prefix)
    if not available then pending(reason) end
    return run("mkdir -p $DIR/root && unshare -m sh -c 'mount --rbind / $DIR/root && exec "
      .. prefix .. " chroot $DIR/root sh -c \"cd $PWD && exec sh spec/lab/demo.sh\"'")
  end

  it("runs in a chroot", function()
    check(in_chroot "")
  end)

  it("says which rights root lacks when it may not make namespaces", function()
    for _, lost in ipairs { "sys_admin", "net_admin" } do
      local got = in_chroot("setpriv --bounding-set=-" .. lost)
      assert.same({ 1, "" }, { got.status, got.out })
      assert(got.err:find("^demo: cannot make network namespaces: this root lacks "
        .. "CAP_SYS_ADMIN or CAP_NET_ADMIN, "), got.err)
    end
  end)
end)

describe("README.md", function()
  teardown(runs.clean)

  -- The lines of a text, in any order and with T for times.
  local function sorted(text)
    local lines = {}
    for line in text:gmatch " *([^\n]+)" do lines[#lines + 1] = line:gsub("%d+%.%d+$", "T") end
    table.sort(lines)
    return lines
  end

  it("shows the output of its script", function()
    if not available then pending(reason) end
    local file = assert(io.open "README.md")
    local text = file:read "*a"
    file:close()
    local script, words, output = text:match(
      "\n```lua\n(.-)```\n.-`build/mtrlua paths%.lua ([^`]*)`.-prints:\n\n(.-)\n\n%S")
    runs.file("paths.lua", script)
    local got = run('spec/lab/lab run filter -- "$MTR_PROGRAM" $DIR/paths.lua ' .. words)
    assert.same({ 0, "" }, { got.status, got.err })
    assert.same(sorted(output), sorted(got.out))
  end)
end)
