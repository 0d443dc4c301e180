-- SPDX-License-Identifier: MIT
--
-- The reporter of text: its lines for hops that are told one by one, and for whole results.
local mtr = require "mtr"
local text = require "mtr.report.text"

-- A reporter, and what it has written.
local function open(opts)
  local out = {}
  local reporter = text.new(function(piece) out[#out + 1] = piece return true end, opts)
  assert.is_true(reporter:start())
  return reporter, function() return table.concat(out) end
end

local function reply(addr, rtt, more)
  local r = { addr = addr, rtt = rtt, attempt = 1, at = 0 }
  for key, value in pairs(more or {}) do r[key] = value end
  return r
end

local function result(fields)
  local r = { target = "web", dst = "192.0.2.9", protocol = "icmp", stop_reason = "completed",
    hops = {} }
  for key, value in pairs(fields) do r[key] = value end
  return r
end

local HEAD = "trace to web (192.0.2.9), 30 hops max, 60 byte packets, icmp\n"

-- Results of traces over a simulated network.
local function simulated(topology, targets, opts, reporter)
  local engine = assert(mtr.engine { sim = "spec/sim/topologies/" .. topology .. ".lua", seed = 1 })
  mtr.go(function()
    for _, target in ipairs(targets) do reporter:trace(assert(engine:trace(target, opts))) end
  end)
  engine:run()
  engine:close()
end

describe("the text reporter", function()
  for name, case in pairs {
    ["no hops"] = { result { stop_reason = "halted" }, HEAD .. "stopped: halted\n" },
    ["a silent hop"] = { result { hops = { { ttl = 1, replies = {}, unanswered = 2 } } },
      HEAD .. " 1  * *\n" },
    ["hops that were skipped"] = { result { hops = { { ttl = 1, skipped = true, replies = {} },
      { ttl = 2, replies = { reply("192.0.2.9", 1), reply("192.0.2.9", 2) } } } },
      HEAD .. " 2  192.0.2.9  1.000 ms  2.000 ms\n" },
    ["a probe that failed"] = { result { stop_reason = "error",
      hops = { { ttl = 1, replies = {}, error = "EPERM" } } },
      HEAD .. " 1  * *  EPERM\nstopped: error\n" },
    ["an unreachable"] = { result { stop_reason = "unreach", hops = { { ttl = 1, replies = {
      reply("192.0.2.1", 1.5, { icmp_type = 3, icmp_code = 13 }) } } } },
      HEAD .. " 1  192.0.2.1  1.500 ms !X *\nstopped: unreach\n" },
    ["several who answered, late and twice"] = { result { hops = { { ttl = 10, replies = {
      reply("192.0.2.2", 2, { attempt = 2 }), reply("192.0.2.1", 1),
      reply("192.0.2.1", 3, { dup = true }), reply("192.0.2.3", 9, { late = true }) } } } },
      HEAD .. "10  192.0.2.1  1.000 ms 192.0.2.2  2.000 ms\n" },
    ["IPv6 and a port"] = { result { dst = "2001:db8::9", protocol = "tcp", dport = 443 },
      "trace to web (2001:db8::9), 30 hops max, 64 byte packets, tcp port 443\n" },
    ["a name with control characters"] = { result { target = "we\27[2Jb\n" },
      "trace to we?[2Jb? (192.0.2.9), 30 hops max, 60 byte packets, icmp\n" },
    ["an interface's name with control characters"] = { result { hops = { { ttl = 1, replies = {
      reply("192.0.2.1", 1, { ext = { { class = 2, type = 0,
        interface = { role = "incoming", name = "e\27\n0" } } } }) } } } },
      HEAD .. " 1  192.0.2.1 <incoming:name=e??0>  1.000 ms *\n" },
  } do
    it("writes " .. name, function()
      local reporter, written = open { queries = 2 }
      assert.is_true(reporter:trace(case[1]))
      assert.equal(case[2], written())
      assert.is_nil(written():find "[%z\1-\9\11-\31\127]")
    end)
  end

  it("writes what its options say of packets", function()
    local reporter, written = open { protocol = "tcp", port = 8080, tcp_flags = "ack", max_ttl = 9 }
    reporter:trace(result {})
    assert.equal("trace to web (192.0.2.9), 9 hops max, 40 byte packets, tcp port 8080\n",
      written())
    reporter, written = open { size = 1400 }
    reporter:trace(result { protocol = "udp" })
    assert.equal("trace to web (192.0.2.9), 30 hops max, 1400 byte packets, udp port 33434\n",
      written())
  end)

  it("writes a hop as soon as it has it, and only the rest with the result", function()
    local reporter, written = open { queries = 1 }
    local trace = { dst = "192.0.2.9" }
    reporter:begin "web"
    assert.equal("", written())
    reporter:hop(trace, { ttl = 1, replies = { reply("192.0.2.1", 1) } })
    local first = HEAD .. " 1  192.0.2.1  1.000 ms\n"
    assert.equal(first, written())
    reporter:hop(trace, { ttl = 2, replies = {} })
    assert.equal(first .. " 2  *\n", written())
    reporter:trace(result { stop_reason = "halted", hops = { { ttl = 1, replies = {} } } })
    assert.equal(first .. " 2  *\nstopped: halted\n", written())
  end)

  it("parts targets with an empty line, also from one that could not be traced", function()
    local reporter, written = open()
    reporter:begin "nowhere"
    reporter:begin "web"
    reporter:trace(result {})
    assert.equal("\n" .. HEAD, written())
    reporter, written = open()
    reporter:trace(result {})
    reporter:trace(result {})
    assert.equal(HEAD .. "\n" .. HEAD, written())
  end)

  it("leaves the replies of a hop in their order", function()
    local reporter = open()
    local late, early = reply("192.0.2.2", 2, { attempt = 2 }), reply("192.0.2.1", 1)
    local replies = { late, early }
    reporter:begin "web"
    reporter:hop({ dst = "192.0.2.9" }, { ttl = 1, replies = replies })
    assert.is_true(replies[1] == late and replies[2] == early)
  end)

  it("writes results of traces", function()
    local reporter, written = open { queries = 2 }
    simulated("unreachables", { "admin", "r1" }, { queries = 2 }, reporter)
    assert.equal(table.concat {
      "trace to admin (203.0.113.2), 30 hops max, 60 byte packets, icmp\n",
      " 1  198.18.0.1  2.000 ms  2.000 ms\n",
      " 2  198.18.0.2  4.000 ms  4.000 ms\n",
      " 3  198.18.0.2  4.000 ms !X  4.000 ms !X\n",
      "stopped: unreach\n\n",
      "trace to r1 (198.18.0.1), 30 hops max, 60 byte packets, icmp\n",
      " 1  198.18.0.1  2.000 ms  2.000 ms\n" }, written())
  end)

  it("writes what a campaign hands out", function()
    local reporter, written = open { queries = 1 }
    local engine = assert(mtr.engine { sim = "spec/sim/topologies/plain.lua", seed = 1 })
    mtr.go(function()
      assert(mtr.campaign { engine = engine, reporters = { reporter }, trace = { queries = 1 },
        targets = { "198.18.0.2", "203.0.113.9" }, window = 1 }:run())
    end)
    engine:run()
    engine:close()
    assert.equal(table.concat {
      "trace to 198.18.0.2 (198.18.0.2), 30 hops max, 60 byte packets, icmp\n",
      " 1  198.18.0.1  2.000 ms\n 2  198.18.0.2  4.000 ms\n\n",
      "trace to 203.0.113.9 (203.0.113.9), 30 hops max, 60 byte packets, icmp\n",
      " 1  198.18.0.1  2.000 ms\n 2  198.18.0.2  4.000 ms\n 3  203.0.113.9  6.000 ms\n" },
      written())
  end)
end)
