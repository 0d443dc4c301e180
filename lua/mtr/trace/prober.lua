-- SPDX-License-Identifier: MIT
--
-- engine:prober: sends any number of single probes to one destination, also many at once.
--
--     local prober = assert(mtr.prober("192.0.2.7", {
--       on_reply = function(prober, reply, id) print(id, reply.addr, reply.rtt) end,
--       on_timeout = function(prober, probe, id) print(id, "*") end,
--     }))
--     for ttl = 1, 8 do prober:send(ttl) end
--
-- Each probe has an id, which the caller may choose. Its reply or its timeout brings the id back.
-- Nothing is kept of a probe that has ended, so duplicate and late replies come without an id.
-- Sending makes no table, no closure and no extra system call.
--
-- A prober uses a manual trace of the library. A trace has room for 32,768 probes; when it is full,
-- another one is started (not with a source_port, because that port belongs to one trace). Ids are
-- kept in arrays by the place of the probe in its trace: a table with handles as keys would have to
-- be rehashed every few probes.

local bit = require "mtr.compat".bit
local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local err = require "mtr.base.err"
local admit = require "mtr.trace.admit"
local options = require "mtr.trace.options"
local request = require "mtr.trace.request"
local pending = require "mtr.wait.pending"
local interrupt = require "mtr.wait.interrupt"

local C = lib.C
local band, bor, rshift = bit.band, bit.bor, bit.rshift
local EAGAIN, EINVAL = err.code.EAGAIN, err.code.EINVAL
local ROOM, ROOM_BITS, ROOMS = 32768, 15, 16
local SENT, REPLY = C.MTR_EV_SENT, C.MTR_EV_REPLY
local ENDS = bor(C.MTR_REPLY_ANSWER, C.MTR_REPLY_TOO_BIG)

local M = {}

--- Options of a prober: how a packet looks, and hooks.
---@class mtr.ProberOptions: mtr.PacketOptions
---@field on_probe? fun(prober: mtr.Prober, probe: mtr.BorrowedProbe, id: any): "stop"?
---@field on_reply? fun(prober: mtr.Prober, reply: mtr.BorrowedReply, id: any): "stop"?
---@field on_timeout? fun(prober: mtr.Prober, probe: mtr.BorrowedProbe, id: any): "stop"?

---@class mtr.Prober: mtr.TraceEntry
---@field engine mtr.Engine
---@field dst string
---@field data any as given
---@field outstanding integer probes that have not ended
---@field open boolean
local Prober = {}
Prober.__index = Prober

-- Used in place of a hook that was not given: the end of a probe must be counted anyway.
local function ignore() end

local bytes = lib.new "uint8_t[16]"
local command = lib.new "struct mtr_probe_opts"

-- The ids of the room that a handle belongs to, and the handles; shared by all probers.
local function room_of(engine, handle)
  local index = band(rshift(handle, ROOM_BITS), ROOMS - 1)
  local room = engine.rooms[index]
  if not room then
    room = { id = {}, handle = {} }
    engine.rooms[index] = room
  end
  return room
end

