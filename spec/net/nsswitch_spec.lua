-- SPDX-License-Identifier: MIT
--
-- Names that may be elsewhere than in the hosts file and the DNS, as nsswitch.conf says: then the
-- resolver of the system is asked, in threads that nobody waits for. The files of the system are
-- replaced in a mount namespace.
local run = require "spec.support.harness.run"

local REPLACE = [[unshare -rmn sh -ec '
  ip link set dev lo up
  ip link add name dead type dummy 2>/dev/null || ip link add name dead type bridge
  ip link set dev dead up
  ip route add 192.0.2.0/24 dev dead
  for name in nsswitch.conf resolv.conf hosts; do
    if [ -L /etc/$name ]; then mount --bind "$DIR/$name" "$(readlink -f /etc/$name)"
    else mount --bind "$DIR/$name" /etc/$name; fi
  done
  MTR_NAME_SERVERS= exec "$MTR_PROGRAM" -e "$SCRIPT"']]

local possible = run.run("unshare -rmn mount --bind /etc/hosts /etc/hosts").status == 0

-- Runs a script where the name server is dead and nsswitch.conf has this line.
local function under(hosts, script)
  run.file("nsswitch.conf", "hosts: " .. hosts .. "\n")
  run.file("resolv.conf", "nameserver 192.0.2.1\noptions timeout:30 attempts:5\n")
  run.file("hosts", "127.0.0.1 localhost\n127.0.0.7 near\n127.0.0.8 near.local far.test\n")
  run.file("script.lua", script)
  return run.run("SCRIPT=$(cat $DIR/script.lua); export SCRIPT; " .. REPLACE)
end

local LOOK = [[
  for _, name in ipairs { "near", "near.local", "far.test", "localhost" } do
    print(name, require("mtr").names.lookup(name, 4)[1])
  end]]

describe("nsswitch.conf", function()
  teardown(run.clean)

  for hosts, what in pairs { ["files dns"] = "the hosts file", ["db files dns"] = "the system" } do
    it("has names from " .. what, function()
      if not possible then pending("needs user namespaces") end
      local got = under(hosts, LOOK)
      assert.same({ 0, "", "near\t127.0.0.7\nnear.local\t127.0.0.8\nfar.test\t127.0.0.8\n"
        .. "localhost\t127.0.0.1\n" }, { got.status, got.err, got.out })
    end)

    it("leaves nobody waiting for a dead server, neither a time limit nor the end: " .. what,
      function()
        if not possible then pending("needs user namespaces") end
        local began = os.time()
        local got = under(hosts, [[
          local mtr = require "mtr"
          for i = 1, 40 do
            mtr.names.lookup("lost" .. i, 4, function() print "late" end)
          end
          print(pcall(mtr.with_timeout, "300ms", mtr.names.lookup, "lost", 4))
          os.exit(0)]])
        assert.equal(0, got.status)
        assert.is_nil(got.out:find "late")
        assert.is_true(os.time() - began < 60)       -- the resolver takes minutes
      end)
  end
end)
