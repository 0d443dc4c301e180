-- SPDX-License-Identifier: MIT
--
-- The mtrlua command line, from outside: what it runs, says and returns.
local runs = require "spec.support.harness.run"
local run = runs.run

local sanitized = (os.getenv "MTR_PROGRAM" or ""):find("/asan/", 1, true) ~= nil

local ABI = runs.read "core/mtr.h":match "MTR_ABI = (%d+)"

-- What is said of the first signal.
local SAID = "^mtrlua: interrupted\n$"

-- What the commands may use: mtrlua, and `unread`, which runs a command whose output is a pipe that
-- has lost its reader. (Behind "| true" the reader may live longer than the command.)
local SHELL = [[
mtrlua() { "$MTR_PROGRAM" "$@"; }
unread() {
  rm -f "$DIR/pipe" && mkfifo "$DIR/pipe" || exit 99
  (exec 3<>"$DIR/pipe" 4>"$DIR/pipe" 3>&-; "$@" >&4)
}
]]

-- name, command, status, then patterns of standard output and standard error ("" is nothing).
local cases = {
  { "prints its versions", "mtrlua -v", 0,
    "^mtrlua %d+%.%d+%.%d+ %(ABI " .. ABI .. ", LuaJIT 2%.1[^,]*, JIT on, libuv 1[%d.]+%)\n$", "" },
  { "prints its versions (long)", "mtrlua --version", 0, "^mtrlua ", "" },
  { "prints its usage", "mtrlua --help", 0, "^usage: mtrlua .*%-%-transport.*Exit status", "" },
  { "needs a script", "mtrlua", 2, "", "no script given.*usage: mtrlua" },
  { "names an unknown option and the nearest", "mtrlua --trnsport=raw x.lua", 2, "",
    "unknown option '%-%-trnsport=raw'; the nearest is %-%-transport\n" },
  { "refuses unknown short options", "mtrlua -x", 2, "", "unknown option '%-x'" },
  { "does not shorten options", "mtrlua --vers", 2, "", "nearest is %-%-version" },
  { "wants a value", "mtrlua --seed", 2, "", "%-%-seed needs a value" },
  { "wants a chunk", "mtrlua -e", 2, "", "%-e needs a chunk" },
  { "checks words", "mtrlua --transport=pigeon x", 2, "",
    "'pigeon' is not one of auto|raw|packet|mtr%-packet|user|sim" },
  { "checks empty words", "mtrlua --log= x", 2, "", "'' is not one of error|warn|info|debug" },
  { "checks numbers", "mtrlua --seed 12x x", 2, "", "%-%-seed: '12x' is not a number" },
  { "checks signs", "mtrlua --mark -1 x", 2, "", "%-%-mark: '%-1' is not a number" },
  { "checks ranges", "mtrlua --seed 4294967296 x", 2, "", "from 0 to 4294967295" },
  { "checks what the Lua layer understands", "mtrlua --rate soon -e 'print(1)'", 2, "",
    "^mtrlua: %-%-rate [^\n]*soon" },
  { "gives options to the Lua layer",
    "mtrlua --rate=100/s --seed 7 --log debug --source4 192.0.2.1 -e "
      .. "'o = require[[mtr.program]].options print(o.rate, o.seed, o.log, o.source4, o.mark)'",
    0, "^100/s\t7\tdebug\t192.0.2.1\tnil\n$", "" },

  { "gives the files of recordings to the Lua layer",
    "mtrlua --record a/b --replay=c -e 'x = 1' 2>&1; mtrlua --record a/b "
      .. "-e 'o = require[[mtr.program]].options print(o.record, o.replay)'",
    0, "^mtrlua: %-%-record and %-%-replay exclude each other\na/b\tnil\n$", "" },

  { "runs a chunk", "mtrlua -e 'print(1 + 1)'", 0, "^2\n$", "" },
  { "runs several chunks in order", "mtrlua -e 'x = 1' -e 'print(x, arg[0])'", 0,
    "^1\t[^\n]*mtrlua\n$", "" },
  { "runs chunks before the script", "mtrlua -e 'x = 1' $DIR/args.lua a", 0, "^1 a\n", "" },
  { "runs standard input", "echo 'print(#arg, ...)' | mtrlua - a b", 0, "^2\ta\tb\n$", "" },
  { "runs a script and gives it its arguments", "mtrlua --seed 1 $DIR/args.lua a 'b c' -v", 0,
    "^nil a b c %-v\n%S+/args.lua\n1\n%-%-seed\n[^\n]+mtrlua\nnil\n$", "" },
  { "ends its options at --", "mtrlua -- $DIR/args.lua a", 0, "^nil a\n", "" },
  { "runs a script with a line for the kernel", "PATH=$DIR/bin:$PATH $DIR/shebang one", 0,
    "^one\n$", "" },
  { "finds a bare name in the current directory", "cd $DIR && mtrlua args.lua a", 0, "^nil a", "" },
  { "adds nothing to the name of a file here", "cd $DIR && mtrlua args a", 1, "",
    "cannot open script 'args': No such file or directory\n$" },
  { "passes directories by", "mkdir -p $DIR/share/mtrlua/scripts/args && cp $DIR/args.lua "
      .. "$DIR/share/mtrlua/scripts && $DIR/bin/mtrlua args a", 0, "^nil a", "" },
  { "finds installed scripts", "cd / && $DIR/bin/mtrlua installed a", 0, "^installed\ta\n$", "" },
  { "prefers installed scripts", "cd $DIR && cp args.lua installed.lua && "
      .. "$DIR/bin/mtrlua installed a; rm installed.lua", 0, "^installed\ta\n$", "" },
  { "carries the Lua layer anywhere", "cd / && mtrlua -e 'print(type(require[[mtr]]))'", 0,
    "^table\n$", "" },
  { "is an interpreter for busted", "cd $DIR && busted -o TAP --lua=bin/mtrlua a_spec.lua", 0,
    "ok 1 %- it runs", "" },

  { "reports a missing script", "mtrlua $DIR/none.lua", 1, "",
    "^mtrlua: cannot open script '[^']*/none.lua': No such file or directory\n$" },
  { "reports a missing bare name", "mtrlua none", 1, "", "cannot open script 'none': No such" },
  { "names the program that was meant", "mtrlua trac", 1, "",
    "cannot open script 'trac': No such file or directory; did you mean trace%?\n$" },
  { "names the program that was meant", "mtrlua tracee", 1, "", "; did you mean trace%?\n$" },
  { "names the program that was meant", "mtrlua pign", 1, "", "; did you mean ping%?\n$" },
  { "names no program for what is like none", "mtrlua x", 1, "", "No such file or directory\n$" },
  { "lists the programs", "mtrlua --help", 0,
    "\nprograms, each has %-%-help:\n  campaign    traces many targets at one rate\n.*"
      .. "\n  trace       finds the path to one or more targets\n", "" },
  { "reports a directory", "mtrlua $DIR/", 1, "", "cannot open script '[^']*': Is a directory" },
  { "reports a syntax error with its place", "mtrlua $DIR/syntax.lua", 1, "",
    "^mtrlua: %S*syntax.lua:3: " },
  { "reports a syntax error of -e", "mtrlua -e 'x ='", 1, "", "^mtrlua: %(command line%):1: " },
  { "runs nothing when something has a syntax error", "mtrlua -e 'print(1)' -e 'x ='", 1, "",
    "command line" },
  { "reports a runtime error with its traceback", "mtrlua $DIR/runtime.lua", 1, "^before\n$",
    "runtime.lua:3: oh no.*stack traceback:.*runtime.lua:3: in function 'inner'" },
  { "reports errors that are not strings", "mtrlua -e 'error({})'", 1, "", "." },

  { "takes no program from the current folder for an installed one",
    "cd $DIR/evil && $DIR/bin/mtrlua installed", 0, "^installed\n$", "" },
  { "takes a program from the current folder that ends with .lua",
    "cd $DIR/evil && $DIR/bin/mtrlua installed.lua", 0, "^evil\n$", "" },
  { "takes a program from the current folder that has a slash",
    "cd $DIR/evil && $DIR/bin/mtrlua ./installed.lua", 0, "^evil\n$", "" },
  { "says how to have a file of the current folder that it does not take",
    "cd $DIR/evil && mtrlua bare", 1, "", "cannot open script 'bare': No such file or directory; "
      .. "for the one in this directory: %./bare\n$" },
  { "takes no module from the current folder for an installed program",
    "cd $DIR/evil && LUA_PATH='./?.lua;x/?.lua;;' $DIR/bin/mtrlua modules", 0,
    "^false\tfalse\n$", "" },
  { "takes modules from the current folder for other programs",
    "cd $DIR/evil && mtrlua $DIR/share/mtrlua/scripts/modules.lua", 0, "^true\tfalse\n$", "" },

  { "reads the text of its modules where another LuaJIT compiled them",
    "f() { mtrlua \"$@\" -e 'print(xpcall(require([[mtr.base.check]]).each, debug.traceback))'; }; "
      .. "f >$DIR/compiled && f -e 'jit.version = [[other]]' >$DIR/text && "
      .. "cmp $DIR/compiled $DIR/text && cat $DIR/text", 0, "lua/mtr/base/check.lua:%d+:", "" },

  { "exits as the script says", "mtrlua -e 'io.write(1) os.exit(7)'", 7, "^1$", "" },
  { "knows true and false for statuses", "mtrlua -e 'os.exit(false)'", 1, "", "" },
  { "can close Lua on the way out", "mtrlua -e 'io.write(1) os.exit(true, true)'", 0, "^1$", "" },
  { "flushes files on the way out",
    "cd $DIR && mtrlua -e 'f = io.open([[f]], [[w]]) f:write(1)'; cat f", 0, "^1$", "" },
  { "reports a full disk", "mtrlua -e 'print(1)' >/dev/full", 1, "",
    "^mtrlua: standard output: No space left on device\n$" },
  { "reports a full disk after long output",
    "mtrlua -e 'for i = 1, 1e4 do print(i) end' >/dev/full", 1,
    "", "^mtrlua: standard output: " },
  { "reports a full disk from os.exit", "mtrlua -e 'print(1) os.exit(0)' >/dev/full", 1, "",
    "^mtrlua: standard output: No space" },
  { "reports a full disk for --help", "mtrlua --help >/dev/full", 1, "", "No space" },
  { "ends quietly when its reader has gone",
    "(mtrlua -e 'while true do print(1) end'; echo $? >&2) | head -1", 0, "^1\n$", "^141\n$" },
  { "keeps a script's own status when its reader has gone",
    "unread mtrlua -e 'print(1) os.exit(3)'; echo $? >&2", 0, "", "^3\n$" },
  { "keeps a status that the script returns when its reader has gone",
    "unread mtrlua -e 'print(1) return 3'; echo $? >&2", 0, "", "^3\n$" },
  { "says that its reader has gone where the script says that all is well",
    "unread mtrlua -e 'print(1) os.exit(0)'; echo $? >&2", 0, "", "^141\n$" },
  { "ends quietly when its reader has gone before the end",
    "unread mtrlua -e 'print(1)'; echo $? >&2", 0, "", "^141\n$" },
  { "survives closed streams", "mtrlua -e 'os.exit(3)' <&- >&- 2>&-", 3, "", "" },
  { "reports output that nobody can have", "mtrlua -e 'print(1)' >&-", 1, "",
    "^mtrlua: standard output: Bad file descriptor\n$" },
  { "reports a script that nobody gave", "mtrlua - <&-", 1, "",
    "^mtrlua: cannot open script '%-': Bad file descriptor\n$" },

  { "winds down after one SIGINT",
    "mtrlua -e 'p = require[[mtr.program]]' -e 'io.popen[[kill -INT $PPID]]:close()' "
      .. "-e 'while p.interrupted() == 0 do end print(p.interrupted())'", 130, "^1\n$", SAID },
  { "keeps a script's own status after SIGINT",
    "mtrlua -e 'io.popen[[kill -INT $PPID]]:close() os.exit(4)'", 4, "", SAID },
  { "says 143 after SIGTERM", "mtrlua -e 'io.popen[[kill -TERM $PPID]]:close()'", 143, "", SAID },
  { "exits at once on the second SIGINT, even from a compiled loop",
    "mtrlua -e 'io.popen[[kill -INT $PPID]]:close() "
      .. "os.execute[[(sleep 0.2; kill -INT $PPID) &]] while true do end'", 130, "", SAID },
  { "ends when its time of grace is over, even in a compiled loop",
    "mtrlua --grace 200ms -e 'io.popen[[kill -TERM $PPID]]:close() while true do end'", 143, "",
    SAID },
  { "ends when its time of grace is over, even in a system call",
    "mtrlua --grace=0.2s -e 'io.popen[[kill -INT $PPID]]:close() io.popen[[sleep 9]]:read()'", 130,
    "", SAID },
  { "has no grace where none is wanted",
    "mtrlua --grace 0 -e 'io.popen[[kill -INT $PPID]]:close() print(1)'", 130, "", SAID },
  { "takes no other grace", "mtrlua --grace soon -e ''", 2, "",
    "^mtrlua: %-%-grace: 'soon' is not a duration such as 5, 250ms or 1m, a day at most\n" },
  { "stays uninterrupted in the background, where shells want it so",
    "mtrlua -e 'io.popen[[kill -INT $PPID]]:close() print(1)' & wait $!", 0, "^1\n$", "" },
}

