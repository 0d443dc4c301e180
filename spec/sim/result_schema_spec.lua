-- SPDX-License-Identifier: MIT
--
-- Every kind of line of JSON fits lua/mtr/record/result.schema.json, as Python's jsonschema reads
-- it, and every member that the schema names comes up in one of them.
local cjson = require "cjson"
local json_read = require "mtr.record.json_read"
local members = require "mtr.record.members"
local mtr = require "mtr"
local random = require "spec.support.harness.random"
local run = require "spec.support.harness.run"
local schemas = require "spec.support.harness.schema"
local simulated = require "spec.support.virtual.simulated"

local SCHEMA = "lua/mtr/record/result.schema.json"

-- Members that no simulation makes.
local NEVER = { local_ = true }

-- All lines of a list, as a campaign (or single traces, with `keep`) writes them.
local function lines_of(network, targets, trace, opts, keep)
  local list = {}
  simulated.with(network, function(engine)
    assert(mtr.campaign({
      engine = engine, targets = targets, trace = trace, window = 20, list = "l", cycle = 3,
      on_trace = function(result)
        list[#list + 1] = keep and result:copy():json() or result:json()
      end,
    }):run())
  end, opts)
  return list
end

local schema

local function validate(list)
  local path = run.file("lines.jsonl", table.concat(list, "\n") .. "\n")
  assert.equal("", schema:problems(path))
end

local seen = {}

local function see(value)
  if type(value) ~= "table" then return end
  for name, member in pairs(value) do
    seen[name] = true
    see(member)
  end
end

-- Lines fit the schema, and are what our own reader takes.
local function check(list)
  validate(list)
  for _, text in ipairs(list) do
    see(cjson.decode(text))
    local line = json_read.decode(text)
    assert.is_nil(members.of[line.type](line), text)
  end
end

local TOPOLOGIES = {}
for path in io.popen "ls spec/sim/topologies/*.lua":lines() do
  TOPOLOGIES[#TOPOLOGIES + 1] = path
end

-- The targets of a topology: all its nodes but the source, by name and address.
local function targets_of(path)
  local list = {}
  for name, node in pairs(dofile(path).nodes) do
    if name ~= "me" then
      list[#list + 1] = name
      for _, address in ipairs(type(node) == "table" and node or { node }) do
        if type(address) == "string" and not address:find "/" then list[#list + 1] = address end
      end
    end
  end
  table.sort(list)
  return list
end

-- A chain with routers that are silent, lose, limit, copy and delay replies, and a source that
-- refuses to send at times.
local function rough(r)
  local nodes = { me = { "192.0.2.1", "2001:db8::1", filter = {
    { to = "any", answer = "EPERM", share = r(3) == 1 and 0.4 or 0 } } } }
  for i = 1, 6 do
    nodes["r" .. i] = { silent = r(4) == 1, reply = { loss = r(3) == 1 and r() or 0,
      copies = r(4) == 1 and 2 or 1, jitter = r(3) == 1 and 400 or 0 } }
  end
  return simulated.chain(6, nodes, { seed = r(1000) })
end

describe("lines of JSON", function()
  setup(function() schema = schemas.open(SCHEMA) end)
  teardown(function()
    schema:close()
    run.clean()
  end)

  it("fit the schema over every network of the hard cases", function()
    assert.is_true(#TOPOLOGIES > 20)
    local all = {}
    for i, path in ipairs(TOPOLOGIES) do
      for k, protocol in ipairs { "icmp", "udp", "tcp" } do
        local trace = { protocol = protocol, queries = 2, timeout = 300, first_ttl = 1 + i % 2,
          tcp_flags = protocol == "tcp" and i % 2 == 0 and "ack" or nil, size = i % 5 == 0 and 1400
            or nil }
        for _, line in ipairs(lines_of(assert(mtr.sim.load(path)),
          targets_of(path), trace, { monitor = "m\"\\1", seed = i },
          k == 2)) do
          all[#all + 1] = line
        end
      end
    end
    assert.is_true(#all > 200)
    check(all)
  end)

  it("fit the schema over random networks, held and borrowed", function()
    local all = {}
    for seed = 1, 24 do
      local r = random(seed)
      for _, line in ipairs(lines_of(rough(r), { simulated.V4, simulated.V6, "10.0.0.3" },
        { protocol = ({ "icmp", "udp", "tcp" })[r(3)], queries = r(3), attempts = r(3),
          timeout = 300, multipath = r(3) == 1 and "classic" or nil },
        { seed = seed, late_window = 500, campaign = seed }, seed % 2 == 0)) do
        all[#all + 1] = line
      end
    end
    check(all)
  end)

  it("fit the schema if failed targets are tried again", function()
    local all = {}
    simulated.with(simulated.chain(2, { web = { reply = { loss = 1 } } }), function(engine)
      for _, single in ipairs { false, true } do
        local options = { timeout = 300 }
        assert(mtr.campaign({ engine = engine, targets = { simulated.V4 },
          trace = single and function() return options end or options,
          retry = { times = 1, after = 100, all = true },
          on_trace = function(result) all[#all + 1] = result:json() end }):run())
      end
    end)
    assert.equal(4, #all)
    check(all)
  end)

  for _, name in ipairs { "sequential", "window-lua", "rounds", "random", "doubletree", "mda",
    "pmtu" } do
    it("fit the schema if a strategy has chosen the probes: " .. name, function()
      local all = {}
      for _, topology in ipairs { "plain", "unequal_paths", "small_mtu", "loop" } do
        local path = "spec/sim/topologies/" .. topology .. ".lua"
        simulated.with(mtr.sim.load(path), function(engine)
          for i, dst in ipairs(targets_of(path)) do
            local result = engine:trace(dst, { strategy = name, timeout = 300,
              protocol = i % 2 == 0 and "udp" or "icmp" })
            all[#all + 1] = result and result:json()       -- nil: a node without address
          end
        end)
      end
      assert.is_true(#all >= 8)
      check(all)
    end)
  end

  it("fit the schema when a trace is halted, fails, or has no hops", function()
    local all = {}
    simulated.with(simulated.chain(3, {
      r1 = { ext = { "0008 02 08 00000007" } }, r2 = { silent = true },
    }), function(engine)
      local function add(opts)
        local result = assert(engine:trace(simulated.V4, opts))
        all[#all + 1] = result:json()
        return result
      end
      assert.equal("halted", add({ on_hop = function() return "stop" end }).stop_reason)
      engine.log = function() end
      assert.equal("error", add({ on_hop = function() error "broken" end }).stop_reason)
      assert.equal(0, add({ on_probe = function() return "stop" end }).hop_count)
      assert.equal("hoplimit", add({ max_ttl = 2 }).stop_reason)
      assert.equal("gaplimit", add({ max_ttl = 2, gap_limit = 1 }).stop_reason)
    end)
    check(all)
  end)

  it("with names and origins fit it", function()
    local all = {}
    local topology = run.file("named.lua", [[return { nodes = { me = "192.0.2.1",
      ["r1.test"] = "10.0.0.1", ["r2.test"] = "10.0.0.2", ["web.test"] = "10.9.9.9" },
      links = { { "me", "r1.test", "r2.test", "web.test", delay = 1 } } }]])
    for _, words in ipairs { "trace --names -A", "trace --privacy 1", "ping --names -A -c 3",
      "mda --names -A" } do
      local got = run.run(('"$MTR_PROGRAM" --sim %s --seed 1 %s -o jsonl web.test'):format(topology,
        words))
      assert.equal("", got.err)
      for line in got.out:gmatch "[^\n]+" do all[#all + 1] = line end
    end
    assert.is_true(#all > 5)
    check(all)
  end)

  it("of the script ping fit it", function()
    local all = {}
    for _, case in ipairs { { "plain", "web" }, { "jitter", "-W 100ms web" },
      { "unreachables", "203.0.113.9" }, { "duplicates", "web" }, { "send_failures", "web" },
      { "plain", "-t 1 web" }, { "plain", "-w 402ms web" } } do
      local got = run.run(('"$MTR_PROGRAM" --sim spec/sim/topologies/%s.lua --seed 1 '
        .. "scripts/ping.lua -c 9 -i 0.1 -o jsonl %s"):format(unpack(case)))
      for line in got.out:gmatch "[^\n]+" do all[#all + 1] = line end
    end
    assert.is_true(#all > 20)
    check(all)
  end)

  it("had all members of the schema", function()
    local file = assert(io.open(SCHEMA))
    local defs = cjson.decode(file:read "*a")["$defs"]
    file:close()
    local missing = {}
    for _, kind in ipairs { "trace", "hop", "reply", "quote", "extension", "ping", "ping_start",
      "ping_summary" } do
      for name in pairs(defs[kind].properties) do
        if not seen[name] and not NEVER[name] then missing[#missing + 1] = kind .. "." .. name end
      end
    end
    table.sort(missing)
    assert.equal("", table.concat(missing, " "))
  end)

  it("are refused when they do not fit", function()
    local line = simulated.with(simulated.chain(1), function(engine)
      return assert(engine:trace(simulated.V4)):json()
    end)
    for from, to in pairs {
      ['"version":"2"'] = '"version":"1"', ['"hop_count":'] = '"hops_count":',
      ['"rtt":%d+'] = '"rtt":-1', ['"ip_id":0'] = '"ip_id":70000',
      ['"type":"trace"'] = '"type":"x"',
    } do
      local path = run.file("bad.jsonl", assert(line:gsub(from, to, 1)) .. "\n")
      assert.matches("^line 1: ", schema:problems(path), from)
    end
  end)
end)
