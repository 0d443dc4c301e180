-- SPDX-License-Identifier: MIT
--
-- The pages of live that lie over the table: the help, and the choice of columns.

local columns = require "mtr.live.columns"

local M = {}

local HELP = [[
q          quit; the table stays on the terminal
p          pause, and go on
r          reset: count from zero
d          display: statistics, long bars, all targets
n          names or addresses
z          AS numbers on or off
o          choose the columns
tab        next target; also the arrows left and right
arrows     up and down scroll, also page up, page down, home, end
?          this help; any key goes back

Hop        distance from here; each hop is a router, the last one the target
Loss       share of probes that were not answered
rate limit this router answers only some probes, but hops behind it answer more:
           it saves work, and nothing is lost there
or HOST    another router at the same distance, reached by load balancing
MPLS       labels of the tunnel that packets are in there
was HOST   the path has changed there; this router answered before
bars       one for each round: the height is the time, x is no answer, and a
           blank is not decided yet
!H !N !X   a router says that the target, its network, cannot be reached, or
           that it may not pass packets on]]

--- Returns the lines of the help.
---@return string[]
function M.help()
  local list = {}
  for line in (HELP .. "\n"):gmatch "(.-)\n" do list[#list + 1] = line end
  return list
end

--- Returns the lines of the choice of columns.
---@param letters string those that are shown
---@return string[]
function M.columns(letters)
  local list = { "Press the letter of a column to show or hide it; enter goes back.", "" }
  for _, column in ipairs(columns.list) do
    list[#list + 1] = ("[%s] %s  %-7s %s"):format(
      letters:find(column.letter, 1, true) and "x" or " ", column.letter, column.title, column.doc)
  end
  list[#list + 1] = ("[%s] %s  %-7s %s"):format(
    letters:find(columns.HISTORY, 1, true) and "x" or " ", columns.HISTORY, "bars",
    "the latest rounds")
  return list
end

return M
