-- SPDX-License-Identifier: MIT
--
-- The reporter that shows how far a campaign is, on standard error: a bar if the number of targets
-- is known, or can be estimated from the part of the list that was read; targets done, probes per
-- second, the time left, and the share of probes that were not answered. On a terminal the line is
-- written over once a second; elsewhere a line is written every ten seconds. Colour is used on a
-- terminal, unless the environment variable NO_COLOR is set.
--
--     [#########...........]  45%  4500 of 10000  980 probes/s  6 s left  12.3% unanswered

---@class mtr.Reports
---@field progress fun(out?: mtr.ReportOut, opts?: mtr.ProgressOptions): mtr.Reporter a bar

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local C = lib.C
local BAR, EVERY = 20, 10              -- characters; updates between two lines
local GREEN, PLAIN, ERASE = "\27[32m", "\27[0m", "\r\27[K"

---@class mtr.ProgressOptions
---@field total? integer how many targets there are; default: what the campaign knows
---@field terminal? boolean default: is standard error one?
---@field color? boolean default: on a terminal without NO_COLOR

---@class mtr.ProgressReporter: mtr.Reporter
---@field engine? mtr.Engine
---@field total? integer
---@field aside true a campaign may be resumed with it or without
---@field base { answered: integer, silent: integer, ended: integer, probes: integer } of the runs
--- before this one
local Progress = {}
Progress.__index = Progress

local M = {}

--- Makes a reporter.
---@param out? fun(text: string): any, string?, string? default: standard error
---@param opts? mtr.ProgressOptions
---@return mtr.ProgressReporter
function M.new(out, opts)
  if out ~= nil and out ~= "-" and type(out) ~= "function" then
    error("report.progress: the output must be a function or nothing, got " .. err.show(out), 2)
  end
  opts = opts or {}
  local self = setmetatable({
    out = type(out) == "function" and out, total = opts.total, terminal = opts.terminal,
    color = opts.color, aside = true,
    base = { answered = 0, silent = 0, ended = 0, probes = 0 }, updates = 0,
  }, Progress)
  if self.terminal == nil then
    self.terminal = not self.out and C.mtr_output_kind(2) == C.MTR_OUTPUT_TERMINAL
  end
  if self.color == nil then
    self.color = self.terminal and (os.getenv "NO_COLOR" or "") == ""
  end
  return self
end

local function now(self) return self.engine and not self.engine.closing and self.engine:now() end

-- Returns how many probes were answered and not answered since the first run began.
local function counted(self)
  if self.engine and self.engine.c then
    local stats = self.engine:stats()
    self.answered = stats.replies - self.before.replies + self.base.answered
    self.silent = stats.timeouts - self.before.timeouts + self.base.silent
  end
  return self.answered or self.base.answered, self.silent or self.base.silent
end

--- Begins.
---@param meta { engine?: mtr.Engine, total?: integer, share?: fun(): number? }
function Progress:start(meta)
  self.engine, self.total, self.share = meta.engine, self.total or meta.total, meta.share
  self.before = self.engine and self.engine:stats()
  self.begun = now(self)
  return true
end

local function clock(seconds)
  if seconds < 100 then return ("%.0f s"):format(seconds) end
  if seconds < 6000 then return ("%.0f min"):format(seconds / 60) end
  return ("%.1f h"):format(seconds / 3600)
end

local function bar(self, share)
  local n = math.floor(share * BAR)
  local full = ("#"):rep(n)
  if self.color then full = GREEN .. full .. PLAIN end
  return ("[%s%s] %3d%%  "):format(full, ("."):rep(BAR - n), math.floor(share * 100))
end

-- Returns probes per second since the last update.
local function rate(self, at, probes)
  local last = self.last or { at = self.begun, probes = self.base.probes }
  self.last = { at = at, probes = probes }
  return at and last.at and at > last.at and (probes - last.probes) * 1000 / (at - last.at)
end

-- Returns how many targets there are, and true if that is only about right; nil: nobody knows.
local function total_of(self, summary, ended)
  if self.total then return self.total, false end
  local share, taken = self.share and self.share(), summary.targets or 0
  if not share or share <= 0 or taken == 0 then return nil, false end
  return math.max(ended, math.floor(taken / share + 0.5)), share < 1
end

local function line(self, summary)
  local ended, at = summary.traces + summary.failed, now(self)
  self.ended, self.probes = ended, summary.probes
  local total, about = total_of(self, summary, ended)
  local parts = {}
  if total and total > 0 then
    local share = math.min(1, ended / total)
    parts[1] = bar(self, share) .. ("%d of %s%d"):format(ended, about and "about " or "",
      total)
  else
    parts[1] = ("%d targets done"):format(ended)
  end
  local speed = rate(self, at, summary.probes)
  if speed then parts[#parts + 1] = ("%.0f probes/s"):format(speed) end
  local elapsed, done = at and self.begun and at - self.begun or 0, ended - self.base.ended
  if total and elapsed > 0 and done > 0 and ended < total then
    parts[#parts + 1] = clock((total - ended) * elapsed / done / 1000) .. " left"
  end
  local answered, silent = counted(self)
  if answered + silent > 0 then
    parts[#parts + 1] = ("%.1f%% unanswered"):format(100 * silent / (answered + silent))
  end
  if summary.failed > 0 then parts[#parts + 1] = ("%d failed"):format(summary.failed) end
  return table.concat(parts, "  ")
end

local function put(self, text)
  if self.out then return self.out(text) end
  io.stderr:write(text)
  return true
end

--- Shows how far it is.
---@param summary mtr.Summary
function Progress:update(summary)
  self.updates = self.updates + 1
  if self.terminal then return put(self, ERASE .. line(self, summary)) end
  if self.updates % EVERY ~= 1 then return true end
  return put(self, line(self, summary) .. "\n")
end

--- Shows how far it came.
---@param summary mtr.Summary|{}
function Progress:finish(summary)
  if not summary.traces or summary.traces + summary.failed == 0 then return true end
  return put(self, (self.terminal and ERASE or "") .. line(self, summary) .. "\n")
end

--- Returns the counters.
function Progress:save()
  local answered, silent = counted(self)
  return { answered = answered, silent = silent, ended = self.ended or self.base.ended,
    probes = self.probes or self.base.probes }
end

--- Goes on with the counters that save() has returned.
---@param data table
function Progress:restore(data) self.base = data end

return M
