-- SPDX-License-Identifier: MIT
--
-- One sentence about a target: reached or not, in how many hops, with which loss and time.

local err = require "mtr.base.err"
local columns = require "mtr.live.columns"

local M = {}

local function of_target(hop)
  local loss = hop.sent > 0 and 100 * hop.unanswered / hop.sent or 0
  local text = ("reached in %d %s, %.1f%% loss"):format(hop.ttl, hop.ttl == 1 and "hop" or "hops",
    loss)
  if hop.avg then text = ("%s, %s ms on average"):format(text, columns.ms(hop.avg)) end
  return text, loss > 0 and "yellow" or "green"
end

--- Returns the sentence and its style.
---@param path mtr.LivePath
---@param hops mtr.HopStats[]
---@return string
---@return string style
function M.of(path, hops)
  if path.state == "failed" then
    return err.target(path.message:gsub("^%u[%u%d]*: ", "")), "bold red"
  end
  local last = hops[#hops]
  if last and last.destination then return of_target(last) end
  local heard = path:heard()
  local known = path.hops[heard]
  if known and known.mark and heard == #hops then
    return ("stopped at hop %d, which refuses to go on (%s)"):format(heard, known.mark), "bold red"
  end
  if path.round - path.since < 2 then return "waiting for the first answers", "dim" end
  if heard == 0 then return "nothing answers", "bold red" end
  return ("the target does not answer; the last answer is from hop %d"):format(heard), "bold red"
end

--- Returns what is to be said about the last change of the path, or nil.
---@param path mtr.LivePath
---@return string?
function M.change(path)
  local change = path.changed
  return change and ("the path changed at hop %d, %s"):format(change.ttl,
    os.date("%H:%M:%S", change.at)) or nil
end

return M
