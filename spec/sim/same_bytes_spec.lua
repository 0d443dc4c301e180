-- SPDX-License-Identifier: MIT
--
-- The same seed and the same script give the same bytes: in two runs, and from a program that was
-- built differently (with sanitizers, if `make asan` has made it).
local run = require "spec.support.harness.run"

local CAMPAIGN = [[
local mtr = require "mtr"
local net = mtr.sim.internet { seed = 11, prefixes = 600, loss = 0.02, limited = 0.1 }
local engine = assert(mtr.engine { sim = net, seed = tonumber(arg[1]), rate = "20000/s" })
local protocols = { "icmp", "udp", "tcp" }
local n = 0
for target in net:targets() do
  n = n + 1
  assert(engine:trace(target, { protocol = protocols[n % 3 + 1], timeout = "1s" },
    function(_, result) io.write(result:json(), "\n") end))
end
engine:run()
]]

-- Loss, jitter, duplicates, balancing, limits and late replies.
local SMALL = { "crowd udp web", "crowd tcp web", "duplicates icmp web", "rate_limit udp web",
  "send_failures icmp busy", "unequal_paths tcp web" }

-- A sanitized program that is older is of other sources.
local function programs()
  local list = { '"$MTR_PROGRAM"', '"$MTR_PROGRAM"', "build/mtrlua" }
  if run.run("test build/asan/mtrlua -nt build/mtrlua").status == 0 then
    list[#list + 1] = "build/asan/mtrlua"
  end
  return list
end

-- What every program says to this, which has to be one thing.
local function said(arguments)
  local first
  for _, program in ipairs(programs()) do
    local got = run.run("ASAN_OPTIONS=detect_leaks=0 " .. program .. " " .. arguments)
    assert.same({ 0, "" }, { got.status, got.err })
    first = first or got.out
    assert(first == got.out, program .. " says otherwise: " .. arguments)
  end
  return first
end

describe("the same seed and the same script", function()
  teardown(run.clean)

  it("give the same bytes of JSONL for 600 traces over an internet", function()
    run.file("campaign.lua", CAMPAIGN)
    local text = said '"$DIR/campaign.lua" 5'
    assert.equal(600, select(2, text:gsub("\n", "")))
  end)

  it("give the same bytes over networks with random loss and delay", function()
    for _, words in ipairs(SMALL) do
      local text = said(("--seed 7 --sim spec/sim/topologies/%s.lua scripts/trace.lua -o jsonl "
        .. "-q 5 --attempts 2 -w 0.5 -p %s %s"):format(words:match "(%S+) (%S+) (%S+)"))
      assert(text:find '"type":"trace"')
    end
  end)

  it("give other bytes with another seed", function()
    run.file("campaign.lua", CAMPAIGN)
    assert.are_not.equal(run.run('"$MTR_PROGRAM" "$DIR/campaign.lua" 5').out,
      run.run('"$MTR_PROGRAM" "$DIR/campaign.lua" 6').out)
  end)
end)
