-- SPDX-License-Identifier: MIT
--
-- Runs the script in cqueues, beside a timer of 10 ms.
local cqueues = require "cqueues"
local script = require("spec.support.real.hosts." .. os.getenv "SCRIPT")

local cq, ticks, over = cqueues.new(), 0, false
cq:wrap(function()
  while not over do
    cqueues.sleep(0.01)
    ticks = ticks + 1
  end
end)
cq:wrap(function()
  script(print)
  over = true
end)
assert(cq:loop())
print("ticks", ticks)
