-- SPDX-License-Identifier: MIT
--
-- Tests what a delivered reply means for its trace (core/probe/deliver.c).

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C = core.load{ "core/mtr.h" }

local V4, V6, ROUTER, ROUTER6 = "203.0.113.9", "2001:db8:9::9", "10.0.0.1", "2001:db8:a::1"

describe("a reply, by what it says,", function()
  local d, t

  -- Traces one hop, which is as |place| says. Returns the done event.
  local function one(place, protocol, dst, option)
    d = drive.new{ network = path.new{ dst = dst, dest = place } }
    t = d:start{ protocol = protocol, max_ttl = 1, attempts = 1, timeout = 1000,
      flags = option and C["MTR_" .. option] }
    d:run()
    return d:done(t)
  end
  after_each(function() d:close() end)

  -- Protocol, destination, what comes back, its flags, the stop reason and its data, and what the
  -- user asked for.
  for _, case in ipairs{
    { "icmp", V4, { kind = "TIME_EXCEEDED", from = ROUTER }, "ANSWER PRIMARY", "hoplimit" },
    { "icmp", V4, { kind = "TIME_EXCEEDED" }, "TE_FROM_DST ANSWER PRIMARY", "hoplimit" },
    { "icmp", V4, { kind = "TIME_EXCEEDED", from = "0.0.0.0" }, "ANSWER PRIMARY", "hoplimit" },
    { "icmp", V4, { kind = "ECHO_REPLY" }, "FINAL ANSWER PRIMARY", "completed" },
    { "icmp", V4, { kind = "ECHO_REPLY", from = ROUTER }, "FINAL OTHER_ADDR ANSWER PRIMARY",
      "completed" },
    { "icmp", V6, { kind = "ECHO_REPLY", from = ROUTER6 }, "FINAL OTHER_ADDR ANSWER PRIMARY",
      "completed" },
    { "udp", V4, { kind = "UNREACH" }, "FINAL ANSWER PRIMARY", "completed" },
    { "udp", V4, { kind = "UNREACH", from = ROUTER }, "FINAL OTHER_ADDR ANSWER PRIMARY",
      "completed" },
    { "udp", V6, { kind = "UNREACH", from = ROUTER6 }, "FINAL OTHER_ADDR ANSWER PRIMARY",
      "completed" },
    { "udp", V6, { kind = "UNREACH", icmp_code = 3 }, "UNREACH ANSWER PRIMARY", "unreach", 3 },
    { "icmp", V4, { kind = "UNREACH", from = ROUTER }, "UNREACH ANSWER PRIMARY", "unreach", 3 },
    { "icmp", V4, { kind = "UNREACH" }, "FINAL ANSWER PRIMARY", "completed" },
    { "tcp", V4, { kind = "UNREACH", from = ROUTER }, "UNREACH ANSWER PRIMARY", "unreach", 3 },
    { "udp", V4, { kind = "UNREACH", icmp_code = 2 }, "FINAL ANSWER PRIMARY", "completed" },
    { "udp", V4, { kind = "UNREACH", from = ROUTER, icmp_code = 2 }, "UNREACH ANSWER PRIMARY",
      "unreach", 2 },
    { "udp", V4, { kind = "UNREACH", icmp_code = 1 }, "UNREACH ANSWER PRIMARY", "unreach", 1 },
    { "icmp", V4, { kind = "UNREACH", from = ROUTER, icmp_code = 13 }, "UNREACH ANSWER PRIMARY",
      "unreach", 13 },
    { "icmp", V6, { kind = "UNREACH", from = ROUTER6, icmp_code = 1 }, "UNREACH ANSWER PRIMARY",
      "unreach", 1 },
    { "icmp", V4, { kind = "UNREACH", from = "192.0.2.1", icmp_code = 1 },
      "UNREACH LOCAL ANSWER PRIMARY", "unreach", 1 },
    { "tcp", V4, { kind = "TCP_REPLY" }, "FINAL ANSWER PRIMARY", "completed" },
    { "tcp", V6, { kind = "TCP_REPLY", tcp_flags = 0x14 }, "FINAL ANSWER PRIMARY", "completed" },
    { "tcp", V4, { kind = "TCP_REPLY", from = ROUTER }, "FINAL OTHER_ADDR ANSWER PRIMARY",
      "completed" },
    { "udp", V4, { kind = "UDP_REPLY" }, "FINAL ANSWER PRIMARY", "completed" },
    { "udp", V6, { kind = "UDP_REPLY" }, "FINAL ANSWER PRIMARY", "completed" },
    { "icmp", V4, { kind = "OTHER", from = ROUTER }, "", "hoplimit" },
    { "icmp", V4, { kind = "OTHER", icmp_type = 11, icmp_code = 1 }, "", "hoplimit" },
    { "udp", V6, { kind = "OTHER", icmp_code = 1 }, "", "hoplimit" },
    { "udp", V4, { kind = "TOO_BIG", from = ROUTER, mtu = 1400 }, "TOO_BIG", "hoplimit" },
    { "icmp", V4, { kind = "TIME_EXCEEDED" }, "FINAL TE_FROM_DST ANSWER PRIMARY", "completed", 0,
      "TE_COMPLETES" },
    { "udp", V6, { kind = "TIME_EXCEEDED" }, "FINAL TE_FROM_DST ANSWER PRIMARY", "completed", 0,
      "TE_COMPLETES" },
    { "tcp", V4, { kind = "TIME_EXCEEDED", from = ROUTER }, "ANSWER PRIMARY", "hoplimit", 0,
      "TE_COMPLETES" },
    { "icmp", V4, { kind = "OTHER", icmp_type = 11, icmp_code = 1 }, "", "hoplimit", 0,
      "TE_COMPLETES" },
    { "icmp", V4, { kind = "UNREACH", from = ROUTER, icmp_code = 13 }, "ANSWER PRIMARY",
      "hoplimit", 0, "UNREACH_CONTINUE" },
    { "udp", V6, { kind = "UNREACH", icmp_code = 3 }, "ANSWER PRIMARY", "hoplimit", 0,
      "UNREACH_CONTINUE" },
    { "udp", V4, { kind = "UNREACH" }, "FINAL ANSWER PRIMARY", "completed", 0,
      "UNREACH_CONTINUE" },
  } do
    local protocol, dst, place, flags, reason, data, option = unpack(case)
    it(("%stakes %s%s%s to a %s probe to %s as %s: %s"):format(
      option and "with " .. option:lower() .. " " or "",place.kind:lower():gsub("_", " "),
      place.icmp_code and " " .. place.icmp_code or "", place.from and " from " .. place.from or "",
      protocol, dst, flags == "" and "no answer" or flags, reason), function()
      local done = one(place, protocol, dst, option)
      assert.same({ flags }, d:flags(t))
      assert.equal(reason, done.reason)
      assert.equal(data or 0, done.icmp_code)
      local hop = d:of("HOP")[1]
      assert.equal(flags:find("ANSWER") and 1 or 0, hop.stop)
      local from = place.from ~= "0.0.0.0" and (place.from or dst) or nil
      assert.equal(flags:find("ANSWER") and from or nil, hop.addr)
    end)
  end
end)
