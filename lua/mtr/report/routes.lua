-- SPDX-License-Identifier: MIT
--
-- The reporter that writes the routes of all traces as one graph for Graphviz: a node for each
-- address, and an arrow from the first answer of each hop to that of the next, with the number of
-- traces that took it. An arrow over silent hops is dashed. An address that names no router is
-- another node at each TTL. The graph is written at the end.
--
--     dot -Tsvg routes.dot >routes.svg
--
-- Its memory grows with the number of different arrows. A file can be written again, but not
-- appended to: Graphviz draws the graphs of one file on separate pages.

---@class mtr.Reports
---@field routes fun(out?: mtr.ReportOut, opts?: mtr.SinkOptions): mtr.Reporter for Graphviz

local addr = require "mtr.base.addr"
local view = require "mtr.names.view"
local Sink = require "mtr.report.sink"

---@class mtr.RoutesReporter: mtr.Reporter
---@field links table<string, integer> by "from to silent", nodes: how many traces
---@field ends table<string, integer> by address: how many traces that were completed end there
---@field labels table<string, string> by node: name and origin of its address, if they are known
local Routes = {}

local function count(counts, key, n) counts[key] = (counts[key] or 0) + (n or 1) end

-- Returns the node of a hop that answers.
local function node(result, hop, ttl)
  local text = hop.addr
  if ttl == result.hop_count and result.stop_reason == "completed" then return text end
  local nameless = addr.names_nobody(text, addr.key_of(text), result.dst, result.src)
  return nameless and text .. "@" .. ttl or text
end

--- Counts one result.
---@param result mtr.BorrowedResult
function Routes:trace(result)
  local from, silent = result.src or "source", 0
  for ttl, hop in ipairs(result.hops) do
    local to = hop.addr and node(result, hop, ttl)
    if to then
      if hop.name or hop.origin or to ~= hop.addr then self.labels[to] = view.text(hop) end
      if to ~= from then count(self.links, ("%s %s %d"):format(from, to, silent)) end
      from, silent = to, 0
    elseif not hop.skipped then
      silent = silent + 1
    end
  end
  if result.stop_reason == "completed" then count(self.ends, from) end
  return true
end

local function sorted(counts)
  local keys = {}
  for key in pairs(counts) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

local function text(self)
  local out = { "digraph routes {\n  rankdir=LR;\n  node [shape=box];\n" }
  for _, at in ipairs(sorted(self.ends)) do
    out[#out + 1] = ('  "%s" [peripheries=2];\n'):format(at)
  end
  for _, at in ipairs(sorted(self.labels)) do
    out[#out + 1] = ('  "%s" [label=%s];\n'):format(at, view.quote(self.labels[at]))
  end
  for _, key in ipairs(sorted(self.links)) do
    local from, to, silent = key:match "^(%S+) (%S+) (%d+)$"
    local skipped = silent ~= "0" and (", style=dashed, tooltip=\"%s silent\""):format(silent) or ""
    out[#out + 1] = ('  "%s" -> "%s" [label="%d"%s];\n'):format(from, to, self.links[key], skipped)
  end
  return table.concat(out) .. "}\n"
end

--- Writes the graph and closes the file.
function Routes:finish()
  return self.sink:end_with(self.sink:write(text(self)))
end

--- Returns all counters.
function Routes:save()
  local data, fd, name = self.sink:save()
  if not data then return nil, fd, name end
  data.links, data.ends, data.labels = self.links, self.ends, self.labels
  return data, fd
end

--- Goes on with the counters that save() has returned.
---@param data table
function Routes:restore(data)
  self.links, self.ends, self.labels = data.links, data.ends, data.labels or {}
  return self.sink:restore(data)
end

local M = Sink.reporter("dot", Routes)
local new = M.new

--- Makes a reporter.
---@param out? mtr.ReportOut
---@param opts? mtr.SinkOptions
---@return mtr.RoutesReporter
function M.new(out, opts)
  local self = new(out, opts)
  self.links, self.ends, self.labels = {}, {}, {}
  return self
end

return M
