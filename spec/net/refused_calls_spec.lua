-- SPDX-License-Identifier: MIT
--
-- A host that refuses some system calls, as a container's seccomp profile does: what does not need
-- them still works, and the rest is reported with its reason.

local mtr = require "mtr"
local nets = require "spec.support.real.nets"

local RUN = [[LUA_PATH='build/lua/?.lua;build/lua/?/init.lua;lua/?.lua;lua/?/init.lua;?.lua;;' \
  luajit spec/support/real/refuse.lua '%s' '%s' 2>&1]]
local SCRIPT = [[
  local mtr = require "mtr"
  local e, message, name = mtr.engine { transport = "%s", rate = 0 }
  if not e then print(name, message) return end
  local t = e:transport()
  print(t.name, t.capabilities.ipv4, t.capabilities.ipv6, t.why)
  for _, dst in ipairs { "10.0.4.2", "fd00:4::2" } do
    for _, p in ipairs { "icmp", "udp", "tcp" } do
      local r, text, code = e:trace(dst, { protocol = p })
      print(r and r.stop_reason or code, r and #r.hops or text)
    end
  end
  e:close()]]

local BAD = "EPERM\tEPERM: operation not permitted: sockets of "
local IPV4, IPV6 = "socket:2", "socket:10"
local GOOD, BAD4, BAD6 = "completed\t4\n",
  BAD .. "IPv4 are refused to this process\n", BAD .. "IPv6 are refused to this process\n"
local BAD_PROTOCOL = BAD .. "this protocol are refused to this process\n"

-- what is refused, and what must come of it: capabilities, what |why| adds, the six traces.
local CASES = {
  { "IPv6", IPV6, "true\tfalse", "; sockets of IPv6 are refused to this process",
    GOOD:rep(3) .. BAD6:rep(3) },
  { "IPv6's raw sockets", "socket:10:526339", "true\tfalse",
    "; sockets of IPv6 are refused to this process", GOOD:rep(3) .. BAD6:rep(3),
    privileged = true },
  { "IPv4", IPV4, "false\ttrue", "; sockets of IPv4 are refused to this process",
    BAD4:rep(3) .. GOOD:rep(3) },
  { "TCP", "socket:*:*:6", "true\ttrue", "; sockets of TCP are refused to this process",
    GOOD:rep(2) .. BAD_PROTOCOL .. GOOD:rep(2) .. BAD_PROTOCOL, privileged = true },
  { "recvmmsg", "recvmmsg", "true\ttrue", "", GOOD:rep(6) },
}

local function up()
  nets.needs_privilege(pending)
  return nets.shared "chain 4"
end

describe("where the host refuses", function()
  teardown(nets.down_shared)

  for _, case in ipairs(CASES) do
    for _, transport in ipairs { "raw", "packet", not case.privileged and "user" or nil } do
      it(case[1] .. ", the rest works, over " .. transport, function()
        local l = up()
        nets.pings(l)
        local output = l:exec(RUN:format(case[2], SCRIPT:format(transport)))
        local first = ("%s\t%s\tasked for%s\n"):format(transport, case[3], case[4])
        assert.equal(first .. case[5], output)
      end)
    end
  end

  it("both families, an engine does not open, and names the missing right", function()
    local l = up()
    local output = l:exec(RUN:format(IPV4 .. " " .. IPV6, SCRIPT:format "raw"))
    assert.matches("^EPERM\tEPERM: .*CAP_NET_RAW", output)
  end)

  it("packet sockets, auto is raw and says so", function()
    local l = up()
    local output = l:exec(RUN:format("socket:17", SCRIPT:format "auto"))
    assert.matches("^raw\ttrue\ttrue\traw sockets are permitted, packet sockets cannot be opened",
      output)
  end)

  for _, transport in ipairs { "raw", "user" } do
    it("all calls that receive, probes of " .. transport .. " fail with the reason", function()
      local l = up()
      nets.pings(l)
      local output = l:exec(RUN:format("recvmmsg recvmsg", ([[
        local mtr = require "mtr"
        local e = assert(mtr.engine { transport = "%s", rate = 0 })
        for _ = 1, 2 do
          local errors, o = 0, { timeout = 100, attempts = 2, window = 1 }
          function o.on_timeout(_, p) if p.error == "EPERM" then errors = errors + 1 end end
          local r, message, name = e:trace("10.0.4.2", o)
          print(r and r.stop_reason or name, errors > 0 or message)
        end
        e:close()]]):format(transport)))
      assert.matches("^%w+\ttrue\nEPERM\tEPERM: operation not permitted: what comes back cannot be "
        .. "read by this process\n$", output)
    end)
  end

  it("mtr-packet's IPv6, its IPv4 works", function()
    if not mtr.find_binary "mtr-packet" then pending "needs mtr-packet" end
    local l = up()
    local output = l:exec(RUN:format("socket:10", SCRIPT:format "mtr-packet"))
    assert.matches("^mtr%-packet\ttrue\tfalse", output)
    assert.equal(3, select(2, output:gsub("completed\t4", "")))
  end)
end)
