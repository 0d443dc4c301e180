-- SPDX-License-Identifier: MIT
--
-- The reporter of pings: its lines for every kind of record.
local ping = require "mtr.report.ping"

local function written(record)
  local out = ""
  local reporter = ping.new(function(text) out = out .. text return true end,
    { data = 56, protocol = "icmp" })
  record.target, record.dst = record.target or "web", "192.0.2.9"
  assert.is_true(reporter:start())
  assert.is_true(reporter:trace(record))
  assert.is_true(reporter:finish())
  return out
end

describe("the ping reporter writes", function()
  for name, case in pairs {
    ["the start"] = { { type = "ping_start", size = 84 },
      "PING web (192.0.2.9) 56(84) bytes of icmp data\n" },
    ["a name with control characters"] = { { type = "ping_start", size = 84, target = "w\27[0m\n" },
      "PING w?[0m? (192.0.2.9) 56(84) bytes of icmp data\n" },
    ["an answer"] = { { type = "ping", seq = 3, addr = "192.0.2.9", rtt = 6.0004, ttl = 62,
      size = 84 }, "84 bytes from 192.0.2.9: seq=3 ttl=62 time=6.000 ms\n" },
    ["an answer of which little is known"] = { { type = "ping", addr = "192.0.2.9", rtt = 1 },
      "0 bytes from 192.0.2.9: seq=? ttl=? time=1.000 ms\n" },
    ["an error"] = { { type = "ping", seq = 1, addr = "192.0.2.1", rtt = 1, ttl = 64, size = 56,
      error = "!H" }, "56 bytes from 192.0.2.1: seq=1 ttl=64 time=1.000 ms !H\n" },
    ["a duplicate"] = { { type = "ping", seq = 1, addr = "192.0.2.9", rtt = 1, ttl = 64, size = 56,
      dup = true, late = true },
      "56 bytes from 192.0.2.9: seq=1 ttl=64 time=1.000 ms (DUP!)\n" },
    ["a late error"] = { { type = "ping", seq = 1, addr = "192.0.2.1", rtt = 1, ttl = 64,
      size = 56, error = "time exceeded", late = true },
      "56 bytes from 192.0.2.1: seq=1 ttl=64 time=1.000 ms time exceeded (late)\n" },
    ["silence"] = { { type = "ping", seq = 2, error = "no answer" },
      "192.0.2.9: seq=2 no answer\n" },
    ["a summary without answers"] = { { type = "ping_summary", sent = 3, received = 0,
      unanswered = 100 },
      "\n--- web ping statistics ---\n3 sent, 0 received, 100% unanswered\n" },
    ["a summary of a ping that never began"] = { { type = "ping_summary", sent = 0, received = 0,
      unanswered = 100 },
      "\n--- web ping statistics ---\n0 sent, 0 received, 100% unanswered\n" },
    ["a summary"] = { { type = "ping_summary", sent = 3, received = 2, unanswered = 100 / 3,
      min = 1, avg = 2, max = 3, mdev = 1, jitter = 2.5 },
      "\n--- web ping statistics ---\n3 sent, 2 received, 33.33% unanswered\n"
        .. "rtt min/avg/max/mdev 1.000/2.000/3.000/1.000 ms, jitter 2.500 ms\n" },
  } do
    it(name, function() assert.equal(case[2], written(case[1])) end)
  end
end)
