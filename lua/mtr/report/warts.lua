-- SPDX-License-Identifier: MIT
--
-- The reporter that writes warts, the binary format of scamper's results: a list and a cycle at the
-- beginning, a record for each result, the stop of the cycle at the end.
--
--     mtr.report.warts("out.warts.gz", { list = "survey", monitor = "ams", cycle = 7 })
--
-- Results of traces become trace records, with parts for what the strategies doubletree and pmtu
-- found; those of the strategy mda tracelb records; the results of scripts/ping.lua ping records.
-- A result whose `data` is a whole number above 0 has it as user id. Results of a campaign are
-- written by the library, without Lua objects per hop. A result that was read from warts is written
-- as it was, and the records between results too (see `record`).
--
-- Lists and cycles have numbers, which count from 1 in each file. If a file of an earlier run is
-- appended to, it is read to find how many it has.

---@class mtr.Reports
---@field warts fun(out?: mtr.ReportOut, opts?: mtr.WartsOptions): mtr.Reporter scamper's format

local Sink = require "mtr.report.sink"
local records = require "mtr.report.read.records"
local options = require "mtr.report.warts.options"
local ping = require "mtr.report.warts.ping"
local ping_collector = require "mtr.report.ping_collector"
local renumber = require "mtr.report.warts.renumber"
local trace = require "mtr.report.warts.trace"
local tracelb = require "mtr.report.warts.tracelb"
local write = require "mtr.report.warts.write"

---@class mtr.WartsOptions: mtr.SinkOptions
---@field list? string name of the list; default "default"
---@field list_id? integer number that a person gave to the list; default 0
---@field description? string of the list
---@field monitor? string name of the vantage point
---@field cycle? integer number that a person gave to the cycle; default 1
---@field host? string name of this host
---@field clock? fun(): number unix seconds, for start and stop of the cycle; default os.time
---@field copy? boolean results come from files: list and cycle are written only if one needs them

---@class mtr.WartsReporter: mtr.Reporter
---@field sink mtr.Sink
---@field opts mtr.WartsOptions
---@field ids { list: integer, cycle: integer } of the file; 0: none yet
---@field renumber mtr.WartsRenumber for records that were read
---@field pings mtr.Pings
local Warts = {}

local function now(self) return math.floor((self.opts.clock or os.time)()) end

-- Returns the list and the cycle of this run, as bytes.
local function head(self, ids)
  local o = self.opts
  local list = { record = "list", id = ids.list, person = o.list_id or 0,
    name = o.list or "default", description = o.description, monitor = o.monitor }
  local cycle = { record = "cycle_start", id = ids.cycle, list = ids.list,
    person = o.cycle or 1, start = now(self), host = o.host }
  return write.record(list) .. write.record(cycle)
end

local function stop(self, cycle)
  return write.record { record = "cycle_stop", id = cycle, stop = now(self) }
end

-- Goes on in a file that has records: with the cycle of the run that is resumed, or with a new one.
-- If files rotate, the rest of this file has neither, since the next ones begin with the first.
local function go_on(self)
  local saved, sink = self.saved or {}, self.sink
  if saved.cycle then
    self.ids = { list = saved.list, cycle = saved.cycle }
  elseif sink:rotates() then
    self.ids = { list = 0, cycle = 0 }
  else
    local last, message, name = records.last(sink.path)
    if not last then return nil, message, name end
    self.ids = { list = last.list + 1, cycle = last.cycle + 1 }
    local begin = head(self, self.ids)
    sink:frame(begin)
    return sink:write(begin)
  end
  return true
end

-- Closes a file that cannot be appended to. Returns the three values of a failure.
local function refuse(self, message, name)
  self.ids = { list = 0, cycle = 0 }
  self.sink:close()
  return nil, message, name
end

-- Opens a file for results that were read. It begins empty, or with what an earlier run wrote.
local function open_copy(self)
  local ok, message, name = self.sink:open()
  self.ids = { list = 0, cycle = 0 }
  if not ok or self.sink:fresh() then return ok, message, name end
  self.renumber.last, message, name = records.last(self.sink.path)
  if not self.renumber.last then return refuse(self, message, name) end
  return true
end

