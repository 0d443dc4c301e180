-- SPDX-License-Identifier: MIT
--
-- The static inline functions of a header, which no library exports. The header is
-- compiled into a library of its own, which cpp.lua keeps, with `static` and `inline` taken away,
-- and their prototypes are read off the text.
--
--   local I = inline.load("core/base/slab.h", C)
--
-- Types are those of core.load, which declares the header first.

local core = require "spec.support.harness.core"
local cpp = require "spec.support.harness.cpp"
local ffi = require "ffi"

local M = {}

local state = ffi.mtrlua_specs
state.inline = state.inline or {}

local function compile(header)
  local command = "%s -std=c11 -D_GNU_SOURCE -Icore -Dstatic= -Dinline= -fPIC -shared"
    .. " -x c -include %s /dev/null -o"
  local path = cpp.library(command:format(os.getenv "CC" or "gcc", header))
  return ffi.load("./" .. assert(path, "inline: cannot compile " .. header))
end

---The inline functions of a header and of what it includes.
---@param header string path from the top of the tree
---@return table namespace
function M.load(header)
  if not state.inline[header] then
    core.load{ header }
    local command = "cpp -std=c11 -P -nostdinc -Ispec/support/harness/stub -Icore " .. header
    local text = assert(cpp.text(command), "inline: cpp failed for " .. header)
    for prototype in text:gmatch("static inline ([^;{}]-)%s*{") do
      if not state.declared[prototype] then
        ffi.cdef(prototype .. ";")
        state.declared[prototype] = true
      end
    end
    state.inline[header] = compile(header)
  end
  return state.inline[header]
end

return M
