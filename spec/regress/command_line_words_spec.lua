-- SPDX-License-Identifier: MIT
--
-- Messages about wrong command lines named no option that can be typed, or the wrong program; a
-- number was taken for an address that nobody meant; names of targets came raw to the terminal.
local run = require "spec.support.harness.run"

local SIM = "--sim spec/sim/topologies/plain.lua "

-- What mtrlua prints for a command line, on standard error, and its status.
local function says(words, input)
  local got = run.run(("%s\"$MTR_PROGRAM\" %s"):format(input or "", words))
  return { got.status, got.err }
end

describe("a wrong command line", function()
  teardown(run.clean)

  for words, message in pairs {
    [SIM .. "--record x trace web"] = "mtrlua: --sim excludes --record and --replay: "
      .. "a simulated network is repeated by its --seed",
    ["--record x --replay y trace web"] = "mtrlua: --record and --replay exclude each other",
    ["--transport sim trace web"] = 'mtrlua: --transport "sim" needs a network: '
      .. "give the option --sim, a file or mtr.sim{ ... }",
    [SIM .. "--transport raw trace web"] = 'mtrlua: --sim excludes --transport "raw"',
    ["--source4 record trace web"] = 'mtrlua: --source4 must be an IPv4 address, got "record"',
    ["mtr-packet --foo"] = "mtr-packet: unknown option '--foo'\ntry: mtr-packet --help",
    ["mtr-packet foo"] = "mtr-packet: too many arguments\ntry: mtr-packet --help",
    ["trace 127.0.0.1 --rate 5"] = "trace: --rate is an option of mtrlua; write it before the "
      .. "program: mtrlua --rate ... trace\ntry: trace --help",
    ["pmtu --sim=x web"] = "pmtu: --sim is an option of mtrlua; write it before the "
      .. "program: mtrlua --sim ... pmtu\ntry: pmtu --help",
    [SIM .. "trace -q -1 web"] = "trace: --queries must be 1..16, got -1\ntry: trace --help",
    [SIM .. "trace --flow -1 web"] = "trace: --flow must be 0..511, got -1\ntry: trace --help",
    [SIM .. "trace -w -1 web"] =
      "trace: --timeout must be such as 2 (seconds) or 250ms, got '-1'\ntry: trace --help",
    [SIM .. "trace --mark -1 web"] =
      "trace: --mark must be 0..4294967295, got -1\ntry: trace --help",
    [SIM .. "mda -c -1 web"] =
      "mda: --confidence must be 50 to 99.9 percent, got -1\ntry: mda --help",
    [SIM .. "ping -w 0 web"] = "ping: --deadline must be above 0, got 0s\ntry: ping --help",
    [SIM .. "ping -w 0.0ms web"] = "ping: --deadline must be above 0, got 0.0ms\ntry: ping --help",
  } do
    it("is explained: " .. words, function()
      assert.same({ 2, message .. "\n" }, says(words))
    end)
  end

  it("may ask mtr-packet for help", function()
    local got = run.run '"$MTR_PROGRAM" mtr-packet --help'
    assert.same({ 0, "" }, { got.status, got.err })
    assert.matches("^usage: mtr%-packet", got.out)
  end)

  for _, number in ipairs { "1", "0x7f000001", "017700000001", "127.1", "1.2.3" } do
    it("is no address: " .. number, function()
      assert.same({ 1, ('trace: %s: EINVAL: "%s" is not an IPv4 or IPv6 address\n')
        :format(number, number) }, says(SIM .. "trace " .. number))
    end)
  end

  it("is no prefix", function()
    assert.same({ 1, 'trace: 192.0.2.0/24: EINVAL: "192.0.2.0/24" is not an address or a name; '
      .. "only a campaign takes a prefix\n" }, says(SIM .. "trace 192.0.2.0/24"))
  end)
end)

describe("the name of a target", function()
  teardown(run.clean)

  it("is printed without control characters, and not longer than names can be", function()
    for _, program in ipairs { "trace", "pmtu", "mda", "ping" } do
      local got = says(SIM .. program .. " -", [[printf '\033[31mred\n%0300d.x\n' 7 |]])
      assert.equal(1, got[1])
      assert.matches(program .. ": ?[31mred: ENOENT", got[2], 1, true)
      assert.matches(program .. ": " .. ("0"):rep(250) .. "...: ", got[2], 1, true)
      assert.is_nil(got[2]:find("\27", 1, true))
    end
  end)

  it("is so in the summary of a campaign", function()
    run.file("c.lua", [[
      local mtr = require "mtr"
      print(mtr.campaign({ targets = { "a\27b" } }):run().first_error)]])
    local got = run.run('"$MTR_PROGRAM" ' .. SIM .. '"$DIR/c.lua"')
    assert.matches("^a%?b: ENOENT", got.out)
    assert.is_nil(got.out:find("\27", 1, true))
  end)
end)
