-- SPDX-License-Identifier: MIT
--
-- Sends back each datagram that comes to a port of loopback; prints the port first.
local ffi = require "ffi"

ffi.cdef [[
struct echo_address { uint16_t family, port; uint8_t host[4], zero[8]; };
int echo_socket(int, int, int) __asm__("socket");
int echo_bind(int, const struct echo_address *, unsigned) __asm__("bind");
int echo_name(int, struct echo_address *, unsigned *) __asm__("getsockname");
long echo_from(int, void *, size_t, int, struct echo_address *, unsigned *) __asm__("recvfrom");
long echo_to(int, const void *, size_t, int, const struct echo_address *, unsigned)
  __asm__("sendto");
]]
local C = ffi.C

local fd = C.echo_socket(2, 2, 0)
local address, size = ffi.new("struct echo_address", 2), ffi.new("unsigned[1]", 16)
address.host = { 127, 0, 0, 1 }
assert(C.echo_bind(fd, address, 16) == 0 and C.echo_name(fd, address, size) == 0)
io.stdout:write(bit.bor(bit.lshift(bit.band(address.port, 255), 8), bit.rshift(address.port, 8)),
  "\n")
io.stdout:flush()
local buffer = ffi.new "uint8_t[64]"
while true do
  local n = C.echo_from(fd, buffer, 64, 0, address, size)
  C.echo_to(fd, buffer, n, 0, address, 16)
end
