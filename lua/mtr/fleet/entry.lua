-- SPDX-License-Identifier: MIT
--
-- One entry of the stream of results: a lease of a vantage point, or a part of one.

local err = require "mtr.base.err"
local packed = require "mtr.record.packed"
local verbatim = require "mtr.record.verbatim"
local jsonl = require "mtr.report.read.jsonl"
local Drained = require "mtr.fleet.drained"
local keys = require "mtr.fleet.keys"

local M = {}

local MOST_LEASES = 2 ^ 53             -- numbers above it are not exact, and the state would lie

-- Returns a text as a whole number; nil: it is none.
local function whole(text)
  local number = (text or ""):find "^%d+$" and tonumber(text)
  return number and number < MOST_LEASES and number or nil
end

-- The results of a text as lines, as mtr.report.read.jsonl wants them; packed records become lines.
-- next_line() returns the next one with its newline, back() gives it back. `text` is that line, and
-- `unpacked` is true if it was a record. If a record is damaged, the lines end there: `damaged`
-- says why, `lost` how many results that are. `failed` is not the fault of a record: there is no
-- memory.
local function lines_of(text, name, reader)
  local at, again, input = 1, nil, { name = name, problem = function() end }
  reader:begin()
  local function unpack_next()
    local line, behind, problem = reader:read(text, at)
    if line then
      at = behind
      return line
    end
    if problem == "ENOMEM" then input.failed = behind end
    input.damaged = ("%s: byte %d: %s"):format(name, at, behind)
    input.lost, at = packed.count(text, at), #text + 1
  end
  local function read_next()
    input.unpacked = text:byte(at) == packed.TAG
    if input.unpacked then return unpack_next() end
    local from = at
    at = (text:find("\n", at, true) or #text) + 1
    return text:sub(from, at - 1)
  end
  function input.next_line()
    local line = again
    again = nil
    if not line and at <= #text then line = read_next() end
    input.text = line
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

local function fields_of(entry)
  local fields = {}
  for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
  return fields
end

-- Returns true if all reporters take lines as they are.
local function all_take_lines(list)
  for _, reporter in ipairs(list) do
    if not reporter.verbatim then return false end
  end
  return list[1] ~= nil
end

-- Counts results that cannot be read.
local function count_unread(self, n, why)
  self.unread, self.unread_why = self.unread + n, self.unread_why or why
end

-- Returns the next result, and whether it can be written as the line that it is: then the result is
-- that line. Our own records are of the right kinds; lines that others may have written are read.
local function next_result(lines, results, as_is)
  local line = as_is and lines.next_line()
  if line and lines.unpacked and verbatim.is(line) then
    results.number = results.number + 1
    return line, true
  end
  if line then lines.back(line) end
  local result, problem = results:next()
  if result and result.type ~= "trace" then
    return nil, false, ("%s: line %d: this is not the result of a trace"):format(lines.name,
      results.number)
  end
  if result and as_is and verbatim.is(lines.text) then return lines.text, true end
  return result, false, problem
end

-- Writes the results of an entry. Lines that are none are counted.
local function write(self, id, fields)
  self.unpacker = self.unpacker or packed.reader()
  local lines = lines_of(fields.results or "", keys.results(self.campaign) .. " " .. id,
    self.unpacker)
  local results, as_is = jsonl.new(lines), all_take_lines(self.list)
  while true do
    local result, pass, problem = next_result(lines, results, as_is)
    if result then
      local ok, message, name = self.list:call(pass and "verbatim" or "trace", result)
      if not ok then return nil, message, name end
      self.results = self.results + 1
    elseif problem then
      count_unread(self, 1, problem)
    else
      if lines.failed then return nil, lines.failed, "ENOMEM" end
      if lines.damaged then count_unread(self, lines.lost, lines.damaged) end
      return true
    end
  end
end

-- Lets the outputs that are not files take the rows of an entry, before it counts as written.
local function deliver(self, point, fields)
  local token = ("%s/%s/%s/%s"):format(self.campaign, point, fields.lease, fields.part)
  for _, reporter in ipairs(self.list) do
    if reporter.deliver then
      local ok, message, name = reporter:deliver(self, token)
      if not ok then return nil, message, name end
    end
  end
  return true
end

--- Gives the results of an entry to the reporters. The parts of a lease come one behind the other.
---@param self mtr.FleetDrain
---@param entry [string, string[]]
---@return true?
---@return string? message, string? name
function M.write(self, entry)
  local id, fields = entry[1], fields_of(entry)
  local lease, point = whole(fields.lease), fields.point
  local part, parts = (fields.part or ""):match "^(%d+)/(%d+)$"
  part, parts = whole(part), whole(parts)
  if not lease or not point or not part or not parts or part < 1 or part > parts then
    return err.named("EPROTO", ("%s: entry %s is not of a fleet"):format(
      keys.results(self.campaign), err.plain(id)))
  end
  local set = self.done[point] or Drained.new()
  self.done[point] = set
  local first, last = part == 1, part == parts
  if first then
    self.skipping = set:has(lease)
    if self.skipping then self.repeated = self.repeated + 1 end
    if not self.skipping then
      self.failed, self.leases = self.failed + (whole(fields.failed) or 0), self.leases + 1
      for line in (fields.complaints or ""):gmatch "[^\n]+" do
        self.say(("%s: %s"):format(err.plain(point), err.plain(line)))
      end
    end
  end
  if not self.skipping then
    local ok, message, name = write(self, id, fields)
    if ok then ok, message, name = deliver(self, point, fields) end
    if not ok then return nil, message, name end
  end
  if last and not self.skipping then set:add(lease) end
  self.after, self.whole = id, last
  return true
end

return M
