-- SPDX-License-Identifier: MIT
--
-- One program of the bench, run in each host: the round trip of a probe to loopback in a script
-- that waits, and of a datagram that another process echoes (loads/echo.lua), waited for in the
-- host's own way. Both in turns, in blocks. It prints both medians, in us.
--
--   HOST=luv PORT=1234 BLOCKS=20 luajit spec/perf/loads/hosts_rtt.lua
--
-- HOST says in which host it runs, and PORT is that of the echo.
local ffi = require "ffi"
local lib = require "mtr.lib"
local mtr = require "mtr"
local hosts = require "spec.perf.loads.hosts"

ffi.cdef [[
struct rtt_address { uint16_t family, port; uint8_t host[4], zero[8]; };
int rtt_socket(int, int, int) __asm__("socket");
int rtt_connect(int, const struct rtt_address *, unsigned) __asm__("connect");
long rtt_send(int, const void *, size_t, int) __asm__("send");
long rtt_recv(int, void *, size_t, int) __asm__("recv");
]]

local PORT, BLOCKS = tonumber(os.getenv "PORT"), tonumber(os.getenv "BLOCKS")
local BLOCK = 200
local NONBLOCK, UDP = 2048, 2

local function median(list)
  table.sort(list)
  return list[math.ceil(#list / 2)]
end

local function now() return lib.C.mtr_now(mtr.default().c) * 1e3 end

local function open()
  local to = ffi.new("struct rtt_address", 2)
  to.port = bit.bor(bit.lshift(bit.band(PORT, 255), 8), bit.rshift(PORT, 8))
  to.host = { 127, 0, 0, 1 }
  local fd = ffi.C.rtt_socket(2, UDP + NONBLOCK, 0)
  assert(ffi.C.rtt_connect(fd, to, 16) == 0)
  return fd
end

hosts(function(waiter)
  local fd, buffer = open(), ffi.new "uint8_t[64]"
  local wait = waiter(fd)
  local echo, probe = {}, {}
  mtr.configure { rate = "max" }
  for block = 1, BLOCKS do
    for _ = 1, BLOCK do
      local from = now()
      ffi.C.rtt_send(fd, buffer, 64, 0)
      repeat wait() until ffi.C.rtt_recv(fd, buffer, 64, 0) == 64
      if block > 1 then echo[#echo + 1] = now() - from end
    end
    for _ = 1, BLOCK do
      local from = now()
      assert(mtr.probe { dst = "127.0.0.1", ttl = 1 }.addr)
      if block > 1 then probe[#probe + 1] = now() - from end
    end
  end
  io.stdout:write(("echo=%.2f probe=%.2f\n"):format(median(echo), median(probe)))
  io.stdout:flush()
end)
