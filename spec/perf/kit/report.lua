-- SPDX-License-Identifier: MIT
--
-- The bench's report: figures, some with a target. It prints them as text when they arrive and as
-- JSON at the end. A figure that misses its target makes the report fail; one without a target
-- never does.

local cjson = require "cjson"

local M = {}

---@class perf.Figure
---@field name string     in the JSON
---@field text string     in words
---@field value number
---@field unit string?
---@field most number?    target: at most this
---@field least number?   target: at least this
---@field low number?     of the runs that value is the median of
---@field high number?
---@field runs integer?
---@field digits integer? of the text, behind the point; default 2
---@field reached boolean? set by add()

---@class perf.Report
---@field figures perf.Figure[]
---@field missed integer
local Report = {}
Report.__index = Report

--- The middle one of some numbers, the smallest and the largest.
---@param numbers number[]
---@return number median
---@return number low
---@return number high
function M.median(numbers)
  local sorted = { unpack(numbers) }
  table.sort(sorted)
  local n = #sorted
  return (sorted[math.floor((n + 1) / 2)] + sorted[math.ceil((n + 1) / 2)]) / 2,
    sorted[1], sorted[n]
end

---@return perf.Report
function M.new()
  return setmetatable({ figures = {}, missed = 0 }, Report)
end

--- A line that heads the figures to come, or says why there are none.
---@param text string
function M.say(text)
  print(text)
  io.stdout:flush()
end

-- "at most 1.60", "exactly 0", or nothing.
local function target_text(figure, number)
  if figure.most and figure.least == figure.most then
    return "exactly " .. number(figure.most)
  elseif figure.most and figure.least then
    return number(figure.least) .. " to " .. number(figure.most)
  elseif figure.most then
    return "at most " .. number(figure.most)
  elseif figure.least then
    return "at least " .. number(figure.least)
  end
end

--- Adds a figure and prints it.
---@param figure perf.Figure
function Report:add(figure)
  local function number(value)
    return ("%." .. (figure.digits or 2) .. "f"):format(value)
  end
  local target = target_text(figure, number)
  if target then
    figure.reached = figure.value <= (figure.most or math.huge)
      and figure.value >= (figure.least or -math.huge)
    self.missed = self.missed + (figure.reached and 0 or 1)
  end
  local notes = {}
  if figure.low then
    notes[1] = ("%s to %s in %d runs"):format(number(figure.low), number(figure.high), figure.runs)
  end
  notes[#notes + 1] = target and "target: " .. target
  local mark = not target and "     " or figure.reached and "ok   " or "MISS "
  local value = number(figure.value) .. (figure.unit and " " .. figure.unit or "")
  local tail = #notes > 0 and "  (" .. table.concat(notes, "; ") .. ")" or ""
  M.say(("%s%-54s %14s%s"):format(mark, figure.text, value, tail))
  self.figures[#self.figures + 1] = figure
end

--- Adds a figure that is the median of some numbers.
---@param figure perf.Figure
---@param numbers number[]
function Report:add_median(figure, numbers)
  figure.value, figure.low, figure.high = M.median(numbers)
  figure.runs = #numbers
  self:add(figure)
end

--- Writes all of it as JSON.
---@param path string
---@param machine table<string, any>
function Report:write(path, machine)
  local list = {}
  for i, f in ipairs(self.figures) do
    list[i] = {
      name = f.name, text = f.text, value = f.value, unit = f.unit, at_most = f.most,
      at_least = f.least, reached = f.reached, min = f.low, max = f.high, runs = f.runs,
    }
  end
  local file = assert(io.open(path, "w"))
  local all = { machine = machine, missed = self.missed, figures = list }
  assert(file:write(cjson.encode(all), "\n"))
  assert(file:close())
end

return M
