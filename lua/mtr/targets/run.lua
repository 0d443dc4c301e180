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
---@field over boolean
local Run = {}
Run.__index = Run

local M = {}

--- Opens the source. Returns nil, a message and a name if it cannot be read.
---@param source table
---@param steps mtr.OrderStep[]
---@param stages mtr.Stage[]
---@return mtr.TargetsRun?
---@return string? message, string? name
function M.new(source, steps, stages)
  local self = setmetatable({
    passed = 0, over = false, text = false, passes = {}, remembers = false, reader = false,
    index = false,
  }, Run)
  local shuffled = false
  for _, step in ipairs(steps) do shuffled = shuffled or step.kind == "shuffle" end
  local size, message, name = math.huge, nil, nil
  if shuffled then
    self.index, message, name = source:index()
    if not self.index then return nil, message, name end
    size = self.index.size
  else
    self.reader = source:open()
  end
  self.order = Order.new(steps, size)
  self.ordered = self.order.count > 0
  for i, stage in ipairs(stages) do
    self.passes[i] = stage.make(self)
    self.remembers = self.remembers or stage.remembers
  end
  return self
end

-- Returns the next target of the order.
local function pull(self, out)
  local place = self.passed
  if self.over or place >= self.order.size then return nil end
  local number = self.ordered and self.order:at(place) or place
  local kind, what, name
  local index = self.index
  if index then
    kind, what, name = index:get(number, out)
    if kind and not what then what = 0 end
    self.text = index.text
  else
    local reader = self.reader
    local ahead = number - reader.passed
    if ahead > 0 then
      local all
      all, what, name = reader:skip(ahead)
      if not all then
        self.over = true
        return nil, what, name
      end
    elseif ahead < 0 then
      return err.named("ESPIPE", "another chain has read this file further: open it again")
    end
    kind, what, name = reader:next(out)
    self.text = reader.text
  end
  if kind then self.passed = place + 1 else self.over = true end
  return kind, what, name
end

--- Returns the next target, like mtr.Reader:next.
---@param out ffi.cdata* 16 bytes
---@return integer?
---@return integer|string?
---@return string?
function Run:next(out)
  local passes = self.passes
  while true do
    local kind, what, name = pull(self, out)
    if not kind then return nil, what, name end
    for i = 1, #passes do
      kind, what = passes[i](kind, out, what)
      if not kind then break end
    end
    if kind then return kind, what end
  end
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
    local all, message, name = reader:skip(self.order:at(n - 1) + 1 - reader.passed)
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
  local passes = self.passes
  while self.passed < n do
    local kind, what, name = pull(self, scratch)
    if not kind then
      if name then return nil, what, name end
      return too_few(self, n)
    end
    for i = 1, #passes do
      kind, what = passes[i](kind, scratch, what)
      if not kind then break end
    end
  end
  return true
end

return M
