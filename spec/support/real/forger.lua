-- SPDX-License-Identifier: MIT
--
-- A network that answers as a spec tells it to, packet by packet. A TUN device in the
-- prober's namespace of a lab leads to it; `drive` runs an engine and the network in turn, in one
-- process, so a spec can see both sides at once. Nothing is simulated on our side: the packets go
-- through the kernel both ways. Routers are 10.66.1.TTL and fd66:1::TTL, destinations 10.66.2.x and
-- fd66:2::x, the prober is 10.66.0.1 and fd66::1.

local ffi = require "ffi"
local bit = require "bit"
local dissect = require "spec.support.packets.dissect"
local packet = require "spec.support.packets.packet"

local C = ffi.C

ffi.cdef [[
int forger_open(const char *path, int flags, ...) __asm__("open");
int forger_ioctl(int fd, unsigned long request, ...) __asm__("ioctl");
int forger_poll(void *fds, unsigned long n, int timeout) __asm__("poll");
long forger_read(int fd, void *buf, size_t n) __asm__("read");
long forger_write(int fd, const void *buf, size_t n) __asm__("write");
int forger_close(int fd) __asm__("close");
int forger_clock(int clock, void *time) __asm__("clock_gettime");
]]

local RDWR_NONBLOCK_CLOEXEC, TUNSETIFF, TUN_NO_PI = 2 + 0x800 + 0x80000, 0x400454ca, 0x1001
local TUNSETLINK = 0x400454cd
local RST, POLLIN, MONOTONIC = 4, 1, 1

local pollfds = ffi.typeof "struct { int fd; short events, revents; } [2]"
local ifreq = ffi.typeof "struct { char name[16]; short flags; char pad[22]; }"
local timespec = ffi.typeof "struct { long s, ns; }"

local M = {}
local Forger = {}
Forger.__index = Forger

local SET_UP = [[set -e
ip addr add 10.66.0.1/24 dev forge; ip -6 addr add fd66::1/64 dev forge nodad
ip link set forge up mtu 1500
ip route add 10.66.0.0/16 dev forge; ip -6 route add fd66::/16 dev forge]]

---A forger in the prober's network of a lab.
---@param l lab.Lab
---@param kind? integer  what its link says to be, as in ARPHRD_PPP; without: of none but IP
function M.open(l, kind)
  local fd = l:inside(function()
    local fd = C.forger_open("/dev/net/tun", RDWR_NONBLOCK_CLOEXEC)
    assert(fd >= 0, "forger: /dev/net/tun")
    local request = ifreq { name = "forge", flags = TUN_NO_PI }
    assert(C.forger_ioctl(fd, TUNSETIFF, request) == 0, "forger: TUNSETIFF")
    assert(not kind or C.forger_ioctl(fd, TUNSETLINK, ffi.cast("long", kind)) == 0,
      "forger: TUNSETLINK")
    return fd
  end)
  local text, status = l:exec(SET_UP)
  assert(status == 0, text)
  return setmetatable({ fd = fd, queue = {}, resets = 0, unreachables = 0 }, Forger)
end

function Forger:close() C.forger_close(self.fd) end

local time = timespec()

---The time of the clock that the engine uses, ms.
local function now()
  C.forger_clock(MONOTONIC, time)
  return tonumber(time.s) * 1000 + tonumber(time.ns) / 1e6
end

M.now = now

---Sleeps; nobody looks meanwhile.
function Forger.wait(_, ms) C.forger_poll(nil, 0, ms) end

