-- SPDX-License-Identifier: MIT
--
-- Tries socket filters on packets, without privilege. A program is attached to one end of
-- a pair of local datagram sockets, where the kernel checks it and runs it on what the other end
-- sends. A program that looks at a network header cannot run there, because local sockets have
-- none: it is read back (SO_GET_FILTER) and run here.

local bit = require "bit"
local ffi = require "ffi"

ffi.cdef [[
int socketpair(int domain, int type, int protocol, int fd[2]);
int getsockopt(int fd, int level, int name, void *value, uint32_t *size);
ssize_t send(int fd, const void *bytes, size_t n, int flags);
ssize_t recv(int fd, void *bytes, size_t n, int flags);
int close(int fd);
]]
if not pcall(ffi.typeof, "struct spec_bpf") then
  ffi.cdef "struct spec_bpf { uint16_t code; uint8_t jt, jf; uint32_t k; };"
end

local AF_UNIX, SOCK_DGRAM, SOL_SOCKET, SO_GET_FILTER, MSG_DONTWAIT = 1, 2, 1, 26, 0x40
local SKF_NET_OFF, SKF_AD_PKTTYPE = -0x100000, -0x1000 + 4
local band = bit.band

local M = {}
local Filter = {}
Filter.__index = Filter

---A filter that attach(fd) sets; close it.
function M.new(attach)
  local fd = ffi.new("int[2]")
  assert(ffi.C.socketpair(AF_UNIX, SOCK_DGRAM, 0, fd) == 0)
  local f = setmetatable({ fd = fd }, Filter)
  f:attach(attach)
  return f
end

function Filter:attach(attach)
  local err = attach(self.fd[1])
  assert(err == 0, "the kernel refuses the program: " .. err)
  local n = ffi.new("uint32_t[1]", 4096)
  self.code = ffi.new("struct spec_bpf[4096]")
  assert(ffi.C.getsockopt(self.fd[1], SOL_SOCKET, SO_GET_FILTER, self.code, n) == 0)
  self.n = n[0]
end

---Whether the kernel lets a packet through.
function Filter:passes(bytes)
  local buffer = ffi.new("uint8_t[1]")
  assert(ffi.C.send(self.fd[0], bytes, #bytes, MSG_DONTWAIT) == #bytes)
  return ffi.C.recv(self.fd[1], buffer, 1, MSG_DONTWAIT) >= 0
end

local function load(bytes, at, code)
  local size = ({ [0] = 4, [8] = 2, [16] = 1 })[band(code, 0x18)]
  if at < 0 or at + size > #bytes then return nil end
  local v = 0
  for i = 1, size do v = v * 256 + bytes:byte(at + i) end
  return v
end

local ALU = {
  [0x00] = function(a, b) return (a + b) % 2 ^ 32 end,
  [0x10] = function(a, b) return (a - b) % 2 ^ 32 end,
  [0x50] = function(a, b) return band(a, b) % 2 ^ 32 end,
  [0x60] = function(a, b) return a * 2 ^ b % 2 ^ 32 end,
  [0x70] = function(a, b) return math.floor(a / 2 ^ b) end,
}
local JUMP = {
  [0x10] = function(a, b) return a == b end,
  [0x20] = function(a, b) return a > b end,
  [0x30] = function(a, b) return a >= b end,
  [0x40] = function(a, b) return band(a, b) ~= 0 end,
}

-- The value that an LD or LDX instruction loads, or nil beyond the packet.
local function value(f, s, x, bytes, network)
  local mode, k = band(f.code, 0xe0), tonumber(f.k)
  if mode == 0x00 then return k end
  if mode == 0x60 then return s[k] or 0 end
  if mode == 0x80 then return #bytes end
  if mode == 0xa0 then
    local v = load(bytes, k, 16)
    return v and band(v, 15) * 4
  end
  if mode == 0x40 then k = k + x end
  if k == 2 ^ 32 + SKF_AD_PKTTYPE then return network.kind end
  if k >= 2 ^ 31 then return load(network, k - 2 ^ 32 - SKF_NET_OFF, f.code) end
  return load(bytes, k, f.code)
end

---The same, run here, with the bytes of the IP header in front of the packet; or, for a packet
---socket, which has that in the packet, { kind = its packet type }.
function Filter:would_pass(bytes, network)
  local a, x, s, pc = 0, 0, {}, 0
  while true do
    assert(pc < self.n, "it runs off its end")
    local f = self.code[pc]
    local class, k = band(f.code, 7), tonumber(f.k)
    local operand = band(f.code, 8) ~= 0 and x or k
    pc = pc + 1
    if class <= 1 then
      local v = value(f, s, x, bytes, network)
      if not v then return false end
      if class == 0 then a = v else x = v end
    elseif class == 2 then s[k] = a
    elseif class == 3 then s[k] = x
    elseif class == 4 then a = ALU[band(f.code, 0xf0)](a, operand)
    elseif class == 5 then
      if band(f.code, 0xf0) == 0 then pc = pc + k
      else pc = pc + (JUMP[band(f.code, 0xf0)](a, operand) and f.jt or f.jf) end
    elseif class == 6 then return k ~= 0
    elseif band(f.code, 0xf8) == 0 then x = a
    else a = x end
  end
end

function Filter:close()
  ffi.C.close(self.fd[0])
  ffi.C.close(self.fd[1])
end

return M
