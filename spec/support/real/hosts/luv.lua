-- SPDX-License-Identifier: MIT
--
-- Runs the script in luv, beside a timer of 10 ms.
local uv = require "luv"
local script = require("spec.support.real.hosts." .. os.getenv "SCRIPT")

local ticks = 0
local timer = uv.new_timer()
timer:start(10, 10, function() ticks = ticks + 1 end)
coroutine.wrap(function()
  script(print)
  timer:close()
end)()
uv.run()
print("ticks", ticks)
