-- SPDX-License-Identifier: MIT
--
-- A watch whose state file could not be written after it had begun ended target by target, with
-- tracebacks. Now it says so once, goes on with what it knows, and saves that when it can.
local mtr = require "mtr"
local run = require "spec.support.harness.run"
local simulated = require "spec.support.virtual.simulated"

local REASON = "^ENOENT: no such file or directory: saving the state [^\n]+"

-- Watches two targets; their directory of the state is moved away after the round `gone` and comes
-- back after the round `back`. Returns what run() returned, what was said, how many rounds there
-- were, and the state.
local function watch(dir, gone, back)
  local said, rounds, got, path = {}, 0, nil, dir .. "/state"
  os.execute(("mkdir '%s'"):format(dir))
  local function on_round()
    rounds = rounds + 1
    if rounds == gone then assert(os.rename(dir, dir .. ".gone")) end
    if rounds == back then assert(os.rename(dir .. ".gone", dir)) end
  end
  simulated.with(simulated.chain(2), function(engine)
    local watcher = assert(mtr.watch { targets = { "203.0.113.9", "10.0.0.1" }, every = "1s",
      rounds = 40, engine = engine, state = path, on_round = on_round,
      say = function(message) said[#said + 1] = message end })
    got = { watcher:run() }
  end)
  return got, said, rounds, path
end

describe("a watch whose state cannot be written any more", function()
  teardown(run.clean)

  it("goes on, says so once, and fails at its end", function()
    local got, said, rounds = watch(run.dir() .. "/lost", 6)
    assert.same({ 80, 1, "ENOENT" }, { rounds, #said, got[3] })
    assert.matches(REASON .. "; what is known is kept, and saved when that is possible$", said[1])
    assert.matches(REASON .. "$", got[2])
  end)

  it("saves what it knows when it can", function()
    local got, said, rounds, path = watch(run.dir() .. "/back", 6, 30)
    assert.same({ { true }, 80, 2 }, { got, rounds, #said })
    assert.matches(REASON, said[1])
    assert.equal(("the state %s is saved again"):format(path), said[2])
    assert.truthy(run.read(path):find("203.0.113.9", 1, true))
  end)

  it("ends as a program with status 1 and one line for each, without a traceback", function()
    run.file("net.lua", [[return { nodes = { me = "192.0.2.1", web = "203.0.113.9" },
      links = { { "me", "web", delay = "1ms" } } }]])
    run.file("gone.lua", [[local mtr, dir = require "mtr", os.getenv "DIR" .. "/d"
      local watch = mtr.watch
      function mtr.watch(opts)
        function opts.on_round() os.execute(("rm -rf '%s'"):format(dir)) end
        return watch(opts)
      end]])
    local got = run.run [[mkdir "$DIR/d"; "$MTR_PROGRAM" --sim "$DIR/net.lua" -e \
      'dofile(os.getenv "DIR" .. "/gone.lua")' watch --every 30s --rounds 9 \
      --state "$DIR/d/state" -o jsonl="$DIR/out" 203.0.113.9]]
    assert.equal(1, got.status)
    assert.matches("^watch: ENOENT[^\n]+is possible\nwatch: ENOENT[^\n]+/state\n$", got.err)
    assert.equal(1, #run.records(run.read(run.dir() .. "/out")))
  end)
end)
