-- SPDX-License-Identifier: MIT
--
-- Which recordings are in use, and the end of one, or of a replay: what is missing is told, before
-- the engine closes.
--
-- A recording that could not be written is an error: whoever asked for one will want to replay it.
-- Probes that a replay found no answer to are none: the script may have been changed on purpose.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local C = lib.C
local M = {}

--- The files that engines have been opened with, to record into or to replay.
---@type table<string, true>
M.opened = {}

local counters = lib.new "struct mtr_counters"

--- Completes the file of an engine that is about to be closed.
---@param engine mtr.Engine
function M.finish(engine)
  local code = C.mtr_finish(engine.c)
  C.mtr_stats(engine.c, counters)
  if code < 0 then
    local _, message = err.env(code, ("recording %s: the run went on, but %d records are missing "
      .. "and it cannot be replayed"):format(lib.string(C.mtr_why(engine.c)), counters.unrecorded))
    engine:report(message)
  end
  if counters.unreplayed > 0 and engine.log then
    engine.log("warn", ("%d probes are not in the recording and went unanswered"):format(
      counters.unreplayed))
  end
end

return M
