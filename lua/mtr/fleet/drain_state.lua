-- SPDX-License-Identifier: MIT
--
-- The state of a drain, in a file: up to which entry it has written, which leases these were, and
-- how long its outputs are. The file is replaced as a whole, after the disk has the outputs.

local lib = require "mtr.lib"
local each = require "mtr.base.each"
local err = require "mtr.base.err"
local state_file = require "mtr.base.state_file"
local json = require "mtr.record.json"
local json_read = require "mtr.record.json_read"
local WrittenLeases = require "mtr.fleet.written_leases"

local C = lib.C
local M = {}

local KIND, VERSION = "mtrlua fleet drain", 1

---@class mtr.FleetDrainState
---@field campaign string
---@field after string id of the last entry that was written
---@field done table<string, mtr.FleetWrittenLeases> by vantage point
---@field reporters table[] what save() of each reporter returned
---@field outputs string[] their formats and files
---@field finished boolean

--- Reads a state; nil without a message: there is none.
---@param path string
---@param campaign string
---@param outputs string[]
---@return mtr.FleetDrainState?
---@return string? message, string? name
function M.read(path, campaign, outputs)
  local text, message, name = state_file.read(path)
  if not text then return nil, message, name end
  local state = json_read.decode(text)
  if type(state) ~= "table" or state.state ~= KIND or not state.ends then
    return state_file.wrong(path, "this is not the state of a drain, or it was cut off")
  end
  if state.version ~= VERSION then
    return state_file.other_version(path, state.version, VERSION)
  end
  local before, now = table.concat(state.outputs, " "), table.concat(outputs, " ")
  if state.campaign ~= campaign or before ~= now then
    return err.named("EINVAL", ("%s is the state of another drain: campaign %s to %s, not %s to %s")
      :format(path, state.campaign, before, campaign, now))
  end
  for point, ranges in each(state.done) do
    state.done[point] = WrittenLeases.new(ranges)
    if not state.done[point] then
      return state_file.wrong(path, "the numbers of leases are damaged")
    end
  end
  return state
end

--- Saves a state; returns when the disk has it, and the outputs.
---@param path string
---@param state mtr.FleetDrainState
---@param fds ffi.cdata* int32_t[count] descriptors of the outputs
---@param count integer
---@return true?
---@return string? message, string? name
function M.save(path, state, fds, count)
  local done = {}
  for point, set in each(state.done) do done[point] = set:text() end
  local text = json.encode({ state = KIND, version = VERSION, campaign = state.campaign,
    after = state.after, done = done, reporters = state.reporters, outputs = state.outputs,
    finished = state.finished, ends = true }) .. "\n"
  local code = C.mtr_save(nil, path, text, #text, fds, count, 0)
  if code < 0 then return err.env(code, "saving the state " .. path) end
  return true
end

return M
