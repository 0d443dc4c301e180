-- SPDX-License-Identifier: MIT
--
-- scripts/mda.lua, run from the command line, over the lab's diamonds of kernel routers.
local cjson = require "cjson"
local lab = require "spec.lab.lab"
local nets = require "spec.support.real.nets"
local runs = require "spec.support.harness.run"

local MDA = '"$MTR_PROGRAM" --rate 0 --seed 7 scripts/mda.lua -w 1s '
-- Which way a flow takes is the kernel's to choose, by its ports and by a key of its own: as sure
-- as it gets, one run in a thousand misses a way. Then another seed has other ports.
local SURE = MDA .. "-c 99.9 "
local privileged, reason = lab.available()

local function set(list)
  local out = {}
  for _, value in ipairs(list) do out[value] = true end
  return out
end

-- What --output of the program mda takes, as its message says it.
local function outputs()
  local words = require "mtr.report".words "mda"
  return table.concat(words, ", ", 1, #words - 1) .. " or " .. words[#words]
end

describe("mda", function()
  teardown(function()
    nets.down_shared()
    runs.clean()
  end)

  local function run(words, command)
    if not privileged then pending(reason) end
    local l = nets.shared(words)
    command = command:gsub("DST([46])", { ["4"] = l.dst4, ["6"] = l.dst6 })
    return runs.run(l:command(command)), l
  end

  -- Linux hashes no more than the addresses of ICMP: there is one path for all of it.
  for _, protocol in ipairs { "udp", "tcp" } do
    for _, v in ipairs { "v4", "v6" } do
      it(("finds every next hop of a diamond, %s %s"):format(protocol, v), function()
        local dst = "DST" .. v:sub(2)
        local result, l
        for seed = 7, 9 do
          local got
          got, l = run("diamond width=4", (SURE:gsub("%-%-seed 7", "--seed " .. seed)) .. "-p "
            .. protocol .. " -o jsonl " .. dst)
          assert.same({ 0, "" }, { got.status, got.err })
          result = cjson.decode(got.out)
          if result.mda.hops[2] and #result.mda.hops[2].nodes == 4 then break end
        end
        assert.equal("completed", result.stop_reason)
        for ttl, truth in ipairs(l.truth[v]) do
          assert.same(set(truth), set(result.mda.hops[ttl].nodes))
        end
        assert.equal(4, #result.mda.hops[2].links)
        assert.equal(4, #result.mda.hops[3].links)
        local diamond = result.mda.diamonds[1]
        assert.same({ 4, 2 }, { diamond.width, diamond.length })
        assert.is_nil(result.mda.diamonds[2])
      end)
    end
  end

  it("draws the diamond as a graph", function()
    local got = run("diamond", SURE .. "DST4")
    assert.equal(0, got.status)
    assert.truthy(got.out:find "^paths to 10.0.6.2 %(10.0.6.2%), udp, 99.9 %% sure with %d+ flows")
    assert.truthy(got.out:find "\n  1  10.0.1.2\n  2  10.0.%d.2  <%- 10.0.1.2\n     10.0.%d.2")
    assert.truthy(got.out:find "\ndiamond: 10.0.1.2 to 10.0.4.2, 2 wide, 2 long\n$")
    got = run("diamond", SURE .. "-o dot DST4")
    assert.truthy(got.out:find '^digraph "10.0.6.2" {\n')
    for _, link in ipairs { '"10.0.1.2" %-> "10.0.2.2"', '"10.0.3.2" %-> "10.0.4.2"' } do
      assert.truthy(got.out:find(link))
    end
    assert.truthy(got.out:find "}\n$")
  end)

  it("shows a silent hop as silent, and no diamond where there is none", function()
    local got = run("silent", MDA .. "DST4")
    assert.equal(0, got.status)
    assert.truthy(got.out:find ", udp, 95 %% sure with 6 flows")
    assert.truthy(got.out:find "\n  3  %*  <%- 10.0.2.2\n  4  10.0.4.2  <%- %*\n")
    assert.is_nil(got.out:find "diamond")
  end)

  for words, message in pairs {
    ["-c 10 ::1"] = "%-%-confidence must be 50 to 99.9 percent, got 10",
    ["--flows 1 ::1"] = "%-%-flows must be 2 to 512, got 1",
    ["-o xml ::1"] = "%-%-output must be " .. outputs() .. ", got 'xml'",
    ["-m 999 ::1"] = "%-%-max%-ttl must be",
  } do
    it("refuses " .. words, function()
      local got = runs.run(MDA .. words)
      assert.equal(2, got.status)
      assert.truthy(got.err:find("^mda: " .. message))
    end)
  end
end)
