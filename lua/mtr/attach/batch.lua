-- SPDX-License-Identifier: MIT
--
-- Runs commands of scamper from its command line or from a file, and writes their records, whole
-- ones only, in the order in which they end.

local lib = require "mtr.lib"
local default = require "mtr.engine.default"
local scheduler = require "mtr.wait.scheduler"
local host = require "mtr.attach.host"
local pools = require "mtr.attach.pool"
local sources = require "mtr.attach.source"
local writers = require "mtr.attach.writer"

local M = {}

---@class mtr.AttachBatch
---@field commands fun(): string? returns the next one
---@field format "warts"|"json"
---@field put fun(text: string): boolean?, string? writes text; nil and a message: it failed
---@field refused fun(command: string, problem: string) is called for commands that are wrong
---@field window? integer commands under way at once; default 1000
---@field list? string
---@field list_id? integer
---@field cycle? integer
---@field monitor? string

-- Reads commands while there is room for them.
local function feed(self)
  local pool, source, opts = self.pool, self.source, self.opts
  while not self.over and pool.under_way < pool.window do
    local line = lib.signals[0] == 0 and not self.problem and opts.commands() or nil
    if not line then
      self.over = true
      return
    end
    local id, problem = source:accept(line)
    if not id then
      self.refusals = self.refusals + 1
      opts.refused(line, problem)
    end
    pool:fill()
  end
end

--- Runs the commands; waits until all have ended.
---@async
---@param opts mtr.AttachBatch
---@return integer? refused how many commands were wrong
---@return string? message why the output failed, or why no probes can be sent
function M.run(opts)
  scheduler.check "run"
  local engine, message = default.get()
  if not engine then return nil, message end
  local self = { opts = opts, over = false, refusals = 0, pool = pools.new(engine,
    opts.window or 1000) }
  local writer = writers.new { format = opts.format, framed = false, list = opts.list or "default",
    list_id = opts.list_id, cycle = opts.cycle, monitor = opts.monitor, host = host.name() }
  local function put(text, size)
    if self.problem then return end
    local ok, problem = opts.put(size and lib.string(text, size) or text)
    if not ok then self.problem = problem end
  end
  self.source = sources.new(self.pool, writer, {
    put = function(text, size)
      put(text, size)
      if self.op then scheduler.finish(self.op) end
    end,
    started = function() end, settled = function() end,
    may_start = function() return true end,
  })
  put(writer:head())
  while true do
    feed(self)
    if self.over and self.source.count == 0 then break end
    if self.problem then self.source:stop() end
    self.op = {}
    scheduler.wait(self.op)
  end
  put(writer:tail())
  if self.problem then return nil, self.problem end
  return self.refusals
end

return M
