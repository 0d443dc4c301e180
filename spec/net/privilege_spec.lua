-- SPDX-License-Identifier: MIT
--
-- What mtrlua keeps of its privileges and what it gives up: as root, under sudo(8), with --user, as
-- an ordinary user, and when its own file has a privilege. A real sudo is not needed: mtrlua sees
-- only its variables.
local runs = require "spec.support.harness.run"
local loopback = require "spec.support.real.loopback"
local run = runs.run

local root = run("id -u").out == "0\n"

-- What a script sees of the privileges of its process, and those of a program that it starts.
local SHOW = [[
local function show(file, names)
  local status = file:read "*a"
  file:close()
  for _, name in ipairs(names) do
    print(name .. "=" .. status:match("\n" .. name .. ":[ \t]*([^\n]*)"):gsub("\t", " "))
  end
end
show(io.open "/proc/self/status", { "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapAmb",
  "NoNewPrivs" })
show(io.popen "cat /proc/self/status", { "Uid", "CapPrm", "CapEff", "NoNewPrivs" })
local program = require "mtr.program"
print("kits=" .. #program.kits, program.kit_errno)
]]

local NONE, FILES = ("0"):rep(16), ("0"):rep(14) .. "1f"
local NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups "
local IS_NOBODY = { uid = 65534, gid = 65534, groups = "65534 ", caps = NONE }

-- What SHOW prints.
local function shown(who, kits)
  local uid, gid = ((who.uid .. " "):rep(4)):sub(1, -2), ((who.gid .. " "):rep(4)):sub(1, -2)
  return ("Uid=%s\nGid=%s\nGroups=%s\nCapInh=%s\nCapPrm=%s\nCapEff=%s\nCapAmb=%s\nNoNewPrivs=1\n"
    .. "Uid=%s\nCapPrm=%s\nCapEff=%s\nNoNewPrivs=1\nkits=%s\n"):format(uid, gid, who.groups, NONE,
    who.caps, who.caps, NONE, uid, who.caps, who.caps, kits)
end

local function check(command, who, kits)
  local got = run(command)
  assert.equal(shown(who, kits or "4\tnil"), got.out, got.err)
  return got
end

describe("mtrlua's privileges", function()
  setup(function()
    runs.file("show.lua", SHOW)
    runs.file("run.lua", "os.execute(table.concat(arg, ' '))")
    runs.file("count.lua", [[
      local list = {}
      repeat
        local file = io.open "/dev/null"
        list[#list + 1] = file
      until not file
      print(#list .. " " .. #require "mtr.program".kits)]])
    run('chmod 755 $DIR; install "$MTR_PROGRAM" $DIR/plain; '
      .. 'install -m 4755 "$MTR_PROGRAM" $DIR/setuid; '
      .. 'install "$MTR_PROGRAM" $DIR/setcap; setcap cap_net_raw+ep $DIR/setcap')
  end)
  teardown(runs.clean)

  before_each(function()
    if not root then pending "needs root" end
  end)

  local own = run("sed -n 's/^Groups:[ \t]*//p' /proc/self/status").out:sub(1, -2)
  local ROOT = { uid = 0, gid = 0, groups = own, caps = FILES }

  it("of root are those for files, the sockets open", function()
    check('"$MTR_PROGRAM" $DIR/show.lua', ROOT)
  end)

  it("of root are no more where it has no sockets, or mtr-packet has them", function()
    check('"$MTR_PROGRAM" --transport mtr-packet $DIR/show.lua', ROOT)
    check('setpriv --bounding-set=-net_raw "$MTR_PROGRAM" $DIR/show.lua', ROOT, "0\t1")
    check('ulimit -n 12; "$MTR_PROGRAM" $DIR/show.lua', ROOT, "0\t24")
    check('ulimit -n 32; "$MTR_PROGRAM" $DIR/show.lua', ROOT, "1\t24")
  end)

  -- Of the sixteen, mtrlua has one: the eventfd that a signal writes to.
  it("of root leave sixteen descriptors for the rest, where they are few", function()
    for most = 30, 64, 2 do
      local got = run(('ulimit -n %d; "$MTR_PROGRAM" $DIR/count.lua'):format(most))
      local free, kits = got.out:match "^(%d+) (%d+)\n$"
      assert.is_true(tonumber(free) >= 16 - 1, got.out .. got.err)
      assert.is_true(tonumber(kits) > 0 or most < 40)
    end
  end)

  it("are not gained by a program with a privilege by its file", function()
    run 'install "$(command -v cat)" $DIR/cat; setcap cap_net_raw+ep $DIR/cat; \
      install -m 4755 "$(command -v cat)" $DIR/cat0'
    local zero = ("0"):rep(16)
    for _, how in ipairs { NOBODY .. "$DIR/plain", NOBODY .. "$DIR/plain --transport mtr-packet",
      "SUDO_UID=65534 SUDO_GID=65534 $DIR/plain", "$DIR/plain --user nobody" } do
      for _, cat in ipairs { "cat", "cat0" } do
        local got = run(("%s $DIR/run.lua $DIR/%s /proc/self/status"):format(how, cat))
        assert.truthy(got.out:find "\nUid:\t65534\t65534\t65534\t65534\n", got.out .. got.err)
        assert.truthy(got.out:find("\nCapEff:\t" .. zero .. "\n"), got.out)
      end
    end
  end)

  it("of root let it use the files of others", function()
    run "mkdir -m 700 $DIR/home && install -m 600 /dev/null $DIR/home/f && chown -R 1:1 $DIR/home"
    local got = run [["$MTR_PROGRAM" -e '
      local f = assert(io.open(arg[1] .. "/home/f", "a"))
      f:write "x" f:close() print(io.open(arg[1] .. "/home/f"):read "*a")
      print(os.execute("chown 2:2 " .. arg[1] .. "/home/f"))' - $DIR </dev/null]]
    assert.equal("x\n0\n", got.out, got.err)
  end)

  it("of root cannot be used on the network or the system", function()
    local got = run [["$MTR_PROGRAM" -e '
      local ffi = require "ffi"
      ffi.cdef "int socket(int, int, int); int setuid(int); int sethostname(const char *, long);"
      print(ffi.C.socket(2, 3, 1), ffi.C.socket(17, 3, 0), ffi.C.setuid(1),
        ffi.C.sethostname("x", 1))']]
    assert.equal("-1\t-1\t-1\t-1\n", got.out)
  end)

  it("end under sudo with those of its caller, who gets the files", function()
    local sudo = "cd $DIR; chown 1:1 .; SUDO_UID=1 SUDO_GID=1 "
    local got = run(sudo .. [["$MTR_PROGRAM" -e '
      local f = assert(io.open("theirs", "w")) f:write "x" f:close()
      print(os.getenv "USER", os.getenv "LOGNAME", os.getenv "HOME",
        require "mtr".trace("127.0.0.1").stop_reason)']])
    assert.equal("daemon\tdaemon\t/usr/sbin\tcompleted\n", got.out, got.err)
    assert.equal("1:1\n", run("stat -c %u:%g $DIR/theirs").out)
    local theirs = run("id -G daemon").out:sub(1, -2) .. " "
    check(sudo .. '"$MTR_PROGRAM" $DIR/show.lua',
      { uid = 1, gid = 1, groups = theirs, caps = NONE })
    check(sudo .. '"$MTR_PROGRAM" --transport mtr-packet $DIR/show.lua',
      { uid = 1, gid = 1, groups = theirs, caps = NONE })
    check("SUDO_UID=4000000 SUDO_GID=77 " .. '"$MTR_PROGRAM" $DIR/show.lua',
      { uid = 4000000, gid = 77, groups = "77 ", caps = NONE })
  end)

  it("under sudo read a script that the caller cannot read", function()
    runs.file("secret.lua", "print(1)")
    run "chmod 600 $DIR/secret.lua"
    assert.equal("1\n", run('SUDO_UID=1 SUDO_GID=1 "$MTR_PROGRAM" $DIR/secret.lua').out)
  end)

  it("stay root's where the variables of sudo name nobody else", function()
    for _, names in ipairs { "SUDO_UID=0 SUDO_GID=0", "SUDO_UID=1", "SUDO_UID=x SUDO_GID=1",
        "SUDO_UID=-1 SUDO_GID=1", "SUDO_UID=4294967295 SUDO_GID=1" } do
      check("env -u SUDO_GID " .. names .. ' "$MTR_PROGRAM" $DIR/show.lua', ROOT)
    end
    if run("unshare -r true").status == 0 then
      local got = run('SUDO_UID=1 SUDO_GID=1 unshare -rn "$MTR_PROGRAM" $DIR/show.lua')
      assert.truthy(got.out:find("^Uid=0 0 0 0\n.*CapEff=" .. FILES), got.out .. got.err)
    end
  end)

  it("end with those of --user, by name or number", function()
    for _, user in ipairs { "--user nobody", "--user=65534", "--transport packet --user nobody" } do
      check(('SUDO_UID=1 SUDO_GID=1 "$MTR_PROGRAM" %s $DIR/show.lua'):format(user), IS_NOBODY)
    end
    check('"$MTR_PROGRAM" --user root $DIR/show.lua',
      { uid = 0, gid = 0, groups = run("id -G root").out:sub(1, -2) .. " ", caps = FILES })
    check('"$MTR_PROGRAM" --user 4000000 $DIR/show.lua',
      { uid = 4000000, gid = 4000000, groups = "4000000 ", caps = NONE })
  end)

  it("do not go to a user who is not there, or to another one without root", function()
    local got = run '"$MTR_PROGRAM" --user nobody-at-all -e "print(1)"'
    assert.same({ 2, "", "mtrlua: --user: there is no user 'nobody-at-all'\n" },
      { got.status, got.out, got.err })
    got = run(NOBODY .. "$DIR/plain --user daemon -e 'print(1)'")
    assert.same({ 2, "", "mtrlua: --user: only root can become another user\n" },
      { got.status, got.out, got.err })
  end)

  it("cannot be taken from it by another program of the user", function()
    local got = run [[SUDO_UID=1 SUDO_GID=1 "$MTR_PROGRAM" -e '
      print(os.execute("ls /proc/$PPID/fd >/dev/null 2>&1"))']]
    assert.is_not.equal("0\n", got.out)
  end)

  it("of a user who has none stay none, and no program gets any", function()
    local got = check(NOBODY .. "$DIR/plain $DIR/show.lua",
      { uid = 65534, gid = 65534, groups = "", caps = NONE }, "0\t1")
    assert.equal("", got.err)
  end)

  for _, file in ipairs { "setuid", "setcap" } do
    it("of its own file are not used, and it says so: " .. file, function()
      local got = check(NOBODY .. "$DIR/" .. file .. " $DIR/show.lua",
        { uid = 65534, gid = 65534, groups = "", caps = NONE }, "0\t1")
      assert.equal("mtrlua: its file has a privilege (setuid, setgid or setcap), which is not "
        .. "used, because each script would have it; give it to mtr-sockets\n", got.err)
      local chunk = " -e 'print(package.path:find([[/evil/]], 1, true))'"
      local env = "env LUA_PATH='/evil/?.lua' LUA_CPATH='/evil/?.so' "
      assert.equal("1\t6\n", run(NOBODY .. env .. "$DIR/plain" .. chunk).out)
      assert.equal("nil\n", run(NOBODY .. env .. "$DIR/" .. file .. chunk).out)
      got = run(NOBODY .. "$DIR/" .. file .. " --user daemon -e ''")
      assert.equal(2, got.status)
      runs.file("secret.lua", "print(1)")
      run("chmod 600 $DIR/secret.lua")
      got = run(NOBODY .. "$DIR/" .. file .. " $DIR/secret.lua")
      assert.equal(1, got.status)
      assert.truthy(got.err:find "Permission denied", got.err)
    end)
  end
end)

describe("mtrlua lets mtr-packet have its privilege", function()
  teardown(runs.clean)

  setup(function()
    runs.file("trace.lua", [[
      local mtr = require "mtr"
      local engine = assert(mtr.engine { transport = "mtr-packet", mtr_packet = arg[1] })
      print(engine:transport().why)
      for _, protocol in ipairs { "icmp", "udp", "tcp" } do
        local result, why = engine:trace("127.0.0.1", { protocol = protocol })
        print(protocol, result and result.stop_reason or why)
      end
      engine:close()]])
    run 'chmod 755 $DIR; install "$MTR_PROGRAM" $DIR/plain; cp "$(command -v mtr-packet)" $DIR/mine'
  end)

  before_each(function()
    if not root then pending "needs root" end
    if loopback.missing() then pending(loopback.missing()) end
  end)

  for name, how in pairs {
    ["root"] = "$DIR/plain --transport mtr-packet",
    ["sudo's caller"] = "SUDO_UID=1 SUDO_GID=1 $DIR/plain --transport mtr-packet",
    ["--user"] = "$DIR/plain --user nobody --transport mtr-packet",
    ["an ordinary user"] = NOBODY .. "$DIR/plain",
  } do
    it("for " .. name, function()
      local got = run(how .. " $DIR/trace.lua")
      assert.truthy(got.out:find "^asked for; /usr/%S*/mtr%-packet [%d.]+ can be run\n"
        and got.out:find "\nicmp\tcompleted\nudp\tcompleted\ntcp\tcompleted\n$", got.out .. got.err)
    end)
  end

  it("but no other file", function()
    run "chown nobody $DIR/mine; setcap cap_net_raw+ep $DIR/mine; mkdir -p $DIR/open/x; \
      cp $DIR/mine $DIR/open/x/mtr-packet; setcap cap_net_raw+ep $DIR/open/x/mtr-packet; \
      chmod 777 $DIR/open/x"
    for _, path in ipairs { "mine", "open/x/mtr-packet" } do
      local got = run(NOBODY .. "$DIR/plain $DIR/trace.lua $DIR/" .. path)
      assert.truthy((got.out .. got.err):find "EPERM: .* lacks the privilege"
        or got.out:find ", without its privilege: icmp only", got.out .. got.err)
    end
  end)

  it("and ends it when mtrlua ends, however that happens", function()
    runs.file("end.lua", [[
      local engine = assert(require("mtr").engine())
      os.execute("for p in $(pgrep -P $PPID); do echo $p; pgrep -P $p; done >" .. arg[1])
      if arg[2] == "kill" then io.popen("kill -9 $PPID"):close() end
      os.exit(0, arg[2] == "close")]])
    for _, how in ipairs { "close", "exit", "kill" } do
      local got = run('"$MTR_PROGRAM" --transport mtr-packet $DIR/end.lua $DIR/pids ' .. how)
      assert.is_true(got.status == 0 or got.status == 137, got.err)
      assert.equal("gone\n", run([[for p in $(cat $DIR/pids); do
        while grep -qs "^Name:.*mtr" /proc/$p/status && ! grep -qs "^State:.Z" /proc/$p/status; do
          sleep 0.05; done; done; echo gone]]).out)
      assert.is_not.equal("", run("cat $DIR/pids").out)
    end
  end)
end)
