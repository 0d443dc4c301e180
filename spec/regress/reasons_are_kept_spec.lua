-- SPDX-License-Identifier: MIT
--
-- `targets = mtr.targets.file "missing"` said only that there were no targets, and the message
-- about a file that could not be opened had the reason twice.
local mtr = require "mtr"
local run = require "spec.support.harness.run"

local MISSING = "ENOENT: no such file or directory: "

describe("what is said of a file that is not there", function()
  teardown(run.clean)

  it("is the reason, once, and the file", function()
    local path = run.dir() .. "/missing"
    local _, message, name = mtr.targets.file(path)
    assert.same({ MISSING .. path, "ENOENT" }, { message, name })
    local reporter = mtr.report.jsonl(path .. "/x")
    _, message, name = reporter:start()
    assert.same({ MISSING .. path .. "/x", "ENOENT" }, { message, name })
    _, message = mtr.engine { sim = path }
    assert.equal(1, select(2, message:lower():gsub("no such file", "")), message)
    _, message = mtr.engine { sim = { nodes = { me = "10.0.0.1" } }, exclude = path }
    assert.equal(MISSING .. "exclude list " .. path, message)
  end)

  it("arrives where the targets were wanted, and once", function()
    local path = run.dir() .. "/missing"
    local wrong = "campaign: targets must be a list or an iterator of strings, got nil"
    assert.error_matches(function() mtr.campaign { targets = mtr.targets.file(path) } end,
      "campaign: targets is nil: " .. MISSING .. path, 1, true)
    local ok, message = pcall(mtr.campaign, {})
    assert.is_false(ok)
    assert.equal(wrong, message:match "campaign: .*")
  end)
end)
