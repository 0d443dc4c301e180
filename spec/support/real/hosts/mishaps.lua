-- SPDX-License-Identifier: MIT
--
-- What goes wrong in scripts, the same in every host; |say| writes a line.
local mtr = require "mtr"

local SIM = { nodes = { me = "192.0.2.1", web = "203.0.113.9" }, links = { { "me", "web" } } }
local WEB, US = "203.0.113.9", "127.0.0.1"

-- Returns the text of an error without its place.
local function refusal(fn, ...)
  local _, message = pcall(fn, ...)
  return (tostring(message):gsub("^[^ ]*:%d+: ", ""):gsub("\n.*", ""))
end

local function open() return assert(mtr.engine { sim = SIM }) end

return function(say)
  -- Nothing can be opened: the callback is called all the same, after the call has returned.
  mtr.configure { transport = "mtr-packet", mtr_packet = "/nowhere/mtr-packet" }
  local calls, returned = 0, false
  local _, _, name = mtr.trace("192.0.2.7", {}, function(message)
    calls = calls + 1
    say("callback", returned, message:match "^%u+")
  end)
  returned = true
  say("no engine", name)

  -- The engine is closed: likewise.
  local engine = open()
  engine:close()
  say("closed", select(3, engine:trace(WEB, {}, function(message)
    calls = calls + 1
    say("callback", message:match "^%u+")
  end)))
  local clock = open()                  -- what mtr.sleep uses now
  while calls < 2 do mtr.sleep(1) end
  mtr.sleep(20)
  say("calls", calls)

  -- A callback closes its engine, and steps it.
  engine = open()
  local over
  engine:trace(WEB, {}, function(_, result)
    say("step", refusal(engine.step, engine))
    engine:close()
    say("closes", result.stop_reason, engine.closed)
    over = true
  end)
  while not over do mtr.sleep(1) end
  say("after", engine.closed, refusal(engine.stats, engine))

  -- A hook that waits ends its trace; its error is written once, as nobody takes it.
  engine = open()
  local result = engine:trace(WEB, { on_hop = function() mtr.sleep(1) end })
  say("hook", result.stop_reason)
  mtr.go(function() error("a task fails", 0) end)
  mtr.sleep(20)

  -- The engine is closed under those who wait for it.
  local held = assert(mtr.engine { rate = 0.001, transport = "raw" })
  local first = held:trace(US)               -- takes the only probe of the next 1000 s
  say("first", first.stop_reason)
  local tasks = { mtr.go(held.trace, held, US), mtr.go(held.trace, held, US), mtr.go(function()
    for _ in held:hops(US) do say "never" end
    return { stop_reason = "no hop" }
  end) }
  mtr.sleep(5)
  held:close()
  assert(mtr.wait_all(tasks))
  for i, task in ipairs(tasks) do say("waiter", i, task:wait().stop_reason) end

  -- Those who wait for a task get its error.
  local failing = mtr.go(function()
    mtr.sleep(1)
    error("it fails", 0)
  end)
  local all, problem, code, which = mtr.wait_all(failing)
  say("failed", tostring(all), problem:match "^[^\n]*", code, which == failing)

  -- Another host cannot take over.
  say("other", refusal(mtr.host, { running = say, park = say, wake = say, watch = say,
    unwatch = say, defer = say }):gsub("host: %w+ is", "host: it is"))

  -- The module is loaded again beside the first.
  for loaded in pairs(package.loaded) do
    if loaded == "mtr" or loaded:find "^mtr%." then package.loaded[loaded] = nil end
  end
  local again = require "mtr"
  local second = assert(again.engine { sim = SIM })
  say("again", again ~= mtr, second:trace(WEB).stop_reason, engine:trace(WEB).stop_reason)
  second:close()
  engine:close()
  clock:close()
end
