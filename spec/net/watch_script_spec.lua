-- SPDX-License-Identifier: MIT
--
-- scripts/watch.lua over kernel routers whose routes change while it runs.
local cjson = require "cjson"
local lab = require "spec.lab.lab"
local run = require "spec.support.harness.run"

local privileged, reason = lab.available()

local WATCH = '"$MTR_PROGRAM" scripts/watch.lua --every 200ms -w 300ms '

describe("watch", function()
  local l

  setup(function() l = privileged and assert(lab.up("diamond", {})) end)
  teardown(function() return l and l:down() end)
  teardown(run.clean)

  local function route(words)
    assert(l:exec(("ip route replace %s"):format(words), "r1"))
  end

  local LEFT, RIGHT = "10.0.0.0/8 via 10.0.2.2 dev m1", "10.0.0.0/8 via 10.0.3.2 dev m2"

  -- Starts it; returns a function that returns its next event, and one that ends it.
  local function start(words)
    local pipe = assert(io.popen(l:command(("echo $$; exec env DIR='%s' sh -c 'exec %s %s'"):format(
      run.dir(), WATCH, words)) .. "; echo status $?"))
    local pid = pipe:read "*l"
    return function() return cjson.decode(pipe:read "*l") end, function()
      os.execute("kill -TERM " .. pid)
      local rest = pipe:read "*a"
      pipe:close()
      return rest
    end
  end

  local function changes(event)
    local list = {}
    for i, one in ipairs(event.changes) do list[i] = one.change .. " " .. one.addr end
    return table.concat(list, ", ")
  end

  it("tells that a route has changed, that a target is gone and that it is back", function()
    if not privileged then pending(reason) end
    route(LEFT)
    local event, stop = start('-o jsonl -o prometheus="$DIR/prom" --state "$DIR/state" '
      .. '--exec "cat >>$DIR/exec" 2>/dev/null ' .. l.dst4)
    local first = event()
    assert.same({ "first", true, { "10.0.1.2", "10.0.2.2", "10.0.4.2", l.dst4 } },
      { first.event, first.reachable, first.path })
    route(RIGHT)
    local moved = event()
    assert.same({ "path", "removed 10.0.2.2, added 10.0.3.2" }, { moved.event, changes(moved) })
    route "blackhole 10.0.0.0/8"
    assert.equal("unreachable", event().event)
    route(RIGHT)
    local back = event()
    assert.equal("reachable", back.event)
    assert.is_true(back.after > 0)
    local rest = stop()
    assert.truthy(rest:find "status 143", rest)
    local metrics = run.read(run.dir() .. "/prom")
    assert.truthy(metrics:find(('mtr_watch_reachable{target="%s"} 1\n'):format(l.dst4), 1, true))
    assert.truthy(metrics:find('mtr_watch_path_changes_total{[^}]*} 1\n'))
    local told = {}
    for line in run.read(run.dir() .. "/exec"):gmatch "[^\n]+" do
      told[#told + 1] = cjson.decode(line).event
    end
    assert.same({ "first", "path", "unreachable" }, { told[1], told[2], told[3] })

    route(LEFT)
    event, stop = start('-o jsonl --state "$DIR/state" ' .. l.dst4)
    local again = event()
    assert.same({ "path", "removed 10.0.3.2, added 10.0.2.2" }, { again.event, changes(again) })
    assert.truthy(stop():find "status 143")
  end)

  it("gives text of the network to a command only as its input", function()
    if not privileged then pending(reason) end
    local evil = "$(touch${IFS}$OWNED)`touch${IFS}$OWNED`"
    run.file("targets", evil .. "\n" .. l.dst4 .. "\n")
    local got = run.run(l:command(("env DIR='%s' OWNED='%s/owned' sh -c '%s'"):format(
      run.dir(), run.dir(), WATCH
      .. '--rounds 1 -o text="$DIR/text" -t "$DIR/targets" --exec "cat >>$DIR/got"')))
    assert.same({ 0, "" }, { got.status, got.err })
    local told = {}
    for line in run.read(run.dir() .. "/got"):gmatch "[^\n]+" do
      local event = cjson.decode(line)
      told[event.target] = event.event
    end
    assert.same({ [evil] = "error", [l.dst4] = "first" }, told)
    assert.is_nil(io.open(run.dir() .. "/owned"))
    assert.truthy(run.read(run.dir() .. "/text"):find(l.dst4 .. ": reached at hop 4", 1, true))
  end)

  it("refuses what it cannot do", function()
    for words, text in pairs {
      [""] = "give the targets either as words or with %-%-targets",
      ["-t x y"] = "give the targets either as words or with %-%-targets",
      ["-o csv 192.0.2.1"] = "must be one of text, jsonl, prometheus",
      ["--rounds 0 192.0.2.1"] = "rounds must be 1%.%.",
      ["--flows 65 192.0.2.1"] = "flows must be 1%.%.64",
      ["-m 300 192.0.2.1"] = "%-%-max%-ttl must be 1%.%.255",
    } do
      local got = run.run(WATCH .. words)
      assert.equal(2, got.status, words .. got.err)
      assert.truthy(got.err:find(text), got.err)
    end
  end)
end)
