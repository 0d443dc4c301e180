-- SPDX-License-Identifier: MIT
--
-- What must happen in Redis in one step, as scripts that Redis runs. Each may be run twice with the
-- same arguments: the second time it changes nothing, so a command whose answer was lost is sent
-- again. `mine`: a lease is the caller's as long as nobody has taken it over, and its campaign was
-- not cancelled, which removes the stream.

local MINE = [[
local function mine(leases, group, id, worker)
  local list = redis.pcall('XPENDING', leases, group, id, id, 1)
  if list.err then
    if list.err:find('NOGROUP', 1, true) then return false end
    list = redis.call('XPENDING', leases, group, id, id, 1)
  end
  local entry = list[1]
  return entry and entry[2] == worker
end
]]

-- When Redis has no memory left, it refuses a script at its first command that may need memory. It
-- does not refuse one that comes after a command that writes. So this command, which changes
-- nothing here, comes first in scripts that free memory, and in those by which a worker says that
-- it lives.
local ALWAYS = "redis.call('PERSIST', KEYS[1])\n"

local M = {}

-- A script is not undone where a command of it fails: what may be foreign is looked at before the
-- first change.
local OURS = [[
redis.call('SCARD', KEYS[1])
redis.call('HLEN', KEYS[3])
for i = 4, 7 do redis.call('XLEN', KEYS[i]) end
]]

--- KEYS as of mtr.fleet.keys.all(); ARGV name groups-count group... field value...
--- Makes a campaign, unless it is there. Returns 1; 0 if it is there; -1 if only other keys of
--- it are there.
M.create = OURS .. [[
if redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('HGET', KEYS[2], 'version')
  if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 0 then redis.call('SADD', KEYS[1], ARGV[1]) end
  return 0
end
if redis.call('EXISTS', unpack(KEYS, 3, 7)) > 0 then return -1 end
redis.call('SADD', KEYS[1], ARGV[1])
local groups = tonumber(ARGV[2])
for i = 3, 2 + groups do redis.call('XGROUP', 'CREATE', KEYS[4], ARGV[i], '0', 'MKSTREAM') end
redis.call('HSET', KEYS[2], unpack(ARGV, 3 + groups))
return 1
]]

--- KEYS as of mtr.fleet.keys.all(); ARGV name discard
--- Forgets a campaign that is over. Returns 1; -1 if somebody drains it; -2 if results wait for
--- a drain, and discard is not 1.
M.forget = OURS .. [[
if redis.call('EXISTS', KEYS[8]) == 1 then return -1 end
if ARGV[2] ~= '1' and redis.call('XLEN', KEYS[5]) > 0 then return -2 end
redis.call('SREM', KEYS[1], ARGV[1])
redis.call('DEL', unpack(KEYS, 2, 7))
return 1
]]

--- KEYS meta leases; ARGV number-of-the-first position most last (count text)...
--- Adds leases behind the last one. Returns the number of leases there are; -1 if there are too
--- many that nobody took; -2 if the campaign was cancelled.
M.put = [[
local state = redis.call('HGET', KEYS[1], 'state')
if not state or state == 'cancelled' then return -2 end
local n = tonumber(redis.call('HGET', KEYS[1], 'leases'))
if n + 1 ~= tonumber(ARGV[1]) then return n end
if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[3]) then return -1 end
local targets = 0
for i = 5, #ARGV, 2 do
  n, targets = n + 1, targets + tonumber(ARGV[i])
  redis.call('XADD', KEYS[2], '*', 'lease', n, 'count', ARGV[i], 'targets', ARGV[i + 1])
end
redis.call('HSET', KEYS[1], 'leases', n, 'position', ARGV[2], 'complete', ARGV[4])
redis.call('HINCRBY', KEYS[1], 'targets', targets)
return n
]]

--- KEYS meta leases results left; ARGV group worker id most-bytes points lease point targets failed
--- complaints part...
--- Hands the results of a lease in and acknowledges it. Returns 1; 0 if it is not the caller's any
--- more; -1 if too many results wait for a drain.
M.finish = MINE .. [[
if not mine(KEYS[2], ARGV[1], ARGV[3], ARGV[2]) then return 0 end
redis.call('HLEN', KEYS[4])            -- nothing is changed if it is foreign
local bytes = tonumber(redis.call('HGET', KEYS[1], 'bytes') or 0)
if bytes >= tonumber(ARGV[4]) then return -1 end
local parts = #ARGV - 10
for i = 1, parts do
  local text = ARGV[10 + i]
  bytes = #text
  redis.call('XADD', KEYS[3], '*', 'lease', ARGV[6], 'point', ARGV[7], 'worker', ARGV[2],
    'part', i .. '/' .. parts, 'targets', ARGV[8], 'failed', ARGV[9],
    'complaints', i == 1 and ARGV[10] or '', 'results', text)
  redis.call('HINCRBY', KEYS[1], 'bytes', bytes)
end
redis.call('HINCRBY', KEYS[1], 'done', 1)
redis.call('HINCRBY', KEYS[1], 'done_targets', ARGV[8])
redis.call('HINCRBY', KEYS[1], 'failed', ARGV[9])
redis.call('XACK', KEYS[2], ARGV[1], ARGV[3])
if tonumber(ARGV[5]) <= 1 then
  redis.call('XDEL', KEYS[2], ARGV[3])
elseif redis.call('HINCRBY', KEYS[4], ARGV[3], 1) >= tonumber(ARGV[5]) then
  redis.call('XDEL', KEYS[2], ARGV[3])
  redis.call('HDEL', KEYS[4], ARGV[3])
end
return 1
]]

