-- SPDX-License-Identifier: MIT
--
-- How many descriptors this process has open, for leak checks.
local jitted, ffi = pcall(require, "ffi")

if not jitted then
  -- With the descriptor of the pipe, but that is one more each time.
  return function()
    collectgarbage()
    collectgarbage()
    local pipe = assert(io.popen "ls /proc/$PPID/fd | wc -l")
    local n = pipe:read "*n"
    pipe:close()
    return n
  end
end

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
