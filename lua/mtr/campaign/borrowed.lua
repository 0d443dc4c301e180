-- SPDX-License-Identifier: MIT
--
-- The borrowed trace and the borrowed result of a campaign: one object each for all its traces, set
-- again for every call.
--
-- They are valid only inside the hook; result:copy() keeps a result. They contain only a handle: a
-- field is read from the engine when the hook reads it, and so are hops and replies. A hook that
-- keeps the object without a copy will see later traces in it, or nothing.

local lib = require "mtr.lib"
local strict = require "mtr.base.strict"
local words = require "mtr.record.words"
local facts = require "mtr.record.facts"
local fields = require "mtr.record.fields"
local Result = require "mtr.record.result"
local script = require "mtr.strategy.script"

local C = lib.C
local M = {}

-- The target is an address: targets by name have a mtr.Trace of their own.
---@class mtr.BorrowedTrace: mtr.TraceFields
local Trace = {}

--- Ends the trace, like Trace:stop of mtr.trace.
---@param reason? string
---@param data? integer
function Trace:stop(reason, data)
  reason, data = reason or "halted", data or 0
  local problem = words.bad_stop(reason)
  if problem then error(problem, 2) end
  self.cohort:mark(self.handle, { stop_reason = reason, stop_data = data })
end

--- Ends the trace for its strategy: see mtr.trace.
---@private
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
  if Trace[key] then return Trace[key] end
  if key == "target" then key = "dst" end
  local handle = trace.handle
  local mark = trace.cohort.marks[handle]
  if mark and mark[key] ~= nil then return mark[key] end
  local value = facts.of(trace.engine, handle, key)
  if value == nil then return (strict.missing("a trace", key, fields.trace, Trace)) end
  return value
end

local TRACE = { __index = trace_index }

--- Makes the trace that the hooks of a cohort get.
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
---@field engine mtr.Engine
---@field handle integer the same as in the hooks of the trace
local Borrowed = {}

--- Copies the result: returns a result to keep, as mtr.trace returns it.
---@return mtr.Result
function Borrowed:copy()
  local copy = self._copy
  if not copy then
    local mark, engine = self._mark or {}, self.engine
    local dst = self.dst
    if not dst then error("copy: the result is no longer valid; copy it inside the hook", 2) end
    copy = Result.new({
      engine = engine, handle = self.handle, dst = dst, target = dst, data = self.data,
      ids = self._ids,
      stop_reason = mark.stop_reason, stop_data = mark.stop_data, error = mark.error,
    }, engine.c)
    if self._view then self._view:result(copy) end
    self._copy = copy
  end
  return copy
end

local buffer, room = lib.new "char[16384]", 16384

--- Writes the result as one line of JSON into memory, without a newline.
---@param out ffi.cdata*
---@param size integer
---@return integer? length above size: it did not fit; nil: call json() instead
function Borrowed:write(out, size)
  local c = self.engine.c
  if self._mark or not c then return nil end
  local n = C.mtr_json(c, self.handle, out, size)
  return n >= 0 and n or nil
end

--- Writes the result as a line of JSON behind other lines in memory.
---@param out ffi.cdata* memory for lines
---@param size integer
---@param used ffi.cdata* uint32_t[1], bytes of lines in it
---@return integer? problem 0: none; a negative errno, -EMSGSIZE: no room; nil: call json() instead
function Borrowed:line(out, size, used)
  local c = self.engine.c
  if self._mark or not c then return nil end
  return C.mtr_json_line(c, self.handle, out, size, used)
end

--- Writes the result as a packed record behind others in memory: see mtr_pack in core/mtr.h.
---@param before ffi.cdata* struct mtr_packing
---@param out ffi.cdata* memory for records
---@param size integer
---@param used ffi.cdata* uint32_t[1], bytes of records in it
---@return integer? problem as of line(); -EOPNOTSUPP: the result has more than a record
function Borrowed:pack(before, out, size, used)
  local c = self.engine.c
  if self._mark or not c then return nil end
  return C.mtr_pack(c, self.handle, before, out, size, used)
end

--- Writes the result as a warts record into memory: see mtr.report.warts.
---@param list integer number of the list in its file; 0: none
---@param cycle integer likewise
---@param user integer number of the job; 0: none
---@param out ffi.cdata*
---@param size integer
---@return integer? length or a negative errno, -EMSGSIZE: no room; nil: copy() it instead
function Borrowed:warts(list, cycle, user, out, size)
  local c = self.engine.c
  if self._mark or not c then return nil end
  return C.mtr_warts(c, self.handle, list, cycle, user, out, size)
end

--- Writes the result as rows of CSV behind other rows in memory: see mtr_csv in core/mtr.h.
---@param columns ffi.cdata* uint8_t[count], MTR_CSV_*
---@param count integer
---@param hops integer 1: a row for each hop; 0: for each reply
---@param out ffi.cdata* memory for rows
---@param size integer
---@param used ffi.cdata* uint32_t[1], bytes of rows in it
---@return integer? problem 0: none; a negative errno, -EMSGSIZE: no room; nil: use copy() instead
function Borrowed:rows(columns, count, hops, out, size, used)
  local c = self.engine.c
  if self._mark or not c then return nil end
  return C.mtr_csv(c, self.handle, columns, count, hops, out, size, used)
end

--- Returns the result as one line of JSON, without a newline.
---@return string
function Borrowed:json()
  local n = self:write(buffer, room)
  if n and n > room then
    buffer, room = lib.new("char[?]", n), n
    n = self:write(buffer, room)
  end
  return n and lib.string(buffer, n) or self:copy():json()
end

-- Fields that are not in struct mtr_info.
local OTHER = {}
function OTHER.type() return "trace" end
function OTHER.version() return Result.version end
function OTHER.transport(result) return result.engine.transport_name end
function OTHER.target(result) return result.dst end
function OTHER.hops(result) return result:copy().hops end
function OTHER.list(result) return result._ids.list end
function OTHER.cycle(result) return result._ids.cycle end
function OTHER.campaign(result) return result._ids.campaign end
function OTHER.monitor(result) return result._ids.monitor end
function OTHER.try(result) return result._ids.try end
function OTHER.error(result) return result._mark and result._mark.error or nil end

local function result_index(result, key)
  if Borrowed[key] then return Borrowed[key] end
  local mark = result._mark
  if mark and mark[key] ~= nil then return mark[key] end
  local get = OTHER[key]
  if get then return (get(result)) end
  local value = facts.of(result.engine, result.handle, key)
  if value == nil then return (strict.missing("a result", key, fields.result, Borrowed)) end
  return value
end

local RESULT = { __index = result_index }

--- Makes the result that is handed out for each trace of a cohort.
---@param engine mtr.Engine
---@param data any
---@param ids? mtr.Ids
---@return mtr.BorrowedResult
function M.result(engine, data, ids)
  return setmetatable({
    engine = engine, handle = 0, data = data, _copy = false, _mark = false, _view = false,
    _ids = ids or {},
  }, RESULT)
end

--- Sets the result to that of another trace.
---@param result mtr.BorrowedResult
---@param handle integer
---@param mark? table values that replace those of the library: stop_reason, stop_data, error
---@param ids? mtr.Ids those of this trace, if they differ
function M.fill(result, handle, mark, ids)
  if ids then result._ids = ids end
  result.handle, result._copy, result._mark = handle, false, mark or false
end

return M
