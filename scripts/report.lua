#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- report: reads results from files and writes them in other formats.

local mtr = require "mtr"

local cli = mtr.cli("report", [[
usage: report [options] FILE...

Reads results from each FILE: JSON lines of this program or warts of scamper, also compressed by
gzip; "-" is standard input. Writes them as text to standard output, or as -o says.

  -o, --output FORMAT...  FORMAT or FORMAT=FILE, several times for several outputs (text)
  --only NAMES            members of jsonl to write, with commas between them
  --fields NAMES          columns of csv
  --overwrite             empty the output files first; without it they are appended to
  -h, --help              print this text

Formats: {formats any}.
The name of a FILE that is to be compressed ends in .gz. Warts is written as it was read, byte for
byte; of several files the numbers of lists and cycles are counted on.

A line of JSON that is no result is left out, and so is a last line that is cut off. How many they
were, and what is wrong with the first, is said at the end of the FILE. Warts and compressed bytes
that are damaged cannot be read any further.

examples:
  report out.warts.gz
  report -o jsonl out.warts | jq .stop_reason
  report -o html=routes.html out.warts.gz
  report -o csv=out.csv --fields dst,ttl,addr,rtt out.warts.gz
  report -o warts=all.warts.gz monday.jsonl.gz tuesday.warts

Exit status: 0 done, 1 something in a file could not be read, or a result could not be written, 2
wrong usage, 130 interrupted. What could be read is written all the same.
]])

local args = cli:parse(arg)
local status = 0

local function complain(...)
  io.stderr:write("report: ", ..., "\n")
  status = 1
end

local only, fields = cli:list "only", cli:list "fields"
local outputs = cli:outputs("text", mtr.report.formats(), function(format, path)
  return cli:call(mtr.report.any, format, path, { only = only, fields = fields, copy = true,
    overwrite = args.overwrite })
end)
for _, one in ipairs(outputs) do cli:pass(one, "start", {}) end

-- Says which lines of a file were left out.
local function complain_of_lines(file)
  local count, first = file:wrong()
  if count > 0 then
    complain(("%s: %d %s could not be read and %s in no output; the first: %s"):format(file.name,
      count, count == 1 and "line" or "lines", count == 1 and "is" or "are", first))
  end
end

local function copy(file)
  file:skip_wrong()
  while not mtr.interrupted() do
    local result, message = file:next()
    if not result then
      if message then complain(message) end
      break
    end
    for _, one in ipairs(outputs) do
      if result.type == "warts" then
        cli:pass(one, "record", result.record, result.file)
      else
        cli:pass(one, "trace", result)
      end
    end
  end
  complain_of_lines(file)
  if file:skipped() > 0 then
    io.stderr:write(("report: %s: %d records of other types skipped\n"):format(file.name,
      file:skipped()))
  end
  file:close()
end

for _, path in ipairs(args.file) do
  local file, message = mtr.report.read(path)
  if file then copy(file) else complain(message) end
end

for _, one in ipairs(outputs) do
  cli:pass(one, "finish", {})
  for kind, n in pairs(one.skipped) do
    complain(("%d results of %s cannot be written as %s"):format(n, kind, one.word))
  end
end
return status
