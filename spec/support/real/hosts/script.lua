-- SPDX-License-Identifier: MIT
--
-- The script that runs unchanged in every host; |say| writes a line.
local mtr = require "mtr"
local NETWORK = { nodes = { me = "192.0.2.1", web = "203.0.113.9" }, links = { { "me", "web" } } }

return function(say)
  local result = assert(mtr.trace("127.0.0.1", { protocol = "udp" }))
  say("trace", result.stop_reason, #result.hops)
  local tasks, ended = {}, {}
  for i = 1, 3 do
    tasks[i] = mtr.go(function()
      mtr.sleep(960 - 300 * i)         -- so far apart that a busy machine does not wake two at once
      ended[#ended + 1] = i
      return assert(mtr.trace("127.0.0." .. i)).dst
    end)
  end
  assert(mtr.wait_all(tasks))
  say("tasks", table.concat(ended, " "), (tasks[3]:wait()))
  say("limit", select(3, mtr.with_timeout("50ms", mtr.sleep, "10s")))
  for hop in mtr.hops "127.0.0.9" do say("hop", hop.ttl, hop.addr) end
  local second = assert(mtr.engine { sim = NETWORK })
  local far = assert(second:trace "203.0.113.9")
  say("second", far.stop_reason, far.dst)
  second:close()
end
