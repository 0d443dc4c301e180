-- SPDX-License-Identifier: MIT
--
-- mtr-packet's protocol as text: what each odd line, number and word means. Measured against
-- mtr-packet 0.96 itself.
local mtr_packet = require "mtr.script.mtr_packet"

-- What a line asks for: its token and answer, or token, destination, TTL and options.
local function parse(line) return mtr_packet.parse(line) end

local function answer(line)
  local token, command = parse(line)
  return token and token .. command.answer
end

local function probe(words)
  local _, command = parse("1 send-probe " .. words)
  return command
end

describe("mtrp token", function()
  for word, token in pairs {
    ["1"] = 1, ["+7"] = 7, ["007"] = 7, ["12abc"] = 12, abc = 0, ["0x10"] = 0, ["-5"] = -5,
    ["2147483647"] = 2147483647, ["2147483648"] = -2147483648, ["4294967297"] = 1,
    ["9223372036854775807"] = -1, ["-9223372036854775808"] = 0, ["1e3"] = 1, ["1.5"] = 1,
    ["+"] = 0, ["--1"] = 0, inf = 0, nan = 0, ["-2147483649"] = 2147483647,
    ["00000000000000000000000000005"] = 5,
  } do
    it(("%s is %d"):format(word, token), function()
      assert.equal(token .. " unknown-command\n", answer(word .. " x"))
    end)
  end

  it("may not exceed a long", function()
    assert.is_nil(answer "9223372036854775808 x")
    assert.is_nil(answer "-9223372036854775809 x")
  end)

  it("that is plain is read off at once", function()
    for line, expected in pairs {
      ["1 x"] = { 1, " x" }, ["2147483647 a  b"] = { 2147483647, " a  b" }, ["0 x"] = { 0, " x" },
    } do
      assert.same(expected, { mtr_packet.token(line) })
    end
    for _, word in ipairs {
      "", "x", "-1", "+1", "01", "1.5", "1e3", "1e03", "0x10", "inf", "nan", "2147483648", "12a",
    } do
      assert.same({ [2] = word .. " y" }, { mtr_packet.token(word .. " y") })
    end
    assert.is_nil((mtr_packet.token "7"))
  end)
end)

