-- SPDX-License-Identifier: MIT
--
-- Spec files side by side: one sum, failures of every kind counted, and an end that ends them all.
local run = require "spec.support.harness.run"

local RUNNER = "luajit spec/support/harness/parallel.lua "

-- A directory of spec files of that name, as words for the runner.
local function files(name, list)
  run.run("mkdir -p $DIR/" .. name)
  for file, text in pairs(list) do run.file(("%s/%s_spec.lua"):format(name, file), text) end
  return "$DIR/" .. name
end

-- Lines of the output that look like a sum, as .ci/run looks for them.
local function sums(output)
  local list = {}
  for line in output:gmatch "[^\n]+" do
    if line:find "^%d+ passed, %d+ failed, %d+ skipped$" then list[#list + 1] = line end
  end
  return list
end

describe("the runner of spec files #long", function()
  teardown(run.clean)

  local PASSES = 'it("passes", function() end)'
  local cases = {
    { "adds up", { a = PASSES, b = PASSES .. PASSES }, 0, "3 passed, 0 failed, 0 skipped" },
    { "counts what is skipped", { a = 'it("waits", function() pending "no" end)' .. PASSES }, 0,
      "1 passed, 0 failed, 1 skipped" },
    { "counts failures", { a = PASSES, b = 'it("fails", function() error "x" end)' }, 1,
      "1 passed, 1 failed, 0 skipped" },
    { "counts a file that cannot be loaded", { a = PASSES, b = "(" }, 1,
      "1 passed, 1 failed, 0 skipped" },
    { "counts a run that broke off", { a = PASSES, b = PASSES
      .. 'it("ends", function() os.exit(0) end)' }, 1, "1 passed, 1 failed, 0 skipped" },
    { "counts a run that was killed", { a = PASSES,
      b = 'it("ends", function() os.execute "kill -9 $PPID" end)' }, 1,
      "1 passed, 1 failed, 0 skipped" },
    { "runs files that measure time as well", { a = PASSES,
      b = ('describe("b #%s", function() '):format "alone" .. PASSES .. " end)" }, 0,
      "2 passed, 0 failed, 0 skipped" },
  }
  for i, case in ipairs(cases) do
    it(case[1], function()
      local got = run.run(RUNNER .. files("case" .. i, case[2]))
      assert.same({ case[3], { case[4] } }, { got.status, sums(got.out) })
      assert.equal(case[4] .. "\n", got.out:match "[^\n]*\n$")
    end)
  end

  it("does not mix what runs print", function()
    local talk = 'it("talks", function() for i = 1, 40 do io.write("%s", i, "\\n") io.flush() '
      .. 'os.execute "sleep 0.01" end error "x" end)'
    local got = run.run("JOBS=2 " .. RUNNER .. files("talk", { a = talk:format "a",
      b = talk:format "b" }))
    local order = {}
    for letter in got.out:gmatch "\n?([ab])%d+\n" do order[#order + 1] = letter end
    order = table.concat(order)
    assert(order == ("a"):rep(#order / 2) .. ("b"):rep(#order / 2)
      or order == ("b"):rep(#order / 2) .. ("a"):rep(#order / 2), order)
    assert.is_true(#order > 40)
  end)

  it("is an error without any file", function()
    local got = run.run(RUNNER .. files("none", {}))
    assert.equal(1, got.status)
    assert.same({}, sums(got.out))
  end)

  for _, signal in ipairs { "INT", "TERM" } do
    it("ends all runs on SIG" .. signal, function()
      local sleeper = 'it("sleeps", function() os.execute "echo $$ >>%s; exec sleep 50" end)'
      local pids = run.file("pids" .. signal, "")
      local words = files("sleep" .. signal, { a = sleeper:format(pids), b = sleeper:format(pids) })
      local got = run.run(("JOBS=2 %s %s & runner=$!; while [ $(wc -l <%s) -lt 2 ]; do sleep 0.02; "
        .. "done; kill -%s $runner; wait $runner"):format(RUNNER, words, pids, signal))
      assert.equal(1, got.status)
      assert(got.err:find "^parallel: ended by signal", got.err)
      assert.same({}, sums(got.out))
      for pid in io.lines(pids) do
        local state = run.run("cat /proc/" .. pid .. "/stat").out:match "%) (%a)"
        assert(state == nil or state == "Z", pid)
      end
    end)
  end
end)
