-- SPDX-License-Identifier: MIT
--
-- Checks with few probes whether a known path is still there: one to each hop that is known to
-- answer, and one to the target, all of one flow. A probe without an answer is sent once again. The
-- silent hops of a path are not probed.
--
-- It only finds that something differs; a whole trace then finds the new path.

local path = require "mtr.change.path"

local M = {}

---@class mtr.Look what was seen
---@field strange boolean an address that is not known answered, or the target is nearer
---@field reached boolean the target has answered where it should
---@field rtt? number ms, of the target
---@field answers integer hops that have answered
---@field probes integer

-- Returns the TTLs to probe.
local function wanted(known)
  local ttls = {}
  for ttl, addrs in ipairs(known.hops) do
    if addrs[1] and ttl < (known.length or math.huge) then ttls[#ttls + 1] = ttl end
  end
  ttls[#ttls + 1] = known.length
  return ttls
end

local function take(look, known, what)
  look.answers = look.answers + 1
  if what.final then
    look.reached = true
    look.rtt = what.ttl == known.length and what.rtt or look.rtt
    if known.length and what.ttl < known.length then look.strange = true end
  elseif path.strange(known, what.ttl, what.addr) or what.ttl == known.length then
    look.strange = true
  end
end

--- Returns the strategy that looks; what it has seen is in `look` when its trace has ended.
---@param known mtr.KnownPath
---@param flow integer
---@return fun(trace: mtr.Trace): string strategy
---@return mtr.Look look
function M.strategy(known, flow)
  local look = { strange = false, reached = false, answers = 0, probes = 0 }
  return function(trace)
    local again = wanted(known)
    for _ = 1, 2 do
      for _, ttl in ipairs(again) do
        trace:send { ttl = ttl, flow = flow }
        look.probes = look.probes + 1
      end
      again = {}
      while true do                       -- in Lua 5.1 an iterator cannot wait
        local what = trace:wait()
        if not what then break end
        if what.timeout then again[#again + 1] = what.ttl else take(look, known, what) end
      end
    end
    return look.reached and "completed" or "gaplimit"
  end, look
end

return M
