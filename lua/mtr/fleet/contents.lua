-- SPDX-License-Identifier: MIT
--
-- The results in an entry of the stream of results: packed records and lines of JSON, which go to
-- the reporters of a drain. A result is decoded only if a reporter needs its members: jsonl takes
-- its line, warts a packed record. What cannot be read is counted, and the reason is given for the
-- first one only: an entry may have ten million such lines.

local packed = require "mtr.record.packed"
local verbatim = require "mtr.record.verbatim"
local jsonl = require "mtr.report.read.jsonl"

local M = {}

---@class mtr.UnpackedResult a result that stands in a packed record
---@field type "trace"
---@field reader mtr.PackedReader which has read it
---@field copy fun(): mtr.Result decodes it
local Unpacked = { type = "trace" }
Unpacked.__index = Unpacked

--- Writes it into memory, as mtr.BorrowedResult has it.
function Unpacked:warts(list, cycle, _, out, size)
  return self.reader:warts(list, cycle, out, size)
end

local AT_ONCE = 256                    -- results between two looks at the lock of the drain

-- The results of a text as lines, as mtr.report.read.jsonl wants them; packed records become lines.
-- next_line() returns the next one with its newline, back() gives it back. If a record is damaged,
-- the lines end there: `damaged` says why, `lost` how many results are lost. `failed`: the memory
-- was too small, which is not the fault of a record. `packed`: the last line was a record.
local function lines_of(text, name, reader)
  local at, again, input = 1, nil, { name = name, problem = function() end }
  reader:begin()
  local function unpack_next()
    local line, behind, problem = reader:read(text, at)
    if line then
      at, input.packed = behind, true
      return line
    end
    if problem == "ENOMEM" then input.failed = behind end
    input.damaged = ("%s: byte %d: %s"):format(name, at, behind)
    input.lost, at = packed.count(text, at), #text + 1
  end
  local function read_next()
    if text:byte(at) == packed.TAG then return unpack_next() end
    local from = at
    at, input.packed = (text:find("\n", at, true) or #text) + 1, false
    return text:sub(from, at - 1)
  end
  function input.next_line()
    local line = again
    again = nil
    if not line and at <= #text then line = read_next() end
    return line
  end
  function input.back(line) again = line end
  function input.line()
    local line = input.next_line()
    if not line or line:byte(#line) ~= 10 then return line, false end
    return line:sub(1, -2), true
  end
  return input
end

-- What all reporters take without members: "lines", "records" that were packed, or nothing.
local function taken_by_all(list)
  local what = list[1] ~= nil and "lines"
  for _, reporter in ipairs(list) do
    if not reporter.verbatim then what = what and reporter.unpacked and "records" end
  end
  return what
end

-- Counts results that cannot be read.
local function count_unread(self, lines, n, why)
  self.unread, self.unread_why, lines.brief = self.unread + n, self.unread_why or why, true
end

-- Returns the next result, and whether it can be written as the line that it is: then the result is
-- that line. Other lines are decoded and checked.
local function next_result(lines, results, taken)
  local line = taken and lines.next_line()
  if line and (taken == "lines" or lines.packed) and verbatim.is(line) then
    results.number = results.number + 1
    return line, true
  end
  if line then lines.back(line) end
  local result, problem = results:next()
  if result and result.type ~= "trace" then
    return nil, false, ("%s: line %d: this is not the result of a trace"):format(lines.name,
      results.number)
  end
  return result, false, problem
end

-- Gives the reporters a result as the line that it is; those of another kind a packed record.
local function pass_on(self, line, unpacked)
  local ok, message, name = self.list:call("verbatim", line)
  if not unpacked then return ok, message, name end
  local fine, why, code = self.list:call("unpacked", unpacked)
  if not ok then return nil, message, name end
  return fine, why, code
end

--- Writes the results of an entry.
---@async
---@param self mtr.FleetDrain
---@param text string
---@param name string of the entry, for messages
---@return true?
---@return string? message, string? name
function M.write(self, text, name)
  self.unpacker = self.unpacker or packed.reader()
  local lines, n = lines_of(text, name, self.unpacker), 0
  lines.brief = self.unread > 0
  local results, taken = jsonl.new(lines), taken_by_all(self.list)
  local line
  local unpacked = taken == "records" and setmetatable({ reader = self.unpacker, copy = function()
    lines.back(line)
    results.number = results.number - 1
    return results:next()
  end }, Unpacked) or nil
  while true do
    local result, as_line, problem = next_result(lines, results, taken)
    local ok, message, code = true, nil, nil
    if result then
      line = result
      if as_line then
        ok, message, code = pass_on(self, line, unpacked)
      else
        ok, message, code = self.list:call("trace", result)
      end
      self.results = self.results + (ok and 1 or 0)
    elseif problem then
      count_unread(self, lines, 1, problem)
    else
      if lines.failed then return nil, lines.failed, "ENOMEM" end
      if lines.damaged then count_unread(self, lines, lines.lost, lines.damaged) end
      return true
    end
    n = n + 1
    if ok and n % AT_ONCE == 0 then ok, message, code = self.lock:keep() end
    if not ok then return nil, message, code end
  end
end

return M
