-- SPDX-License-Identifier: MIT
--
-- What the files of the system say about looking names up.
local core = require "spec.support.harness.core"

local C, ffi = core.load { "core/loop/resolv_conf.h" }

local conf

before_each(function() conf = ffi.new "struct resolv_conf" end)

describe("resolv.conf", function()
  it("says how many servers there are, and how long to wait", function()
    for _, line in ipairs { "# nameserver 1", "nameserver 192.0.2.1", "\tnameserver ::1\n",
      "nameserver", "options ndots:2 timeout:1", "options attempts:4 rotate", "", "search a b" } do
      C.resolv_conf_line(conf, line)
    end
    assert.same({ 3, 1, 4 }, { conf.servers, conf.timeout, conf.attempts })
  end)

  it("is held within what the resolver of the system takes", function()
    C.resolv_conf_line(conf, "options timeout:99999999999 attempts:0")
    assert.same({ 30, 1 }, { conf.timeout, conf.attempts })
    C.resolv_conf_line(conf, "options timeout:x timeoutx:4 attempts")
    assert.same({ 1, 1 }, { conf.timeout, conf.attempts })
    C.resolv_conf_line(conf, "options " .. ("x"):rep(2000) .. " timeout:9")
    assert.equal(1, conf.timeout)
  end)
end)

describe("nsswitch.conf", function()
  local cases = {
    ["hosts: files dns"] = 0, ["hosts:\tfiles [NOTFOUND=return] dns # myhostname"] = 0,
    ["hosts: files [!UNAVAIL = return ] dns"] = 0, ["networks: files nis"] = 0, ["#hosts: nis"] = 0,
    ["hosts: files mdns4_minimal [NOTFOUND=return] dns"] = 1,
    ["hosts: files resolve [!UNAVAIL=return] dns"] = 1, ["  hosts:files dns myhostname"] = 1,
    ["hosts: dns myhostname"] = 1, ["hosts:"] = 0,
  }
  it("says whether names may be elsewhere than in the hosts file and the DNS", function()
    for line, others in pairs(cases) do
      conf = ffi.new "struct resolv_conf"
      C.resolv_conf_nsswitch(conf, line)
      assert.equal(others, conf.others, line)
    end
  end)

  it("says in which order the hosts file and the DNS are asked", function()
    for line, order in pairs { ["hosts: files dns"] = "fb", ["hosts: dns files"] = "bf",
      ["hosts: files"] = "f", ["hosts: db files [NOTFOUND=return] resolve dns files"] = "fb",
      ["hosts: dnsx nis"] = "", ["hosts: resolve [!UNAVAIL=return] files"] = "bf" } do
      conf = ffi.new "struct resolv_conf"
      C.resolv_conf_nsswitch(conf, line)
      assert.equal(order, ffi.string(conf.order), line)
    end
  end)
end)
