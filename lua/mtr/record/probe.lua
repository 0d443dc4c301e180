-- SPDX-License-Identifier: MIT
--
-- The probe that on_probe and on_timeout get: one object per engine, filled again for each event.
-- It is borrowed: valid only inside the hook; :copy() keeps it.

local err = require "mtr.base.err"
local strict = require "mtr.base.strict"
local fields = require "mtr.record.fields"
local kept = require "mtr.record.kept"
local decode = require "mtr.record.decode"

local M = {}

---@class mtr.BorrowedProbe: mtr.Probe
local Probe = {}

--- Copies the probe into a table to keep.
---@return mtr.Probe
function Probe:copy()
  return (setmetatable({
    ttl = self.ttl, attempt = self.attempt, flow = self.flow, at = self.at,
    timeout = self.timeout, error = self.error,
  }, kept.probe))
end

local META = strict.metatable("a probe", fields.probe, Probe)

--- Makes the probe of an engine, for on_probe or for on_timeout.
---@param timeout? true
---@return mtr.BorrowedProbe
function M.new(timeout)
  return setmetatable({
    ttl = 0, attempt = 0, flow = 0, at = 0, id = 0, timeout = timeout, error = "",
  }, META)
end

--- Fills the probe from an event.
---@param self mtr.BorrowedProbe
---@param e mtr.Event
function M.fill(self, e)
  self.ttl, self.attempt, self.flow, self.id = e.ttl, e.attempt, e.flow, e.probe
  self.at = decode.ms(e.at)
  self.error = e.error ~= 0 and err.name(e.error) or nil
end

return M
