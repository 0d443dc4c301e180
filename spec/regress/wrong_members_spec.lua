-- SPDX-License-Identifier: MIT
--
-- A line of JSON whose members had wrong kinds raised in reporters: `"rtt":"x"` ended a drain, or a
-- conversion, with a traceback. Such lines are refused as they are read, with a message; what is
-- read can be written in every format, and shows no control characters.
local cjson = require "cjson"
local full_line = require "spec.support.virtual.full_line"
local mtr = require "mtr"
local run = require "spec.support.harness.run"

local VALUES = { "x", "\27[31m\n", -1, 1.5, 0, 255, 65536, 4294967296, 1e300, true, false, {},
  { 1 }, { "x" }, { a = 1 }, { {} } }

-- Reads a line of JSON as a file of results does.
local function read(line)
  local input = { name = "lines", problem = function() end }
  function input.line()
    local text = line
    line = nil
    return text, text ~= nil
  end
  return require "mtr.report.read.jsonl".new(input):next()
end

describe("a line of JSON with a member of a wrong kind", function()
  teardown(run.clean)

  it("is refused with a message, or written in every format", function()
    local reporters, n, refused = {}, 0, 0
    for _, word in ipairs(mtr.report.formats()) do
      reporters[word] = mtr.report.any(word, run.dir() .. "/" .. word, {})
      assert(reporters[word]:start {})
    end
    for _, kind in ipairs(full_line.KINDS) do
      full_line.each_change(kind, VALUES, function(line, at, value)
        local text = cjson.encode(line)
        local result, message = read(text)
        n = n + 1
        if not result then
          assert.matches("^EBADMSG: lines: line 1: this is no result of mtrlua", message)
          refused = refused + 1
        end
        for word, reporter in pairs(result and reporters or {}) do
          local ok, done, problem = pcall(reporter.trace, reporter, read(text))
          assert(ok and done, ("%s: %s %s = %s: %s"):format(word, kind, at, cjson.encode(value),
            tostring(ok and problem or done)))
        end
      end)
    end
    assert.is_true(n > 3000 and refused > n / 2 and refused < n)
    for word, reporter in pairs(reporters) do
      assert(reporter:finish {})
      if not mtr.report.binary(word) and word ~= "sqlite" then
        local raw = run.read(run.dir() .. "/" .. word):match "[%z\1-\8\11-\12\14-\31\127].*"
        assert.is_nil(raw and word .. ": " .. raw:sub(1, 60))
      end
    end
  end)
end)
