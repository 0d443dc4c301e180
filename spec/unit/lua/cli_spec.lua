-- SPDX-License-Identifier: MIT
--
-- What programs share: options off the help text, wrong usage, output in the order of the targets,
-- reporters that are told in that order.
local run = require "spec.support.harness.run"

local HELP = [[
usage: demo [options] TARGET...

  -4                      IPv4 only
  -q                      quiet
  -c, --count N           how many (3)
  -w, --timeout WAIT      how long (2s)
  -s, --source ADDRESS    from where
  --dont-fragment         a flag
  -o, --output FORMAT     text (default), dot or jsonl
  -h, --help              this text

examples:
  demo -c 5 x
]]

local PROGRAM = ([==[
local mtr = require "mtr"
local cli = mtr.cli("demo", [[%s]], { ["-q"] = { "quiet", true } })
local args = cli:parse(arg)
local format = cli:choice("output", { "text", "dot", "jsonl" })
local words = {}
for name, value in pairs(args) do
  words[#words + 1] = name .. "=" .. (name == "target" and table.concat(value, ",")
    or type(value):sub(1, 1) .. tostring(value))
end
table.sort(words)
if args.count == 99 then
  cli:call(error, "demo.lua:1: trace: count must be 1..9, got 99", 0)
elseif args.count == 98 then
  cli:call(error, "a bug of ours", 0)
elseif args.count == 96 or args.count == 1.5 then
  cli:number("count", 1, 95, 3)
elseif args.count == 97 then
  -- The first to begin is the last to end; all have said something by then.
  local before = { mtr.semaphore(0), mtr.semaphore(0), mtr.semaphore(0) }
  return cli:each(args.target, function(target, put, i)
    put(target .. 1 .. " ")
    if before[i] then before[i]:acquire() end
    put(target .. 2 .. " ")
    if i > 1 then before[i - 1]:release() end
    if target == "never" then return nil, "no way" end
    if target == "bug" then error "oh no" end
    return target ~= "bad"
  end)
end
cli:write(format .. " " .. table.concat(words, " ") .. "\n")
]==]):format(HELP)

