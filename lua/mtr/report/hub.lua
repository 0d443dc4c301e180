-- SPDX-License-Identifier: MIT
--
-- What was seen at one hop over any number of traces, in the terms of mtr(8): probes sent, share
-- that was not answered, last, mean, best and worst RTT, deviation of a sample (Welford).
--
-- A hub is a plain table without methods.

local compat = require "mtr.compat"
local M = {}

---@class mtr.Hub
---@field ttl integer
---@field hosts string[] addresses that answered, in the order they were seen
---@field sent integer probes that were answered or timed out
---@field received integer
---@field last number ms; 0: no answer, the others too
---@field mean number ms
---@field squares number sum of squared differences from the mean
---@field best number ms
---@field worst number ms

--- Makes a hub with nothing in it.
---@param ttl integer
---@return mtr.Hub
function M.new(ttl)
  return { ttl = ttl, hosts = {}, sent = 0, received = 0, last = 0, mean = 0, squares = 0, best = 0,
    worst = 0 }
end

local function add_host(hub, host)
  for _, known in ipairs(hub.hosts) do
    if known == host then return end
  end
  hub.hosts[#hub.hosts + 1] = host
end

local function add_rtt(hub, rtt)
  local off, first = rtt - hub.mean, hub.received == 0
  hub.received, hub.last = hub.received + 1, rtt
  hub.mean = hub.mean + off / hub.received
  hub.squares = hub.squares + off * (rtt - hub.mean)
  hub.best, hub.worst = first and rtt or math.min(hub.best, rtt), math.max(hub.worst, rtt)
end

--- Adds a hop of a result. Replies that are not the answer of a probe do not count.
---@param hub mtr.Hub
---@param hop mtr.Hop
function M.add(hub, hop)
  for _, reply in ipairs(hop.replies) do
    if not (reply.dup or reply.late or reply.ignored or reply.too_big) then
      add_host(hub, reply.addr)
      add_rtt(hub, reply.rtt)
      hub.sent = hub.sent + 1
    end
  end
  hub.sent = hub.sent + (hop.unanswered or 0)
end

--- Returns the percentage of probes that were not answered.
---@param hub mtr.Hub
---@return number
function M.loss(hub)
  return hub.sent > 0 and 100 * (hub.sent - hub.received) / hub.sent or 0
end

--- Returns the standard deviation in ms; 0 with fewer than two answers.
---@param hub mtr.Hub
---@return number
function M.deviation(hub)
  return hub.received > 1 and math.sqrt(hub.squares / (hub.received - 1)) or 0
end

--- Returns hubs as one text, for a state: numbers as they are, then the hosts.
---@param hubs mtr.Hub[]
---@return string
function M.save(hubs)
  local out = {}
  for i, h in ipairs(hubs) do
    out[i] = ("%d %d %d %.17g %.17g %.17g %.17g %.17g %s"):format(h.ttl, h.sent, h.received, h.last,
      h.mean, h.squares, h.best, h.worst, table.concat(h.hosts, " "))
  end
  return table.concat(out, ",")
end

--- Returns the hubs that save() has written.
---@param text string
---@return mtr.Hub[]
function M.load(text)
  local hubs = {}
  for line in text:gmatch "[^,]+" do
    local words = {}
    for word in line:gmatch "%S+" do words[#words + 1] = #words < 8 and tonumber(word) or word end
    hubs[#hubs + 1] = { ttl = words[1], sent = words[2], received = words[3], last = words[4],
      mean = words[5], squares = words[6], best = words[7], worst = words[8],
      hosts = { compat.unpack(words, 9) } }
  end
  return hubs
end

return M
