-- SPDX-License-Identifier: MIT
--
-- The requests that a server reads: right ones, wrong ones with the member that is wrong, and
-- damaged ones, which never raise.
local cjson = require "cjson"
require "mtr"                          -- knows the strategies
local random = require "spec.support.harness.random"
local request = require "mtr.serve.request"

local read = request.reader(100)
local CORPUS = "spec/fuzz/corpus/serve/"

local function trace(options)
  return ('{"id":1,"request":"trace","dst":"192.0.2.7","options":%s}'):format(options)
end

local function campaign(targets, more)
  return ('{"id":1,"request":"campaign","targets":%s%s}'):format(targets, more or "")
end

-- The field and message of a line that is wrong.
local function wrong(line)
  local r, problem = read(line)
  assert.is_nil(r, line)
  return problem.field, problem.message
end

describe("a request", function()
  it("keeps its members and options", function()
    assert.same({
      id = "a", request = "trace", dst = "192.0.2.7", hops = true,
      options = { protocol = "udp", timeout = "1s", dont_fragment = true },
    }, read('{"id":"a","request":"trace","dst":"192.0.2.7","hops":true,'
      .. '"options":{"protocol":"udp","timeout":"1s","dont_fragment":true}}'))
    assert.same({ id = -3, request = "cancel", of = "a" },
      read '{ "of" : "a", "request":"cancel","id":-3 }')
    assert.same({ id = 1, request = "probe", dst = "x.example", ttl = 3,
      options = { dst = "x.example", ttl = 3, flow = 2 } },
      read '{"id":1,"request":"probe","dst":"x.example","ttl":3,"options":{"flow":2}}')
    assert.same({ id = 1, request = "campaign", targets = { "192.0.2.0/30", "y" }, window = 7,
      time_limit = 120000, cycle = 4, options = {} },
      read(campaign('["192.0.2.0/30","y"]', ',"window":7,"time_limit":"2m","cycle":4')))
    assert.same({ id = 1, request = "about" }, read '{"id":1,"request":"about","dst":null}')
  end)

  -- line, the member, a part of the message.
  for _, case in ipairs {
    { "", "line", "object of JSON" }, { "null", "line", "object of JSON" },
    { "7", "line", "object of JSON" }, { '"x"', "line", "object of JSON" },
    { '[{"id":1}]', "line", "object of JSON" }, { '{"id":1', "line", "byte 8" },
    { '{"id":1}{', "line", "byte 9" }, { '{"id":1,"request":"tra', "line", "has no end" },
    { '{"id":1,\0"request":"about"}', "line", "byte 9" },
    { '{"id":"\0","request":"about"}', "line", "has no end" },
    { ("["):rep(10000), "line", "too deep" },
    { ('{"a":'):rep(10000), "line", "too deep" },
    { "{}", "request", "got nil" },
    { '{"id":1,"request":"trase"}', "request", 'did you mean "trace"?' },
    { '{"id":1,"request":["trace"]}', "request", "got a table" },
    { '{"request":"about"}', "id", "id is missing" },
    { '{"id":"","request":"about"}', "id", "1..64 bytes" },
    { '{"id":1.5,"request":"about"}', "id", "got 1.5" },
    { '{"id":1e300,"request":"about"}', "id", "got 1e+300" },
    { '{"id":1e999,"request":"about"}', "id", "got inf" },
    { '{"id":"\255","request":"about"}', "id", "UTF-8" },
    { '{"id":"\\ud800","request":"about"}', "line", "byte 8: half of a surrogate pair" },
    { '{"id":{},"request":"about"}', "id", "got a table" },
    { '{"id":true,"request":"about"}', "id", "got true" },
    { ('{"id":"%s","request":"about"}'):format(("x"):rep(65)), "id", "1..64 bytes" },
    { '{"id":1,"request":"about","dst":"x"}', "dst", "unknown option" },
    { '{"id":1,"request":"cancel"}', "of", "of is missing" },
    { '{"id":1,"request":"cancel","of":[]}', "of", "got a table" },
    { '{"id":1,"request":"trace"}', "dst", "dst is missing" },
    { '{"id":1,"request":"trace","dts":"192.0.2.7"}', "dts", 'did you mean "dst"?' },
    { '{"id":1,"request":"trace","dst":7}', "dst", "got 7" },
    { '{"id":1,"request":"trace","dst":""}', "dst", 'got ""' },
    { '{"id":1,"request":"trace","dst":"a\\u0000b"}', "dst", "got" },
    { '{"id":1,"request":"trace","dst":"x","hops":1}', "hops", "must be a boolean, got 1" },
    { '{"id":1,"request":"trace","dst":"x","ttl":1}', "ttl", "unknown option" },
    { '{"id":1,"request":"probe","dst":"x"}', "ttl", "ttl is missing" },
    { '{"id":1,"request":"probe","dst":"x","ttl":0}', "ttl", "must be 1..255, got 0" },
    { '{"id":1,"request":"probe","dst":"x","ttl":1,"options":{"window":1}}', "options.window",
      "unknown option" },
    { '{"id":1,"request":"probe","dst":"x","ttl":1,"options":{"ttl":1}}', "options.ttl",
      "unknown option" },
    { trace "3", "options", "must be an object, got 3" },
    { trace "[1]", "options", "must be an object" },
    { trace '{"max_tl":3}', "options.max_tl", 'did you mean "max_ttl"?' },
    { trace '{"max_ttl":"3"}', "options.max_ttl", 'must be 1..255, got "3"' },
    { trace '{"max_ttl":[3]}', "options.max_ttl", "must be a string, a number or a boolean" },
    { trace '{"first_ttl":9,"max_ttl":3}', "options", "first_ttl 9 is above max_ttl 3" },
    { trace '{"protocol":"sctp"}', "options.protocol", "must be" },
    { trace '{"on_hop":"print"}', "options.on_hop", "unknown option" },
    { trace '{"data":1}', "options.data", "unknown option" },
    { trace '{"pace":1}', "options.pace", "unknown option" },
    { trace '{"strategy":{}}', "options.strategy", "must be a string" },
    { trace '{"strategy":"mdaa"}', "options.strategy", 'did you mean "mda"?' },
    { trace '{"interface":"lo\\u0000"}', "options.interface", "control characters" },
    { campaign "[]", "targets", "must be a list" },
    { campaign '{"a":"b"}', "targets", "must be a list" },
    { campaign '"192.0.2.7"', "targets", "must be a list" },
    { campaign '["a",7]', "targets[2]", "got 7" },
    { campaign '["a",["b"]]', "targets[2]", "got a table" },
    { campaign('["a"]', ',"window":101'), "window", "must be 1..100, got 101" },
    { campaign('["a"]', ',"window":0'), "window", "must be 1..100, got 0" },
    { campaign('["a"]', ',"rate":5'), "rate", "unknown option" },
    { campaign('["a"]', ',"state":"/etc/x"'), "state", "unknown option" },
    { campaign('["a"]', ',"time_limit":"soon"'), "time_limit", "must be a duration" },
    { campaign('["a"]', ',"list":[]'), "list", "must be a name" },
  } do
    local line, field, part = unpack(case)
    it("is refused: " .. line:sub(1, 90):gsub("%c", "?"), function()
      local at, message = wrong(line)
      assert.equal(field, at)
      assert(message:find(part, 1, true), message)
    end)
  end

  it("that is wrong still gives its id, if that is valid", function()
    assert.equal("x", select(2, read '{"id":"x","request":"trace"}').id)
    assert.is_nil(select(2, read '{"id":[],"request":"trace"}').id)
  end)
end)

