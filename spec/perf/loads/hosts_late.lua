-- SPDX-License-Identifier: MIT
--
-- Keeps traces to loopback under way in luv, beside a timer of 1 ms, and prints how late the timer
-- was, in ms: the middle and the 99th percentile, with how many traces ended.
--
--   luajit spec/perf/loads/hosts_late.lua [rate=max] [flight=10000] [seconds=5] [max_step=1]
local uv = require "luv"
local mtr = require "mtr"
local measure = require "spec.perf.kit.measure"

local given = measure.options({ ... }, { rate = "max", flight = 10000, seconds = 5, max_step = 1 })

mtr.configure { rate = given.rate, max_step = given.max_step }

local late, over, ended, started = {}, false, 0, 0
local from = uv.hrtime()

local function start()
  started = started + 1
  local dst = ("127.%d.%d.1"):format(1 + started % 200, 1 + math.floor(started / 200) % 50)
  mtr.trace(dst, { protocol = "icmp" }, function()
    ended = ended + 1
    if not over then start() end
  end)
end

for _ = 1, given.flight do start() end

uv.update_time()
local timer, due = uv.new_timer(), uv.hrtime() + 1e6
timer:start(1, 1, function()
  local now = uv.hrtime()
  late[#late + 1] = math.max(0, now - due) / 1e6
  due = now + 1e6
  if now - from < given.seconds * 1e9 then return end
  over = true
  timer:close()
  mtr.default():close()
end)
uv.run()

table.sort(late)
measure.print({
  p50 = late[math.ceil(#late * 0.5)], p99 = late[math.ceil(#late * 0.99)], ticks = #late,
  ended = ended,
}, { "p50", "p99", "ticks", "ended" })
