-- SPDX-License-Identifier: MIT
--
-- The examples in the manuals run, over a simulated network, and the options that the tables for
-- users of other programs name exist.
local runs = require "spec.support.harness.run"
local loopback = require "spec.support.real.loopback"
local run = runs.run
local missing = loopback.missing()
local sanitized = (os.getenv "MTR_PROGRAM" or ""):find("/asan/", 1, true) ~= nil

local NET = [[
local nodes = { me = "192.0.2.1", r = "198.51.100.1" }
local links = { { "me", "r", delay = "2ms" } }
for name, addresses in pairs {
  ["example.org"] = { "203.0.113.9", "2001:db8::9", "203.0.113.0/24", tcp = { [443] = "open" } },
  ["example.net"] = { "198.18.0.9", "2001:db8:1::9" }, web = { "198.18.1.9" },
} do
  nodes[name] = addresses
  links[#links + 1] = { "r", name, delay = "3ms" }
end
nodes.me, nodes.r = { nodes.me, "2001:db8:2::1" }, { nodes.r, "2001:db8:2::2" }
return { nodes = nodes, links = links }
]]

local SHELL = [[
cd $DIR
mtrlua() {
  case "$*" in
  live\ *--report*|ping\ *-c*) seconds=20 ;;
  live*|ping*|watch*|fleet*|scamper\ *-U*|serve*) seconds=$A_WHILE ;;  # for ever: no Redis is here
  *) seconds=20 ;;
  esac
  case "$*" in *--record*|*--replay*) net= ;; *) net="--sim $DIR/net.lua" ;; esac
  timeout -k 2 $seconds $PROGRAM $net "$@"
  status=$?
  # 124, 137: it goes on for ever, as some programs do.
  case $status in 0 | 1 | 99 | 124 | 137) ;; *)
    echo "mtrlua $*: status $status" >>$DIR/faults; cat $DIR/err >>$DIR/faults ;;
  esac
  grep -q traceback $DIR/err && cat $DIR/err >>$DIR/faults
  return $status
} 2>$DIR/err
]]

local ESCAPES = { ["\\-"] = "-", ["\\e"] = "\\", ["\\(ti"] = "~", ["\\(ha"] = "^", ["\\(aq"] = "'",
  ["\\(ga"] = "`", ["\\&"] = "" }

-- The pieces of code in a page, or in one of its chapters.
local function code(page, chapter)
  local text, list = runs.read(runs.dir() .. "/doc/" .. page), {}
  if chapter then text = text:match("\n%.SH " .. chapter .. "\n(.-)\n%.SH ") or "" end
  for piece in text:gmatch "\n%.nf\n(.-)\n%.fi\n" do
    piece = piece:gsub("\\[-e&]", ESCAPES):gsub("\\%(..", ESCAPES)
    list[#list + 1] = piece
  end
  return list
end

local function pages()
  local list = {}
  for page in run("cd $DIR/doc && ls man1/*").out:gmatch "[^\n]+" do list[#list + 1] = page end
  return list
end

describe("the examples in the manuals #long", function()
  setup(function()
    runs.file("net.lua", NET)
    assert.equal("", run("build/mtrlua scripts/doc/main.lua $DIR/doc").err)
    runs.file("targets.txt", "example.org\nexample.net\n")
    runs.file("list.csv", "a,example.org\nb,example.net\n")
    -- What the examples of report read.
    for _, out in ipairs { "warts=out.warts.gz", "warts=out.warts", "jsonl=monday.jsonl.gz",
      "warts=tuesday.warts" } do
      assert.equal(0, run("cd $DIR && $OLDPWD/${MTR_PROGRAM#$OLDPWD/} --sim net.lua campaign "
        .. "-t targets.txt -o " .. out).status)
    end
  end)
  teardown(runs.clean)

  it("run in a shell", function()
    local count = 0
    for _, page in ipairs(pages()) do
      for _, piece in ipairs(code(page, "EXAMPLES")) do
        local needs_network = piece:find "%-%-record" and missing
        if piece:find "mtrlua " and not needs_network then
          count = count + 1
          runs.file("example.sh", ("PROGRAM=$(realpath $MTR_PROGRAM) A_WHILE=%d\n"):format(
            sanitized and 6 or 2) .. SHELL .. piece:gsub("\n +", " ") .. "\n")
          run("sh $DIR/example.sh </dev/null", 120)
          assert.equal("", run("cat $DIR/faults 2>/dev/null").out, page .. "\n" .. piece)
        end
      end
    end
    assert.truthy(count > 15, "only " .. count)
  end)

  it("are right Lua in mtr-lua(3), and whole scripts run", function()
    local whole = 0
    runs.file("local.lua", (NET:gsub("web = {[^}]*}", [[
      a = { "127.0.0.1" }, b = { "::1" }, c = { "127.0.0.2" } ]])))
    for _, piece in ipairs(code "man3/mtr-lua.3") do
      assert(loadstring(piece), piece)
      if piece:find '^local mtr = require "mtr"' then
        whole = whole + 1
        runs.file("example.lua", piece)
        local got = run "$MTR_PROGRAM --sim $DIR/local.lua $DIR/example.lua"
        assert.same({ 0, "" }, { got.status, got.err }, piece)
        assert.truthy(#got.out > 0, piece)
      end
    end
    assert.truthy(whole >= 6)
  end)
end)

describe("the tables for users of other programs", function()
  local report = require "mtr.report"

  local function options_of(program)
    local help, names = run("$MTR_PROGRAM " .. program .. " --help").out, {}
    for line in help:gmatch "\n  (%-[^\n]*)" do
      for name in (line:match "^(.-)  " or line):gmatch "%-[%w-]+" do names[name] = true end
    end
    return names
  end

  it("name options and programs that exist", function()
    local text, rows = runs.read "scripts/doc/pages/mtrlua.md", 0
    local known = { [""] = options_of "" }
    local tables = text:match "# For users of other programs\n(.-)\n# "
    for cell in tables:gmatch "\n|[^|\n]+| ([^|\n]+) |" do
      local program = "trace"
      for part in cell:gmatch "[^;,]+" do
        if part:find "^ ?mtrlua " then program = part:match "^ ?mtrlua (%l%S*)" or "" end
        for option in (" " .. part):gmatch "%f[%S]%-[%w-]+" do
          known[program] = known[program] or options_of(program)
          assert.truthy(known[program][option], cell .. ": " .. program .. " has no " .. option)
          rows = rows + 1
        end
        local word = part:match "%-o (%l+)"
        assert.truthy(not word or report.name("trace", word), cell)
        known[program] = known[program] or options_of(program)
        assert.truthy(next(known[program]), cell .. ": there is no " .. program)
      end
    end
    assert.truthy(rows > 50, "only " .. rows)
  end)
end)
