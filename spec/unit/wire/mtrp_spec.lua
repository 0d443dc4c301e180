-- SPDX-License-Identifier: MIT
--
-- mtr-packet's protocol: every reply that 0.92 to 0.96 give, lines that come in pieces, and
-- commands as each version wants them.
local core = require "spec.support.harness.core"
local wire = require "spec.support.packets.wire"

local C, ffi = core.load { "core/wire/mtrp.h" }

local WORDS = { [0] = "unknown", "reply", "expired", "no-reply", "no-route", "exhausted", "failed",
  "support", "protocol" }
-- Linux: EMFILE 24, EPROTO 71, EADDRINUSE 98, EADDRNOTAVAIL 99, EHOSTDOWN 112
local EPERM, EIO, EINVAL, ENOSYS, ENETDOWN, ENETUNREACH, EHOSTUNREACH = 1, 5, 22, 38, 100, 101, 113

local reply = ffi.new "struct mtrp_reply"

local function parse(line)
  local code = C.mtrp_parse(line, #line, reply)
  return code == 0 and reply or nil, code
end

-- What was read, as one line: token, word, address, microseconds, errno, labels.
local function summary(line)
  local r, code = parse(line)
  if not r then return code end
  local words = { r.token, WORDS[r.word] }
  if r.family == 4 then
    words[3] = ("%d.%d.%d.%d"):format(r.addr[0], r.addr[1], r.addr[2], r.addr[3])
  elseif r.family == 6 then
    words[3] = ("%02x%02x..%02x"):format(r.addr[0], r.addr[1], r.addr[15])
  end
  if r.rtt_us >= 0 then words[#words + 1] = tonumber(r.rtt_us) .. "us" end
  if r.error ~= 0 then words[#words + 1] = "errno " .. r.error end
  for i = 0, r.labels - 1 do words[#words + 1] = ("%08x"):format(r.label[i]) end
  return table.concat(words, " ")
end

local replies = {
  ["2 reply ip-4 127.0.0.1 round-trip-time 51"] = "2 reply 127.0.0.1 51us",
  ["2 reply ip-6 ::1 round-trip-time 0"] = "2 reply 0000..01 0us",
  ["7 ttl-expired ip-4 10.201.2.2 round-trip-time 83"] = "7 expired 10.201.2.2 83us",
  ["7 ttl-expired ip-6 fd00:201::9 round-trip-time 2147483647"] = "7 expired fd00..09 2147483647us",
  ["8 no-reply"] = "8 no-reply",
  -- 0.92 to 0.95
  ["9 no-route ip-4 10.201.2.2 round-trip-time 7"] = "9 no-route 10.201.2.2 7us errno 101",
  ["9 no-route"] = "9 no-route errno " .. ENETUNREACH,
  ["8 unexpected-error errno 110"] = "8 no-reply errno 110",
  -- 0.96
  ["9 no-route-host ip-4 10.201.2.2 round-trip-time 7"] = "9 no-route 10.201.2.2 7us errno 113",
  ["9 no-route-host"] = "9 no-route errno " .. EHOSTUNREACH,
  ["9 no-route-network"] = "9 no-route errno " .. ENETUNREACH,
  ["9 host-down"] = "9 failed errno 112",
  ["8 wait-tcp-respone-timeout"] = "8 no-reply",
  ["9 network-down"] = "9 failed errno " .. ENETDOWN,
  ["9 permission-denied"] = "9 failed errno " .. EPERM,
  ["9 address-in-use"] = "9 failed errno 98",
  ["9 address-not-available"] = "9 failed errno 99",
  ["9 invalid-argument"] = "9 failed errno " .. EINVAL,
  ["9 invalid-argument reason ip-version-not-supported"] = "9 failed errno 97",
  ["9 invalid-argument reason protocol-not-supported"] = "9 failed errno 93",
  ["9 unexpected-error errno 13"] = "9 failed errno 13",
  ["9 unexpected-error errno 90"] = "9 failed errno 90",
  ["9 unexpected-error winerror 11010"] = "9 failed errno " .. EIO,
  ["9 unexpected-error errno 24"] = "9 exhausted errno 24",
  ["9 probes-exhausted"] = "9 exhausted",
  ["12 unknown-command"] = "12 failed errno " .. ENOSYS,
  ["0 command-parse-error"] = "0 protocol errno 71",
  ["0 command-buffer-overflow"] = "0 protocol errno 71",
  -- of versions to come
  ["9 quota-exceeded ip-4 192.0.2.1"] = "9 unknown 192.0.2.1",
  ["9 ttl-expired colour blue ip-4 192.0.2.1 round-trip-time 5 x"] = "9 expired 192.0.2.1 5us",
  ["9 reply round-trip-time 5 ip-4 192.0.2.1"] = "9 reply 192.0.2.1 5us",
  ["3 ttl-expired ip-4 10.0.2.2 round-trip-time 5 mpls 24000,0,0,1,24001,1,1,2"] =
    "3 expired 10.0.2.2 5us 05dc0001 05dc1302",
  ["3 ttl-expired ip-4 10.0.2.2 round-trip-time 5 mpls 1048575,7,1,255"] =
    "3 expired 10.0.2.2 5us ffffffff",
  ["3 ttl-expired ip-4 10.0.2.2 round-trip-time 5 mpls 16,0,1"] = "3 expired 10.0.2.2 5us",
  ["3 ttl-expired ip-4 10.0.2.2 round-trip-time 5 mpls 16,8,1,1"] = "3 expired 10.0.2.2 5us",
  ["3 ttl-expired ip-4 10.0.2.2 round-trip-time 5 mpls " .. ("1,0,0,9,"):rep(30)] =
    "3 expired 10.0.2.2 5us" .. (" 00001009"):rep(8),
  ["\t5  no-reply \r"] = "5 no-reply",
  -- of a clock that was set
  ["5 reply ip-4 192.0.2.1 round-trip-time -31"] = "5 reply 192.0.2.1",
  ["5 reply ip-4 192.0.2.1 round-trip-time 2147483648"] = "5 reply 192.0.2.1",
  -- damage
  ["5 reply ip-4 192.0.2.256 round-trip-time 1"] = "5 reply 1us",
  ["5 reply ip-4 192.0.2 round-trip-time 1"] = "5 reply 1us",
  ["5 reply ip-4 192.0.2.1. round-trip-time 1"] = "5 reply 1us",
  ["5 reply ip-6 192.0.2.1 round-trip-time 1"] = "5 reply 1us",
  ["5 reply ip-6 fe80::1%lo round-trip-time 1"] = "5 reply 1us",
  ["5 reply ip-4"] = "5 reply",
  ["5 reply ip-4 192.0.2.1 ip-4 x"] = "5 reply 192.0.2.1",
  ["2147483647 no-reply"] = "2147483647 no-reply",
}
for _, line in ipairs { "", " ", "5", "no-reply", "-5 no-reply", "+5 no-reply", "5x no-reply",
  "2147483648 no-reply", "99999999999999999999 no-reply", "0x5 no-reply", "y", "\0", "5\0 no-reply",
} do
  replies[line] = wire.EBADMSG
end

describe("a reply", function()
  for line, want in pairs(replies) do
    it(("of %q is read as %s"):format(line:sub(1, 80), want), function()
      assert.equal(want, summary(line))
    end)
  end

  it("to check-support gives its value", function()
    for text, value in pairs { ok = "ok", no = "no", ["0.93.51-ab78"] = "0.93.51-ab78" } do
      local r = parse("1 feature-support support " .. text)
      assert.same({ "support", value }, { WORDS[r.word], ffi.string(r.text) })
    end
    assert.equal(47, #ffi.string(parse("1 feature-support support " .. ("9"):rep(80)).text))
  end)

  it("of an unknown word keeps the word", function()
    assert.equal("quota-exceeded??", ffi.string(parse("9 quota-exceeded\27\255").text))
  end)
end)

-- The lines that come out when a text comes in pieces of some size.
local function lines(text, piece)
  local l, out = ffi.new "struct mtrp_lines", {}
  local p, n = ffi.new "const char *[1]", ffi.new "size_t[1]"
  for at = 1, #text, piece do
    local bytes = text:sub(at, at + piece - 1)
    local base = ffi.cast("const char *", bytes)
    p[0] = base
    while true do
      local line = C.mtrp_line(l, p, base + #bytes, n)
      if line == nil then break end
      out[#out + 1] = ffi.string(line, n[0])
    end
    assert(p[0] == base + #bytes)
  end
  return out, l.too_long, tonumber(l.used)
end

describe("a stream of lines", function()
  local text = "1 reply\n22 no-reply\n\n4 \0 x\n" .. ("z"):rep(4096) .. "\nlast"

  it("comes out the same in pieces of any size", function()
    local want = { "1 reply", "22 no-reply", "", "4 \0 x", ("z"):rep(4096) }
    for _, piece in ipairs { 1, 2, 3, 5, 7, 100, 4095, 4096, 4097, 1e6 } do
      local got, too_long, used = lines(text, piece)
      assert.same(want, got)
      assert.same({ 0, 4 }, { too_long, used })
    end
  end)

  it("loses a line that is too long, and no other", function()
    for _, size in ipairs { 4097, 10000, 1e7 } do
      for _, piece in ipairs { 997, 4096, 65536 } do
        local got, too_long = lines("1 a\n" .. ("x"):rep(size) .. "\n2 b\n", piece)
        assert.same({ "1 a", "2 b" }, got)
        assert.equal(1, too_long)
      end
    end
  end)
end)

local function dialect(version)
  local d = ffi.new "struct mtrp_dialect"
  C.mtrp_dialect(version, d)
  return d
end

local line = ffi.new "char[512]"

-- The command of a probe, as wire.probe has them, for a version.
local function command(version, o, device)
  local p = wire.probe(o)
  p.mark = o.mark or 0
  local n = C.mtrp_probe(line, 512, 17, p, dialect(version), o.seconds or 2, device or "")
  return ffi.string(line, n)
end

local FOUR = "17 send-probe local-ip-4 192.0.2.1 ip-4 203.0.113.9 protocol "
local SIX = "17 send-probe local-ip-6 2001:db8:0:0:0:0:0:1 ip-6 2001:db8:9:0:0:0:0:9 protocol "

describe("a command", function()
  for _, case in ipairs {
    { "0.95", { protocol = "icmp" }, FOUR .. "icmp ttl 7 timeout 2" },
    { "0.95", { protocol = "icmp", size = 100, tos = 184, mark = 4294967295, seconds = 3600 },
      FOUR .. "icmp ttl 7 timeout 3600 size 100 tos 184 mark 4294967295" },
    { "0.96", { protocol = "icmp", size = 100 }, FOUR .. "icmp ttl 7 timeout 2 size 80" },
    { "0.96", { protocol = "icmp", size = 99, family = 6 }, SIX .. "icmp ttl 7 timeout 2 size 99" },
    { "0.95", { protocol = "udp" }, FOUR .. "udp ttl 7 timeout 2 port 33434 local-port 43981" },
    { "0.95", { protocol = "udp", multipath = "classic" },
      FOUR .. "udp ttl 7 timeout 2 port 33434" },
    { "0.95", { protocol = "udp", dport = 0 }, FOUR .. "udp ttl 7 timeout 2" },
    { "0.92", { protocol = "udp" }, FOUR .. "udp ttl 7 timeout 2 port 33434" },
    { "UNKNOWN", { protocol = "udp" }, FOUR .. "udp ttl 7 timeout 2 port 33434" },
    { "0.95", { protocol = "udp", family = 6 }, SIX .. "udp ttl 7 timeout 2 port 33434" },
    { "0.96", { protocol = "udp", family = 6 },
      SIX .. "udp ttl 7 timeout 2 port 33434 local-port 43981" },
    { "0.95", { protocol = "tcp", ttl = 255, dport = 443 },
      FOUR .. "tcp ttl 255 timeout 2 port 443" },
  } do
    local version, o, want = unpack(case)
    it(("for %s is %s"):format(version, want), function()
      assert.equal(want .. "\n", command(version, o))
    end)
  end

  it("names the interface last", function()
    assert.truthy(command("0.96", { protocol = "icmp" }, "eth0"):find " local%-device eth0\n$")
  end)

  it("is refused where it does not fit", function()
    local p, d = wire.probe { protocol = "udp", family = 6, ttl = 255, tos = 255 }, dialect "0.96"
    ffi.fill(p.src, 16, 0xff)
    ffi.fill(p.dst, 16, 0xff)
    p.sport, p.dport, p.size, p.mark = 65535, 65535, 65535, 4294967295
    assert.equal(wire.EMSGSIZE, C.mtrp_probe(line, 255, 17, p, d, 2, ""))
    assert.equal(wire.EMSGSIZE, C.mtrp_probe(line, 256, 17, p, d, 2, ("x"):rep(16)))
    local longest = C.mtrp_probe(line, 256, 2147483647, p, d, 4294967295, ("x"):rep(15))
    assert.truthy(longest > 200 and longest <= 256, longest)
    assert.equal(wire.EMSGSIZE, C.mtrp_check(line, 255, 17, "udp"))
    assert.equal(wire.EMSGSIZE, C.mtrp_skip(line, 255, 17, 4))
  end)

  it("may ask for a feature, or use up a number", function()
    assert.equal("3 check-support feature udp\n",
      ffi.string(line, C.mtrp_check(line, 512, 3, "udp")))
    assert.equal("2147483647 send-probe ip-4 0\n",
      ffi.string(line, C.mtrp_skip(line, 512, 2147483647, 4)))
    assert.equal("9 send-probe ip-6 0\n", ffi.string(line, C.mtrp_skip(line, 512, 9, 6)))
  end)
end)

describe("a version", function()
  -- text, minor, sizes that grow, local-device, UDP ports over IPv4 and IPv6, UDP over IPv6, window
  for _, case in ipairs {
    { "0.92", 92, 0, 0, 0, 0, 1, 1000, 33000 }, { "0.93", 93, 0, 0, 1, 0, 0, 1000, 33000 },
    { "0.93.51-ab78", 93, 0, 0, 1, 0, 0, 1000, 33000 }, { "0.94", 94, 0, 0, 1, 0, 1, 1000, 33000 },
    { "0.95", 95, 0, 0, 1, 0, 1, 1000, 33000 }, { "0.96", 96, 1, 1, 1, 1, 1, 10000, 33434 },
    { "0.96.44-7b01", 96, 1, 1, 1, 1, 1, 10000, 33434 },
    { "0.100", 100, 1, 1, 1, 1, 1, 10000, 33434 }, { "1.0", 1000, 1, 1, 1, 1, 1, 10000, 33434 },
    { "UNKNOWN", 0, 0, 0, 0, 0, 1, 1000, 33000 }, { "", 0, 0, 0, 0, 0, 1, 1000, 33000 },
    { "0.99999999999", 9999, 1, 1, 1, 1, 1, 10000, 33434 },
  } do
    it(("%q wants to be spoken to in its way"):format(case[1]), function()
      local d = dialect(case[1])
      assert.same({ unpack(case, 3) },
        { d.wide, d.device, d.ports4, d.ports6, d.udp6, tonumber(d.window), d.first })
      if case[2] < 9999 then assert.equal(case[2], d.version) end
    end)
  end
end)
