-- SPDX-License-Identifier: MIT
--
-- The campaigns that run now, and how their rate and window change meanwhile: by their methods, or
-- in mtrlua by SIGUSR1 (twice as fast) and SIGUSR2 (half as fast).

local err = require "mtr.base.err"
local scheduler = require "mtr.wait.scheduler"
local window = require "mtr.campaign.window"

local M = {}

local FACTOR, FASTEST, WIDEST = 2, 1e9, 1000000

---@type table<mtr.Campaign, true>
local running = {}

--- Adds a campaign that has started. Its window begins to look at the engine.
---@param c mtr.Campaign
function M.add(c)
  running[c] = true
  c.window:attach(c)
end

--- Removes a campaign that has ended.
---@param c mtr.Campaign
function M.remove(c)
  running[c] = nil
  c.window:detach(c)
end

--- Changes the rate of the campaign's engine.
---@param c mtr.Campaign
---@param rate number|string
---@return true
function M.set_rate(c, rate)
  if not c.cohort then error("set_rate: the campaign has not started; give it the rate", 2) end
  local ok, message = pcall(c.engine.set_rate, c.engine, rate)
  if not ok then error(message, 2) end
  scheduler.wake(c.pump)
  return true
end

--- Changes how many traces are under way at once. Traces above a smaller window end as usual.
---@param c mtr.Campaign
---@param size integer|"auto"
---@return true
function M.set_window(c, size)
  local made, wanted = window.kind(size)
  if wanted then error(("set_window: window %s, got %s"):format(wanted, err.show(size)), 2) end
  if running[c] then c.window:detach(c) end
  c.window = made
  if running[c] then
    made:attach(c)
    scheduler.wake(c.pump)
  end
  return true
end

local function faster(c, factor, seen)
  local engine, most, words = c.engine, c.window.most, {}
  if engine.rate > 0 and not seen[engine] then
    engine:set_rate(math.min(engine.rate * factor, FASTEST))
  end
  seen[engine] = true
  words[1] = engine.rate > 0 and ("rate %g/s"):format(engine.rate) or "rate unlimited"
  if most then
    c:set_window(math.min(math.max(math.floor(most * factor), 1), WIDEST))
    words[2] = "window " .. c.window.most
  end
  return table.concat(words, ", ")
end

--- Makes every running campaign faster or slower.
---@param steps integer how often twice as fast; negative: half as fast
---@param say fun(text: string) gets a text that says what each campaign has now
function M.change(steps, say)
  local seen = {}
  if not next(running) then say "no campaign runs, so the signal changes nothing" end
  for c in pairs(running) do say(faster(c, FACTOR ^ steps, seen)) end
end

return M
