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
  export LD_LIBRARY_PATH="$DIR" MTR_NAME_SERVERS=
  $BEFORE
  exec "$MTR_PROGRAM" -e "$SCRIPT"']]

-- A source of names for the C library: all of them are fe80::7 behind the first interface, as
-- _gateway may be in that of systemd.
local ZONED = [[
#include <netdb.h>
#include <nss.h>
#include <stdint.h>
#include <string.h>
struct tuple { struct tuple *next; char *name; int family; uint32_t addr[4], zone; };
enum nss_status _nss_zoned_gethostbyname4_r(const char *name, struct tuple **pat, char *buffer,
                                            size_t size, int *error, int *herror, int32_t *ttl) {
  size_t room = (strlen(name) + 8) & ~7ul;
  struct tuple *t = (struct tuple *)(void *)(buffer + room);
  (void)error; (void)herror; (void)ttl;
  if (size < room + sizeof *t) return NSS_STATUS_TRYAGAIN;
  if (*pat) t = *pat;
  struct tuple *next = *pat ? t->next : NULL;
  const uint8_t addr[16] = {0xfe, 0x80, [15] = 7};
  *t = (struct tuple){.next = next, .name = strcpy(buffer, name), .family = 10, .zone = 1};
  memcpy(t->addr, addr, 16);
  *pat = t;
  return NSS_STATUS_SUCCESS;
}
]]

local possible = run.run("unshare -rmn mount --bind /etc/hosts /etc/hosts").status == 0

-- Runs a script where nsswitch.conf has this line, and resolv.conf that text; without it the name
-- server is dead.
local function under(hosts, script, conf, before)
  run.file("nsswitch.conf", "hosts: " .. hosts .. "\n")
  run.file("hosts", "127.0.0.1 localhost\n127.0.0.7 near\n127.0.0.8 near.local far.test\n")
  run.file("script.lua", script)
  run.file("resolv.conf", conf or "nameserver 192.0.2.1\noptions timeout:30 attempts:5\n")
  return run.run("SCRIPT=$(cat $DIR/script.lua); export SCRIPT; mkfifo $DIR/hold 2>/dev/null; "
    .. REPLACE:gsub("%$BEFORE", function() return before or ":" end))
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

  it("keeps the zone of a link-local address", function()
    if not possible then pending("needs user namespaces") end
    local built = run.run("gcc -shared -fPIC -x c -o $DIR/libnss_zoned.so.2 "
      .. run.file("zoned.c", ZONED))
    assert.same({ 0, "" }, { built.status, built.err })
    local got = under("zoned files dns", [[
      local mtr = require "mtr"
      print(mtr.names.lookup("_gateway")[1])
      local _, message = mtr.trace("_gateway", { max_ttl = 1 })
      assert(not message or not message:find "zone", message)]])
    assert.same({ 0, "", "fe80::7%1\n" }, { got.status, got.err, got.out })
  end)

  it("and resolv.conf say in which domains names are", function()
    if not possible then pending("needs user namespaces") end
    local got = under("files dns", [[
      local lookup = require("mtr").names.lookup
      for _, name in ipairs { "ok-7", "ok-7.sub", "ok-7.test.", "near", "none-7" } do
        local list, _, why = lookup(name, 4)
        print(name, list and list[1] or why)
      end]], "nameserver 127.0.0.1\nsearch inner.test test\n", [[
      mkfifo $DIR/port
      python3 spec/support/real/name_server.py --port 53 --log $DIR/log <$DIR/hold >$DIR/port &
      exec 9>$DIR/hold
      read port <$DIR/port]])
    assert.same({ 0, "", "ok-7\t127.3.0.8\nok-7.sub\t127.3.0.8\nok-7.test.\t127.3.0.8\n"
      .. "near\t127.0.0.7\nnone-7\tENOENT\n" }, { got.status, got.err, got.out })
    local asked = run.read(run.dir() .. "/log")
    for _, name in ipairs { "1 ok-7.inner.test", "1 none-7.inner.test", "1 none-7.test",
      "1 ok-7.test" } do
      assert.truthy(asked:find(name .. "\n", 1, true), asked)
    end
  end)
end)