describe("mtrp command", function()
  for _, line in ipairs {
    "", "   ", "1", "1 send-probe ip-4", "1 a" .. (" b"):rep(33), "1 a" .. (" b"):rep(34),
    "1 check-support\0feature version", "1 x\0",
  } do
    it(("cannot be read: %q"):format(line:sub(1, 30)), function() assert.is_nil(parse(line)) end)
  end

  for line, expected in pairs {
    ["1 frobnicate"] = " unknown-command\n", ["1 SEND-PROBE ip-4 ::1"] = " unknown-command\n",
    ["\t1\vcheck-support\ffeature  version\r"] = " feature-support support 0.96\n",
    ["1 check-support"] = " invalid-argument\n", ["1 check-support a b"] = " invalid-argument\n",
    ["1 check-support a b feature udp"] = " feature-support support ok\n",
    ["1 check-support feature udp feature x"] = " feature-support support ok\n",
    ["1 check-support feature local-device"] = " feature-support support no\n",
    ["1 check-support feature mark"] = " feature-support support ok\n",
    ["1 check-support feature sctp"] = " feature-support support no\n",
    ["1 send-probe"] = " invalid-argument reason ip-version-not-supported\n",
    ["1 send-probe protocol sctp"] = " invalid-argument reason ip-version-not-supported\n",
    ["1 send-probe ip-6 ::1 protocol sctp"] =
      " invalid-argument reason protocol-not-supported\n",
    ["1 send-probe ip-4 x protocol sctp"] = " invalid-argument reason protocol-not-supported\n",
  } do
    it(("%q is answered at once"):format(line), function()
      assert.equal("1" .. expected, answer(line))
    end)
  end

  for _, words in ipairs {
    "ip-4 localhost", "ip-4 ::1", "ip-6 127.0.0.1", "ip-6 fe80::1%lo", "ip-4 127.000.000.001",
    "ip-4 127.0.0.1 local-ip-6 ::1", "ip-4 127.0.0.1 protocol gre",
    "ip-4 127.0.0.1 protocol gre protocol icmp", "ip-4 127.0.0.1 ttl x", "ttl x",
    "ip-4 127.0.0.1 ttl 1x", "ip-4 127.0.0.1 timeout 0.5", "ip-4 127.0.0.1 mark 0x10",
    "ip-4 127.0.0.1 ttl +", "ip-4 127.0.0.1 local-port 1023", "ip-4 127.0.0.1 size 9001",
    "ip-6 ::1 size 9041", "ip-4 127.0.0.1 protocol tcp ttl 0", "ip-6 ::1 protocol tcp tos 256",
  } do
    it("is refused: " .. words, function()
      assert.equal("1 invalid-argument\n", answer("1 send-probe " .. words))
    end)
  end

  it("with a bad TTL is refused only when nothing else fails before", function()
    for _, words in ipairs {
      "ip-4 127.0.0.1 ttl 0", "ip-4 127.0.0.1 ttl 256", "ip-4 127.0.0.1 ttl -2", "ip-6 ::1 ttl 256",
      "ip-6 ::1 tos 256", "ip-6 ::1 ttl -2",
    } do
      assert.is_nil(probe(words).ttl)
    end
  end)

  for words, expected in pairs {
    ["ip-4 127.0.0.1"] = { ttl = 255, protocol = "icmp", size = 64, timeout = 10000, tos = 0,
      fill = 0 },
    ["ip-6 ::1 ttl -1"] = { family = 6, ttl = 64 },
    ["ip-6 ::1 ttl 0"] = { ttl = 1 },
    ["ip-4 127.0.0.1 ttl 4294967297"] = { ttl = 1 },
    ["ip-4 127.0.0.1 ttl 99999999999999999999"] = { ttl = 64 },
    ["ip-4 1.2.3.4 ttl 1 ip-6 ::1 ttl 2"] = { family = 6, dst = "::1", ttl = 2 },
    ["ip-4 0.0.0.0 local-ip-4 0.0.0.0"] = { dst = "127.0.0.1", source = false },
    ["ip-4 127.0.0.1 local-ip-6 127.0.0.5"] = { source = "127.0.0.5" },
    ["ip-4 127.0.0.1 local-device lo frobnicate 7"] = { interface = "lo" },
    ["ip-4 127.0.0.1 timeout 0"] = { timeout = 1 },
    ["ip-4 127.0.0.1 timeout -9"] = { timeout = 1 },
    ["ip-4 127.0.0.1 timeout 7"] = { timeout = 7000 },
    ["ip-4 127.0.0.1 timeout 86400"] = { timeout = 3600000 },
    ["ip-4 127.0.0.1 size -5"] = { size = 30 },
    ["ip-6 ::1 protocol udp size 1"] = { size = 52 },
    ["ip-6 ::1 size 9040"] = { size = 9040 },
    ["ip-4 127.0.0.1 protocol tcp size 9001"] = { size = false },
    ["ip-4 127.0.0.1 tos 257"] = { tos = 1 },
    ["ip-6 ::1 tos -1"] = { tos = 0 },
    ["ip-4 127.0.0.1 bit-pattern 341"] = { fill = 85, multipath = "classic" },
    ["ip-4 127.0.0.1 bit-pattern 0"] = { fill = 0, multipath = "classic" },
    ["ip-4 127.0.0.1 size 70"] = { fill = 0, multipath = false },
    ["ip-4 127.0.0.1 protocol udp bit-pattern 7"] = { fill = 7, multipath = false },
    ["ip-4 127.0.0.1 mark 7"] = { mark = 7 },
    ["ip-4 127.0.0.1 mark 0"] = { mark = false },
    ["ip-4 127.0.0.1 port 9 local-port 4000"] = { port = false, source_port = false },
    ["ip-4 127.0.0.1 protocol udp port 9 local-port 4000"] = { port = 9, source_port = 4000 },
    ["ip-4 127.0.0.1 protocol udp port 65536"] = { port = false },
    ["ip-4 127.0.0.1 protocol tcp port -1 local-port 4000"] = { port = 65535, source_port = false },
    ["ip-4 224.0.0.1"] = { allow_broadcast = true },
  } do
    it("asks for a probe: " .. words, function()
      local command = probe(words)
      for name, value in pairs(expected) do
        local got = command[name]
        if got == nil then got = command.opts[name] end
        assert.equal(value, got or false, name)
      end
    end)
  end

  it("has the same key as those that differ in their TTL only", function()
    local key = probe("ip-4 127.0.0.1 ttl 1").key
    assert.equal(key, probe("ttl 2 size 64 ip-4 127.0.0.1").key)
    for _, words in ipairs {
      "ip-4 127.0.0.2", "ip-4 127.0.0.1 size 65", "ip-4 127.0.0.1 timeout 9",
      "ip-4 127.0.0.1 protocol udp", "ip-4 127.0.0.1 local-ip-4 127.0.0.1",
      "ip-4 127.0.0.1 local-device lo", "ip-4 127.0.0.1 tos 1", "ip-4 127.0.0.1 mark 1",
      "ip-4 127.0.0.1 bit-pattern 1",
    } do
      assert.is_true(key ~= probe(words).key, words)
    end
  end)
end)

