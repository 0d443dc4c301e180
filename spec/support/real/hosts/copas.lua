-- SPDX-License-Identifier: MIT
--
-- Runs the script in copas, beside a timer of 10 ms. This copas has no timers and no end: its loop
-- is a step that waits for 10 ms at most.
local copas = require "copas"
local socket = require "socket"
local script = require("spec.support.real.hosts." .. os.getenv "SCRIPT")

local over, ticks, due = false, 0, socket.gettime() + 0.01
copas.addthread(function()
  script(print)
  over = true
end)
while not over do
  copas.step(math.max(0, due - socket.gettime()))
  if socket.gettime() >= due then ticks, due = ticks + 1, socket.gettime() + 0.01 end
end
print("ticks", ticks)
os.exit(0)
