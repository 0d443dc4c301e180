-- SPDX-License-Identifier: MIT
--
-- Keeps a number of traces of an engine running: when one ends, the next one starts. Each has a
-- callback, as a user would write it.

--- A flight over the targets that an iterator gives, at most `width` of them at once.
---@param engine mtr.Engine
---@param width integer
---@param targets fun(): string?
---@param options mtr.TraceOptions?
---@return fun(n: integer): integer  traces n targets more, all of which have to be traced; how many
---  there were since the beginning
return function(engine, width, targets, options)
  local started, ended, failed, most = 0, 0, 0, 0
  local on_done

  local function start()
    local target = started < most and targets()
    if target then
      started = started + 1
      engine:trace(target, options, on_done)
    end
  end

  function on_done(err)
    ended = ended + 1
    failed = failed + (err and 1 or 0)
    start()
  end

  return function(n)
    most = most + n
    for _ = 1, width do
      start()
    end
    engine:run()
    assert(ended == started and failed == 0 and engine:stats().traces == 0, "traces were lost")
    return ended
  end
end
