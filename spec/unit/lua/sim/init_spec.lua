-- SPDX-License-Identifier: MIT
--
-- Descriptions of simulated networks: what is wrong with them is told by key, in files by line;
-- what is right becomes a network.
local mtr = require "mtr"
local fault = require "mtr.sim.fault"
local run = require "spec.support.harness.run"
local simulated = require "spec.support.virtual.simulated"

local describe_net = simulated.describe

local function nodes(t) return { nodes = t, links = {} } end

describe("mtr.sim", function()
  teardown(run.clean)

  -- What it says, and of what.
  local wrong = {
    { "sim: a network must be a table, got 5", 5 },
    { 'sim: nods: unknown key; did you mean "nodes"?', { nods = {} } },
    { "sim: nodes: there are no nodes", {} },
    { 'sim: no source: name the node where probes come from "me", or say source = ...',
      nodes{ a = "10.0.0.1" } },
    { 'sim: source: there is no node "zz"', { source = "zz", nodes = { a = "10.0.0.1" } } },
    { "sim: nodes.me: has no address", nodes{ me = {} } },
    { 'sim: nodes.me[1]: must be an address or a network, got "10.0.0"',
      nodes{ me = { "10.0.0" } } },
    { 'sim: nodes.me[1]: must be an address or a network, got "10.0.0.0/33"',
      nodes{ me = { "10.0.0.0/33" } } },
    { 'sim: nodes.me: must be an address or a table, got 5', nodes{ me = 5 } },
    { 'sim: nodes.me.silnt: unknown key; did you mean "silent"?',
      nodes{ me = { "10.0.0.1", silnt = true } } },
    { "sim: nodes.me.silent: must be a boolean, got 1", nodes{ me = { "10.0.0.1", silent = 1 } } },
    { 'sim: nodes.me.balance: must be "flow", "packet", "target" or "label", got "flw"; did you '
      .. 'mean "flow"?', nodes{ me = { "10.0.0.1", balance = "flw" } } },
    { "sim: nodes.me.reply.loss: must be a share from 0 to 1, got 2",
      nodes{ me = { "10.0.0.1", reply = { loss = 2 } } } },
    { "sim: nodes.me.reply.burst: needs rate",
      nodes{ me = { "10.0.0.1", reply = { burst = 2 } } } },
    { 'sim: nodes.me.reply.from: must be an address, got "anybody"',
      nodes{ me = { "10.0.0.1", reply = { from = "anybody" } } } },
    { 'sim: nodes.me.quote.id: must be 0..65535 or "plus" or "swapped", got "swaped"',
      nodes{ me = { "10.0.0.1", quote = { id = "swaped" } } } },
    { 'sim: nodes.me.quote.headers[1]: must be "hop-by-hop", "routing", "fragment", '
      .. '"later-fragment", "ah" or "destination", got "esp"',
      nodes{ me = { "10.0.0.1", quote = { headers = { "esp" } } } } },
    { 'sim: nodes.me.ext: must be hex digits, a multiple of 4 bytes, at most 128, got "20x"',
      nodes{ me = { "10.0.0.1", ext = "20x" } } },
    { 'sim: nodes.me.tcp[80]: must be "open", "closed" or "filtered", got "ajar"',
      nodes{ me = { "10.0.0.1", tcp = { [80] = "ajar" } } } },
    { 'sim: nodes.me.udp[0]: must be a port (1..65535) or "other"',
      nodes{ me = { "10.0.0.1", udp = { [0] = "open" } } } },
    { "sim: nodes.me.filter[1]: answer is missing",
      nodes{ me = { "10.0.0.1", filter = { port = 1 } } } },
    { 'sim: nodes.me.filter[2].to: must be a network, a node\'s name or "any", got "there"',
      nodes{ me = { "10.0.0.1", filter = { { answer = "drop" },
        { answer = "drop", to = "there" } } } } },
    { 'sim: links[1][2]: there is no node "r2"; did you mean "r1"?',
      { nodes = { me = "10.0.0.1", r1 = "10.0.0.2" }, links = { { "me", "r2" } } } },
    { 'sim: links[1]: must name at least 2 nodes, as in { "a", "b" }',
      { nodes = { me = "10.0.0.1" }, links = { { "me" } } } },
    { 'sim: links[1].delay: must be a duration such as 250, "250ms", "2s" or "1m", from 0 to '
      .. '3600000 ms, got -1', describe_net(1, nil, { links = {} }),
      function(d) d.links[1].delay = -1 end },
    { 'sim: links[1].back.mtu: must be 68..65535, got 10', describe_net(1),
      function(d) d.links[1].back = { mtu = 10 } end },
    { 'sim: nodes.web: there is no route to it from "me"', describe_net(1),
      function(d) d.links[1] = { "me", "r1" } d.nodes.web.target = true end },
    { "sim: routes[1]: via is missing",
      describe_net(1, nil, { routes = { { at = "r1", to = "any" } } }) },
    { 'sim: routes[1].via: there is no link from "r1" to "r3"',
      describe_net(3, nil, { routes = { { at = "r1", to = "any", via = "r3" } } }) },
    { 'sim: tunnels[1][3]: there is no link from "r2" to "web"',
      describe_net(3, nil, { tunnels = { { "r1", "r2", "web" } } }) },
    { "sim: tunnels[1].labels: must be a label (0..1048320) or a list of up to 4, top first",
      describe_net(3, nil, { tunnels = { { "r1", "r2", "r3", labels = "x" } } }) },
  }
  for _, case in ipairs(wrong) do
    local message, given, change = unpack(case, 1, 3)
    if change then change(given) end
    it("says: " .. message:gsub("^sim: ", ""), function()
      local ok, problem = pcall(mtr.sim, given)
      assert.is_false(ok)
      assert.equal(message, (problem:gsub("^[^ ]+:%d+: ", "")))
    end)
  end

  it("blames its caller's line", function()
    local _, problem = pcall(function() mtr.sim{} end)
    assert.truthy(problem:find "init_spec.lua:%d+: sim: ")
  end)

  it("says what is wrong with an internet", function()
    for message, opts in pairs{
      ["prefixes: must be 1..12000000, got 0"] = { prefixes = 0 },
      ['prefxes: unknown key; did you mean "prefixes"?'] = { prefxes = 1 },
      ["max_hops 9 is below min_hops 12"] = { min_hops = 12, max_hops = 9 },
    } do
      local _, problem = pcall(mtr.sim.internet, opts)
      assert.truthy(problem:find("sim.internet: " .. message, 1, true), problem)
    end
  end)

  it("lists the nodes marked as targets, or else the ends of the network", function()
    local function list(net, family)
      local out = {}
      for dst in net:targets(family) do out[#out + 1] = dst end
      return out
    end
    assert.same({ "203.0.113.9" }, list(simulated.chain(2)))
    assert.same({ "2001:db8:9::9" }, list(simulated.chain(2), 6))
    assert.same({ "10.0.0.2" }, list(simulated.chain(2, { r2 = { target = true } })))
    assert.error_matches(function() simulated.chain(1):targets(5) end, "family must be 4 or 6")
  end)

  it("does not change while engines use it, and outlives them", function()
    local net = simulated.chain(1)
    local a, b = assert(mtr.engine{ sim = net }), assert(mtr.engine{ sim = net })
    net = nil
    collectgarbage()
    assert.equal("completed", assert(a:trace("web")).stop_reason)
    a:close()
    collectgarbage()
    assert.equal("completed", assert(b:trace("web")).stop_reason)
    b:close()
    assert.is_nil(net)
  end)
end)

describe("the option sim", function()
  teardown(run.clean)

  it("takes a network, a description or a file", function()
    local file = run.file("net.lua", 'return { nodes = { me = "10.0.0.1", b = "10.0.0.2" }, '
      .. 'links = { { "me", "b" } } }')
    for _, sim in ipairs{ simulated.chain(1), simulated.describe(1), file } do
      local engine = assert(mtr.engine{ sim = sim })
      assert.equal("sim", engine:transport().name)
      assert.is_truthy(engine:sim():targets()())
      engine:close()
    end
  end)

  it("goes with no other transport, and that transport not without it", function()
    local function message(opts) return select(2, pcall(mtr.engine, opts)) end
    assert.truthy(message{ sim = simulated.chain(1), transport = "raw" }:find(
      'engine: sim excludes transport "raw"', 1, true))
    assert.truthy(message{ transport = "sim" }:find('transport "sim" needs a network', 1, true))
    assert.truthy(message{ sim = 5 }:find "engine: sim must be a network of mtr.sim, its")
    assert.truthy(message{ sim = { nodes = {} } }:find "engine: sim: nodes: there are no nodes")
  end)

  -- text of a file, what is said of it behind its name
  local files = {
    { "return {\n  nodes = {\n    me = '10.0.0.1',\n    r1 = { '10.0.0.2',\n      silnt = true },\n"
      .. "  },\n  links = { { 'me', 'r1' } },\n}",
      ':5: nodes.r1.silnt: unknown key; did you mean "silent"?' },
    { "-- a = { }\nreturn {\n  nodes = { me = '10.0.0.1', --[[ r1 = {\n ]] },\n  links = {\n"
      .. "    { 'me',\n      'nobody' } } }", ":7: links[1][2]: there is no node" },
    { "local l = { { 'me', 'x' } }\nreturn { nodes = { me = '10.0.0.1' },\n  links = l }",
      ":3: links[1][2]: there is no node" },
    { "return {", ":1: unexpected symbol" },
    { "return 5", ":1: a network must be a table, got 5" },
    { "error 'no'", ":1: no" },
  }
  for i, case in ipairs(files) do
    it("names file and line: " .. case[2], function()
      local path = run.file(("bad%d.lua"):format(i), case[1])
      local engine, message, name = mtr.engine{ sim = path }
      assert.same({ nil, "EINVAL" }, { engine, name })
      assert.truthy(message:find(path .. case[2], 1, true), message)
    end)
  end

  it("says that a file does not exist", function()
    local engine, message, name = mtr.engine{ sim = "/nowhere/net.lua" }
    assert.same({ nil, "ENOENT" }, { engine, name })
    assert.truthy(message:find "network /nowhere/net.lua")
  end)

  it("is --sim of mtrlua", function()
    run.file("net.lua", 'return { nodes = { me = "10.0.0.1", b = "10.0.0.2" }, '
      .. 'links = { { "me", "b", delay = 1 } } }')
    local script = [[$MTR_PROGRAM --sim $DIR/net.lua -e 'local mtr = require "mtr"
      mtr.configure{ transport = "raw" }
      print(mtr.trace("b").stop_reason, mtr.default():sim():path("b").n)']]
    assert.same({ 0, "completed\t1\n", "" }, { run.run(script).status, run.run(script).out,
      run.run(script).err })
  end)
end)

describe("the line of a key", function()
  local text = [==[
local x = { nodes = { 1 } }
return mtr.sim{
  nodes = {               -- comment { with brace
    ["a b"] = "1;2",
    c = { "x", "y",
      [80] = { "z" }, d = [[
two lines]],
      e = f(1, { 2 }), },
  };
  links = {
    { "a" }, { "b",
      "c" },
  },
}
]==]
  for _, case in ipairs{
    { {}, 2 }, { { "nodes" }, 3 }, { { "nodes", "a b" }, 4 }, { { "nodes", "c", 2 }, 5 },
    { { "nodes", "c", 80, 1 }, 6 }, { { "nodes", "c", "d" }, 6 }, { { "nodes", "c", "e" }, 8 },
    { { "links", 2 }, 11 }, { { "links", 2, 2 }, 12 }, { { "links", 9 }, 10 }, { { "none" }, 2 },
  } do
    it("is found: " .. fault.show(case[1]), function()
      assert.equal(case[2], fault.line(text, case[1]))
    end)
  end

  it("is sought to the end of any text", function()
    for i = 1, #text do
      assert.is_number(fault.line(text:sub(1, i), { "nodes", "c", "e", 3 }))
    end
    assert.equal(1, fault.line("", { "nodes" }))
  end)
end)
