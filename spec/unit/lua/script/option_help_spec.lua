-- SPDX-License-Identifier: MIT
--
-- Help texts that take the words of a trace's options from their declarations, and what programs
-- print.
local option_help = require "mtr.script.option_help"
local options = require "mtr.trace.options"
local run = require "spec.support.harness.run"

describe("a line of a help text", function()
  for _, case in ipairs {
    { "  -m, --max-ttl N", "  -m, --max-ttl N         last TTL (30)" },
    { "  -q, --queries N         (3)", "  -q, --queries N         answers wanted of each hop (3)" },
    { "  -w, --timeout WAIT", "  -w, --timeout WAIT      how long to wait for an answer: "
      .. "seconds, or such as 250ms (2s)" },
    { "  -p, --protocol WORD (udp)",
      "  -p, --protocol WORD     protocol of the probes: icmp, udp (default), tcp" },
    { "  --port N", "  --port N                destination port (udp 33434, tcp 80)" },
    { "  -s, --source ADDRESS", "  -s, --source ADDRESS    source address (by route)" },
    { "  --allow-broadcast", "  --allow-broadcast       allow multicast and broadcast targets" },
    { "  --stop-on-te-from-dst", "  --stop-on-te-from-dst   complete the trace at a time exceeded "
      .. "from the target's address" },
    { "  --multipath WORD", "  --multipath WORD        how probes are identified; paris keeps "
      .. "the probes of a flow on one path:\n" .. (" "):rep(26)
      .. "paris (default), classic, dublin" },
  } do
    it(("%q is completed"):format(case[1]), function()
      local text = option_help.complete("a\n" .. case[1] .. "\n\nb\n")
      assert.equal("a\n" .. case[2] .. "\n\nb\n", text)
    end)
  end

  it("names a group, and becomes its lines", function()
    assert.equal("a\n  -f, --first-ttl N       first TTL (1)\n  -m, --max-ttl N         last TTL "
      .. "(30)\nb\n", option_help.complete "a\n  {ttl}\nb\n")
    assert.has_error(function() option_help.complete "  {tll}\n" end,
      'cli: no group of options is "tll"')
  end)

  for _, line in ipairs {
    "  -4                      IPv4 only", "  -m, --max-ttl N         as far as that (3)",
    "usage: trace [options] TARGET...", "examples:", "", "  trace -q 1 example.org",
  } do
    it(("%q stays"):format(line), function()
      assert.equal(line .. "\n", option_help.complete(line .. "\n"))
    end)
  end

  it("that names no option of a trace must say more", function()
    assert.has_error(function() option_help.complete "  -c, --count N\n" end,
      'cli: "-c, --count N" is not an option of a trace: the help text must describe it')
  end)
end)

describe("--help of a program", function()
  teardown(run.clean)

  -- They have words of their own: pmtu takes fewer protocols, ping calls another thing data.
  local OWN = { pmtu = { protocol = true }, ping = { data = true } }

  for _, name in ipairs { "trace", "ping", "mda", "pmtu", "simulate" } do
    it(("has the words of each option of a trace: %s"):format(name), function()
      local text = io.open("scripts/" .. name .. ".lua"):read "*a"
      local help = run.run('"$MTR_PROGRAM" ' .. name .. " --help").out
      help = help:gsub("\n" .. (" "):rep(25), "")
      local n = 0
      for line in text:gmatch "\n(  %-[^\n]*)" do
        local option = line:match "%-%-([%l%-]+)"
        option = option and options.trace.by_name[option:gsub("%-", "_")]
        if option and not (OWN[name] or {})[option.name] then
          n = n + 1
          local names, default = line:match "^(.-) +%((.-)%)$"
          names = names or line
          local value = names:match " (%u+)$"
          assert.truthy(help:find(("\n%-25s %s\n"):format(names,
            option_help.describe(option, value, default)), 1, true), names)
        end
      end
      assert.truthy(n >= 3)
    end)
  end

  it("has the defaults of its strategy", function()
    for _, name in ipairs { "mda", "pmtu" } do
      local s = require("mtr.strategy.builtin." .. name)
      local text = io.open("scripts/" .. name .. ".lua"):read "*a"
      local said, wanted = {}, {}
      for option, default in text:gmatch "%-%-(%l[%l%-]*) N +%((%d+)%)\n" do
        local key = option:gsub("%-", "_")
        if key ~= "port" then said[key] = tonumber(default) end
      end
      for key, value in pairs(s.defaults) do
        if type(value) == "number" then wanted[key] = value end
      end
      assert.same(wanted, said)
    end
  end)
end)
