-- SPDX-License-Identifier: MIT
--
-- Captures the whole IP packets that arrive in a node of a lab, with a packet socket
-- (packet(7)). To see what the prober sends, listen in the next router. The socket keeps packets
-- until `read`, as many as its buffer holds.

local ffi = require "ffi"
local dissect = require "spec.support.packets.dissect"

local C = ffi.C

ffi.cdef [[
int capture_socket(int domain, int type, int protocol) __asm__("socket");
int capture_bind(int fd, const void *addr, uint32_t len) __asm__("bind");
long capture_recvfrom(int fd, void *buf, size_t len, int flags, void *addr, uint32_t *size)
  __asm__("recvfrom");
int capture_setsockopt(int fd, int level, int name, const void *value, uint32_t len)
  __asm__("setsockopt");
int capture_close(int fd) __asm__("close");
unsigned capture_index(const char *name) __asm__("if_nametoindex");
]]

local AF_PACKET, SOCK_DGRAM, CLOEXEC, NONBLOCK = 17, 2, 0x80000, 0x800
local ETH_P_ALL, OUTGOING = 0x0300, 4 -- the first in network order
local SOL_SOCKET, SO_RCVBUFFORCE = 1, 33

local sockaddr_ll = ffi.typeof
  "struct { uint16_t family, protocol; int index; uint16_t type; uint8_t kind, len, addr[8]; }"

local M = {}
local Capture = {}
Capture.__index = Capture

---Listens on the interface `name` of a node of the lab.
---@param l lab.Lab
---@param node string
---@param name string
function M.open(l, node, name)
  local fd = l:inside(function()
    local fd = C.capture_socket(AF_PACKET, SOCK_DGRAM + CLOEXEC + NONBLOCK, ETH_P_ALL)
    assert(fd >= 0, "capture: socket")
    local addr = sockaddr_ll { family = AF_PACKET, protocol = ETH_P_ALL }
    addr.index = C.capture_index(name)
    assert(addr.index > 0 and C.capture_bind(fd, addr, ffi.sizeof(addr)) == 0, "capture: bind")
    C.capture_setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, ffi.new("int[1]", 16 * 2 ^ 20), 4)
    return fd
  end, node)
  return setmetatable({ fd = fd }, Capture)
end

local buffer = ffi.new "uint8_t[70000]"
local from, size = sockaddr_ll(), ffi.new "uint32_t[1]"

---The packets that came in since the last time.
---@return string[]
function Capture:read()
  local packets = {}
  while true do
    size[0] = ffi.sizeof(from)
    local n = tonumber(C.capture_recvfrom(self.fd, buffer, 70000, 0, from, size))
    if n < 0 then return packets end
    if from.kind ~= OUTGOING then packets[#packets + 1] = ffi.string(buffer, n) end
  end
end

---The probes among them, in the order they came.
---@return dissect.Probe[]
function Capture:probes()
  local probes = {}
  for _, bytes in ipairs(self:read()) do probes[#probes + 1] = dissect.probe(bytes) end
  return probes
end

function Capture:close() C.capture_close(self.fd) end

return M
