-- SPDX-License-Identifier: MIT
--
-- One run through a chain of targets: computes which target of the source comes next, gets it, and
-- sends it through the stages.
--
-- A source that is read in its order has open(), which returns a mtr.Reader. A source whose targets
-- can be found by number has index(), which returns an object with `size` and get(i, out), such as
-- mtr.Index or mtr.Range; it is asked for if the chain has a shuffle.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local Order = require "mtr.targets.order"

local scratch = lib.new "uint8_t[16]"

---@class mtr.TargetsRun
---@field passed number places of the order that were passed
---@field text any of the last target
---@field note mtr.TargetNote|false likewise
---@field over boolean
local Run = {}
Run.__index = Run

local M = {}

-- Returns one pass that does what two do, the second for what the first one lets through. Without a
-- loop over the stages, because that would not compile.
local function then_pass(first, second)
  if not first then return second end
  return function(kind, out, what)
    kind, what = first(kind, out, what)
    if kind then return second(kind, out, what) end
  end
end

--- Opens the source. Returns nil, a message and a name if it cannot be read.
---@param source table
---@param steps mtr.OrderStep[]
---@param stages mtr.Stage[]
---@return mtr.TargetsRun?
---@return string? message, string? name
function M.new(source, steps, stages)
  local self = setmetatable({
    passed = 0, over = false, text = false, note = false, pass = false, remembers = false,
    reader = false, index = false,
  }, Run)
  local shuffled = false
  for _, step in ipairs(steps) do shuffled = shuffled or step.kind == "shuffle" end
  if shuffled then
    local index, message, name = source:index()
    if not index then return nil, message, name end
    self.index = index
  else
    self.reader = source:open()
  end
  self.order = Order.new(steps, shuffled and self.index.size or math.huge)
  for _, stage in ipairs(stages) do
    self.pass = then_pass(self.pass, stage.make(self))
    self.remembers = self.remembers or stage.remembers
  end
  return self
end

-- Returns the target with a number from the index.
local function found(self, number, out)
  local index = self.index
  local kind, what, name = index:get(number, out)
  self.text, self.note = index.text, index.note or false
  if kind and not what then what = 0 end
  return kind, what, name
end

-- Returns the target with a number from the reader, which has not passed it.
local function read(self, number, out)
  local reader = self.reader
  if number > reader.passed then
    local all, message, name = reader:skip(number - reader.passed)
    if not all then return nil, message, name end
  elseif number < reader.passed then
    return err.named("ESPIPE", "another chain has read this file further: open it again")
  end
  local kind, what, name = reader:next(out)
  self.text, self.note = reader.text, reader.note
  return kind, what, name
end

-- Returns the next target of the order.
local function pull(self, out)
  local place, order = self.passed, self.order
  if self.over or place >= order.size then return nil end
  local kind, what, name = (self.index and found or read)(self, order.at(place), out)
  if kind then self.passed = place + 1 else self.over = true end
  return kind, what, name
end

--- Returns the next target, like mtr.Reader:next.
---@param out ffi.cdata* 16 bytes
---@return integer?
---@return integer|string?
---@return string?
function Run:next(out)
  local kind, what, name = pull(self, out)
  local pass = self.pass
  if not kind or not pass then return kind, what, name end
  kind, what = pass(kind, out, what)
  if kind then return kind, what end
  return self:next(out)
end

--- Returns which part of the order was passed, 0..1; of a file that is read in its order, about, by
--- bytes. nil: nobody knows.
---@return number?
function Run:share()
  local order, reader = self.order, self.reader
  if self.over then return 1 end
  if order.size < math.huge then return self.passed / math.max(order.size, 1) end
  local part = reader.items.share and reader.items:share()
  if not part or reader.passed == 0 then return nil end
  local left = reader.range and reader.range.left or 0
  return part * reader.passed / (reader.passed + left)
end

local function too_few(self, n)
  return err.named("EINVAL", ("there are only %.0f targets, but %.0f were taken before: the list "
    .. "was changed"):format(self.passed, n))
end

-- Goes on at a place that is reached without looking at the targets before it.
local function jump(self, n)
  if self.order.size < n then
    self.passed = self.order.size
    return too_few(self, n)
  end
  local reader = self.reader
  if reader then
    local all, message, name = reader:skip(self.order.at(n - 1) + 1 - reader.passed)
    if message then return nil, message, name end
    if not all then
      self.passed = reader.passed
      return too_few(self, n)
    end
  end
  self.passed = n
  return true
end

--- Goes on behind the first n places of the order: see mtr.Targets:skip.
---@param n number
---@return true?
---@return string? message, string? name
function Run:skip(n)
  if n <= self.passed then return true end
  if not self.remembers then return jump(self, n) end
  while self.passed < n do
    local kind, what, name = pull(self, scratch)
    if not kind then
      if name then return nil, what, name end
      return too_few(self, n)
    end
    self.pass(kind, scratch, what)
  end
  return true
end

return M
