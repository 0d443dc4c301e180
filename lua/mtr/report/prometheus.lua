-- SPDX-License-Identifier: MIT
--
-- The reporter that writes counters of the run in Prometheus' text format, once a second and at the
-- end, for the textfile collector of node_exporter: traces by stop reason, probes, targets that
-- could not be traced, and histograms of path length and duration.
--
-- A file is replaced as a whole: the text goes to a file beside it, which is then renamed. It is
-- locked, so that two processes do not write it in turns. Standard
-- output and a function get the text once, at the end.
--
--     mtr.report.prometheus "http://127.0.0.1:9100/metrics"
--
-- A URL, or ":9100" for short, is no file: the text is served there while the engine runs, so that
-- Prometheus can scrape it. Only addresses of this host are taken (127.0.0.0/8, ::1), unless the
-- option `public` is given.

---@class mtr.Reports
---@field prometheus fun(out?: mtr.ReportOut, opts?: mtr.PrometheusOptions): mtr.Reporter counters

local err = require "mtr.base.err"
local default = require "mtr.engine.default"
local file = require "mtr.report.output.file"
local server = require "mtr.report.output.server"
local url = require "mtr.report.output.url"

-- Upper bounds of the buckets.
local HOPS = { 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 25, 30, 64 }
local SECONDS = { 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60 }

---@class mtr.Histogram
---@field counts integer[] by bucket, not cumulative; the last one has no bound
---@field sum number

---@class mtr.PrometheusOptions
---@field public? boolean serve other hosts too

---@class mtr.PrometheusReporter: mtr.Reporter
---@field path? string
---@field url? mtr.ServedUrl where it is served
---@field server? mtr.HttpServer
---@field file? mtr.OutputFile the file, as it was written last
---@field out? function
---@field counters { traces: table<string, integer>, probes: integer, hops: mtr.Histogram,
--- seconds: mtr.Histogram }
local Prometheus = {}
Prometheus.__index = Prometheus

local function histogram(bounds)
  local counts = {}
  for i = 1, #bounds + 1 do counts[i] = 0 end
  return { counts = counts, sum = 0 }
end

local function observe(h, bounds, value)
  local i = 1
  while bounds[i] and value > bounds[i] do i = i + 1 end
  h.counts[i], h.sum = h.counts[i] + 1, h.sum + value
end

local M = {}

--- Makes a reporter.
---@param out? mtr.ReportOut a file or a URL; "-", the default, is standard output
---@param opts? mtr.PrometheusOptions
---@return mtr.PrometheusReporter
function M.new(out, opts)
  if out ~= nil and type(out) ~= "string" and type(out) ~= "function" then
    error("report.prometheus: the path must be a string, got " .. err.show(out), 2)
  end
  local served, bug = nil, nil
  if type(out) == "string" then served, bug = url.read(out, opts and opts.public) end
  if bug then error("report.prometheus: " .. bug, 2) end
  return setmetatable({
    url = served, path = type(out) ~= "function" and (out or "-") or nil,
    out = type(out) == "function" and out or nil, summary = {},
    counters = { traces = {}, probes = 0, hops = histogram(HOPS), seconds = histogram(SECONDS) },
  }, Prometheus)
end

