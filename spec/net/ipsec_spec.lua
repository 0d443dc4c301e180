-- SPDX-License-Identifier: MIT
--
-- The host's IPsec policies: packets that they protect never leave unencrypted, whichever transport
-- sends. The policies here require a security association that nobody sets up, so the kernel sends
-- nothing that they protect; a hop that answers has got an unencrypted probe.

local mtr = require "mtr"
local nets = require "spec.support.real.nets"

local ADD = "ip xfrm policy add dir out src ::/0 dst fd00:4::/64%s"
  .. " tmpl src fd00:1::1 dst fd00:1::2 proto esp mode tunnel;"
  .. " ip xfrm policy add dir out src 0.0.0.0/0 dst 10.0.4.0/24%s"
  .. " tmpl src 10.0.1.1 dst 10.0.1.2 proto esp mode tunnel"
local PROTOCOLS = { "icmp", "udp", "tcp" }
local WHY = "an IPsec policy of this host"

local function up()
  nets.needs_privilege(pending)
  local l = nets.up "chain 4"
  local _, status = l:exec "ip xfrm policy"
  if status ~= 0 then pending "needs IPsec policies in the kernel" end
  return l
end

local function add(l, selector) nets.must(l, (ADD:format(selector or "", selector or ""))) end

-- |timeout|: 60 ms, where nobody should answer.
local function trace(e, dst, protocol, timeout)
  return (nets.counted(e, dst, { protocol = protocol, timeout = timeout or 60, max_ttl = 4,
    attempts = 1 }))
end

-- Traces by all protocols; returns the probes sent, and how many hops answered.
local function all(e, l, timeout)
  local sent, answered = 0, 0
  for v = 4, 6, 2 do
    for _, protocol in ipairs(PROTOCOLS) do
      local result = trace(e, l["dst" .. v], protocol, timeout)
      sent = sent + result.probe_count
      for _, hop in ipairs(result.hops) do answered = answered + (hop.addr and 1 or 0) end
    end
  end
  return sent, answered
end

-- Traces until nothing has to go raw's way.
local function settle(e, l)
  for _ = 1, 20 do
    local before = e:stats().detours
    all(e, l, 2000)
    if e:stats().detours == before then return end
    mtr.sleep "100ms"
  end
  error "the next hop does not get known"
end

