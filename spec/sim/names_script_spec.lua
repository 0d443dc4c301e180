-- SPDX-License-Identifier: MIT
--
-- Names and origins in the output of the programs, over a simulated network that knows the names of
-- its nodes.
local cjson = require "cjson"
local run = require "spec.support.harness.run"

local NETWORK = [[return { nodes = { me = "192.0.2.1", ["r1.test"] = "10.0.0.1",
  ["r2.test"] = "9.0.0.2", r3 = "9.0.0.3", ["web.test"] = "10.9.9.9" },
  links = { { "me", "r1.test", "r2.test", "r3", "web.test", delay = 1 } } }]]

local function output(words)
  local got = run.run(('"$MTR_PROGRAM" --sim %s --seed 1 %s'):format(run.file("net.lua", NETWORK),
    words))
  assert.same({ 0, "" }, { got.status, got.err })
  return got.out
end

local function has(text, ...)
  for _, part in ipairs { ... } do assert.truthy(text:find(part, 1, true), text) end
end

describe("names", function()
  teardown(run.clean)

  it("are in the lines of a trace, unless they are not wanted", function()
    local out = output "trace web.test"
    has(out, "\n 1  r1.test (10.0.0.1)  2.000 ms", "\n 2  r2.test (9.0.0.2)  4", "\n 3  9.0.0.3  6",
      "\n 4  web.test (10.9.9.9)  8.000 ms  8.000 ms  8.000 ms\n")
    out = output "trace -n web.test"
    has(out, "\n 1  10.0.0.1  2.000 ms", "\n 4  10.9.9.9  8.000 ms")
  end)

  it("are in the order of hops and targets, as results without names", function()
    local function without(text) return (text:gsub("r%d%.test %(([%d.]+)%)", "%1")
      :gsub("\n ?%d  web%.test %(([%d.]+)%)", function(a) return "\n 4  " .. a end)) end
    local targets = "web.test 10.0.0.1 9.0.0.3"
    assert.equal(output("trace -n " .. targets), without(output("trace " .. targets)))
  end)

  it("stand before the words for origins of -A", function()
    has(output "trace -A web.test", "r1.test (10.0.0.1) [private]", " r2.test (9.0.0.2)  ",
      "web.test (10.9.9.9) [private]")
    has(output "trace -A -n web.test", "\n 1  10.0.0.1 [private]  ")
  end)

  it("are in tables, graphs and other formats for people", function()
    has(output "trace -o table web.test", "  1.|-- r1.test (10.0.0.1) ", "  3.|-- 9.0.0.3 ")
    has(output "trace -o mtr -A web.test", '"host": "r1.test"', '"ASN": "private"',
      '"host": "9.0.0.3"')
    has(output "trace --names -o dot web.test", '"10.0.0.1" [label="r1.test (10.0.0.1)"];')
    has(output "mda web.test", "  1  r1.test (10.0.0.1)\n", "  2  r2.test (9.0.0.2)  <- 10.0.0.1\n")
    has(output "mda -o dot web.test", '"9.0.0.2" [label="r2.test (9.0.0.2)"];')
    has(output "ping -c 2 web.test", " bytes from web.test (10.9.9.9): seq=2 ")
  end)

  it("are in tables beside a column of AS numbers, also in the report of live", function()
    for _, words in ipairs { "trace -A -o table web.test",
      "live --report 3 -i 0.1 -A web.test" } do
      has(output(words), "\n  1. private      r1.test (10.0.0.1)  ",
        "\n  2. AS???        r2.test (9.0.0.2)  ", "\n  3. AS???        9.0.0.3  ")
    end
    has(output "live --report 3 -i 0.1 web.test", "  1.|-- r1.test (10.0.0.1) ")
    has(output "live --report 3 -i 0.1 -n web.test", "  1.|-- 10.0.0.1  ")
    has(output "live --report 3 -i 0.1 -o mtr -A web.test", '"host": "r1.test"', '"ASN": "private"')
  end)

  it("are in the file that --output names, at its end", function()
    local path = run.dir() .. "/named"
    for _ = 1, 2 do assert.equal("", output("trace -o text=" .. path .. " web.test")) end
    local text = run.read(path)
    has(text, "\n 1  r1.test (10.0.0.1)  ")
    assert.equal(2, select(2, text:gsub("trace to web%.test", "")))
    assert.equal("", output("trace -o html=" .. path .. ".html web.test"))
    has(run.read(path .. ".html"), "<!DOCTYPE html>", '"10.0.0.1":["r1.test"')
    assert.equal("", output("mda -o jsonl=" .. path .. ".jsonl web.test"))
    has(run.read(path .. ".jsonl"), '"type":"trace"')
    assert.equal("", output("live --report 2 -i 0.1 -o csv=" .. path .. ".csv web.test"))
    has(run.read(path .. ".csv"), "10.9.9.9")
    local got = run.run(('"$MTR_PROGRAM" --sim "$DIR"/net.lua trace -o csv=%s/no/file web.test')
      :format(run.dir()))
    assert.equal(1, got.status)
    has(got.err, "trace: ", "ENOENT", "/no/file")
  end)

  it("are in the outputs of a campaign if they are asked for", function()
    run.file("list", "web.test\n9.0.0.3\n")
    local function hops(words)
      local line = output("campaign --no-progress -o jsonl -t " .. run.dir() .. "/list " .. words
        .. " 2>/dev/null")
      return cjson.decode(line:match "[^\n]*").hops
    end
    for _, hop in ipairs(hops "") do assert.is_nil(hop.name or hop.origin) end
    local named = hops "--names -A"
    assert.same({ "r1.test", "r2.test" }, { named[1].name, named[2].name })
    assert.same({ label = "private" }, named[1].origin)
    named = hops("--origin-from pfx2as:" .. run.file("pfx", "9.0.0.0\t8\t64501\n"))
    assert.same({ asn = 64501, prefix = "9.0.0.0/8" }, named[2].origin)
    assert.is_nil(named[2].name)
    local hidden = hops "--privacy 1"
    assert.same({ true, nil, "9.0.0.2" }, { hidden[1].hidden, hidden[1].addr, hidden[2].addr })
  end)

  it("are in formats for machines if they are asked for", function()
    local function hops(words) return cjson.decode(output("trace -o jsonl " .. words)).hops end
    for _, hop in ipairs(hops "web.test") do assert.is_nil(hop.name or hop.replies[1].name) end
    local named = hops "--names -A web.test"
    assert.same({ "r1.test", "r1.test", "r2.test" },
      { named[1].name, named[1].replies[1].name, named[2].name })
    assert.is_nil(named[3].name)
    assert.same({ label = "private" }, named[1].origin)
    has(output "trace -q 1 --names -o csv web.test | cut -d, -f8", "10.0.0.1")
  end)

  it("are left out of the first hops, with all that tells of them", function()
    local out = output "trace --privacy 2 web.test"
    has(out, "\n 1  * * *\n 2  * * *\n 3  9.0.0.3  ")
    local line = output "trace --privacy 2 --names -A -o jsonl web.test"
    for _, text in ipairs { "10.0.0.1", "9.0.0.2", "r1.test", "r2.test", "192.0.2.1" } do
      assert.is_nil(line:find(text, 1, true), line)
    end
    assert.is_true(cjson.decode(line).hops[2].hidden)
    for _, words in ipairs { "live --report 2 -i 0.1 --privacy 1 -A web.test",
      "live --lines -c 2 -i 0.1 --privacy 1 web.test" } do
      local text = output(words)
      has(text, "9.0.0.2")
      assert.is_nil(text:find("10.0.0.1", 1, true) or text:find("r1.test", 1, true), text)
    end
  end)
end)