--- Counts one result.
---@param result mtr.BorrowedResult
function Prometheus:trace(result)
  local c, reason = self.counters, result.stop_reason or "none"
  c.traces[reason] = (c.traces[reason] or 0) + 1
  c.probes = c.probes + (result.probe_count or 0)
  if reason == "completed" then observe(c.hops, HOPS, result.hop_count or #result.hops) end
  if result.duration then observe(c.seconds, SECONDS, result.duration / 1000) end  -- warts: none
  return true
end

local function head(out, name, kind, help)
  out[#out + 1] = ("# HELP %s %s\n# TYPE %s %s\n"):format(name, help, name, kind)
end

local function by_label(out, name, label, counts)
  local keys = {}
  for key in pairs(counts) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do
    out[#out + 1] = ('%s{%s="%s"} %d\n'):format(name, label, key:gsub('[\\"\n]', "\\%0"),
      counts[key])
  end
end

local function buckets(out, name, bounds, h)
  local n = 0
  for i, count in ipairs(h.counts) do
    n = n + count
    local bound = bounds[i] and ("%g"):format(bounds[i]) or "+Inf"
    out[#out + 1] = ('%s_bucket{le="%s"} %d\n'):format(name, bound, n)
  end
  out[#out + 1] = ("%s_sum %.14g\n%s_count %d\n"):format(name, h.sum, name, n)
end

--- Returns the text of the counters.
---@return string
function Prometheus:text()
  local out, c = {}, self.counters
  head(out, "mtr_traces_total", "counter", "Traces that have ended, by stop reason.")
  by_label(out, "mtr_traces_total", "stop_reason", c.traces)
  head(out, "mtr_probes_total", "counter", "Probes sent by these traces.")
  out[#out + 1] = ("mtr_probes_total %d\n"):format(c.probes)
  head(out, "mtr_targets_failed_total", "counter", "Targets that could not be traced, by error.")
  by_label(out, "mtr_targets_failed_total", "error", self.summary.errors or {})
  head(out, "mtr_trace_hops", "histogram", "Path length of completed traces, in hops.")
  buckets(out, "mtr_trace_hops", HOPS, c.hops)
  head(out, "mtr_trace_duration_seconds", "histogram", "Time from a trace's start to its end.")
  buckets(out, "mtr_trace_duration_seconds", SECONDS, c.seconds)
  return table.concat(out)
end

-- Closes the file that was written last.
local function let_go(self)
  if self.file then self.file:close() end
  self.file = nil
end

-- Replaces the file. The new one stays open, and with it the lock that others find at its name.
local function replace(self)
  local beside, text = self.path .. ".new", self:text()
  local new, message, name = file.open(beside, { overwrite = true })
  if not new then return nil, message, name end
  local ok
  ok, message, name = new:put(text, #text)
  if ok then
    local code
    ok, message, code = os.rename(beside, self.path)
    if not ok then ok, message, name = err.env(code, "writing " .. self.path) end
  end
  if not ok then
    os.remove(beside)
    new:close()
    return nil, message, name
  end
  let_go(self)
  self.file = new
  return true
end

-- Takes the file, unless another process has it.
local function take(self)
  local old, message, name = file.open(self.path, {})
  if not old then return nil, message, name end
  local ok
  if old.regular then
    ok, message, name = replace(self)
  else
    ok, message, name = err.named("ENOTSUP", self.path .. " is no file that can be replaced")
  end
  old:close()
  return ok, message, name
end

local function serve(self, engine)
  local message, name
  if not engine then engine, message, name = default.for_timers() end
  if not engine then return nil, message, name end
  self.server, message, name = server.open(engine, self.url, function() return self:text() end)
  if not self.server then return nil, message, name end
  return true
end

--- Makes sure that the file can be written, or begins to serve.
---@param meta mtr.ReportMeta
function Prometheus:start(meta)
  if self.url then return serve(self, meta.engine) end
  if self.out or self.path == "-" then return true end
  return take(self)
end

--- Writes the counters.
---@param summary mtr.Summary
function Prometheus:update(summary)
  self.summary = summary
  if self.server then self.server:listen() end
  if self.out or self.url or self.path == "-" then return true end
  return replace(self)
end

--- Writes the counters for the last time, and serves them no longer.
---@param summary mtr.Summary|{}
function Prometheus:finish(summary)
  self.summary = summary or {}
  if self.server then self.server:close() end
  if self.url then return true end
  if self.out then return self.out(self:text()) end
  if self.path ~= "-" then
    local ok, message, name = replace(self)
    let_go(self)
    return ok, message, name
  end
  local ok, _, code = io.stdout:write(self:text())
  if ok then ok, _, code = io.stdout:flush() end
  if not ok then return err.env(code, "writing standard output") end
  return true
end

--- Returns all counters.
function Prometheus:save() return self.counters end

--- Goes on with the counters that save() has returned.
---@param data table
function Prometheus:restore(data) self.counters = data end

return M
