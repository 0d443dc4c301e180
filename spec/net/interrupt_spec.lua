-- SPDX-License-Identifier: MIT
--
-- ^C while traces are in flight. The first one ends them as "halted", makes later starts raise an
-- error, and lets the script go on. The second one ends the process.
local lab = require "spec.lab.lab"

local available, reason = lab.available()

-- One probe each second: the trace lasts until something stops it. The first signal comes when it
-- is under way, the second one a moment after it is asked for.
local script = [[
  local mtr = require "mtr"
  local function interrupt()
    io.popen("(sleep 0.3; kill -INT $PPID) >/dev/null 2>&1 &"):close()
  end
  local result = mtr.trace("%s", { attempts = 1, on_hop = function()
    io.popen("kill -INT $PPID"):close()
  end })
  print(result.stop_reason, result.hop_count < 8)
  print(pcall(mtr.trace, "%s"))
  %s
]]

describe("SIGINT", function()
  local l

  setup(function()
    l = available and assert(lab.up("chain", { 8 }))
  end)
  teardown(function()
    return l and l:down()
  end)

  local function run(rest)
    if not l then
      pending(reason)
    end
    local text = script:format(l.dst4, l.dst4, rest)
    return l:exec(("timeout 60 $MTR_PROGRAM --rate 1/s -e '%s'"):format(text))
  end

  local SAID = "mtrlua: interrupted\nhalted\ttrue\nfalse\tmtr: interrupted\n"

  it("halts open traces, raises an error for later ones, and lets the script go on", function()
    local output, status = run "print [[went on]]"
    assert.equal(SAID .. "went on\n", output)
    assert.equal(130, status)
  end)

  it("ends the process at once when it comes a second time", function()
    local output, status = run "io.stdout:flush() interrupt() while true do end"
    assert.equal(SAID, output)
    assert.equal(130, status)
  end)
end)