-- Starts one more trace of this prober; returns nil and the library's code if that fails.
local function start(self)
  local t = self.template
  local n = C.mtr_start(self.engine.c, t, 1)
  if n < 0 then return nil, n end
  self.traces[#self.traces + 1] = t.handle
  self.trace = t.handle
  return true
end

--- Opens a prober.
---@param engine mtr.Engine
---@param dst string an address
---@param opts? mtr.ProberOptions
---@return mtr.Prober?
---@return string? message, string? name
function M.open(engine, dst, opts)
  if engine.closing then return err.named("ESHUTDOWN", "the engine is closed") end
  interrupt.check()
  local t = lib.new "struct mtr_trace"
  local kept, bug = request.fill(options.prober, opts, t)
  if not kept then error(bug, 2) end
  local family, zone = addr.parse(type(dst) == "string" and dst or "", bytes)
  if family == -EINVAL then error("prober: dst must be an address, got " .. err.show(dst), 2) end
  if family < 0 then return err.env(family, "the zone in " .. err.show(dst)) end
  local ok, message, name = admit.permit(engine, kept, family, bytes)
  if ok then ok, message, name = request.bind(engine.c, t, kept) end
  if not ok then return nil, message, name end
  if engine.halted then return err.named("ECANCELED", "interrupted") end
  local self = setmetatable({
    engine = engine, dst = dst, data = kept.data, template = t, traces = {},
    on_probe = kept.on_probe, on_reply = kept.on_reply or ignore,
    on_timeout = kept.on_timeout or ignore, outstanding = 0, flow = t.flow, open = true,
  }, Prober)
  local want = C.MTR_WANT_REPLY + C.MTR_WANT_TIMEOUT
  if self.on_probe then want = want + C.MTR_WANT_SENT end
  lib.copy(t.dst, bytes, 16)
  if zone > 0 then t.interface = zone end
  t.cookie, t.want, t.family = pending.take(engine, self), want, family
  t.flags, t.first_ttl, t.max_ttl = bor(t.flags, C.MTR_MANUAL), 1, 1
  local begun, code = start(self)
  if not begun then
    pending.free(engine, self)
    ok, message, name = admit.refusal(engine, code, family, bytes)
    if name == err.BUG then error("prober: " .. message, 2) end
    return ok, message, name
  end
  pending.forget(engine, self)
  return self
end

-- Sends through another trace: an old one that has room again, or a new one.
local function elsewhere(self)
  local c = self.engine.c
  for _, trace in ipairs(self.traces) do
    command.trace = trace
    if C.mtr_probe(c, command, 1) == 1 then
      self.trace = trace
      return 1
    end
  end
  local most = self.template.source_port > 0 and 1 or math.ceil(self.engine.max_probes / ROOM)
  if #self.traces >= most or not start(self) then return -EAGAIN end
  command.trace = self.trace
  return C.mtr_probe(c, command, 1)
end

--- Sends a probe, as soon as the engine's rate allows.
---@param ttl integer 1..255
---@param id? any comes back with the reply or the timeout; default: a number
---@param flow? integer number of the flow; default: the prober's
---@return any? id
---@return string? message
---@return string? name "EAGAIN": too many probes are outstanding; "ECANCELED": closed; or why
--- the packet could not leave
function Prober:send(ttl, id, flow)
  if type(ttl) ~= "number" or ttl < 1 or ttl > 255 then
    error("send: ttl must be 1..255, got " .. err.show(ttl), 2)
  end
  if not self.open then return err.named("ECANCELED", "the prober is closed") end
  command.trace, command.ttl, command.flow = self.trace, ttl, flow or self.flow
  local n = C.mtr_probe(self.engine.c, command, 1)
  if n == -EAGAIN then n = elsewhere(self) end
  if n ~= 1 then return err.env(n, lib.string(C.mtr_why(self.engine.c))) end
  local handle = command.probe
  local room, place = room_of(self.engine, handle), band(handle, ROOM - 1) + 1
  if id == nil then id = handle end
  room.id[place], room.handle[place] = id, handle
  local outstanding = self.outstanding + 1
  self.outstanding = outstanding
  if outstanding == 1 then pending.remember(self.engine, self) end
  return id
end

-- Notes that no probe is outstanding any more; closes the prober if finish() was called.
local function rest(self)
  pending.forget(self.engine, self)
  if self.finishing then self:close() end
end

--- Takes an event of one of its probes.
---@param hook function
---@param object mtr.BorrowedReply|mtr.BorrowedProbe
---@param e mtr.Event
---@private
function Prober:hook(hook, object, e)
  local kind, handle, id = e.kind, e.probe, nil
  local room, place = room_of(self.engine, handle), band(handle, ROOM - 1) + 1
  local known = room.handle[place] == handle
  if known then id = room.id[place] end
  local ends = known and kind ~= SENT and (kind ~= REPLY or band(e.flags, ENDS) ~= 0)
  if ends then
    room.id[place], room.handle[place] = false, 0
    self.outstanding = self.outstanding - 1
  end
  local value = hook(self, object, id)
  if value and err.stops(value) then self:close() end
  if ends and self.outstanding == 0 and self.open then rest(self) end
end

--- Reports the error of one of its hooks, and closes the prober.
---@param text string with traceback
---@private
function Prober:broke(text)
  self.engine:report(text)
  self:close()
end

--- Closes the prober as soon as no probe is outstanding.
function Prober:finish()
  self.finishing = true
  if self.outstanding == 0 then self:close() end
end

--- Closes the prober at once: forgets outstanding probes, and calls no hook any more.
function Prober:close()
  if not self.open then return end
  self.open, self.outstanding = false, 0
  self.on_probe, self.on_reply, self.on_timeout = nil, nil, nil
  pending.remember(self.engine, self)
  for _, trace in ipairs(self.traces) do
    C.mtr_stop(self.engine.c, trace, C.MTR_STOP_HALTED, 0, 0)
  end
end

--- Takes the DONE event of one of its traces.
---@param e mtr.Event
---@private
function Prober:ended(e)
  C.mtr_release(self.engine.c, e.trace)
  self.done = (self.done or 0) + 1
  if self.done == #self.traces then pending.free(self.engine, self) end
end

Prober.halt, Prober.closed = Prober.close, Prober.close

return M
