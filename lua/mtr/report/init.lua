-- SPDX-License-Identifier: MIT
--
-- The reporters that come with the library.
--
--     mtr.report.jsonl "out.jsonl"            -- to the end of this file; "-" or nothing: standard
--                                             -- output
--     mtr.report.text(print_it, { queries = 3 })     -- to a function
--
-- A reporter is any table with some of the methods of mtr.Reporter. A built-in reporter is a file
-- of this directory that returns { new = function(out, opts) } and adds itself to mtr.Reports, and
-- one line in the table below; it is loaded when it is first used.

local err = require "mtr.base.err"
local strict = require "mtr.base.strict"

---@class mtr.ReportMeta what start() gets
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
---@field unpacked? fun(self: mtr.Reporter, result: mtr.UnpackedResult): any, string?, string?
---likewise: takes a result of which it needs no member
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

-- The name of each reporter, which is also that of its file; and for each kind of results that it
-- writes, its word for the option --output of programs. The first word of a kind is the default.
-- `says` is what --help says of it; `binary`: it is not text; `file`: it needs the name of a file.
local BUILT_IN = {
  { "text", trace = "text" },
  { "mda", mda = "text" },
  { "pmtu", pmtu = "text" },
  { "ping", ping = "text" },
  { "dot", mda = "dot", says = "for Graphviz" },
  { "jsonl", trace = "jsonl", mda = "jsonl", pmtu = "jsonl", ping = "jsonl",
    says = "a line of JSON for each result" },
  { "warts", trace = "warts", mda = "warts", pmtu = "warts", ping = "warts", binary = true,
    says = "scamper's format" },
  { "json", trace = "json", mda = "json", pmtu = "json", says = "one document of JSON" },
  { "csv", trace = "csv", mda = "csv", says = "a row for each reply" },
  { "table", trace = "table", says = "like mtr --report" },
  { "mtr", trace = "mtr", says = "like mtr --json" },
  { "caracal", trace = "caracal", mda = "caracal", says = "its CSV" },
  { "saimiris", trace = "saimiris", mda = "saimiris", says = "the columns of its table, as CSV" },
  { "routes", trace = "dot", says = "routes for Graphviz" },
  { "prometheus", trace = "prometheus", says = "counters" },
  { "sqlite", trace = "sqlite", mda = "sqlite", file = true, says = "a database" },
  { "html", trace = "html", mda = "html", pmtu = "html", says = "a page for a browser" },
  { "progress" },
  { "scamper", trace = "scamper", mda = "scamper", pmtu = "scamper", ping = "scamper",
    says = "its JSON" },
  { "atlas", trace = "atlas", ping = "atlas", says = "RIPE Atlas' JSON" },
  { "any" },
}

--- The reporters; each file adds its own.
---@class mtr.Reports
local M = {}

local KINDS = { "trace", "mda", "pmtu", "ping" }

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

--- Returns the formats with what they are, each once.
---@param kind string of results, or "any"
---@return { word: string, says?: string, file?: boolean }[]
function M.list(kind)
  local list, seen = {}, {}
  for _, row in ipairs(BUILT_IN) do
    for _, one in ipairs(kind == "any" and KINDS or { kind }) do
      local word = row[one]
      if word and not seen[word] then
        seen[word], list[#list + 1] = true, { word = word, says = row.says, file = row.file }
      end
    end
  end
  return list
end

--- Returns all words for --output, of any kind of results.
---@return string[]
function M.formats()
  local words = {}
  for i, format in ipairs(M.list "any") do words[i] = format.word end
  return words
end

--- Returns what the help text of a program says of the formats.
---@param kind string of results, or "any"
---@param default? string the word that the program takes without --output, if it is not the first
---@return string
function M.about(kind, default)
  local parts = {}
  for i, format in ipairs(M.list(kind)) do
    local word, at = format.word, i
    local text = word .. (format.file and "=FILE" or "")
    if word == default or not default and i == 1 then text, at = text .. " (default)", 1 end
    table.insert(parts, at, text .. (format.says and ": " .. format.says or ""))
  end
  return table.concat(parts, "; ")
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
    if row[1] == name then return require("mtr.report." .. name).new end
    all[row[1]] = true
  end
  return (strict.missing("mtr.report", name, all, M))
end })
