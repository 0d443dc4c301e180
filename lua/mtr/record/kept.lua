-- SPDX-License-Identifier: MIT
--
-- Hops, replies and probes that may be kept: plain tables, whose metatables here give them copy()
-- and strict mode. copy() returns the object itself, so that code need not know whether what it has
-- is borrowed.

local strict = require "mtr.base.strict"
local fields = require "mtr.record.fields"
local attempts = require "mtr.record.attempts"

local M = {}

local Kept = {}

--- The object itself.
function Kept:copy() return self end

-- The order of attempts is computed when it is read, so that it is in no JSON.
local function hop_index(hop, key)
  if key == "attempts" then return attempts.of(hop) end
  local method = Kept[key]
  if method ~= nil then return method end
  return (strict.missing("a hop", key, fields.hop, Kept))
end

M.hop = { __index = hop_index }
M.reply = strict.metatable("a reply", fields.reply, Kept)
M.probe = strict.metatable("a probe", fields.probe, Kept)

return M
