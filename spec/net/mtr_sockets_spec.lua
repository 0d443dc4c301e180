-- SPDX-License-Identifier: MIT
--
-- mtr-sockets: an ordinary user traces through it as root does, and it sends nothing but what an
-- engine sends. It has its privilege from its file here, as after an installation.
local ffi = require "ffi"
local core = require "spec.support.harness.core"
local nets = require "spec.support.real.nets"
local runs = require "spec.support.harness.run"
local run = runs.run

ffi.cdef [[
  int sockets_pair(int domain, int type, int protocol, int *fds) __asm__("socketpair");
  long sockets_sendmsg(int fd, const void *m, int flags) __asm__("sendmsg");
  long sockets_recv(int fd, void *at, size_t size, int flags) __asm__("recv");
  int sockets_close(int fd) __asm__("close");
  struct sockets_iovec { const void *at; size_t size; };
  struct sockets_message { void *name; unsigned name_size; struct sockets_iovec *bytes;
    size_t count; void *control; size_t control_size; int flags; };
  struct sockets_control { size_t size; int level, type; int fd[2]; };
]]

pcall(ffi.cdef, "typedef int pid_t;")
local C = core.load { "core/net/host/child.h", "core/net/host/ports.h", "core/net/raw/kinds.h",
  "core/net/raw/message.h", "core/wire/checksum.h" }

local AF_UNIX, SEQPACKET, SOL_SOCKET, SCM_RIGHTS = 1, 5, 1, 1
local EPERM, EACCES, EADDRNOTAVAIL, EINVAL = 1, 13, 99, 22
local NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups env PATH=$DIR:$PATH "
local HELPER = ((os.getenv "MTR_PROGRAM") or "build/mtrlua"):gsub("/mtrlua$", "/mtr-sockets")
  :gsub("/asan/", "/")

local function needs_root() nets.needs_privilege(pending) end

-- Copies of both programs for nobody; |how| gives the helper its privilege.
local function installed(how)
  run(('chmod 755 $DIR; install "$MTR_PROGRAM" $DIR/mtrlua; install %s $DIR/mtr-sockets; %s')
    :format(HELPER, how or "setcap cap_net_raw+ep $DIR/mtr-sockets"))
end

local TRACE = [[
  local mtr = require "mtr"
  local engine, message = mtr.default()
  if not engine then print(message) return end
  print(engine:transport().name, engine:transport().why)
  for i = 1, 2 do
    for _, protocol in ipairs { "icmp", "udp", "tcp" } do
      local all = { {}, { size = 4000 }, { tos = 8, flow = 3 }, { source_port = 4242 } }
      for _, opts in ipairs(all) do
        opts.protocol, opts.timeout = protocol, 2000
        if protocol == "icmp" then opts.source_port = nil end
        local result, why = engine:trace(arg[i], opts)
        local words = {}
        for ttl, hop in ipairs(result and result.hops or {}) do words[ttl] = hop.addr or "*" end
        print(protocol, result and result.stop_reason or why, table.concat(words, " "))
      end
    end
  end
  local stats = engine:stats()
  print(stats.send_errors, stats.user_times, stats.malformed, stats.kernel_drops)
  engine:close()]]