describe("damaged requests", function()
  local seeds = {}
  for path in io.popen("ls " .. CORPUS .. "*"):lines() do
    local file = assert(io.open(path, "rb"))
    seeds[#seeds + 1] = file:read "*a"
    file:close()
  end

  -- One damage to a text.
  local PARTS = { "{", "}", "[", "]", '"', ",", ":", "\\u0000", "\\ud800", "\\", "null", "1e999",
    "-0", "\0", "\255", '"options":', '"id":', "true", ("["):rep(40), "\n" }
  local function damage(text, chance)
    local at, kind = chance(#text + 1), chance(4)
    if kind == 1 then return text:sub(1, at - 1) end
    if kind == 2 then return text:sub(1, at - 1) .. text:sub(at + chance(9)) end
    if kind == 3 then
      return text:sub(1, at - 1) .. string.char(chance(256) - 1) .. text:sub(at + 1)
    end
    return text:sub(1, at - 1) .. PARTS[chance(#PARTS)] .. text:sub(at)
  end

  it("start from requests of all kinds, which are right", function()
    local kinds = {}
    for _, text in ipairs(seeds) do
      local r, problem = read(text)
      assert(r, problem and problem.message)
      kinds[r.request] = true
    end
    assert.same({ trace = true, probe = true, campaign = true, cancel = true, about = true },
      kinds)
  end)

  it("are read, or refused with a member and a message", function()
    local chance = random(5)
    local right, refused, lax = 0, 0, {}
    for i = 1, 20000 do
      local text = seeds[i % #seeds + 1]
      for _ = 1, chance(3) do text = damage(text, chance) end
      local r, problem = read(text)
      if r then
        right = right + 1
        assert.equal("string", type(r.request))
        local valid, theirs = pcall(cjson.decode, text)
        if not valid then lax[#lax + 1] = text end
        if valid and theirs.id ~= r.id then lax[#lax + 1] = text end
      else
        refused = refused + 1
        assert.equal("string", type(problem.field))
        assert.equal("string", type(problem.message))
      end
    end
    assert.same({}, lax)
    assert(right > 100 and refused > 100)
  end)
end)
