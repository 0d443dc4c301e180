-- SPDX-License-Identifier: MIT
--
-- scripts/live.lua on a terminal, over kernel routers: what the screen shows, what keys and sizes
-- do, and that the terminal is as it was before after every end.
local lab = require "spec.lab.lab"
local nets = require "spec.support.real.nets"
local run = require "spec.support.harness.run"
local terminal = require "spec.support.real.terminal"

local available, reason = lab.available()
reason = not available and reason or terminal.missing()

local LIVE = '"$MTR_PROGRAM" scripts/live.lua '

describe("live on a terminal", function()
  local t

  -- Opens a terminal in a lab.
  local function open(words, opts)
    if reason then return pending(reason) end
    local l = nets.shared(words)
    t = terminal.open(l, opts or {})
    return l
  end

  after_each(function()
    if t then t:close() end
    t = nil
  end)
  teardown(function()
    nets.down_shared()
    nets.down()
    run.clean()
  end)

  it("shows the hops of each target, and does what keys want", function()
    local l = open("chain 6", { columns = 100, rows = 20 })
    t:type(LIVE .. ("-n -i 0.1 %s 127.0.0.1\n"):format(l.dst4))
    local screen = t:wait("\n 6  " .. l.dst4 .. " +0%.0%%")
    assert.is_true(t:alternate())
    for ttl = 1, 5 do
      assert(screen:find(("\n %d  10.0.%d.2 +0.0%%%% +%%d+ +%%d"):format(ttl, ttl)), screen)
    end
    assert(screen:find(" 1 " .. l.dst4 .. "  2 127.0.0.1", 1, true), screen)
    assert(screen:find(l.dst4 .. ": reached in 6 hops, 0.0% loss", 1, true), screen)
    assert(screen:find("▁", 1, true), screen)
    assert(screen:find "\nq quit  p pause  r reset  d display  n names  z AS  o columns  %? help$")

    t:key "Tab"
    t:wait "127.0.0.1: reached in 1 hop, "
    t:key "Left"
    t:wait(l.dst4 .. ": reached in 6 hops")
    t:key "d"
    t:wait "last %d+ rounds, bars 0 to"
    t:key "d"
    t:wait("\n > " .. l.dst4 .. " +6 +0%.0%%")
    t:key "d"
    t:wait "Hop Host"
    t:key "z"
    t:wait "Hop AS        Host.*\n 1  private   10.0.1.2"
    t:key "z"
    t:key "?"
    t:wait "quit; the table stays on the terminal"
    t:key "Escape"
    t:wait "Hop Host"
    t:key "o"
    t:wait "%[ %] G  GMean"
    t:key "g"
    t:wait "%[x%] G  GMean"
    t:key "Enter"
    t:wait "StDev  GMean"
    t:key "p"
    local paused = t:wait "PAUSED: p goes on"
    local sent = tonumber(paused:match "\n 1  10.0.1.2 +0.0%% +(%d+)")
    t:key "r"
    t:wait "waiting for the first answers"
    t:key "p"
    t:wait "\n 1  10.0.1.2 +0.0%%"
    assert.is_true(sent >= 3)
    t:key "n"
    t:wait "Hop Host"
    t:key "q"
    screen = t:wait "ready>$"
    assert.is_true(t:plain())
    assert(screen:find(l.dst4 .. ": reached in 6 hops", 1, true), screen)
    assert(screen:find "127.0.0.1: reached in 1 hop", screen)
  end)

  it("draws itself anew in every size", function()
    local l = open("chain 12", { columns = 80, rows = 14 })
    t:type(LIVE .. ("-n -i 0.1 %s\n"):format(l.dst4))
    local screen = t:wait "more lines: arrow down"
    t:key "End"
    t:wait("\n12  " .. l.dst4)
    for _, size in ipairs { { 20, 5 }, { 3, 2 }, { 1, 1 }, { 200, 60 }, { 40, 12 } } do
      t:resize(size[1], size[2])
      t:until_true(("a screen of %d columns"):format(size[1]), function()
        local text = t:text()
        return size[1] < 20 and #text <= 8 or text:find "Hop Host%s.*\n *%d+  10.0."
      end)
    end
    t:resize(80, 14)
    t:key "Home"
    assert(t:wait "\n 1  10.0.1.2.*more lines":find "q quit  p pause", screen)
    t:resize(120, 40)
    screen = t:wait("\n12  " .. l.dst4)
    assert(screen:find "Jitter", screen)
    t:key "q"
    t:wait "ready>$"
  end)

  -- A rule for packets that a node drops, with the words of nft(8).
  local function drop(l, node, hook, rule)
    local _, status = l:exec(([[nft -f - <<'END'
table inet live {
  chain live {
    type filter hook %s priority -300
    %s drop
  }
}
END]]):format(hook, rule), node)
    assert.equal(0, status)
  end

  it("tells loss from a rate limit, and alternatives from a change of the path", function()
    if reason then return pending(reason) end
    local l = nets.up "diamond width=2"
    t = terminal.open(l, { columns = 110, rows = 24 })
    drop(l, "d", "input", "meta l4proto udp numgen inc mod 4 0")
    drop(l, "r2", "output", "icmp type time-exceeded limit rate over 2/second burst 1 packets")
    -- Of eight flows all would take the same way once in 128 times.
    t:type(LIVE .. ("-U -n -i 0.03 -w 0.2 --flows 16 %s\n"):format(l.dst4))
    t:wait "\n 3  10.0.4.2 %(rate limit%) +[4-9]%d.%d%%"
    t:wait "\n 2  10.0.[23].2 .*\n    or 10.0.[23].2, %d+%% of answers"
    local screen = t:wait(l.dst4 .. ": reached in 4 hops, [12]%d.%d%% loss")
    assert.is_nil(screen:find "changed")
    assert.is_nil(screen:find "\n 5 ")
    local _, status = l:exec("ip route replace 10.0.0.0/8 via 10.0.3.2", "r1")
    assert.equal(0, status)
    t:wait_gone "or 10.0.2.2"
    t:key "q"
    t:wait "ready>$"

    t:clear()
    t:type(LIVE .. ("-U -n -i 0.05 -w 0.2 %s\n"):format(l.dst4))
    t:wait "\n 2  10.0.3.2 +0.0%% +[1-9]%d"
    l:exec("ip route replace 10.0.0.0/8 via 10.0.2.2", "r1")
    screen = t:wait "the path changed at hop 2, %d%d:%d%d:%d%d"
    assert(screen:find "\n 2  10.0.2.2 .*\n    was 10.0.3.2 until %d%d:%d%d:%d%d", screen)
    t:key "q"
    t:wait "ready>$"
  end)

  it("uses ASCII in other locales, no colours with NO_COLOR, and both otherwise", function()
    local l = open("chain 6", { env = "LC_ALL=C NO_COLOR=1" })
    t:type(LIVE .. ("-n -i 0.1 %s\n"):format(l.dst4))
    t:wait "reached in 6 hops"
    assert.is_nil(t:text(true):find "[\128-\255]")
    assert.is_nil(t:text(true):find "\27%[[%d;]*3[0-7]m")
    t:key "q"
    t:wait "ready>$"
    t:clear()
    t:type("unset NO_COLOR; LC_ALL=C.UTF-8 " .. LIVE .. ("-n -i 0.1 %s\n"):format(l.dst4))
    t:wait "reached in 6 hops"
    assert(t:text(true):find "\27%[[%d;]*32m")
    assert(t:text():find("▁", 1, true))
    t:key "q"
    t:wait "ready>$"
  end)

  it("writes lines when the terminal can do no more", function()
    local l = open("chain 6", { env = "TERM=dumb" })
    t:type("clear; TERM=dumb " .. LIVE .. ("-n -c 1 %s\n"):format(l.dst4))
    assert(t:wait "round 1 hop 6 .*ready>$":find "round 1 hop 1 10.0.1.2")
  end)
end)