-- The first target is the last to end, so all hops of the others wait for their turn.
local REPORTING = [==[
local mtr = require "mtr"
local cli = mtr.cli("demo", [[%s]])
local args = cli:parse(arg)
local reporter = {}
local function say(...) cli:write(table.concat({ ... }, " ") .. "\n") end
function reporter:start() say "start" end
function reporter:begin(target) say("begin", target) end
function reporter:hop(trace, hop) say("hop", trace.target, hop.ttl, hop.addr, #hop.replies) end
function reporter:trace(result)
  if args.count == 7 then return nil, "EIO: no more", "EIO" end
  say("trace", result.target, result.stop_reason)
  return true
end
function reporter:finish() say "finish" end
if args.count == 5 then reporter.hop = nil end
local others = mtr.semaphore(0)
return cli:report(args.target, reporter, function(target, on_hop)
  if target == args.target[1] then others:acquire() end
  local result, message = mtr.trace(target, { on_hop = on_hop, queries = 2 })
  if target == args.target[2] then others:release() end
  return result, message
end, args.count == 4 and function(result) return result.hop_count == 3 end or nil)
]==]
REPORTING = REPORTING:format(HELP)

describe("mtr.cli", function()
  local function demo(words, after)
    run.file("demo.lua", PROGRAM)
    return run.run('"$MTR_PROGRAM" "$DIR/demo.lua" ' .. words .. (after or ""))
  end

  teardown(run.clean)

  for words, want in pairs {
    ["a"] = "text target=a",
    ["a b c"] = "text target=a,b,c",
    ["-4 -q --dont-fragment a"] = "text dont_fragment=btrue family=n4 quiet=btrue target=a",
    ["-c 5 --source ::1 a"] = "text count=n5 source=s::1 target=a",
    ["--count many a"] = "text count=smany target=a",
    ["-w 2 a"] = "text target=a timeout=s2s",
    ["--timeout 250ms a"] = "text target=a timeout=s250ms",
    ["-o dot a"] = "dot output=sdot target=a",
    ["-o dot=a=b a"] = "dot output=sdot target=a",
  } do
    it("understands " .. words, function()
      local got = demo(words)
      assert.same({ 0, "" }, { got.status, got.err })
      assert.equal(want .. "\n", got.out)
    end)
  end

  it("reads targets from standard input", function()
    run.file("list", "x\n# a comment\n  y  # another\n\nz\n")
    local got = demo('a - b', ' <"$DIR/list"')
    assert.equal("text target=a,x,y,z,b\n", got.out)
  end)

  it("prints its help", function()
    for _, word in ipairs { "-h", "--help", "-c 3 --help x" } do
      local got = demo(word)
      assert.same({ 0, "" }, { got.status, got.err })
      assert.equal(HELP .. "\n", got.out)
    end
  end)

  for words, message in pairs {
    [""] = "missing argument 'target'",
    ["--cuont 3 a"] = "unknown option '%-%-cuont'",
    ["-w soon a"] = "%-%-timeout must be such as 2 %(seconds%) or 250ms, got 'soon'",
    ["-o xml a"] = "%-%-output must be text, dot or jsonl, got 'xml'",
    ["-c 99 a"] = "%-%-count must be 1..9, got 99",
    ["-c 96 a"] = "%-%-count must be 1%.%.95, got 96",
    ["-c 1.5 a"] = "%-%-count must be 1%.%.95, got 1.5",
  } do
    it(("says what is wrong with '%s'"):format(words), function()
      local got = demo(words)
      assert.same({ 2, "" }, { got.status, got.out })
      assert.truthy(got.err:find("^demo: " .. message))
      assert.truthy(got.err:find "try: demo %-%-help\n$")
    end)
  end

  -- Targets, then what is written of them, the status, and patterns of standard error.
  for _, case in ipairs {
    { "a b c d", "a1 a2 b1 b2 c1 c2 d1 d2 ", 0, "^$" },
    { "a bad c d", "a1 a2 bad1 bad2 c1 c2 d1 d2 ", 1, "^$" },
    { "a b c never", "a1 a2 b1 b2 c1 c2 never1 never2 ", 1, "^demo: never: no way\n$" },
    { "a bug c d", "a1 a2 bug1 bug2 c1 c2 d1 d2 ", 1, "oh no.*traceback" },
  } do
    local words, out, status, problem = unpack(case)
    it("does " .. words .. " side by side, and tells of them in turn", function()
      local got = demo("-c 97 " .. words)
      assert.same({ status, out }, { got.status, got.out })
      assert.truthy(got.err:find(problem))
    end)
  end

  it("does not call a bug wrong usage", function()
    local got = demo "-c 98 a"
    assert.equal(1, got.status)
    assert.truthy(got.err:find "a bug of ours")
  end)

  it("ends with status 1 when nothing can be written", function()
    local got = demo("a", " >/dev/full")
    assert.equal(1, got.status)
    assert.truthy(got.err:find "^demo: standard output: No space left on device")
  end)

  local function report(words)
    run.file("report.lua", REPORTING)
    return run.run('"$MTR_PROGRAM" --sim spec/sim/topologies/plain.lua --seed 1 '
      .. '"$DIR/report.lua" ' .. words)
  end

  local HOPS = { web = "198.18.0.1 198.18.0.2 203.0.113.9", ["198.18.0.1"] = "198.18.0.1" }

  -- What a reporter is told of a target.
  local function told(target, hops)
    local lines, ttl = { "begin " .. target .. "\n" }, 0
    for addr in (hops and HOPS[target] or ""):gmatch "%S+" do
      ttl = ttl + 1
      lines[#lines + 1] = ("hop %s %d %s 2\n"):format(target, ttl, addr)
    end
    if HOPS[target] then lines[#lines + 1] = "trace " .. target .. " completed\n" end
    return table.concat(lines)
  end

  it("gives a reporter one target after another, hops as they settle", function()
    local got = report "web 198.18.0.1 nowhere"
    assert.equal("start\n" .. told("web", true) .. told("198.18.0.1", true) .. told "nowhere"
      .. "finish\n", got.out)
    assert.equal(1, got.status)
    assert.truthy(got.err:find "^demo: nowhere: ENOENT: [^\n]*\n$")
  end)

  it("does not call a method that a reporter does not have", function()
    local got = report "-c 5 web 198.18.0.1"
    assert.same({ 0, "start\n" .. told "web" .. told "198.18.0.1" .. "finish\n", "" },
      { got.status, got.out, got.err })
  end)

  it("asks whether all is well, if it knows whom to ask", function()
    assert.equal(0, report("-c 4 web 203.0.113.9").status)
    assert.equal(1, report("-c 4 web 198.18.0.1").status)
  end)

  it("ends with status 1 when a reporter fails", function()
    local got = report "-c 7 web 198.18.0.1"
    assert.same({ 1, "demo: EIO: no more\n" }, { got.status, got.err })
    assert.is_nil(got.out:find "finish")
  end)
end)
