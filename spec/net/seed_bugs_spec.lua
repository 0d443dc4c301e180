-- SPDX-License-Identifier: MIT
--
-- The fifteen known bugs of twisted-mtr, by number: an example for each shows that mtrlua does not
-- have it.

local ffi = require "ffi"
local mtr = require "mtr"
local fake = require "spec.support.real.fake"
local nets = require "spec.support.real.nets"
local run = require "spec.support.harness.run"

ffi.cdef [[ int seed_kill(int pid, int signal) __asm__("kill"); ]]

local LOOPBACK, SIGKILL = "127.0.0.1", 9
local REAL = mtr.find_binary "mtr-packet"

local engine
local function open(path, more)
  local opts = { transport = "mtr-packet", rate = "max", mtr_packet = path }
  for key, value in pairs(more or {}) do opts[key] = value end
  engine = assert(mtr.engine(opts))
  return engine
end

local function stand_in(chunk, more) return open(fake.program(chunk), more) end

-- Process ids of the helpers that this process runs.
local function helpers()
  local pipe, pids = io.popen "env -u LD_PRELOAD ps -o pid=,comm= --ppid $PPID", {}
  for pid in pipe:read("*a"):gmatch "(%d+) mtr%-packet" do pids[#pids + 1] = tonumber(pid) end
  pipe:close()
  return pids
end

-- Traces `n` addresses of 127/8 and checks that each ends once.
local function many(e, n, opts)
  local calls, ended = 0, {}
  for i = 1, n do
    local dst = ("127.1.%d.%d"):format(math.floor(i / 250), i % 250 + 1)
    assert(e:trace(dst, opts, function(err, result)
      calls = calls + 1
      assert.is_nil(err)
      assert.is_nil(ended[i])
      ended[i] = result
      assert.equal(dst, result.hops[1].addr)
    end))
  end
  e:run()
  assert.equal(n, calls)
end

describe("unlike the seed,", function()
  after_each(function()
    if engine then engine:close() end
    engine = nil
    nets.down()
  end)
  teardown(fake.clean)

  local function real()
    nets.needs_privilege(pending)
    if not REAL then pending "needs mtr-packet" end
  end

  it("(1) one read may bring many replies, or a part of one", function()
    real()
    open(REAL)
    for _, n in ipairs { 1, 10, 100, 500 } do
      local began = os.time()
      many(engine, n, { timeout = "100s" })
      assert.truthy(os.time() - began < 50)        -- none had to time out
    end
    assert.equal(0, engine:stats().timeouts)
    engine:close()
    stand_in [[local kept, bytes = "", 0
      function probe(token, p)
        kept = kept .. token .. " reply ip-4 " .. p["ip-4"] .. " round-trip-time 3\n"
        while #kept > 7 do raw(kept:sub(1, 7)) kept = kept:sub(8) end
        if token % 5 == 0 or token > 110 then raw(kept) kept = "" end
      end]]
    many(engine, 100, { gap_limit = 1 })
  end)

  it("(2) the port of a UDP probe is sent", function()
    stand_in [[function probe(token, p)
      say(token, "ttl-expired ip-4 10.0." .. p.port % 256 .. "." .. p["local-port"] % 256
        .. " round-trip-time 1")
    end]]
    for _, port in ipairs { 53, 33434, 65535 } do
      local result = engine:trace(LOOPBACK, { protocol = "udp", port = port, max_ttl = 1 })
      assert.equal(("10.0.%d.%d"):format(port % 256, result.sport % 256), result.hops[1].addr)
    end
  end)

  it("(3) a request that found no room is made again with its TTL", function()
    stand_in [[local n = 0
      function probe(token, p)
        n = n + 1
        if n <= 5 then return say(token, "probes-exhausted") end
        if tonumber(p.ttl) >= 4 then return echo(token, p) end
        say(token, "ttl-expired ip-4 10.0." .. p.ttl .. ".2 round-trip-time 1")
      end]]
    local result = engine:trace(LOOPBACK, { window = 1 })
    assert.equal("10.0.1.2 10.0.2.2 10.0.3.2 127.0.0.1", nets.path(result))
    assert.equal(4, result.probe_count)
    assert.truthy(engine:stats().send_retries >= 5 and engine:stats().send_retries < 20)
  end)

  it("(4) a routing loop ends", function()
    real()
    local l = nets.up "loop"
    nets.inside(l, function(e)
      for _, opts in ipairs { {}, { loop_limit = 0 }, { loop_limit = 0, max_ttl = 255 } } do
        local result = e:trace(l.dst4, opts)
        assert.equal(opts.loop_limit and "hoplimit" or "loop", result.stop_reason)
        assert.equal(opts.loop_limit and (opts.max_ttl or 30) or 5, result.hop_count)
      end
    end, { transport = "mtr-packet" })
  end)

  it("(5) silent hops end a trace when they follow each other", function()
    stand_in [[function probe(token, p)
      local ttl = tonumber(p.ttl)
      if ttl >= 16 then return echo(token, p) end
      if ttl % 2 == 1 then return say(token, "no-reply") end
      say(token, "ttl-expired ip-4 10.0." .. p.ttl .. ".2 round-trip-time 1")
    end]]
    local result = engine:trace(LOOPBACK, { timeout = "2s", attempts = 1 })
    assert.same({ "completed", 16 }, { result.stop_reason, result.hop_count })
  end)

  it("(6) a helper that never answers is not asked for ever", function()
    stand_in "function probe() end"
    local result = engine:trace(LOOPBACK, { timeout = "50ms" })
    assert.same({ "gaplimit", 5, 10 },
      { result.stop_reason, result.hop_count, result.probe_count })
  end)

  it("(7, 8) a helper that is killed fails its probes at once, and no callback is lost", function()
    real()
    local l = nets.up "blackhole 1"
    nets.inside(l, function(e)
      local failed, calls = 0, 0
      local opts = { first_ttl = 2, timeout = "100s", attempts = 1, gap_limit = 2 }
      function opts.on_timeout(_, probe)
        if probe.error == "EPIPE" then failed = failed + 1 end
      end
      for _ = 1, 40 do
        e:trace(l.dst4, opts, function(_, result)
          calls = calls + 1
          assert.same({ "error", "EPIPE" }, { result.stop_reason, result.hops[2].error })
        end)
      end
      for _ = 1, 3 do e:step() end
      local pids = helpers()
      assert.equal(1, #pids)
      ffi.C.seed_kill(pids[1], SIGKILL)
      local began = os.time()
      e:run()
      assert.truthy(os.time() - began < 50)
      assert.same({ 40, 80 }, { calls, failed })
      local result = e:trace(l.src4)
      assert.equal("completed", result.stop_reason)
      assert.not_equal(pids[1], helpers()[1])
    end, { transport = "mtr-packet" })
  end)

  it("(9) the caller's own data is handed back", function()
    stand_in ""
    local mine, got = {}, nil
    engine:trace(LOOPBACK, { data = mine }, function(_, result) got = result.data end)
    engine:run()
    assert.equal(mine, got)
  end)

  it("(10) an empty line does no harm", function()
    stand_in [[function probe(token, p) raw("\n\n \n") echo(token, p) raw("\n") end]]
    many(engine, 20)
  end)

  it("(11) a router without a route does not lose the hops before it", function()
    real()
    local l = nets.up "unreach"
    nets.inside(l, function(e)
      for _, dst in ipairs { l.dst4, l.dst6 } do
        local result = e:trace(dst)
        assert.equal("unreach", result.stop_reason)
        for ttl = 1, 3 do
          local key = dst == l.dst4 and "v4" or "v6"
          assert.equal(l.truth[key][ttl][1], result.hops[ttl].addr)
        end
        local reply = result.hops[3].replies[1]
        assert.same({ true, dst == l.dst4 and 3 or 1 }, { reply.unreach, reply.icmp_type })
        assert.is_nil(reply.icmp_code)
        assert.is_nil(result.stop_data)
        assert.equal("!?", mtr.mark(reply))
      end
    end, { transport = "mtr-packet" })
  end)

  it("(12) the helper runs by the path that was found, without environment", function()
    real()
    open(nil)
    local proc = "/proc/" .. helpers()[1]
    assert.equal(REAL .. "\n", run.run("readlink " .. proc .. "/exe").out)
    assert.equal("0\n", run.run("wc -c <" .. proc .. "/environ").out)
    run.file("mtr-packet", "#!/bin/sh\necho evil >&2\n")
    local got = run.run([[chmod 755 $DIR/mtr-packet; PATH=$DIR:$PATH MTR_PACKET=$DIR/mtr-packet \
      "$MTR_PROGRAM" --transport mtr-packet -e '
        print(require("mtr").find_binary("mtr-packet"), (require("mtr").default()))']])
    assert.truthy(got.out:find("^" .. REAL:gsub("%p", "%%%0") .. "\ttable"), got.out .. got.err)
    assert.is_false(pcall(mtr.engine, { mtr_packet = "./mtr-packet" }))
  end)

  it("(13) the documented callback is the one that is called", function()
    stand_in ""
    local got
    engine:trace(LOOPBACK, { protocol = "icmp" }, function(err, result)
      got = { err or false, result.target, #result.hops, result.hops[1].ttl, result.hops[1].addr }
    end)
    engine:run()
    assert.same({ false, LOOPBACK, 1, 1, LOOPBACK }, got)
  end)

  it("(14) port 65535 is a port, and 0 is none", function()
    stand_in ""
    assert.equal(65535, engine:trace(LOOPBACK, { protocol = "tcp", port = 65535 }).dport)
    assert.is_false(pcall(engine.trace, engine, LOOPBACK, { protocol = "tcp", port = 0 }))
  end)

  -- what 0.96 says, how a trace ends then, its hop
  for words, want in pairs {
    ["no-route-host ip-4 10.0.1.2 round-trip-time 5"] = { "unreach", "10.0.1.2" },
    ["no-route-host"] = { "error", nil, "EHOSTUNREACH" },
    ["no-route-network"] = { "error", nil, "ENETUNREACH" },
    ["host-down"] = { "error", nil, "EHOSTDOWN" },
    ["wait-tcp-respone-timeout"] = { "gaplimit" },
    ["of-version-1.7 ip-4 10.0.1.2"] = { "error", nil, "EPROTO" },
  } do
    it("(15) newer words are understood, or reported: " .. words, function()
      stand_in(('VERSION = "0.96" function probe(token) say(token, %q) end'):format(words))
      local result = engine:trace(LOOPBACK, {
        protocol = "tcp", timeout = want[1] == "gaplimit" and "50ms" or "5s", attempts = 1,
        gap_limit = 1,
      })
      assert.same(want, { result.stop_reason, result.hops[1].addr, result.hops[1].error })
    end)
  end
end)
