-- SPDX-License-Identifier: MIT
--
-- The order of the probes of a hop, answered and unanswered ones, as other tools write it:
-- "* 1.2 ms *". A reply knows the number of its probe at its TTL, and a hop knows how many were not
-- answered; so the numbers that no reply has are those without an answer.
--
-- Of a trace that was stopped, probes still under way count as not answered if a later one of the
-- same hop was answered; others are not in the list.

local M = {}

-- Whether a reply is what its probe waited for.
local function counts(reply)
  return not (reply.dup or reply.late or reply.ignored or reply.too_big)
end

--- Returns for each probe of a hop, in the order of sending, the index in hop.replies of its
--- answer, or else of its first reply, or false: nothing came, or it could not be sent.
---@param hop mtr.Hop
---@return (integer|false)[]
function M.of(hop)
  local first, answered, n, last = {}, {}, 0, 0
  for i, reply in ipairs(hop.replies) do
    local attempt = reply.attempt
    if attempt > last then last = attempt end
    if counts(reply) and not answered[attempt] then
      answered[attempt], n = i, n + 1
    end
    first[attempt] = first[attempt] or i
  end
  local list = {}
  for attempt = 1, math.max(last, n + (hop.unanswered or 0) + (hop.failed or 0)) do
    list[attempt] = answered[attempt] or first[attempt] or false
  end
  return list
end

return M
