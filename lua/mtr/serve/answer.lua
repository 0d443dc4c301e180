-- SPDX-License-Identifier: MIT
--
-- Writes answers: lines of JSON. Each begins with the id of its request and the kind of answer. The
-- last answer of a request has "last": true.

local json = require "mtr.record.json"
local Result = require "mtr.record.result"

local M = {}

-- Starts a line. An answer to a line without a valid id has none.
local function head(id, kind, last)
  local begin = id ~= nil and '{"id":' .. json.encode(id) .. "," or "{"
  return begin .. '"answer":"' .. kind .. '"' .. (last and ',"last":true' or "")
end

--- Returns the answer for a result, as the reporter jsonl writes it.
---@param id string|integer
---@param result mtr.Result
---@param last boolean
---@return string
function M.result(id, result, last)
  return head(id, "result", last) .. ',"result":' .. result:json() .. "}\n"
end

--- Returns the answer for a hop that has settled.
---@param id string|integer
---@param trace mtr.Trace or an object with its fields
---@param hop mtr.BorrowedHop
---@return string
function M.hop(id, trace, hop)
  local kept = hop:copy()
  for _, reply in ipairs(kept.replies) do reply.ttl = nil end
  return head(id, "hop") .. ',"dst":' .. json.encode(trace.dst) .. ',"hop":'
    .. json.encode(kept, Result.shape) .. "}\n"
end

--- Returns the answer for a single probe.
---@param id string|integer
---@param reply mtr.Reply|mtr.Probe
---@return string
function M.reply(id, reply)
  return head(id, "reply", true) .. ',"reply":' .. json.encode(reply, Result.shape) .. "}\n"
end

--- Returns the answer for a target of a campaign that could not be traced.
---@param id string|integer
---@param target string
---@param message string
---@param name string
---@return string
function M.refused(id, target, message, name)
  return head(id, "refused") .. ',"target":' .. json.encode(target) .. ',"name":'
    .. json.encode(name) .. ',"error":' .. json.encode(message) .. "}\n"
end

--- Returns the answer for what cannot be done, always the last one.
---@param id? string|integer
---@param name string such as "EPERM"; "EINVAL": the request is wrong
---@param message string
---@param field? string the member of the request that is wrong
---@return string
function M.error(id, name, message, field)
  return head(id, "error", true) .. (field and ',"field":' .. json.encode(field) or "")
    .. ',"name":' .. json.encode(name) .. ',"error":' .. json.encode(message) .. "}\n"
end

--- Returns another last answer, with one member more.
---@param id string|integer
---@param kind "done"|"about"
---@param name? string of the member
---@param value? table
---@return string
function M.last(id, kind, name, value)
  return head(id, kind, true) .. (name and (',"%s":%s'):format(name, json.encode(value)) or "")
    .. "}\n"
end

return M
