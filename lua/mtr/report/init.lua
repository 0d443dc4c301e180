-- SPDX-License-Identifier: MIT
--
-- The reporters that come with the library.
--
--     mtr.report.jsonl "out.jsonl"            -- to the end of this file; "-" or nothing: standard
--                                             -- output
--     mtr.report.text(print_it, { queries = 3 })     -- to a function
--
-- A reporter is any table with some of the methods of mtr.Reporter. A built-in reporter is a file
-- of this directory that returns { new = function(out, opts) }, and one line in the table below; it
-- is loaded when it is first used.

local err = require "mtr.base.err"
local strict = require "mtr.base.strict"

---@class mtr.ReportMeta what start() is told
---@field transport? string
---@field engine? mtr.Engine of a campaign
---@field share? fun(): number? which part of its targets was taken, 0..1; nil: nobody knows

---@class mtr.Reporter
---@field start? fun(self: mtr.Reporter, meta: mtr.ReportMeta): any, string?, string?
---@field begin? fun(self: mtr.Reporter, target: string): any, string?, string?
---@field hop? fun(self: mtr.Reporter, trace: mtr.Trace, hop: mtr.Hop): any, string?, string?
---@field trace? fun(self: mtr.Reporter, result: mtr.BorrowedResult): any, string?, string?
---@field verbatim? fun(self: mtr.Reporter, lines: string): any, string?, string? in place of
---trace(): takes lines of JSON that it would write just so
---@field update? fun(self: mtr.Reporter, summary: mtr.Summary): any, string?, string?
---@field finish? fun(self: mtr.Reporter, summary: mtr.Summary|{}): any, string?, string?
---@field save? fun(self: mtr.Reporter): table?, string|integer?, string?
---@field restore? fun(self: mtr.Reporter, data: table)
---@field aside? boolean has no output to keep: a campaign may be resumed with it or without

-- start() is called first and finish() last; trace() is called for each result, update() about once
-- a second. A method that returns nil and a message has failed. Results and hops are valid until
-- the method returns; result:copy() and hop:copy() keep them.
--
-- For a campaign with a state file, save() makes sure that the output has everything up to now, and
-- returns plain data (strings, numbers, booleans, tables of them) that says how far it is whole;
-- then, if there is one, the descriptor of a file that must be on disk before the data is true: the
-- campaign waits for the disk in the background. When a campaign is resumed, restore(data) is
-- called before start(), and start() cuts the output back to that. A reporter without them gets
-- some results again after a crash. A reporter of mtr.report.sink has both.
--
-- A program that shows hops as they settle (see mtr.cli) also calls begin(target), then hop() for
-- each hop, in the order of TTL, then trace(), and only then begin() for the next target. Between
-- begin() and trace() no other method is called; trace() is not called if the target cannot be
-- traced. A program gives start() and finish() empty tables. A campaign has many traces under way
-- at once, and so does not call begin() and hop().

-- The name and the module of each reporter, and for each kind of results that it writes, its word
-- for the option --output of programs. The first word of a kind is the default.
local BUILT_IN = {
  { "text", "mtr.report.text", trace = "text" },
  { "mda", "mtr.report.mda", mda = "text" },
  { "pmtu", "mtr.report.pmtu", pmtu = "text" },
  { "ping", "mtr.report.ping", ping = "text" },
  { "dot", "mtr.report.dot", mda = "dot" },
  { "jsonl", "mtr.report.jsonl", trace = "jsonl", mda = "jsonl", pmtu = "jsonl", ping = "jsonl" },
  { "warts", "mtr.report.warts", trace = "warts", mda = "warts", pmtu = "warts", ping = "warts",
    binary = true },
  { "json", "mtr.report.json", trace = "json", mda = "json", pmtu = "json" },
  { "csv", "mtr.report.csv", trace = "csv", mda = "csv" },
  { "table", "mtr.report.table", trace = "table" },
  { "mtr", "mtr.report.mtr", trace = "mtr" },
  { "caracal", "mtr.report.caracal", trace = "caracal", mda = "caracal" },
  { "saimiris", "mtr.report.saimiris", trace = "saimiris", mda = "saimiris" },
  { "routes", "mtr.report.routes", trace = "dot" },
  { "prometheus", "mtr.report.prometheus", trace = "prometheus" },
  { "sqlite", "mtr.report.sqlite", trace = "sqlite", mda = "sqlite", file = true },
  { "html", "mtr.report.html", trace = "html", mda = "html", pmtu = "html" },
  { "progress", "mtr.report.progress" },
  { "scamper", "mtr.report.scamper", trace = "scamper", mda = "scamper", pmtu = "scamper",
    ping = "scamper" },
  { "atlas", "mtr.report.atlas", trace = "atlas", ping = "atlas" },
  { "any", "mtr.report.any" },
}

