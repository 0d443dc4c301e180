-- SPDX-License-Identifier: MIT
--
-- A campaign was killed after its output had gone on to the next file, and before a state said so.
-- When it was resumed and ended within the file before, the next file stayed: its targets were
-- twice in the output. Now that file is removed when the campaign is resumed.
local file = require "mtr.report.output.file"
local run = require "spec.support.harness.run"
local series = require "mtr.report.output.series"

local function open(path, saved)
  local made = assert(series.new(path, { rotate = { size = 10 } }))
  if saved then made:restore(saved) end
  local ok, message, name = made:open()
  return ok and made, message, name
end

-- Writes two files up to a kill; returns the state before the second one was begun.
local function killed(path)
  local out = open(path)
  out:put("one\n", 4)
  local state = out:save()
  out:put("two\nthree\n", 10)
  assert.equal(2, out:save().part)
  out:put("four\n", 5)
  out.file:close()
  return state
end

describe("the next file of a killed campaign", function()
  teardown(run.clean)

  it("is removed when the campaign is resumed, although it ends before that file", function()
    local dir = run.dir() .. "/a"
    run.run("mkdir " .. dir)
    local out = open(dir .. "/out.txt", killed(dir .. "/out.txt"))
    out:put("two\n", 4)
    out:close()
    assert.equal("out.0001.txt\n", run.run("ls " .. dir).out)
    assert.equal("one\ntwo\n", run.read(dir .. "/out.0001.txt"))
  end)

  it("is begun anew when the file before is full again", function()
    local dir = run.dir() .. "/b"
    run.run("mkdir " .. dir)
    local out = open(dir .. "/out.txt", killed(dir .. "/out.txt"))
    out:put("four\nthree\n", 11)
    out:save()
    out:put("two\n", 4)
    out:close()
    assert.equal("one\nfour\nthree\n", run.read(dir .. "/out.0001.txt"))
    assert.equal("two\n", run.read(dir .. "/out.0002.txt"))
  end)

  it("stays if another process writes to it by now", function()
    local dir = run.dir() .. "/d"
    run.run("mkdir " .. dir)
    local state = killed(dir .. "/out.txt")
    local other = assert(file.open(dir .. "/out.0002.txt", {}))
    local out, message, name = open(dir .. "/out.txt", state)
    assert.same({ false, "EAGAIN" }, { out or false, name })
    assert.matches("/out%.0002%.txt: another process writes to it", message)
    other:close()
    assert.equal("four\n", run.read(dir .. "/out.0002.txt"))
  end)

  it("ends the campaign if it cannot be removed", function()
    local dir = run.dir() .. "/c"
    run.run("mkdir " .. dir)
    local state = killed(dir .. "/out.txt")
    run.run(("cd %s && rm out.0002.txt && mkdir -p out.0002.txt/x"):format(dir))
    local out, message, name = open(dir .. "/out.txt", state)
    assert.same({ false, "ENOTEMPTY" }, { out or false, name })
    assert.matches("removing .*/out%.0002%.txt, whose targets are traced again$", message)
  end)
end)