describe("mtrp lines", function()
  local function lines(data)
    local list = {}
    local rest = mtr_packet.lines(data, function(line)
      list[#list + 1] = line and #line or "over"
    end)
    return list, rest
  end

  for _, case in ipairs {
    { "", {}, 0 }, { "\n", { 0 }, 0 }, { "abc", {}, 3 }, { "abc\n", { 3 }, 0 },
    { "a\n\nbc\nd", { 1, 0, 2 }, 1 },
    { ("x"):rep(4094) .. "\n", { 4094 }, 0 }, { ("x"):rep(4094), {}, 4094 },
    { ("x"):rep(4095), { "over" }, 0 }, { ("x"):rep(4095) .. "\n", { "over", 0 }, 0 },
    { ("x"):rep(4095) .. "ab\n", { "over", 2 }, 0 },
    { ("x"):rep(8190) .. "y", { "over", "over" }, 1 },
    { "a\n" .. ("x"):rep(4095) .. "b\nc\n", { 1, "over", 1, 1 }, 0 },
  } do
    it(("come whole out of %d bytes"):format(#case[1]), function()
      local list, rest = lines(case[1])
      assert.same({ case[2], case[3] }, { list, #rest })
    end)
  end

  it("do not depend on the pieces that they come in", function()
    local data = ("12 send-probe ip-4 ::1\n"):rep(40) .. ("y"):rep(9000) .. "\nz\n"
    local whole = lines(data)
    for size = 1, 97, 6 do
      local list, rest = {}, ""
      for at = 1, #data, size do
        rest = mtr_packet.lines(rest .. data:sub(at, at + size - 1), function(line)
          list[#list + 1] = line and #line or "over"
        end)
      end
      assert.same(whole, list)
    end
  end)
end)

describe("mtrp answer", function()
  local function reply(family, o)
    o.addr, o.rtt = family == 4 and "10.0.0.1" or "fd00::1", o.rtt or 1.2344
    return mtr_packet.reply(7, family, o)
  end

  for _, case in ipairs {
    { 4, { icmp_type = 0 }, "reply" }, { 4, { icmp_type = 11 }, "ttl-expired" },
    { 4, { icmp_type = 3, icmp_code = 3 }, "reply" },
    { 4, { icmp_type = 3, icmp_code = 2 }, "no-route-host" },
    { 4, { icmp_type = 3, icmp_code = 4, mtu = 1400 }, "no-route-host" },
    { 4, {}, "reply" }, { 6, {}, "reply" }, { 6, { icmp_type = 129 }, "reply" },
    { 6, { icmp_type = 3 }, "ttl-expired" }, { 6, { icmp_type = 1, icmp_code = 4 }, "reply" },
    { 6, { icmp_type = 1, icmp_code = 3 }, "no-route-host" },
    { 6, { icmp_type = 2, mtu = 1400 }, "no-route-host" },
  } do
    local family, o, word = unpack(case)
    local name = ("to ICMP %s/%s of IPv%d is %s"):format(tostring(o.icmp_type),
      tostring(o.icmp_code), family, word)
    it(name, function()
      local addr = family == 4 and "ip-4 10.0.0.1" or "ip-6 fd00::1"
      assert.equal(("7 %s %s round-trip-time 1234\n"):format(word, addr), reply(family, o))
    end)
  end

  it("has up to eight MPLS labels, of the first object", function()
    local function stack(n)
      local list = {}
      for i = 1, n do list[i] = { label = i, tc = 1, s = 0, ttl = 9 } end
      return { class = 1, type = 1, mpls = list }
    end
    local other = { class = 9, type = 9, hex = "00" }
    assert.equal("7 ttl-expired ip-4 10.0.0.1 round-trip-time 0 mpls 1,1,0,9,2,1,0,9\n",
      reply(4, { icmp_type = 11, rtt = 0, ext = { other, stack(2), stack(3) } }))
    local nine = reply(4, { icmp_type = 11, ext = { stack(9) } })
    assert.equal(8, select(2, nine:gsub(",1,0,9", "")))
    assert.equal(nil, reply(4, { icmp_type = 11, ext = { other } }):match "mpls")
  end)

  it("names failures as mtr-packet does", function()
    for name, text in pairs {
      EINVAL = "invalid-argument", ENETDOWN = "network-down", EHOSTDOWN = "host-down",
      ENETUNREACH = "no-route-network", EHOSTUNREACH = "no-route-host", EPERM = "permission-denied",
      EADDRINUSE = "address-in-use", EADDRNOTAVAIL = "address-not-available",
      EAGAIN = "probes-exhausted", EACCES = "unexpected-error errno 13",
      EMSGSIZE = "unexpected-error errno 90", ENODEV = "unexpected-error errno 19",
    } do
      assert.equal(" " .. text .. "\n", mtr_packet.failure(name))
    end
  end)
end)
