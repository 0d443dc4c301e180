-- SPDX-License-Identifier: MIT
--
-- What the words of mtr-packet mean to the engine: kinds of replies, ICMP types, errors, times.
local core = require "spec.support.harness.core"
local wire = require "spec.support.packets.wire"

local C, ffi = core.load { "core/net/mtrpacket/answer.h" }

local EPROTO, EAGAIN = -71, 11
local SENT, NOW = 5000000LL, 900000000LL

local request = ffi.new "struct answer_request"
local reply, ext = ffi.new "struct wire_reply", ffi.new "uint8_t[36]"

local function fill(protocol, line, family)
  local m = ffi.new "struct mtrp_reply"
  assert(C.mtrp_parse(line, #line, m) == 0)
  request.token, request.handle, request.sent, request.family = 17, 42, SENT, family or 4
  request.protocol = wire.PROTOCOL[protocol]
  ffi.fill(request.dst, 16)
  ffi.copy(request.dst, (family == 6) and "\254\1\2\3" or "\192\0\2\9", 4)
  ffi.fill(reply, ffi.sizeof(reply), 0xa5)
  return C.answer_fill(request, m, reply, ext, NOW)
end

local KINDS = { "ECHO_REPLY", "TIME_EXCEEDED", "UNREACH", "TCP_REPLY", "ERROR" }

local function kind()
  for _, name in ipairs(KINDS) do
    if reply.kind == C["WIRE_" .. name] then return name end
  end
end

local FROM_DST = " ip-4 192.0.2.9 round-trip-time 250"
local FROM_ROUTER = " ip-4 10.0.0.1 round-trip-time 250"
local NO_CODE = 255

describe("an answer", function()
  -- protocol, line, kind, protocol of the reply, ICMP type and code
  for _, case in ipairs {
    { "icmp", "17 reply" .. FROM_DST, "ECHO_REPLY", "icmp", 0, 0 },
    { "icmp", "17 reply" .. FROM_ROUTER, "ECHO_REPLY", "icmp", 0, 0 },
    { "udp", "17 reply" .. FROM_DST, "UNREACH", "icmp", 3, 3 },
    { "udp", "17 reply" .. FROM_ROUTER, "UNREACH", "icmp", 3, 3 },
    { "tcp", "17 reply" .. FROM_DST, "TCP_REPLY", "tcp", 0, 0 },
    { "tcp", "17 reply" .. FROM_ROUTER, "UNREACH", "icmp", 3, 3 },
    { "icmp", "17 ttl-expired" .. FROM_ROUTER, "TIME_EXCEEDED", "icmp", 11, 0 },
    { "tcp", "17 ttl-expired" .. FROM_ROUTER, "TIME_EXCEEDED", "icmp", 11, 0 },
    { "udp", "17 no-route" .. FROM_ROUTER, "UNREACH", "icmp", 3, NO_CODE },
    { "udp", "17 no-route-host" .. FROM_ROUTER, "UNREACH", "icmp", 3, NO_CODE },
  } do
    local protocol, line, want, carrier, icmp_type, icmp_code = unpack(case)
    it(("%s to %s is %s"):format(line, protocol, want), function()
      assert.equal(1, fill(protocol, line))
      assert.same({ want, wire.PROTOCOL[carrier], icmp_type, icmp_code },
        { kind(), reply.protocol, reply.icmp_type, reply.icmp_code })
      assert.equal(42, reply.handle)
      assert.equal(SENT + 250000, reply.at)
      assert.same({ 0, 0, 0, 0 }, { reply.error, reply.ext_size, reply.ttl, reply.kernel_time })
    end)
  end

  it("over IPv6 has the types of IPv6", function()
    for line, want in pairs {
      ["17 reply ip-6 ::1 round-trip-time 1"] = { "UNREACH", 1, 4 },
      ["17 ttl-expired ip-6 ::1 round-trip-time 1"] = { "TIME_EXCEEDED", 3, 0 },
      ["17 no-route-host ip-6 ::1 round-trip-time 1"] = { "UNREACH", 1, NO_CODE },
    } do
      assert.equal(1, fill("udp", line, 6))
      assert.same(want, { kind(), reply.icmp_type, reply.icmp_code })
    end
    assert.equal(1, fill("icmp", "17 reply ip-6 ::1 round-trip-time 1", 6))
    assert.same({ "ECHO_REPLY", 129 }, { kind(), reply.icmp_type })
  end)

  it("carries labels as the router had sent them", function()
    assert.equal(1, fill("udp", "17 ttl-expired" .. FROM_ROUTER .. " mpls 24000,0,0,1,24001,1,1,2"))
    assert.equal("\0\12\1\1\5\220\0\1\5\220\19\2", ffi.string(reply.ext, reply.ext_size))
  end)

  for line, errno in pairs {
    ["17 probes-exhausted"] = EAGAIN, ["17 unexpected-error errno 24"] = EAGAIN,
    ["17 permission-denied"] = 1, ["17 unexpected-error errno 13"] = 13,
    ["17 invalid-argument"] = 22, ["17 network-down"] = 100, ["17 no-route"] = 101,
    ["17 no-route-host"] = 113,
    ["17 address-not-available"] = 99, ["17 unknown-command"] = 38, ["17 host-down"] = 112,
    ["17 some-new-word"] = 71, ["17 some-new-word ip-4 192.0.2.9"] = 71,
    ["17 unexpected-error errno 0"] = 5,
  } do
    it(("%s is the error %d"):format(line, errno), function()
      assert.equal(1, fill("icmp", line))
      assert.same({ "ERROR", errno, 42, 4 }, { kind(), reply.error, reply.handle, reply.family })
    end)
  end

  it("is ignored when it only reports a time-out", function()
    assert.equal(0, fill("tcp", "17 no-reply"))
    assert.equal(0, fill("tcp", "17 wait-tcp-respone-timeout"))
    assert.equal(0, fill("tcp", "17 unexpected-error errno 110"))
  end)

  it("is refused with another family, without address, or for another command", function()
    assert.equal(EPROTO, fill("icmp", "17 reply" .. FROM_DST, 6))
    assert.equal(EPROTO, fill("icmp", "17 reply ip-6 ::1 round-trip-time 1", 4))
    assert.equal(EPROTO, fill("icmp", "17 reply round-trip-time 1"))
    assert.equal(EPROTO, fill("icmp", "17 ttl-expired ip-4 1.2.3 round-trip-time 1"))
    assert.equal(EPROTO, fill("icmp", "17 feature-support support ok"))
    assert.equal(EPROTO, fill("icmp", "17 command-parse-error"))
  end)

  it("without a possible round-trip time gets the time of its arrival", function()
    for _, time in ipairs { "", " round-trip-time -5", " round-trip-time 895001",
      " round-trip-time 2147483647" } do
      assert.equal(1, fill("icmp", "17 reply ip-4 192.0.2.9" .. time))
      assert.equal(NOW, reply.at)
    end
  end)
end)