---@class mtr.Reports
---@field text fun(out?: mtr.ReportOut, opts?: mtr.TraceOptions): mtr.Reporter like traceroute(8)
---@field mda fun(out?: mtr.ReportOut): mtr.Reporter results of the strategy mda, as text
---@field pmtu fun(out?: mtr.ReportOut): mtr.Reporter results of the strategy pmtu, as text
---@field ping fun(out?: mtr.ReportOut, opts: table): mtr.Reporter results of scripts/ping.lua
---@field dot fun(out?: mtr.ReportOut): mtr.Reporter results of the strategy mda, for Graphviz
---@field jsonl fun(out?: mtr.ReportOut, opts?: table): mtr.Reporter each result as a line of JSON
---@field json fun(out?: mtr.ReportOut, opts?: mtr.SinkOptions): mtr.Reporter one JSON document
---@field csv fun(out?: mtr.ReportOut, opts?: mtr.CsvOptions): mtr.Reporter a row for each reply
---@field table fun(out?: mtr.ReportOut, opts?: mtr.SinkOptions): mtr.Reporter like mtr --report
---@field mtr fun(out?: mtr.ReportOut, opts?: mtr.TraceOptions): mtr.Reporter like mtr --json
---@field caracal fun(out?: mtr.ReportOut, opts?: { round?: integer }): mtr.Reporter its CSV
---@field saimiris fun(out?: mtr.ReportOut): mtr.Reporter the columns of its table, as CSV
---@field routes fun(out?: mtr.ReportOut, opts?: mtr.SinkOptions): mtr.Reporter for Graphviz
---@field prometheus fun(out?: mtr.ReportOut, opts?: mtr.PrometheusOptions): mtr.Reporter counters
---@field sqlite fun(out: string, opts?: { overwrite?: boolean }): mtr.Reporter a database
---@field html fun(out?: mtr.ReportOut, opts?: mtr.SinkOptions): mtr.Reporter a page for a browser
---@field progress fun(out?: mtr.ReportOut, opts?: mtr.ProgressOptions): mtr.Reporter a bar
---@field any fun(word: string, out?: mtr.ReportOut, opts?: table): mtr.Reporter of all kinds
---@field atlas fun(out?: mtr.ReportOut, opts?: mtr.AtlasOptions): mtr.Reporter RIPE Atlas' JSON
---@field scamper fun(out?: mtr.ReportOut, opts?: mtr.ScamperOptions): mtr.Reporter scamper's JSON
---@field warts fun(out?: mtr.ReportOut, opts?: mtr.WartsOptions): mtr.Reporter scamper's format
local M = {}

--- Opens a file of results, JSON lines or warts: see mtr.report.read.
---@param path string "-": standard input
---@return mtr.ReadFile?
---@return string? message, string? name
function M.read(path) return require "mtr.report.read".open(path) end

--- Returns the words for --output, the default first.
---@param kind string of results: "trace", "mda", "pmtu", "ping"
---@param to_file? boolean also formats that cannot go to standard output
---@return string[]
function M.words(kind, to_file)
  local words = {}
  for _, row in ipairs(BUILT_IN) do
    if to_file or not row.file then words[#words + 1] = row[kind] end
  end
  return words
end

--- Returns the name of the reporter that writes results of a kind as a word says; nil: there is
--- none.
---@param kind string of results
---@param word string
---@return string?
function M.name(kind, word)
  for _, row in ipairs(BUILT_IN) do
    if row[kind] == word then return row[1] end
  end
end

--- Returns true if a word stands for a format that is not text.
---@param word string
---@return boolean
function M.binary(word)
  for _, row in ipairs(BUILT_IN) do
    if row.binary and row[1] == word then return true end
  end
  return false
end

--- Returns all words for --output, of any kind of results.
---@return string[]
function M.formats()
  local words, seen = {}, {}
  for _, row in ipairs(BUILT_IN) do
    for _, kind in ipairs { "trace", "mda", "pmtu", "ping" } do
      local word = row[kind]
      if word and not seen[word] then seen[word], words[#words + 1] = true, word end
    end
  end
  return words
end

--- Makes the reporter that a word names.
---@param kind string of results
---@param word string one of words(kind)
---@param out? mtr.ReportOut
---@param opts? table
---@return mtr.Reporter
function M.open(kind, word, out, opts)
  local name = M.name(kind, word)
  if name then return M[name](out, opts) end
  error(("report: no reporter writes %s as %s"):format(err.show(kind), err.show(word)), 2)
end

return setmetatable(M, { __index = function(_, name)
  local all = {}
  for _, row in ipairs(BUILT_IN) do
    if row[1] == name then return require(row[2]).new end
    all[row[1]] = true
  end
  return (strict.missing("mtr.report", name, all, M))
end })
