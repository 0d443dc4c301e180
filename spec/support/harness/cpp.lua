-- SPDX-License-Identifier: MIT
--
-- What the C preprocessor prints for our headers, and libraries that the compiler makes of
-- them, made once for each command and kept in build/cpp. The directory there bears the checksum of
-- all our headers, so that nothing kept is older than a change of a header; the first line of a
-- kept text is the command that it answers. Files are written beside and renamed, so several
-- processes may use them at once, and a text that cannot be kept is only slower. It would be wrong
-- if a header included one from elsewhere.
local ffi = require "ffi"

local M = {}

local FOLDERS = "core spec/support/harness/stub"

-- Outlives busted's reloading of modules between spec files.
ffi.mtrlua_cpp = ffi.mtrlua_cpp or {}
local state = ffi.mtrlua_cpp

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("*a")
  pipe:close()
  return text
end

---The directory for the headers as they are, made if need be; those of other headers go. A runner
---of many specs calls this before it starts them.
function M.directory()
  if not state.directory then
    local list = "find %s -name '*.h' -exec md5sum {} + | LC_ALL=C sort | md5sum"
    local path = "build/cpp/" .. output(list:format(FOLDERS)):match("^%x+")
    if os.execute("[ -d " .. path .. " ]") ~= 0 then
      os.execute(("rm -rf build/cpp; mkdir -p %s"):format(path))
    end
    state.directory = path
  end
  return state.directory
end

-- A name for a command: two commands may have the same, which costs one of them its place.
local function name(command)
  local sum = 0
  for i = 1, #command do sum = (sum * 31 + command:byte(i)) % 2 ^ 40 end
  return ("%s/%010x"):format(M.directory(), sum)
end

local function kept(path, command)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read("*a")
  file:close()
  return text:sub(1, #command + 1) == command .. "\n" and text:sub(#command + 2) or nil
end

local function beside_of(path) return ("%s.%d"):format(path, ffi.C.cpp_process()) end

local function keep(path, text)
  local beside = beside_of(path)
  local file = io.open(beside, "wb")
  if not file then return end
  file:write(text)
  file:close()
  os.rename(beside, path)
end

if not state.declared then
  ffi.cdef [[ int cpp_process(void) __asm__("getpid"); ]]
  state.declared = true
end

---What a command that runs cpp prints, or nil if it fails.
---@param command string
---@return string?
function M.text(command)
  local path = name(command)
  local text = kept(path, command)
  if not text then
    text = output(command .. " && echo '//done'"):match("^(.*)//done\n$")
    if text then keep(path, command .. "\n" .. text) end
  end
  return text
end

---The path of the library that a command makes, which ends with the option that names its output;
---nil if it fails or the library cannot be kept. Two commands of one name would share a library, so
---the whole command is in the path.
---@param command string
---@return string?
function M.library(command)
  local path = name(command) .. command:gsub("[^%w.]+", "_") .. ".so"
  local file = io.open(path, "rb")
  if file then
    file:close()
    return path
  end
  local beside = beside_of(path)
  local status = os.execute(command .. " " .. beside)
  if status ~= 0 and status ~= true then return nil end
  os.rename(beside, path)
  return path
end

return M
