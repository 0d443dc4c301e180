-- SPDX-License-Identifier: MIT
--
-- Names of addresses in the hosts file.
local hosts = require "mtr.names.hosts"

describe("a hosts file", function()
  it("gives an address the first name of its first line", function()
    local found = hosts.read(("127.0.0.1\tlocalhost other\n# 192.0.2.9 no\n  ::1 ip6-localhost #\n"
      .. "192.0.2.1 a.test\n192.0.2.1 b.test\n2001:DB8::0:1 six\nnonsense name\n192.0.2.3\n\n")
      :gmatch "[^\n]+")
    assert.same({ ["127.0.0.1"] = "localhost", ["::1"] = "ip6-localhost", ["192.0.2.1"] = "a.test",
      ["2001:db8::1"] = "six" }, found)
  end)

  it("is that of the system", function()
    assert.equal("localhost", hosts.name "127.0.0.1")
    assert.is_nil(hosts.name "203.0.113.77")
  end)
end)