describe("mtr-sockets", function()
  after_each(function()
    nets.down()
    runs.clean()
  end)

  for how, command in pairs {
    setcap = "setcap cap_net_raw+ep $DIR/mtr-sockets", setuid = "chmod 4755 $DIR/mtr-sockets",
    ["its group's"] = "setcap cap_net_raw+ep $DIR/mtr-sockets; chgrp 4242 $DIR/mtr-sockets; "
      .. "setcap cap_net_raw+ep $DIR/mtr-sockets; chmod 750 $DIR/mtr-sockets",
  } do
    it("finds what raw finds, for an ordinary user: " .. how, function()
      needs_root()
      local l = nets.up "chain 4"
      installed(command)
      runs.file("trace.lua", TRACE)
      local user = how == "its group's" and NOBODY:gsub("%-%-clear%-groups", "--groups 4242")
        or NOBODY
      local rest = (" $DIR/mtrlua --transport raw $DIR/trace.lua %s %s"):format(l.dst4, l.dst6)
      local raw, got = run(l:command(rest)), run(l:command(user .. rest))
      assert.equal("raw\tasked for\n", raw.out:match "^[^\n]*\n", raw.err)
      assert.equal("raw\tasked for; mtr-sockets sends and receives\n",
        got.out:match "^[^\n]*\n", got.err)
      assert.equal(raw.out:match "\n(.*)$", got.out:match "\n(.*)$")
      assert.equal("", got.err)
    end)
  end

  it("is what auto takes without a privilege, if the user may run it", function()
    needs_root()
    local l = nets.up "chain 2"
    installed()
    local command = (' --log info -e \'require("mtr").trace("%s")\''):format(l.dst4)
    assert.equal("mtr: info: transport raw: mtr-sockets sends and receives\n",
      run(l:command(NOBODY .. "$DIR/mtrlua" .. command)).err)
    run "chmod 750 $DIR/mtr-sockets"
    local got = run(l:command(NOBODY .. "$DIR/mtrlua --transport raw -e "
      .. "'print(select(2, require([[mtr]]).engine()))'"))
    assert.truthy(got.out:find "^EPERM: .*install mtr%-sockets", got.out .. got.err)
    assert.falsy(run(l:command(NOBODY .. "$DIR/mtrlua" .. command)).err:find "mtr%-sockets sends")
  end)

  it("gives up all rights, and nobody can look into it", function()
    needs_root()
    installed()
    for _, how in ipairs { "setcap cap_net_raw+ep", "chmod 4755" } do
      run(how .. " $DIR/mtr-sockets")
      local got = run(NOBODY .. [[$DIR/mtrlua --transport raw -e '
        local engine = assert(require("mtr").engine())
        os.execute([=[for s in $(pgrep -P $PPID); do p=$(pgrep -P $s -x mtr-sockets) || continue
          grep -E "^(Uid|CapPrm|CapEff|NoNewPrivs|Seccomp):" /proc/$p/status
          ls /proc/$p/fd >/dev/null 2>&1 && echo seen; cat /proc/$p/environ 2>/dev/null; done]=])
        engine:close()']])
      local zero = ("0"):rep(16)
      assert.equal(("Uid: 65534 65534 65534 65534\nCapPrm: %s\nCapEff: %s\nNoNewPrivs: 1\n"
        .. "Seccomp: 2\n"):format(zero, zero), got.out:gsub("\t", " "):gsub(":  ", ": "), got.err)
    end
  end)

  it("leaves mtrlua without any, and what that starts too", function()
    needs_root()
    installed()
    runs.file("show.lua", [[
      local engine = assert(require("mtr").engine())
      os.execute "grep -hE '^(CapPrm|CapEff|NoNewPrivs):' /proc/$PPID/status /proc/self/status"
      engine:close()]])
    local got = run(NOBODY .. "$DIR/mtrlua --transport raw $DIR/show.lua")
    local zero = ("0"):rep(16)
    assert.equal(("CapPrm:\t%s\nCapEff:\t%s\nNoNewPrivs:\t1\n"):format(zero, zero):rep(2),
      got.out, got.err)
  end)

  it("sends only probes for a sandbox, whose script cannot send others", function()
    needs_root()
    local l = nets.up "chain 2"
    installed()
    runs.file("sandbox.lua", [[
      for _, protocol in ipairs { "icmp", "udp", "tcp" } do
        print(require "mtr".trace(arg[1], { protocol = protocol }).stop_reason)
      end
      os.date "%Y"]])
    local built = run("${CC:-cc} -D_GNU_SOURCE -shared -fPIC -o $DIR/escape.so "
      .. "spec/support/real/escape.c")
    assert.equal(0, built.status, built.err)
    local got = run(l:command("cd $DIR; " .. NOBODY .. "ASAN_OPTIONS=verify_asan_link_order=0 "
      .. "LD_PRELOAD=$DIR/escape.so $DIR/mtrlua --transport raw --sandbox ./sandbox.lua "
      .. l.dst4))
    assert.truthy(got.out:find "^completed\ncompleted\ncompleted\nopen 1\n", got.out .. got.err)
    for _, what in ipairs { "packet", "raw", "execve", "setuid" } do
      assert.truthy(got.out:find("\n" .. what .. " 1\n", 1, true), got.out)
    end
  end)

  it("gives mtrlua no socket, and sends no marks", function()
    needs_root()
    installed()
    local got = run(NOBODY .. [[$DIR/mtrlua --transport raw -e '
      local ffi, mtr = require "ffi", require "mtr"
      ffi.cdef "int getsockopt(int, int, int, int *, unsigned *);"
      local engine = assert(mtr.engine())
      local value, size, sockets, raw = ffi.new "int[1]", ffi.new("unsigned[1]", 4), 0, 0
      local function option(fd, number)   -- of SOL_SOCKET
        return ffi.C.getsockopt(fd, 1, number, value, size) == 0 and value[0] or nil
      end
      for fd = 0, 200 do
        local kind, domain = option(fd, 3), option(fd, 39)
        if kind then sockets = sockets + 1 end
        if domain == 17 or (kind == 3 and domain ~= 16) then raw = raw + 1 end   -- not netlink
      end
      print(engine:transport().why, sockets > 0, raw)
      engine:close()
      print(select(3, mtr.engine { mark = 1 }))']])
    assert.equal("asked for; mtr-sockets sends and receives\ttrue\t0\nEPERM\n", got.out, got.err)
  end)

  it("reads no environment", function()
    local got = run("nm -D " .. HELPER)
    assert.truthy(got.out:find "sendmmsg", got.err)
    assert.is_nil(got.out:find "getenv")
  end)

  it("is started by an engine alone, and reads no arguments", function()
    assert.truthy(runs.read "core/sockets/main.c":find "\nint main%(void%) {\n")
    local got = run(HELPER .. " --help </dev/null")
    assert.same({ 2, "", "mtr-sockets: mtrlua starts this program, to send and receive for it\n" },
      { got.status, got.out, got.err })
  end)

  it("links nothing but the C library", function()
    assert.equal("libc.so.6\n",
      run("readelf -d " .. HELPER .. [[ | sed -n '/NEEDED/s/.*\[\(.*\)\]/\1/p']]).out)
  end)

  -- 200 ms are over long before it is known that it hangs, even before the engine reads on. Hop 3
  -- never answers, and nothing more is sent.
  it("that ends or hangs makes no hop silent", function()
    needs_root()
    local l = nets.up "silent 3"
    installed()
    for signal, name in pairs { KILL = "EPIPE", STOP = "ETIMEDOUT" } do
      runs.file("stop.lua", ([[
        local mtr = require "mtr"
        local engine, sent = assert(mtr.engine()), 0
        local result = engine:trace(arg[1], {
          timeout = 200, attempts = 1, window = 4, max_ttl = 4,
          on_probe = function()
            sent = sent + 1
            if sent ~= 4 then return end
            os.execute("for s in $(pgrep -P $PPID); do pkill -%s -P $s -x mtr-sockets; done; "
              .. "sleep 0.3")
          end })
        for _, hop in ipairs(result.hops) do print(hop.addr or hop.error) end
        print(engine:stats().timeouts, select(2, engine:trace(arg[1])))
        engine:close()]]):format(signal))
      local got = run(l:command(NOBODY .. "$DIR/mtrlua --transport raw $DIR/stop.lua " .. l.dst4))
      local hops, rest = {}, got.out:match "([^\n]*)\n$" or ""
      for word in got.out:gmatch "([^\n\t]+)\n" do hops[#hops + 1] = word end
      assert.equal(5, #hops, got.out .. got.err)
      for ttl = 1, 4 do
        assert.truthy(hops[ttl] == name or hops[ttl] == (l.truth.v4[ttl] or {})[1], hops[ttl])
      end
      assert.equal(name, hops[3])
      assert.truthy(rest:find("^0\t" .. name .. ": .*mtr%-sockets has ended, or does not answer"),
        rest)
    end
  end)

  it("that ends or hangs fails the probes, and is not waited for", function()
    needs_root()
    installed()
    for signal, name in pairs { KILL = "EPIPE", STOP = "ETIMEDOUT" } do
      local got = run(NOBODY .. ([[$DIR/mtrlua --transport raw -e '
        local mtr = require "mtr"
        print(mtr.trace("127.0.0.1").stop_reason)
        os.execute("for s in $(pgrep -P $PPID); do pkill -%s -P $s -x mtr-sockets; done")
        local result, message, name = mtr.trace("127.0.0.1")
        print(result and result.hops[1] and result.hops[1].error or name
          or (result and result.stop_reason))']]):format(signal))
      assert.truthy(got.out:find "^completed\n", got.out .. got.err)
      assert.truthy(got.out:find(name, 1, true), got.out .. got.err)
    end
  end)
end)

-- An engine that sends what none sends.
describe("mtr-sockets refuses to send", function()
  local child, ours, heard, ports
  local ask, answer = ffi.new "struct message_ask", ffi.new "struct message_answer"

  local function pair()
    local fds = ffi.new "int[2]"
    assert(ffi.C.sockets_pair(AF_UNIX, SEQPACKET, 0, fds) == 0)
    return fds
  end

  -- Sends a message with descriptors; returns the answer's code.
  local function talk(bytes, size, fds)
    local m, iov = ffi.new "struct sockets_message", ffi.new "struct sockets_iovec[1]"
    iov[0].at, iov[0].size, m.bytes, m.count = bytes, size, iov, 1
    local c = ffi.new "struct sockets_control"
    if fds then
      c.size, c.level, c.type = 16 + 4 * #fds, SOL_SOCKET, SCM_RIGHTS
      for i, fd in ipairs(fds) do c.fd[i - 1] = fd end
      m.control, m.control_size = c, ffi.sizeof(c)
    end
    assert(ffi.C.sockets_sendmsg(ours, m, 0) == size)
    assert(ffi.C.sockets_recv(ours, answer, ffi.sizeof(answer), 0) > 0)
    return answer.code
  end

  local function question(what, fields, fds)
    ffi.fill(ask, ffi.sizeof(ask))
    ask.what = what
    for key, value in pairs(fields or {}) do ask[key] = value end
    return talk(ask, ffi.sizeof(ask), fds)
  end

  -- The error of sending one packet.
  local function send(family, bytes, fields)
    local size = ffi.sizeof "struct message_ask" + ffi.sizeof "struct message_packet"
    local message = ffi.new("uint8_t[?]", size + #bytes + 8)
    local a = ffi.cast("struct message_ask *", message)
    local p = ffi.cast("struct message_packet *", message + ffi.sizeof "struct message_ask")
    a.what, a.count, a.family, a.most = C.MESSAGE_SEND, 1, family, 8
    p.size = #bytes
    for key, value in pairs(fields or {}) do p[key] = value end
    ffi.copy(message + size, bytes, #bytes)
    local code = talk(message, size + math.ceil(#bytes / 8) * 8)
    if code ~= 0 then return code end
    return answer.run[answer.runs - 1].error
  end

  setup(function()
    if not nets.available() then return end
    child, ports = ffi.new "struct child[1]", ffi.new "struct ports[1]"
    local one, two = pair(), pair()
    assert.equal(0, C.child_start_over(child, HELPER, -1, one[1], two[1]))
    ours, heard = one[0], two[0]
    assert.equal(0, C.ports_open(ports, ffi.new("struct rand", { 7 })))
  end)
  teardown(function()
    if child then C.child_end(child) C.ports_close(ports) end
    runs.clean()
  end)
  before_each(needs_root)

  local function fd(i) return ports[0].reserved[i].fd end

  -- Returns the kind of the next message and its first packet. The helper says that it lives after
  -- it has given all that waited.
  local function hear()
    local reply, room = ffi.new "struct message_reply", ffi.new "uint8_t[65536]"
    assert(ffi.C.sockets_recv(heard, room, 65536, 0) >= ffi.sizeof(reply))
    ffi.copy(reply, room, ffi.sizeof(reply))
    return reply.kind, ffi.string(room + ffi.sizeof(reply), reply.size)
  end

  it("before it knows who the engine is, which takes proof", function()
    assert.equal(-EINVAL, send(4, ("\0"):rep(28)))
    local base = ports[0].base
    -- A block that is not one of those that engines use, although its first ports are held.
    local other = ffi.new "struct ports[1]"
    for port = 40000, 40999 do
      local held = C.ports_reserve(other, 17, port) == 0 and C.ports_reserve(other, 6, port) == 0
      if held then
        assert.equal(-EINVAL, question(C.MESSAGE_HELLO,
          { echo_base = 100, echo_count = 2, port_base = port },
          { other[0].reserved[other[0].count - 2].fd, other[0].reserved[other[0].count - 1].fd }))
        break
      end
      assert.is_true(port < 40999)
    end
    C.ports_close(other)
    local id = { echo_base = 100, echo_count = 2, port_base = base }
    assert.equal(-EINVAL, question(C.MESSAGE_HELLO, id))
    assert.equal(-EINVAL, question(C.MESSAGE_HELLO, id, { fd(1), fd(0) }))
    assert.equal(-EINVAL, question(C.MESSAGE_HELLO,
      { echo_base = 100, echo_count = 2, port_base = base + 1 }, { fd(0), fd(1) }))
    assert.equal(-EINVAL, question(C.MESSAGE_HEAR, { kind = C.RAW_TCP4 }))
    assert.equal(-EINVAL, question(C.MESSAGE_REFUSE, { kind = 1 }))
    assert.equal(0, question(C.MESSAGE_HELLO, id, { fd(0), fd(1) }))
    assert.equal(-EINVAL, question(C.MESSAGE_HELLO, id, { fd(0), fd(1) }))
    assert.equal(-EINVAL, question(C.MESSAGE_PORT, { port = 99 }, { fd(0) }))
    assert.equal(-EINVAL, question(C.MESSAGE_HEAR, { kind = C.RAW_SEND4 }))
    assert.equal(0, question(C.MESSAGE_REFUSE, { kind = 3 }))
    assert.equal(0, question(C.MESSAGE_REFUSE))
    assert.equal(-EINVAL, question(9))
  end)

  it("and gives only what comes to the ports of its engine", function()
    assert.equal(0, question(C.MESSAGE_HEAR, { kind = C.RAW_UDP4 }))
    local base = ports[0].base
    for _, port in ipairs { 9, base - 1, base + 1024, 40000, base + 7 } do
      run(("bash -c 'echo %d >/dev/udp/127.0.0.1/%d'"):format(port, port))
    end
    local kind, packet = hear()
    assert.same({ C.RAW_UDP4, ("%d\n"):format(base + 7) }, { kind, packet:sub(29) })
    ffi.fill(ask, ffi.sizeof(ask))
    ask.what = C.MESSAGE_LIVES
    local iov, m = ffi.new "struct sockets_iovec[1]", ffi.new "struct sockets_message"
    iov[0].at, iov[0].size, m.bytes, m.count = ask, ffi.sizeof(ask), iov, 1
    assert(ffi.C.sockets_sendmsg(ours, m, 0) > 0)
    assert.same({ C.MESSAGE_HERE, "" }, { hear() })
  end)

  local function be16(n) return string.char(math.floor(n / 256) % 256, n % 256) end
  local UPPER = {
    [1] = function(o) return string.char(o.type or 8, o.code or 0) .. "\0\0"
      .. be16(o.echo or 100) .. "\0\1" end,
    [58] = function(o) return string.char(o.type or 128, o.code or 0) .. "\0\0"
      .. be16(o.echo or 100) .. "\0\1" end,
    [17] = function(o) return be16(o.sport or ports[0].base) .. be16(33434)
      .. be16(o.udp_size or 8) .. "\0\0" end,
    [6] = function(o) return be16(o.sport or ports[0].base) .. be16(80) .. ("\0"):rep(8)
      .. string.char(o.offset or 0x50, o.flags or 2) .. ("\0"):rep(6) end,
  }
  local LO4, LO6 = "\127\0\0\1", ("\0"):rep(15) .. "\1"

  local function v4(o)
    local rest = (o.options or "") .. (UPPER[o.protocol or 1] or UPPER[1])(o)
    return string.char(o.first or 0x45, 0) .. be16(o.length or 20 + #rest) .. "\0\1"
      .. be16(o.fragment or 0) .. string.char(64, o.protocol or 1) .. "\0\0"
      .. (o.src or LO4) .. (o.dst or LO4) .. rest
  end

  local function v6(o)
    local rest = UPPER[o.protocol or 58] and UPPER[o.protocol or 58](o) or ("\0"):rep(24)
    return "\96\0\0\0" .. be16(o.length or #rest) .. string.char(o.protocol or 58, 64)
      .. (o.src or LO6) .. (o.dst or LO6) .. rest
  end

  it("nothing of what an engine sends", function()
    for _, protocol in ipairs { 1, 17, 6 } do
      assert.equal(0, send(4, v4 { protocol = protocol }), protocol)
      assert.equal(0, send(6, v6 { protocol = protocol == 1 and 58 or protocol }), protocol)
    end
    assert.equal(0, send(4, v4 { fragment = 0x4000 }), "do not fragment")
    assert.equal(0, send(4, v4 { protocol = 6, flags = 16 }), "ACK")
  end)

  -- name, error, fields of the packet
  for _, case in ipairs {
    { "from an address of another host", EADDRNOTAVAIL, { src = "\8\8\8\8" } },
    { "from no address", EADDRNOTAVAIL, { src = "\0\0\0\0" } },
    { "from a group", EADDRNOTAVAIL, { src = "\224\0\0\1" } },
    { "to a group", EACCES, { dst = "\224\0\0\1" } },
    { "to everybody", EACCES, { dst = "\255\255\255\255" } },
    { "to a broadcast address of a link", EACCES, { dst = "\127\255\255\255" } },
    { "to no address", EPERM, { dst = "\0\0\0\0" } },
    { "a fragment", EPERM, { fragment = 1 } },
    { "the first of fragments", EPERM, { fragment = 0x2000 } },
    { "the reserved flag", EPERM, { fragment = 0x8000 } },
    { "a source route", EPERM, { first = 0x47, options = "\131\7\4\1\2\3\4\0" } },
    { "another length", EPERM, { length = 900 } },
    { "another version", EPERM, { first = 0x65 } },
    { "another protocol", EPERM, { protocol = 2 } },
    { "ICMPv6", EPERM, { protocol = 58 } },
    { "an echo reply", EPERM, { type = 0 } },
    { "a redirect", EPERM, { type = 5 } },
    { "an echo request with a code", EPERM, { code = 1 } },
    { "an echo request of another program", EPERM, { echo = 102 } },
    { "UDP from another port", EPERM, { protocol = 17, sport = 53 } },
    { "UDP of another length", EPERM, { protocol = 17, udp_size = 9 } },
    { "TCP from another port", EPERM, { protocol = 6, sport = 22 } },
    { "TCP with RST", EPERM, { protocol = 6, flags = 4 } },
    { "TCP with FIN and ACK", EPERM, { protocol = 6, flags = 17 } },
    { "TCP with a short header", EPERM, { protocol = 6, offset = 0x40 } },
    { "TCP with a long header", EPERM, { protocol = 6, offset = 0xf0 } },
    { "IPv6 from an address of another host", EADDRNOTAVAIL,
      { six = true, src = "\32\1" .. ("\0"):rep(13) .. "\1" } },
    { "IPv6 to a group", EACCES, { six = true, dst = "\255\2" .. ("\0"):rep(13) .. "\1" } },
    { "IPv6 with a routing header", EPERM, { six = true, protocol = 43 } },
    { "IPv6 with a fragment header", EPERM, { six = true, protocol = 44 } },
    { "IPv6 of another length", EPERM, { six = true, length = 7 } },
    { "a router advertisement", EPERM, { six = true, type = 134 } },
    { "ICMP of IPv4 over IPv6", EPERM, { six = true, protocol = 1 } },
  } do
    it(case[1], function()
      local o = case[3]
      assert.equal(case[2], send(o.six and 6 or 4, (o.six and v6 or v4)(o)))
    end)
  end

  it("messages that are none", function()
    assert.equal(EPERM, send(4, "x"))
    assert.equal(-EINVAL, send(4, v4 {}, { size = 5000 }))
    assert.equal(-EINVAL, send(5, v4 {}))
    assert.equal(-EINVAL, talk(ask, 3))
    assert.equal(0, send(4, v4 {}), "it goes on")
  end)
end)
