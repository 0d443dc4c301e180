-- SPDX-License-Identifier: MIT
--
-- Reads the prefixes of exchange points (IXPs) from a text file: on each line a prefix and the name
-- of its exchange. "#" begins a comment.
--
--     192.0.2.0/24      EXAMPLE-IX Berlin

local err = require "mtr.base.err"
local lines = require "mtr.base.lines"
local prefix_set = require "mtr.base.prefix_set"
local clean = require "mtr.names.clean"

local M = {}

--- Reads a file.
---@param path string
---@return mtr.PrefixSet? set its values are the names
---@return string? message, string? name
function M.load(path)
  local file, _, code = io.open(path)
  if not file then return err.env(code, "exchange points " .. path) end
  local set, number = prefix_set.set(), 0
  for line in lines.of(file) do
    number = number + 1
    local network, name = line:gsub("#.*", ""):match "^%s*(%S+)%s*(.-)%s*$"
    if network then
      local ok, message = set:add(network, name ~= "" and clean.clean(name) or "IXP")
      if not ok then
        file:close()
        return err.named("EINVAL", ("%s, line %d: %s"):format(path, number, message))
      end
    end
  end
  file:close()
  return set
end

return M
