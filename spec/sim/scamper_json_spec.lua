-- SPDX-License-Identifier: MIT
--
-- Our JSON of a result is, byte for byte, what scamper's own sc_warts2json prints of our warts of
-- the same result; and jq reads it.
local cjson = require "cjson"
local run = require "spec.support.harness.run"
local simulated = require "spec.support.virtual.simulated"
local hard = require "spec.support.virtual.hard"
local report = require "mtr.report"
local write = require "mtr.report.warts.write"

local HEAD = write.record { record = "list", id = 1, person = 0, name = "default" }
  .. write.record { record = "cycle_start", id = 1, list = 1, person = 1, start = 0 }

-- The records of results, and our lines of them.
local records, lines

-- Keeps what the reporter writes, and the warts record that it was made of.
local function reporter()
  local made = report.scamper(function(line)
    if not line:find '"type":"cycle' then lines[#lines + 1] = line:sub(1, -2) end
    return true
  end)
  assert(made:start({}))
  return made
end

local function record_of(kind, ...)
  local record = require("mtr.report.warts." .. kind).record(..., { list = 1, cycle = 1 })
  records[#records + 1] = assert(write.record(record))
end

-- Does the record have a node without an address? scamper's reader cannot read them, not even those
-- that scamper wrote.
local function silent(result)
  for _, hop in ipairs(result.mda and result.mda.hops or {}) do
    for _, node in ipairs(hop.nodes) do if node == "*" then return true end end
  end
  return false
end

local function add(made, result)
  if silent(result) then return end
  assert(made:trace(result))
  record_of(result.mda and "tracelb" or "trace", result)
end

-- Holds our lines against those of sc_warts2json.
local function compare(least)
  local path, n = run.file("ours.warts", HEAD .. table.concat(records)), 0
  local got = run.run("sc_warts2json " .. path)
  assert.equal("", got.err)
  for line in got.out:gmatch "[^\n]+" do
    if not line:find '"type":"cycle' then
      n = n + 1
      if line ~= lines[n] then
        local at = 1
        while line:byte(at) == lines[n]:byte(at) do at = at + 1 end
        local from = math.max(at - 60, 1)
        assert.equal(line:sub(from, at + 60), lines[n]:sub(from, at + 60))
      end
    end
  end
  assert.equal(#lines, n)
  assert.is_true(n >= least, n)
  local all = run.file("ours.json", table.concat(lines, "\n") .. "\n")
  assert.equal(n, tonumber(run.run("jq -c .type " .. all .. " | wc -l").out))
end

local function trace_all(opts, least)
  local made = reporter()
  hard.networks(function(engine, targets)
    for i, dst in ipairs(targets) do
      opts.protocol = ({ "icmp", "udp", "tcp" })[i % 3 + 1]
      opts.tcp_flags = i % 6 == 2 and "ack" or nil
      opts.multipath = opts.strategy ~= "mda" and i % 4 == 1 and "classic" or nil
      local result = engine:trace(dst, opts)
      if result then add(made, result) end             -- nil: an address that nobody has
    end
  end)
  compare(least)
end

describe("scamper's JSON", function()
  if not run.has "sc_warts2json" then
    return pending "needs sc_warts2json of Debian's package scamper"
  end
  before_each(function() records, lines = {}, {} end)
  teardown(run.clean)

  it("of every network of the hard cases is what scamper prints of our warts", function()
    trace_all({ queries = 2, timeout = 300, data = 7 }, 60)
  end)

  it("of all paths is what scamper prints of our warts", function()
    trace_all({ strategy = "mda", timeout = 300 }, 20)
  end)

  it("of the path MTU and of Doubletree is what scamper prints of our warts", function()
    trace_all({ strategy = "pmtu", timeout = 300 }, 60)
    records, lines = {}, {}
    trace_all({ strategy = "doubletree", timeout = 300 }, 60)
  end)

  it("of scripts/ping.lua is what scamper prints of our warts", function()
    for _, case in ipairs { "plain", "jitter", "duplicates", "late", "unreachables" } do
      for _, words in ipairs { "-4", "-6", "-p udp", "-p tcp", "-4 -t 1", "-W 50ms" } do
        local command = ('"$MTR_PROGRAM" --sim spec/sim/topologies/%s.lua --seed 1 '
          .. "scripts/ping.lua -c 4 -i 0.1 %s web -o "):format(case, words)
        local both = run.run(("%swarts >$DIR/warts; sc_warts2json $DIR/warts; echo and; %sscamper")
          :format(command, command)).out
        local out, part = { warts = "", scamper = "" }, "warts"
        for line in both:gmatch "[^\n]*\n" do
          if line == "and\n" then part = "scamper" end
          if line:find "ping" then out[part] = out[part] .. line end
        end
        assert.equal("scamper", part)
        assert.equal(out.warts, out.scamper)
        if case == "plain" then assert.truthy(out.scamper:find '"type":"ping"') end
      end
    end
  end)

  it("has a line for the beginning and one for the end of the cycle", function()
    local path, now = run.dir() .. "/cycle.json", 100
    for i = 1, 2 do
      local made = report.scamper(path, { list = "a\"b", cycle = 7, host = "ams",
        clock = function() now = now + 1 return now end })
      assert(made:start({}))
      assert(made:trace(simulated.trace(simulated.chain(2))))
      assert(made:finish())
      local text = {}
      for line in io.lines(path) do text[#text + 1] = line end
      assert.equal(3 * i, #text)
      assert.equal(('{"type":"cycle-start", "list_name":"a\\"b", "id":7, "hostname":"ams", '
        .. '"start_time":%d}'):format(now - 1), text[#text - 2])
      assert.equal("trace", cjson.decode(text[#text - 1]).type)
      assert.equal(('{"type":"cycle-stop", "list_name":"a\\"b", "id":7, "hostname":"ams", '
        .. '"stop_time":%d}'):format(now), text[#text])
    end
  end)
end)
