-- SPDX-License-Identifier: MIT
--
-- The file with what a watcher knows, so that it goes on after a restart as if it had never ended.
--
-- It is one object of JSON: `state` = "mtrlua watch", `version` = 1, `options` (the text of the
-- options of its traces), `subjects` (mtr.Subject.save). The file is replaced as a whole, so that a
-- crash leaves the old or the new one. What was learned with other options is of no use: it is
-- refused. Targets that are not watched any more are forgotten, new ones are learned.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local state_file = require "mtr.base.state_file"
local json = require "mtr.record.json"
local json_read = require "mtr.record.json_read"

local C = lib.C
local KIND, VERSION = "mtrlua watch", 1
local SHAPE = json.shape { "state", "version", "options", "subjects", "target", "dst" }

local M = {}

--- Reads a state.
---@param path string
---@param options string of the traces; they must be those of the state
---@return table<string, table>? saved what Subject:save() returned, by target; empty: no such file
---@return string? message, string? name
function M.read(path, options)
  local text, message, name = state_file.read(path)
  if not text and message then return nil, message, name end
  if not text then return {} end
  local state = json_read.decode(text)
  if type(state) ~= "table" or state.state ~= KIND then
    return state_file.wrong(path, "this is not the state of a watch")
  end
  if state.version ~= VERSION then
    return state_file.other_version(path, state.version, VERSION)
  end
  if state.options ~= options then
    return state_file.wrong(path, ("the state is of traces with %s, not with %s"):format(
      tostring(state.options), options))
  end
  local saved = {}
  for _, one in ipairs(state.subjects) do saved[one.target] = one end
  return saved
end

--- Writes a state and waits for the disk.
---@param path string
---@param options string
---@param subjects mtr.Subject[]
---@return true?
---@return string? message, string? name
function M.write(path, options, subjects)
  local list = {}
  for i, subject in ipairs(subjects) do list[i] = subject:save() end
  local text = json.encode({ state = KIND, version = VERSION, options = options, subjects = list },
    SHAPE) .. "\n"
  local code = C.mtr_save(nil, path, text, #text, nil, 0, 0)
  if code < 0 then return err.env(code, "saving the state " .. path) end
  return true
end

return M