describe("an IPsec policy", function()
  after_each(nets.down)

  for _, transport in ipairs { "raw", "packet" } do
    it("keeps the packets that it names from leaving unencrypted, over " .. transport, function()
      local l = up()
      add(l)
      nets.inside(l, function(e)
        local sent, answered = all(e, l)
        assert.equal(0, answered)
        assert.is_true(sent >= 6)
        if transport == "raw" then return end
        assert.equal(sent, e:stats().detours)
        assert.equal(WHY, e:transport().detour)
        -- r2, which the policy is not for
        trace(e, l.truth.v4[2][1], nil, 2000)
        local before = e:stats().detours
        assert.equal("completed", trace(e, l.truth.v4[2][1], nil, 2000).stop_reason)
        assert.equal(before, e:stats().detours)
      end, { transport = transport })
    end)
  end

  it("is noticed while the engine runs, and forgotten when it is removed", function()
    local l = up()
    nets.inside(l, function(e)
      settle(e, l)
      add(l)
      e:step()
      local before = e:stats().detours
      local sent, answered = all(e, l)
      assert.same({ 0, sent }, { answered, e:stats().detours - before })
      nets.must(l, "ip xfrm policy flush")
      mtr.sleep "1.1s"                 -- what the kernel said is good for a second
      settle(e, l)
    end, { transport = "packet" })
  end)

  it("for one protocol sends every packet through raw, if the kernel reports it", function()
    local l = up()
    add(l, " proto udp")
    nets.inside(l, function(e)
      local result = trace(e, l.dst4, "icmp", 2000)
      assert.equal("completed", result.stop_reason)
      assert.equal(result.probe_count, e:stats().detours)
      for v = 4, 6, 2 do
        for _, hop in ipairs(trace(e, l["dst" .. v], "udp").hops) do assert.is_nil(hop.addr) end
      end
    end, { transport = "packet" })
  end)

  -- what the policies look at, a probe that meets them, and one that does not.
  local NARROW = {
    { " proto udp dport 53", { protocol = "udp", port = 53 }, { protocol = "udp", port = 54 } },
    { " proto udp sport 5353", { protocol = "udp", source_port = 5353 },
      { protocol = "udp", source_port = 5354 } },
    { " proto tcp dport 443", { protocol = "tcp", port = 443 }, { protocol = "udp", port = 443 } },
    { " proto tcp sport 4433", { protocol = "tcp", source_port = 4433 }, { protocol = "tcp" } },
    { " dport 443 proto tcp", { protocol = "tcp", port = 443 }, { protocol = "icmp" } },
  }
  local SINGLE = "an IPsec policy of this host .* this transport cannot follow it"

  for _, transport in ipairs { "raw", "packet", "auto" } do
    it("for single ports is told where it cannot be followed, over " .. transport, function()
      local l = up()
      for _, case in ipairs(NARROW) do
        add(l, case[1])
        nets.inside(l, function(e)
          for v = 4, 6, 2 do
            local result, message, name = e:trace(l["dst" .. v], case[2])
            assert.same({ nil, "EOPNOTSUPP" }, { result, name })
            assert.matches(SINGLE, message)
            local other = { max_ttl = 4, timeout = 500 }
            for key, value in pairs(case[3]) do other[key] = value end
            assert.equal("completed", e:trace(l["dst" .. v], other).stop_reason)
          end
          nets.must(l, "ip xfrm policy flush")
          e:step()
          assert.is_truthy(e:trace(l.dst4, { max_ttl = 1, protocol = case[2].protocol,
            port = case[2].port, source_port = case[2].source_port, timeout = 60 }))
        end, { transport = transport })
      end
    end)
  end

  -- What mtr-packet can follow, because the kernel sees it: the ports of TCP, and of IPv6 the
  -- protocol. False: it is told. True: followed, so that no probe leaves unencrypted.
  local BY_MTR_PACKET = {
    { "", { protocol = "udp", port = 53 }, { [4] = true, [6] = true } },
    { " proto udp", { protocol = "udp" }, { [4] = false, [6] = true }, { protocol = "tcp" } },
    { NARROW[1][1], NARROW[1][2], { [4] = false, [6] = false }, NARROW[1][3] },
    { NARROW[3][1], NARROW[3][2], { [4] = true, [6] = true }, NARROW[3][3] },
  }

  for _, case in ipairs(BY_MTR_PACKET) do
    it("is followed or told over mtr-packet:" .. case[1], function()
      if not mtr.find_binary "mtr-packet" then pending "needs mtr-packet" end
      local l = up()
      add(l, case[1])
      nets.inside(l, function(e)
        for v = 4, 6, 2 do
          local opts = { max_ttl = 4, timeout = 500, attempts = 1 }
          for key, value in pairs(case[2]) do opts[key] = value end
          local result, message, name = e:trace(l["dst" .. v], opts)
          if case[3][v] then
            for _, hop in ipairs(result.hops) do assert.is_nil(hop.addr) end
          else
            assert.same({ nil, "EOPNOTSUPP" }, { result, name })
            assert.matches(SINGLE, message)
          end
          if case[4] then
            local other = { max_ttl = 4, timeout = 2000 }
            for key, value in pairs(case[4]) do other[key] = value end
            assert.equal("completed", e:trace(l["dst" .. v], other).stop_reason)
          end
        end
      end, { transport = "mtr-packet" })
    end)
  end

  it("that lets single ports pass is told too, where others of the host are protected", function()
    local l = up()
    add(l)
    for v, prefix in pairs { [4] = "10.0.4.0/24", [6] = "fd00:4::/64" } do
      nets.must(l, ("ip xfrm policy add dir out src %s dst %s proto tcp dport 443 priority 0")
        :format(v == 4 and "0.0.0.0/0" or "::/0", prefix))
      nets.must(l, ("ip xfrm policy update dir out src %s dst %s priority 9 tmpl src %s dst %s "
        .. "proto esp mode tunnel"):format(v == 4 and "0.0.0.0/0" or "::/0", prefix,
        v == 4 and "10.0.1.1" or "fd00:1::1", v == 4 and "10.0.1.2" or "fd00:1::2"))
    end
    nets.inside(l, function(e)
      for v = 4, 6, 2 do
        local result, message = e:trace(l["dst" .. v], { protocol = "tcp", port = 443 })
        assert.is_nil(result)
        assert.matches(SINGLE, message)
        assert.is_nil(trace(e, l["dst" .. v], "tcp").hops[1].addr)      -- protected: no clear text
      end
    end, { transport = "raw" })
  end)

  it("for single ports is seen by mtrlua, by each of its engines, and by two at once", function()
    local l = up()
    add(l, " proto udp dport 53")
    local script = [[
      local mtr = require "mtr"
      local function name(e, port)
        local r, _, name = e:trace("10.0.4.2", { protocol = "udp", port = port, max_ttl = 1 })
        return r and "traced" or name
      end
      local first = assert(mtr.engine { transport = "%s" })
      for _ = 1, 3 do
        local e = assert(mtr.engine { transport = "%s" })
        print(name(first, 53), name(e, 53), name(e, 54))
        e:close()
      end]]
    for _, transport in ipairs { "raw", "auto" } do
      local output = l:exec(("$MTR_PROGRAM -e '%s'"):format(script:format(transport, transport)))
      assert.equal(("EOPNOTSUPP\tEOPNOTSUPP\ttraced\n"):rep(3), output)
    end
  end)

  it("that lets packets pass unencrypted changes nothing", function()
    local l = up()
    nets.must(l, "ip xfrm policy add dir out src 0.0.0.0/0 dst 10.0.4.0/24;"
      .. " ip xfrm policy add dir in src 0.0.0.0/0 dst 10.0.4.0/24 action block")
    nets.inside(l, function(e)
      settle(e, l)
      assert.same({ 24, 24 }, { all(e, l, 2000) })
    end, { transport = "packet" })
  end)

  it("is seen by mtrlua, which has no privilege any more, by each of its engines", function()
    local l = up()
    local script = [[
      local mtr = require "mtr"
      for _ = 1, 3 do
        local e = assert(mtr.engine { transport = "packet", rate = 0 })
        local r = e:trace("10.0.4.2", { timeout = 60, attempts = 1, max_ttl = 3 })
        print(e:transport().detour, e:stats().detours == r.probe_count, r.hops[1].addr)
        e:close()
        os.execute "sleep 0.01"
      end]]
    local cmd = ("$MTR_PROGRAM --transport packet -e '%s'"):format(script)
    nets.must(l, "ping -c 1 -w 1 10.0.4.2 >/dev/null 2>&1 || :")
    add(l)
    local output = l:exec(cmd)
    assert.equal((WHY .. "\ttrue\tnil\n"):rep(3), output)
  end)

  for _, transport in ipairs { "raw", "packet", "mtr-packet" } do
    it("that blocks is named when it keeps a trace from starting, over " .. transport, function()
      local l = up()
      nets.must(l, "ip xfrm policy add dir out src 0.0.0.0/0 dst 10.0.4.0/24 action block;"
        .. " ip xfrm policy add dir out src ::/0 dst fd00:4::/64 action block")
      nets.inside(l, function(e)
        for v = 4, 6, 2 do
          local result, message, name = e:trace(l["dst" .. v])
          assert.same({ nil, "EPERM" }, { result, name })
          assert.matches("a policy of this host forbids the target", message)
        end
      end, { transport = transport })
    end)
  end
end)
