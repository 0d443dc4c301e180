-- SPDX-License-Identifier: MIT
--
-- Traces of one client that differ only in their targets. Programs that drive scamper send the same
-- options again and again, so the options are checked once, and all these traces share one slot:
-- there is no Lua object for a single one, and its record goes from the library to the client.
--
-- It takes only plain traces: no time between probes, no source address, no payload. Others, and
-- those that cannot start, go to mtr.attach.job. Two commands with the same text before the target
-- have the same options, so that text must contain all options.

local bit = require "mtr.compat".bit
local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local Result = require "mtr.record.result"
local admit = require "mtr.trace.admit"
local options = require "mtr.trace.options"
local request = require "mtr.trace.request"
local pending = require "mtr.wait.pending"
local jobs = require "mtr.attach.job"

local C = lib.C
local band, PLACES, SIZE = bit.band, 2 ^ C.MTR_HANDLE_BITS - 1, lib.sizeof "struct mtr_trace"
local M = {}

local NONE = {}

---@class mtr.AttachPlain: mtr.QuietEntry
---@field source mtr.AttachSource whose traces they are
---@field engine mtr.Engine
---@field before string the text of the command before the target
---@field family integer of the targets
---@field command mtr.AttachCommand one of them
---@field model ffi.cdata* struct mtr_trace with the options
---@field count integer traces under way; it has a slot while there are some
---@field ids table<integer, integer> numbers of the commands, by the place of the trace
local Plain = {}
Plain.__index = Plain

-- Asked for each event and not there.
for name in ("on_probe on_reply on_timeout on_hop strategy instances forgotten"):gmatch "%S+" do
  Plain[name] = false
end
Plain.raises = true

local t = lib.new "struct mtr_trace"   -- of the trace that starts now
local dst = t.dst

--- Returns the target of a command, if the command is one of these.
---@param line string
---@return string?
function Plain:target(line)
  local before = self.before
  if line:sub(1, #before) ~= before then return nil end
  local text = line:sub(#before + 1)
  if addr.parse(text, dst) ~= self.family or addr.unspecified(dst, self.family) then return nil end
  -- The library reads up to a zero byte, and takes a zone, and IPv4 inside IPv6.
  if text:find("\0", 1, true) or text:find("%", 1, true) then return nil end
  if self.family == 4 and text:find(":", 1, true) then return nil end
  return text
end

--- Starts a trace.
---@param id integer of the command
---@param target string that target() has returned
---@return integer? handle nil: it cannot start
function Plain:start(id, target)
  local engine, first = self.engine, self.count == 0
  if engine.closing then return nil end
  lib.copy(t, self.model, SIZE)
  addr.parse(target, dst)
  if not admit.permit(engine, NONE, self.family, dst) then return nil end
  t.cookie = first and pending.take(engine, self) or self.slot
  t.want = admit.wants(self, engine.debug, true)
  if C.mtr_start(engine.c, t, 1) < 0 then
    if first then pending.free(engine, self) end
    return nil
  end
  local handle = t.handle
  self.ids[band(handle, PLACES) + 1], self.count = id, self.count + 1
  if engine.halted then C.mtr_stop(engine.c, handle, C.MTR_STOP_HALTED, 0, 0) end
  return handle
end

--- Returns the command for a target, as mtr.attach.command reads it.
---@param target string
---@return mtr.AttachCommand
function Plain:command_to(target)
  return (setmetatable({ dst = target }, { __index = self.command }))
end

-- The record of a trace that the library does not write.
local function slow(self, handle)
  local result = Result.new({ engine = self.engine, handle = handle }, self.engine.c)
  return jobs.text(self.source.writer, self:command_to(result.dst), result)
end

--- Takes the DONE event of one of its traces.
---@param e mtr.Event
function Plain:ended(e)
  local handle, engine, source = e.trace, self.engine, self.source
  local place = band(handle, PLACES) + 1
  local id, count = self.ids[place], self.count - 1
  local text, size = jobs.fast(source.writer, self.command, engine, handle)
  if not text then text = slow(self, handle) end
  self.ids[place], self.count = false, count
  C.mtr_release(engine.c, handle)
  if count == 0 then pending.free(engine, self) end
  source:finished(id, text, size)
end

--- Reports an error in ended().
---@param text string with traceback
function Plain:broke(text) self.engine:report(text) end

--- Ends all its traces as "halted", because all traces must end or the engine closes.
function Plain:halt() C.mtr_stop_all(self.engine.c, self.slot, C.MTR_STOP_HALTED) end
Plain.closed = Plain.halt

--- Makes one for commands that are right.
---@param source mtr.AttachSource
---@param command mtr.AttachCommand the first of them
---@param before string its text before the target
---@return mtr.AttachPlain? nil: these traces are not plain, or the engine needs an object for each
function M.new(source, command, before)
  local engine = source.pool.engine
  if command.kind ~= "trace" or command.wait > 0 then return nil end
  if engine.pick or engine.max_step then return nil end
  local model = lib.new "struct mtr_trace"
  local kept = request.fill(options.trace, command.options, model)
  local family = addr.family(command.dst)
  if not kept or next(kept) or command.dst:find(":", 1, true) and family == 4 then return nil end
  model.family = family
  return setmetatable({ source = source, engine = engine, before = before, family = family,
    command = command, model = model, count = 0, ids = {} }, Plain)
end

return M
