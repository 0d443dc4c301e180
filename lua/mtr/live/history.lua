-- SPDX-License-Identifier: MIT
--
-- The latest outcomes of the probes to one hop, by round: an RTT, or no answer. A probe that has
-- no outcome yet, and a round without a probe (a pause), is a gap. It takes outcomes in any order,
-- because silence is only known after the timeout, when later probes are answered already.

local M = {}

local KEPT = 512                       -- rounds; more than a terminal has columns

---@class mtr.LiveHistory
---@field last integer the latest round with an outcome; 0: none
local History = {}
History.__index = History

--- Makes an empty history.
---@return mtr.LiveHistory
function M.new() return setmetatable({ last = 0, round = {}, value = {} }, History) end

--- Notes an outcome.
---@param round integer 1 or more
---@param rtt number|false ms; false: no answer
function History:add(round, rtt)
  local place = round % KEPT + 1
  self.round[place], self.value[place] = round, rtt
  if round > self.last then self.last = round end
end

--- Returns the outcome of a round: ms; false: no answer; nil: none yet.
---@param round integer
---@return number|false|nil
function History:at(round)
  local place = round % KEPT + 1
  if self.round[place] == round then return self.value[place] end
  return nil
end

return M
