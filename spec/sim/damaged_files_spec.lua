-- SPDX-License-Identifier: MIT
--
-- Files from elsewhere that are damaged: results (warts, JSON lines), lists of targets and of what
-- to leave out, tables of AS numbers. Whatever the bytes are, reading them ends, and what is wrong
-- is returned, not raised. The damage comes from a seed; MTR_MUTATIONS says how much of it.
local mtr = require "mtr"
local pfx2as = require "mtr.names.pfx2as"
local random = require "spec.support.harness.random"
local read = require "mtr.report.read"
local run = require "spec.support.harness.run"

local CORPUS = "spec/fuzz/corpus/"
local MUTATIONS = tonumber(os.getenv "MTR_MUTATIONS" or 12)
local MOST = 100000                    -- items that are read of a file

-- Ways to damage text, each at a place of it.
local WAYS = {
  function(text, at, r)
    return text:sub(1, at - 1) .. string.char(r(256) - 1) .. text:sub(at + 1)
  end,
  function(text, at) return text:sub(1, at - 1) end,
  function(text, at, r) return text:sub(1, at - 1) .. text:sub(at + r(8)) end,
  function(text, at, r) return text:sub(1, at) .. text:sub(at, at + r(40)) .. text:sub(at + 1) end,
  function(text, at, r) return text:sub(1, at) .. ("\255"):rep(r(9)) .. text:sub(at + 1) end,
  function(text, at) return text:sub(1, at) .. "\0\n" .. text:sub(at + 1) end,
  function(text, at, r)                -- a number: one more, or as large as it gets
    local value = text:byte(at) + (r(2) == 1 and 1 or 127)
    return text:sub(1, at - 1) .. string.char(value % 256) .. text:sub(at + 1)
  end,
}

local function damaged(text, r)
  for _ = 1, r(3) do
    if text == "" then return text end
    text = WAYS[r(#WAYS)](text, r(#text), r)
  end
  return text
end

local function results(path)
  local file, message = read.open(path)
  if not file then return message end
  local count = 0
  for result in file:results() do
    count = count + 1
    if result.json then assert(#result:json() > 0) end
    assert(count < MOST)
  end
  file:close()
  return file.problem
end

-- Targets, of which some are left out.
local function targets(path, exclude)
  local count, list = 0, mtr.targets.file(path)
  if exclude then list = mtr.targets.list { "10.1.2.3", "192.0.2.7" }:exclude(path) end
  for target in list:shuffle(1) do
    assert(type(target) == "string" and not target:find "\n")
    count = count + 1
    if count > MOST then break end
  end
end

local function as_numbers(path)
  local table, message = pfx2as.load { path }
  return table and table.first or message
end

local FILES = {
  { "warts/trace-icmp", results }, { "warts/trace-pmtud", results }, { "warts/ping", results },
  { "warts/tracelb-diamond", results }, { "results/jsonl", results },
  { "lists/targets", targets }, { "lists/exclude", function(path) targets(path, true) end },
  { "lists/pfx2as", as_numbers },
}

-- What a loop over targets raises, because it can return nothing.
local function told(problem)
  problem = tostring(problem)
  return problem:find "^targets%.file: E%u+: " or problem:find "^targets%.list: E%u+: exclude list "
end

describe("a damaged file ends with a message:", function()
  teardown(run.clean)

  for _, case in ipairs(FILES) do
    it(case[1], function()
      local text, r = run.read(CORPUS .. case[1]), random(#case[1])
      for i = 1, MUTATIONS do
        local ok, problem = pcall(case[2], run.file("file", damaged(text, r)))
        assert.is_true(ok or told(problem) ~= nil, ("damage %d: %s"):format(i, tostring(problem)))
      end
    end)
  end
end)
