-- SPDX-License-Identifier: MIT
--
-- Lines of JSON that are passed on as they are: only those that would be written just so, and have
-- members of the right kinds.
local mtr = require "mtr"
local full_line = require "spec.support.virtual.full_line"
local json = require "mtr.record.json"
local json_read = require "mtr.record.json_read"
local jsonl = require "mtr.report.read.jsonl"
local members = require "mtr.record.members"
local random = require "spec.support.harness.random"
local Result = require "mtr.record.result"
local verbatim = require "mtr.record.verbatim"

local OPTIONS = {
  {}, { protocol = "udp" }, { protocol = "tcp", port = 443 }, { queries = 3 }, { max_ttl = 3 },
  { protocol = "udp", multipath = "dublin" }, { size = 1400 }, { first_ttl = 4 },
}

-- The lines of some traces in simulated internets, as the library writes them.
local function lines_of_traces()
  local lines = {}
  for i, options in ipairs(OPTIONS) do
    local engine = assert(mtr.engine { rate = "max",
      sim = mtr.sim.internet { prefixes = 20, dead = i % 2 == 0 and 0.3 or 0, seed = i } })
    local targets = {}
    for target in mtr.sim.internet({ prefixes = 20, dead = 0 }):targets() do
      targets[#targets + 1] = target
    end
    assert(mtr.campaign({ engine = engine, targets = targets, trace = options, campaign = "c",
      monitor = 7,
      reporters = { { trace = function(_, result) lines[#lines + 1] = result:json() .. "\n" end } },
    }):run())
    engine:close()
  end
  return lines
end

-- What a line is after it was decoded and encoded; nil if it is no result, or has members of wrong
-- kinds.
local function again(line)
  local given = line
  local decoded = json_read.decode(line, true)
  if type(decoded) ~= "table" or decoded.type ~= "trace" then return nil end
  if members.of.trace(decoded) then return nil end
  local result = jsonl.new({ name = "line", problem = function() end, line = function()
    local text = given
    given = nil
    return text and text:gsub("\n$", ""), text ~= nil
  end }):next()
  return result and result:json() .. "\n"
end

describe("a line that needs no change", function()
  local lines
  setup(function() lines = lines_of_traces() end)

  it("is what the library writes", function()
    assert.is_true(#lines >= 20 * #OPTIONS)
    for _, line in ipairs(lines) do
      assert.is_true(verbatim.is(line), line)
      assert.equal(line, again(line))
    end
  end)

  it("is never one that would be written otherwise", function()
    local rnd, taken, refused = random(5), 0, 0
    local pieces = { "0", "-", ".5", "e3", " ", '"', "\\", "{", "}", "[", "]", ",", ":", "null",
      "true", '"x":1,', "\195\188", "\1", "a", "9", "", "00", '"mtu":1500,', '"rtt":1.5,', "-0" }
    for _ = 1, 20000 do
      local line = lines[rnd(#lines)]
      local at, skip = rnd(#line), rnd(4) - 1
      local changed = line:sub(1, at - 1) .. pieces[rnd(#pieces)] .. line:sub(at + skip)
      if verbatim.is(changed) then
        taken = taken + 1
        assert.equal(changed, again(changed))
      else
        refused = refused + 1
      end
    end
    assert.is_true(taken > 200 and refused > 10000, taken .. " " .. refused)
  end)

  it("has members of the right kinds, and of each kind that readers take", function()
    local values = { "x", "", "icmp", "syn", "kernel", "incoming", "10.0.0.7", "2001:db8::7",
      "fe80::1%lo", "*", "00", 0, 1, -1, 2, 3, 7, 8, 100, 255, 256, 65535, 65536, 1048575, 1048576,
      4294967295, 4294967296, 1e12, 1e13, 1.5, true, false, {}, { 1 }, { "x" }, { { ttl = 1 } } }
    -- What other lines may lack or have otherwise.
    local EXCEPTIONS = { "fe80::1%lo", ".attempt", ".at", ".protocol", ".version", ".start" }
    local yes, no = 0, 0
    for _, kind in ipairs { "trace", "doubletree", "pmtu" } do
      full_line.each_change(kind, values, function(line, path, value)
        local text = json.encode(line, Result.shape)
        local fault = members.of.trace(json_read.decode(text, true))
        local other = type(value) == "number" and (value % 1 ~= 0 or value >= 1e12)
          or type(value) == "table" or text:find("{}", 1, true)   -- a list that begins with nil
        for _, exception in ipairs(EXCEPTIONS) do
          other = other or value == exception or path:find(exception .. "$")
        end
        if fault or path == ".type" then
          no = no + 1
          assert.is_false(verbatim.is_text(text), path .. ": " .. text)
        elseif verbatim.is_text(text) then
          yes = yes + 1
          assert.equal(text .. "\n", again(text .. "\n"))
        else
          assert(other, path .. " = " .. tostring(value) .. ": " .. text)
        end
      end)
    end
    assert.is_true(yes > 500 and no > 1000, yes .. " " .. no)
  end)

  it("has all that a reader needs, in its place", function()
    local line = lines[1]
    for _, case in ipairs {
      { '"type":"trace"', '"type":"ping"' }, { '"dst":"[^"]*",', "" },
      { '"dst":"', '"dst":1,"x":"' },
      { '"stop_reason":"[^"]*",', "" }, { '"hops":%[.*%]', '"hops":3' },
      { '"hops":%[.*%]', '"hops":{}' }, { '{"ttl":2', '{"ttl":3' }, { '{"ttl":2', '{"ttl":"2"' },
      { '"replies":%[{"addr":"[^"]*",', '"replies":[{' }, { ',"attempt":1', "" },
      { ',"at":%d+.%d+', "" }, { '"version"', '"protocol":"tcp",%0' },
      { '"replies":%[{', '"replies":[[],{' },
      { '"src":"[^"]*"', '"src":null' }, { '"sport":%d+', '"sport":1.5' },
      { '"duration":%d+%.%d+', '"duration":1' }, { '"duration":%d+', '"duration":-0' },
      { '"start":%d+', '"start":4294967296' }, { '"tos":%d+', '"tos":1234567890123456' },
      { '"tos":', '"data":1,"tos":' }, { "}\n$", "} \n" }, { "\n$", "" }, { "^", " " },
    } do
      local changed, n = line:gsub(case[1], case[2], 1)
      assert.equal(1, n, case[1])
      assert.is_false(verbatim.is(changed), changed)
    end
    assert.is_true(verbatim.is((line:gsub('"hops":%[.*%]', '"hops":[]'))))
    for n = 0, #line - 1 do assert.is_false(verbatim.is(line:sub(1, n)), tostring(n)) end
    assert.is_false(verbatim.is(line:sub(1, 30) .. ("["):rep(100000) .. "\n"))
  end)
end)
