-- SPDX-License-Identifier: MIT
--
-- The keys of a fleet in Redis, and the fields in them. The file README.md beside this one
-- describes them for those who write other programs.

local err = require "mtr.base.err"
local units = require "mtr.base.units"

local M = {}

--- The version of all that is kept in Redis. A program refuses campaigns of a later one. Those of
--- version 1 have results as lines of JSON only.
M.VERSION = 2

--- The names of all campaigns: a set.
M.CAMPAIGNS = "mtr:fleet:campaigns"
--- What each worker says of itself: a hash, JSON by name.
M.WORKERS = "mtr:fleet:workers"

--- Ways in which vantage points share the targets.
M.SHARES = { split = true, all = true, n = true }

local function part(campaign, name) return ("mtr:fleet:{%s}:%s"):format(campaign, name) end

--- The facts of a campaign, and its counters: a hash.
function M.meta(campaign) return part(campaign, "meta") end
--- Its targets: a stream of leases.
function M.leases(campaign) return part(campaign, "leases") end
--- Results that nobody has drained: a stream.
function M.results(campaign) return part(campaign, "results") end
--- Additions to the stop sets of Doubletree: a stream.
function M.stops(campaign) return part(campaign, "stops") end
--- What workers say of the rates of routers: a stream.
function M.rates(campaign) return part(campaign, "rates") end
--- How many vantage points are done with a lease: a hash, by the id of its entry.
function M.left(campaign) return part(campaign, "left") end
--- The lock of the drain that is at work: a text that only it knows, which expires.
function M.drain_lock(campaign) return part(campaign, "drain") end
--- The keys that scripts.create and scripts.forget look at or change.
function M.all(campaign)
  return { M.CAMPAIGNS, M.meta(campaign), M.left(campaign), M.leases(campaign), M.results(campaign),
    M.stops(campaign), M.rates(campaign), M.drain_lock(campaign) }
end
--- A worker that lives: a text that only it knows, which expires.
function M.worker(worker) return "mtr:fleet:worker:" .. worker end

--- Returns the group of consumers that takes leases of a campaign for a vantage point.
function M.group(share, point) return share == "split" and "all" or "point:" .. point end

--- Returns a text that no other process has, for M.worker and M.drain_lock.
---@return string
function M.secret()
  local file = assert(io.open("/dev/urandom", "rb"))
  file:setvbuf("no")
  local bytes = file:read(12)
  file:close()
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

--- Returns the vantage point of a worker: its name up to the first slash.
---@param worker string
---@return string
function M.point(worker) return worker:match "^[^/]*" end

--- Returns the name of a worker for which none is given: the host's, and the number of the process.
---@return string
function M.host_name()
  local file = io.open "/proc/sys/kernel/hostname"
  local host = file and file:read "*l" or "worker"
  if file then file:close() end
  local stat = io.open "/proc/self/stat"
  local pid = stat and stat:read "*n" or 0
  if stat then stat:close() end
  return ("%s/%d"):format(host:gsub("[^%w_.-]", "-"):sub(1, 40), pid)
end

--- Returns a rate as it is written into Redis: digits, perhaps with a point. (Lua would write
--- 1e-05, and workers would not read that.)
---@param rate number|string|nil one that is right; nil: no limit
---@return string
function M.rate(rate)
  return (("%.6f"):format(units.rate(rate or 0)):gsub("%.?0+$", ""))
end

--- Returns a name that is in a list twice; nil: there is none.
---@param names string[]
---@return string?
function M.twice(names)
  local seen = {}
  for _, name in ipairs(names) do
    if seen[name] then return name end
    seen[name] = true
  end
end

--- Returns what is wrong with a name; nil if nothing is.
---@param what string
---@param name string
---@param slash? boolean may it have one?
---@return string? message
function M.wrong(what, name, slash)
  local pattern = slash and "^[%w_.-]+/?[%w_.-]*$" or "^[%w_.-]+$"
  if #name <= 64 and name:find(pattern) then return nil end
  return ("%s must be at most 64 letters, digits, '-', '_' or '.', got %s"):format(what,
    err.show(name))
end

return M
