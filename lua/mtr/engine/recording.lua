-- SPDX-License-Identifier: MIT
--
-- Keeps the list of recordings in use, and ends a recording or a replay: reports what is missing
-- before the engine closes.
--
-- A recording that could not be written is an error, because it cannot be replayed. A replay that
-- has no answer to some probes is not an error: the script may have been changed on purpose.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local C = lib.C
local M = {}

--- The files that open engines record into or replay.
---@type table<string, true>
M.opened = {}

local counters = lib.new "struct mtr_counters"

--- Completes the file of an engine before it is closed.
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
