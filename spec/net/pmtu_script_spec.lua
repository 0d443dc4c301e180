-- SPDX-License-Identifier: MIT
--
-- scripts/pmtu.lua, run from the command line, over links of the lab with a smaller MTU than the
-- others.
local cjson = require "cjson"
local lab = require "spec.lab.lab"
local nets = require "spec.support.real.nets"
local runs = require "spec.support.harness.run"

local PMTU = '"$MTR_PROGRAM" --rate 0 scripts/pmtu.lua -w 500ms '
local privileged, reason = lab.available()

-- What --output of the program pmtu takes, as its message says it.
local function outputs()
  local words = require "mtr.report".words "pmtu"
  return table.concat(words, ", ", 1, #words - 1) .. " or " .. words[#words]
end

describe("pmtu", function()
  teardown(function()
    nets.down()
    runs.clean()
  end)

  local function inside(l, command)
    command = command:gsub("DST([46])", { ["4"] = l.dst4, ["6"] = l.dst6 })
    return runs.run(l:command(command))
  end

  local function run(words, command)
    if not privileged then pending(reason) end
    return inside(nets.up(words), command)
  end

  for _, protocol in ipairs { "icmp", "udp" } do
    for _, dst in ipairs { "4", "6" } do
      it(("finds the narrow link and who reports it, %s over IPv%s"):format(protocol, dst),
        function()
          local got = run("mtu size=1380", PMTU .. "-o jsonl -p " .. protocol .. " DST" .. dst)
          assert.same({ 0, "" }, { got.status, got.err })
          local found = cjson.decode(got.out).pmtu
          assert.same({ 1380, true, 5 }, { found.mtu, found.complete, found.ttl })
          assert.equal(1, #found.limits)
          assert.same({ 1380, 1500 }, { found.limits[1].mtu, found.limits[1].size })
          assert.equal(dst == "4" and "10.0.2.2" or "fd00:2::2", found.limits[1].addr)
          assert.is_nil(found.blackhole)
        end)
    end
  end

  it("prints the same as readable text", function()
    local got = run("mtu size=1380", PMTU .. "DST4 DST6")
    assert.equal(table.concat {
      "10.0.5.2 (10.0.5.2): path mtu 1380\n",
      "  10.0.2.2 does not pass 1500 bytes, reports 1380\n",
      "fd00:5::2 (fd00:5::2): path mtu 1380\n",
      "  fd00:2::2 does not pass 1500 bytes, reports 1380\n" }, got.out)
  end)

  it("searches behind a black hole", function()
    if not privileged then pending(reason) end
    local l = nets.up "mtu size=1380"
    local silence = "nft 'table inet hush { chain c { type filter hook output priority 0; "
      .. "icmp type destination-unreachable drop; icmpv6 type packet-too-big drop; }; }'"
    assert.equal(0, select(2, l:exec(silence, "r2")))
    local got = inside(l, PMTU .. "--attempts 2 DST4 DST6")
    l:exec("nft delete table inet hush", "r2")
    assert.equal("10.0.5.2 (10.0.5.2): path mtu 1380, black hole\n"
      .. "fd00:5::2 (fd00:5::2): path mtu 1380, black hole\n", got.out)
  end)

  it("names this host's own link where that is the limit", function()
    local got = run("chain hops=2", PMTU .. "--largest 9000 DST4")
    assert.equal("10.0.2.2 (10.0.2.2): path mtu 1500\n  this host does not pass 9000 bytes\n",
      got.out)
  end)

  for words, message in pairs {
    ["--largest 20 ::1"] = "%-%-largest must be 68%.%.65535, got 20",
    ["--largest x ::1"] = "%-%-largest must be 68%.%.65535, got x",
    ["-o dot ::1"] = "%-%-output must be " .. outputs() .. ", got 'dot'",
  } do
    it("refuses " .. words, function()
      local got = runs.run(PMTU .. words)
      assert.equal(2, got.status)
      assert.truthy(got.err:find("^pmtu: " .. message))
    end)
  end
end)
