-- SPDX-License-Identifier: MIT
--
-- What live writes when there is no screen: a line for each answer and each silence, as they come,
-- and one when the path has changed.
--
--     06:12:01 example.org round 3 hop 5 192.0.2.5 12.30 ms
--     06:12:01 example.org round 3 hop 6 no answer
--     06:12:09 example.org path changed at hop 5: 192.0.2.9 in place of 192.0.2.5

local err = require "mtr.base.err"

local M = {}

local function begin(path)
  return ("%s %s "):format(os.date("%H:%M:%S", path.clock), err.target(path.target))
end

local function place(hop, round) return ("round %d hop %d "):format(round, hop.ttl) end

--- Returns the lines about an answer.
---@param path mtr.LivePath
---@param hop mtr.LiveHop
---@param round integer
---@param reply mtr.Reply borrowed or not
---@param changed boolean the path has changed there
---@return string
function M.answer(path, hop, round, reply, changed)
  local mark = hop.mark and " " .. hop.mark or ""
  local text = begin(path) .. place(hop, round)
    .. ("%s %.2f ms%s\n"):format(reply.addr, reply.rtt, mark)
  if not changed then return text end
  local change = hop.route.change
  return text .. begin(path) .. ("path changed at hop %d: %s in place of %s\n"):format(
    hop.ttl, change.to, change.from)
end

--- Returns the line about a probe without an answer.
---@param path mtr.LivePath
---@param hop mtr.LiveHop
---@param round integer
---@param probe mtr.Probe borrowed or not
---@return string
function M.silence(path, hop, round, probe)
  return begin(path) .. place(hop, round) .. (probe.error or "no answer") .. "\n"
end

--- Returns the line about a target that cannot be traced.
---@param path mtr.LivePath
---@return string
function M.failure(path) return begin(path) .. err.target(path.message) .. "\n" end

return M
