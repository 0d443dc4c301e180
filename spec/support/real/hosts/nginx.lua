-- SPDX-License-Identifier: MIT
--
-- Runs the script in a request to nginx, beside a timer of 10 ms in its only worker.
local ngx = rawget(_G, "ngx")
local script = require("spec.support.real.hosts." .. os.getenv "SCRIPT")

local ticks = 0
assert(ngx.timer.every(0.01, function() ticks = ticks + 1 end))

-- Callbacks are not in the request, so what they say is kept for it.
local said = {}
local function say(...)
  local words = { ... }
  for i = 1, select("#", ...) do words[i] = tostring(words[i]) end
  said[#said + 1] = table.concat(words, "\t")
end

script(say)
say("ticks", ticks)
ngx.say(table.concat(said, "\n"))
