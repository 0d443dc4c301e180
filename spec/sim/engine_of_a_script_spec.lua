-- SPDX-License-Identifier: MIT
--
-- Engines that a script opens take options that it does not give from the command line of mtrlua.
local run = require "spec.support.harness.run"

local SCRIPT = [[
local mtr = require "mtr"
local engine = assert(mtr.engine { %s })
local result = assert(engine:trace("web", { port = 33434, protocol = "udp" }))
print(engine:transport().name, result.hop_count, ("%%.0f"):format(result.duration))
print(engine:transport().name, assert(mtr.trace "web").hop_count)
]]
local OTHER = 'sim = { nodes = { me = "192.0.2.2", web = "203.0.113.9" }, '
  .. 'links = { { "me", "web", delay = "20ms" } } }'

describe("an engine of the script's own", function()
  teardown(run.clean)

  local function traced(flags, options)
    run.file("own.lua", SCRIPT:format(options))
    local got = run.run(('"$MTR_PROGRAM" %s --sim spec/sim/topologies/plain.lua "$DIR/own.lua"')
      :format(flags))
    assert.same({ 0, "" }, { got.status, got.err })
    local name, hops, ms, _, default = got.out:match "^(%S+)\t(%d+)\t(%d+)\n(%S+)\t(%d+)\n$"
    assert.same({ "sim", "3" }, { name, default })
    return tonumber(hops), tonumber(ms)
  end

  it("uses the network of --sim, at the rate that it names", function()
    for _, options in ipairs { "", 'rate = "max"', 'seed = 3, log = "error"' } do
      assert.equal(3, (traced("", options)))
    end
  end)

  it("uses the rate of the command line unless it names one", function()
    local _, slow = traced("--rate 2/s", "")
    local _, fast = traced("--rate 2/s", "rate = 1000")
    assert(slow >= 1000 and fast < 500, slow .. " " .. fast)
  end)

  it("ignores the command line when it names a network", function()
    local hops, ms = traced("--rate 1/s --source4 192.0.2.1", OTHER)
    assert.equal(1, hops)
    assert(ms < 500, ms)
  end)

  it("does not trace without the file of --sim or --replay", function()
    run.file("none.lua", [[print(select(2, require("mtr").engine { rate = 9 }))]])
    for _, flag in ipairs { "--sim", "--replay" } do
      local got = run.run(('"$MTR_PROGRAM" %s $DIR/none "$DIR/none.lua"'):format(flag))
      assert.truthy(got.out:find "^ENOENT: .*/none", got.out)
    end
  end)

  it("gets no privileged sockets where mtrlua sends nothing itself", function()
    run.file("raw.lua", [[
      for _, transport in ipairs { "auto", "raw", "packet" } do
        print(select(2, require("mtr").engine { transport = transport }))
      end]])
    local got = run.run('"$MTR_PROGRAM" --sim spec/sim/topologies/plain.lua "$DIR/raw.lua"')
    assert.same({ 0, "" }, { got.status, got.err })
    local line = "EPERM: operation not permitted: with --sim mtrlua prepares no sockets for other "
      .. "engines\tEPERM\n"
    assert.equal(line:rep(3), got.out)
  end)

  it("raises an error for a wrong option at the caller's line", function()
    run.file("wrong.lua", [[
      local _, text = pcall(function()
        local engine = require("mtr").engine { raet = 1 }
        return engine
      end)
      print(text)]])
    local got = run.run '"$MTR_PROGRAM" --rate 5 "$DIR/wrong.lua"'
    assert.truthy(got.out:find "wrong.lua:2: engine: .*raet.*rate", got.out)
  end)
end)