---Has a packet arrive at the prober, now or after so many ms.
function Forger:send(bytes, delay)
  if not delay then
    C.forger_write(self.fd, bytes, #bytes)
  else
    self.queue[#self.queue + 1] = { at = now() + delay, bytes = bytes }
  end
end

local buffer = ffi.new "uint8_t[70000]"

-- What the prober's kernel says of its own accord: resets, and that a port is not open.
local function note(self, bytes, p)
  if p then
    self.resets = self.resets + 1
  elseif bytes:byte(1) == 0x45 and bytes:byte(10) == 1 and bytes:byte(21) == 3
    or bytes:byte(1) >= 0x60 and bytes:byte(7) == 58 and bytes:byte(41) == 1 then
    self.unreachables = self.unreachables + 1
  end
end

---Answers what has been sent up to now.
---@param handler fun(probe: dissect.Probe, forger: table)
function Forger:answer(handler)
  while true do
    local n = tonumber(C.forger_read(self.fd, buffer, 70000))
    if n <= 0 then return end
    local bytes = ffi.string(buffer, n)
    local p = dissect.probe(bytes)
    if p and not (p.flags and bit.band(p.flags, RST) ~= 0) then
      handler(p, self)
    else
      note(self, bytes, p)
    end
  end
end

local function deliver(self)
  local left, t = {}, now()
  for _, item in ipairs(self.queue) do
    if item.at <= t then self:send(item.bytes) else left[#left + 1] = item end
  end
  self.queue = left
end

local fds = pollfds()

---Steps the engine and answers what it sends until it has nothing left to do and nothing is in
---the queue, for two minutes at most.
---@param e mtr.Engine
---@param handler fun(probe: dissect.Probe, forger: table)
function Forger:drive(e, handler)
  local last = now() + 120000
  fds[0].fd, fds[0].events = e:fd(), POLLIN
  fds[1].fd, fds[1].events = self.fd, POLLIN
  while e.work > 0 or self.queue[1] do
    assert(now() < last, "forger: the engine does not come to an end")
    C.forger_poll(fds, 2, self.queue[1] and 1 or 100)
    self:answer(handler)
    deliver(self)
    e:step()
  end
  e:step()
end

-- Packets.

---The address of a router or destination, 4 or 16 bytes.
function M.addr(v, net, n)
  return v == 4 and string.char(10, 66, net, n)
    or "\253\102\0" .. string.char(net) .. ("\0"):rep(11) .. string.char(n)
end

local function header(p, with)
  local bytes = packet.patch(p.bytes, p.v == 4 and 8 or 7, string.char(with.ttl or 1))
  local at = p.v == 4 and { src = 12, dst = 16, tos = 1, ip_id = 4 } or { src = 8, dst = 24 }
  for key, offset in pairs(at) do
    if with[key] then bytes = packet.patch(bytes, offset, with[key]) end
  end
  if p.v == 4 then
    bytes = packet.patch(bytes, 10, "\0\0")
    bytes = packet.patch(bytes, 10, packet.u16(0xffff - packet.sum(bytes:sub(1, 20))))
  end
  return bytes
end

---A probe as a router would quote it. `with`: bytes of src, dst, tos, ip_id, the number ttl, and
---transport = { [offset] = bytes }.
---@param p dissect.Probe
function M.quote(p, with)
  with = with or {}
  local bytes = header(p, with)
  for offset, value in pairs(with.transport or {}) do
    bytes = packet.patch(bytes, p.head + offset, value)
  end
  return bytes
end

---An IP packet back to the prober.
---@param o table from, to (bytes), ttl, protocol (IANA's number), offset (IPv4 fragment)
function M.packet(p, o, body)
  local fields = { src = o.from or M.addr(p.v, 1, p.ttl), dst = o.to or p.src, body = body,
    ttl = o.reply_ttl or 61, protocol = o.protocol, id = o.id or 777, offset = o.offset }
  return p.v == 4 and packet.ipv4(fields) or packet.ipv6(fields)
end

local TYPES = { [4] = { exceeded = 11, unreach = 3, too_big = 3, echo = 0, parameter = 12,
  quench = 4, redirect = 5 }, [6] = { exceeded = 3, unreach = 1, too_big = 2, echo = 129,
  parameter = 4, redirect = 137 } }

---An ICMP message about a probe: kind is one of the words above; o: code, word, quote (bytes),
---behind (bytes after the quote), length (of the quote, as RFC 4884 counts it), and M.packet's.
function M.icmp(p, kind, o)
  o = o or {}
  local from = o.from or M.addr(p.v, 1, p.ttl)
  local word = o.word or (o.length or 0) * (p.v == 4 and 0x10000 or 0x1000000)
  local message = packet.icmp { type = TYPES[p.v][kind], code = o.code or 0, word = word,
    body = (o.quote or M.quote(p)) .. (o.behind or ""),
    pseudo = p.v == 6 and { src = from, dst = o.to or p.src } or nil }
  o.protocol = p.v == 4 and 1 or 58
  return M.packet(p, o, message)
end

---The echo reply of an ICMP probe. o: from, payload, echo_id, seq.
function M.echo(p, o)
  o = o or {}
  o.from, o.quote = o.from or p.dst, o.payload or p.payload
  o.word = (o.echo_id or p.echo_id) * 65536 + (o.seq or p.seq)
  return M.icmp(p, "echo", o)
end

-- Puts the checksum of UDP or TCP right.
local function summed(p, from, number, segment, at)
  local pseudo = from .. p.src .. packet.u32(#segment) .. packet.u32(number)
  local sum = packet.sum(segment .. (#segment % 2 == 1 and "\0" or "") .. pseudo)
  return packet.patch(segment, at, packet.u16(0xffff - sum))
end

---Data from a UDP port. o: from, sport.
function M.udp(p, o)
  o = o or {}
  o.from, o.protocol = o.from or p.dst, 17
  local segment = packet.u16(o.sport or p.dport) .. packet.u16(p.sport) .. packet.u16(12)
    .. "\0\0" .. "data"
  return M.packet(p, o, summed(p, o.from, 17, segment, 6))
end

---An answer of TCP. o: from, flags (default RST and ACK), seq, ack, options, offset, payload.
function M.tcp(p, o)
  o = o or {}
  o.from, o.protocol = o.from or p.dst, 6
  local segment = packet.tcp { sport = p.dport, dport = p.sport, flags = o.flags or 0x14,
    seq = o.seq or 0, ack = o.ack or (p.seq + 1) % 2 ^ 32, options = o.options,
    offset = o.words } .. (o.payload or "")
  return M.packet(p, o, summed(p, o.from, 6, segment, 16))
end

---How a destination answers a probe.
function M.final(p)
  if p.protocol == "icmp" then return M.echo(p) end
  if p.protocol == "tcp" then return M.tcp(p) end
  return M.icmp(p, "unreach", { from = p.dst, code = p.v == 4 and 3 or 4 })
end

---A path of so many hops: what it answers to a probe.
function M.path(hops)
  return function(p) return p.ttl < hops and M.icmp(p, "exceeded") or M.final(p) end
end

return M
