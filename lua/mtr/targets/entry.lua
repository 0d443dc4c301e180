-- SPDX-License-Identifier: MIT
--
-- Reads the text of one target: an address, a name, or a prefix. Anything else is an error;
-- what looks like a broken address is no name.

local addr = require "mtr.base.addr"
local err = require "mtr.base.err"
local Range = require "mtr.base.range"

local find = string.find
local EINVAL = err.code.EINVAL
local M = {}

--- The kind of a prefix.
M.PREFIX = -2

--- Which addresses of a prefix are targets.
---@class mtr.Expansion
---@field each? table<integer, integer> by family: one address in each part of this length
---@field random? integer so many random addresses, of each part or of the whole prefix
---@field seed? integer of the random ones

--- Reads a target.
---@param text any
---@param out ffi.cdata* 16 bytes, which an address fills
---@param expansion? mtr.Expansion
---@return integer kind 4 or 6: an address; 0: a name; M.PREFIX; -1: an error
---@return integer|string|mtr.Range what the zone, the name, the prefix, or the message
function M.read(text, out, expansion)
  if type(text) ~= "string" or text == "" then
    return -1, "EINVAL: a target must be an address, a prefix or a name, got " .. err.show(text)
  end
  local family, zone = addr.parse(text, out)
  if family > 0 then return family, zone end
  if family ~= -EINVAL then
    return -1, (select(2, err.env(family, ("the zone in %s"):format(err.show(text)))))
  end
  if not find(text, "/", 1, true) then
    local broken = addr.broken(text)
    if broken then return -1, "EINVAL: " .. broken end
    return 0, text
  end
  local e = expansion or {}
  local range, problem = Range.new(text, e.each, e.random, e.seed)
  if not range then return -1, "EINVAL: " .. problem end
  return M.PREFIX, range
end

return M
