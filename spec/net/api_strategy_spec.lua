-- SPDX-License-Identifier: MIT
--
-- The strategy of lua/API.md, copied to the letter, over a simulated network and over the same
-- path through kernel routers, by raw sockets and by mtr-packet.
local nets = require "spec.support.real.nets"
local run = require "spec.support.harness.run"

local HOPS = 4

local function program()
  local file = assert(io.open "lua/API.md")
  local text = file:read "*a"
  file:close()
  return assert(text:match "\n## Write a strategy\n.-\n```lua\n(.-)```\n")
end

describe("the strategy of lua/API.md", function()
  teardown(run.clean)
  after_each(nets.down)

  -- Runs it and compares what it prints of each target: the stop reason and the number of hops, nil
  -- for any number. 31 possible distances are halved in five probes at most.
  local function check(command, targets, reason, hops)
    local words = run.file("halving.lua", program()) .. " " .. table.concat(targets, " ")
    local got = run.run(command('"$MTR_PROGRAM" %s ' .. words))
    assert.same({ 0, "" }, { got.status, got.err })
    local n = 0
    for target, why, last, probes in got.out:gmatch "(%S+)\t(%S+)\t(%S+)\t(%S+)\n" do
      n = n + 1
      assert.same({ targets[n], reason, hops or last }, { target, why, last })
      assert(tonumber(probes) <= 5, probes)
    end
    assert.equal(#targets, n)
  end

  it("runs on a simulated network", function()
    run.file("net.lua", [[ return {
      nodes = { me = { "192.0.2.1", "2001:db8::1" }, r1 = { "10.0.0.1", "fd00::1" },
        r2 = { "10.0.0.2", "fd00::2" }, r3 = { "10.0.0.3", "fd00::3" },
        web = { "203.0.113.9", "2001:db8::9" } },
      links = { { "me", "r1", "r2", "r3", "web", delay = "1ms" } } } ]])
    check(function(text) return text:format '--sim "$DIR/net.lua"' end, { "web", "2001:db8::9" },
      "completed", tostring(HOPS))
  end)

  for _, transport in ipairs { "raw", "mtr-packet" } do
    it("runs on " .. transport, function()
      nets.needs_privilege(pending)
      if transport == "mtr-packet" and not run.has "mtr-packet" then pending "needs mtr-packet" end
      local l = nets.up("chain " .. HOPS)
      check(function(text) return l:command(text:format("--transport " .. transport)) end,
        { l.dst4, l.dst6 }, "completed", tostring(HOPS))
    end)
  end

  -- Behind the last router nobody has the address; a router has no route and says so.
  for name, case in pairs {
    ["is silent"] = { "chain 8", "10.0.9.2" }, ["is unreachable"] = { "unreach", "10.9.9.9" },
  } do
    it("does not complete the trace of a target that " .. name, function()
      nets.needs_privilege(pending)
      local l = nets.up(case[1])
      check(function(text) return l:command(text:format "") end, { case[2] }, "hoplimit")
    end)
  end
end)
