-- SPDX-License-Identifier: MIT
--
-- mtr.attach: programs that control scamper can control this engine in the same way.
--
--     local server = assert(mtr.attach.serve { socket = "/run/scamper.sock" })
--     server:wait()
--
-- run() is scamper's other way: commands from a command line or a file, records to a file. See
-- scripts/scamper.lua.

local batch = require "mtr.attach.batch"
local server = require "mtr.attach.server"

local M = {}

--- Starts a server that speaks scamper's control protocol.
---@param opts mtr.AttachOptions
---@return mtr.AttachServer?
---@return string? message, string? name
function M.serve(opts) return server.open(opts) end

--- Runs commands and writes their records; waits until all have ended.
---@async
---@param opts mtr.AttachBatch
---@return integer? refused how many commands were wrong
---@return string? message
function M.run(opts) return batch.run(opts) end

return M
