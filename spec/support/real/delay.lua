-- SPDX-License-Identifier: MIT
--
-- Makes packets late. Run it in the namespace of a router:
--
--   luajit spec/support/real/delay.lua NAME MS
--
-- It makes the TUN interface NAME. Each packet that the kernel routes into NAME it puts back MS
-- later; from there the kernel routes it on. So a route into NAME delays what takes it; a rule must
-- keep packets that come from NAME off this route. A packet loses one TTL more.
--
-- Wrong if more than 4096 packets wait: the next ones are lost, and the spec misses them.

local bit = require "bit"
local ffi = require "ffi"

ffi.cdef [[
  struct delay_ifreq { char name[16]; short flags; char pad[22]; };
  struct delay_time { long s, ns; };
  struct delay_poll { int fd; short events, revents; };
  int open(const char *path, int flags, ...);
  int ioctl(int fd, unsigned long request, ...);
  long read(int fd, void *buffer, size_t n);
  long write(int fd, const void *buffer, size_t n);
  int poll(struct delay_poll *list, unsigned long n, int ms);
  int clock_gettime(int clock, struct delay_time *time);
]]

local C = ffi.C
local O_RDWR, O_NONBLOCK, TUNSETIFF, MONOTONIC = 2, 2048, 0x400454ca, 1
local IFF_TUN, IFF_NO_PI, POLLIN = 1, 0x1000, 1
local ROOM, MOST = 65536, 4096

local time = ffi.new "struct delay_time"
local function now()
  C.clock_gettime(MONOTONIC, time)
  return tonumber(time.s) * 1000 + tonumber(time.ns) / 1e6
end

local function open_tun(name)
  local fd = C.open("/dev/net/tun", bit.bor(O_RDWR, O_NONBLOCK))
  assert(fd >= 0, "no /dev/net/tun")
  local request = ffi.new "struct delay_ifreq"
  request.name, request.flags = name, IFF_TUN + IFF_NO_PI
  assert(C.ioctl(fd, TUNSETIFF, request) == 0, "no TUN interface: needs CAP_NET_ADMIN")
  return fd
end

local function run(name, ms)
  local fd = open_tun(name)
  local list = ffi.new "struct delay_poll[1]"
  list[0].fd, list[0].events = fd, POLLIN
  local buffer, waiting, first, last = ffi.new("uint8_t[?]", ROOM), {}, 1, 0
  while true do
    local wait = first <= last and math.max(0, math.floor(waiting[first].due - now())) or -1
    C.poll(list, 1, wait)
    local n = C.read(fd, buffer, ROOM)
    if n > 0 and last - first < MOST then
      last = last + 1
      waiting[last] = { due = now() + ms, bytes = ffi.string(buffer, n) }
    end
    while first <= last and waiting[first].due <= now() do
      C.write(fd, waiting[first].bytes, #waiting[first].bytes)
      waiting[first], first = nil, first + 1
    end
  end
end

run(assert(arg[1], "no name"), assert(tonumber(arg[2]), "no ms"))
