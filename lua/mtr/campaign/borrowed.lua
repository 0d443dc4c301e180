-- SPDX-License-Identifier: MIT
--
-- The trace and the result that a campaign hands out: one each for all its traces, filled anew for
-- every call.
--
-- Borrowed: valid inside the hook, result:copy() to keep. They hold a handle and no more; a field
-- is read from the engine when it is asked for, hops and replies are copied out only when they are.
-- A hook that keeps the object itself will see later traces in it, or nothing.

local lib = require "mtr.lib"
local words = require "mtr.record.words"
local decode = require "mtr.record.decode"
local CopiedResult = require "mtr.record.result"
local script = require "mtr.strategy.script"

local C = lib.C
local M = {}

local info = lib.new "struct mtr_info"

-- The field of the trace with this handle; nil when the trace is gone.
local function field(engine, handle, key)
  local get = decode.trace[key]
  if get and engine.c and C.mtr_describe(engine.c, handle, info) == 0 then return get(info) end
  return nil
end

---@class mtr.BorrowedTrace
---@field engine mtr.Engine
---@field handle integer names the trace among those under way
---@field dst string
---@field target string the same: targets by name have a mtr.Trace of their own
---@field data any as given
---@field strategy? mtr.Strategy its instance
---@field options? mtr.ForceOptions of a strategy's trace
---@field state "running"|"stopping"
local Trace = {}

--- Ends the trace; as Trace:stop of mtr.trace.
---@param reason? string
---@param data? integer
function Trace:stop(reason, data)
  reason, data = reason or "halted", data or 0
  local problem = words.bad_stop(reason)
  if problem then error(problem, 2) end
  self.cohort:mark(self.handle, { stop_reason = reason, stop_data = data })
end

--- What its strategy wants of it: see mtr.trace.
function Trace:broke(text) self.cohort:broke(text) end

function Trace:finish(reason, data, ttl)
  if data % 1 ~= 0 or data < 0 or data > 255 then
    return self.cohort:mark(self.handle, { stop_reason = reason, stop_data = data }, ttl)
  end
  self.cohort.instances:over(self.handle)
  C.mtr_stop(self.engine.c, self.handle, words.stop[reason], data, ttl)
end

for name, method in pairs(script.methods) do Trace[name] = method end

local function trace_index(trace, key)
  if key == "target" then key = "dst" end
  return Trace[key] or field(trace.engine, trace.handle, key)
end

local TRACE = { __index = trace_index }

--- The trace that hooks of a cohort are given.
---@param cohort mtr.Cohort
---@param data any
---@return mtr.BorrowedTrace
function M.trace(cohort, data)
  return setmetatable({
    cohort = cohort, engine = cohort.engine, handle = 0, data = data,
    state = "running", strategy = false, options = false, begun = false, unsent = false,
    group = false,
  }, TRACE)
end

---@class mtr.BorrowedResult: mtr.Result
---@field handle integer as in the trace's hooks
local Result = {}

--- A result of one's own, as mtr.trace returns it.
---@return mtr.Result
function Result:copy()
  local copy = self._copy
  if not copy then
    local mark, engine = self._mark or {}, self.engine
    local dst = self.dst
    if not dst then error("copy: the result is no longer valid; copy it inside the hook", 2) end
    copy = CopiedResult.new({
      engine = engine, handle = self.handle, dst = dst, target = dst, data = self.data,
      stop_reason = mark.stop_reason, stop_data = mark.stop_data, error = mark.error,
    }, engine.c)
    self._copy = copy
  end
  return copy
end

local buffer, room = lib.new "char[16384]", 16384

--- Writes the record as one line of JSON into memory, without a newline.
---@param out ffi.cdata*
---@param size integer
---@return integer? length above size: it did not fit; nil: ask json() instead
function Result:write(out, size)
  local c = self.engine.c
  if self._mark or not c then return nil end
  local n = C.mtr_json(c, self.handle, out, size)
  return n >= 0 and n or nil
end

--- Writes the record as a line of JSON behind others, and these to the file if there is no room.
---@param file file*
---@param out ffi.cdata* memory for lines
---@param size integer
---@param used ffi.cdata* uint32_t[1], bytes of lines in it
---@return integer? problem 0: none; a negative errno; nil: ask json() instead
function Result:line(file, out, size, used)
  local c = self.engine.c
  if self._mark or not c then return nil end
  return C.mtr_json_line(c, self.handle, file, out, size, used)
end

--- The record as one line of JSON, without a newline.
---@return string
function Result:json()
  local n = self:write(buffer, room)
  if n and n > room then
    buffer, room = lib.new("char[?]", n), n
    n = self:write(buffer, room)
  end
  return n and lib.string(buffer, n) or self:copy():json()
end

-- What is not in struct mtr_info.
local OTHER = {}
function OTHER.type() return "trace" end
function OTHER.version() return "1" end
function OTHER.transport(result) return result.engine.transport_name end
function OTHER.target(result) return result.dst end
function OTHER.hops(result) return result:copy().hops end
function OTHER.error(result) return result._mark and result._mark.error end

local function result_index(result, key)
  if Result[key] then return Result[key] end
  local mark = result._mark
  if mark and mark[key] ~= nil then return mark[key] end
  local get = OTHER[key]
  if get then return get(result) end
  return field(result.engine, result.handle, key)
end

local RESULT = { __index = result_index }

--- The result that is handed out for each trace of a cohort.
---@param engine mtr.Engine
---@param data any
---@return mtr.BorrowedResult
function M.result(engine, data)
  return setmetatable({
    engine = engine, handle = 0, data = data, _copy = false, _mark = false,
  }, RESULT)
end

--- Makes it that of another trace.
---@param result mtr.BorrowedResult
---@param handle integer
---@param mark? table what Lua knows better than the library: stop_reason, stop_data, error
function M.fill(result, handle, mark)
  result.handle, result._copy, result._mark = handle, false, mark or false
end

return M
