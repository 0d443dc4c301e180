-- SPDX-License-Identifier: MIT
--
-- Runs a command of mtr.attach.command over an engine, and writes what came of it: always one
-- record, also if the trace could not be made.
--
-- The warts record of a plain trace is written by the library, before the trace is released. Plain
-- traces with the same options can share more than that: see mtr.attach.plain.

local lib = require "mtr.lib"
local Result = require "mtr.record.result"
local options = require "mtr.trace.options"
local request = require "mtr.trace.request"
local warts_trace = require "mtr.report.warts.trace"
local warts_tracelb = require "mtr.report.warts.tracelb"
local ping = require "mtr.attach.ping"
local IDS = require "mtr.attach.writer".IDS

local C = lib.C
local M = {}

local STOP_ERROR = 6

local buffer, ROOM = lib.new "uint8_t[65536]", 65536

-- Sets what only the command knows.
local function complete(record, command)
  record.user, record.wait = command.user, command.wait
  if record.record == "trace" then record.hop_limit = command.limit or 0
  elseif record.record == "tracelb" then record.most_probes = command.options.max_probes end
  return record
end

-- The record of a trace that could not be made. Readers need both addresses.
local function failed(command)
  local six, o = command.dst:find(":", 1, true), command.options
  local all = command.kind == "tracelb"
  local record = (all and warts_tracelb or warts_trace).record({ start = os.time(),
    protocol = o.protocol, multipath = o.multipath, tcp_flags = o.tcp_flags,
    attempts = o.attempts, size = o.size, first_ttl = o.first_ttl or 1, timeout = o.timeout,
    src = six and "::" or "0.0.0.0", dst = command.dst, hop_count = 0, probe_count = 0,
    stop_reason = "error", hops = {}, gap_limit = o.gap_limit, tos = o.tos,
    mda = { confidence = command.confidence or 95, hops = {} } }, IDS)
  if not all then record.stop_reason = STOP_ERROR end
  return complete(record, command)
end

-- Returns a record as text; one that the format cannot say is replaced by that of a failure.
local function text_of(writer, record, command)
  return writer:record(record) or assert(writer:record(failed(command)))
end

-- The text of the result of a trace that has ended.
local function said(writer, command, result)
  local all = command.kind == "tracelb" and rawget(result, "mda")
  local format = all and warts_tracelb or warts_trace
  return text_of(writer, complete(format.record(result, IDS), command), command)
end

--- Returns the record of a plain trace as text, written by the library. The trace has ended and is
--- not yet released. Its hop limit is 255, which means the same as 0.
---@param writer mtr.AttachWriter
---@param command mtr.AttachCommand
---@param engine mtr.Engine
---@param handle integer
---@return ffi.cdata*? text memory that is soon used again; nil: it cannot, see text()
---@return integer? length
function M.fast(writer, command, engine, handle)
  if writer.format ~= "warts" or command.wait > 0 then return nil end
  local n = C.mtr_warts(engine.c, handle, IDS.list, IDS.cycle, command.user, buffer, ROOM)
  if n < 0 then return nil end
  return writer:memory(buffer, n)
end

--- Returns the record of a trace as text, from its result; of a result that the format cannot say,
--- the record of a failure.
---@param writer mtr.AttachWriter
---@param command mtr.AttachCommand
---@param result mtr.Result
---@return string
function M.text(writer, command, result)
  local ok, text = pcall(said, writer, command, result)
  return ok and text or text_of(writer, failed(command), command)
end

local function alone(engine, command, writer, done)
  local text
  local trace = engine:trace(command.dst, command.options, function(_)
    done(text or text_of(writer, failed(command), command))
  end)
  if not trace then return nil end
  function trace.at_last(self)
    local bytes, size = M.fast(writer, command, engine, self.handle)
    text = bytes and lib.string(bytes, size) or M.text(writer, command, Result.new(self, engine.c))
  end
  return trace
end

local function paths(engine, command, writer, done)
  return engine:trace(command.dst, command.options, function(_, result)
    done(result and said(writer, command, result) or text_of(writer, failed(command), command))
  end)
end

local function pinged(engine, command, writer, done)
  return ping.start(engine, command, IDS, function(record)
    done(text_of(writer, record, command))
  end)
end

local STARTS = { trace = alone, tracelb = paths, ping = pinged, path_mtu = paths }

local scratch = lib.new "struct mtr_trace"

--- Returns what is wrong with the options of a command; nil if nothing is.
---@param command mtr.AttachCommand
---@return string?
function M.wrong(command)
  local _, bug = request.fill(options.trace, command.options, scratch)
  return bug and bug:gsub("^trace: ", "") or nil
end

--- Starts a command that is not wrong. done(text) is called once, later.
---@param engine mtr.Engine
---@param command mtr.AttachCommand
---@param writer mtr.AttachWriter
---@param done fun(text: string)
---@return mtr.Trace? has stop(); nil: it could not be started, and its record says so
function M.start(engine, command, writer, done)
  local kind = command.path_mtu and "path_mtu" or command.kind
  return STARTS[kind](engine, command, writer, done)
end

return M
