-- SPDX-License-Identifier: MIT
--
-- Checks the options of mtr.report.warts that go into the list and the cycle of a file.

local err = require "mtr.base.err"

local M = {}

local NUMBERS = { "list_id", "cycle" }
local TEXTS = { "list", "description", "monitor", "host" }

--- Returns what is wrong with options; nil if nothing is.
---@param opts table
---@return string?
function M.wrong(opts)
  for _, name in ipairs(NUMBERS) do
    local n = opts[name]
    if n ~= nil and (type(n) ~= "number" or n % 1 ~= 0 or n < 0 or n >= 2 ^ 32) then
      return ("%s must be 0..4294967295, got %s"):format(name, err.show(n))
    end
  end
  for _, name in ipairs(TEXTS) do
    local text = opts[name]
    if text ~= nil and (type(text) ~= "string" or #text > 1000 or text:find "%z") then
      return ("%s must be a string of at most 1000 bytes, got %s"):format(name, err.show(text))
    end
  end
end

--- Takes the ids of a campaign as options, if there are none: names as text, and as number of the
--- cycle a whole number, which may be text.
---@param opts table
---@param ids mtr.Ids
function M.take(opts, ids)
  for _, name in ipairs { "list", "monitor" } do
    if opts[name] == nil and ids[name] ~= nil then opts[name] = tostring(ids[name]) end
  end
  local cycle = tonumber(ids.cycle)    -- of a command line it is text
  if opts.cycle == nil and cycle and cycle >= 0 and cycle < 2 ^ 32 and cycle % 1 == 0 then
    opts.cycle = cycle
  end
end

return M
