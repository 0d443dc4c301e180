-- SPDX-License-Identifier: MIT
--
-- Paths of live made of made-up answers, for specs of what is shown.
--
--   local path = live_paths.new("web.example", { "10.0.0.1", { "10.0.0.2", "10.0.0.3" }, false,
--     "203.0.113.9" }, 20)
--
-- One word for each hop: its address, a list of addresses that answer in turn, or false if it is
-- silent. The last one is the target. A round of one second has one probe for each hop; hop n
-- answers after n ms.
local Path = require "mtr.live.path"

local M = {}

---Sends a probe of a round; `addr` false: nobody answers.
function M.probe(path, ttl, round, addr, more)
  local at = (round - 1) * 1000 + ttl / 10
  if not addr then return path:on_timeout { ttl = ttl, at = at } end
  local reply = { ttl = ttl, at = at, addr = addr, rtt = ttl, flow = 0 }
  for name, value in pairs(more or {}) do reply[name] = value end
  return path:on_reply(reply)
end

function M.new(target, hops, rounds)
  local path = Path.new(target, 1000)
  local last = hops[#hops] or "203.0.113.9"
  path.dst = type(last) == "table" and last[1] or last
  path.state, path.clock = "running", 1e9
  for round = 1, rounds do
    path.round = round
    for ttl, addr in ipairs(hops) do
      if type(addr) == "table" then addr = addr[(round - 1) % #addr + 1] end
      M.probe(path, ttl, round, addr, { final = ttl == #hops or nil })
    end
  end
  return path
end

return M