-- After a kill a guard gives the terminal back, so the shell waits for it before it writes.
describe("the terminal of live", function()
  local t, l, before

  setup(function()
    l = not reason and nets.shared "chain 4"
  end)
  before_each(function()
    if reason then return pending(reason) end
    t = terminal.open(l, { columns = 90, rows = 20 })
    before = t:shell "stty -a"
    t:clear()
    -- 147 and above: it was stopped, and goes on later.
    t:type(LIVE .. ("-n -i 0.1 %s; s=$?; while [ $s -lt 147 ] && pgrep -s 0 -r R,S,D,T "
      .. "-x mtrlua-guard; do sleep 0.1; done >/dev/null; echo status $s\n"):format(l.dst4))
    t:wait "reached in 4 hops"
    assert.is_true(t:alternate())
  end)
  after_each(function()
    if t then t:close() end
    t = nil
  end)
  teardown(function()
    nets.down_shared()
    run.clean()
  end)

  local function is_as_before()
    t:until_true("the screen of the shell", function() return t:plain() end)
    assert.equal(before, t:shell "stty -a")
    t:until_true("no guard", function()
      return not t:process "mtrlua-guard"
    end)
  end

  -- How it ends, and the status.
  for how, status in pairs { q = 0, ["C-c"] = 130, ["C-\\"] = 131 } do
    it("is as before after " .. how, function()
      if reason then return pending(reason) end
      t:key(("'%s'"):format(how))
      t:wait("status " .. status)
      is_as_before()
    end)
  end

  for signal, status in pairs { TERM = 143, HUP = 129, KILL = 137, SEGV = 139, ABRT = 134 } do
    it("is as before after SIG" .. signal, function()
      if reason then return pending(reason) end
      os.execute(("kill -%s %d"):format(signal, t:process "mtrlua"))
      local screen = t:wait("status " .. status)
      if signal == "TERM" then assert(screen:find "mtrlua: interrupted\n.*reached in 4 hops") end
      is_as_before()
    end)
  end

  it("is the shell's after ^Z and in the background, and live's again after fg", function()
    if reason then return pending(reason) end
    t:key "C-z"
    t:wait "Stopped"
    assert.is_true(t:plain())
    assert.equal(before, t:shell "stty -a")
    t:type "fg\n"
    t:wait "reached in 4 hops"
    assert.is_true(t:alternate())
    t:key "C-z"
    t:wait "Stopped"
    t:type "bg\n"
    t:type "clear; echo in the shell\n"
    t:wait "\nready>$"
    assert.is_true(t:plain())
    t:type "fg\n"
    t:wait "reached in 4 hops"
    t:key "Tab"
    t:key "d"
    t:wait "bars 0 to"
    t:key "q"
    is_as_before()
  end)

  it("is as before after an error in a script, and has its message", function()
    if reason then return pending(reason) end
    t:key "q"
    t:wait "status 0"
    run.file("bad.lua", ([[local mtr = require "mtr"
      mtr.go(function() mtr.sleep(3000); error("a mistake") end)
      mtr.go(function() mtr.sleep(6000); os.exit(7) end)
      mtr.live { targets = { "%s" }, interval = 100 }]]):format(l.dst4))
    t:clear()
    t:type(('"$MTR_PROGRAM" %s/bad.lua; echo status $?\n'):format(run.dir()))
    t:wait "reached in 4 hops"
    t:wait "status 7"
    is_as_before()
  end)
end)
