-- SPDX-License-Identifier: MIT
--
-- Runs the script in Tarantool, beside a fiber that wakes every 10 ms.
local fiber = require "fiber"
local script = require("spec.support.real.hosts." .. os.getenv "SCRIPT")

local ticks = 0
fiber.create(function()
  while true do
    fiber.sleep(0.01)
    ticks = ticks + 1
  end
end)
script(print)
print("ticks", ticks)
os.exit(0)
