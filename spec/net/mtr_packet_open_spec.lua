-- SPDX-License-Identifier: MIT
--
-- Opening the transport mtr-packet: helpers that do not exist, may not run, or are another program;
-- which transport "auto" picks; and what is refused because that helper cannot do it.

local mtr = require "mtr"
local fake = require "spec.support.real.fake"
local nets = require "spec.support.real.nets"
local runs = require "spec.support.harness.run"

local run = runs.run
local LOOPBACK = "127.0.0.1"
local NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups "
local REAL = mtr.find_binary "mtr-packet"

local function needs_root()
  nets.needs_privilege(pending)
  if run("id -u").out ~= "0\n" then pending "needs root" end
  if not REAL then pending "needs mtr-packet" end
end

local function open(path, more)
  local opts = { transport = "mtr-packet", mtr_packet = path, rate = "max" }
  for key, value in pairs(more or {}) do opts[key] = value end
  return mtr.engine(opts)
end

describe("a helper that cannot be used is told, with what to do:", function()
  teardown(fake.clean)

  local cases = {
    { "that is not there", "/nonexistent/helper", "ENOENT", "/nonexistent/helper cannot be run" },
    { "that may not be run", "/etc/passwd", "EACCES", "/etc/passwd cannot be run" },
    { "that is a directory", "/tmp", "EACCES", "/tmp cannot be run" },
    { "that only echoes", "/bin/cat", "EPROTO", "/bin/cat does not speak mtr%-packet's protocol" },
    { "that ends", "/bin/true", "EPIPE", "/bin/true ended at once" },
    { "that says why it ends", "echo no luck >&2", "EPIPE", "ended at once: no luck" },
    { "that repeats yes", "exec yes", "EPROTO", "does not speak mtr%-packet's protocol" },
    { "that says nothing", "exec sleep 60", "ETIMEDOUT", "does not answer" },
    { "that writes error messages without end", "yes no >&2; true", "EPROTO", "protocol: no; no;" },
    { "that never ends its line", "exec cat /dev/zero", "EPROTO", "does not speak" },
  }
  for _, case in ipairs(cases) do
    local what, program, name, text = unpack(case)
    it("one " .. what, function()
      local path = program:find "^/" and program or fake.script(program)
      local before, began = nets.descriptors(), os.time()
      local none, message, got = open(path)
      assert.is_nil(none)
      assert.equal(name, got)
      local words = name == "EPROTO" and "" or "[^:]*: .*"   -- the system's words explain nothing
      assert.truthy(message:find("^" .. name .. ": " .. words .. ".*" .. text), message)
      assert.truthy(os.time() - began < 30)        -- the longest of them sleeps a minute
      assert.equal(before, nets.descriptors())
    end)
  end

  it("one of several", function()
    local path = fake.script("mkdir $0.once 2>/dev/null && exec sleep 60\nexec /bin/true")
    local none, _, name = open(path, { workers = 3 })
    assert.is_nil(none)
    assert.truthy(name == "EPIPE" or name == "ETIMEDOUT")
    local pipe = io.popen "env -u LD_PRELOAD ps -o comm= --ppid $PPID"
    local children = pipe:read "*a"
    pipe:close()
    assert.is_nil(children:find "sleep" or children:find "fake", children)
  end)

  it("one without its privilege", function()
    needs_root()
    local l = nets.up "chain 2"
    run('cp "$MTR_PROGRAM" $DIR/mtrlua; cp ' .. REAL .. " $DIR/mtr-packet; chmod 755 $DIR $DIR/*")
    local script = runs.file("open.lua", [[
      print(select(2, require("mtr").engine { transport = "mtr-packet", mtr_packet = arg[1] }))]])
    local got = run(l:command(NOBODY .. ("%s/mtrlua %s %s/mtr-packet"):format(
      runs.dir(), script, runs.dir())))
    local path = runs.dir() .. "/mtr-packet"
    assert.truthy(got.out:find "^EPERM: ", got.out .. got.err)
    assert.truthy(got.out:find(path .. " lacks the privilege that it needs (" .. path
      .. ": Failure to open IPv4 sockets: Permission denied; " .. path
      .. ": Failure to open IPv6 sockets: ", 1, true), got.out)
    assert.truthy(got.out:find("as root, setcap cap_net_raw+ep " .. path .. "\tEPERM\n", 1, true))
    nets.down()
  end)
end)

-- What a program of nobody finds in the lab, with one that has its own privilege installed.
local SCRIPT = [[
  local mtr = require "mtr"
  local engine, message = mtr.default()
  if not engine then print(message) return end
  local found = engine:transport()
  print(found.name, found.why)
  for _, protocol in ipairs { "icmp", "udp", "tcp" } do
    local result, why = engine:trace(arg[1], { protocol = protocol })
    if result then
      local words = {}
      for ttl, hop in ipairs(result.hops) do words[ttl] = hop.addr or "*" end
      print(protocol, table.concat(words, " "))
    else
      print(protocol, why)
    end
  end]]