--- KEYS leases left meta?; ARGV group worker id points
--- Acknowledges a lease that is not for this vantage point; with meta one that is no lease.
M.skip = MINE .. [[
if not mine(KEYS[1], ARGV[1], ARGV[3], ARGV[2]) then return 0 end
redis.call('HLEN', KEYS[2])
if KEYS[3] then redis.call('HINCRBY', KEYS[3], 'foreign', 1) end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
if redis.call('HINCRBY', KEYS[2], ARGV[3], 1) >= tonumber(ARGV[4]) then
  redis.call('XDEL', KEYS[1], ARGV[3])
  redis.call('HDEL', KEYS[2], ARGV[3])
end
return 1
]]

--- KEYS leases; ARGV group worker id...
--- Keeps leases: their time begins anew. Returns the ids of those that somebody has taken over.
M.keep = MINE .. [[
local lost = {}
for i = 3, #ARGV do
  if mine(KEYS[1], ARGV[1], ARGV[i], ARGV[2]) then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
  else
    lost[#lost + 1] = ARGV[i]
  end
end
return lost
]]

--- KEYS leases; ARGV group worker id...
--- Gives leases back: the next worker that asks takes them over.
M.give_back = MINE .. [[
for i = 3, #ARGV do
  if mine(KEYS[1], ARGV[1], ARGV[i], ARGV[2]) then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'IDLE', 86400000, 'JUSTID')
  end
end
return 1
]]

--- KEYS worker workers; ARGV secret name ms facts
--- Says that a worker lives; a new one forgets those that are dead for a day. Returns Redis' time
--- in ms, or 0 if another one has its name.
M.alive = [[
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
local others = redis.call('HGET', KEYS[2], ARGV[2]) and {} or redis.call('HGETALL', KEYS[2])
]] .. ALWAYS .. [[
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
for i = 1, #others, 2 do
  local sign = tonumber(string.match(others[i + 1], '^%d+ '))
  if sign and ms - sign > 86400000 then redis.call('HDEL', KEYS[2], others[i]) end
end
redis.call('HSET', KEYS[2], ARGV[2], ms .. ' ' .. ARGV[4])
return ms
]]

--- KEYS drain-lock leases left; ARGV secret ms
--- Takes or keeps the lock of a drain for some time. Returns 1; 0 if another one has it. Where no
--- worker can work, because a key is foreign, a drain must not wait for results.
M.lock_drain = [[
redis.call('XLEN', KEYS[2])
redis.call('HLEN', KEYS[3])
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
]] .. ALWAYS .. [[
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
]]

--- KEYS drain-lock; ARGV secret
--- Releases the lock of a drain.
M.unlock_drain = [[
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
]]

--- KEYS worker workers; ARGV secret name
--- Says that a worker has ended.
M.gone = [[
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
  redis.call('HDEL', KEYS[2], ARGV[2])
end
return 1
]]

--- KEYS meta results; ARGV repeated id...
--- Removes results that a drain has written. Returns how many they were. Redis copies an answer to
--- a script anew for each megabyte by which it grows, so entries come one by one. -0 is no integer
--- for Redis. The count of bytes lacks entries of others; it must not become negative.
M.trim = ALWAYS .. [[
local count, bytes = 0, 0
for i = 2, #ARGV do
  local entry = redis.call('XRANGE', KEYS[2], ARGV[i], ARGV[i])[1]
  local fields = entry and entry[2] or {}
  for j = 1, #fields, 2 do
    if fields[j] == 'results' then bytes = bytes + #fields[j + 1] end
  end
  count = count + redis.call('XDEL', KEYS[2], ARGV[i])
end
if count > 0 then
  if redis.call('HINCRBY', KEYS[1], 'bytes', 0 - bytes) < 0 then
    redis.call('HSET', KEYS[1], 'bytes', 0)
  end
  redis.call('HINCRBY', KEYS[1], 'drained', count)
  redis.call('HINCRBY', KEYS[1], 'repeated', ARGV[1])
end
return count
]]

--- KEYS meta leases left stops rates; ARGV state rate
--- Changes the state of a campaign. Returns 1; 0 if there is no such campaign, -1 if it is over.
M.set = ALWAYS .. [[
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return 0 end
if state == 'cancelled' then return ARGV[1] == 'cancelled' and 1 or -1 end
redis.call('HSET', KEYS[1], 'state', ARGV[1])
if ARGV[2] ~= '' then redis.call('HSET', KEYS[1], 'rate', ARGV[2]) end
if ARGV[1] == 'cancelled' then redis.call('DEL', unpack(KEYS, 2)) end
return 1
]]

--- Returns the words of a command that runs a script.
---@param script string
---@param keys string[]
---@param args (string|number)[]
---@return (string|number)[] for mtr.fleet.link
function M.command(script, keys, args)
  local words = { "EVAL", script, #keys, texts = script == M.keep or nil }
  for _, key in ipairs(keys) do words[#words + 1] = key end
  for _, word in ipairs(args) do words[#words + 1] = word end
  return words
end

return M
