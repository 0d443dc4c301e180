-- SPDX-License-Identifier: MIT
--
-- How many descriptors this process has open, for leak checks.
local ffi = require "ffi"

ffi.cdef [[ int fds_fcntl(int fd, int command, ...) __asm__("fcntl"); ]]

local F_GETFD, LIMIT = 1, 1024

return function()
  collectgarbage()
  collectgarbage()
  local n = 0
  for fd = 0, LIMIT - 1 do
    if ffi.C.fds_fcntl(fd, F_GETFD) >= 0 then n = n + 1 end
  end
  return n
end
