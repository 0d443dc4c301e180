-- SPDX-License-Identifier: MIT
--
-- Asks name servers: equal questions once, AT_ONCE at a time, and no more than the budget of the
-- run. When servers have not answered for a while, questions fail at once, so that a host without
-- name servers does not wait for each name. From time to time one question is still asked.
--
-- A question is { key =, begin = fn(engine, done) }, see mtr.wait.dns. It is asked in the engine
-- that is open. If none can be opened, it is asked in a spare one, over a simulated network that is
-- not used.

local default = require "mtr.engine.default"

local M = {}

local AT_ONCE, WAITING = 256, 100000   -- questions under way, and behind them
local SILENT, PAUSE = 8, 30            -- time-outs without an answer; seconds

local waiting, first, last             -- questions that wait for others to end
local by_key, under_way, asked
local timeouts, answered_at, paused    -- time-outs since the last answer; when; until when
local spare                            -- the engine of last resort

--- How many questions may be asked in one run.
M.budget = 100000

--- Seconds; specs replace it.
M.now = os.time

--- Forgets all questions, for specs and after other servers were set.
function M.reset()
  waiting, first, last = {}, 1, 0
  by_key, under_way, asked = {}, 0, 0
  timeouts, answered_at, paused = 0, nil, nil
end
M.reset()

--- Returns how many questions were asked.
---@return integer
function M.asked() return asked end

--- Returns an engine to ask in.
---@return mtr.Engine?
---@return string? message, string? name
function M.engine()
  if spare and not spare.closing and not spare:forked() then return spare end
  spare = nil
  local found = default.for_timers()
  if found then return found end
  local opened, message, name = require "mtr.engine".open {
    sim = { nodes = { me = { "192.0.2.1", "2001:db8::1" } } },
  }
  if not opened then return nil, message, name end
  opened.dns_only, spare = true, opened
  return spare
end

-- Notes how a question ended; returns true if servers are silent from now on.
local function note(name)
  if name ~= "EAGAIN" then
    if name ~= "ECANCELED" then timeouts, answered_at, paused = 0, M.now(), nil end
    return
  end
  timeouts = timeouts + 1
  local quiet = not answered_at or M.now() - answered_at >= PAUSE / 3
  if timeouts >= SILENT and quiet then paused = M.now() + PAUSE end
end

-- Ends a question: calls all that wait for it.
local function finish(q, value, message, name, ttl)
  by_key[q.key] = nil
  for _, done in ipairs(q.waiters) do done(value, message, name, ttl) end
end

local next_ones

-- Ends the questions that wait, because the program or the engine ends.
local function give_up(message)
  local list, from, to = waiting, first, last
  waiting, first, last = {}, 1, 0
  for i = from, to do finish(list[i], nil, message, "ECANCELED", 0) end
end

local function begin(q)
  local e, message, name = M.engine()
  if not e then return finish(q, nil, message, name, 0) end
  if e.halted then return finish(q, nil, "ECANCELED: interrupted", "ECANCELED", 0) end
  under_way, asked = under_way + 1, asked + 1
  local function over(value, text, errname, ttl)
    if value then ttl, text = text, nil end
    under_way, q.question = under_way - 1, nil
    note(errname)
    finish(q, value, text, errname, ttl)
    if errname == "ECANCELED" then give_up(text) else next_ones() end
  end
  q.question, message, name = q.begin(e, over)
  if q.question then
    if q.background then q.question:forget() end
    return
  end
  under_way = under_way - 1
  finish(q, nil, message, name, 0)
end

function next_ones()
  while first <= last and under_way < AT_ONCE do
    local q = waiting[first]
    waiting[first], first = nil, first + 1
    begin(q)
  end
  if first > last then first, last = 1, 0 end
end

-- Returns why a question cannot be asked now, or nil.
local function refusal()
  if paused then
    if M.now() < paused then return "EAGAIN", "no name server answers; check /etc/resolv.conf" end
    paused = M.now() + PAUSE           -- this one is let through
  end
  if asked + (last - first + 1) >= M.budget then
    return "EDQUOT", ("the budget of %d questions is used up"):format(M.budget)
  end
  if last - first + 1 >= WAITING then return "ENOBUFS", "too many questions wait" end
end

--- Asks. done(value, message, name, ttl) is called once, maybe before the function returns: value,
--- or nil and why; ttl: for how many seconds that may be believed.
---@param key string equal for equal questions
---@param start fun(engine: mtr.Engine, done: function): mtr.Question?, string?, string?
---@param done function
---@param background? boolean nobody waits: a program may end without the answer
function M.ask(key, start, done, background)
  local q = by_key[key]
  if q then
    q.waiters[#q.waiters + 1] = done
    if q.background and not background then
      q.background = false
      if q.question then q.question:remember() end
    end
    return
  end
  local name, message = refusal()
  if name then return done(nil, name .. ": " .. message, name, 0) end
  q = { key = key, begin = start, waiters = { done }, background = background }
  by_key[key] = q
  if under_way < AT_ONCE then return begin(q) end
  last = last + 1
  waiting[last] = q
end

return M