describe("mtrlua", function()
  setup(function()
    run("mkdir -p $DIR/bin $DIR/share/mtrlua/scripts && cp \"$MTR_PROGRAM\" $DIR/bin/mtrlua")
    runs.file("args.lua", [[
io.write(tostring(x), " ", table.concat({...}, " "), "\n")
for i = 0, -4, -1 do print(arg[i]) end
]])
    runs.file("shebang", "#!/usr/bin/env mtrlua\nprint(...)\n")
    run("chmod +x $DIR/shebang")
    runs.file("share/mtrlua/scripts/installed.lua", "print('installed', ...)")
    run("mkdir -p $DIR/evil/x")
    runs.file("evil/installed.lua", "print('evil')")
    runs.file("evil/bare", "print('evil')")
    runs.file("evil/evilmodule.lua", "return 1")
    runs.file("evil/x/evil_too.lua", "return 1")
    runs.file("share/mtrlua/scripts/modules.lua",
      "print((pcall(require, 'evilmodule')), (pcall(require, 'evil_too')))")
    runs.file("syntax.lua", "#!/usr/bin/env mtrlua\n\nx = = 1\n")
    runs.file("runtime.lua", "print('before')\nlocal function inner()\n  error('oh no')\n"
      .. "  return 1\nend\nlocal function outer() inner() return 2 end\nouter()\n")
    runs.file("a_spec.lua", "it('it runs', function() assert(require 'mtr.program') end)")
  end)
  teardown(runs.clean)

  for _, case in ipairs(cases) do
    local name, command, status, out, err = unpack(case, 1, 5)
    it(name, function()
      local got = run(SHELL .. command)
      local text = ("%s\nstatus %d\nstdout: %s\nstderr: %s"):format(
        command, got.status, got.out:sub(1, 2000), got.err:sub(1, 2000))
      assert.message(text).equal(status, got.status)
      assert.message(text).truthy(out == "" and got.out == "" or out ~= "" and got.out:find(out))
      assert.message(text).truthy(err == "" and got.err == "" or err ~= "" and got.err:find(err))
    end)
  end

  -- On a machine under load there may be a while between them, but not twenty times.
  it("takes two signals in one instant for one", function()
    local got
    for _ = 1, 20 do
      got = run [=["$MTR_PROGRAM" -e '
        io.popen[[kill -INT $PPID; kill -INT $PPID]]:close()
        print(1)']=]
      assert.equal(130, got.status)
      if got.out ~= "" then break end
    end
    assert.same({ "1\n", "mtrlua: interrupted\n" }, { got.out, got.err })
  end)

  if not sanitized then
    -- How fast it starts is in `make bench`.
    it("starts within 8 MiB", function()
      local got = run([["$MTR_PROGRAM" -e '
        require "mtr"
        local status = io.open("/proc/self/status"):read("*a")
        print(status:match("VmHWM:%s*(%d+)"))']])
      assert.is_true(tonumber(got.out) < 8192, got.out)
    end)

    -- What the compiler needs in the middle of a run it takes by malloc and mmap.
    it("has room for compiled code in one piece, of 1 MiB", function()
      local got = run([["$MTR_PROGRAM" -e '
        require "mtr"
        for i = 1, 1000 do _G.x = i end
        for line in io.lines "/proc/self/maps" do
          local from, to = line:match "^(%x+)-(%x+) r%-x?.%S* 0+ 00:00 0 *$"
          if from then print(tonumber(to, 16) - tonumber(from, 16)) end
        end']])
      assert.equal("1048576\n", got.out)
    end)
  end
end)
