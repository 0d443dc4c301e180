-- SPDX-License-Identifier: MIT
--
-- The lab's command line: its arguments, its exit statuses, and that `run` always cleans up. It
-- needs CAP_NET_ADMIN, except for commands that only print.

local lab = require "spec.lab.lab"
local sys = require "spec.lab.sys"

local ID = "mtrlab-cli-" .. sys.getpid()

-- Run the command; what it printed, on both streams, and its exit status.
local function command(words)
  local pipe = assert(io.popen("{ spec/lab/lab " .. words .. '; } 2>&1; echo " $?"'))
  local output, status = pipe:read("*a"):match("^(.*) (%d+)\n$")
  pipe:close()
  return output, tonumber(status)
end

local function needs_privilege()
  local available, reason = lab.available()
  if not available then
    pending(reason)
  end
end

describe("lab command", function()
  it("lists every topology", function()
    local output, status = command("list")
    assert.equal(0, status)
    for name in ("chain diamond silent filter nat mtu loop unreach blackhole twohomed many")
      :gmatch("%S+") do
      assert.matches("\n" .. name, "\n" .. output, 1, true)
    end
  end)

  it("shows a topology and its path", function()
    local output, status = command("show chain 8")
    assert.equal(0, status)
    for _, line in ipairs({
      "node r7\n",
      "route 10.0.0.0/8 via 10.0.1.2 dev r1",
      "link r7 10.0.8.1 fd00:8::1 - d 10.0.8.2 fd00:8::2",
      "from 10.0.1.1 fd00:1::1 to 10.0.8.2 fd00:8::2: completed",
      "hop 8 10.0.8.2 fd00:8::2",
    }) do
      assert.matches(line, output, 1, true)
    end
    assert.matches("hop 3 *\n", (command("show silent")), 1, true)
  end)

  local WRONG = {
    ["up diamnd"] = "unknown topology 'diamnd': did you mean 'diamond'?",
    ["show chain 1"] = "chain: hops must be a whole number from 2 to 60, not '1'",
    ["show chain 4 5"] = "chain: too many arguments: 5",
    ["run loop udp=7 -- true"] = "loop: unknown parameter 'udp'",
    ["run chain 4"] = "what to run? put it after --",
    ["shwo chain"] = "unknown verb 'shwo': did you mean 'show'?",
    ["up --di x chain"] = "unknown option '--di': did you mean '--id'?",
    ["up"] = "which topology?",
  }
  for words, message in pairs(WRONG) do
    it("refuses `" .. words .. "`", function()
      local output, status = command(words)
      assert.matches("lab: " .. message, output, 1, true)
      assert.equal(2, status)
    end)
  end

  it("goes up, runs commands and goes down", function()
    needs_privilege()
    local id = ("--id %s "):format(ID)
    finally(function()
      command("down " .. id)
    end)
    local output, status = command("up " .. id .. "chain 3 tcp=80")
    assert.equal(0, status, output)
    assert.matches(("id %s\nprober %s-p\n"):format(ID, ID), output, 1, true)
    assert.matches("dst4 10.0.3.2\ndst6 fd00:3::2\n", output, 1, true)
    output, status = command("exec " .. id .. "-- traceroute -n -T -O info 10.0.3.2")
    assert.matches(" 3  10.0.3.2 <syn,ack>", output, 1, true)
    assert.equal(0, status)
    assert.same({ "fd00:3::2\n", 9 },
      { command("exec " .. id .. "r2 -- sh -c 'echo $LAB_DST6; exit 9'") })
    assert.same({ "", 0 }, { command("down " .. id) })
    assert.same({ "", 0 }, { command("down " .. id) })
    output, status = command("exec " .. id .. "-- true")
    assert.same({ ("lab: no lab '%s' is up\n"):format(ID), 1 }, { output, status })
  end)

  local ENDS = {
    { "true", 0 },
    { "sh -c 'exit 3'", 3 },
    { "sh -c no-such-command", 127 },
    { "sh -c 'kill -TERM $PPID; exec sleep 5'", 143 },
    { "sh -c 'kill -INT $PPID; exec sleep 5'", 130 },
    { "sh -c 'kill -KILL $$'", 137 },
  }
  for _, case in ipairs(ENDS) do
    it("run cleans up after " .. case[1], function()
      needs_privilege()
      local _, status = command(("run --id %s chain 2 udp=7 -- %s"):format(ID, case[1]))
      assert.equal(case[2], status)
      assert.is_nil(lab.find(ID))
    end)
  end
end)
