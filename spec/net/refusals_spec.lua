-- SPDX-License-Identifier: MIT
--
-- Traces and engines that cannot start, on a real network: each gives an error name and a message
-- that says what is wrong, and no probe leaves.

local mtr = require "mtr"
local nets = require "spec.support.real.nets"

local function up(words)
  nets.needs_privilege(pending)
  return nets.up(words or "chain 4")
end

-- For tests that leave the lab as it was.
local function shared(words)
  nets.needs_privilege(pending)
  return nets.shared(words or "chain 4")
end

describe("a trace does not start", function()
  after_each(nets.down)
  teardown(nets.down_shared)

  -- target, options, name and words of the error; "*" in a target is 4 or 6 as needed.
  local CASES = {
    { "to where there is no route", { "192.0.2.1", "2001:db8::1" }, {}, "ENETUNREACH", "no route" },
    { "to a multicast group", { "224.0.0.5", "ff02::1" }, {}, "EACCES", "multicast and broadcast" },
    { "to a network's broadcast address", { "10.0.1.255" }, {}, "EACCES", "broadcast" },
    { "to the broadcast address of all", { "255.255.255.255" }, {}, "EACCES", "broadcast" },
    { "from a source that is not ours", { "10.0.4.2" }, { source = "10.77.0.1" },
      "EADDRNOTAVAIL", "source 10%.77%.0%.1 is not an address of this host; "
        .. "the command 'ip address' lists them" },
    { "from an IPv6 source that is not ours", { "fd00:4::2" }, { source = "fd77::1" },
      "EADDRNOTAVAIL", "source fd77::1 is not an address of this host; "
        .. "the command 'ip address' lists them" },
    { "from a source of the other family", { "10.0.4.2" }, { source = "fd00:1::1" },
      "EAFNOSUPPORT", "not an IPv6 address" },
    { "through an interface that is not there", { "10.0.4.2", "fd00:4::2" },
      { interface = "nope0" }, "ENODEV", "nope0" },
    { "with a zone that is not there", { "fe80::1%nope0" }, {}, "ENODEV", "zone" },
    { "from a port that is taken", { "10.0.4.2", "fd00:4::2" },
      { protocol = "udp", source_port = "taken" }, "EADDRINUSE", "in use by another program" },
  }

  for _, case in ipairs(CASES) do
    it(case[1], function()
      local l = shared(case[3].source_port and "chain 2 udp=7" or nil)
      local node = case[3].source_port and "d" or nil -- where the lab's own service has the port
      nets.inside(l, function(e)
        for _, dst in ipairs(case[2]) do
          local opts = {}
          for key, value in pairs(case[3]) do opts[key] = value end
          if node then dst, opts.source_port = dst:find ":" and "::1" or "127.0.0.1", 7 end
          local result, message, name = e:trace(dst, opts)
          assert.same({ nil, case[4] }, { result, name })
          assert.matches("^" .. case[4] .. ": .*" .. case[5], message)
          assert.equal(0, e:stats().probes_sent)
        end
      end, nil, node)
    end)
  end

  it("over IPv6 where IPv6 is switched off, and IPv4 still works", function()
    local l = up()
    nets.must(l, "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6")
    nets.inside(l, function(e)
      local result, message, name = e:trace(l.dst6)
      assert.same({ nil, "EADDRNOTAVAIL" }, { result, name })
      assert.matches("no address of this host reaches the target", message)
      assert.equal("completed", nets.counted(e, l.dst4, {}).stop_reason)
    end)
  end)

  it("where this host's route refuses the target, and says how it refuses", function()
    local l = up()
    nets.must(l, "for r in prohibit:1 blackhole:2 unreachable:3; do "
      .. "ip route add ${r%:*} 10.77.${r#*:}.0/24; ip -6 route add ${r%:*} fd77:${r#*:}::/64; done")
    nets.inside(l, function(e)
      for _, opts in ipairs { {}, { allow_broadcast = true }, { source = true } } do
        for i, want in ipairs { { "EACCES", "a route of this host prohibits the target" },
          { "EINVAL", "refuses this destination %(a blackhole route%?%)" },
          { "EHOSTUNREACH", "a route of this host says that the target cannot be reached" } } do
          for v, dst in pairs { [4] = "10.77.%d.1", [6] = "fd77:%d::1" } do
            local given = { source = opts.source and l["src" .. v] or nil,
              allow_broadcast = opts.allow_broadcast }
            local result, message, name = e:trace(dst:format(i), given)
            assert.same({ nil, want[1] }, { result, name })
            assert.matches("^" .. want[1] .. ": .*" .. want[2] .. "$", message)
          end
        end
      end
    end)
  end)

  for key, case in pairs {
    interface = { { interface = "nope0" }, "ENODEV", 'no interface "nope0"' },
    source4 = { { source4 = "10.77.0.1" }, "EADDRNOTAVAIL",
      "source4 10%.77%.0%.1 is not an address of this host" },
    source6 = { { source6 = "fd77::1" }, "EADDRNOTAVAIL",
      "source6 fd77::1 is not an address of this host" },
  } do
    it("because no engine opens if its " .. key .. " is not there", function()
      local l = shared()
      local before = nets.descriptors()
      l:inside(function()
        local engine, message, name = mtr.engine(case[1])
        assert.same({ nil, case[2] }, { engine, name })
        assert.matches(case[3], message)
      end)
      assert.equal(before, nets.descriptors())
    end)
  end

  it("without privilege, and names the one that it needs", function()
    local l = shared()
    local drop = "setpriv --bounding-set=-all --inh-caps=-all $MTR_PROGRAM --transport raw -e "
    local output, status = l:exec(drop .. "'assert(require\"mtr\".trace(\"10.0.4.2\"))'")
    assert.equal(1, status)
    assert.matches("EPERM: .*CAP_NET_RAW", output)
  end)
end)
