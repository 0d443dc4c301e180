#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- Writes the results of a campaign into a database of SQLite (Debian: libsqlite3-0), which has the
-- tables traces, hops and replies:
--
--     mtrlua to_sqlite.lua out.db 192.0.2.1 192.0.2.7
--     sqlite3 out.db 'SELECT addr, count(*), avg(rtt) FROM hops GROUP BY addr'

local mtr = require "mtr"

local database = table.remove(arg, 1)
local summary, message = mtr.campaign {
  targets = arg,
  trace = { queries = 3, protocol = "udp" },
  -- The database is added to; `overwrite` would begin a new one. `state = "run.state"` beside the
  -- reporters lets the same command go on where it was killed.
  reporters = { mtr.report.sqlite(database), mtr.report.progress() },
  on_error = function(text, target) io.stderr:write(mtr.plain(target), ": ", text, "\n") end,
}:run()

if not summary then                    -- the disk is full, the library is missing ...
  io.stderr:write(message, "\n")
  return 1
end
print(("%d traces are in %s"):format(summary.traces, database))
