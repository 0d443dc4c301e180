-- SPDX-License-Identifier: MIT
--
-- Helpers for API specs: engines on loopback, a port that does not answer, the number of open
-- descriptors, and a plain poll loop.
local ffi = require "ffi"
local mtr = require "mtr"

local M = {}

ffi.cdef [[
  int socket(int domain, int type, int protocol);
  int bind(int fd, const void *address, uint32_t size);
  int getsockname(int fd, void *address, uint32_t *size);
  int close(int fd);
  struct spec_pollfd { int fd; short events, revents; };
  int poll(struct spec_pollfd *fds, unsigned long n, int timeout);
]]

local C = ffi.C

-- Why there can be no engine here, or nil.
function M.missing()
  local engine, _, name = mtr.engine()
  if engine then
    engine:close()
    return nil
  end
  return name == "EPERM" and "needs CAP_NET_RAW" or name
end

-- busted's describe; where there can be no engine, one whose only test is pending, and says why.
function M.describe(describe, it, pending)
  local why = M.missing()
  return why and function(name)
    describe(name, function()
      it("works on loopback", function() pending(why) end)
    end)
  end or describe
end

-- A UDP port of 127.0.0.1 that takes every datagram and answers none; and a function to end it.
function M.silent_port()
  local AF_INET, SOCK_DGRAM = 2, 2
  local fd = C.socket(AF_INET, SOCK_DGRAM, 0)
  local address = ffi.new("uint8_t[16]", { AF_INET, 0, 0, 0, 127, 0, 0, 1 })
  local size = ffi.new("uint32_t[1]", 16)
  assert(fd >= 0 and C.bind(fd, address, 16) == 0)
  assert(C.getsockname(fd, address, size) == 0)
  return address[2] * 256 + address[3], function() C.close(fd) end
end

-- Descriptors that this process has open.
M.descriptors = require "spec.support.harness.fds"

-- Waits until the descriptor is readable; false after `ms`.
function M.readable(fd, ms)
  local p = ffi.new("struct spec_pollfd[1]", { { fd, 1, 0 } })
  return C.poll(p, 1, ms) > 0
end

-- Sleeps for `ms`, a moment longer rather than shorter.
function M.sleep(ms) C.poll(nil, 0, math.ceil(ms)) end

return M
