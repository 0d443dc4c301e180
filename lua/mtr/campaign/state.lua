-- SPDX-License-Identifier: MIT
--
-- The file with the state of a campaign, from which it can be resumed.
--
-- The first line is a JSON object, with the members of mtr.CampaignState and `state` = "mtrlua
-- campaign". Then follows each target that was taken and is not done, one a line: its text, or JSON
-- if it carries something (an object) or would not be one line (a string). The last line is "end";
-- without it the file was cut off. The file is replaced as a whole (mtr_save), so that a crash
-- leaves the old or the new one.

local each = require "mtr.base.each"
local err = require "mtr.base.err"
local state_file = require "mtr.base.state_file"
local json = require "mtr.record.json"
local json_read = require "mtr.record.json_read"

local M = {}

local KIND, VERSION = "mtrlua campaign", 1
local ORDER = { "state", "version", "finished", "campaign", "position", "unfinished", "tally",
  "thresholds", "reporters" }
local SHAPE = json.shape(ORDER)
local NOTE = json.shape { "target", "priority", "attempt", "wait" }

---@class mtr.CampaignState
---@field version integer of the format: 1
---@field finished boolean every target is done
---@field campaign table<string, string> what distinguishes it from others: see identity()
---@field position integer targets taken from the list
---@field unfinished integer how many of them are not done
---@field left (string|mtr.TargetNote)[] the unfinished targets; in the file: the lines behind
---@field tally table counters (mtr.campaign.tally)
---@field thresholds? table<string, table> values so far (mtr.campaign.thresholds)
---@field reporters table[] what save() of each reporter returned; false: it has no save()

--- Returns a target as a line of a state.
---@param target string|mtr.TargetNote
---@return string
function M.line(target)
  if type(target) == "table" then
    local priority, attempt = target.priority or 0, target.attempt or 1
    if priority ~= 0 or attempt > 1 then
      local wait = (target.wait or 0) > 0 and target.wait or nil
      return json.encode({ target = target.target, priority = priority, attempt = attempt,
        wait = wait }, NOTE) .. "\n"
    end
    target = target.target
  end
  return (target:find '[%c"{]' and json.encode(target) or target) .. "\n"
end

--- Returns the text of a state.
---@param state table without `left`, `unfinished` and `version`
---@param left string the unfinished targets, each with a newline
---@param count integer how many there are
---@return string
function M.text(state, left, count)
  state.state, state.version, state.unfinished = KIND, VERSION, count
  return json.encode(state, SHAPE) .. "\n" .. left .. "end\n"
end

local function parse(path, text)
  local head, rest = text:match "^([^\n]*)\n(.*)$"
  local state = json_read.decode(head or text)
  if type(state) ~= "table" or state.state ~= KIND then
    if text:find(('{"state":"%s"'):format(KIND), 1, true) == 1 then
      return state_file.wrong(path, "the state is cut off")
    end
    return state_file.wrong(path, "this is not the state of a campaign")
  end
  if state.version ~= VERSION then
    return state_file.other_version(path, state.version, VERSION)
  end
  state.left = {}
  for line in (rest or ""):gmatch "([^\n]*)\n" do
    state.left[#state.left + 1] = line:find '^["{]' and json_read.decode(line) or line
  end
  if table.remove(state.left) ~= "end" or #state.left ~= state.unfinished then
    return state_file.wrong(path, "the state is cut off")
  end
  return state
end

--- Reads a state.
---@param path string
---@return mtr.CampaignState? state nil without a message: there is no such file
---@return string? message, string? name
function M.read(path)
  local text, message, name = state_file.read(path)
  if not text then return nil, message, name end
  return parse(path, text)
end

-- Returns the text of an option. Of a table only its plain elements count, because a strategy or
-- `data` may contain anything, also itself.
local function option(value)
  if type(value) ~= "table" then return err.show(value) end
  local parts = {}
  for key, element in each(value) do
    local kind = type(element)
    if kind == "string" or kind == "number" or kind == "boolean" then
      parts[#parts + 1] = ("%s = %s"):format(tostring(key), err.show(element))
    end
  end
  table.sort(parts)
  return "{ " .. table.concat(parts, ", ") .. " }"
end

--- Returns what distinguishes a campaign from others: its targets, the options of its traces and
--- the names of its outputs, each as text. The directory of an output does not matter: it may be
--- moved with the state.
---@param targets string description of the targets
---@param trace? table|function
---@param reporters mtr.Reporter[]
---@return table<string, string>
function M.identity(targets, trace, reporters)
  local id = { targets = targets }
  if type(trace) == "function" then id.trace = "a function" end
  for name, value in each(type(trace) == "table" and trace or {}) do
    if name ~= "data" then id["trace." .. name] = option(value) end
  end
  for i, reporter in ipairs(reporters) do
    local path = reporter.sink and (reporter.sink.path or "a function") or reporter.path
    if not reporter.aside then
      id["reporter " .. i] = path and path:match "[^/]*$" or "a reporter of its own kind"
    end
  end
  return json_read.decode(json.encode(id))     -- as it will be read: bytes that are not UTF-8
end

--- Says how two campaigns differ; returns nil if they do not.
---@param before table<string, string> of identity()
---@param now table<string, string>
---@return string?
function M.difference(before, now)
  local names, list = {}, {}
  for _, id in ipairs { before, now } do
    for name in each(id) do names[#names + 1] = name end
  end
  table.sort(names)
  for i, name in ipairs(names) do
    if name ~= names[i - 1] and before[name] ~= now[name] then
      list[#list + 1] = ("%s was %s, now %s"):format(name, before[name] or "not given",
        now[name] or "not given")
    end
  end
  return list[1] and table.concat(list, "; ") or nil
end

return M