describe("the transport", function()
  after_each(function()
    nets.down()
    runs.clean()
  end)

  local function lab()
    needs_root()
    local l = nets.up "chain 3"
    run 'cp "$MTR_PROGRAM" $DIR/mtrlua; chmod 755 $DIR $DIR/mtrlua'
    local script = runs.file("script.lua", SCRIPT)
    return l, function(options, prefix)
      return run(l:command(("%s %s/mtrlua --log info %s %s %s"):format(
        prefix or NOBODY, runs.dir(), options, script, l.dst4)))
    end
  end

  local PATH = "10.0.1.2 10.0.2.2 10.0.3.2\n"
  local ALL = "icmp\t" .. PATH .. "udp\t" .. PATH .. "tcp\t" .. PATH

  it("is mtr-packet by default where raw sockets are not permitted", function()
    local _, mtrlua = lab()
    for _, options in ipairs { "", "--transport auto" } do
      local got = mtrlua(options)
      local why = ("raw sockets are not permitted, %s 0.95 can be run"):format(REAL)
      assert.equal(("mtr-packet\t%s\n%s"):format(why, ALL), got.out)
      assert.equal(("mtr: info: transport mtr-packet: %s\n"):format(why), got.err)
    end
  end)

  it("is raw where permitted, and mtr-packet if the user asks for it", function()
    local _, mtrlua = lab()
    assert.equal("raw\traw sockets are permitted\n" .. ALL, mtrlua("", " ").out)
    assert.equal(("mtr-packet\tasked for; %s 0.95 can be run\n%s"):format(REAL, ALL),
      mtrlua("--transport mtr-packet", " ").out)
    assert.truthy(mtrlua("--transport raw").out:find "^EPERM: .*raw sockets need CAP_NET_RAW")
  end)

  it("is user where neither can be used, and says why", function()
    local _, mtrlua = lab()
    local got = mtrlua("", "setpriv --no-new-privs " .. NOBODY:sub(9))
    assert.truthy(got.out:find("^user\traw sockets are not permitted, mtr%-packet lacks its "
      .. "privilege, so sockets of an ordinary user are used: "), got.out .. got.err)
    got = mtrlua("--transport mtr-packet", "setpriv --no-new-privs " .. NOBODY:sub(9))
    assert.truthy(got.out:find "^EPERM: .*/mtr%-packet lacks the privilege"
      and got.out:find "no_new_privs", got.out .. got.err)
  end)

  it("asked for, does ICMP alone if mtr-packet has no privilege but may ping", function()
    local l = lab()
    assert(select(2, l:exec "echo 0 2147483647 >/proc/sys/net/ipv4/ping_group_range") == 0)
    run("cp " .. REAL .. " $DIR/mtr-packet; chmod 755 $DIR/mtr-packet")
    local choice = ('require("mtr").configure { mtr_packet = "%s/mtr-packet" }\n'):format(
      runs.dir())
    local script = runs.file("plain.lua", choice .. SCRIPT)
    local function nobody(options)
      return run(l:command(("%s %s/mtrlua %s %s %s"):format(NOBODY, runs.dir(), options, script,
        l.dst4)))
    end
    assert.truthy(nobody("").out:find "^user\t", "auto takes user instead")
    local got = nobody "--transport mtr-packet"
    local text = got.out .. got.err
    assert.truthy(text:find "^mtr%-packet\t[^\n]*, without its privilege: icmp only\n", text)
    assert.truthy(text:find("\nicmp\t" .. PATH, 1, true), text)
    for _, protocol in ipairs { "udp", "tcp" } do
      assert.truthy(text:find("\n" .. protocol .. "\tEOPNOTSUPP: [^\n]*protocol \"" .. protocol
        .. "\" is not possible with transport mtr%-packet: it runs without its privilege"), text)
    end
  end)
end)

describe("what the helper cannot do is refused by name:", function()
  teardown(fake.clean)

  for _, case in ipairs {
    { { dont_fragment = true }, "dont_fragment" }, { { payload = "x" }, "payload" },
    { { protocol = "tcp", tcp_flags = "ack" }, 'tcp_flags "ack"' },
    { { protocol = "tcp", source_port = 5000 }, "source_port" }, { { flow = 1 }, "flow" },
    { { protocol = "tcp", flow = 1 }, "flow" },
    { { protocol = "udp", multipath = "classic", flow = 1 }, "flow" },
    { { protocol = "udp", source_port = 1023 }, "source_port below 1024" },
    { { protocol = "udp", multipath = "dublin" }, 'multipath "dublin"' },
    { { size = 9001 }, "size above 9000" }, { { interface = "lo" }, "interface", "0.96 or later" },
    { { flow_label = 5 }, "flow_label", dst = "::1" },
    { { protocol = "udp", flow = 1 }, "flow", dst = "::1" },
    { { allow_broadcast = true }, "allow_broadcast", dst = "224.0.0.1" },
    { { interface = "lo" }, "a link-local target", dst = "fe80::1", version = "0.96" },
    { { mark = 5 }, "mark", support = { mark = "no" } },
    { { protocol = "udp" }, 'protocol "udp"', dst = "::1", version = "0.93" },
  } do
    local opts, what, because = unpack(case, 1, 3)
    it(what .. " to " .. (case.dst or LOOPBACK), function()
      local chunk = ("VERSION = %q SUPPORT.mark = %q"):format(case.version or "0.95",
        case.support and case.support.mark or "ok")
      local engine = assert(open(fake.program(chunk)))
      local none, message, name = engine:trace(case.dst or LOOPBACK, opts)
      engine:close()
      assert.is_nil(none)
      assert.equal("EOPNOTSUPP", name)
      local text = what .. " is not possible with transport mtr-packet"
      assert.truthy(message:find(text, 1, true), message)
      assert.truthy(not because or message:find(because, 1, true), message)
    end)
  end

  it("another interface than the first one", function()
    local engine = assert(open(fake.program 'VERSION = "0.96"'))
    assert.equal("completed", engine:trace(LOOPBACK, { interface = "lo" }).stop_reason)
    local _, message = engine:trace(LOOPBACK)
    engine:close()
    assert.truthy(message:find "another interface than the first trace's is not possible")
  end)
end)
