-- SPDX-License-Identifier: MIT
--
-- Calls a fleet's functions again and again over a Redis that answers strangely, for a spec:
--
--     mtrlua fleet_strange.lua SOCKET TIMES
--
-- Each call has half a second; those that go on trying, as they should, end then. Prints a line for
-- each outcome that is not allowed: errors that are raised, and text that is not safe to print. At
-- the end it prints how many calls gave a value, and how many a message.

local mtr = require "mtr"

local path, times = arg[1], tonumber(arg[2])
local PATIENCE = 500                   -- ms

mtr.configure { sim = mtr.sim.internet { prefixes = 10, dead = 0 } }

local function ignore() return true end

local CALLS = {
  function(fleet) return fleet:status() end,
  function(fleet)
    return fleet:submit { name = "s", targets = { "1.0.0.1", "1.0.0.2" }, lease = 2 }
  end,
  function(fleet) return fleet:work { name = "a/1", once = true, lease_time = 1000 } end,
  function(fleet) return fleet:set("s", "paused") end,
  function(fleet)
    return fleet:drain { campaign = "s", reporters = { mtr.report.jsonl(ignore) } }
  end,
}

local values, messages = 0, 0
for i = 1, times do
  local which = i % #CALLS + 1
  local function check(text)
    if type(text) ~= "string" or text:find "[%c\127]" then
      print(("call %d says %s"):format(which, mtr.plain(tostring(text))))
    end
  end
  local fleet = assert(mtr.fleet.open { redis = "unix://" .. path, say = check })
  fleet.ticker:after(PATIENCE, function() fleet.ticker:close() end)
  local ok, value, message = pcall(CALLS[which], fleet)
  if not ok then
    print(("call %d raises %s"):format(which, tostring(value)))
  elseif value then
    values = values + 1
  else
    messages = messages + 1
    check(message)
  end
  fleet:close()
end
print(("%d values, %d messages"):format(values, messages))
