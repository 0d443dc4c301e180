-- SPDX-License-Identifier: MIT
--
-- The reporter that writes results as a page for a browser: one file that needs nothing else. The
-- page draws all routes as one graph, with a table of the traces, the RTT of each hop, and the
-- changes of the paths of targets that were traced several times.
--
-- The file has the page first, and then the records, one in each line (mtr.report.html.record says
-- what is in them). The page reads them when it is opened. So records are written as the results
-- come, no trace stays in memory, and the file is a page at any time: after ^C, on a full disk,
-- when the process was killed. A file that is a page already gets further records.
--
-- Text that came from the network is data for the page and never markup: record writes each "<" as
-- an escape, the page makes elements without it, and the browser runs only the script and the style
-- whose hashes are in the head.
--
-- Names and networks of addresses are those that the results carry, or else those that mtr.names
-- knows by then, if the program uses it; what is still looked up is asked for again once a second
-- and at the end. Special addresses, such as private ones, have their class.

---@class mtr.Reports
---@field html fun(out?: mtr.ReportOut, opts?: mtr.SinkOptions): mtr.Reporter a page for a browser

local page = require "mtr.report.html.page"
local record = require "mtr.report.html.record"
local Sink = require "mtr.report.sink"
local each = require "mtr.base.each"

local OPEN = '<script type="application/json" class="records">\n'
local CLOSE = "</script>\n"

local HEAD = table.concat { [[
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'; ]],
  "form-action 'none'; script-src 'sha256-", page.script_hash, "'; style-src 'sha256-",
  page.style_hash, [['">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Routes</title>
<style>]], page.style, "</style>\n</head>\n<body>\n", page.body, "<script>", page.script,
  "</script>\n", OPEN }

---@class mtr.HtmlReporter: mtr.Reporter
---@field sink mtr.Sink
---@field resumed? boolean
---@field named table<string, "class"|"name"> addresses of which that is in the file
---@field asked table<string, true> addresses whose names are looked up
---@field peek? fun(addr: string): string?, mtr.Origin?
local Html = {}

--- Opens the file and writes the page.
function Html:start()
  local ok, message, name = self.sink:open(HEAD, CLOSE)
  if not ok or self.sink:fresh() or self.resumed then return ok, message, name end
  return self.sink:write(OPEN)
end

-- Writes what is known of an address; returns false if that is nothing.
local function write_name(self, addr, name, origin)
  if not name and not origin then return false end
  local label_only = not name and not origin.asn
  if label_only and self.named[addr] then return true end
  self.named[addr] = label_only and "class" or "name"
  return self.sink:write(record.name(addr, name, origin))
end

-- Writes what is known of the address of a reply, or asks for it.
local function introduce(self, reply)
  local addr = reply.addr
  if not addr or self.named[addr] == "name" or self.asked[addr] then return end
  local name, origin = rawget(reply, "name"), rawget(reply, "origin")
  if self.peek and not name and not origin then
    name, origin = self.peek(addr)
    self.asked[addr] = not name and not origin or nil
  end
  write_name(self, addr, name, origin)
end

-- Does so for all addresses of a result.
local function introduce_all(self, result)
  for _, hop in ipairs(result.hops) do
    local addr, class = hop.addr, hop.addr_class
    if addr and class and not self.named[addr] then
      self.named[addr] = "class"
      self.sink:write(record.name(addr, nil, { label = class }))
    end
    for _, reply in ipairs(hop.replies) do introduce(self, reply) end
  end
  local mda = rawget(result, "mda")
  for addr, item in each(mda and rawget(mda, "names") or {}) do
    if self.named[addr] ~= "name" then write_name(self, addr, item.name, item.origin) end
  end
end

-- Writes the names that have come.
local function answer(self)
  local ok, message, name = true, nil, nil
  local asked = {}
  for addr in pairs(self.asked) do asked[#asked + 1] = addr end
  table.sort(asked)
  for _, addr in ipairs(asked) do
    local known
    known, message, name = write_name(self, addr, self.peek(addr))
    if known then self.asked[addr] = nil end
    ok = ok and (known ~= nil)
  end
  return ok or nil, message, name
end

--- Writes one result.
---@param result mtr.BorrowedResult
function Html:trace(result)
  introduce_all(self, result)
  return self.sink:write(record.trace(result))
end

--- Writes what was collected.
function Html:update()
  if self.peek then
    local ok, message, name = answer(self)
    if not ok then return nil, message, name end
  end
  return self.sink:update()
end

--- Writes the last names and closes the file.
function Html:finish()
  if not self.peek then return self.sink:close() end
  return self.sink:end_with(answer(self))
end

--- Goes on behind what save() has said.
---@param data table
function Html:restore(data)
  self.resumed = true
  return self.sink:restore(data)
end

local M = Sink.reporter("html", Html, { buffered = true })
local new = M.new

--- Makes a reporter.
---@param out? mtr.ReportOut
---@param opts? mtr.SinkOptions
---@return mtr.HtmlReporter
function M.new(out, opts)
  local self = new(out, opts)
  local names = package.loaded["mtr.names"]
  self.named, self.asked = {}, {}
  self.peek = names and names.peek or nil
  return self
end

return M