--- Opens the file and begins it.
function Warts:start(meta)
  local o = self.opts
  options.take(o, meta or {})
  self.renumber, self.ids = renumber.new(), { list = 1, cycle = 1 }
  self.pings = ping_collector.new()
  if o.copy then return open_copy(self) end
  local ok, message, name = self.sink:open(head(self, self.ids))
  if not ok then return nil, message, name end
  if not self.sink:fresh() then
    ok, message, name = go_on(self)
    if not ok then return refuse(self, message, name) end
  end
  return true
end

-- Writes a record.
local function put(self, record)
  local bytes, message, name = write.record(record)
  if not bytes then return nil, message, name end
  return self.sink:write(bytes)
end

-- Returns the numbers for a result that is written by copying: it may need the list and the cycle.
local function numbers(self)
  if self.opts.copy and self.ids.cycle == 0 then
    self.ids = { list = self.renumber:take "list", cycle = self.renumber:take "cycle" }
    local ok, message, name = self.sink:write(head(self, self.ids))
    if not ok then return nil, message, name end
  end
  return self.ids
end

--- Writes a list, a cycle or the stop of a cycle that was read from warts. Only with the option
--- `copy`.
---@param record table of mtr.report.warts.read
---@param file table the file it is from, the same for all its records
function Warts:record(record, file)
  local new = self.renumber:between(record, file)
  if not new then return true end
  return put(self, new)
end

-- Writes the result of the engine into the memory of the sink.
local function fast(self, result)
  local sink, ids = self.sink, self.ids
  local used, user = sink.used[0], trace.user(result.data)
  local n = result:warts(ids.list, ids.cycle, user or 0, sink.buffer + used, sink.room - used)
  if n and n >= 0 then
    sink.used[0] = used + n
    sink.ends[#sink.ends + 1] = used + n
  end
  return n
end

local function slow(self, result)
  local kept = result.copy and result:copy() or result
  local ids, message, name = numbers(self)
  if not ids then return nil, message, name end
  return put(self, (rawget(kept, "mda") and tracelb or trace).record(kept, ids))
end

local function pinged(self, result)
  local list = self.pings:add(result)
  if not list then return true end
  local record = rawget(list.start, "_warts")
  if record then return put(self, self.renumber:result(record, list.start._file)) end
  local ids, message, name = numbers(self)
  if not ids then return nil, message, name end
  return put(self, ping.record(list, ids))
end

-- Writes the result for which fast() has returned `n`: nil, it was not called.
local function rest(self, result, n)
  local ok, message, name = self.sink:settle(n, fast, self, result)
  if ok ~= false then return ok, message, name end
  if result.type:find "^ping" then return pinged(self, result) end
  local record = rawget(result, "_warts")
  if record then return put(self, self.renumber:result(record, result._file)) end
  return slow(self, result)
end

--- Writes one result. What is rare is in another function: see mtr.report.jsonl.
---@param result mtr.BorrowedResult
function Warts:trace(result)
  local n = self.sink.file and result.warts and fast(self, result) or nil
  if n and n >= 0 then return true end
  return rest(self, result, n)
end

--- Writes a result that is a packed record: see mtr.fleet.contents.
Warts.unpacked = Warts.trace

--- Writes the collected records and says how far the output is whole.
function Warts:save()
  local data, what, name = self.sink:save()
  if data then data.list, data.cycle = self.ids.list, self.ids.cycle end
  return data, what, name
end

function Warts:restore(data)
  self.saved = data
  self.sink:restore(data)
end

-- Sets the end of the file: the stop of the cycle.
local function set_tail(self)
  local cycle = self.ids and self.ids.cycle or 0
  if cycle > 0 then self.sink:frame(nil, stop(self, cycle)) end
end

--- Writes the collected records to the file.
function Warts:update()
  set_tail(self)
  return self.sink:update()
end

--- Writes the stop of the cycle and closes the file.
function Warts:finish()
  set_tail(self)
  return self.sink:close()
end

local M = Sink.reporter("warts", Warts, { binary = true })
local make = M.new

--- Makes a reporter.
---@param out? mtr.ReportOut
---@param opts? mtr.WartsOptions
---@return mtr.WartsReporter
function M.new(out, opts)
  local bug = opts and options.wrong(opts)
  if bug then error("report.warts: " .. bug, 2) end
  return make(out, opts)
end

return M
