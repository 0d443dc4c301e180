-- SPDX-License-Identifier: MIT
--
-- Stand-ins for mtr-packet, which are separate programs. `program` makes one of a
-- piece of Lua for spec/support/real/fake/mtr-packet.lua, `script` one of a piece of shell; both
-- return its absolute path. `clean` removes them. They live in a directory of this process.

local ffi = require "ffi"
local run = require "spec.support.harness.run"

-- For core/net/host/child.h.
pcall(ffi.cdef, "typedef int pid_t;")

local M = {}

local made = 0

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

local here
local function top()
  if not here then
    local pipe = assert(io.popen "pwd")
    here = pipe:read "*l"
    pipe:close()
  end
  return here
end

local function path(suffix)
  made = made + 1
  return ("%s/fake-%d%s"):format(run.dir(), made, suffix)
end

local function executable(text)
  local file = write(path "", text)
  assert(os.execute("chmod 755 " .. file) == 0)
  return file
end

---A program that runs these lines of shell.
---@param text string
---@return string path
function M.script(text) return executable("#!/bin/sh\n" .. text .. "\n") end

---A program that speaks mtr-packet's protocol, as the chunk changes it.
---@param chunk string
---@return string path
function M.program(chunk)
  local file = write(path ".lua", chunk)
  return M.script(("exec luajit '%s/spec/support/real/fake/mtr-packet.lua' %s"):format(top(), file))
end

M.clean = run.clean

return M
