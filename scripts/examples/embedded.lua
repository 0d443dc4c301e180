-- SPDX-License-Identifier: MIT
--
-- mtr inside another program: here the loop is that of luv (Debian: lua-luv), as in luvit or
-- Neovim. A call that waits suspends its coroutine, and the program's own timers go on.
--
--     luajit embedded.lua 192.0.2.1
--
-- A second argument is the file of a simulated network, to try it without a network.

local uv = require "luv"
local mtr = require "mtr"              -- after luv: so it finds the loop

if arg[2] then mtr.configure { sim = arg[2] } end

-- Something else that this program does.
local ticks, timer = 0, uv.new_timer()
timer:start(0, 1, function() ticks = ticks + 1 end)

coroutine.wrap(function()
  for hop in mtr.hops(arg[1]) do       -- hop by hop, as they are known
    print(hop.ttl, hop.addr or "*", hop.rtt)
  end
  local result = assert(mtr.trace(arg[1]))
  print(result.stop_reason)
  timer:close()                        -- nothing is left: the loop ends
end)()

uv.run()
print(ticks > 0 and "the timer went on meanwhile" or "the timer was held up")
