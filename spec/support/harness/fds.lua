-- SPDX-License-Identifier: MIT
--
-- How many descriptors this process has open, for leak checks.
local jitted, ffi = pcall(require, "ffi")

local LIMIT = 1024                     -- no spec has a descriptor above

-- A child that counts, such as ls, may do so before popen has closed the end of its pipe here.
if not jitted then
  return function()
    collectgarbage()
    collectgarbage()
    local n = 0
    for fd = 0, LIMIT - 1 do
      local file = io.open("/proc/self/fdinfo/" .. fd)
      if file then
        file:close()
        n = n + 1
      end
    end
    return n
  end
end

ffi.cdef [[ int fds_fcntl(int fd, int command, ...) __asm__("fcntl"); ]]

local F_GETFD = 1

return function()
  collectgarbage()
  collectgarbage()
  local n = 0
  for fd = 0, LIMIT - 1 do
    if ffi.C.fds_fcntl(fd, F_GETFD) >= 0 then n = n + 1 end
  end
  return n
end
