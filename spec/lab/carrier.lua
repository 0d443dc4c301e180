-- SPDX-License-Identifier: MIT
--
-- Says whether a network device of this process's network namespace carries packets yet. The kernel
-- reports that from a work queue, up to a second late; asking with ETHTOOL_GLINK makes it look at
-- once. Two ioctls (netdevice(7), linux/ethtool.h), Linux only.

local bit = require "bit"
local ffi = require "ffi"

ffi.cdef([[
int carrier_socket(int family, int type, int protocol) __asm__("socket");
int carrier_ioctl(int fd, unsigned long request, void *argument) __asm__("ioctl");
int carrier_close(int fd) __asm__("close");
]])

local AF_INET, SOCK_DGRAM, CLOEXEC = 2, 2, 0x80000
local SIOCGIFFLAGS, SIOCETHTOOL, ETHTOOL_GLINK, IFF_RUNNING = 0x8913, 0x8946, 10, 0x40

local ifreq = ffi.typeof([[
struct { char name[16]; union { short flags; void *data; char all[24]; }; }]])
local ethtool_value = ffi.typeof("struct { uint32_t command, data; }")

local M = {}

local function is_up(fd, name)
  local link = ethtool_value(ETHTOOL_GLINK, 0)
  local request = ifreq()
  request.name = name
  request.data = link
  if ffi.C.carrier_ioctl(fd, SIOCETHTOOL, request) < 0 or link.data ~= 1 then return false end
  request = ifreq()
  request.name = name
  return ffi.C.carrier_ioctl(fd, SIOCGIFFLAGS, request) == 0
    and bit.band(request.flags, IFF_RUNNING) ~= 0
end

--- Whether all of these devices are up and have a carrier.
---@param names string[]
---@return boolean
function M.all(names)
  local fd = ffi.C.carrier_socket(AF_INET, SOCK_DGRAM + CLOEXEC, 0)
  assert(fd >= 0, "carrier: no socket")
  local good = true
  for _, name in ipairs(names) do good = good and is_up(fd, name) end
  ffi.C.carrier_close(fd)
  return good
end

return M
