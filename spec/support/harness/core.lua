-- SPDX-License-Identifier: MIT
--
-- The C core seen from a spec. `load` reads headers of core/ as LuaJIT declarations
-- and returns the test library, in which every symbol is visible:
--
--   local core = require "spec.support.harness.core"
--   local C, ffi = core.load{ "core/wire/build.h", "core/wire/parse.h" }
--
-- Headers go through `cpp -P` in one run, whose output cpp.lua keeps, system headers replaced by
-- the empty ones in spec/support/harness/stub (add one there when a header of ours includes
-- something new). What is left is declared piece by piece, each distinct piece once per process:
-- what is known is kept in the ffi table, which outlives busted's reloading of modules between spec
-- files. Static inline functions and static assertions have no symbol and are dropped. Run from the
-- top of the tree.
--
-- It would be wrong if a header used a type that neither LuaJIT nor our headers declare (declare
-- it first with `ffi.cdef`), or wrote a function body after anything but a closing parenthesis.

local cpp = require "spec.support.harness.cpp"
local ffi = require "ffi"

local M = {}

-- Outlives package.loaded: see above.
ffi.mtrlua_specs = ffi.mtrlua_specs or { declared = {} }
local state = ffi.mtrlua_specs

local CPP = "cpp -std=c11 -P -nostdinc -Ispec/support/harness/stub -Icore -I."

local function preprocess(headers)
  local command = { CPP }
  for _, header in ipairs(headers) do
    command[#command + 1] = "-include '" .. header .. "'"
  end
  local body = cpp.text(table.concat(command, " ") .. " /dev/null")
  if not body then error("core: cpp failed for " .. table.concat(headers, " "), 3) end
  return body
end

-- The top-level declarations of preprocessed C, function definitions left out.
local function declarations(text)
  local out, depth, start, body = {}, 0, 1, false
  for at, char in text:gmatch("()([;{}])") do
    local ends = false
    if char == "{" then
      if depth == 0 then body = text:sub(start, at - 1):find("%)%s*$") ~= nil end
      depth = depth + 1
    elseif char == "}" then
      depth = depth - 1
      ends = depth == 0 and body
    else
      ends = depth == 0
    end
    if ends then
      local piece = text:sub(start, at):match("^%s*(.*)$")
      if not body and not piece:find("^_Static_assert") and piece ~= ";" then
        out[#out + 1] = piece
      end
      start, body = at + 1, false
    end
  end
  return out
end

---Declares headers and opens the test library, $MTR_TESTLIB or build/test/libmtrtest.so.
---@param headers string[] paths from the top of the tree
---@return table C the library's namespace
---@return table ffi
function M.load(headers)
  for _, piece in ipairs(declarations(preprocess(headers))) do
    if not state.declared[piece] then
      local ok, err = pcall(ffi.cdef, piece)
      -- mtr.h may have been declared by lua/mtr/lib.lua before.
      if not ok and not tostring(err):find("attempt to redefine '[Mm][Tt][Rr]_") then
        error("core: " .. tostring(err) .. " in: " .. piece, 2)
      end
      state.declared[piece] = true
    end
  end
  if not state.library then
    state.library = ffi.load(os.getenv("MTR_TESTLIB") or "./build/test/libmtrtest.so")
  end
  return state.library, ffi
end

return M
