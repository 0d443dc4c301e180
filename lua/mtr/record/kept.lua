-- SPDX-License-Identifier: MIT
--
-- Hops, replies and probes that may be kept: plain tables, whose metatables here give them copy()
-- and strict mode. copy() returns the object itself, so that code need not know whether what it has
-- is borrowed.

local strict = require "mtr.base.strict"
local fields = require "mtr.record.fields"

local M = {}

local Kept = {}

--- The object itself.
function Kept:copy() return self end

M.hop = strict.metatable("a hop", fields.hop, Kept)
M.reply = strict.metatable("a reply", fields.reply, Kept)
M.probe = strict.metatable("a probe", fields.probe, Kept)

return M
